//! The scheduler in a world of its own, after the manner of quinn's `Pair`: a clock that jumps to
//! the next deadline, a disk that can be slow, browsers, crashes. What must always hold is asserted
//! after every input.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    time::Duration,
};

use pwasync_core::{
    Force, NewSession, OpenedSession, Scheduler, Viewer, WakeReason,
    attempt::Finished,
    effect::{Effect, Inhibition, Record, Wake},
    event::Event,
    holdings::{self, Holdings},
    key::{
        AttemptId, LaunchToken, LauncherId, OwnerId, ProfileId, ProfileKey, RegistrationKey,
        SessionId,
    },
    lease::Leased,
    policy::{Permission, Policy},
    registration::{Registration, State},
    saved::Saved,
    site::{PermissionState, SiteKey},
    time::Timestamp,
};

use super::{
    asks::{self, Asks},
    disk::Disk,
    facts::{Facts, HostChange},
};

/// Whether what the core writes is on disk at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Commits {
    AtOnce,
    /// Nothing reaches the disk, and nothing leaves, until [`World::commit`].
    Held,
}

/// How much is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checks {
    /// Everything, after each input.
    All,
    /// Each wake, but not the whole state: for worlds that live long.
    Wakes,
}

/// What left the daemon.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Left {
    Effect(Effect),
    Reply(String),
}

/// The records of one input and what waits for them.
#[derive(Clone, Debug, Default)]
struct Batch {
    reply: Option<String>,
    effects: Vec<Effect>,
}

/// A browser that is attached.
#[derive(Clone, Debug)]
pub(crate) struct Attached {
    pub(crate) id: SessionId,
    capacity: Option<u32>,
    ready: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) scheduler: Scheduler,
    pub(crate) facts: Facts,
    pub(crate) commits: Commits,
    /// The attached browsers.
    pub(crate) browsers: BTreeMap<ProfileKey, Attached>,
    /// Starts of browsers that a launcher has been asked for.
    pub(crate) launches: BTreeMap<ProfileKey, (LauncherId, LaunchToken)>,
    /// The attached launchers.
    pub(crate) launchers: BTreeMap<OwnerId, LauncherId>,
    /// What each can start.
    startable: BTreeMap<OwnerId, BTreeSet<ProfileId>>,
    pub(crate) policy: Policy,
    checks: Checks,
    epoch: u64,
    /// Whether sleep is delayed.
    inhibition: Inhibition,
    /// What is on disk.
    disk: Disk,
    /// What will be once all that waits is flushed.
    memory: Disk,
    /// Who asked for this input's wake passed over what holds it.
    forced: Force,
    batches: Vec<Batch>,
    left: Vec<(Timestamp, Left)>,
    /// Every attempt that ever was, and what it was for.
    attempts: BTreeMap<AttemptId, RegistrationKey>,
    /// Wakes that reached a browser.
    delivered: BTreeSet<AttemptId>,
}

impl World {
    pub(crate) fn new(policy: Policy) -> Self {
        let now = Timestamp::ZERO;
        let disk = Disk::default();
        Self {
            now,
            scheduler: Scheduler::restore(now, policy.clone(), 1, disk.read()),
            facts: Facts::new(),
            commits: Commits::AtOnce,
            browsers: BTreeMap::new(),
            launches: BTreeMap::new(),
            launchers: BTreeMap::new(),
            startable: BTreeMap::new(),
            policy,
            checks: Checks::All,
            epoch: 1,
            inhibition: Inhibition::Free,
            memory: disk.clone(),
            disk,
            forced: Force::No,
            batches: Vec::new(),
            left: Vec::new(),
            attempts: BTreeMap::new(),
            delivered: BTreeSet::new(),
        }
    }

    /// A world that lives long: its whole state is not looked at after each input.
    pub(crate) fn long_lived(policy: Policy) -> Self {
        Self { checks: Checks::Wakes, ..Self::new(policy) }
    }

