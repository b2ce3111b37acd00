//! Builds the scheduler from what is on disk.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use super::{Scheduler, timer_of};
use crate::{
    attempt::Progress,
    facts::Host,
    period::effective_interval,
    policy::Policy,
    ready::{Door, Ready},
    registration::{Registration, Schedule, State, Wait},
    registrations::Registrations,
    saved::Saved,
    sessions::{Out, Sessions},
    time::{Timestamp, WallClock},
    timers::Timers,
};

impl Scheduler {
    /// Continues from what is on disk. `epoch` must be higher than at any start before.
    ///
    /// Attempts that were out stay out until their deadline, or until a session names them (P-06).
    pub fn restore(now: Timestamp, policy: Policy, epoch: u64, saved: Saved) -> Self {
        let mut scheduler = Self {
            policy,
            epoch,
            last_attempt: 0,
            counters: saved.counters,
            owners: saved.owners,
            now,
            wall: WallClock::default(),
            host: Host::new(now),
            registrations: Registrations::default(),
            timers: Timers::default(),
            ready: Ready::default(),
            sessions: Sessions::default(),
            effects: VecDeque::new(),
        };
        for mut registration in saved.registrations {
            scheduler.clamp(&mut registration);
            scheduler.adopt(registration);
        }
        scheduler
    }

    fn adopt(&mut self, registration: Registration) {
        let id = registration.id;
        let last = &mut self.counters.last_registration;
        *last = (*last).max(id.number());
        self.timers.set(id, timer_of(&registration));
        match &registration.state {
            State::Pending => self.ready.insert(id, &registration.key, Door::Shut),
            State::Waiting { .. } => {}
            State::Firing { attempt, .. } => {
                let owner = registration.key.owner();
                self.sessions.send_out(attempt.id, Out { registration: id, owner, session: None });
            }
        }
        self.registrations.insert(registration);
    }

    /// A clock that was wrong when an instant was stored must not starve a registration: nothing
    /// lies further ahead than its own interval or limit.
    fn clamp(&self, registration: &mut Registration) {
        let at_most = |at: &mut Timestamp, ahead: Duration| *at = (*at).min(self.now + ahead);
        let mut period = Duration::ZERO;
        match &mut registration.schedule {
            Schedule::OneOff { expires_at } => at_most(expires_at, self.policy.max_expiry),
            Schedule::Periodic { min_interval, anchor } => {
                at_most(anchor, Duration::ZERO);
                period = effective_interval(&self.policy, *min_interval);
            }
        }
        match &mut registration.state {
            State::Pending => {}
            State::Waiting { until, wait: Wait::Period } => at_most(until, period),
            State::Waiting { until, wait: Wait::BackOff } => {
                at_most(until, self.policy.rules.max_retry_delay.max(self.policy.max_retry_after));
            }
            State::Firing { attempt, .. } => match &mut attempt.progress {
                Progress::Sent { start_by } => at_most(start_by, self.policy.start_limit),
                Progress::Started { finish_by, .. } => at_most(finish_by, attempt.run_limit),
            },
        }
    }

    /// What a restart would need now: for tests, copies and records of the core's inputs.
    pub fn to_saved(&self) -> Saved {
        Saved {
            registrations: self.registrations.iter().cloned().collect(),
            counters: self.counters,
            owners: self.owners.iter().map(|(id, name)| (*id, Arc::clone(name))).collect(),
        }
    }
}
