//! Tells that something was recorded, without what.

use std::sync::Arc;

use futures_util::FutureExt as _;
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

    /// What has been recorded so far is no news.
    pub fn forget_recorded(&self) {
        // It is there at once, or not at all.
        let _ = self.recorded.notified().now_or_never();
    }

    /// Waits until all copies have gone since the last time.
    pub async fn erased(&self) {
        self.erased.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_recorded_is_news_once_or_forgotten() {
        let commits = Commits::default();
        let is_news = || commits.recorded().now_or_never().is_some();
        commits.tell_recorded();
        commits.tell_recorded();
        assert!(is_news());
        assert!(!is_news());
        commits.tell_recorded();
        commits.forget_recorded();
        assert!(!is_news());
    }
}
