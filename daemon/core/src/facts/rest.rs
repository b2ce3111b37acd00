//! Whether the machine is awake, and what the network owes to its last sleep.

use std::time::Duration;

use super::{Settle, Sleep};
use crate::{policy::Policy, time::Timestamp};

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest {
    pub(super) sleep: Sleep,
    pub(super) since: Timestamp,
    /// When it resumed, until the network has settled once.
    resumed_at: Option<Timestamp>,
}

impl Rest {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { sleep: Sleep::Awake, since: now, resumed_at: None }
    }

    pub(super) fn take(&mut self, now: Timestamp, sleep: Sleep) {
        (self.sleep, self.since) = (sleep, now);
        match sleep {
            Sleep::Awake => self.resumed_at = Some(now),
            Sleep::Suspending => {}
        }
    }

    /// It has slept and nobody has told.
    pub(super) fn take_resume(&mut self, now: Timestamp) {
        self.resumed_at = Some(now);
    }

    /// What the network's wait has come to by now.
    pub(super) fn note(&mut self, now: Timestamp, settle: Option<Settle>) {
        if settle.is_some_and(|settle| settle.ends() <= now) {
            self.resumed_at = None;
        }
    }

    /// How long a network that comes up settles. Shortly after a resume that takes longer, and for
    /// the first time after it as much longer as this machine's part is: machines that are opened
    /// at nine o'clock do not call at once.
    pub(super) fn settle(&self, now: Timestamp, policy: &Policy) -> Duration {
        let Some(at) = self.resumed_at else { return policy.settle };
        let soon = now.saturating_since(at) < policy.resume_settle;
        let settle = if soon { policy.resume_settle } else { policy.settle };
        settle.saturating_add(policy.suspend.resume_offset)
    }
}
