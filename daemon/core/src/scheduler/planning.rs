//! When periodic registrations go: plans, and suspension for want of engagement.

use std::collections::BTreeSet;

use super::Scheduler;
use crate::{
    attempt::Attempt,
    change::RegistrationChange,
    engagement::Level,
    hours::Hours,
    key::{ProfileKey, RegistrationId, SyncKind},
    period::{Grid, Plan, Planning},
    registration::{Registration, Schedule, State, Wait},
    site::SiteKey,
    time::Timestamp,
};

impl Scheduler {
    /// The plan of a periodic registration from an anchor on; `None`: it is suspended.
    pub(super) fn plan(
        &self,
        registration: &Registration,
        anchor: Timestamp,
        level: Level,
    ) -> Option<Plan> {
        let Schedule::Periodic { min_interval, .. } = registration.schedule else { return None };
        let key = SiteKey::of(&registration.key);
        let hours = self.sites.get(&key).map(|site| &site.hours);
        let rules = self.rules_of(registration);
        Some(Plan::new(&Planning {
            anchor,
            min_interval: min_interval.to_duration(),
            rules: &rules,
            factor: level.factor(&self.policy.engagement)?,
            other: self.neighbours.first_other(&key, registration.id),
            grid: Grid::of(&self.policy),
            hours: hours.unwrap_or(&Hours::default()),
            clock: self.wall,
        }))
    }

    /// Plans a periodic registration from an anchor on, or suspends it; its state from here on.
    pub(super) fn plan_from(&mut self, id: RegistrationId, anchor: Timestamp) -> State {
        let now = self.now;
        let Some(registration) = self.registrations.get(id) else { return State::Pending };
        let site = SiteKey::of(&registration.key);
        let level = self.level_of(&site);
        let Some(registration) = self.registrations.get(id) else { return State::Pending };
        let next = self.plan(registration, anchor, level);
        let Some(registration) = self.registrations.get_mut(id) else { return State::Pending };
        let Schedule::Periodic { anchor: own, plan, .. } = &mut registration.schedule else {
            return State::Pending;
        };
        *own = anchor;
        let Some(next) = next else { return State::Suspended { since: now } };
        *plan = next;
        if next.goes > now {
            State::Waiting { until: next.goes, wait: Wait::Period }
        } else {
            State::Pending
        }
    }

    /// Moves the anchor to the slot of an event and waits for the next period (P-17).
    pub(super) fn next_period(
        &mut self,
        id: RegistrationId,
        attempt: &Attempt,
        not_before: Timestamp,
    ) -> State {
        let Some(registration) = self.registrations.get(id) else { return State::Pending };
        let Some(plan) = registration.plan() else { return State::Pending };
        let started = attempt.started_at().unwrap_or(attempt.sent_at);
        let state = self.plan_from(id, plan.anchor_after(started));
        match state {
            State::Waiting { until, wait: Wait::Period } if not_before > until => {
                State::Waiting { until: not_before, wait: Wait::BackOff { earliest: not_before } }
            }
            State::Pending if not_before > self.now => {
                State::Waiting { until: not_before, wait: Wait::BackOff { earliest: not_before } }
            }
            State::Pending
            | State::Waiting { .. }
            | State::Suspended { .. }
            | State::Firing { .. } => state,
        }
    }

    /// Suspends a periodic registration that is about to fire if nobody uses its site any more
    /// (P-16); whether it did.
    pub(super) fn suspend_if_unused(&mut self, id: RegistrationId) -> bool {
        let Some(registration) = self.registrations.get(id) else { return false };
        if registration.kind() == SyncKind::OneOff {
            return false;
        }
        let site = SiteKey::of(&registration.key);
        if self.level_of(&site) != Level::None {
            return false;
        }
        let since = self.now;
        let Some(registration) = self.registrations.get_mut(id) else { return false };
        registration.state = State::Suspended { since };
        registration.attempts = 0;
        registration.streak = None;
        registration.brought_forward = 0;
        self.tell(id, RegistrationChange::Suspended);
        self.settle(id);
        true
    }

    /// Says of a registration that was planned that nobody uses its site, if that is so.
    pub(super) fn tell_suspended(&mut self, id: RegistrationId) {
        let state = self.registrations.get(id).map(|one| &one.state);
        if let Some(State::Suspended { .. }) = state {
            self.tell(id, RegistrationChange::Suspended);
        }
    }

    /// A profile's browser reports otherwise than before: what that leaves unknown is not suspended
    /// (P-16).
    pub(super) fn revive_all_of(&mut self, profile: &ProfileKey) {
        let ids = self.registrations.of_profile(profile).into_iter();
        let sites: BTreeSet<SiteKey> =
            ids.filter_map(|id| Some(SiteKey::of(&self.registrations.get(id)?.key))).collect();
        sites.iter().for_each(|site| self.revive(site));
    }

    /// The user uses a site again: what is suspended goes on from now.
    pub(super) fn revive(&mut self, site: &SiteKey) {
        // What stays suspended keeps its anchor, too.
        if self.level_of(site) == Level::None {
            return;
        }
        for id in self.registrations.of_origin_ids(&site.profile, &site.origin) {
            let suspended = self
                .registrations
                .get(id)
                .is_some_and(|one| matches!(one.state, State::Suspended { .. }));
            if !suspended {
                continue;
            }
            let state = self.plan_from(id, self.now);
            if matches!(state, State::Suspended { .. }) {
                continue;
            }
            if let Some(registration) = self.registrations.get_mut(id) {
                registration.state = state;
            }
            self.tell(id, RegistrationChange::Revived);
            self.settle(id);
        }
    }
}
