//! The machine's sleep: what runs may delay it, and is cut when that takes too long.

use std::time::Duration;

use super::Scheduler;
use crate::{
    attempt::{Finished, Outcome},
    blocker::BlockerCode,
    effect::{CancelReason, Effect, Inhibition},
    facts::Sleep,
    key::RegistrationId,
    policy::WakeMachine,
    registration::State,
    time::Timestamp,
};

/// Of many that are held for long the first ones are looked at.
const LOOKED_AT: usize = 1_000;
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

    /// The machine has slept and nobody had told. Nobody was told to end, so events go on, and the
    /// sleep does not count against their limits.
    pub(super) fn slept(&mut self, now: Timestamp, by: Duration) {
        match self.host.sleep().0 {
            // It was told of, and so will be its end.
            Sleep::Suspending => return,
            Sleep::Awake => {}
        }
        self.now = self.now.max(now);
        self.host.take_unannounced_sleep(self.now, &self.policy);
        let out: Vec<_> = self.sessions.all_out().map(|(_, out)| out.registration).collect();
        for id in out {
            let Some(registration) = self.registrations.get_mut(id) else { continue };
            let State::Firing { attempt, .. } = &mut registration.state else { continue };
            attempt.postpone(by);
            self.limit_moved(id);
        }
    }

    /// Says when the machine is to be woken, where policy wants that.
    pub(super) fn set_alarm(&mut self) {
        let alarm = self.wakes_machine_at();
        if self.alarm != alarm {
            self.alarm = alarm;
            self.effects.push_back(Effect::WakeMachine(alarm));
        }
    }

    /// When the first registration comes due that the machine could be woken for.
    fn wakes_machine_at(&self) -> Option<Timestamp> {
        let wanted = match self.policy.suspend.wake {
            WakeMachine::Never => false,
            WakeMachine::Charging => self.host.facts().charging == Some(true),
            WakeMachine::Always => true,
        };
        if !wanted || self.host.sleep().0 == Sleep::Awake || self.leases.pause_of_all().is_some() {
            return None;
        }
        let worth = |(at, id): &(Timestamp, RegistrationId)| {
            let Some(one) = self.registrations.get(*id) else { return false };
            // Others are looked at again for something that ends, such as they themselves.
            let due = matches!(one.state, State::Waiting { until, .. } if until <= *at);
            due && !self.blockers(one, *at).iter().any(|blocker| outlasts_sleep(blocker.code))
        };
        self.timers.iter().take(LOOKED_AT).find(worth).map(|(at, _)| at)
    }

    /// An event is out with a session that can be told.
    fn anything_runs(&self) -> bool {
        self.sessions.all_out().any(|(_, out)| out.session.is_some())
    }
}

/// What holds a registration as long as nobody does anything. Where the network will be once the
/// machine is awake nobody knows before.
fn outlasts_sleep(code: BlockerCode) -> bool {
    match code {
        BlockerCode::BatteryLow
        | BlockerCode::BatteryCritical
        | BlockerCode::NotCharging
        | BlockerCode::PowerSaver
        | BlockerCode::EngagementNone
        | BlockerCode::NotInstalled
        | BlockerCode::PermissionDenied
        | BlockerCode::Paused
        | BlockerCode::BudgetSpent
        | BlockerCode::NoLauncher
        | BlockerCode::StoreReadOnly => true,
        BlockerCode::Starting
        | BlockerCode::NotDue
        | BlockerCode::BackOff
        | BlockerCode::Offline
        | BlockerCode::Settling
        | BlockerCode::Limited
        | BlockerCode::CaptivePortal
        | BlockerCode::Metered
        | BlockerCode::Roaming
        | BlockerCode::Transport
        | BlockerCode::UnknownNetwork
        | BlockerCode::Suspending
        | BlockerCode::LearnedHour
        | BlockerCode::OriginGap
        | BlockerCode::Grid
        | BlockerCode::Concurrency
        | BlockerCode::BrowserClosed
        | BlockerCode::BrowserLaunching => false,
    }
}
