//! What the core really writes reads back, whatever it was driven to, with starts in between.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
    sync::Arc,
    time::Duration,
};

use fastrand::Rng;
use pwasync_core::{
    Caller, EngagementReport, NewLease, NewRegistration, NewSchedule, NewSession, Scheduler,
    Viewer,
    attempt::{Finished, Outcome},
    constraints::{Constraints, Transport},
    effect::{Effect, Record, Wake},
    engagement::{EventKind, Level, Points},
    event::Event,
    facts::{
        Connection, Connectivity, DefaultRoute, Family, Link, LinkKind, Manager, Metered, Netlink,
        NetworkId, Power, Reach, Source,
    },
    key::{
        AppId, OwnerId, ProfileId, ProfileKey, RegistrationKey, Scope, SessionId, SyncKind, Tag,
        WorkerKey,
    },
    lease::{FactValue, Leased, Subject},
    policy::Policy,
    registration::State,
    saved::Saved,
    site::{PermissionState, SiteKey},
    time::{Timestamp, WallClock},
    wall::{UtcOffset, WallTime},
};
use pwasyncd::store::{Store, batch::Batch, memory::MemoryStore};

use super::support::{FRAME, START};

#[test]
fn what_the_core_writes_reads_back() {
    let mut seen = Seen::default();
    for seed in 0..60 {
        let mut driven = Driven::start(seed);
        for _ in 0..250 {
            driven.step();
            seen.note(&driven.mirror);
        }
        driven.reopen();
    }
    // What never came about was not tried.
    let Seen { sites, profiles, leases, history, spent, suspended, planned, brought } = seen;
    let missed = [sites, profiles, leases, history, spent, suspended, planned, brought];
    assert_eq!(missed.map(|times| times > 0), [true; 8], "{seen:?}");
}

/// How often the rarer contents were there.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    sites: usize,
    profiles: usize,
    leases: usize,
    history: usize,
    spent: usize,
    suspended: usize,
    planned: usize,
    brought: usize,
}

impl Seen {
    fn note(&mut self, mirror: &Mirror) {
        self.sites += mirror.saved.sites.len();
        self.profiles += mirror.saved.profiles.len();
        self.leases += mirror.leases.len();
        self.history += mirror.history.len();
        self.spent += mirror.saved.sites.values().filter(|site| !site.spent.is_empty()).count();
        for registration in mirror.registrations.values() {
            self.suspended += usize::from(matches!(registration.state, State::Suspended { .. }));
            self.planned += usize::from(registration.plan().is_some());
            self.brought += usize::from(registration.brought_forward > 0);
        }
    }
}

/// What the core wrote, by its own numbers and names.
#[derive(Default)]
struct Mirror {
    /// What stands in maps there too.
    saved: Saved,
    registrations: BTreeMap<u64, pwasync_core::registration::Registration>,
    leases: BTreeMap<u64, pwasync_core::lease::Lease>,
    history: BTreeMap<u64, pwasync_core::history::Entry>,
}

impl Mirror {
    fn write(&mut self, record: Record) {
        match record {
            Record::Save(one) => drop(self.registrations.insert(one.id.number(), *one)),
            Record::Delete(id) => drop(self.registrations.remove(&id.number())),
            Record::SaveCounters(counters) => self.saved.counters = counters,
            Record::SaveOwner { owner, name } => drop(self.saved.owners.insert(owner, name)),
            Record::SaveSite(site) | Record::NoteSite(site) => {
                drop(self.saved.sites.insert(site.0, site.1))
            }
            Record::DeleteSite(key) => drop(self.saved.sites.remove(&key)),
            Record::SaveProfile(profile) | Record::NoteProfile(profile) => {
                drop(self.saved.profiles.insert(profile.0, profile.1));
            }
            Record::DeleteProfile(key) => drop(self.saved.profiles.remove(&key)),
            Record::SaveLease(lease) => drop(self.leases.insert(lease.id.number(), lease)),
            Record::DeleteLease(id) => drop(self.leases.remove(&id.number())),
            Record::SaveEntry(entry) => drop(self.history.insert(entry.sequence, *entry)),
            Record::DeleteEntry(sequence) => drop(self.history.remove(&sequence)),
            Record::SaveEpoch(_) | Record::EraseCopies => {}
        }
    }

    fn saved(&self) -> Saved {
        // As a store does: what is there has been counted.
        let mut counters = self.saved.counters;
        let highest = self.registrations.keys().next_back().copied().unwrap_or_default();
        counters.last_registration = counters.last_registration.max(highest);
        Saved {
            counters,
            registrations: self.registrations.values().cloned().collect(),
            leases: self.leases.values().cloned().collect(),
            history: self.history.values().cloned().collect(),
            ..self.saved.clone()
        }
    }
}

struct Driven {
    random: Rng,
    now: Timestamp,
    core: Scheduler,
    store: MemoryStore,
    mirror: Mirror,
    sessions: Vec<SessionId>,
    wakes: Vec<Wake>,
}

