//! What runs while the machine goes to sleep.

use std::time::Duration;

use pwasync_core::{attempt::Outcome, facts::Sleep, time::Timestamp};

use super::{Reference, entry::State};
use crate::support::facts::HostChange;

impl Reference {
    /// When what runs is cut.
    pub(super) fn cut_at(&self) -> Option<Timestamp> {
        let sleeps = self.facts.sleep == Sleep::Suspending;
        sleeps.then(|| self.facts.slept_at + self.policy.suspend.delay)
    }

    pub(super) fn cut_for_sleep(&mut self) {
        if self.cut_at().is_none_or(|at| at > self.now) {
            return;
        }
        let out = self.firing().filter(|(_, firing)| firing.attached);
        let mut out: Vec<_> = out.map(|(key, firing)| (firing.serial, key)).collect();
        out.sort_unstable();
        for (serial, key) in out {
            self.waits.push(format!("cancel {key:?} suspending"));
            self.end(serial, Outcome::Aborted, None);
        }
    }

    /// The machine sleeps, and nobody has told before: what runs stands still.
    pub(in crate::model) fn sleep(&mut self, by: Duration) {
        self.now = self.now + by;
        self.facts.change(self.now, HostChange::Slept(by), &self.policy);
        if self.facts.sleep == Sleep::Suspending {
            return;
        }
        for one in &mut self.book.entries {
            if let State::Firing(firing) = &mut one.state {
                firing.deadline = firing.deadline + by;
            }
        }
    }

    /// Such an ending is the sleep's doing.
    pub(super) fn is_of_sleep(&self, outcome: Outcome) -> bool {
        let of_sleep = [Outcome::Rejected, Outcome::Offline, Outcome::Aborted];
        self.facts.sleep == Sleep::Suspending && of_sleep.contains(&outcome)
    }
}
