//! Who may run, and whose turn it is (P-07, P-08).

use pwasync_core::{
    key::SyncKind,
    lease::Leased,
    period::Slot,
    policy::{Permission, Rules},
    time::Timestamp,
};

use super::{
    Reference, Session, Started,
    entry::{Entry, Firing, State},
};
use crate::{
    model::transition::{Key, app_id, origin_of},
    support::asks::{self, Asks},
};

impl Reference {
    pub(super) fn rules(&self, one: &Entry) -> Rules {
        self.rules_of(one.key, one.app)
    }

    pub(super) fn rules_of(&self, key: Key, app: Option<usize>) -> Rules {
        let app = app.map(app_id);
        self.policy.rules_for(origin_of(key.scope), app.as_ref())
    }

    pub(super) fn fire_what_may(&mut self) {
        while self.firing().count() < usize::try_from(self.policy.slots).unwrap() {
            let Some(key) = self.next_to_fire() else { break };
            if !self.suspend_if_unused(key) {
                self.fire(key);
            }
        }
    }

    /// Nothing but, perhaps, these holds it.
    pub(super) fn held_by_these_alone(&self, one: &Entry, these: &[&str]) -> bool {
        let in_turn = match one.state {
            State::Due => true,
            State::BackOff { until, earliest } => {
                earliest < until && self.is_brought_forward(one, earliest)
            }
            State::Period(_) | State::Suspended(_) | State::Firing(_) => false,
        };
        in_turn && self.holds(one).iter().all(|code| these.contains(code))
    }

    /// P-03.
    fn is_brought_forward(&self, one: &Entry, earliest: Timestamp) -> bool {
        let ended = one.last.map(|(_, ended)| ended);
        one.forward < self.policy.max_brought_forward
            && earliest <= self.now
            && self.facts.returned_at > ended
    }

    fn next_to_fire(&self) -> Option<Key> {
        let due = self.book.entries.iter().filter(|one| self.held_by_these_alone(one, &[]));
        let due: Vec<&Entry> = due.collect();
        let share = usize::try_from(self.policy.owner_slots).unwrap();
        let under_share = |one: &&&Entry| self.out_of(one.key.owner()) < share;
        let first: Vec<_> = due.iter().filter(under_share).copied().collect();
        let due = if first.is_empty() { due } else { first };
        let owner = |one: &&Entry| one.key.owner();
        let owner = due.iter().map(owner).min_by_key(|it| (Some(*it) <= self.last_owner, *it))?;
        let last = self.last_worker.get(&owner);
        let of_owner = due.iter().filter(|one| one.key.owner() == owner);
        let turn = |one: &&&Entry| {
            let worker = one.key.worker();
            (Some(&worker) <= last, worker, one.key.kind, one.id)
        };
        of_owner.min_by_key(turn).map(|one| one.key)
    }

    /// Because its time has come.
    fn fire(&mut self, key: Key) {
        let forward = self.find(key).is_some_and(|one| matches!(one.state, State::BackOff { .. }));
        self.send_out(key, forward);
    }

    pub(super) fn send_out(&mut self, key: Key, forward: bool) {
        self.serials += 1;
        let (serial, now) = (self.serials, self.now);
        let Some(one) = self.find(key) else { return };
        let Some(session) = self.sessions.get(&key.profile) else { return };
        let start_limit = match session.started {
            Started::ByUser => self.policy.start_limit,
            Started::ByLauncher(_) => self.policy.launched_start_limit,
        };
        let rules = self.rules(one);
        let next = now + super::attempts::charged_delay(&rules, one.attempts + 1);
        let spent = one.attempts + 1 >= one.max_attempts;
        let last_chance = !forward && one.expires_at.is_some_and(|at| spent || next >= at);
        let Some(one) = self.find_mut(key) else { return };
        one.forward += u16::from(forward);
        one.state = State::Firing(Firing {
            serial,
            sent_at: now,
            started_at: None,
            deadline: now + start_limit,
            run_limit: rules.run_limit,
            last_chance,
            forward,
            reregistered: false,
            attached: true,
            delivered: false,
        });
        self.spend(key, |spent| spent.wakes += 1);
        self.last_owner = Some(key.owner());
        self.last_worker.insert(key.owner(), key.worker());
        let chance = if last_chance { " last chance" } else { "" };
        self.sent.push(serial);
        self.waits.push(format!("wake {key:?}{chance}"));
        // What the grid alone keeps from going goes with it.
        let joins = |one: &&Entry| {
            let alone = ["GRID", "CONCURRENCY"];
            matches!(one.state, State::Period(_))
                && one.key.profile == key.profile
                && self.blockers(one).iter().all(|code| alone.contains(code))
        };
        let joins: Vec<Key> = self.book.entries.iter().filter(joins).map(|one| one.key).collect();
        for key in joins {
            if let Some(one) = self.find_mut(key) {
                one.state = State::Due;
            }
        }
    }