impl Driven {
    fn start(seed: u64) -> Self {
        let mut store = MemoryStore::new();
        let opened = store.open(FRAME).unwrap();
        let now = Timestamp::from_millis(START);
        let core = Scheduler::restore(now, policy(), opened.epoch, opened.saved);
        let random = Rng::with_seed(seed);
        let (sessions, wakes) = (Vec::new(), Vec::new());
        Self { random, now, core, store, mirror: Mirror::default(), sessions, wakes }
    }

    /// Does something, and writes what the core wants written.
    fn step(&mut self) {
        // Often so little that a back-off still stands when the network returns.
        let longest = if self.random.u8(0..6) > 0 { 60 } else { 7_200 };
        self.now = self.now + Duration::from_secs(self.random.u64(0..longest));
        match self.random.u8(0..16) {
            0..=3 => self.register(),
            4 => self.attach(),
            5 | 6 => self.engage(),
            7 => self.permit(),
            8 => self.install(),
            9 => self.lease(),
            10 | 11 => self.change_host(),
            12 | 13 => self.answer(),
            14 => self.step_clock(),
            _ => self.clear(),
        }
        self.core.handle_timeout(self.now);
        self.write();
        if self.random.u8(0..20) == 0 {
            self.reopen();
        }
    }

    fn write(&mut self) {
        let mut batch = Batch::default();
        while let Some(effect) = self.core.poll_effect() {
            match effect {
                Effect::Record(record) => {
                    self.mirror.write(record.clone());
                    batch.push(record);
                }
                Effect::Wake(wake) => self.wakes.push(wake),
                Effect::CloseSession { session, .. } => self.sessions.retain(|one| *one != session),
                Effect::Cancel { .. }
                | Effect::Recorded { .. }
                | Effect::Launch { .. }
                | Effect::LaunchCancel { .. }
                | Effect::CloseLauncher(_)
                | Effect::Notify(_)
                | Effect::Inhibit(_)
                | Effect::WakeMachine(_)
                | Effect::HostChanged
                | Effect::CheckConnection(_) => {}
            }
        }
        self.store.commit(&batch, FRAME).unwrap();
    }

    /// The process ends and starts again.
    fn reopen(&mut self) {
        let opened = self.store.open(FRAME).unwrap();
        assert_eq!(opened.set_aside, []);
        assert_eq!(opened.saved, self.mirror.saved());
        self.core = Scheduler::restore(self.now, policy(), opened.epoch, opened.saved);
        self.sessions.clear();
        self.wakes.clear();
        self.write();
    }

    fn register(&mut self) {
        let site = self.site();
        let scope = Scope::parse(&format!("{}/a/", site.origin)).unwrap();
        let kind = if self.random.bool() { SyncKind::OneOff } else { SyncKind::Periodic };
        let interval = Duration::from_secs(self.random.u64(0..200_000));
        let key = RegistrationKey {
            worker: Arc::new(WorkerKey { profile: site.profile, scope }),
            kind,
            tag: Tag::parse(&format!("tag {}", self.random.u8(0..4))).unwrap(),
        };
        let new = NewRegistration {
            app: self.random.bool().then(|| app(self.random.u8(0..3))),
            schedule: match kind {
                SyncKind::OneOff => NewSchedule::OneOff { expires_in: None },
                SyncKind::Periodic => NewSchedule::Periodic { min_interval: interval },
            },
            constraints: match self.random.u8(0..4) {
                0 => Constraints {
                    transports: [Transport::Wifi].into_iter().collect(),
                    known_network: true,
                    ..Constraints::default()
                },
                _ => Constraints::default(),
            },
            key,
        };
        let caller = caller(new.key.owner());
        // A refusal writes nothing.
        let _ = self.core.register(self.now, &caller, new);
    }

    fn attach(&mut self) {
        let new = NewSession {
            profile: self.site().profile,
            capacity: None,
            running: Vec::new(),
            finished: Vec::new(),
            launch: None,
        };
        let opened = self.core.open_session(self.now, new);
        self.core.handle_event(self.now, Event::SessionReady(opened.id));
        self.sessions.push(opened.id);
    }

    fn engage(&mut self) {
        let site = self.site();
        let wall = WallTime::of(self.now, self.core.wall_clock());
        let report = match self.random.u8(0..8) {
            0 => EngagementReport::Level(Level::None),
            1 => EngagementReport::Score(Points::nearest(self.random.f64() * 100.0)),
            _ => EngagementReport::Events(vec![(EventKind::Navigation, wall); 2]),
        };
        let _ = self.core.report_engagement(self.now, &caller(site.profile.owner), &site, &report);
    }

    fn permit(&mut self) {
        let site = self.site();
        let kind = if self.random.bool() { SyncKind::OneOff } else { SyncKind::Periodic };
        let states = [PermissionState::Granted, PermissionState::Granted, PermissionState::Denied];
        let state = states[self.random.usize(0..3)];
        let caller = caller(site.profile.owner);
        let _ = self.core.set_permission(self.now, &caller, &site, kind, state);
    }

