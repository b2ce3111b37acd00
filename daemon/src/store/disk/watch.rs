//! Wakes who waits inside sled for a write that has failed.
//!
//! Owns a thread that looks after one open sled. It knows nothing of records, and writes nothing.
//!
//! A thread of sled's pool that cannot write keeps the error for all to see and ends. One of the
//! two places where it does so notifies nobody, and each `apply_batch` goes through that place:
//! a `flush` that had begun to wait would wait for ever, with a lock in its hands that every
//! sled of the process shares. To leave that thread behind and open the store in another would
//! hang that one too. But whoever else waits for the same log sees the error, and notifies all.

use std::{
    fmt, io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// Between two looks while there is work. Without work it does not look at all.
const INTERVAL: Duration = Duration::from_millis(200);

/// The thread, from outside. Dropping it ends the thread and waits for it.
#[derive(Debug)]
pub(super) struct Watch {
    shared: Arc<Shared>,
    thread: Option<thread::JoinHandle<()>>,
}

/// While it lives, sled is at work.
pub(super) struct Working<'a>(&'a Shared);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Wakes all who wait, if a write has failed. There while sled is open.
    wake: Option<Box<dyn Fn() + Send>>,
    working: bool,
    /// Raised with each piece of work.
    works: u64,
    /// The thread waits until there is work.
    idle: bool,
    ended: bool,
}

impl Watch {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub(super) fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let looked_at = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("store-watch".to_owned())
            .spawn(move || look(&looked_at))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Looks after this sled from here on.
    pub(super) fn look_after(&self, db: &sled::Db) {
        // What is below the trees: when they are dropped they write and wait once more.
        let context = db.context.clone();
        // Nothing is waited for: an error that is there is looked at first.
        let wake = move || {
            if context.global_error().is_err() {
                let _ = context.pagecache.log.make_stable(i64::MAX);
            }
        };
        self.shared.lock().wake = Some(Box::new(wake));
    }

    /// Lets go of sled; the last who does so closes it.
    pub(super) fn let_go(&self) {
        let wake = self.shared.lock().wake.take();
        drop(wake);
    }

    /// Says that sled is at work while the answer lives.
    pub(super) fn working(&self) -> Working<'_> {
        let mut state = self.shared.lock();
        state.working = true;
        state.works = state.works.wrapping_add(1);
        if state.idle {
            state.idle = false;
            self.shared.changed.notify_one();
        }
        Working(&self.shared)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // It does not panic; if it did, it could not be helped here.
            let _ = thread.join();
        }
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.lock().working = false;
    }
}

impl Shared {
    /// No invariant can be broken half-way: after a panic it is used as it is.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("working", &self.working).finish_non_exhaustive()
    }
}

fn look(shared: &Shared) {
    let mut state = shared.lock();
    while !state.ended {
        let seen = state.works;
        let waited = shared.changed.wait_timeout(state, INTERVAL);
        state = waited.unwrap_or_else(PoisonError::into_inner).0;
        if state.works != seen {
            continue;
        }
        if state.working {
            if let Some(wake) = &state.wake {
                wake();
            }
            continue;
        }
        state.idle = true;
        while state.idle && !state.ended {
            state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
