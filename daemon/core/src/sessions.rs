//! Attached browsers and the attempts that are out with them.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::{
    key::{AttemptId, OwnerId, ProfileKey, RegistrationId, SessionId},
    policy::Policy,
    ready::Door,
    time::Timestamp,
};

/// One attached browser profile.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) profile: ProfileKey,
    /// Events at once.
    pub(crate) capacity: usize,
    pub(crate) readiness: Readiness,
    /// How it came to be.
    pub(crate) started: Started,
    /// Attempts that are out with it.
    pub(crate) running: BTreeSet<AttemptId>,
}

/// How a session's browser was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Started {
    /// By its user.
    ByUser,
    /// By a launcher, for something that is due.
    ByLauncher {
        /// Launches in a row that failed before.
        failures: u32,
    },
}

impl Session {
    /// A browser that was just launched is given longer.
    pub(crate) fn start_limit(&self, policy: &Policy) -> Duration {
        match self.started {
            Started::ByUser => policy.start_limit,
            Started::ByLauncher { .. } => policy.launched_start_limit,
        }
    }
}

/// Whether a session takes wakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// It reconciles first.
    Reconciling,
    Ready,
}

/// An attempt that is out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Out {
    pub(crate) registration: RegistrationId,
    pub(crate) owner: OwnerId,
    /// `None`: its session went; it may come back.
    pub(crate) session: Option<SessionId>,
}

/// All sessions and all attempts that are out. At most one session for each profile.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sessions {
    by_id: BTreeMap<SessionId, Session>,
    by_profile: BTreeMap<ProfileKey, SessionId>,
    /// When the last session of a profile went, of profiles that have registrations.
    gone: BTreeMap<ProfileKey, Timestamp>,
    last: u64,
    out: BTreeMap<AttemptId, Out>,
    out_of_owner: BTreeMap<OwnerId, usize>,
}

impl Sessions {
    pub(crate) fn last(&self) -> SessionId {
        SessionId::new(self.last)
    }

    pub(crate) fn number_after(&mut self, last: SessionId) {
        self.last = self.last.max(last.number());
    }

    pub(crate) fn open(
        &mut self,
        profile: ProfileKey,
        capacity: usize,
        started: Started,
    ) -> SessionId {
        self.last += 1;
        let id = SessionId::new(self.last);
        self.by_profile.insert(profile.clone(), id);
        let readiness = Readiness::Reconciling;
        let running = BTreeSet::new();
        self.by_id.insert(id, Session { profile, capacity, readiness, started, running });
        id
    }

    /// Forgets a session; its attempts stay out without one.
    pub(crate) fn close(&mut self, id: SessionId) -> Option<Session> {
        let session = self.by_id.remove(&id)?;
        if self.by_profile.get(&session.profile) == Some(&id) {
            self.by_profile.remove(&session.profile);
        }
        for attempt in &session.running {
            if let Some(out) = self.out.get_mut(attempt) {
                out.session = None;
            }
        }
        Some(session)
    }

    pub(crate) fn set_ready(&mut self, id: SessionId) -> Option<&Session> {
        let session = self.by_id.get_mut(&id)?;
        session.readiness = Readiness::Ready;
        self.gone.remove(&session.profile);
        Some(session)
    }

    /// Notes since when a profile's browser is away.
    pub(crate) fn note_gone(&mut self, profile: ProfileKey, now: Timestamp) {
        self.gone.insert(profile, now);
    }

    /// Since when a profile's browser is away, if it was there since the start.
    pub(crate) fn gone_since(&self, profile: &ProfileKey) -> Option<Timestamp> {
        self.gone.get(profile).copied()
    }

    /// Nobody will ask about this profile.
    pub(crate) fn forget_gone(&mut self, profile: &ProfileKey) {
        self.gone.remove(profile);
    }

    pub(crate) fn get(&self, id: SessionId) -> Option<&Session> {
        self.by_id.get(&id)
    }

    pub(crate) fn of_profile(&self, profile: &ProfileKey) -> Option<(SessionId, &Session)> {
        let id = *self.by_profile.get(profile)?;
        Some((id, self.by_id.get(&id)?))
    }

    /// The sessions that take wakes, by profile.
    pub(crate) fn ready_ones(&self) -> impl Iterator<Item = (ProfileKey, SessionId)> {
        let ready = self.by_id.iter().filter(|(_, one)| one.readiness == Readiness::Ready);
        ready.map(|(id, session)| (session.profile.clone(), *id))
    }

    /// Whether the profile's session can take one more wake.
    pub(crate) fn door(&self, profile: &ProfileKey) -> Door {
        match self.of_profile(profile) {
            Some((_, session))
                if session.readiness == Readiness::Ready
                    && session.running.len() < session.capacity =>
            {
                Door::Open
            }
            Some(_) | None => Door::Shut,
        }
    }

    pub(crate) fn send_out(&mut self, attempt: AttemptId, out: Out) {
        if let Some(session) = out.session.and_then(|id| self.by_id.get_mut(&id)) {
            session.running.insert(attempt);
        }
        if self.out.insert(attempt, out).is_none() {
            *self.out_of_owner.entry(out.owner).or_default() += 1;
        }
    }

    pub(crate) fn take_back(&mut self, attempt: AttemptId) -> Option<Out> {
        let out = self.out.remove(&attempt)?;
        if let Some(session) = out.session.and_then(|id| self.by_id.get_mut(&id)) {
            session.running.remove(&attempt);
        }
        if let Some(count) = self.out_of_owner.get_mut(&out.owner) {
            *count -= 1;
            if *count == 0 {
                self.out_of_owner.remove(&out.owner);
            }
        }
        Some(out)
    }

    /// Forgets the attempts of these registrations.
    pub(crate) fn forget_out(&mut self, of: impl Fn(RegistrationId) -> bool) {
        let gone: Vec<AttemptId> =
            self.out.iter().filter(|(_, out)| of(out.registration)).map(|(id, _)| *id).collect();
        for attempt in gone {
            self.take_back(attempt);
        }
    }

    pub(crate) fn out(&self, attempt: AttemptId) -> Option<Out> {
        self.out.get(&attempt).copied()
    }

    pub(crate) fn all_out(&self) -> impl Iterator<Item = (AttemptId, Out)> {
        self.out.iter().map(|(attempt, out)| (*attempt, *out))
    }

    pub(crate) fn out_count(&self) -> usize {
        self.out.len()
    }

    pub(crate) fn out_count_of(&self, owner: OwnerId) -> usize {
        self.out_of_owner.get(&owner).copied().unwrap_or(0)
    }
}
