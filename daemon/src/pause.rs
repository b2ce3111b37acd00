//! How long to wait before something that failed is tried again.

use std::time::Duration;

use tokio::time::sleep;

/// The first pause; it doubles from there.
const FIRST: Duration = Duration::from_millis(50);
pub(crate) const LONGEST: Duration = Duration::from_secs(60);

/// See the module.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pause(Duration);

impl Pause {
    pub(crate) fn new() -> Self {
        Self(FIRST)
    }

    /// How long it is; the next one is longer.
    pub(crate) fn next_length(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 2).min(LONGEST);
        pause
    }

    pub(crate) async fn wait(&mut self) {
        sleep(self.next_length()).await;
    }
}
