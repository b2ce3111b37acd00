//! What will run when: the real core on a copy of the real queue, under stated conditions. The
//! queue itself is never touched.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use super::{NewSession, Scheduler, Viewer};
use crate::{
    attempt::{Finished, Outcome},
    blocker::Blocker,
    calls::Calls,
    effect::{Effect, Wake},
    event::Event,
    history::History,
    key::{OwnerId, ProfileKey, RegistrationId, RegistrationKey, SessionId},
    lease::{FactValue, Lease, LeaseId, Leased, Subject},
    neighbours::Neighbours,
    ready::Ready,
    registration::{Registration, State},
    registrations::Registrations,
    time::Timestamp,
    timers::Timers,
};

/// Longest time that a forecast looks ahead.
pub const LONGEST_FORECAST: Duration = Duration::from_secs(366 * 86_400);

/// Most events of one forecast.
pub const FORECAST_EVENTS: usize = 10_000;

/// What is to be taken as so, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supposition {
    /// This is so from here on, until it is stated otherwise.
    Fact(FactValue),
    /// Each browser is open from here on.
    BrowsersOpen,
    /// Each browser is closed from here on, until one is started.
    BrowsersClosed,
    /// So much time passes.
    Advance(Duration),
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForecastQuestion {
    /// What is supposed; what stands between two advances is so at once.
    pub suppositions: Vec<Supposition>,
    /// How far to look after the last supposition; at most [`LONGEST_FORECAST`].
    pub horizon: Duration,
    /// Only this registration; the look ends with its first event.
    pub only: Option<RegistrationId>,
}

/// What will run when, if nothing else happens.
///
/// Events that run at the moment are taken to run into their limits, those to come to be
/// completed at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// In the order of their instants; at most [`FORECAST_EVENTS`].
    pub events: Vec<Foreseen>,
    /// What holds, at the end, those without an event.
    pub held: Vec<(RegistrationId, RegistrationKey, Vec<Blocker>)>,
    /// The instant up to which it looks.
    pub until: Timestamp,
}

/// An event that will run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreseen {
    /// When.
    pub at: Timestamp,
    /// Which registration.
    pub registration: RegistrationId,
    /// Its key.
    pub key: RegistrationKey,
    /// No further charged attempt can follow.
    pub last_chance: bool,
}

/// A copy of the queue to look ahead with.
#[derive(Clone, Debug)]
pub struct Foresight {
    /// Everything but the registrations.
    scheduler: Box<Scheduler>,
    /// Not filed yet: that takes most of the time, and can be done elsewhere.
    copied: Vec<Registration>,
    now: Timestamp,
    viewer: Viewer,
    sessions: BTreeMap<ProfileKey, SessionId>,
    /// Facts supposed so far.
    supposed: u64,
}

impl Scheduler {
    /// A copy of what a viewer may see: for a forecast elsewhere, since that takes its time. Of one
    /// registration only its profile is copied.
    pub fn foresight(
        &self,
        now: Timestamp,
        viewer: Viewer,
        only: Option<RegistrationId>,
    ) -> Foresight {
        let one = only.and_then(|id| self.registrations.get(id));
        let ids: Vec<RegistrationId> = match (one, viewer) {
            (Some(one), _) => self.registrations.of_profile(&one.key.worker.profile),
            (None, Viewer::Owner(owner)) => self.registrations.of_owner_ids(owner),
            (None, Viewer::Administrator) => self.registrations.iter().map(|one| one.id).collect(),
        };
        // What is kept of others grows with their number, and decides nothing here.
        let wanted = |profile: &ProfileKey| match (one, viewer) {
            (Some(one), _) => *profile == one.key.worker.profile,
            (None, Viewer::Owner(owner)) => profile.owner == owner,
            (None, Viewer::Administrator) => true,
        };
        let sites = self.sites.iter().filter(|(site, _)| wanted(&site.profile));
        let profiles = self.profiles.iter().filter(|(profile, _)| wanted(profile));
        let copied = ids.into_iter().filter_map(|id| self.registrations.get(id).cloned()).collect();
        let copy = Self {
            policy: self.policy.clone(),
            policy_since: self.policy_since,
            epoch: self.epoch,
            last_attempt: self.last_attempt,
            counters: self.counters,
            counted: self.counted,
            owners: self.owners.iter().map(|(id, name)| (*id, Arc::clone(name))).collect(),
            now: self.now,
            wall: self.wall,
            host: self.host.clone(),
            registrations: Registrations::default(),
            sites: sites.map(|(key, site)| (key.clone(), site.clone())).collect(),
            profiles: profiles.map(|(key, one)| (key.clone(), one.clone())).collect(),
            leases: self.leases.clone(),
            holdings: self.holdings.clone(),
            calls: Calls::default(),
            history: History::default(),
            timers: Timers::default(),
            ready: Ready::default(),
            neighbours: Neighbours::default(),
            longest_on_grid: self.longest_on_grid,
            budget_held: BTreeSet::new(),
            spent_day: self.spent_day,
            came_due: BTreeSet::new(),
            sessions: self.sessions.clone(),
            launchers: self.launchers.clone(),
            inhibition: self.inhibition,
            alarm: self.alarm,
            doubt: self.doubt.clone(),
            wakes: self.wakes,
            more_may_run: false,
            effects: VecDeque::new(),
        };
        let sessions = self.sessions.ready_ones().collect();
        let now = now.max(self.now);
        Foresight { scheduler: Box::new(copy), copied, now, viewer, sessions, supposed: 0 }
    }
}