    /// Section 4: all that holds it.
    pub(super) fn blockers(&self, one: &Entry) -> Vec<&'static str> {
        let state = match one.state {
            State::Firing(_) => return Vec::new(),
            State::Due => None,
            State::BackOff { until, earliest } => {
                let over = earliest < until && self.is_brought_forward(one, earliest);
                (!over).then_some("BACKOFF")
            }
            State::Suspended(_) => Some("ENGAGEMENT_NONE"),
            State::Period(_) => {
                let plan = one.plan.unwrap();
                let on_grid = match plan.slot {
                    Slot::Next => "GRID",
                    Slot::BeforeUsualHour => "LEARNED_HOUR",
                };
                let codes = [(plan.due, "NOT_DUE"), (plan.spaced, "ORIGIN_GAP")];
                let first = codes.into_iter().find(|(at, _)| *at > self.now);
                Some(first.map_or(on_grid, |(_, code)| code))
            }
        };
        let mut codes = Vec::from_iter(state);
        codes.extend(self.holds(one));
        codes
    }

    /// What holds it once its own time has come.
    fn holds(&self, one: &Entry) -> Vec<&'static str> {
        let mut codes = self.held_by_people(one);
        let profile = one.key.profile;
        match self.sessions.get(&profile) {
            Some(Session { capacity, ready: true, .. }) => {
                let here =
                    self.firing().filter(|(key, firing)| key.profile == profile && firing.attached);
                let slots = usize::try_from(self.policy.slots).unwrap();
                if here.count() >= *capacity || self.firing().count() >= slots {
                    codes.push("CONCURRENCY");
                }
            }
            Some(_) | None => codes.extend(self.closed(profile)),
        }
        codes.extend(self.unmet(one));
        codes
    }

    fn held_by_people(&self, one: &Entry) -> Vec<&'static str> {
        let mut codes = Vec::new();
        let (key, app) = (one.key.real(), one.app.map(app_id));
        let covers = |lease: &&pwasync_core::lease::Lease| {
            lease.what == Leased::Pause && lease.subject.covers(&key, app.as_ref())
        };
        if self.book.leases.iter().any(|lease| covers(&lease)) {
            codes.push("PAUSED");
        }
        let denied = self.rules(one).of(one.key.kind).permission == Permission::Denied;
        if denied || self.is_denied_by_browser(one.key) {
            codes.push("PERMISSION_DENIED");
        }
        if self.uninstalled_since(one).is_some() {
            codes.push("NOT_INSTALLED");
        }
        if self.is_budget_spent(one) {
            codes.push("BUDGET_SPENT");
        }
        codes
    }

    fn unmet(&self, one: &Entry) -> Vec<&'static str> {
        let site = self.book.sites.get(&one.site());
        let app = one.app.map(app_id);
        let asks = Asks {
            kind: one.key.kind,
            rules: self.rules(one),
            constraints: one.constraints,
            stale_at: self.stale_at(one),
            last_sent: one.last.map(|(sent_at, _)| sent_at),
            registered_on: one.network,
            used_on: site.map_or(&[][..], |site| &site.networks),
            overrides: asks::overrides(self.book.leases.iter(), &one.key.real(), app.as_ref()),
        };
        asks.unmet(&self.facts, self.now, &self.policy)
    }

    /// From when on one run is allowed in spite of what it costs.
    pub(super) fn stale_at(&self, one: &Entry) -> Option<Timestamp> {
        let (plan, intervals) = (one.plan?, self.rules(one).stale_intervals);
        let stale = (0..intervals).fold(one.anchor, |at, _| at + plan.interval.to_duration());
        (one.key.kind == SyncKind::Periodic && intervals > 0).then_some(stale)
    }

    pub(super) fn firing(&self) -> impl Iterator<Item = (Key, Firing)> {
        self.book.entries.iter().filter_map(|one| Some((one.key, one.firing()?)))
    }

    fn out_of(&self, owner: usize) -> usize {
        self.firing().filter(|(key, _)| key.owner() == owner).count()
    }
}
