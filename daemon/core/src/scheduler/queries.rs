//! What can be read, without changing anything.

use std::time::Duration;

use super::Scheduler;
use crate::{
    blocker::Blocker,
    history::{Entry, EntryFilter},
    key::{
        AttemptId, OwnerId, ProfileId, RegistrationId, RegistrationKey, SessionId, SyncKind, Tag,
        WorkerKey,
    },
    period::Slot,
    registration::{Registration, State, StateName, Wait},
    sessions::Readiness,
    time::Timestamp,
};

/// A registration with all that is worked out about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationView {
    /// As it stands.
    pub registration: Registration,
    /// Periodic only: the interval as granted.
    pub effective_interval: Option<Duration>,
    /// The earliest instant of the next attempt; `None` while one runs.
    pub next_at: Option<Timestamp>,
    /// All that holds it; empty while it runs.
    pub blockers: Vec<Blocker>,
}

/// Whose registrations a caller may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// Its own.
    Owner(OwnerId),
    /// All.
    Administrator,
}

impl Viewer {
    /// Whether it may see what belongs to this owner.
    pub fn sees(self, owner: OwnerId) -> bool {
        match self {
            Self::Owner(own) => own == owner,
            Self::Administrator => true,
        }
    }
}

/// Which registrations to list; `None`: all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this owner.
    pub owner: Option<OwnerId>,
    /// Of this profile.
    pub profile: Option<ProfileId>,
    /// Of this origin.
    pub origin: Option<String>,
    /// Of this kind.
    pub kind: Option<SyncKind>,
    /// Only this one.
    pub id: Option<RegistrationId>,
    /// In this state.
    pub state: Option<StateName>,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// In order of registration.
    pub views: Vec<RegistrationView>,
    /// Go on after this one; `None`: this was the last page.
    pub next: Option<RegistrationId>,
}

/// A session as the core sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// It takes wakes.
    pub ready: bool,
    /// Events at once.
    pub capacity: u32,
    /// Attempts that are out with it.
    pub running: Vec<AttemptId>,
}

/// How many registrations are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateCounts {
    /// Due, or a periodic that waits for its period.
    pub pending: usize,
    /// In back-off.
    pub waiting: usize,
    /// With an attempt out.
    pub firing: usize,
    /// For want of engagement.
    pub suspended: usize,
}

impl Scheduler {
    /// The registration with this key.
    pub fn registration(&self, now: Timestamp, key: &RegistrationKey) -> Option<RegistrationView> {
        let registration = self.registrations.get(self.registrations.find(key)?)?;
        Some(self.at(now).view(registration))
    }

    /// The registration with this id, if the viewer may see it.
    pub fn registration_by_id(
        &self,
        now: Timestamp,
        viewer: Viewer,
        id: RegistrationId,
    ) -> Option<RegistrationView> {
        let registration = self.registrations.get(id)?;
        viewer.sees(registration.key.owner()).then(|| self.at(now).view(registration))
    }

    /// A worker's tags of one kind, in order of registration, whatever their state (S-O-20).
    pub fn tags(&self, worker: &WorkerKey, kind: SyncKind) -> Vec<Tag> {
        let ids = self.registrations.of_worker(worker, kind);
        let found = ids.into_iter().filter_map(|id| self.registrations.get(id));
        found.map(|registration| registration.key.tag.clone()).collect()
    }

    /// Registrations after an id, in order of registration, at most `limit`.
    pub fn list(
        &self,
        now: Timestamp,
        viewer: Viewer,
        filter: &Filter,
        after: RegistrationId,
        limit: usize,
    ) -> Page {
        let wanted = |one: &&Registration| viewer.sees(one.key.owner()) && filter.takes(one);
        let mut found = self.registrations.after(after).filter(wanted);
        let at = self.at(now);
        let views: Vec<_> = found.by_ref().take(limit).map(|one| at.view(one)).collect();
        let last = views.last().map(|view| view.registration.id);
        Page { next: found.next().and(last), views }
    }

