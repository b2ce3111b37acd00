//! The scheduler: takes requests, events and the time, and says what is to be done.
//!
//! After each input the caller drains [`Scheduler::poll_effect`] and asks
//! [`Scheduler::poll_timeout`] when to call [`Scheduler::handle_timeout`].

mod again;
mod attempts;
mod behind;
mod conditions;
mod doubt;
mod engagement;
mod export;
mod filing;
mod firing;
mod forecast;
mod import;
mod launching;
mod leases;
mod planning;
mod queries;
mod reconcile;
mod requests;
mod restore;
mod run_now;
mod sentences;
mod shares;
mod sites;
mod sleeping;
mod subjects;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use doubt::Doubt;

pub use attempts::{NewSession, OpenedSession};
pub use engagement::{Engaged, EngagementReport};
pub use export::{SavedCursor, SavedPage};
pub use forecast::{
    FORECAST_EVENTS, Forecast, ForecastQuestion, Foreseen, Foresight, LONGEST_FORECAST, Supposition,
};
pub use import::{Import, ImportError, ImportMode, ImportRefused, Imported, Tally};
pub use leases::{LeaseError, NewLease};
pub use queries::{Filter, Page, RegistrationView, SessionView, StateCounts, Viewer};
pub use reconcile::Reconciled;
pub use requests::{
    Caller, NewRegistration, NewSchedule, RegisterChange, RegisterError, Registered, Unregistered,
};
pub use restore::Loaded;
pub use run_now::{Force, RunNow};
pub use shares::ShareSpent;
pub use sites::{AppsChanged, SiteError};
pub use subjects::Denial;

use crate::{
    calls::Calls,
    change::{Change, RegistrationChange, What},
    effect::{Effect, Inhibition, Record},
    event::Event,
    facts::Host,
    history::History,
    holdings::{Holdings, Weighed},
    key::{AttemptId, OwnerId, ProfileKey, RegistrationId, RegistrationKey},
    launchers::Launchers,
    leases::Leases,
    neighbours::Neighbours,
    policy::Policy,
    profile::Profile,
    ready::Ready,
    registrations::Registrations,
    saved::Counters,
    sessions::Sessions,
    site::{Site, SiteKey},
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
    /// A pause or an override ends.
    LeaseEnds,
    /// The start of a browser has taken too long, or may be tried again.
    LaunchEnds,
    /// Events that run have delayed the machine's sleep for long enough.
    SleepDelayEnds,
}

/// How often something was woken since the start, and how often that was saved (design,
/// section 5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wakes {
    /// Moments at which a browser was woken while nothing ran.
    pub wakes: u64,
    /// Events that went together with others.
    pub saved: u64,
    last: Option<Timestamp>,
}

/// Decides which sync may run when. Does no I/O and reads no clock.
#[derive(Clone, Debug)]
pub struct Scheduler {
    policy: Policy,
    /// Since when the policy is in force.
    policy_since: Timestamp,
    epoch: u64,
    last_attempt: u64,
    counters: Counters,
    /// The highest registration that the counters on disk are known to count.
    counted: u64,
    owners: BTreeMap<OwnerId, Arc<str>>,
    /// The time of the last input.
    now: Timestamp,
    wall: WallClock,
    host: Host,
    registrations: Registrations,
    sites: BTreeMap<SiteKey, Weighed<Site>>,
    profiles: BTreeMap<ProfileKey, Weighed<Profile>>,
    leases: Leases,
    /// What all these hold.
    holdings: Holdings,
    /// Calls of late.
    calls: Calls,
    history: History,
    timers: Timers,
    ready: Ready,
    /// When the periodic registrations of each site go next.
    neighbours: Neighbours,
    /// The longest time that the grid has held one since the start, and so the longest that it
    /// holds one: what may go along with its browser's other events goes so soon by itself.
    longest_on_grid: Duration,
    /// What may be held until midnight.
    budget_held: BTreeSet<RegistrationId>,
    /// The last local day on which something was spent of a budget.
    spent_day: Option<i64>,
    /// What came due in this input.
    came_due: BTreeSet<RegistrationId>,
    sessions: Sessions,
    launchers: Launchers,
    /// What was last said of the machine's sleep.
    inhibition: Inhibition,
    /// When the machine is to be woken.
    alarm: Option<Timestamp>,
    /// There while the clock may be wrong that this was restored by.
    doubt: Option<Doubt>,
    wakes: Wakes,
    /// The last input fired some of what may run, and has not ended.
    more_may_run: bool,
    effects: VecDeque<Effect>,
}