    /// One input: its effects are drained into a batch, which is flushed unless commits are held.
    pub(crate) fn input<R>(&mut self, call: impl FnOnce(&mut Scheduler, Timestamp) -> R) -> R {
        self.request(call, |_| None)
    }

    /// An input with an answer, which leaves before the wakes of that input (P-14).
    pub(crate) fn request<R>(
        &mut self,
        call: impl FnOnce(&mut Scheduler, Timestamp) -> R,
        reply: impl FnOnce(&R) -> Option<String>,
    ) -> R {
        let result = call(&mut self.scheduler, self.now);
        let mut batch = Batch { reply: reply(&result), effects: Vec::new() };
        while let Some(effect) = self.scheduler.poll_effect() {
            batch.effects.push(effect);
        }
        self.take_effects(&batch.effects);
        self.batches.push(batch);
        if self.commits == Commits::AtOnce {
            self.commit();
        }
        if self.checks == Checks::All {
            self.check();
        }
        result
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.input(|scheduler, now| scheduler.handle_event(now, event));
    }

    /// Nothing but the time.
    pub(crate) fn tick(&mut self) {
        self.input(|scheduler, now| scheduler.handle_timeout(now));
    }

    pub(crate) fn host(&mut self, change: HostChange) {
        // What is overdue goes by the facts until now.
        self.tick();
        let event = self.facts.change(self.now, change, &self.policy);
        self.event(event);
    }

    /// The machine sleeps for so long, and nobody has told before.
    pub(crate) fn sleep(&mut self, by: Duration) {
        self.now = self.now + by;
        let event = self.facts.change(self.now, HostChange::Slept(by), &self.policy);
        self.event(event);
    }

    /// Jumps to the next deadline, if it is not after `limit`.
    pub(crate) fn step(&mut self, limit: Timestamp) -> Option<WakeReason> {
        let (at, reason) = self.scheduler.poll_timeout().filter(|(at, _)| *at <= limit)?;
        self.now = self.now.max(at);
        self.tick();
        Some(reason)
    }

    /// Lets time pass, one deadline after the other.
    pub(crate) fn run_until(&mut self, instant: Timestamp) {
        while self.step(instant).is_some() {}
        self.now = self.now.max(instant);
    }

    /// Flushes all that waits: first the records, then what is gated on them.
    pub(crate) fn commit(&mut self) {
        for batch in mem::take(&mut self.batches) {
            self.left.extend(batch.reply.map(|reply| (self.now, Left::Reply(reply))));
            for effect in batch.effects {
                if let Effect::Record(record) = effect {
                    self.disk.write(record);
                    continue;
                }
                if let Effect::Wake(wake) = &effect {
                    self.delivered.insert(wake.attempt);
                }
                if let Effect::Launch { launcher, profile, token } = &effect {
                    self.launches.insert(profile.clone(), (*launcher, *token));
                }
                self.left.push((self.now, Left::Effect(effect)));
            }
        }
    }

    /// A write fails: the core starts anew in the same process. A stream of the former one that
    /// ends late ends no session of this one.
    pub(crate) fn fail_commit(&mut self) {
        let (session, launcher) = (self.scheduler.last_session(), self.scheduler.last_launcher());
        self.restore();
        self.scheduler.number_sessions_after(session);
        self.scheduler.number_launchers_after(launcher);
        self.tell_again();
        self.event(Event::SessionClosed(session));
        self.event(Event::LauncherClosed(launcher));
    }

    /// The daemon dies: what is not flushed is lost, sessions are gone, facts are told again.
    pub(crate) fn crash(&mut self) {
        self.restore();
        self.tell_again();
    }

    fn restore(&mut self) {
        self.batches.clear();
        self.browsers.clear();
        self.launchers.clear();
        self.launches.clear();
        self.epoch += 1;
        self.inhibition = Inhibition::Free;
        self.memory = self.disk.clone();
        let saved = self.disk.read();
        self.scheduler = Scheduler::restore(self.now, self.policy.clone(), self.epoch, saved);
    }

