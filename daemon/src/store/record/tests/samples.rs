//! The records whose stored form lies in the sample files.

use std::{sync::Arc, time::Duration};

use pwasync_core::{
    attempt::{Attempt, Ended, Outcome, Progress},
    blocker::BlockerCode,
    change::{Charge, RegistrationChange, RemovalReason},
    constraints::{Constraints, Transport},
    engagement::{Level, Points, ProfileEngagement, Reported, Reports, Score},
    facts::{Facts, NetworkId, Reach},
    history::Entry,
    hours::{Hour, Hours},
    key::{
        AppId, AttemptId, OwnerId, ProfileId, ProfileKey, RegistrationId, RegistrationKey, Scope,
        SyncKind, Tag, WorkerKey,
    },
    lease::{FactValue, Lease, LeaseId, Leased, Subject},
    period::{Plan, Slot},
    profile::{Apps, Profile, Removed},
    registration::{FreeEnding, Registration, Reregistered, Schedule, State, Streak, Wait},
    saved::Counters,
    site::{PermissionSet, PermissionState, Permissions, Site, SiteKey, Spent},
    time::Timestamp,
    wall::WallTime,
};

use crate::store::record::Record;

/// A registration of each kind, between them with every field.
pub(super) fn of_v1() -> (Registration, Registration) {
    let profile = ProfileKey {
        owner: OwnerId::from_uid(1_000).unwrap(),
        profile: ProfileId::parse("chromium", "Profile 1").unwrap(),
    };
    let scope = Scope::parse("https://example.org/outbox/").unwrap();
    let worker = Arc::new(WorkerKey { profile, scope });
    let one_off = Registration {
        id: RegistrationId::new(41),
        key: RegistrationKey {
            worker: Arc::clone(&worker),
            kind: SyncKind::OneOff,
            tag: Tag::parse("send ✉").unwrap(),
        },
        app: Some(AppId::parse("https://example.org/").unwrap()),
        constraints: Constraints::default(),
        network: None,
        schedule: Schedule::OneOff { expires_at: at(2_592_000_000) },
        registered_at: at(1),
        state: State::Firing {
            attempt: Box::new(Attempt {
                id: AttemptId { epoch: 7, counter: 3 },
                number: 3,
                last_chance: true,
                brought_forward: false,
                sent_at: at(2_000),
                progress: Progress::Started { at: at(2_100), finish_by: at(182_100) },
                run_limit: Duration::from_secs(180),
            }),
            reregistered: Reregistered::WhileFiring,
        },
        attempts: 2,
        max_attempts: 3,
        streak: Some(Streak { of: FreeEnding::LostUnstarted, length: 4 }),
        brought_forward: 0,
        last_attempt: Some(Box::new(Ended {
            id: AttemptId { epoch: 6, counter: 9 },
            number: 2,
            last_chance: false,
            sent_at: before(900_000),
            started_at: None,
            finished_at: before(1),
            outcome: Outcome::Rejected,
            detail: "TypeError: Failed to fetch".into(),
        })),
    };
    let periodic = Registration {
        id: RegistrationId::new(42),
        key: RegistrationKey { worker, kind: SyncKind::Periodic, tag: Tag::parse("").unwrap() },
        app: None,
        constraints: Constraints::default(),
        network: None,
        schedule: Schedule::Periodic {
            min_interval: Duration::from_secs(43_200).into(),
            anchor: at(0),
            plan: Plan {
                interval: Duration::from_secs(43_200).into(),
                due: at(43_200_000),
                spaced: at(43_200_000),
                goes: at(43_200_000),
                slot: Slot::Next,
            },
        },
        registered_at: at(0),
        state: State::Waiting { until: at(43_200_000), wait: Wait::Period },
        attempts: 0,
        max_attempts: 3,
        streak: None,
        brought_forward: 0,
        last_attempt: None,
    };
    (one_off, periodic)
}

