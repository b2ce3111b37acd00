//! Plans of the reference: snapped, spaced, on the grid (P-11, A-09, P-17), and suspension.

use std::time::Duration;

use pwasync_core::{
    engagement::Level,
    key::SyncKind,
    period::{Grid, Plan, Planning},
    site::SiteKey,
    time::Timestamp,
};

use super::{
    Reference,
    entry::{Entry, Firing, State},
};
use crate::model::transition::Key;

const SECOND: Duration = Duration::from_secs(1);

impl Reference {
    /// Plans from an anchor on, or suspends; the state from here on.
    pub(super) fn plan_from(&mut self, key: Key, anchor: Timestamp) -> State {
        let level = self.level(&key.site());
        let Some(one) = self.find(key) else { return State::Due };
        let factor = level.factor(&self.policy.engagement);
        let rules = self.rules(one);
        let hours = self.book.sites.get(&key.site()).map(|site| site.hours.clone());
        let plan = factor.map(|factor| {
            Plan::new(&Planning {
                anchor,
                min_interval: one.min_interval,
                rules: &rules,
                factor,
                other: self.soonest_other(one),
                grid: Grid::of(&self.policy),
                hours: &hours.unwrap_or_default(),
                clock: self.facts.wall,
            })
        });
        let now = self.now;
        let Some(one) = self.find_mut(key) else { return State::Due };
        one.anchor = anchor;
        let Some(plan) = plan else { return State::Suspended(now) };
        one.plan = Some(plan);
        if plan.goes > now { State::Period(plan.goes) } else { State::Due }
    }

    /// When the soonest other periodic event of the origin goes; what is due goes at once.
    fn soonest_other(&self, one: &Entry) -> Option<Timestamp> {
        let others = self.book.entries.iter().filter(|other| {
            let periodic = other.key.kind == SyncKind::Periodic;
            periodic && other.site() == one.site() && other.key != one.key
        });
        let goes = |other: &Entry| match other.state {
            State::Period(until) | State::BackOff { until, .. } => Some(until),
            State::Due | State::Firing(_) => Some(Timestamp::ZERO),
            State::Suspended(_) => None,
        };
        others.filter_map(goes).min()
    }

    /// P-15, P-17: the anchor moves to the slot in which the event started.
    pub(super) fn regular_interval(&mut self, key: Key, firing: &Firing, asked: Duration) {
        let Some(plan) = self.find(key).and_then(|one| one.plan) else { return };
        let started = firing.started_at.unwrap_or(firing.sent_at);
        let belongs = |slot: &Timestamp| *slot <= started && started <= *slot + SECOND;
        let anchor = [plan.goes, plan.spaced, plan.due].into_iter().find(belongs);
        let mut state = self.plan_from(key, anchor.unwrap_or(started));
        let not_before = self.now + asked;
        let next = match state {
            State::Period(until) => until,
            State::Due => self.now,
            State::BackOff { .. } | State::Suspended(_) | State::Firing(_) => not_before,
        };
        if not_before > next {
            state = State::BackOff { until: not_before, earliest: not_before };
        }
        if let Some(one) = self.find_mut(key) {
            one.state = state;
        }
    }

    /// Whether it is not to fire, since nobody uses its site.
    pub(super) fn suspend_if_unused(&mut self, key: Key) -> bool {
        if key.kind == SyncKind::OneOff || self.level(&key.site()) != Level::None {
            return false;
        }
        let now = self.now;
        if let Some(one) = self.find_mut(key) {
            (one.state, one.attempts, one.row) = (State::Suspended(now), 0, None);
            one.forward = 0;
        }
        true
    }

    /// The user uses a site again.
    pub(super) fn revive(&mut self, site: &SiteKey) {
        if self.level(site) == Level::None {
            return;
        }
        let suspended =
            |one: &&Entry| matches!(one.state, State::Suspended(_)) && one.site() == *site;
        let keys: Vec<Key> =
            self.book.entries.iter().filter(suspended).map(|one| one.key).collect();
        for key in keys {
            let state = self.plan_from(key, self.now);
            if let Some(one) = self.find_mut(key) {
                one.state = state;
            }
        }
    }
}