    fn tell_again(&mut self) {
        for event in self.facts.tell_again(self.now, &self.policy) {
            self.event(event);
        }
    }

    /// What left since the last call.
    pub(crate) fn take_left(&mut self) -> Vec<(Timestamp, Left)> {
        mem::take(&mut self.left)
    }

    pub(crate) fn attach(
        &mut self,
        profile: &ProfileKey,
        hello: Hello,
        reply: impl FnOnce(&OpenedSession) -> Option<String>,
    ) -> OpenedSession {
        let capacity = hello.capacity;
        let new = NewSession {
            profile: profile.clone(),
            capacity,
            running: hello.running,
            finished: hello.finished,
            launch: hello.launch,
        };
        let opened = self.request(|scheduler, now| scheduler.open_session(now, new), reply);
        let browser = Attached { id: opened.id, capacity, ready: false };
        self.browsers.insert(profile.clone(), browser);
        opened
    }

    pub(crate) fn ready(&mut self, profile: &ProfileKey) {
        let Some(browser) = self.browsers.get_mut(profile) else { return };
        browser.ready = true;
        let id = browser.id;
        self.event(Event::SessionReady(id));
    }

    pub(crate) fn close(&mut self, profile: &ProfileKey) {
        if let Some(browser) = self.browsers.get(profile) {
            self.event(Event::SessionClosed(browser.id));
            self.browsers.remove(profile);
        }
    }

    /// A launcher attaches that can start these browsers.
    pub(crate) fn open_launcher(&mut self, owner: OwnerId, profiles: BTreeSet<ProfileId>) {
        self.startable.insert(owner, profiles.clone());
        let id = self.input(|scheduler, now| scheduler.open_launcher(now, owner, profiles));
        self.launchers.insert(owner, id);
    }

    /// A launcher can start these browsers from now on.
    pub(crate) fn launcher_profiles(&mut self, owner: OwnerId, profiles: BTreeSet<ProfileId>) {
        if let Some(launcher) = self.launchers.get(&owner).copied() {
            self.startable.insert(owner, profiles.clone());
            self.event(Event::LauncherProfiles { launcher, profiles });
        }
    }

    pub(crate) fn close_launcher(&mut self, owner: OwnerId) {
        if let Some(id) = self.launchers.remove(&owner) {
            self.event(Event::LauncherClosed(id));
        }
    }

    /// Another policy is in force from now on, also after a crash.
    pub(crate) fn set_policy(&mut self, policy: Policy) {
        // What is overdue goes by the policy until now.
        self.tick();
        self.policy = policy.clone();
        self.input(|scheduler, now| scheduler.set_policy(now, policy));
    }

    /// Whether the wake of this attempt reached its browser.
    pub(crate) fn was_delivered(&self, attempt: AttemptId) -> bool {
        self.delivered.contains(&attempt)
    }

    /// What an attempt was for.
    pub(crate) fn key_of(&self, attempt: AttemptId) -> &RegistrationKey {
        &self.attempts[&attempt]
    }

    /// Attempts that reached a browser and are over, the oldest first.
    pub(crate) fn ended(&self) -> impl DoubleEndedIterator<Item = AttemptId> {
        let list = self.scheduler.to_saved().registrations;
        let out: BTreeSet<_> = list.iter().filter_map(|one| Some(one.running()?.id)).collect();
        self.delivered.iter().copied().filter(move |attempt| !out.contains(attempt))
    }

    pub(crate) fn run_now(
        &mut self,
        ask: impl FnOnce(&mut Scheduler, Timestamp, Force) -> Option<String>,
        force: Force,
    ) {
        self.forced = force;
        self.request(|scheduler, now| ask(scheduler, now, force), Clone::clone);
        self.forced = Force::No;
    }