/// Records of all kinds, between them with every field and most variants.
pub(in crate::store) fn of_v2() -> Vec<Record> {
    let (one_off, periodic) = of_v1();
    let suspended = Registration {
        id: RegistrationId::new(43),
        state: State::Suspended { since: at(77) },
        ..periodic.clone()
    };
    let backing_off = Registration {
        id: RegistrationId::new(41),
        constraints: Constraints {
            unmetered: true,
            transports: [Transport::Wifi, Transport::Ethernet].into_iter().collect(),
            charging: true,
            battery_not_low: true,
            known_network: true,
        },
        network: Some(NetworkId::new(u64::MAX - 1)),
        state: State::Waiting { until: at(300_000), wait: Wait::BackOff { earliest: at(30_000) } },
        brought_forward: 2,
        ..one_off.clone()
    };
    let State::Firing { attempt, .. } = &one_off.state else { panic!("it fires") };
    let attempt = Attempt { brought_forward: true, ..**attempt };
    let planned = Plan {
        interval: Duration::from_secs(86_400).into(),
        due: at(86_400_000),
        spaced: at(90_000_000),
        goes: at(100_000_000),
        slot: Slot::BeforeUsualHour,
    };
    let learned = Registration {
        schedule: Schedule::Periodic {
            min_interval: Duration::from_secs(43_200).into(),
            anchor: at(0),
            plan: planned,
        },
        ..periodic.clone()
    };
    let worker = Arc::clone(&periodic.key.worker);
    let owner = worker.profile.owner;
    let app = || AppId::parse("https://example.org/app").unwrap();
    let facts = Facts {
        reach: Reach::Limited,
        network: Some(NetworkId::new(77)),
        metered: true,
        roaming: true,
        transport: Some(Transport::Cellular),
        battery: Some(14),
        charging: Some(false),
        power_saver: true,
    };
    let entry = |sequence, what| {
        Record::Entry(Box::new(Entry {
            sequence,
            at: at(5_000),
            registration: RegistrationId::new(41),
            worker: Arc::clone(&worker),
            kind: SyncKind::OneOff,
            tag: "send ✉".into(),
            what,
            facts,
        }))
    };
    let ended = *one_off.last_attempt.clone().unwrap();
    vec![
        Record::Registration(Box::new(backing_off)),
        Record::Registration(Box::new(Registration {
            state: State::Firing { attempt: Box::new(attempt), reregistered: Reregistered::No },
            ..one_off.clone()
        })),
        Record::Registration(Box::new(suspended)),
        Record::Registration(Box::new(learned)),
        Record::Owner { owner, name: "ada".to_owned() },
        Record::Counters(Counters {
            last_registration: 43,
            last_lease: 9,
            last_entry: 0,
            returned_at: Some(before(60_000)),
        }),
        Record::Epoch(8),
        Record::SimulatedNow(at(123)),
        Record::Site { number: 1, site: Box::new((site_key(&worker), site(app()))) },
        Record::Profile { number: 2, profile: Box::new((worker.profile.clone(), profile(app()))) },
        lease(7, Subject::All, Leased::Pause),
        lease(
            8,
            Subject::Origin(owner, "https://example.org".into()),
            Leased::Override(FactValue::Network(Reach::CaptivePortal)),
        ),
        lease(9, Subject::App(owner, app()), Leased::Override(FactValue::Battery(15))),
        entry(1, RegistrationChange::Created),
        entry(2, RegistrationChange::Held(vec![BlockerCode::Starting, BlockerCode::StoreReadOnly])),
        entry(3, RegistrationChange::Woken(attempt)),
        entry(
            4,
            RegistrationChange::Finished {
                ended,
                charge: Charge::Charged,
                next_at: Some(at(300_000)),
            },
        ),
        entry(5, RegistrationChange::Removed(RemovalReason::Uninstalled)),
    ]
}

fn lease(id: u64, subject: Subject, what: Leased) -> Record {
    let (since, until) = (at(10), at(3_600_010));
    let id = LeaseId::new(id);
    Record::Lease(Lease {
        id,
        subject,
        what,
        place: None,
        since,
        until,
        reason: "a demonstration ✓".into(),
    })
}

fn site_key(worker: &WorkerKey) -> SiteKey {
    SiteKey { profile: worker.profile.clone(), origin: worker.scope.origin().into() }
}

fn site(app: AppId) -> Site {
    let mut hours = [Hour::default(); 24];
    hours[7] = Hour { weight: 131_072, day: 19_675 };
    let spent =
        |since| Spent { day: 19_675, wakes: 12, run_time: Duration::from_millis(61_234), since };
    Site {
        score: Some(Score {
            points: Points::nearest(12.75),
            today: Points::nearest(4.5),
            last: Some(WallTime::from_millis(1_699_999_000_000)),
            launched: Some(WallTime::from_millis(-1)),
            reported: Some(Reported::Level(Level::Medium)),
        }),
        hours: Hours::from_stored(hours),
        permissions: Permissions {
            one_off: Some(PermissionSet { state: PermissionState::Granted, since: at(1) }),
            periodic: Some(PermissionSet { state: PermissionState::Denied, since: before(2) }),
        },
        networks: vec![NetworkId::new(3), NetworkId::new(77)],
        spent: [(None, spent(None)), (Some(app), spent(Some(at(9))))].into_iter().collect(),
    }
}

fn profile(app: AppId) -> Profile {
    let scope = Scope::parse("https://example.org/app/").unwrap();
    let gone = AppId::parse("https://gone.example/").unwrap();
    Profile {
        engagement: ProfileEngagement {
            last: Some(WallTime::from_millis(1_699_999_000_000)),
            reports: Reports::Events,
        },
        apps: Some(Apps {
            since: before(5),
            installed: [(app, scope.clone())].into_iter().collect(),
            removed: [(gone, Removed { scope, at: at(6) })].into_iter().collect(),
        }),
    }
}

const START: u64 = 1_700_000_000_000;

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(START + millis)
}

fn before(millis: u64) -> Timestamp {
    Timestamp::from_millis(START - millis)
}
