//! Fires what may run, and applies the endings of attempts.

use super::{Scheduler, timer_of};
use crate::{
    attempt::{Attempt, Ended, Finished, Outcome, Progress},
    change::{Charge, RegistrationChange, RemovalReason, What},
    effect::{CancelReason, Effect, Wake},
    key::{OwnerId, RegistrationId, SyncKind},
    outcome::{Ending, Network, Next, judge},
    period::{effective_interval, next_anchor},
    registration::{Registration, Reregistered, Schedule, State, Wait},
    retry::retry_delay,
    sessions::Out,
    time::Timestamp,
};

impl Scheduler {
    /// Wakes as many as there are free slots.
    pub(super) fn fire_what_may(&mut self) {
        while self.sessions.out_count() < self.slots() {
            let Some(id) = self.next_to_fire() else { return };
            if self.fire(id).is_none() {
                return;
            }
        }
    }

    /// First those of owners under their share, then, when nobody else waits, anyone's (P-08).
    fn next_to_fire(&self) -> Option<RegistrationId> {
        let share = usize::try_from(self.policy.owner_slots).unwrap_or(usize::MAX);
        let under_share = |owner: OwnerId| self.sessions.out_count_of(owner) < share;
        let kinds = [SyncKind::OneOff, SyncKind::Periodic];
        let open = kinds.into_iter().filter(|kind| self.host_blockers(*kind, self.now).is_empty());
        let open: Vec<SyncKind> = open.collect();
        self.ready.next(&open, under_share).or_else(|| self.ready.next(&open, |_| true))
    }

    /// Sends an attempt out. `None`: its session is not there, and nothing happened.
    pub(super) fn fire(&mut self, id: RegistrationId) -> Option<Attempt> {
        let registration = self.registrations.get(id)?;
        let key = registration.key.clone();
        let (session, _) = self.sessions.of_profile(&key.worker.profile)?;
        let number = registration.attempts.saturating_add(1);
        let last_chance = self.is_last_chance(registration);
        let attempt = Attempt {
            id: self.next_attempt(),
            number,
            last_chance,
            sent_at: self.now,
            progress: Progress::Sent { start_by: self.now + self.policy.start_limit },
            run_limit: self.policy.rules.run_limit,
        };
        let out = Out { registration: id, owner: key.owner(), session: Some(session) };
        self.sessions.send_out(attempt.id, out);
        self.ready.served(&key.worker);
        let state = State::Firing { attempt, reregistered: Reregistered::No };
        self.registrations.get_mut(id)?.state = state;
        self.settle(id);
        self.refresh_door(&key.worker.profile);
        self.effects.push_back(Effect::Wake(Wake {
            session,
            attempt: attempt.id,
            registration: id,
            key: key.clone(),
            last_chance,
            time_limit: attempt.run_limit,
            start_limit: self.policy.start_limit,
        }));
        let what = RegistrationChange::Woken(attempt);
        self.notify(What::Registration { id, key, what });
        Some(attempt)
    }

    /// No further charged attempt can follow, also because the next would pass the expiry (P-13).
    fn is_last_chance(&self, registration: &Registration) -> bool {
        let Schedule::OneOff { expires_at } = registration.schedule else { return false };
        let attempts = registration.attempts.saturating_add(1);
        let next = self.now + retry_delay(&self.policy, attempts);
        attempts >= registration.max_attempts || next >= expires_at
    }

    /// A registration's own timer: its wait, its attempt's limit, or its expiry.
    pub(super) fn registration_due(&mut self, id: RegistrationId) {
        let Some(registration) = self.registrations.get_mut(id) else { return };
        if let State::Firing { attempt, .. } = registration.state {
            self.attempt_ran_out(id, attempt);
            return;
        }
        if let Schedule::OneOff { expires_at } = registration.schedule
            && expires_at <= self.now
        {
            self.remove(id, RemovalReason::Expired);
            return;
        }
        registration.state = State::Pending;
        self.settle(id);
    }

    fn attempt_ran_out(&mut self, id: RegistrationId, attempt: Attempt) {
        let session = self.sessions.out(attempt.id).and_then(|out| out.session);
        let outcome = match (session, attempt.progress) {
            (None, _) => Outcome::Lost,
            (Some(_), Progress::Sent { .. }) => Outcome::Unavailable,
            (Some(_), Progress::Started { .. }) => Outcome::TimedOut,
        };
        if let Some(session) = session {
            let reason = CancelReason::TimeLimit;
            self.effects.push_back(Effect::Cancel { session, attempt: attempt.id, reason });
        }
        if let Some(registration) = self.registrations.get(id) {
            self.ready.move_behind(registration.key.owner());
        }
        let (detail, retry_after) = (Box::default(), None);
        self.end(id, Finished { attempt: attempt.id, outcome, detail, retry_after });
    }