impl Scheduler {
    /// Takes something that happened outside.
    pub fn handle_event(&mut self, now: Timestamp, event: Event) {
        // What is overdue goes by the facts until now, but by the clock as it is: before it is
        // told for the first time there is none.
        match event {
            Event::WallClockChanged(wall) => self.set_wall_clock(wall),
            Event::Slept(by) => self.slept(now, by),
            Event::NetlinkChanged(_)
            | Event::ManagerChanged(_)
            | Event::ConnectionChecked(_)
            | Event::PowerChanged(_)
            | Event::PowerSaverChanged(_)
            | Event::SleepChanged(_)
            | Event::StoreChanged(_)
            | Event::SessionReady(_)
            | Event::AttemptStarted { .. }
            | Event::AttemptFinished { .. }
            | Event::SessionClosed(_)
            | Event::LauncherProfiles { .. }
            | Event::LaunchFailed { .. }
            | Event::LauncherClosed(_) => {}
        }
        self.do_overdue(now);
        let now = self.now;
        let changed = match event {
            Event::NetlinkChanged(facts) => self.host.take_netlink(now, &facts, &self.policy),
            Event::ManagerChanged(manager) => self.host.take_manager(now, manager, &self.policy),
            Event::ConnectionChecked(number) => self.host.take_check(now, number, &self.policy),
            Event::PowerChanged(power) => self.host.take_power(now, power, &self.policy),
            Event::PowerSaverChanged(saver) => self.host.take_power_saver(now, saver, &self.policy),
            Event::SleepChanged(sleep) => self.host.take_sleep(now, sleep, &self.policy),
            // What that means was taken before anything was done at a time that it skipped.
            Event::Slept(_) => true,
            Event::StoreChanged(access) => self.host.take_store(now, access),
            Event::WallClockChanged(_) => {
                self.file_budget_held();
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
            Event::LauncherProfiles { launcher, profiles } => {
                self.launcher_profiles(launcher, profiles);
                false
            }
            Event::LaunchFailed { launcher, token, reason } => {
                self.launch_failed(launcher, token, reason);
                false
            }
            Event::LauncherClosed(launcher) => {
                self.launcher_closed(launcher);
                false
            }
        };
        if changed {
            self.host_changed();
        }
        self.finish();
    }

    fn host_changed(&mut self) {
        self.note_return();
        // What holds in some places only may hold from now on, or not.
        let subjects: Vec<_> = self.leases.of_places().map(|lease| lease.subject.clone()).collect();
        for subject in subjects {
            self.file_subject(&subject);
        }
        self.effects.push_back(Effect::HostChanged);
        self.notify(What::Host);
    }

    /// What each input ends with.
    fn finish(&mut self) {
        self.effects.extend(self.host.take_wanted_check().map(Effect::CheckConnection));
        self.cut_for_sleep();
        self.do_what_is_due();
        self.go_on();
    }

    /// The network's last return is kept over restarts (P-03).
    fn note_return(&mut self) {
        let returned_at = self.host.returned().at;
        if self.counters.returned_at != returned_at {
            self.counters.returned_at = returned_at;
            self.save_counters();
        }
    }

    fn save_counters(&mut self) {
        self.counted = self.counters.last_registration;
        self.effects.push_back(Effect::Record(Record::SaveCounters(self.counters)));
    }

    /// Does what is due. Harmless when nothing is.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        // Core time never goes back, whatever a caller says.
        self.now = self.now.max(now);
        if self.host.stop_waiting(self.now, &self.policy) {
            self.host_changed();
        }
        self.end_doubt();
        self.end_leases();
        self.end_launches();
        self.finish();
    }

