//! Numbers of the machine's sleep.

use std::time::Duration;

/// What is done about the machine's sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SuspendPolicy {
    /// Events that run may delay sleep for so long, then they are cut; zero: they never do.
    pub delay: Duration,
}

impl Default for SuspendPolicy {
    fn default() -> Self {
        // Less than the 5 s that logind grants (logind.conf(5), InhibitDelayMaxSec).
        Self { delay: Duration::from_secs(4) }
    }
}
