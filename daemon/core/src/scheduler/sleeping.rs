//! The machine's sleep: what runs may delay it, and is cut when that takes too long.

use super::Scheduler;
use crate::{
    attempt::{Finished, Outcome},
    effect::{CancelReason, Effect, Inhibition},
    facts::Sleep,
    time::Timestamp,
};

/// What the history says of an event that was cut.
const CUT: &str = "the machine went to sleep";

impl Scheduler {
    /// Sleep is delayed exactly while events run (design, section 4).
    pub(super) fn inhibit(&mut self) {
        let limit = self.policy.suspend.delay;
        let runs = !limit.is_zero() && self.anything_runs();
        let wanted = if runs { Inhibition::Wanted { limit } } else { Inhibition::Free };
        if self.inhibition != wanted {
            self.inhibition = wanted;
            self.effects.push_back(Effect::Inhibit(wanted));
        }
    }

    /// When events that delay the machine's sleep are cut; `None`: it does not go to sleep, or
    /// none runs.
    pub(super) fn cut_at(&self) -> Option<Timestamp> {
        match self.host.sleep() {
            (Sleep::Suspending, since) if self.anything_runs() => {
                Some(since + self.policy.suspend.delay)
            }
            (Sleep::Suspending | Sleep::Awake, _) => None,
        }
    }

    /// Cuts the events that have delayed sleep for long enough. What runs with no session that
    /// could be told goes on: it may come back.
    pub(super) fn cut_for_sleep(&mut self) {
        if self.cut_at().is_none_or(|at| at > self.now) {
            return;
        }
        let out: Vec<_> = self.sessions.all_out().collect();
        for (attempt, out) in out {
            let Some(session) = out.session else { continue };
            let reason = CancelReason::Suspending;
            self.effects.push_back(Effect::Cancel { session, attempt, reason });
            let outcome = Outcome::Aborted;
            let cut = Finished { attempt, outcome, detail: CUT.into(), retry_after: None };
            self.end(out.registration, cut);
        }
    }

    /// An event is out with a session that can be told.
    fn anything_runs(&self) -> bool {
        self.sessions.all_out().any(|(_, out)| out.session.is_some())
    }
}
