//! Files registrations where they wait: a lane of the due, a timer, the grid, or nowhere while
//! something holds them that will file them again when it ends.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::Scheduler;
use crate::{
    blocker::{Blocker, BlockerCode},
    by_worker::ByWorker,
    effect::{Effect, Record},
    entries::{Entry, Filed},
    key::{OwnerId, ProfileKey, RegistrationId, SyncKind, WorkerKey},
    lease::Subject,
    needs::Needs,
    neighbours::Going,
    period::Slot,
    ready::{Door, Due},
    registration::{Registration, State, Wait},
    site::SiteKey,
    time::Timestamp,
};

/// Where a registration waits.
#[derive(Default)]
struct Place {
    /// Due, in a lane with these needs.
    lane: Option<Needs>,
    /// Looked at again at this instant.
    timer: Option<Timestamp>,
    /// Periodic only: when its next event goes, for those of its site.
    next: Option<Timestamp>,
    /// A budget holds it: looked at again when the wall clock steps.
    budget: Budget,
}

/// Where the registrations of a worker wait.
#[derive(Debug, Default)]
struct OfWorker {
    /// Periodic ones, and when each goes.
    going: Vec<(RegistrationId, Going)>,
    /// Those that are due, in lanes with these needs.
    due: Vec<(Arc<Needs>, RegistrationId)>,
}

/// Whether the day's budget holds a registration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Budget {
    #[default]
    Left,
    Spent,
}

impl Budget {
    fn of(held: &[Blocker]) -> Self {
        let spent = held.iter().any(|blocker| blocker.code == BlockerCode::BudgetSpent);
        if spent { Self::Spent } else { Self::Left }
    }
}

impl Scheduler {
    /// Files a registration by its state, and writes it.
    pub(super) fn settle(&mut self, id: RegistrationId) {
        self.file(id);
        if let Some(registration) = self.registrations.get(id) {
            let record = Record::Save(Box::new(registration.clone()));
            self.effects.push_back(Effect::Record(record));
        }
    }

    /// Files a registration by its state and by what holds it.
    pub(super) fn file(&mut self, id: RegistrationId) {
        let Some(registration) = self.registrations.get(id) else { return };
        let place = self.place_of(registration);
        let worker = Arc::clone(&registration.key.worker);
        let on_grid = on_grid(registration);
        self.longest_on_grid = self.longest_on_grid.max(on_grid);
        if place.budget == Budget::Spent {
            self.budget_held.insert(id);
        }
        let door = self.door(&worker.profile);
        let Some(Entry { registration, filed }) = self.registrations.entry_mut(id) else { return };
        if registration.kind() == SyncKind::Periodic {
            let site = SiteKey::of(&registration.key);
            let going = place.next.map(|at| Going { at, on_grid: on_grid.into() });
            self.neighbours.set(&site, id, &mut filed.next, going);
        }
        self.timers.set(id, &mut filed.timer, place.timer);
        let due = Due { id, worker: &worker, kept: &mut filed.lane };
        match place.lane {
            Some(needs) => self.ready.insert(due, needs, door),
            None => self.ready.remove(due),
        }
    }

    /// Files all that were not filed before: what is in order is built in order, which takes a
    /// fraction of the time and leaves no room to spare.
    pub(super) fn file_all(&mut self) {
        let mut timers = Vec::new();
        let mut of_workers = ByWorker::<OfWorker>::default();
        // The place of one does not depend on others.
        let mut registrations = std::mem::take(&mut self.registrations);
        for Entry { registration, filed } in registrations.entries_mut() {
            let id = registration.id;
            let Place { lane, timer, next, budget } = self.place_of(registration);
            let on_grid = on_grid(registration);
            self.longest_on_grid = self.longest_on_grid.max(on_grid);
            if budget == Budget::Spent {
                self.budget_held.insert(id);
            }
            (filed.timer, filed.next) = (timer, next);
            timers.extend(timer.map(|at| (at, id)));
            let (_, OfWorker { going, due }) = of_workers.of(&registration.key.worker);
            going.extend(next.map(|at| (id, Going { at, on_grid: on_grid.into() })));
            if let Some(needs) = lane {
                let needs = self.ready.share(needs);
                filed.lane = Some(Arc::clone(&needs));
                due.push((needs, id));
            }
        }
        self.registrations = registrations;
        self.timers = timers.into_iter().collect();
        let mut neighbours = BTreeMap::new();
        for (worker, OfWorker { going, due }) in of_workers.into_sorted() {
            let WorkerKey { profile, scope } = &*worker;
            let door = self.door(profile);
            self.ready.insert_all(&worker, due, door);
            let site = SiteKey { profile: profile.clone(), origin: scope.shared_origin() };
            neighbours.entry(site).or_insert_with(Vec::new).extend(going);
        }
        self.neighbours = neighbours.into_iter().collect();
    }

    /// Forgets where a registration is filed; it is gone.
    pub(super) fn unfile(&mut self, registration: &Registration, mut filed: Filed) {
        let (id, key) = (registration.id, &registration.key);
        self.timers.set(id, &mut filed.timer, None);
        self.ready.remove(Due { id, worker: &key.worker, kept: &mut filed.lane });
        if registration.kind() == SyncKind::Periodic {
            self.neighbours.set(&SiteKey::of(key), id, &mut filed.next, None);
        }
        self.budget_held.remove(&id);
    }

