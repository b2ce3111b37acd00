//! Fires what may run, and applies the endings of attempts.

use super::Scheduler;
use crate::{
    attempt::{Attempt, Ended, Finished, Outcome, Progress},
    blocker::{Blocker, BlockerCode},
    change::{RegistrationChange, RemovalReason},
    effect::{CancelReason, Effect, Record, Wake},
    entries::Entry,
    holdings::{ended_bytes, registration_bytes},
    key::{OwnerId, ProfileKey, RegistrationId},
    outcome::{Ending, Judged, Network, Next, judge},
    policy::Rules,
    registration::{Registration, Reregistered, State, Wait},
    retry::retry_delay,
    sessions::Out,
    site::SiteKey,
};

/// So many are fired before what follows from it is taken.
const AT_ONCE: usize = 64;

/// Why an attempt is sent out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// Its time has come and nothing holds it.
    Due,
    /// Somebody asked for it.
    Asked,
}

impl Scheduler {
    /// Fires some of what may run, and ends the input when there is no more of it.
    pub(super) fn go_on(&mut self) {
        self.more_may_run = self.fire_some();
        if self.more_may_run {
            return;
        }
        self.tell_held();
        self.inhibit();
        self.set_alarm();
    }

    /// Ends the input.
    pub(super) fn fire_the_rest(&mut self) {
        while self.more_may_run {
            self.go_on();
        }
    }

    /// Wakes as many as there are free slots, [`AT_ONCE`] at most, and has closed browsers started
    /// for the rest; whether there may be more to wake.
    fn fire_some(&mut self) -> bool {
        if !self.is_open() {
            return false;
        }
        self.ready.set_offer(self.offer(self.now));
        let mut fired = 0;
        while self.sessions.out_count() < self.slots() {
            if fired == AT_ONCE {
                return true;
            }
            let Some(id) = self.next_to_fire() else { break };
            if self.suspend_if_unused(id) {
                continue;
            }
            if self.fire(id, Cause::Due).is_none() {
                break;
            }
            fired += 1;
        }
        self.start_browsers();
        false
    }

    /// First those of owners under their share, then, when nobody else waits, anyone's (P-08).
    fn next_to_fire(&self) -> Option<RegistrationId> {
        let share = usize::try_from(self.policy.owner_slots).unwrap_or(usize::MAX);
        let under_share = |owner: OwnerId| self.sessions.out_count_of(owner) < share;
        self.ready.next(under_share).or_else(|| self.ready.next(|_| true))
    }

    /// Sends an attempt out. `None`: its session is not there, and nothing happened.
    pub(super) fn fire(&mut self, id: RegistrationId, cause: Cause) -> Option<Attempt> {
        let registration = self.registrations.get(id)?;
        let key = registration.key.clone();
        let profile = &key.worker.profile;
        let (session, start_limit) = match self.sessions.of_profile(profile) {
            Some((id, session)) => (id, session.start_limit(&self.policy)),
            None => return None,
        };
        let rules = self.rules_of(registration);
        let backs_off =
            matches!(registration.state, State::Waiting { wait: Wait::BackOff { .. }, .. });
        let brought_forward = backs_off && cause == Cause::Due;
        let number = registration.attempts.saturating_add(1);
        let last_chance = !brought_forward && self.is_last_chance(registration, &rules);
        let attempt = Attempt {
            id: self.next_attempt(),
            number,
            last_chance,
            brought_forward,
            sent_at: self.now,
            progress: Progress::Sent { start_by: self.now + start_limit },
            run_limit: rules.run_limit,
        };
        self.count_wake();
        let out = Out { registration: id, owner: key.owner(), session: Some(session) };
        self.sessions.send_out(attempt.id, out);
        // Before the wake leaves.
        self.inhibit();
        self.ready.served(&key.worker);
        let registration = self.registrations.get_mut(id)?;
        let reregistered = Reregistered::No;
        registration.state = State::Firing { attempt: Box::new(attempt), reregistered };
        let brought = &mut registration.brought_forward;
        *brought = brought.saturating_add(brought_forward.into());
        self.settle(id);
        self.spend(id, |spent| spent.wakes = spent.wakes.saturating_add(1));
        self.refresh_door(profile);
        self.effects.push_back(Effect::Wake(Wake {
            session,
            attempt: attempt.id,
            registration: id,
            key: key.clone(),
            last_chance: attempt.last_chance,
            time_limit: attempt.run_limit,
            start_limit,
        }));
        self.tell(id, RegistrationChange::Woken(attempt));
        self.join_grid(profile);
        Some(attempt)
    }

