//! The reference: a plain list that is scanned at each instant at which anything can happen.
//! Written from the design and the rules alone; slow, and short enough to be believed.

mod attempts;
mod entry;
mod requests;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use pwasync_core::{
    attempt::Outcome,
    facts::{Power, Sleep, StoreAccess},
    key::SyncKind,
    policy::Policy,
    time::Timestamp,
};

use self::entry::{Entry, Firing, State};
use super::transition::Key;
use crate::support::facts::{Facts, HostChange};

/// Registrations of one owner.
const SHARE: usize = 7;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

#[derive(Clone, Copy, Debug)]
struct Session {
    capacity: usize,
    ready: bool,
}

/// What is on disk, or would be.
#[derive(Clone, Debug, Default)]
struct Book {
    entries: Vec<Entry>,
    last_id: u64,
    /// The login name by which an owner is known.
    known: BTreeMap<usize, u32>,
}

#[derive(Clone, Debug)]
pub(super) struct Reference {
    pub(super) policy: Policy,
    slots: usize,
    owner_slots: usize,
    pub(super) now: Timestamp,
    pub(super) facts: Facts,
    book: Book,
    /// The disk, while nothing reaches it.
    disk: Option<Book>,
    started: Timestamp,
    sessions: BTreeMap<usize, Session>,
    logins: [u32; 2],
    last_owner: Option<usize>,
    last_worker: BTreeMap<usize, (usize, usize)>,
    serials: u64,
    /// Attempts whose wake has ever reached a browser.
    heard: BTreeSet<u64>,
    /// Those that wait for the disk.
    sent: Vec<u64>,
    /// What waits for the disk, and what has left in this step.
    waits: Vec<String>,
    pub(super) left: Vec<String>,
    /// The answer of this step.
    pub(super) reply: String,
}

impl Reference {
    /// With so many slots in all and for one owner.
    pub(super) fn new(settle: Duration, slots: usize, owner_slots: usize) -> Self {
        let policy = Policy {
            slots: u32::try_from(slots).unwrap(),
            owner_slots: u32::try_from(owner_slots).unwrap(),
            owner_registrations: SHARE,
            resume_settle: settle * 5,
            settle,
            ..Policy::default()
        };
        Self {
            policy,
            slots,
            owner_slots,
            now: Timestamp::ZERO,
            facts: Facts::new(),
            book: Book::default(),
            disk: None,
            started: Timestamp::ZERO,
            sessions: BTreeMap::new(),
            logins: [0; 2],
            last_owner: None,
            last_worker: BTreeMap::new(),
            serials: 0,
            heard: BTreeSet::new(),
            sent: Vec::new(),
            waits: Vec::new(),
            left: Vec::new(),
            reply: String::new(),
        }
    }

    pub(super) fn login(&self, owner: usize) -> u32 {
        self.logins[owner]
    }

    pub(super) fn keys(&self) -> Vec<Key> {
        self.book.entries.iter().map(|one| one.key).collect()
    }

    /// The keys whose wake has reached a browser, and that are still out.
    pub(super) fn delivered(&self) -> Vec<Key> {
        let out = self.book.entries.iter().filter(|one| self.heard_of(one.key).is_some());
        out.map(|one| one.key).collect()
    }

    pub(super) fn heard_of(&self, key: Key) -> Option<u64> {
        let firing = self.find(key)?.firing()?;
        firing.delivered.then_some(firing.serial)
    }

    pub(super) fn is_attached(&self, profile: usize) -> bool {
        self.sessions.contains_key(&profile)
    }

    /// Each step: what it did is in `reply` and `left`.
    pub(super) fn begin(&mut self) {
        self.reply.clear();
        self.left.clear();
    }

    /// Each step ends with what may run now.
    pub(super) fn finish_step(&mut self) {
        self.scan();
        if self.disk.is_none() {
            self.flush();
        }
    }

    pub(super) fn hold(&mut self) {
        self.disk.get_or_insert_with(|| self.book.clone());
    }

    pub(super) fn commit(&mut self) {
        self.disk = None;
    }

    fn flush(&mut self) {
        self.left.append(&mut self.waits);
        self.heard.extend(self.sent.drain(..));
        for one in &mut self.book.entries {
            if let State::Firing(firing) = &mut one.state {
                firing.delivered = true;
            }
        }
    }

    pub(super) fn crash(&mut self) {
        self.book = self.disk.take().unwrap_or_else(|| self.book.clone());
        self.waits.clear();
        self.sent.clear();
        self.started = self.now;
        self.sessions.clear();
        self.last_owner = None;
        self.last_worker.clear();
        for one in &mut self.book.entries {
            if let State::Firing(firing) = &mut one.state {
                firing.attached = false;
            }
        }
        self.scan();
        self.facts.tell_again(self.now, &self.policy);
    }

    /// Time passes from instant to instant, each looked up in the whole list.
    pub(super) fn pass(&mut self, by: Duration) {
        let end = self.now + by;
        loop {
            self.finish_step();
            let due = self.book.entries.iter().map(Entry::instant);
            let facts = [self.facts.settled_at(), self.started + 3 * SECOND];
            let next = due.flatten().chain(facts).filter(|at| *at > self.now && *at <= end).min();
            let Some(next) = next else { break };
            self.now = next;
        }
        self.now = end;
    }

    /// When something happens to a registration by itself.
    pub(super) fn next_instant(&self) -> Option<Timestamp> {
        self.book.entries.iter().filter_map(Entry::instant).min()
    }

