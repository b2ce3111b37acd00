//! Sessions and what they say of attempts.

use super::Scheduler;
use crate::{
    attempt::{Attempt, Finished, Outcome, Progress},
    change::{RegistrationChange, SessionChange, What},
    effect::{CloseReason, Counted, Effect},
    key::{AttemptId, LaunchToken, ProfileKey, RegistrationId, SessionId},
    registration::State,
    sessions::{Out, Readiness},
    time::Timestamp,
};

/// A browser profile that attaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// Whose profile, and which.
    pub profile: ProfileKey,
    /// Events at once, from 1; `None`: policy's default.
    pub capacity: Option<u32>,
    /// Attempts whose event runs now.
    pub running: Vec<AttemptId>,
    /// Outcomes that were never confirmed.
    pub finished: Vec<Finished>,
    /// The launcher's token, when it started this browser.
    pub launch: Option<LaunchToken>,
}

/// The answer to a session that opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedSession {
    /// Its number.
    pub id: SessionId,
    /// Of the attempts named as running, those that no longer count.
    pub abandon: Vec<AttemptId>,
}

impl Scheduler {
    /// Takes a session. An older one of the same profile is superseded; attempts of the profile
    /// that this one does not name are lost (P-06).
    pub fn open_session(&mut self, now: Timestamp, new: NewSession) -> OpenedSession {
        self.do_overdue(now);
        if let Some((older, _)) = self.sessions.of_profile(&new.profile) {
            self.close_session(older);
            let reason = CloseReason::Superseded;
            self.effects.push_back(Effect::CloseSession { session: older, reason });
        }
        let capacity = new.capacity.unwrap_or(self.policy.default_capacity).max(1);
        let capacity = usize::try_from(capacity).unwrap_or(usize::MAX);
        let launched = self.launched(&new.profile, new.launch);
        let id = self.sessions.open(new.profile.clone(), capacity, launched);
        self.refresh_door(&new.profile);
        for finished in new.finished {
            self.take_outcome(id, &new.profile, finished);
        }
        let mut abandon = Vec::new();
        for attempt in new.running {
            match self.still_counts(attempt, &new.profile) {
                Some((registration, out)) => {
                    self.sessions.send_out(attempt, Out { session: Some(id), ..out });
                    self.mark_started(registration, attempt);
                }
                None => abandon.push(attempt),
            }
        }
        self.lose_orphans(&new.profile);
        let what = SessionChange::Attached;
        self.notify(What::Session { id, profile: new.profile, what });
        self.finish();
        OpenedSession { id, abandon }
    }

    /// The number of the newest session.
    pub fn last_session(&self) -> SessionId {
        self.sessions.last()
    }

    /// Numbers sessions from here on, where this core follows another in the same process.
    pub fn number_sessions_after(&mut self, last: SessionId) {
        self.sessions.number_after(last);
    }

    pub(super) fn session_ready(&mut self, session: SessionId) {
        let Some(session) = self.sessions.set_ready(session) else { return };
        let profile = session.profile.clone();
        self.refresh_door(&profile);
    }

    pub(super) fn session_closed(&mut self, session: SessionId) {
        let unready =
            self.sessions.get(session).filter(|one| one.readiness == Readiness::Reconciling);
        let unready = unready.map(|one| (one.profile.clone(), one.started));
        self.close_session(session);
        if let Some((profile, started)) = unready {
            self.launch_came_to_nothing(&profile, started);
        }
    }

    /// A browser that starts what no longer counts is told so: nobody waits for its outcome.
    pub(super) fn attempt_started(&mut self, session: SessionId, attempt: AttemptId) {
        let Some(profile) = self.sessions.get(session).map(|session| session.profile.clone())
        else {
            return;
        };
        match self.still_counts(attempt, &profile) {
            Some((registration, _)) => self.mark_started(registration, attempt),
            None => {
                let counted = Counted::No;
                self.effects.push_back(Effect::Recorded { session, attempt, counted });
            }
        }
    }

    pub(super) fn attempt_finished(&mut self, session: SessionId, finished: Finished) {
        let Some(profile) = self.sessions.get(session).map(|session| session.profile.clone())
        else {
            return;
        };
        self.take_outcome(session, &profile, finished);
    }

    /// Counts an outcome if its attempt still counts, and confirms it either way.
    fn take_outcome(&mut self, session: SessionId, profile: &ProfileKey, finished: Finished) {
        let attempt = finished.attempt;
        let counted = match self.still_counts(attempt, profile) {
            Some((registration, _)) => {
                self.end(registration, finished);
                Counted::Yes
            }
            None => Counted::No,
        };
        self.effects.push_back(Effect::Recorded { session, attempt, counted });
    }

    /// The registration of an attempt that is out and belongs to this profile.
    fn still_counts(
        &self,
        attempt: AttemptId,
        profile: &ProfileKey,
    ) -> Option<(RegistrationId, Out)> {
        let out = self.sessions.out(attempt)?;
        let registration = self.registrations.get(out.registration)?;
        (registration.key.worker.profile == *profile).then_some((out.registration, out))
    }

    /// The event runs: its limit counts from now on.
    fn mark_started(&mut self, id: RegistrationId, named: AttemptId) {
        let (now, Some(registration)) = (self.now, self.registrations.get_mut(id)) else { return };
        let State::Firing { attempt, .. } = &mut registration.state else { return };
        if attempt.id != named || attempt.started_at().is_some() {
            return;
        }
        attempt.progress = Progress::Started { at: now, finish_by: now + attempt.run_limit };
        let attempt: Attempt = **attempt;
        let key = registration.key.clone();
        self.limit_moved(id);
        let what = RegistrationChange::Started(attempt);
        self.notify(What::Registration { id, key, what });
    }

    fn close_session(&mut self, id: SessionId) {
        let Some(session) = self.sessions.close(id) else { return };
        self.refresh_door(&session.profile);
        if self.registrations.has_profile(&session.profile) {
            self.sessions.note_gone(session.profile.clone(), self.now);
        }
        let what = SessionChange::Detached;
        self.notify(What::Session { id, profile: session.profile, what });
    }

    /// Attempts of a profile that came back without them are lost.
    fn lose_orphans(&mut self, profile: &ProfileKey) {
        let orphans: Vec<_> =
            self.sessions.all_out().filter(|(_, out)| out.session.is_none()).collect();
        for (attempt, out) in orphans {
            if self.still_counts(attempt, profile).is_some() {
                let outcome = Outcome::Lost;
                let lost = Finished { attempt, outcome, detail: Box::default(), retry_after: None };
                self.end(out.registration, lost);
            }
        }
    }
}
