//! What the core wants a connection manager to find out.

use std::sync::Arc;

use pwasync_core::facts::CheckNumber;
use tokio::sync::watch;

/// Asked by the engine, heard by whoever talks to a connection manager. Of several wishes only the
/// last counts.
#[derive(Clone, Debug, Default)]
pub struct Checks(Arc<watch::Sender<Option<CheckNumber>>>);

impl Checks {
    pub(crate) fn ask(&self, number: CheckNumber) {
        self.0.send_replace(Some(number));
    }

    /// What is asked for from now on.
    pub(crate) fn wishes(&self) -> CheckWishes {
        CheckWishes(self.0.subscribe())
    }
}

/// See [`Checks`].
#[derive(Debug)]
pub(crate) struct CheckWishes(watch::Receiver<Option<CheckNumber>>);

impl CheckWishes {
    /// Waits for the next one. May be given up and begun anew.
    pub(crate) async fn next(&mut self) -> CheckNumber {
        loop {
            if self.0.changed().await.is_err() {
                // The engine is gone, and nobody asks any more.
                return std::future::pending().await;
            }
            if let Some(number) = *self.0.borrow_and_update() {
                return number;
            }
        }
    }
}
