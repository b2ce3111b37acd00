//! The thread that owns the store. All that blocks on the disk happens here.

use std::{
    collections::VecDeque,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
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

/// So many batches wait at most; further writes join the last of them.
const BATCHES: usize = 16;

/// Commands that may wait. Besides batches the engine has at most one opening out, and one reading
/// for each check that may run.
pub const COMMANDS: usize = BATCHES + 8;

/// Batches join to so many writes while there is room for more batches, and what wakes more is written
/// in parts of so many: who waits for the first of a thousand does not wait for the last.
pub const PART: usize = 256;

/// What the committer is told to do. It does one thing after the other, in order.
#[derive(Debug)]
pub enum Command {
    /// Open the store, or close it and open it again, as after a failure or a (simulated) power
    /// cut: what was not committed is gone. Answered by [`Answer::Opened`].
    Open(ClockFrame, Disk),
    /// Make the first [waiting](Committer::commit) batch durable. Answered by [`Answer::Committed`],
    /// unless it was taken back.
    Commit,
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
    /// The batch is durable, and comes back: memory is freed best where it was allocated. Or the
    /// store is closed and must be opened again.
    Committed(Result<Batch, StoreError>),
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

/// What became of a batch that was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handed {
    /// It has an answer of its own.
    Alone,
    /// The one before it was not begun yet: they are one, and have one answer.
    Joined,
}

/// A batch that is written soon.
#[derive(Debug)]
struct Waiting {
    batch: Batch,
    frame: ClockFrame,
    disk: Disk,
}

/// Where they wait until the thread is free: the last one grows meanwhile.
type Shelf = Arc<Mutex<VecDeque<Waiting>>>;

/// The store's thread, from outside. Dropping it stops the thread and waits for it.
#[derive(Debug)]
pub struct Committer {
    commands: Option<SyncSender<Command>>,
    shelf: Shelf,
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
        let shelf = Shelf::default();
        let of_thread = Arc::clone(&shelf);
        let thread = thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || run(store, &received, &of_thread, answer))?;
        Ok(Self { commands: Some(commands), shelf, thread: Some(thread) })
    }

    /// Hands a batch over, to be made durable after everything that was sent before. Never blocks.
    ///
    /// # Errors
    /// When it was not taken.
    pub fn commit(&self, batch: Batch, frame: ClockFrame, disk: Disk) -> Result<Handed, SendError> {
        let mut shelf = lock(&self.shelf);
        let is_full = shelf.len() >= BATCHES;
        let last =
            shelf.back_mut().filter(|last| is_full || last.batch.len() + batch.len() <= PART);
        if let Some(waiting) = last {
            waiting.batch.append(batch);
            (waiting.frame, waiting.disk) = (frame, disk);
            return Ok(Handed::Joined);
        }
        self.send(Command::Commit)?;
        shelf.push_back(Waiting { batch, frame, disk });
        Ok(Handed::Alone)
    }

    /// Takes back what was not begun: it has no answer.
    pub fn take_back(&self) {
        lock(&self.shelf).clear();
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

fn lock(shelf: &Shelf) -> std::sync::MutexGuard<'_, VecDeque<Waiting>> {
    // Nothing panics while it is held.
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}

fn run(
    mut store: Box<dyn Store>,
    commands: &Receiver<Command>,
    shelf: &Shelf,
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
            Command::Commit => {
                let waiting = lock(shelf).pop_front();
                let Some(Waiting { batch, frame, disk }) = waiting else { continue };
                let committed = match disk {
                    Disk::Fails(failure) => Err(simulated(Doing::Commit, failure)),
                    Disk::Works => store.commit(&batch, frame).map(|()| batch),
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

    use pwasync_core::{effect::Record, key::RegistrationId, saved::Counters, time::Timestamp};

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
        assert_eq!(committer.commit(batch, FRAME, Disk::Works), Ok(Handed::Alone));
        let mut store = committer.stop().unwrap();
        let opened = store.open(FRAME).unwrap();
        assert_eq!(opened.saved.counters.last_registration, 3);
        assert_eq!(opened.simulated_now, Some(Timestamp::from_millis(5)));
    }

    #[test]
    fn what_waits_grows_and_can_be_taken_back() {
        let (begun, begins) = sync_channel(0);
        let (sender, answers) = mpsc::channel();
        let answer = move |answer| {
            begun.send(()).unwrap();
            sender.send(answer).unwrap();
        };
        let committer = Committer::start(Box::new(MemoryStore::new()), answer).unwrap();
        committer.send(Command::Open(FRAME, Disk::Works)).unwrap();
        // The thread waits for its answer to be taken.
        let batch = |last| [counters(last)].into_iter().collect();
        assert_eq!(committer.commit(batch(1), FRAME, Disk::Works), Ok(Handed::Alone));
        assert_eq!(committer.commit(batch(2), FRAME, Disk::Works), Ok(Handed::Joined));
        for _ in 0..2 {
            begins.recv_timeout(Duration::from_secs(10)).unwrap();
        }
        assert!(matches!(answers.recv().unwrap(), Answer::Opened(_)));
        committer.send(Command::Open(FRAME, Disk::Works)).unwrap();
        assert_eq!(committer.commit(batch(9), FRAME, Disk::Works), Ok(Handed::Alone));
        committer.take_back();
        begins.recv_timeout(Duration::from_secs(10)).unwrap();
        assert!(matches!(answers.recv().unwrap(), Answer::Committed(Ok(_))));
        let Answer::Opened(opened) = answers.recv().unwrap() else { panic!("not opened") };
        assert_eq!(opened.unwrap().saved.counters.last_registration, 2);
        drop(begins);
        assert!(committer.stop().is_some());
        assert!(answers.recv().is_err());
    }

    #[test]
    fn great_batches_do_not_join_until_there_is_no_room() {
        let (begun, begins) = sync_channel(0);
        let answer = move |answer| drop(begun.send(answer));
        let committer = Committer::start(Box::new(MemoryStore::new()), answer).unwrap();
        // The thread waits for its answer to be taken.
        committer.send(Command::Open(FRAME, Disk::Works)).unwrap();
        let great = |first: u64| -> Batch {
            let ids = (first..).take(PART).map(RegistrationId::new);
            ids.map(Record::Delete).collect()
        };
        let handed = |committer: &Committer, batch| committer.commit(batch, FRAME, Disk::Works);
        for number in 0..BATCHES as u64 {
            assert_eq!(handed(&committer, great(number)), Ok(Handed::Alone));
        }
        assert_eq!(handed(&committer, great(0)), Ok(Handed::Joined), "there is no room");
        committer.take_back();
        assert_eq!(handed(&committer, [counters(1)].into_iter().collect()), Ok(Handed::Alone));
        assert_eq!(handed(&committer, [counters(2)].into_iter().collect()), Ok(Handed::Joined));
        assert_eq!(handed(&committer, great(0)), Ok(Handed::Alone), "it is not held up");
        drop(begins);
        assert!(committer.stop().is_some());
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
        committer.commit(batch, FRAME, disk).unwrap();
        match answers.recv_timeout(Duration::from_secs(10)).unwrap() {
            Answer::Committed(committed) => committed.map(drop),
            Answer::Opened(opened) => panic!("{opened:?}"),
        }
    }

    fn counters(last_registration: u64) -> Write {
        Record::SaveCounters(Counters { last_registration, ..Counters::default() }).into()
    }
}
