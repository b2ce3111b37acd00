//! The reference: a plain list that is scanned at each instant at which anything can happen.
//! Written from the design and the rules alone; slow, and short enough to be believed.

mod attempts;
mod entry;
mod launches;
mod people;
mod periods;
mod policies;
mod requests;
mod sites;
mod sleep;
mod turns;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use pwasync_core::{
    attempt::Outcome,
    key::ProfileKey,
    lease::Lease,
    policy::Policy,
    profile::Profile,
    site::{Site, SiteKey},
    time::Timestamp,
};

use self::{
    entry::{Entry, State},
    launches::{Launch, Launcher},
};
pub(super) use self::{people::GiveBack, policies::POLICIES};
use super::transition::Key;
use crate::support::facts::{Facts, HostChange};

#[derive(Clone, Copy, Debug)]
struct Session {
    capacity: usize,
    ready: bool,
    started: Started,
}

/// How a browser came to be there.
#[derive(Clone, Copy, Debug)]
enum Started {
    ByUser,
    /// After so many starts that came to nothing.
    ByLauncher(u32),
}

/// What is on disk, or would be.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    entries: Vec<Entry>,
    last_id: u64,
    last_lease: u64,
    /// The login name by which an owner is known.
    known: BTreeMap<usize, u32>,
    returned_at: Option<Timestamp>,
    pub(super) sites: BTreeMap<SiteKey, Site>,
    pub(super) profiles: BTreeMap<ProfileKey, Profile>,
    pub(super) leases: Vec<Lease>,
}

#[derive(Clone, Debug)]
pub(super) struct Reference {
    pub(super) policy: Policy,
    pub(super) now: Timestamp,
    pub(super) facts: Facts,
    pub(super) book: Book,
    /// The disk, while nothing reaches it.
    disk: Option<Book>,
    sessions: BTreeMap<usize, Session>,
    launchers: BTreeMap<usize, Launcher>,
    launches: BTreeMap<usize, Launch>,
    /// The last day on which something of a budget was spent.
    spent_day: Option<i64>,
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
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            policy,
            now: Timestamp::ZERO,
            facts: Facts::new(),
            book: Book::default(),
            disk: None,
            sessions: BTreeMap::new(),
            launchers: BTreeMap::new(),
            launches: BTreeMap::new(),
            spent_day: None,
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
        for launch in self.launches.values_mut() {
            launch.delivered = true;
        }
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
        self.sessions.clear();
        self.launchers.clear();
        self.launches.clear();
        self.spent_day = None;
        self.last_owner = None;
        self.last_worker.clear();
        for one in &mut self.book.entries {
            if let State::Firing(firing) = &mut one.state {
                firing.attached = false;
            }
        }
        let known = std::mem::replace(&mut self.facts, Facts::new());
        (self.facts.started, self.facts.reaches_since) = (self.now, self.now);
        self.facts.wall = known.wall;
        self.scan();
        self.facts = known;
        self.facts.returned_at = self.book.returned_at;
        self.facts.tell_again(self.now, &self.policy);
        // Sources that speak for the first time bring no network back.
        self.book.returned_at = self.facts.returned_at;
    }

    /// Time passes from instant to instant, each looked up in the whole list.
    pub(super) fn pass(&mut self, by: Duration) {
        let end = self.now + by;
        loop {
            self.finish_step();
            let next = self.instants().into_iter().filter(|at| *at > self.now && *at <= end).min();
            let Some(next) = next else { break };
            self.now = next;
        }
        self.now = end;
    }

    /// When something happens to a registration by itself.
    pub(super) fn next_instant(&self) -> Option<Timestamp> {
        let own = self.book.entries.iter().filter_map(|one| self.instant(one));
        own.chain(self.instants()).filter(|at| *at > self.now).min()
    }

    /// All instants at which anything can happen, or may look different.
    fn instants(&self) -> Vec<Timestamp> {
        let (policy, facts) = (&self.policy, &self.facts);
        let mut all = vec![
            facts.started + policy.starting_limit,
            facts.reaches_since + policy.limited_grace,
            facts.wall.local(self.now).next_midnight().to_core(facts.wall),
        ];
        all.extend(facts.settled_at);
        all.extend(self.cut_at());
        all.extend(self.launches.values().map(|launch| launch.until));
        for lease in &self.book.leases {
            all.extend([lease.until, lease.since + policy.limited_grace]);
        }
        for one in &self.book.entries {
            all.extend(self.instant(one));
            all.extend(self.stale_at(one));
            all.extend(one.last.map(|(sent_at, _)| sent_at + policy.limited_gap));
            all.extend(one.plan.map(|plan| plan.due).into_iter().chain(one.back_off_earliest()));
        }
        all
    }

    pub(super) fn jump(&mut self, by: Duration) {
        self.now = self.now + by;
    }

    pub(super) fn host(&mut self, change: HostChange) {
        self.scan();
        self.facts.change(self.now, change, &self.policy);
        self.book.returned_at = self.facts.returned_at;
    }

    pub(super) fn new_login(&mut self, owner: usize) {
        self.logins[owner] += 1;
    }

    /// Another policy. What was promised stays: plans, waits and limits of what runs.
    pub(super) fn set_policy(&mut self, policy: &Policy) {
        self.scan();
        self.policy = policy.clone();
    }

    /// All that is due happens, in order; then whatever may run is woken.
    fn scan(&mut self) {
        self.end_leases();
        self.end_launches();
        self.cut_for_sleep();
        loop {
            let due = self.book.entries.iter().filter_map(|one| Some((self.instant(one)?, one)));
            let due = due.filter(|(at, _)| *at <= self.now);
            let Some((_, one)) = due.min_by_key(|(at, one)| (*at, one.id)) else { break };
            let one = one.clone();
            self.happen(&one);
        }
        self.fire_what_may();
        self.start_browsers();
    }

    /// When something happens to an entry by itself.
    fn instant(&self, one: &Entry) -> Option<Timestamp> {
        let waits = match one.state {
            State::Firing(firing) => return Some(firing.deadline),
            State::Period(until) | State::BackOff { until, .. } => Some(until),
            State::Due | State::Suspended(_) => None,
        };
        let ends = [waits, one.expires_at, self.uninstalled_ends(one)];
        ends.into_iter().flatten().min()
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
            return;
        }
        let expired = one.expires_at.is_some_and(|at| at <= self.now);
        if expired || self.uninstalled_ends(one).is_some_and(|at| at <= self.now) {
            self.forget(one.key);
        } else if let Some(one) = self.find_mut(one.key) {
            one.state = State::Due;
        }
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