    /// A copy that is restored from the disk as it is now, with facts and sessions told again.
    /// Attempts that are out go on in both.
    pub(crate) fn reloaded(&self) -> (Self, Self) {
        let mut stayed = self.clone();
        stayed.commits = Commits::AtOnce;
        stayed.commit();
        stayed.tick();
        let mut running: BTreeMap<ProfileKey, Vec<AttemptId>> = BTreeMap::new();
        for one in stayed.scheduler.to_saved().registrations {
            let profile = one.key.worker.profile.clone();
            let Some(attempt) = one.running() else { continue };
            let Some(browser) = stayed.browsers.get(&profile) else { continue };
            let (session, attempt) = (browser.id, attempt.id);
            stayed.event(Event::AttemptStarted { session, attempt });
            running.entry(profile).or_default().push(attempt);
        }
        let mut fresh = stayed.clone();
        let (browsers, launchers) =
            (mem::take(&mut fresh.browsers), mem::take(&mut fresh.launchers));
        fresh.crash();
        for (profile, browser) in browsers {
            let running = running.remove(&profile).unwrap_or_default();
            let hello = Hello { capacity: browser.capacity, running, ..Hello::default() };
            let opened = fresh.attach(&profile, hello, |_| None);
            assert_eq!(opened.abandon, [], "an attempt on disk counts after a restart");
            if browser.ready {
                fresh.ready(&profile);
            }
        }
        for owner in launchers.into_keys() {
            let startable = fresh.startable.get(&owner).cloned().unwrap_or_default();
            fresh.open_launcher(owner, startable);
        }
        (stayed, fresh)
    }

    /// Notes what is to be written, and looks at each wake by what was written before it.
    fn take_effects(&mut self, effects: &[Effect]) {
        let mut saved = BTreeSet::new();
        for effect in effects {
            match effect {
                Effect::Record(record) => {
                    if let Record::Save(registration) = record {
                        saved.extend(registration.running().map(|attempt| attempt.id));
                    }
                    self.memory.write(record.clone());
                }
                Effect::Wake(wake) => {
                    let Wake { attempt, key, .. } = wake;
                    assert!(saved.contains(attempt), "wake {attempt} is not saved before it");
                    let before = self.attempts.insert(*attempt, key.clone());
                    assert_eq!(before, None, "attempt id {attempt} came twice");
                    assert_eq!(self.inhibition, self.inhibition_for(1), "sleep comes before it");
                    let browser = self.browsers.get(&key.worker.profile);
                    assert!(browser.is_some_and(|browser| browser.ready), "nobody hears {attempt}");
                    if self.forced == Force::No {
                        self.check_wake(wake);
                    }
                }
                Effect::Cancel { .. }
                | Effect::Recorded { .. }
                | Effect::CloseSession { .. }
                | Effect::Launch { .. }
                | Effect::LaunchCancel { .. }
                | Effect::CloseLauncher(_)
                | Effect::Notify(_)
                | Effect::HostChanged
                | Effect::WakeMachine(_)
                | Effect::CheckConnection(_) => {}
                Effect::Inhibit(inhibition) => {
                    assert_ne!(self.inhibition, *inhibition, "it was so already");
                    self.inhibition = *inhibition;
                }
            }
        }
    }

    /// Sleep is delayed exactly while events run.
    fn inhibition_for(&self, running: usize) -> Inhibition {
        let limit = self.policy.suspend.delay;
        if running == 0 || limit.is_zero() {
            return Inhibition::Free;
        }
        Inhibition::Wanted { limit }
    }