    /// A browser that is woken anyway takes what the grid alone holds (design, section 5).
    fn join_grid(&mut self, profile: &ProfileKey) {
        let held = self.neighbours.on_grid(profile, self.now, self.longest_on_grid);
        let mut joining: Vec<_> = held.collect();
        joining.sort_unstable();
        for (_, id) in joining {
            if self.registrations.get(id).is_some_and(|one| self.is_held_by_grid_alone(one)) {
                self.make_due(id);
            }
        }
    }

    fn is_held_by_grid_alone(&self, registration: &Registration) -> bool {
        let blockers = self.blockers(registration, self.now);
        // A slot may be free again before its own slot of the grid comes.
        let alone = |blocker: &Blocker| {
            matches!(blocker.code, BlockerCode::Grid | BlockerCode::Concurrency)
        };
        blockers.iter().all(alone)
    }

    /// Counts instants at which something is woken, and events that needed none of their own.
    fn count_wake(&mut self) {
        if self.sessions.out_count() == 0 && self.wakes.last != Some(self.now) {
            self.wakes.wakes += 1;
        } else {
            self.wakes.saved += 1;
        }
        self.wakes.last = Some(self.now);
    }

    /// No further charged attempt can follow, also because the next would pass the expiry (P-13).
    fn is_last_chance(&self, registration: &Registration, rules: &Rules) -> bool {
        let Some(expires_at) = self.expires_at(registration) else { return false };
        let attempts = registration.attempts.saturating_add(1);
        let next = self.now + retry_delay(rules, attempts);
        attempts >= registration.max_attempts || next >= expires_at
    }

    /// A registration's own timer: its wait, its attempt's limit, its expiry, or the end of
    /// something that holds it.
    pub(super) fn registration_due(&mut self, id: RegistrationId) {
        let Some(registration) = self.registrations.get(id) else { return };
        if let Some(attempt) = registration.running().copied() {
            self.attempt_ran_out(id, attempt);
            return;
        }
        if self.expires_at(registration).is_some_and(|at| at <= self.now) {
            self.remove(id, RemovalReason::Expired);
            return;
        }
        if self.uninstalled_ends(registration).is_some_and(|at| at <= self.now) {
            self.remove(id, RemovalReason::Uninstalled);
            return;
        }
        match registration.state {
            State::Waiting { until, .. } if until <= self.now => self.make_due(id),
            State::Pending
            | State::Waiting { .. }
            | State::Suspended { .. }
            | State::Firing { .. } => self.file(id),
        }
    }

    /// Its wait is over.
    pub(super) fn make_due(&mut self, id: RegistrationId) {
        let Some(registration) = self.registrations.get_mut(id) else { return };
        registration.state = State::Pending;
        self.settle(id);
        self.came_due.insert(id);
    }

