//! What is asked of the reference.

use std::time::Duration;

use pwasync_core::{
    Force,
    constraints::Constraints,
    key::SyncKind,
    period::{Plan, Slot},
    policy::Permission,
    time::Timestamp,
};

use super::{
    Reference,
    entry::{Entry, State},
};
use crate::model::transition::{Key, Request, Wish, owner};

/// Whether the browser is told that its event is to end (S-P-21).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model) enum Tell {
    Yes,
    Revoked,
    No,
}

/// The plan of what goes as soon as its interval has passed.
fn at_once(anchor: Timestamp, interval: Duration) -> Plan {
    let due = anchor + interval;
    Plan { interval: interval.into(), due, spaced: due, goes: due, slot: Slot::Next }
}

impl Reference {
    /// What is asked for.
    pub(in crate::model) fn ask(&mut self, request: &Request) {
        self.scan();
        match request {
            Request::Register(wish) => self.register(*wish),
            Request::Unregister(key) => {
                self.identify(key.owner());
                let gone = self.remove_where(|one| one == *key, Tell::No);
                self.reply = if gone == 1 { "removed" } else { "absent" }.to_owned();
            }
            Request::RemoveScope(key) => {
                self.identify(key.owner());
                let gone = self.remove_where(|one| one.worker() == key.worker(), Tell::Yes);
                self.reply = gone.to_string();
            }
            Request::Reconcile(profile, list) => self.reconcile(owner(*profile), *profile, list),
            Request::RunNow(key, force) => self.run_now(*key, *force),
            Request::Remove(key) => {
                self.remove_where(|one| one == *key, Tell::Yes);
            }
            Request::Permission { site, kind, state } => self.permission(*site, *kind, *state),
            Request::Installed { profile, apps } => self.installed(*profile, apps),
            Request::ClearOrigin(profile, origin) => self.clear_origin(*profile, *origin),
            Request::Engage { site, report } => self.engage(*site, report),
            Request::SetEngagement { site, points } => self.set_engagement(*site, *points),
            Request::Lease { who, what, lasts } => self.lease(*who, *what, *lasts),
            Request::GiveBack { who, what } => self.give_back(*who, *what),
        }
    }

    /// A uid that belongs to another name starts empty.
    pub(in crate::model) fn identify(&mut self, owner: usize) {
        let login = self.logins[owner];
        let Some(known) = self.book.known.get_mut(&owner) else { return };
        if *known != login {
            *known = login;
            self.forget_owner(owner);
        }
    }

    /// Something of it is kept: so is who it is.
    pub(super) fn keep_owner(&mut self, owner: usize) {
        self.book.known.entry(owner).or_insert(self.logins[owner]);
    }

    pub(in crate::model) fn register(&mut self, wish: Wish) {
        self.identify(wish.key.owner());
        let denied = self.rules_of(wish.key, wish.app).of(wish.key.kind).permission;
        let denied = denied == Permission::Denied || self.is_denied_by_browser(wish.key);
        if denied || self.lacks_app(wish.key) {
            "refused".clone_into(&mut self.reply);
            return;
        }
        let change = if self.find(wish.key).is_none() {
            if self.create(wish) { "created" } else { "refused" }
        } else {
            let updated = self.update(wish);
            if !updated {
                self.end_retries(wish.key);
            }
            match (self.rearm(wish), updated) {
                (true, _) => "rearmed",
                (false, true) => "updated",
                (false, false) => "unchanged",
            }
        };
        change.clone_into(&mut self.reply);
        if change != "refused" {
            self.note_network(&wish.key.site());
        }
    }

    pub(in crate::model) fn reconcile(&mut self, owner: usize, profile: usize, list: &[Wish]) {
        self.identify(owner);
        let mut added = 0;
        for wish in list {
            if let Some(known) = self.find(wish.key) {
                // A list that does not say what they ask of the host takes nothing back.
                let silent = wish.constraints == Constraints::default();
                let constraints = if silent { known.constraints } else { wish.constraints };
                self.update(Wish { constraints, ..*wish });
            } else if self.create(*wish) {
                added += 1;
            } else {
                "refused".clone_into(&mut self.reply);
                return;
            }
        }
        let gone = |key: Key| key.profile == profile && !list.iter().any(|wish| wish.key == key);
        let removed = self.remove_where(gone, Tell::Yes);
        self.reply = format!("added {added}, removed {removed}");
    }

