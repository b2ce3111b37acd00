//! What happened, in order, with a way to wait for it.

use std::{fmt::Debug, sync::Arc, time::Duration};

use tokio::{sync::watch, time::timeout};

/// Long enough for a loaded machine; a test that meets it has failed.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

#[derive(Clone, Debug)]
pub(crate) struct Log<T>(Arc<watch::Sender<Vec<T>>>);

impl<T: Clone + Debug + Send + Sync + 'static> Log<T> {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Vec::new())))
    }

    pub(crate) fn push(&self, entry: T) {
        self.0.send_modify(|entries| entries.push(entry));
    }

    pub(crate) fn all(&self) -> Vec<T> {
        self.0.borrow().clone()
    }

    /// The first entry that `wanted` accepts, now or later.
    pub(crate) async fn wait(&self, what: &str, wanted: impl Fn(&T) -> bool) -> T {
        let mut entries = self.0.subscribe();
        let found = entries.wait_for(|entries| entries.iter().any(&wanted));
        match timeout(LIMIT, found).await {
            Ok(found) => found.unwrap().iter().find(|entry| wanted(entry)).unwrap().clone(),
            Err(_) => panic!("{what} did not come; there are {:#?}", self.all()),
        }
    }

    /// Waits until more than `count` entries are wanted ones.
    pub(crate) async fn wait_for_more(&self, count: usize, wanted: impl Fn(&T) -> bool) {
        let mut entries = self.0.subscribe();
        let more = entries.wait_for(|entries| entries.iter().filter(|e| wanted(e)).count() > count);
        timeout(LIMIT, more).await.expect("one more").unwrap();
    }

    pub(crate) fn count(&self, wanted: impl Fn(&T) -> bool) -> usize {
        self.0.borrow().iter().filter(|entry| wanted(entry)).count()
    }
}