    /// No wake while a requirement is unmet.
    fn check_wake(&self, wake: &Wake) {
        let one = self.memory.registration(wake.registration).unwrap();
        let Registration { key, app, .. } = one;
        let rules = self.policy.rules_for(key.worker.scope.origin(), app.as_ref());
        let leases = self.scheduler.leases(Viewer::Administrator);
        let paused = leases
            .iter()
            .find(|lease| lease.what == Leased::Pause && lease.subject.covers(key, app.as_ref()));
        assert_eq!(paused, None, "{wake:?} is paused");
        assert_eq!(rules.of(key.kind).permission, Permission::Allowed, "{wake:?} is denied");
        let site = self.memory.site(&SiteKey::of(key));
        let said = site.and_then(|site| site.permissions.of(key.kind)).map(|said| said.state);
        assert_ne!(said, Some(PermissionState::Denied), "{wake:?} is denied");
        let asks = Asks {
            kind: key.kind,
            rules,
            constraints: one.constraints,
            stale_at: asks::stale_at(one, &rules),
            last_sent: one.last_attempt.as_ref().map(|ended| ended.sent_at),
            registered_on: one.network,
            used_on: site.map_or(&[][..], |site| &site.networks),
            overrides: asks::overrides(leases.iter(), key, app.as_ref()),
        };
        let unmet = asks.unmet(&self.facts, self.now, &self.policy);
        assert_eq!(unmet, [""; 0], "{wake:?} in spite of {:?}", self.facts);
        if let (Some(plan), 0, None) = (one.plan(), one.attempts, one.streak) {
            assert!(plan.due <= self.now, "{wake:?} before its interval has passed");
        }
    }

    /// What holds after every input.
    fn check(&self) {
        let scheduler = &self.scheduler;
        if let Some((at, reason)) = scheduler.poll_timeout() {
            assert!(at > self.now, "{reason:?} at {at:?} is not after {:?}", self.now);
        }
        let saved = scheduler.to_saved();
        assert_eq!(self.memory.read(), saved, "what was written and memory differ");
        let (mut keys, mut out) = (BTreeSet::new(), BTreeSet::new());
        for one in saved.registrations.iter() {
            assert!(keys.insert(&one.key), "{:?} is registered twice", one.key);
            assert!(one.attempts < one.max_attempts, "{one:?} was charged too often");
            if let State::Firing { attempt, .. } = &one.state {
                assert!(out.insert(attempt.id), "{} is out twice", attempt.id);
                assert!(attempt.number <= one.max_attempts, "{one:?} is tried too often");
                assert_eq!(attempt.number, one.attempts + 1, "{one:?} is misnumbered");
            } else {
                let view = scheduler.registration(self.now, &one.key).unwrap();
                assert_ne!(view.blockers, [], "{one:?} waits for nothing");
            }
        }
        for lease in &saved.leases {
            assert!(lease.until > self.now, "{lease:?} has not ended");
        }
        assert_eq!(*scheduler.holdings(), weighed(&saved), "what is kept is weighed wrongly");
        let running = scheduler.attempts_with_session();
        assert!(running <= out.len());
        assert_eq!(self.inhibition, self.inhibition_for(running), "{running} events run");
        let mut again = scheduler.clone();
        again.handle_timeout(self.now);
        assert_eq!(again.poll_effect(), None, "an early timeout is not harmless");
    }
}

/// What is kept, weighed anew.
fn weighed(saved: &Saved) -> Holdings {
    let registrations = saved.registrations.iter().map(|one| {
        let (owner, bytes) = (one.key.owner(), holdings::registration_bytes(one));
        (owner, bytes)
    });
    let sites = saved.sites.iter();
    let sites = sites.map(|(key, site)| (key.profile.owner, holdings::site_bytes(key, site)));
    let profiles = saved.profiles.iter();
    let profiles = profiles.map(|(key, one)| (key.owner, holdings::profile_bytes(key, one)));
    let leases = saved.leases.iter().filter_map(|lease| {
        Some((
            lease.subject.owner()?,
            holdings::lease_bytes(&lease.subject, lease.place.as_ref(), &lease.reason),
        ))
    });
    registrations.chain(sites).chain(profiles).chain(leases).collect()
}

/// What a browser says first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hello {
    pub(crate) capacity: Option<u32>,
    pub(crate) running: Vec<AttemptId>,
    pub(crate) finished: Vec<Finished>,
    pub(crate) launch: Option<LaunchToken>,
}
