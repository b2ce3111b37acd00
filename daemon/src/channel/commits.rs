//! Tells that something was recorded, without what.

use std::sync::Arc;

use tokio::sync::Notify;

/// Told by the engine, heard by whoever writes snapshots. Costs nothing while nothing is recorded.
#[derive(Clone, Debug, Default)]
pub struct Commits {
    recorded: Arc<Notify>,
    erased: Arc<Notify>,
}

impl Commits {
    /// Something was recorded.
    pub(crate) fn tell_recorded(&self) {
        self.recorded.notify_one();
    }

    /// All copies of what is saved went.
    pub(crate) fn tell_erased(&self) {
        self.erased.notify_one();
    }

    /// Waits until something has been recorded since the last time.
    pub async fn recorded(&self) {
        self.recorded.notified().await;
    }

    /// Waits until all copies have gone since the last time.
    pub async fn erased(&self) {
        self.erased.notified().await;
    }
}