    /// Counts by state what a viewer may see.
    pub fn counts(&self, viewer: Viewer) -> StateCounts {
        let mut counts = StateCounts::default();
        for registration in self.registrations.iter() {
            if viewer.sees(registration.key.owner()) {
                match registration.state.name() {
                    StateName::Pending => counts.pending += 1,
                    StateName::Waiting => counts.waiting += 1,
                    StateName::Suspended => counts.suspended += 1,
                    StateName::Firing | StateName::ReregisteredWhileFiring => counts.firing += 1,
                }
            }
        }
        counts
    }

    /// Decisions that a viewer may see, the newest first, at most `limit`.
    pub fn history(&self, viewer: Viewer, filter: &EntryFilter, limit: usize) -> Vec<Entry> {
        let owner = match viewer {
            Viewer::Owner(own) if filter.owner.is_some_and(|owner| owner != own) => {
                return Vec::new();
            }
            Viewer::Owner(own) => Some(own),
            Viewer::Administrator => filter.owner,
        };
        let filter = EntryFilter { owner, ..filter.clone() };
        self.history.newest(&filter, self.wall).take(limit).cloned().collect()
    }

    /// Registrations in all.
    pub fn len(&self) -> usize {
        self.registrations.len()
    }

    /// There are no registrations.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An attached session.
    pub fn session(&self, id: SessionId) -> Option<SessionView> {
        let session = self.sessions.get(id)?;
        Some(SessionView {
            ready: session.readiness == Readiness::Ready,
            capacity: u32::try_from(session.capacity).unwrap_or(u32::MAX),
            running: session.running.iter().copied().collect(),
        })
    }

    /// Attempts that are out with a session, so that an answer can be expected.
    pub fn attempts_with_session(&self) -> usize {
        self.sessions.all_out().filter(|(_, out)| out.session.is_some()).count()
    }

    pub(super) fn view_of(&self, id: RegistrationId) -> RegistrationView {
        let registration = self.registrations.get(id).expect("the caller has just filed this id");
        self.at(self.now).view(registration)
    }

    fn at(&self, now: Timestamp) -> At<'_> {
        At { scheduler: self, now: now.max(self.now) }
    }
}

/// The scheduler as seen at an instant.
struct At<'a> {
    scheduler: &'a Scheduler,
    now: Timestamp,
}

impl At<'_> {
    fn view(&self, registration: &Registration) -> RegistrationView {
        let blockers = self.scheduler.blockers(registration, self.now);
        let ends = blockers.iter().filter_map(|blocker| blocker.earliest);
        let earliest = ends.chain(planned(registration)).fold(self.now, Timestamp::max);
        let next_at = match &registration.state {
            State::Firing { .. } | State::Suspended { .. } => None,
            State::Pending | State::Waiting { .. } => Some(earliest),
        };
        let effective_interval = registration.plan().map(|plan| plan.interval.to_duration());
        RegistrationView {
            registration: registration.clone(),
            effective_interval,
            next_at,
            blockers,
        }
    }
}

/// From when on a periodic that waits for its period may go, whatever holds it by then.
fn planned(registration: &Registration) -> Option<Timestamp> {
    let State::Waiting { until, wait: Wait::Period } = registration.state else { return None };
    let plan = registration.plan()?;
    match plan.slot {
        Slot::Next => Some(plan.spaced),
        Slot::BeforeUsualHour => Some(until),
    }
}

impl Filter {
    fn takes(&self, registration: &Registration) -> bool {
        let worker = &registration.key.worker;
        self.owner.is_none_or(|owner| owner == worker.profile.owner)
            && self.profile.as_ref().is_none_or(|profile| *profile == worker.profile.profile)
            && self.origin.as_ref().is_none_or(|origin| *origin == worker.scope.origin())
            && self.kind.is_none_or(|kind| kind == registration.key.kind)
            && self.id.is_none_or(|id| id == registration.id)
            && self.state.is_none_or(|state| state == registration.state.name())
    }
}
