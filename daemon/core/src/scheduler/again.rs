//! What registering a known tag again does (S-O-13, S-P-15, S-P-16, S-P-44, P-01, P-05).

use std::time::Duration;

use super::{NewRegistration, NewSchedule, RegisterChange, Scheduler};
use crate::{
    change::RegistrationChange,
    holdings::app_bytes,
    key::{RegistrationId, SyncKind},
    registration::{Registration, Reregistered, Schedule, State, Wait},
};

/// By less than this no life is made longer.
const LONGER_LIFE: Duration = Duration::from_secs(86_400);

impl Scheduler {
    /// A known tag is registered again.
    pub(super) fn register_again(
        &mut self,
        id: RegistrationId,
        new: &NewRegistration,
    ) -> RegisterChange {
        let updated = self.update(id, new);
        if updated == RegisterChange::Unchanged {
            self.end_retries(id);
        }
        match self.rearm(id, new) {
            Rearm::Again => RegisterChange::Rearmed,
            Rearm::NotNeeded => updated,
        }
    }

    /// Takes over another interval, app or expiry; anchor and state stay (S-P-15, P-05), but what
    /// waits for its period waits for the new one.
    pub(super) fn update(&mut self, id: RegistrationId, new: &NewRegistration) -> RegisterChange {
        let now = self.now;
        let Some(registration) = self.registrations.get_mut(id) else {
            return RegisterChange::Unchanged;
        };
        let asked = |one: &Registration| {
            let (interval, expires) = match one.schedule {
                Schedule::OneOff { expires_at } => (None, Some(expires_at)),
                Schedule::Periodic { min_interval, .. } => (Some(min_interval), None),
            };
            (interval, expires, one.app.clone(), one.constraints)
        };
        let before = asked(registration);
        if let Some(app) = &new.app {
            let (held, holds) = (app_bytes(registration.app.as_ref()), app_bytes(Some(app)));
            self.holdings.change(registration.key.owner(), held, holds);
            registration.app = Some(app.clone());
        }
        registration.constraints = new.constraints;
        match (&mut registration.schedule, new.schedule) {
            (Schedule::OneOff { expires_at }, NewSchedule::OneOff { expires_in: Some(after) }) => {
                *expires_at = now + after;
            }
            (
                Schedule::Periodic { min_interval, .. },
                NewSchedule::Periodic { min_interval: new },
            ) => *min_interval = new.into(),
            (Schedule::OneOff { .. } | Schedule::Periodic { .. }, _) => {}
        }
        let after = asked(registration);
        if after == before {
            return RegisterChange::Unchanged;
        }
        let replanned = after.0 != before.0 && self.replan(id);
        self.settle(id);
        self.tell(id, RegistrationChange::Updated);
        if replanned {
            self.tell_suspended(id);
        }
        RegisterChange::Updated
    }

    /// Another minimum interval: what waits for its period waits for the new one, from the same
    /// anchor on (P-05). Whether it was planned anew.
    fn replan(&mut self, id: RegistrationId) -> bool {
        let Some(registration) = self.registrations.get(id) else { return false };
        let Schedule::Periodic { anchor, .. } = registration.schedule else { return false };
        let retries = registration.attempts > 0 || registration.streak.is_some();
        match registration.state {
            State::Pending if retries => false,
            State::Pending | State::Waiting { wait: Wait::Period, .. } => {
                let state = self.plan_from(id, anchor);
                if let Some(registration) = self.registrations.get_mut(id) {
                    registration.state = state;
                }
                true
            }
            State::Waiting { wait: Wait::BackOff { .. }, .. }
            | State::Suspended { .. }
            | State::Firing { .. } => false,
        }
    }

    /// Back-off ends and what fires runs again afterwards (S-O-13, P-01), with a new life unless
    /// the call names its expiry.
    fn rearm(&mut self, id: RegistrationId, new: &NewRegistration) -> Rearm {
        let Some(registration) = self.registrations.get(id) else { return Rearm::NotNeeded };
        let lives_until = self.now + self.rules_of(registration).expiry;
        let Some(registration) = self.registrations.get_mut(id) else { return Rearm::NotNeeded };
        let Schedule::OneOff { expires_at } = &mut registration.schedule else {
            return Rearm::NotNeeded;
        };
        match &mut registration.state {
            State::Firing { reregistered, .. } if *reregistered == Reregistered::No => {
                *reregistered = Reregistered::WhileFiring;
            }
            State::Waiting { wait: Wait::BackOff { .. }, .. } => {
                registration.state = State::Pending;
                registration.attempts = 0;
                registration.streak = None;
                registration.brought_forward = 0;
                self.came_due.insert(id);
            }
            State::Pending
            | State::Waiting { .. }
            | State::Suspended { .. }
            | State::Firing { .. } => {
                // What waits lives longer for being wanted still (P-12), but a page that registers
                // all the time is not written all the time.
                let lives_longer = lives_until.saturating_since(*expires_at) >= LONGER_LIFE;
                if lives_longer && new.schedule == (NewSchedule::OneOff { expires_in: None }) {
                    *expires_at = lives_until;
                    self.settle(id);
                }
                return Rearm::NotNeeded;
            }
        }
        if let NewSchedule::OneOff { expires_in: None } = new.schedule {
            *expires_at = (*expires_at).max(lives_until);
        }
        self.settle(id);
        self.tell(id, RegistrationChange::Rearmed);
        Rearm::Again
    }

    /// A periodic that is registered again just so while it fires ends its retries (S-P-16,
    /// S-P-44).
    fn end_retries(&mut self, id: RegistrationId) {
        let Some(registration) = self.registrations.get_mut(id) else { return };
        if let (SyncKind::Periodic, State::Firing { reregistered, .. }) =
            (registration.key.kind, &mut registration.state)
            && *reregistered == Reregistered::No
        {
            *reregistered = Reregistered::WhileFiring;
            self.settle(id);
        }
    }
}

/// Whether it runs (again) for being registered again.
enum Rearm {
    Again,
    NotNeeded,
}