    /// Says of those that came due in this input what holds them.
    fn tell_held(&mut self) {
        for id in std::mem::take(&mut self.came_due) {
            let Some(registration) = self.registrations.get(id) else { continue };
            if registration.state != State::Pending {
                continue;
            }
            let blockers = self.blockers(registration, self.now);
            let codes = blockers.into_iter().map(|blocker| blocker.code).collect();
            self.tell(id, RegistrationChange::Held(codes));
        }
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
        let State::Firing { attempt, reregistered } = &registration.state else { return };
        let (attempt, reregistered) = (**attempt, *reregistered);
        let online = self.host.online() == Some(true);
        let ending = Ending {
            outcome: finished.outcome,
            at: self.now,
            retry_after: finished.retry_after,
            network: if online { Network::Online } else { Network::Offline },
            sleep: self.host.sleep().0,
        };
        let rules = self.rules_of(registration);
        let judged = Judged {
            policy: &self.policy,
            rules: &rules,
            registration,
            attempt: &attempt,
            expires_at: self.expires_at(registration),
        };
        let verdict = judge(judged, reregistered, ending);
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
        if let Some(started) = attempt.started_at() {
            let ran = self.now.saturating_since(started);
            self.spend(id, |spent| spent.run_time = spent.run_time.saturating_add(ran));
        }
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
        if verdict.attempts == 0 && verdict.streak.is_none() {
            registration.brought_forward = 0;
        }
        let held = registration.last_attempt.as_deref().map_or(0, ended_bytes);
        self.holdings.change(registration.key.owner(), held, ended_bytes(&ended));
        registration.last_attempt = Some(Box::new(ended.clone()));
        registration.state = state;
        let next_at = match (&registration.state, removal) {
            (_, Some(_)) => None,
            (State::Waiting { until, .. }, None) => Some(*until),
            (State::Suspended { .. }, None) => None,
            (State::Pending | State::Firing { .. }, None) => Some(self.now),
        };
        let charge = verdict.charge;
        self.tell(id, RegistrationChange::Finished { ended, charge, next_at });
        match (verdict.next, removal) {
            (Next::RemoveScope, _) => {
                for id in self.registrations.of_scope(&key.worker) {
                    self.remove(id, RemovalReason::ScopeGone);
                }
            }
            (_, Some(reason)) => self.remove(id, reason),
            (_, None) => {
                self.tell_suspended(id);
                self.settle(id);
            }
        }
    }

    /// Removes a registration; an attempt that is out no longer counts.
    pub(super) fn remove(&mut self, id: RegistrationId, reason: RemovalReason) {
        let Some((registration, filed)) = self.registrations.remove(id) else { return };
        self.reweigh(&registration, registration_bytes(&registration), 0);
        self.unfile(&registration, filed);
        let profile = &registration.key.worker.profile;
        if !self.registrations.has_profile(profile) {
            self.sessions.forget_gone(profile);
            self.launchers.forget_failures(self.now, profile);
        }
        if let Some(attempt) = registration.running() {
            let out = self.sessions.take_back(attempt.id);
            self.refresh_door(profile);
            // S-P-21: what the page unregisters while it runs is not aborted.
            if let Some(session) = out.and_then(|out| out.session)
                && reason != RemovalReason::Unregistered
            {
                let reason = match reason {
                    RemovalReason::Revoked => CancelReason::Revoked,
                    RemovalReason::Completed
                    | RemovalReason::GaveUp
                    | RemovalReason::Expired
                    | RemovalReason::Unregistered
                    | RemovalReason::ScopeRemoved
                    | RemovalReason::ScopeGone
                    | RemovalReason::Reconciled
                    | RemovalReason::Administrator
                    | RemovalReason::OwnerChanged
                    | RemovalReason::OriginCleared
                    | RemovalReason::Uninstalled => CancelReason::Removed,
                };
                self.effects.push_back(Effect::Cancel { session, attempt: attempt.id, reason });
            }
        }
        // Its record has counted its number until now.
        if id.number() > self.counted {
            self.save_counters();
        }
        self.effects.push_back(Effect::Record(Record::Delete(id)));
        self.tell_of(id, &registration.key, RegistrationChange::Removed(reason));
        self.forget_unused(&SiteKey::of(&registration.key));
    }

    /// Notes again whether a profile's session can take a wake.
    pub(super) fn refresh_door(&mut self, profile: &ProfileKey) {
        let door = self.door(profile);
        self.ready.set_door(profile, door);
    }

    /// Sets the timer anew after an attempt's limit moved, and writes the registration.
    pub(super) fn limit_moved(&mut self, id: RegistrationId) {
        let Some(Entry { registration, filed }) = self.registrations.entry_mut(id) else { return };
        self.timers.set(id, &mut filed.timer, registration.running().map(Attempt::deadline));
        let record = Record::Save(Box::new(registration.clone()));
        self.effects.push_back(Effect::Record(record));
    }
}