impl Foresight {
    /// The instant that it looks ahead from.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Files what was copied.
    fn file(&mut self) {
        let scheduler = &mut *self.scheduler;
        scheduler.registrations = self.copied.drain(..).collect();
        // What runs elsewhere is not looked at, and so must not hold a slot for ever.
        scheduler.sessions.forget_out(|id| scheduler.registrations.get(id).is_none());
        scheduler.file_all();
        scheduler.do_overdue(self.now);
    }

    /// Looks ahead.
    #[must_use]
    pub fn look(mut self, question: &ForecastQuestion) -> Forecast {
        self.file();
        let mut events = Vec::new();
        let mut now = self.scheduler.now;
        let is_advance = |one: &Supposition| matches!(one, Supposition::Advance(_));
        for until_advance in question.suppositions.split_inclusive(is_advance) {
            self.suppose(until_advance);
            if let Some(Supposition::Advance(by)) = until_advance.last() {
                now = now + (*by).min(LONGEST_FORECAST);
                self.run_until(now, question.only, &mut events);
            }
        }
        let until = now + question.horizon.min(LONGEST_FORECAST);
        self.run_until(until, question.only, &mut events);
        let until = self.scheduler.now;
        // The others ran along, since they share slots and budgets; they were not asked for.
        events.retain(|event| question.only.is_none_or(|id| id == event.registration));
        let named: BTreeSet<_> = events.iter().map(|event: &Foreseen| event.registration).collect();
        let quiet = self.scheduler.registrations.iter().filter(|one| {
            self.viewer.sees(one.key.owner())
                && question.only.is_none_or(|id| id == one.id)
                && !named.contains(&one.id)
                && !matches!(one.state, State::Firing { .. })
        });
        let held = quiet.map(|one| (one.id, one.key.clone(), self.scheduler.blockers(one, until)));
        Forecast { held: held.collect(), events, until }
    }

    /// From here on all of this is so at once: nothing goes while only a part of it is.
    fn suppose(&mut self, all: &[Supposition]) {
        if all.contains(&Supposition::BrowsersClosed) {
            self.close_browsers();
        }
        for supposition in all {
            if let Supposition::Fact(value) = supposition {
                self.suppose_fact(*value);
            }
        }
        self.scheduler.finish();
        self.scheduler.fire_the_rest();
        if all.contains(&Supposition::BrowsersOpen) {
            self.open_browsers();
        }
    }

    /// Whatever the sources say; a lease that says otherwise ends.
    fn suppose_fact(&mut self, value: FactValue) {
        self.supposed += 1;
        let scheduler = &mut *self.scheduler;
        let older: Vec<LeaseId> = scheduler
            .leases
            .iter()
            .filter(
                |lease| matches!(lease.what, Leased::Override(old) if old.fact() == value.fact()),
            )
            .map(|lease| lease.id)
            .collect();
        for id in older {
            if let Some(lease) = scheduler.leases.remove(id) {
                scheduler.file_subject(&lease.subject);
            }
        }
        scheduler.leases.insert(Lease {
            id: LeaseId::new(u64::MAX - self.supposed),
            subject: Subject::All,
            what: Leased::Override(value),
            place: None,
            since: scheduler.now,
            until: scheduler.now + LONGEST_FORECAST * 3,
            reason: "supposed".into(),
        });
    }

