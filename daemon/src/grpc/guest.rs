//! How a connection behaves: one that goes on being refused is told to go.
//!
//! It is told by GOAWAY, and may end what it has begun; a client then connects anew, at its
//! owner's pace. One that goes on regardless is closed.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
    owners::{Owners, Share},
    pace::{Pace, Rate},
    status::Refusal,
};

/// Calls of a connection that may be refused, or taken back before they are answered: so many at
/// once, and then so many a minute.
const REFUSALS: Rate = Rate { a_minute: Some(600), burst: 256 };
/// What a connection may say after it was told to go: the outcomes of what runs.
const LAST_WORDS: usize = 256 << 10;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Guest(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    share: Share,
    owners: Owners,
    refusals: Mutex<Pace>,
    /// Half of the owner's places for calls that are worked on: a client that stands still with
    /// all of its answers unread leaves the other half to the owner's others.
    working: Arc<Semaphore>,
    go: CancellationToken,
    /// Bytes since it was told to go.
    said: AtomicUsize,
}

impl Guest {
    pub(super) fn new(share: Share, owners: Owners) -> Self {
        let half = owners.traffic().calls_at_once.div_ceil(2);
        let half = usize::try_from(half).unwrap_or(Semaphore::MAX_PERMITS);
        Self(Arc::new(Inner {
            share,
            owners,
            refusals: Mutex::default(),
            working: Arc::new(Semaphore::new(half.min(Semaphore::MAX_PERMITS))),
            go: CancellationToken::new(),
            said: AtomicUsize::new(0),
        }))
    }

    /// Whose share its calls count against.
    pub(super) fn share(&self) -> Share {
        self.0.share
    }

    /// What each owner holds.
    pub(super) fn owners(&self) -> &Owners {
        &self.0.owners
    }

    /// Waits until one more of its calls may be worked on.
    ///
    /// # Errors
    /// When the daemon is going.
    pub(super) async fn turn_to_work(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        let working = Arc::clone(&self.0.working).acquire_owned();
        working.await.map_err(|_| Refusal::Internal("no calls any more".into()))
    }

    /// Told when it is to go.
    pub(super) fn go(&self) -> CancellationToken {
        self.0.go.clone()
    }

    /// One of its calls was refused for being one too many, or was taken back.
    pub(super) fn refused(&self) {
        let inner = &*self.0;
        // Counting cannot panic; if it has, the count is as good as before.
        let mut refusals = inner.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        if refusals.take(Instant::now(), REFUSALS).is_ok() || inner.go.is_cancelled() {
            return;
        }
        inner.go.cancel();
        if inner.owners.is_news(inner.share) {
            tracing::warn!(
                share = ?inner.share,
                "a connection goes on with calls that are refused: told to go",
            );
        }
    }

    /// It said so many bytes more; false: it goes on too long after it was told to go.
    pub(super) fn may_say(&self, bytes: usize) -> bool {
        !self.0.go.is_cancelled()
            || self.0.said.fetch_add(bytes, Ordering::Relaxed) + bytes <= LAST_WORDS
    }
}