    /// Applies the table of outcomes to a registration's running attempt.
    pub(super) fn end(&mut self, id: RegistrationId, finished: Finished) {
        let Some(registration) = self.registrations.get(id) else { return };
        let State::Firing { attempt, reregistered } = registration.state else { return };
        let online = self.host.online() == Some(true);
        let ending = Ending {
            outcome: finished.outcome,
            at: self.now,
            retry_after: finished.retry_after,
            network: if online { Network::Online } else { Network::Offline },
        };
        let verdict = judge(&self.policy, registration, &attempt, reregistered, ending);
        let ended = Ended {
            id: attempt.id,
            number: attempt.number,
            last_chance: attempt.last_chance,
            sent_at: attempt.sent_at,
            started_at: attempt.started_at(),
            finished_at: self.now,
            outcome: finished.outcome,
            detail: finished.detail,
        };
        let key = registration.key.clone();
        self.sessions.take_back(attempt.id);
        self.refresh_door(&key.worker.profile);
        let (state, removal) = match verdict.next {
            Next::Pending => (State::Pending, None),
            Next::Wait { until, wait } => (State::Waiting { until, wait }, None),
            Next::RegularInterval { not_before } => {
                (self.next_period(id, &attempt, not_before), None)
            }
            Next::Remove(reason) => (State::Pending, Some(reason)),
            Next::RemoveScope => (State::Pending, Some(RemovalReason::ScopeGone)),
        };
        let Some(registration) = self.registrations.get_mut(id) else { return };
        registration.attempts = verdict.attempts;
        registration.streak = verdict.streak;
        registration.last_attempt = Some(ended.clone());
        registration.state = state;
        let next_at = match (&registration.state, removal) {
            (_, Some(_)) => None,
            (State::Waiting { until, .. }, None) => Some(*until),
            (State::Pending | State::Firing { .. }, None) => Some(self.now),
        };
        self.told_finished(id, ended, verdict.charge, next_at);
        match (verdict.next, removal) {
            (Next::RemoveScope, _) => {
                for id in self.registrations.of_scope(&key.worker) {
                    self.remove(id, RemovalReason::ScopeGone);
                }
            }
            (_, Some(reason)) => self.remove(id, reason),
            (_, None) => self.settle(id),
        }
    }

    fn told_finished(
        &mut self,
        id: RegistrationId,
        ended: Ended,
        charge: Charge,
        next_at: Option<Timestamp>,
    ) {
        let Some(registration) = self.registrations.get(id) else { return };
        let key = registration.key.clone();
        let what = RegistrationChange::Finished { ended, charge, next_at };
        self.notify(What::Registration { id, key, what });
    }

    /// Moves the anchor and waits for the next period (P-17).
    fn next_period(
        &mut self,
        id: RegistrationId,
        attempt: &Attempt,
        not_before: Timestamp,
    ) -> State {
        let Some(registration) = self.registrations.get_mut(id) else { return State::Pending };
        let Schedule::Periodic { min_interval, anchor } = &mut registration.schedule else {
            return State::Pending;
        };
        let interval = effective_interval(&self.policy, *min_interval);
        let started = attempt.started_at().unwrap_or(attempt.sent_at);
        *anchor = next_anchor(*anchor, interval, started);
        let until = *anchor + interval;
        if not_before > self.now.max(until) {
            return State::Waiting { until: not_before, wait: Wait::BackOff };
        }
        if until <= self.now {
            return State::Pending;
        }
        State::Waiting { until, wait: Wait::Period }
    }

    /// Removes a registration; an attempt that is out no longer counts.
    pub(super) fn remove(&mut self, id: RegistrationId, reason: RemovalReason) {
        let Some(registration) = self.registrations.remove(id) else { return };
        self.timers.set(id, None);
        self.ready.remove(id, &registration.key);
        let profile = &registration.key.worker.profile;
        if !self.registrations.has_profile(profile) {
            self.sessions.forget_gone(profile);
        }
        if let State::Firing { attempt, .. } = registration.state {
            let out = self.sessions.take_back(attempt.id);
            self.refresh_door(&registration.key.worker.profile);
            // S-P-21: what the page unregisters while it runs is not aborted.
            if let Some(session) = out.and_then(|out| out.session)
                && reason != RemovalReason::Unregistered
            {
                let reason = CancelReason::Removed;
                self.effects.push_back(Effect::Cancel { session, attempt: attempt.id, reason });
            }
        }
        self.effects.push_back(Effect::Delete(id));
        let what = RegistrationChange::Removed(reason);
        self.notify(What::Registration { id, key: registration.key, what });
    }

    /// Notes again whether a profile's session can take a wake.
    pub(super) fn refresh_door(&mut self, profile: &crate::key::ProfileKey) {
        let door = self.sessions.door(profile);
        self.ready.set_door(profile, door);
    }

    /// Sets the timer anew after an attempt's limit moved, and writes the registration.
    pub(super) fn limit_moved(&mut self, id: RegistrationId) {
        let Some(registration) = self.registrations.get(id) else { return };
        self.timers.set(id, timer_of(registration));
        self.effects.push_back(Effect::Save(Box::new(registration.clone())));
    }
}
