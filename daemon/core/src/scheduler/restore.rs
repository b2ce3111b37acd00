//! Builds the scheduler from what is on disk.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use super::{Scheduler, Wakes, behind::catch_up, doubt::Doubt};
use crate::{
    attempt::Progress,
    calls::Calls,
    effect::{Effect, Inhibition, Record},
    facts::Host,
    history::History,
    holdings::{Holdings, profile_bytes, registration_bytes, site_bytes},
    launchers::Launchers,
    leases::Leases,
    neighbours::Neighbours,
    policy::Policy,
    profile::Profile,
    ready::Ready,
    registration::{Registration, Schedule, State, Wait},
    registrations::Registrations,
    saved::Saved,
    sessions::{Out, Sessions},
    site::Site,
    time::{Timestamp, WallClock},
    timers::Timers,
};

/// What is on disk, read by a clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// What there is.
    pub saved: Saved,
    /// The clock may be wrong until it is set, and from then on it is taken as it is; `None`: it is
    /// right.
    pub doubt_until: Option<Timestamp>,
}

impl Scheduler {
    /// Continues from what is on disk. `epoch` must be higher than at any start before.
    ///
    /// Attempts that were out stay out until their deadline, or until a session names them (P-06).
    pub fn restore(now: Timestamp, policy: Policy, epoch: u64, saved: Saved) -> Self {
        Self::restore_by_clock(now, policy, epoch, Loaded { saved, doubt_until: None })
    }

    /// The same by a clock that may be wrong.
    pub fn restore_by_clock(now: Timestamp, policy: Policy, epoch: u64, loaded: Loaded) -> Self {
        let Loaded { mut saved, doubt_until } = loaded;
        let mut moved = catch_up(&mut saved, now);
        let mut doubt = doubt_until.map(Doubt::new);
        if let Some(doubt) = &mut doubt {
            moved.retain(|record| {
                let Record::Save(registration) = record else { return true };
                doubt.unsaved.insert(registration.id);
                false
            });
        }
        let mut scheduler = Self {
            policy,
            policy_since: now,
            epoch,
            last_attempt: 0,
            counters: saved.counters,
            counted: 0,
            owners: saved.owners,
            now,
            wall: WallClock::default(),
            host: Host::new(now, saved.counters.returned_at),
            registrations: Registrations::default(),
            sites: saved.sites.into_iter().map(|(key, site)| (key, site.into())).collect(),
            profiles: saved.profiles.into_iter().map(|(key, one)| (key, one.into())).collect(),
            leases: Leases::default(),
            holdings: Holdings::default(),
            calls: Calls::default(),
            history: History::default(),
            timers: Timers::default(),
            ready: Ready::default(),
            neighbours: Neighbours::default(),
            longest_on_grid: Duration::ZERO,
            budget_held: BTreeSet::new(),
            spent_day: None,
            came_due: BTreeSet::new(),
            sessions: Sessions::default(),
            launchers: Launchers::default(),
            inhibition: Inhibition::default(),
            alarm: None,
            doubt,
            wakes: Wakes::default(),
            more_may_run: false,
            effects: moved.into_iter().map(Effect::Record).collect(),
        };
        for lease in saved.leases {
            let last = &mut scheduler.counters.last_lease;
            *last = (*last).max(lease.id.number());
            scheduler.holdings.add_lease(&lease);
            scheduler.leases.insert(lease);
        }
        scheduler.weigh_kept();
        scheduler.history.number_after(scheduler.counters.last_entry);
        for entry in saved.history {
            scheduler.history.adopt(entry);
        }
        for registration in saved.registrations.values_mut() {
            scheduler.clamp(registration);
            scheduler.note(registration);
        }
        let last = scheduler.counters.last_registration;
        if let Some(doubt) = &mut scheduler.doubt {
            doubt.last = last;
        }
        scheduler.registrations = saved.registrations;
        scheduler.file_all();
        scheduler
    }

    /// Weighs what is kept of sites and profiles.
    fn weigh_kept(&mut self) {
        for (key, site) in &mut self.sites {
            let weight = site_bytes(key, site);
            site.recount(weight);
            self.holdings.change(key.profile.owner, 0, weight);
        }
        for (key, profile) in &mut self.profiles {
            let weight = profile_bytes(key, profile);
            profile.recount(weight);
            self.holdings.change(key.owner, 0, weight);
        }
    }

    /// Notes what else there is to know of a registration.
    fn note(&mut self, registration: &Registration) {
        let id = registration.id;
        let last = &mut self.counters.last_registration;
        *last = (*last).max(id.number());
        if let State::Firing { attempt, .. } = &registration.state {
            let owner = registration.key.owner();
            self.sessions.send_out(attempt.id, Out { registration: id, owner, session: None });
        }
        if self.is_budgeted(registration) {
            self.budget_held.insert(id);
        }
        self.holdings.change(registration.key.owner(), 0, registration_bytes(registration));
    }

    /// A clock that was wrong when an instant was stored must not starve a registration: nothing
    /// lies further ahead than its own interval or limit.
    pub(super) fn clamp(&self, registration: &mut Registration) {
        let at_most = |at: &mut Timestamp, ahead: Duration| *at = (*at).min(self.now + ahead);
        let mut period = Duration::ZERO;
        match &mut registration.schedule {
            Schedule::OneOff { expires_at } => at_most(expires_at, self.policy.max_expiry),
            Schedule::Periodic { anchor, plan, .. } => {
                let ahead = anchor.saturating_since(self.now);
                *anchor = anchor.saturating_sub(ahead);
                *plan = plan.earlier(ahead);
                period = plan.goes.saturating_since(*anchor);
            }
        }
        match &mut registration.state {
            State::Pending => {}
            State::Suspended { since } => at_most(since, Duration::ZERO),
            State::Waiting { until, wait: Wait::Period } => at_most(until, period),
            State::Waiting { until, wait: Wait::BackOff { earliest } } => {
                let rules = self.rules_of_key(&registration.key, registration.app.as_ref());
                at_most(until, rules.max_retry_delay.max(self.policy.max_retry_after));
                *earliest = (*earliest).min(*until);
            }
            State::Firing { attempt, .. } => match &mut attempt.progress {
                Progress::Sent { start_by } => {
                    let limit = self.policy.start_limit.max(self.policy.launched_start_limit);
                    at_most(start_by, limit);
                }
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
            sites: self.sites.iter().map(|(key, site)| (key.clone(), Site::clone(site))).collect(),
            profiles: self
                .profiles
                .iter()
                .map(|(key, one)| (key.clone(), Profile::clone(one)))
                .collect(),
            leases: self.leases.iter().cloned().collect(),
            history: self.history.iter().cloned().collect(),
        }
    }
}
