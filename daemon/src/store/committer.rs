//! The thread that owns the store. All that blocks on the disk happens here.

use std::{
    io,
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread,
};

use tokio::sync::oneshot;

use crate::channel::StoredPiece;
use crate::store::{
    Opened, Store,
    batch::Batch,
    error::{Cause, Doing, StoreError},
    frame::ClockFrame,
};

/// The engine has at most one batch and one opening out, and one reading for each check that may
/// run.
const COMMANDS: usize = 8;

/// What the committer is told to do. It does one thing after the other, in order.
#[derive(Debug)]
pub enum Command {
    /// Open the store, or close it and open it again, as after a failure or a (simulated) power
    /// cut: what was not committed is gone. Answered by [`Answer::Opened`].
    Open(ClockFrame, Disk),
    /// Make a batch durable. Answered by [`Answer::Committed`].
    Commit(Batch, ClockFrame, Disk),
    /// Read pieces back.
    Read {
        /// Behind this key; empty: from the first on.
        after: Vec<u8>,
        /// At most so many.
        limit: usize,
        /// Where they go; it answers by itself.
        reply: oneshot::Sender<Result<Vec<StoredPiece>, StoreError>>,
    },
}

/// What a command meets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Disk {
    /// The store itself.
    #[default]
    Works,
    /// A simulated failure, and the store is not asked.
    Fails(Failure),
}

/// A failure of the disk, simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The disk is full.
    NoSpace,
    /// The disk does not read or write.
    InputOutput,
    /// The file system is read-only.
    ReadOnly,
}

/// What the committer has done.
#[derive(Debug)]
pub enum Answer {
    /// The store was opened, or not.
    Opened(Box<Result<Opened, StoreError>>),
    /// The batch is durable, or the store is closed and must be opened again.
    Committed(Result<(), StoreError>),
}

/// A command that did not reach the committer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It has enough to do.
    #[error("the store's thread has {COMMANDS} commands waiting")]
    Busy,
    /// Its thread is gone, which only a defect does.
    #[error("the store's thread is gone")]
    Gone,
}

/// The store's thread, from outside. Dropping it stops the thread and waits for it.
#[derive(Debug)]
pub struct Committer {
    commands: Option<SyncSender<Command>>,
    thread: Option<thread::JoinHandle<Box<dyn Store>>>,
}

impl Committer {
    /// Starts the thread. The store is not opened yet. `answer` is called on the thread.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn start(
        store: Box<dyn Store>,
        answer: impl FnMut(Answer) + Send + 'static,
    ) -> io::Result<Self> {
        let (commands, received) = sync_channel(COMMANDS);
        let thread = thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || run(store, &received, answer))?;
        Ok(Self { commands: Some(commands), thread: Some(thread) })
    }

    /// Hands a command over. Never blocks.
    ///
    /// # Errors
    /// When the command was not taken.
    pub fn send(&self, command: Command) -> Result<(), SendError> {
        let Some(commands) = &self.commands else { return Err(SendError::Gone) };
        commands.try_send(command).map_err(|error| match error {
            TrySendError::Full(_) => SendError::Busy,
            TrySendError::Disconnected(_) => SendError::Gone,
        })
    }

    /// Lets the thread carry out what it was sent, closes the store, waits for the thread and gives
    /// the store back; `None` when the thread was gone. Blocks.
    pub fn stop(mut self) -> Option<Box<dyn Store>> {
        self.join()
    }

    fn join(&mut self) -> Option<Box<dyn Store>> {
        self.commands = None;
        self.thread.take().and_then(|thread| thread.join().ok())
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.join();
    }
}

fn run(
    mut store: Box<dyn Store>,
    commands: &Receiver<Command>,
    mut answer: impl FnMut(Answer),
) -> Box<dyn Store> {
    for command in commands {
        match command {
            Command::Open(frame, disk) => {
                store.close();
                let opened = match disk {
                    Disk::Fails(failure) => Err(simulated(Doing::Open, failure)),
                    Disk::Works => store.open(frame),
                };
                answer(Answer::Opened(Box::new(opened)));
            }
            Command::Commit(batch, frame, disk) => {
                let committed = match disk {
                    Disk::Fails(failure) => Err(simulated(Doing::Commit, failure)),
                    Disk::Works => store.commit(&batch, frame),
                };
                if committed.is_err() {
                    store.close();
                }
                answer(Answer::Committed(committed));
            }
            Command::Read { after, limit, reply } => {
                // Who went away wants no answer.
                let _ = reply.send(store.read(&after, limit));
            }
        }
    }
    store.close();
    store
}

