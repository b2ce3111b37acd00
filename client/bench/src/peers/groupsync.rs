//! The limit of a queue in one process: one committer appends all that is queued, syncs once and
//! wakes all. Also the bare append and sync, one after the other.

use std::{
    fs::File,
    io::Write as _,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use anyhow::Context;
use tokio::sync::oneshot;

use super::PAYLOAD;
use crate::{
    clock::Moment,
    drive::Arguments,
    load::{Caller, Measured, closed_loop},
};

type Waiting = oneshot::Sender<()>;

/// Has callers queue a record each, and wait until it is on disk.
///
/// # Errors
/// When the file cannot be written.
pub(crate) async fn drive(arguments: &Arguments) -> anyhow::Result<Measured> {
    let file = File::create(&arguments.socket).context("cannot make the file")?;
    // Each caller has one record outstanding.
    let (queue, queued) = sync_channel(arguments.callers);
    let committer = thread::spawn(move || commit(file, &queued));
    let callers = (0..arguments.callers).map(|_| Queueing { queue: queue.clone() }).collect();
    drop(queue);
    let measured = closed_loop(callers, arguments.span()).await?;
    let committed = committer.join().map_err(|_| anyhow::anyhow!("the committer panicked"))?;
    committed.context("cannot write")?;
    Ok(measured)
}

/// Appends a record and syncs it, one after the other.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn drive_alone(arguments: &Arguments) -> anyhow::Result<Measured> {
    let mut file = File::create(&arguments.socket).context("cannot make the file")?;
    let span = arguments.span();
    let (begun, mut times) = (Moment::now(), Vec::new());
    let mut last = begun;
    while last.since(begun) < span.measured {
        file.write_all(&PAYLOAD).and_then(|()| file.sync_data()).context("cannot write")?;
        let at = Moment::now();
        times.push(at.since(last));
        last = at;
    }
    Ok(Measured::of(times, span.measured))
}

fn commit(mut file: File, queued: &Receiver<Waiting>) -> std::io::Result<()> {
    let mut records = Vec::new();
    while let Ok(first) = queued.recv() {
        let waiting: Vec<_> = std::iter::once(first).chain(queued.try_iter()).collect();
        records.clear();
        waiting.iter().for_each(|_| records.extend_from_slice(&PAYLOAD));
        file.write_all(&records)?;
        file.sync_data()?;
        for caller in waiting {
            // Whoever went away waits no more.
            let _ = caller.send(());
        }
    }
    Ok(())
}

struct Queueing {
    queue: SyncSender<Waiting>,
}

impl Caller for Queueing {
    async fn call(&mut self) -> anyhow::Result<()> {
        let (waiting, committed) = oneshot::channel();
        // There is room for everybody's one record: this never blocks.
        self.queue.send(waiting).context("the committer has ended")?;
        committed.await.context("the committer has ended")
    }
}