    fn place_of(&self, registration: &Registration) -> Place {
        let next = match (registration.kind(), &registration.state) {
            (SyncKind::OneOff, _) | (_, State::Suspended { .. }) => None,
            (_, State::Waiting { until, .. }) => Some(*until),
            (_, State::Pending | State::Firing { .. }) => Some(Timestamp::ZERO),
        };
        Place { next, ..self.place_by_state(registration) }
    }

    fn place_by_state(&self, registration: &Registration) -> Place {
        let now = self.now;
        let expires_at = self.expires_at(registration);
        // An end that has passed, as while the daemon was down, is one that is due.
        let end = [expires_at, self.uninstalled_ends(registration)].into_iter().flatten().min();
        let or_end = |at: Timestamp| Some(end.map_or(at, |end| end.min(at)));
        // What is only looked at again has been looked at.
        let next_look = |looks: &[Option<Timestamp>]| {
            looks.iter().flatten().copied().filter(|at| *at > now).chain(end).min()
        };
        match registration.state {
            State::Firing { ref attempt, .. } => {
                Place { timer: Some(attempt.deadline()), ..Place::default() }
            }
            State::Suspended { .. } => Place { timer: end, ..Place::default() },
            State::Waiting { until, wait: Wait::Period } => {
                Place { timer: or_end(until), ..Place::default() }
            }
            State::Waiting { until, wait: Wait::BackOff { earliest } } => {
                let spent = registration.brought_forward >= self.policy.max_brought_forward;
                if spent || earliest > now {
                    let next = if spent { until } else { earliest };
                    return Place { timer: or_end(next), ..Place::default() };
                }
                let held = self.out_of_lane(registration, now);
                let lane = held.is_empty().then(|| self.lane_after_return(registration));
                let budget = Budget::of(&held);
                let looks: Vec<_> = held.iter().map(|one| one.earliest).collect();
                let timer = next_look(&looks).into_iter().chain(or_end(until)).min();
                Place { lane, timer, budget, ..Place::default() }
            }
            State::Pending => {
                let held = self.out_of_lane(registration, now);
                if !held.is_empty() {
                    let timer = next_look(&held.iter().map(|one| one.earliest).collect::<Vec<_>>());
                    return Place { timer, budget: Budget::of(&held), ..Place::default() };
                }
                let rules = self.rules_of(registration);
                let stale = self.stale_at(registration, &rules);
                let gap = match registration.kind() {
                    SyncKind::OneOff => self.limited_gap_ends(registration, now),
                    SyncKind::Periodic => None,
                };
                let limited = self.limited_by_override_ends(registration);
                let lane = Some(self.lane_of(registration, now));
                Place { lane, timer: next_look(&[stale, gap, limited]), ..Place::default() }
            }
        }
    }

    /// The lane of a registration in back-off, which the network's return opens (P-03).
    fn lane_after_return(&self, registration: &Registration) -> Needs {
        let returned = self.host.returned();
        let ended = registration.last_attempt.as_ref().map(|ended| ended.finished_at);
        let returns = (returned.at <= ended).then_some(returned.times);
        Needs { returns, ..self.lane_of(registration, self.now) }
    }

    /// What stands between a profile's browser and a wake.
    pub(super) fn door(&self, profile: &ProfileKey) -> Door {
        match self.sessions.of_profile(profile) {
            Some(_) => self.sessions.door(profile),
            None => self.start_door(profile),
        }
    }

    /// Files all that a subject covers again: what holds them changed. What is for everybody
    /// changes what the host offers, and no place.
    pub(super) fn file_subject(&mut self, subject: &Subject) {
        for id in self.ids_of_subject(subject) {
            self.file(id);
        }
    }

    /// What a narrower subject than everybody covers.
    pub(super) fn ids_of_subject(&self, subject: &Subject) -> Vec<RegistrationId> {
        match subject {
            Subject::All => Vec::new(),
            Subject::Owner(owner) => self.registrations.of_owner_ids(*owner),
            Subject::Origin(owner, origin) => self.ids_of_origin(*owner, origin),
            Subject::App(owner, app) => {
                let of_app = |id: &RegistrationId| {
                    self.registrations.get(*id).is_some_and(|one| one.app.as_ref() == Some(app))
                };
                self.registrations.of_owner_ids(*owner).into_iter().filter(of_app).collect()
            }
        }
    }

    fn ids_of_origin(&self, owner: OwnerId, origin: &str) -> Vec<RegistrationId> {
        let profiles = self.registrations.profiles_of(owner);
        profiles
            .iter()
            .flat_map(|profile| self.registrations.of_origin_ids(profile, origin))
            .collect()
    }
}

/// How long the grid holds a registration, which goes before when its browser is woken anyway.
fn on_grid(registration: &Registration) -> Duration {
    let State::Waiting { until, wait: Wait::Period } = registration.state else {
        return Duration::ZERO;
    };
    let plan = registration.plan().filter(|plan| plan.slot == Slot::Next);
    plan.map_or(Duration::ZERO, |plan| until.saturating_since(plan.spaced))
}