fn simulated(doing: Doing, failure: Failure) -> StoreError {
    let error = |kind: io::ErrorKind| io::Error::new(kind, "simulated");
    let cause = match failure {
        Failure::NoSpace => Cause::NoSpace(error(io::ErrorKind::StorageFull)),
        Failure::InputOutput => Cause::InputOutput(error(io::ErrorKind::Other)),
        Failure::ReadOnly => Cause::ReadOnly(error(io::ErrorKind::ReadOnlyFilesystem)),
    };
    StoreError::new(doing, cause)
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use pwasync_core::{effect::Record, saved::Counters, time::Timestamp};

    use super::*;
    use crate::store::{batch::Write, memory::MemoryStore};

    const FRAME: ClockFrame =
        ClockFrame { boot_id: [1; 16], offset_millis: 0, wall_offset_millis: 0 };

    #[test]
    fn what_was_committed_is_there_after_opening_again() {
        let (committer, answers) = start(MemoryStore::new());
        assert_eq!(opened(&committer, &answers, Disk::Works).unwrap().epoch, 1);
        commit(&committer, &answers, Disk::Works).unwrap();
        let again = opened(&committer, &answers, Disk::Works).unwrap();
        assert_eq!((again.epoch, again.saved.counters.last_registration), (2, 7));
    }

    #[test]
    fn a_simulated_failure_leaves_the_store_as_it_was() {
        let (committer, answers) = start(MemoryStore::new());
        opened(&committer, &answers, Disk::Works).unwrap();
        let full = Disk::Fails(Failure::NoSpace);
        let error = commit(&committer, &answers, full).unwrap_err();
        assert!(matches!(error.cause, Cause::NoSpace(_)), "{error:?}");
        let error = opened(&committer, &answers, full).unwrap_err();
        assert!(matches!(error.cause, Cause::NoSpace(_)), "{error:?}");
        let opened = opened(&committer, &answers, Disk::Works).unwrap();
        assert_eq!(opened.saved.counters.last_registration, 0);
    }

    #[test]
    fn after_a_failed_commit_the_store_is_closed() {
        let (committer, answers) = start(MemoryStore::new());
        opened(&committer, &answers, Disk::Works).unwrap();
        commit(&committer, &answers, Disk::Fails(Failure::InputOutput)).unwrap_err();
        let error = commit(&committer, &answers, Disk::Works).unwrap_err();
        assert!(matches!(error.cause, Cause::Closed), "{error:?}");
    }

    #[test]
    fn stopping_finishes_what_was_sent_and_gives_the_store_back() {
        let (committer, answers) = start(MemoryStore::new());
        opened(&committer, &answers, Disk::Works).unwrap();
        let now = Write::SaveSimulatedNow(Timestamp::from_millis(5));
        let batch = [counters(3), now].into_iter().collect();
        committer.send(Command::Commit(batch, FRAME, Disk::Works)).unwrap();
        let mut store = committer.stop().unwrap();
        let opened = store.open(FRAME).unwrap();
        assert_eq!(opened.saved.counters.last_registration, 3);
        assert_eq!(opened.simulated_now, Some(Timestamp::from_millis(5)));
    }

    fn start(store: MemoryStore) -> (Committer, Receiver<Answer>) {
        let (sender, answers) = mpsc::channel();
        let answer = move |answer| drop(sender.send(answer));
        (Committer::start(Box::new(store), answer).unwrap(), answers)
    }

    fn opened(
        committer: &Committer,
        answers: &Receiver<Answer>,
        disk: Disk,
    ) -> Result<Opened, StoreError> {
        committer.send(Command::Open(FRAME, disk)).unwrap();
        match answers.recv_timeout(Duration::from_secs(10)).unwrap() {
            Answer::Opened(opened) => *opened,
            Answer::Committed(committed) => panic!("{committed:?}"),
        }
    }

    fn commit(
        committer: &Committer,
        answers: &Receiver<Answer>,
        disk: Disk,
    ) -> Result<(), StoreError> {
        let batch = [counters(7)].into_iter().collect();
        committer.send(Command::Commit(batch, FRAME, disk)).unwrap();
        match answers.recv_timeout(Duration::from_secs(10)).unwrap() {
            Answer::Committed(committed) => committed,
            Answer::Opened(opened) => panic!("{opened:?}"),
        }
    }

    fn counters(last_registration: u64) -> Write {
        Record::SaveCounters(Counters { last_registration, ..Counters::default() }).into()
    }
}