    fn open_browsers(&mut self) {
        let owners: BTreeSet<OwnerId> =
            self.scheduler.registrations.iter().map(|one| one.key.owner()).collect();
        for owner in owners {
            for profile in self.scheduler.registrations.profiles_of(owner) {
                if !self.sessions.contains_key(&profile) {
                    self.open(profile);
                }
            }
        }
    }

    fn close_browsers(&mut self) {
        let now = self.scheduler.now;
        for session in std::mem::take(&mut self.sessions).into_values() {
            self.scheduler.handle_event(now, Event::SessionClosed(session));
        }
    }

    fn open(&mut self, profile: ProfileKey) {
        let now = self.scheduler.now;
        let new = NewSession {
            profile: profile.clone(),
            capacity: None,
            running: Vec::new(),
            finished: Vec::new(),
            launch: None,
        };
        let session = self.scheduler.open_session(now, new).id;
        self.scheduler.handle_event(now, Event::SessionReady(session));
        self.sessions.insert(profile, session);
    }

    fn run_until(
        &mut self,
        until: Timestamp,
        only: Option<RegistrationId>,
        events: &mut Vec<Foreseen>,
    ) {
        loop {
            self.answer(events);
            let done = only.is_some_and(|id| events.iter().any(|event| event.registration == id));
            if done || events.len() >= FORECAST_EVENTS {
                return;
            }
            match self.scheduler.poll_timeout() {
                Some((at, _)) if at <= until => self.scheduler.handle_timeout(at),
                Some(_) | None => break,
            }
        }
        self.scheduler.handle_timeout(until);
        self.answer(events);
    }

    /// Plays the browsers and launchers.
    fn answer(&mut self, events: &mut Vec<Foreseen>) {
        while let Some(effect) = self.scheduler.poll_effect() {
            match effect {
                Effect::Wake(wake) => self.complete(wake, events),
                Effect::Launch { profile, .. } => self.open(profile),
                Effect::Record(_)
                | Effect::Cancel { .. }
                | Effect::Recorded { .. }
                | Effect::CloseSession { .. }
                | Effect::LaunchCancel { .. }
                | Effect::CloseLauncher(_)
                | Effect::Notify(_)
                | Effect::Inhibit(_)
                | Effect::WakeMachine(_)
                | Effect::HostChanged
                | Effect::CheckConnection(_) => {}
            }
        }
    }

    fn complete(&mut self, wake: Wake, events: &mut Vec<Foreseen>) {
        let (at, session, attempt) = (self.scheduler.now, wake.session, wake.attempt);
        if self.viewer.sees(wake.key.owner()) && events.len() < FORECAST_EVENTS {
            events.push(Foreseen {
                at,
                registration: wake.registration,
                key: wake.key,
                last_chance: wake.last_chance,
            });
        }
        self.scheduler.handle_event(at, Event::AttemptStarted { session, attempt });
        let (outcome, detail, retry_after) = (Outcome::Completed, Box::default(), None);
        let finished = Finished { attempt, outcome, detail, retry_after };
        self.scheduler.handle_event(at, Event::AttemptFinished { session, finished });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Caller,
        key::{ProfileId, SyncKind},
        policy::Policy,
        saved::Saved,
        site::{PermissionState, SiteKey},
    };

    #[test]
    fn a_copy_holds_nothing_that_is_kept_of_others() {
        let now = Timestamp::ZERO;
        let mut core = Scheduler::restore(now, Policy::default(), 1, Saved::default());
        let owners = [1_000, 1_001].map(|uid| OwnerId::from_uid(uid).unwrap());
        for owner in owners {
            let profile = ProfileId::parse("chromium", "Default").unwrap();
            let profile = ProfileKey { owner, profile };
            let site = SiteKey { profile: profile.clone(), origin: "https://example.org".into() };
            let (kind, granted) = (SyncKind::Periodic, PermissionState::Granted);
            let caller = Caller { owner, name: "ada".into() };
            core.set_permission(now, &caller, &site, kind, granted).unwrap();
            core.set_installed_apps(now, &caller, &profile, BTreeMap::new()).unwrap();
        }
        let copied = |viewer| {
            let copy = core.foresight(now, viewer, None).scheduler;
            (copy.sites.len(), copy.profiles.len())
        };
        assert_eq!(copied(Viewer::Owner(owners[0])), (1, 1));
        assert_eq!(copied(Viewer::Administrator), (2, 2));
    }
}
