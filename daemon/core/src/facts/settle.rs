//! The wait until a network counts.

use std::time::Duration;

use super::checks::Holds;
use crate::time::Timestamp;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settle {
    pub(crate) since: Timestamp,
    ends: Timestamp,
    /// A manager's word may be of the network before, and is not waited for beyond this.
    unchecked: Option<Timestamp>,
}

impl Settle {
    pub(crate) fn new(since: Timestamp, lasts: Duration) -> Self {
        Self { since, ends: since + lasts, unchecked: None }
    }

    /// The same network, from the beginning.
    pub(crate) fn again(self, since: Timestamp, lasts: Duration) -> Self {
        Self { since, ends: since + lasts, ..self }
    }

    /// Waits, or does not any more, for a manager to find out where the link leads.
    pub(crate) fn note_check(&mut self, holds: Holds, limit: Timestamp) {
        self.unchecked = match holds {
            Holds::Yes => None,
            Holds::Perhaps => self.unchecked.or(Some(limit)),
        };
    }

    pub(crate) fn ends(self) -> Timestamp {
        self.unchecked.map_or(self.ends, |limit| self.ends.max(limit))
    }
}