    fn install(&mut self) {
        let site = self.site();
        let scope = Scope::parse(&format!("{}/", site.origin)).unwrap();
        let apps = (0..3).filter(|_| self.random.bool()).map(|one| (app(one), scope.clone()));
        let apps = apps.collect::<BTreeMap<_, _>>();
        let caller = caller(site.profile.owner);
        let _ = self.core.set_installed_apps(self.now, &caller, &site.profile, apps);
    }

    fn lease(&mut self) {
        let site = self.site();
        let owner = site.profile.owner;
        let subject = match self.random.u8(0..4) {
            0 => Subject::All,
            1 => Subject::Owner(owner),
            2 => Subject::Origin(owner, site.origin),
            _ => Subject::App(owner, app(1)),
        };
        let what = match self.random.u8(0..4) {
            0 => Leased::Pause,
            1 => Leased::Override(FactValue::Network(Reach::Online)),
            2 => Leased::Override(FactValue::Battery(90)),
            _ => Leased::Override(FactValue::Transport(Transport::Wifi)),
        };
        let lasts = Duration::from_secs(self.random.u64(60..9_000));
        let new = NewLease { subject, what, place: None, lasts, reason: "a trial".into() };
        self.core.lease(self.now, Viewer::Administrator, new).unwrap();
    }

    fn change_host(&mut self) {
        let event = match self.random.u8(0..3) {
            0 => Event::NetlinkChanged(netlink(self.random.u8(0..4))),
            1 => Event::PowerChanged(Source::Present(Power {
                battery_percent: Some(self.random.u8(10..=100)),
                on_battery: self.random.bool(),
                ..Power::MAINS
            })),
            _ => Event::ManagerChanged(Manager::of_link(
                "wlan0",
                Connection {
                    connectivity: Connectivity::Full,
                    metered: if self.random.bool() { Metered::No } else { Metered::Yes },
                    roaming: Some(false),
                    transport: Some(Transport::Wifi),
                    network: Some(NetworkId::new(self.random.u64(0..3))),
                },
            )),
        };
        self.core.handle_event(self.now, event);
    }

    fn answer(&mut self) {
        for wake in std::mem::take(&mut self.wakes) {
            if !self.sessions.contains(&wake.session) {
                continue;
            }
            let Wake { session, attempt, .. } = wake;
            self.core.handle_event(self.now, Event::AttemptStarted { session, attempt });
            self.now = self.now + Duration::from_secs(2);
            let outcomes = [
                Outcome::Completed,
                Outcome::Rejected,
                Outcome::Rejected,
                Outcome::Offline,
                Outcome::Unavailable,
            ];
            let outcome = outcomes[self.random.usize(0..outcomes.len())];
            let detail = "x".repeat(self.random.usize(0..1_000)).into();
            let finished = Finished { attempt, outcome, detail, retry_after: None };
            self.core.handle_event(self.now, Event::AttemptFinished { session, finished });
        }
    }

    fn step_clock(&mut self) {
        let wall = WallClock {
            offset_millis: self.random.i64(-100_000..100_000),
            utc_offset: UtcOffset::from_seconds(self.random.i32(-12..=12) * 3_600),
        };
        self.core.handle_event(self.now, Event::WallClockChanged(wall));
    }

    fn clear(&mut self) {
        let site = self.site();
        if self.random.u8(0..4) == 0 {
            self.core.clear_origin(self.now, &caller(site.profile.owner), &site);
        }
    }

    fn site(&mut self) -> SiteKey {
        let owner = OwnerId::from_uid(self.random.u32(1_000..1_002)).unwrap();
        let browser = if self.random.bool() { "chromium" } else { "firefox" };
        let profile = ProfileId::parse(browser, "Default").unwrap();
        let origin = format!("https://s{}.example", self.random.u8(0..3)).into();
        SiteKey { profile: ProfileKey { owner, profile }, origin }
    }
}

fn caller(owner: OwnerId) -> Caller {
    Caller { owner, name: format!("user{}", owner.uid()).into() }
}

fn app(number: u8) -> AppId {
    AppId::parse(&format!("https://s0.example/{number}")).unwrap()
}

/// Small shares, so that what is full makes room, and budgets, so that they are spent.
fn policy() -> Policy {
    let mut policy = Policy { history: 300, owner_history: 200, ..Policy::default() };
    policy.rules.wakes_a_day = Some(9);
    policy
}

/// Offline, or one of the networks.
fn netlink(network: u8) -> Netlink {
    let online = network > 0;
    let link = Link {
        index: 2,
        name: "wlan0".into(),
        kind: LinkKind::Ordinary,
        carrier: online,
        carrier_losses: 0,
        global_v4: online,
        global_v6: false,
    };
    let route = DefaultRoute {
        gateway: Some(Ipv4Addr::new(192, 0, 2, network).into()),
        family: Family::V4,
        link: 2,
        metric: 100,
        link_down: false,
        network: None,
    };
    let default_routes = BTreeSet::from([network]).into_iter().filter(|one| *one > 0);
    Netlink { links: vec![link], default_routes: default_routes.map(|_| route.clone()).collect() }
}