    pub(super) fn jump(&mut self, by: Duration) {
        self.now = self.now + by;
    }

    pub(super) fn host(&mut self, change: HostChange) {
        self.scan();
        self.facts.change(self.now, change, &self.policy);
    }

    pub(super) fn new_login(&mut self, owner: usize) {
        self.logins[owner] += 1;
    }

    /// All that is due happens, in order; then whatever may run is woken.
    fn scan(&mut self) {
        loop {
            let due =
                self.book.entries.iter().filter_map(|one| Some((one.instant()?, one.id, one)));
            let Some((_, _, one)) =
                due.filter(|(at, _, _)| *at <= self.now).min_by_key(|(at, id, _)| (*at, *id))
            else {
                break;
            };
            let one = one.clone();
            self.happen(&one);
        }
        while let Some(key) = self.next_to_fire() {
            self.fire(key);
        }
    }

    fn happen(&mut self, one: &Entry) {
        if let Some(firing) = one.firing() {
            let outcome = match (firing.attached, firing.started_at) {
                (false, _) => Outcome::Lost,
                (true, None) => Outcome::Unavailable,
                (true, Some(_)) => Outcome::TimedOut,
            };
            if firing.attached {
                self.waits.push(format!("cancel {:?} time limit", one.key));
            }
            // P-08: the others' turn.
            self.last_owner = Some(one.key.owner());
            self.end(firing.serial, outcome, None);
        } else if one.expires_at.is_some_and(|at| at <= self.now) {
            self.forget(one.key);
        } else if let Some(one) = self.find_mut(one.key) {
            one.state = State::Due;
        }
    }

    /// P-07, P-08.
    fn next_to_fire(&self) -> Option<Key> {
        let due = self
            .book
            .entries
            .iter()
            .filter(|one| matches!(one.state, State::Due) && self.blockers(one).is_empty());
        let due: Vec<&Entry> = due.collect();
        let under_share = |one: &&&Entry| self.out_of(one.key.owner()) < self.owner_slots;
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

    fn fire(&mut self, key: Key) {
        self.serials += 1;
        let (serial, now) = (self.serials, self.now);
        let Some(one) = self.find_mut(key) else { return };
        let next = now + 5 * MINUTE * 3_u32.pow(one.attempts);
        let last_chance = one.expires_at.is_some_and(|at| one.attempts == 2 || next >= at);
        one.state = State::Firing(Firing {
            serial,
            sent_at: now,
            started_at: None,
            deadline: now + 30 * SECOND,
            last_chance,
            reregistered: false,
            attached: true,
            delivered: false,
        });
        self.last_owner = Some(key.owner());
        self.last_worker.insert(key.owner(), key.worker());
        let chance = if last_chance { " last chance" } else { "" };
        self.sent.push(serial);
        self.waits.push(format!("wake {key:?}{chance}"));
    }

    /// Section 4: all that holds it.
    fn blockers(&self, one: &Entry) -> Vec<&'static str> {
        let mut codes = Vec::new();
        match one.state {
            State::Firing(_) => return codes,
            State::Period(_) => codes.push("NOT_DUE"),
            State::BackOff(_) => codes.push("BACKOFF"),
            State::Due => {}
        }
        match self.sessions.get(&one.key.profile) {
            Some(Session { capacity, ready: true }) => {
                let here = self
                    .firing()
                    .filter(|(key, firing)| key.profile == one.key.profile && firing.attached);
                if here.count() >= *capacity || self.firing().count() >= self.slots {
                    codes.push("CONCURRENCY");
                }
            }
            Some(_) | None => codes.push("BROWSER_CLOSED"),
        }
        match self.facts.network {
            None if self.now < self.started + 3 * SECOND => codes.push("STARTING"),
            None | Some(None) => codes.push("OFFLINE"),
            Some(Some(_)) if self.now < self.facts.settled_at() => codes.push("SETTLING"),
            Some(Some(_)) => {}
        }
        if let Some(Power { battery_percent: Some(percent), on_battery: true }) = self.facts.power {
            match (percent, one.key.kind) {
                (..=5, _) => codes.push("BATTERY_CRITICAL"),
                (..=20, SyncKind::Periodic) => codes.push("BATTERY_LOW"),
                (_, SyncKind::OneOff | SyncKind::Periodic) => {}
            }
        }
        if self.facts.sleep == Sleep::Suspending {
            codes.push("SUSPENDING");
        }
        if self.facts.store == StoreAccess::ReadOnly {
            codes.push("STORE_READ_ONLY");
        }
        codes
    }

    fn firing(&self) -> impl Iterator<Item = (Key, Firing)> {
        self.book.entries.iter().filter_map(|one| Some((one.key, one.firing()?)))
    }

    fn out_of(&self, owner: usize) -> usize {
        self.firing().filter(|(key, _)| key.owner() == owner).count()
    }

    fn find(&self, key: Key) -> Option<&Entry> {
        self.book.entries.iter().find(|one| one.key == key)
    }

    fn find_mut(&mut self, key: Key) -> Option<&mut Entry> {
        self.book.entries.iter_mut().find(|one| one.key == key)
    }

    fn by_serial(&mut self, serial: u64) -> Option<&mut Entry> {
        let is_it = |one: &&mut Entry| one.firing().is_some_and(|firing| firing.serial == serial);
        self.book.entries.iter_mut().find(is_it)
    }

    /// The whole list in words, to be compared.
    pub(super) fn words(&self) -> Vec<String> {
        self.book.entries.iter().map(|one| one.words(&self.blockers(one))).collect()
    }
}