    pub(in crate::model) fn create(&mut self, wish: Wish) -> bool {
        let (key, now) = (wish.key, self.now);
        let own = self.book.entries.iter().filter(|one| one.key.owner() == key.owner());
        if own.count() >= self.policy.owner_registrations {
            return false;
        }
        let rules = self.rules_of(key, wish.app);
        self.keep_owner(key.owner());
        self.book.last_id += 1;
        let expires_at = now + wish.expires_in.unwrap_or(rules.expiry);
        self.book.entries.push(Entry {
            id: self.book.last_id,
            key,
            app: wish.app,
            constraints: wish.constraints,
            network: self.facts.network_id(),
            registered_at: now,
            state: State::Due,
            attempts: 0,
            max_attempts: rules.max_attempts,
            row: None,
            forward: 0,
            last: None,
            expires_at: (key.kind == SyncKind::OneOff).then_some(expires_at),
            min_interval: wish.min_interval,
            anchor: now,
            plan: None,
        });
        if key.kind == SyncKind::Periodic {
            let state = self.plan_from(key, now);
            let interval = wish.min_interval.max(rules.min_interval_floor);
            if let Some(one) = self.find_mut(key) {
                one.state = state;
                // What is suspended at once has never been planned.
                one.plan.get_or_insert_with(|| at_once(now, interval));
            }
        }
        true
    }

    /// S-O-13, P-01. A new life, unless it is asked for otherwise.
    pub(in crate::model) fn rearm(&mut self, wish: Wish) -> bool {
        let Some(one) = self.find(wish.key) else { return false };
        let lives_until = self.now + self.rules(one).expiry;
        let Some(one) = self.find_mut(wish.key) else { return false };
        let Some(expires_at) = &mut one.expires_at else { return false };
        match &mut one.state {
            State::Firing(firing) if !firing.reregistered => firing.reregistered = true,
            State::BackOff { .. } => {
                one.state = State::Due;
                (one.attempts, one.row, one.forward) = (0, None, 0);
            }
            State::Due | State::Period(_) | State::Suspended(_) | State::Firing(_) => {
                if wish.expires_in.is_none()
                    && lives_until >= *expires_at + Duration::from_secs(86_400)
                {
                    *expires_at = lives_until;
                }
                return false;
            }
        }
        if wish.expires_in.is_none() {
            *expires_at = (*expires_at).max(lives_until);
        }
        true
    }

    /// S-P-15, P-05; an expiry that is named; what is asked of the host.
    pub(in crate::model) fn update(&mut self, wish: Wish) -> bool {
        let now = self.now;
        let Some(one) = self.find_mut(wish.key) else { return false };
        let before = (one.app, one.constraints, one.expires_at, one.min_interval);
        one.app = wish.app.or(one.app);
        one.constraints = wish.constraints;
        if let (Some(expires_at), Some(after)) = (&mut one.expires_at, wish.expires_in) {
            *expires_at = now + after;
        }
        if one.key.kind == SyncKind::Periodic {
            one.min_interval = wish.min_interval;
        }
        let after = (one.app, one.constraints, one.expires_at, one.min_interval);
        let retries = one.attempts > 0 || one.row.is_some();
        let waits = match one.state {
            State::Due => !retries,
            State::Period(_) => true,
            State::BackOff { .. } | State::Suspended(_) | State::Firing(_) => false,
        };
        let anchor = one.anchor;
        if after.3 != before.3 && waits {
            let state = self.plan_from(wish.key, anchor);
            if let Some(one) = self.find_mut(wish.key) {
                one.state = state;
            }
        }
        after != before
    }

    /// S-P-16.
    pub(in crate::model) fn end_retries(&mut self, key: Key) {
        if let Some(Entry { state: State::Firing(firing), .. }) = self.find_mut(key)
            && key.kind == SyncKind::Periodic
        {
            firing.reregistered = true;
        }
    }

    /// Removes what answers; how many.
    pub(in crate::model) fn remove_where(
        &mut self,
        which: impl Fn(Key) -> bool,
        tell: Tell,
    ) -> usize {
        let mut gone = self.book.entries.clone();
        gone.retain(|one| which(one.key));
        self.book.entries.retain(|one| !which(one.key));
        for one in &gone {
            let attached = one.firing().is_some_and(|firing| firing.attached);
            match tell {
                Tell::Yes if attached => self.waits.push(format!("cancel {:?} removed", one.key)),
                Tell::Revoked if attached => {
                    self.waits.push(format!("cancel {:?} revoked", one.key));
                }
                Tell::Yes | Tell::Revoked | Tell::No => {}
            }
            self.forget_unused(&one.site());
        }
        self.forget_failures();
        gone.len()
    }

    pub(in crate::model) fn run_now(&mut self, key: Key, force: Force) {
        let Some(one) = self.find(key) else { return };
        if one.firing().is_some() {
            "runs already".clone_into(&mut self.reply);
            return;
        }
        let blockers = self.blockers(one);
        let firm = [
            "BROWSER_CLOSED",
            "BROWSER_LAUNCHING",
            "NO_LAUNCHER",
            "CONCURRENCY",
            "PERMISSION_DENIED",
            "SUSPENDING",
            "STORE_READ_ONLY",
        ];
        let holds: Vec<_> = match force {
            Force::No => blockers,
            Force::Yes => blockers.into_iter().filter(|code| firm.contains(code)).collect(),
        };
        if holds.is_empty() {
            "runs".clone_into(&mut self.reply);
            self.send_out(key, false);
        } else {
            self.reply = format!("held by {}", holds.join(" "));
        }
    }
}
