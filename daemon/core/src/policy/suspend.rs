//! Numbers of the machine's sleep.

use std::time::Duration;

/// When the machine is woken for syncs that come due while it sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WakeMachine {
    /// Never: they go when somebody wakes it.
    Never,
    /// While it is charged, or has no battery.
    Charging,
    /// Always.
    Always,
}

/// What is done about the machine's sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SuspendPolicy {
    /// Events that run may delay sleep for so long, then they are cut; zero: they never do.
    pub delay: Duration,
    /// Over so long machines are spread that resume at once.
    pub resume_jitter: Duration,
    /// This machine's part of [`Self::resume_jitter`]: stable, drawn from its id; no key of the
    /// file.
    pub resume_offset: Duration,
    /// When the machine is woken.
    pub wake: WakeMachine,
}

impl Default for SuspendPolicy {
    fn default() -> Self {
        Self {
            // Less than the 5 s that logind grants (logind.conf(5), InhibitDelayMaxSec).
            delay: Duration::from_secs(4),
            resume_jitter: Duration::from_secs(10),
            resume_offset: Duration::ZERO,
            wake: WakeMachine::Never,
        }
    }
}
