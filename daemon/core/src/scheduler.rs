//! The scheduler: takes requests, events and the time, and says what is to be done.
//!
//! After each input the caller drains [`Scheduler::poll_effect`] and asks
//! [`Scheduler::poll_timeout`] when to call [`Scheduler::handle_timeout`].

mod attempts;
mod conditions;
mod firing;
mod queries;
mod reconcile;
mod requests;
mod restore;
mod run_now;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

pub use attempts::{NewSession, OpenedSession};
pub use queries::{Filter, Page, RegistrationView, SessionView, StateCounts, Viewer};
pub use reconcile::Reconciled;
pub use requests::{
    Caller, NewRegistration, NewSchedule, RegisterChange, RegisterError, Registered, Unregistered,
};
pub use run_now::{Force, RunNow};

use crate::{
    change::{Change, What},
    effect::Effect,
    event::Event,
    facts::Host,
    key::{AttemptId, OwnerId, RegistrationId},
    policy::Policy,
    ready::Ready,
    registration::{Registration, Schedule, State},
    registrations::Registrations,
    saved::Counters,
    sessions::Sessions,
    time::{Timestamp, WallClock},
    timers::Timers,
};

/// Why the scheduler wants to be called at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WakeReason {
    /// The wait for facts after the start ends.
    StartingEnds,
    /// The network counts as settled.
    NetworkSettles,
    /// A registration's wait, limit or expiry ends.
    RegistrationDue(RegistrationId),
}

/// Decides which sync may run when. Does no I/O and reads no clock.
#[derive(Clone, Debug)]
pub struct Scheduler {
    policy: Policy,
    epoch: u64,
    last_attempt: u64,
    counters: Counters,
    owners: BTreeMap<OwnerId, Arc<str>>,
    /// The time of the last input.
    now: Timestamp,
    wall: WallClock,
    host: Host,
    registrations: Registrations,
    timers: Timers,
    ready: Ready,
    sessions: Sessions,
    effects: VecDeque<Effect>,
}

impl Scheduler {
    /// Takes something that happened outside.
    pub fn handle_event(&mut self, now: Timestamp, event: Event) {
        self.handle_timeout(now);
        let now = self.now;
        let changed = match event {
            Event::NetlinkChanged(facts) => self.host.take_netlink(now, &facts, &self.policy),
            Event::PowerChanged(power) => self.host.take_power(now, power),
            Event::SleepChanged(sleep) => self.host.take_sleep(now, sleep, &self.policy),
            Event::StoreChanged(access) => self.host.take_store(now, access),
            Event::WallClockChanged(wall) => {
                self.wall = wall;
                false
            }
            Event::SessionReady(session) => {
                self.session_ready(session);
                false
            }
            Event::AttemptStarted { session, attempt } => {
                self.attempt_started(session, attempt);
                false
            }
            Event::AttemptFinished { session, finished } => {
                self.attempt_finished(session, finished);
                false
            }
            Event::SessionClosed(session) => {
                self.session_closed(session);
                false
            }
        };
        if changed {
            self.effects.push_back(Effect::HostChanged);
            self.notify(What::Host);
        }
        self.fire_what_may();
    }

    /// Does what is due. Harmless when nothing is. Each other input begins with it too, so that
    /// nothing is decided on a state that time has overtaken.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        // Core time never goes back, whatever a caller says.
        self.now = self.now.max(now);
        while let Some(id) = self.timers.pop_due(self.now) {
            self.registration_due(id);
        }
        self.fire_what_may();
    }

    /// The next thing to do, in order. To be drained after each input.
    #[must_use]
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When to call [`Self::handle_timeout`] next, and why; `None`: nothing is due. Later than
    /// the time of the last input.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Timestamp, WakeReason)> {
        let due = self.timers.first().map(|(at, id)| (at, WakeReason::RegistrationDue(id)));
        // Nobody waits for facts while nothing is due.
        let waited_for = !self.ready.is_empty();
        let settles = self.host.settled_at().filter(|at| waited_for && *at > self.now);
        let settles = settles.map(|at| (at, WakeReason::NetworkSettles));
        let starting = self.starting_ends(self.now).filter(|at| waited_for && *at > self.now);
        let starting = starting.map(|at| (at, WakeReason::StartingEnds));
        [due, settles, starting].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// The joined view of the host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The wall clock as it was last reported.
    pub fn wall_clock(&self) -> WallClock {
        self.wall
    }

    /// The policy in force.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The number of this start.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    fn notify(&mut self, what: What) {
        self.effects.push_back(Effect::Notify(Change { at: self.now, what }));
    }

    fn next_attempt(&mut self) -> AttemptId {
        self.last_attempt += 1;
        AttemptId { epoch: self.epoch, counter: self.last_attempt }
    }

    /// Files a registration by its state: timer and ready set; writes it.
    fn settle(&mut self, id: RegistrationId) {
        let Some(registration) = self.registrations.get(id) else { return };
        self.timers.set(id, timer_of(registration));
        if registration.state == State::Pending {
            let door = self.sessions.door(&registration.key.worker.profile);
            self.ready.insert(id, &registration.key, door);
        } else {
            self.ready.remove(id, &registration.key);
        }
        self.effects.push_back(Effect::Save(Box::new(registration.clone())));
    }
}

/// When something happens to a registration by itself: its wait ends, its attempt runs into a
/// limit, or it expires.
fn timer_of(registration: &Registration) -> Option<Timestamp> {
    let expires_at = match registration.schedule {
        Schedule::OneOff { expires_at } => Some(expires_at),
        Schedule::Periodic { .. } => None,
    };
    match &registration.state {
        State::Pending => expires_at,
        State::Waiting { until, .. } => {
            Some(expires_at.map_or(*until, |expires_at| expires_at.min(*until)))
        }
        State::Firing { attempt, .. } => Some(attempt.deadline()),
    }
}
