//! What is asked of the reference.

use pwasync_core::{Force, key::SyncKind};

use super::{
    DAY, HOUR, Reference, SHARE,
    entry::{Entry, State},
};
use crate::model::transition::{Key, Request, Wish, owner};

/// Whether the browser is told that its event is to end (S-P-21).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model) enum Tell {
    Yes,
    No,
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
        }
    }

    /// A uid that belongs to another name starts empty.
    pub(in crate::model) fn identify(&mut self, owner: usize) {
        let login = self.logins[owner];
        let Some(known) = self.book.known.get_mut(&owner) else { return };
        if *known != login {
            *known = login;
            self.remove_where(|key| key.owner() == owner, Tell::Yes);
        }
    }

    pub(in crate::model) fn register(&mut self, wish: Wish) {
        self.identify(wish.key.owner());
        self.reply = if self.find(wish.key).is_none() {
            if self.create(wish) { "created" } else { "refused" }
        } else if self.rearm(wish) {
            "rearmed"
        } else if self.update(wish) {
            "updated"
        } else {
            self.end_retries(wish.key);
            "unchanged"
        }
        .to_owned();
    }

    pub(in crate::model) fn reconcile(&mut self, owner: usize, profile: usize, list: &[Wish]) {
        self.identify(owner);
        let mut added = 0;
        for wish in list {
            if self.find(wish.key).is_some() {
                self.update(*wish);
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
        let owner = wish.key.owner();
        if self.book.entries.iter().filter(|one| one.key.owner() == owner).count() >= SHARE {
            return false;
        }
        self.book.known.insert(owner, self.logins[owner]);
        self.book.last_id += 1;
        let (state, expires_at) = match wish.key.kind {
            SyncKind::OneOff => (State::Due, Some(self.now + wish.expires_in.unwrap_or(30 * DAY))),
            SyncKind::Periodic => {
                (State::Period(self.now + wish.min_interval.max(12 * HOUR)), None)
            }
        };
        self.book.entries.push(Entry {
            id: self.book.last_id,
            key: wish.key,
            state,
            attempts: 0,
            row: None,
            expires_at,
            min_interval: wish.min_interval,
            anchor: self.now,
        });
        true
    }

    /// S-O-13, P-01. A new life of thirty days, unless it is asked for otherwise.
    pub(in crate::model) fn rearm(&mut self, wish: Wish) -> bool {
        let now = self.now;
        let Some(one) = self.find_mut(wish.key) else { return false };
        let Some(expires_at) = &mut one.expires_at else { return false };
        match &mut one.state {
            State::Firing(firing) if !firing.reregistered => firing.reregistered = true,
            State::BackOff(_) => {
                one.state = State::Due;
                one.attempts = 0;
                one.row = None;
            }
            State::Due | State::Period(_) | State::Firing(_) => return false,
        }
        *expires_at = match wish.expires_in {
            Some(after) => now + after,
            None => (*expires_at).max(now + 30 * DAY),
        };
        true
    }

    /// S-P-15, P-05, and an expiry that is named.
    pub(in crate::model) fn update(&mut self, wish: Wish) -> bool {
        let now = self.now;
        let Some(one) = self.find_mut(wish.key) else { return false };
        if let (Some(expires_at), Some(after)) = (&mut one.expires_at, wish.expires_in) {
            let changed = *expires_at != now + after;
            *expires_at = now + after;
            return changed;
        }
        if one.key.kind == SyncKind::OneOff || one.min_interval == wish.min_interval {
            return false;
        }
        one.min_interval = wish.min_interval;
        let due = one.anchor + one.interval();
        let retries = one.attempts > 0 || one.row.is_some();
        let waits = match one.state {
            State::Due => !retries,
            State::Period(_) => true,
            State::BackOff(_) | State::Firing(_) => false,
        };
        if waits {
            one.state = if due > now { State::Period(due) } else { State::Due };
        }
        true
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
            if one.firing().is_some_and(|firing| firing.attached) && tell == Tell::Yes {
                self.waits.push(format!("cancel {:?} removed", one.key));
            }
        }
        gone.len()
    }

    pub(in crate::model) fn run_now(&mut self, key: Key, force: Force) {
        let Some(one) = self.find(key) else { return };
        if one.firing().is_some() {
            "runs already".clone_into(&mut self.reply);
            return;
        }
        let blockers = self.blockers(one);
        let firm = ["BROWSER_CLOSED", "CONCURRENCY", "STORE_READ_ONLY"];
        let holds: Vec<_> = match force {
            Force::No => blockers,
            Force::Yes => blockers.into_iter().filter(|code| firm.contains(code)).collect(),
        };
        if holds.is_empty() {
            "runs".clone_into(&mut self.reply);
            self.fire(key);
        } else {
            self.reply = format!("held by {}", holds.join(" "));
        }
    }
}