    /// Each other input begins with what is due, so that nothing is decided on a state that time
    /// has overtaken.
    fn do_overdue(&mut self, now: Timestamp) {
        self.handle_timeout(now);
        self.fire_the_rest();
    }

    /// What was filed with an end that has passed is due at once.
    fn do_what_is_due(&mut self) {
        while let Some(id) = self.timers.first_due(self.now) {
            let Some(entry) = self.registrations.entry_mut(id) else { return };
            self.timers.set(id, &mut entry.filed.timer, None);
            self.registration_due(id);
        }
    }

    /// The next thing to do, in order. To be drained after each input.
    ///
    /// What fires many is worked out while it is drained: the first can be under way before the
    /// last is decided.
    #[must_use]
    pub fn poll_effect(&mut self) -> Option<Effect> {
        while self.effects.is_empty() && self.more_may_run {
            self.go_on();
        }
        self.effects.pop_front()
    }

    /// When to call [`Self::handle_timeout`] next, and why; `None`: nothing is due. Later than
    /// the time of the last input, once its effects are drained.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Timestamp, WakeReason)> {
        let due = self.timers.first().map(|(at, id)| (at, WakeReason::RegistrationDue(id)));
        let leases = self.leases.next_end().map(|at| (at, WakeReason::LeaseEnds));
        let launches = self.launchers.next_end().map(|at| (at, WakeReason::LaunchEnds));
        // Nobody waits for facts while nothing is due.
        let waited_for = !self.ready.is_empty();
        let settles = self.offer_changes(self.now).filter(|_| waited_for);
        let settles = settles.map(|at| (at, WakeReason::NetworkSettles));
        let starting = self.starting_ends(self.now).filter(|at| waited_for && *at > self.now);
        let starting = starting.map(|at| (at, WakeReason::StartingEnds));
        let cut = self.cut_at().map(|at| (at, WakeReason::SleepDelayEnds));
        let all = [due, leases, launches, settles, starting, cut];
        all.into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// The joined view of the host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The wall clock as it was last reported.
    pub fn wall_clock(&self) -> WallClock {
        self.wall
    }

    /// Decides by another policy from now on. What runs goes on.
    pub fn set_policy(&mut self, now: Timestamp, policy: Policy) {
        self.do_overdue(now);
        // What was denied before, and still is, is so since then.
        if self.policy != policy {
            (self.policy, self.policy_since) = (policy, self.now);
            if self.host.take_policy(self.now, &self.policy) {
                self.host_changed();
            }
        }
        let ids: Vec<_> = self.registrations.iter().map(|one| one.id).collect();
        for id in ids {
            self.file(id);
        }
        self.finish();
    }

    /// Wakes since the start, and those that were saved.
    pub fn wakes(&self) -> Wakes {
        self.wakes
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

    /// Something happened to a registration.
    fn tell(&mut self, id: RegistrationId, what: RegistrationChange) {
        let Some(registration) = self.registrations.get(id) else { return };
        let key = registration.key.clone();
        self.tell_of(id, &key, what);
    }

    /// Something happened to a registration: it is told, and stands in the history. That an event
    /// started stands there with its end.
    fn tell_of(&mut self, id: RegistrationId, key: &RegistrationKey, what: RegistrationChange) {
        if !matches!(what, RegistrationChange::Started(_)) {
            let facts = self.facts();
            let (entry, gone) = self.history.add(self.now, (id, key), &what, facts, &self.policy);
            let entry = Record::SaveEntry(Box::new(entry));
            let gone = gone.into_iter().map(Record::DeleteEntry);
            // The entry itself goes where no history is kept.
            self.effects.extend([entry].into_iter().chain(gone).map(Effect::Record));
        }
        self.notify(What::Registration { id, key: key.clone(), what });
    }
}
