//! Anything that the other records can hold.

use std::sync::Arc;

use proptest::{collection, option, prelude::*, sample};
use pwasync_core::{
    blocker::BlockerCode,
    change::{Charge, RegistrationChange, RemovalReason},
    engagement::{Level, Points, ProfileEngagement, Reported, Reports, Score},
    facts::{Facts, Reach},
    history::Entry,
    hours::{Hour, Hours},
    key::{AppId, OwnerId, RegistrationId, Scope, SyncKind},
    lease::{FactValue, Lease, LeaseId, Leased, Subject},
    place::Place,
    profile::{Apps, Profile, Removed},
    saved::Counters,
    site::{PermissionSet, PermissionState, Permissions, Site, SiteKey, Spent},
    time::Timestamp,
    wall::WallTime,
};

use super::strategies::{
    attempts, durations, endings, instants, keys, networks, registrations, transports,
};
use crate::store::record::{HIGHEST_GIVEN, Record};

/// Records of all kinds.
pub(in crate::store) fn records() -> impl Strategy<Value = Record> {
    let name = (owners(), ".{0,40}").prop_map(|(owner, name)| Record::Owner { owner, name });
    let number = 0..=HIGHEST_GIVEN;
    prop_oneof![
        registrations().prop_map(|one| Record::Registration(Box::new(one))),
        name,
        counters().prop_map(Record::Counters),
        any::<u64>().prop_map(Record::Epoch),
        any::<u64>().prop_map(|now| Record::SimulatedNow(Timestamp::from_millis(now))),
        (number.clone(), site_keys(), sites())
            .prop_map(|(number, key, site)| Record::Site { number, site: Box::new((key, site)) }),
        (number, keys(), profiles()).prop_map(|(number, (worker, _), profile)| {
            let profile = Box::new((worker.profile.clone(), profile));
            Record::Profile { number, profile }
        }),
        leases().prop_map(Record::Lease),
        entries().prop_map(|entry| Record::Entry(Box::new(entry))),
    ]
}

fn counters() -> impl Strategy<Value = Counters> {
    (any::<(u64, u64, u64)>(), option::of(instants())).prop_map(
        |((last_registration, last_lease, last_entry), returned_at)| Counters {
            last_registration,
            last_lease,
            last_entry,
            returned_at,
        },
    )
}

fn owners() -> impl Strategy<Value = OwnerId> {
    (0..65_534_u32).prop_map(|uid| OwnerId::from_uid(uid).unwrap())
}

fn origins() -> impl Strategy<Value = Arc<str>> {
    prop_oneof![
        "https://[a-z]{1,40}\\.example",
        "https://[a-z]{1,9}\\.example:8[0-9]{2}",
        "http://localhost:[1-9][0-9]{3}",
        "https://\\[2001:db8::[1-9a-f]{1,4}\\]",
    ]
    .prop_map(Arc::from)
}

fn site_keys() -> impl Strategy<Value = SiteKey> {
    (keys(), origins())
        .prop_map(|((worker, _), origin)| SiteKey { profile: worker.profile.clone(), origin })
}

fn apps() -> impl Strategy<Value = AppId> {
    ".{1,200}".prop_map(|app| AppId::parse(&app).unwrap())
}

fn walls() -> impl Strategy<Value = WallTime> {
    any::<i64>().prop_map(WallTime::from_millis)
}

fn points() -> impl Strategy<Value = Points> {
    prop_oneof![
        Just(Points::ZERO),
        Just(Points::MAX),
        (0.0..100.0_f64).prop_map(Points::nearest),
        any::<f64>().prop_map(Points::nearest),
    ]
}

fn scores() -> impl Strategy<Value = Score> {
    let levels = sample::select(vec![
        Level::Unknown,
        Level::None,
        Level::Minimal,
        Level::Low,
        Level::Medium,
        Level::High,
        Level::Max,
    ]);
    let reported = prop_oneof![Just(Reported::Score), levels.prop_map(Reported::Level)];
    let times = (option::of(walls()), option::of(walls()));
    (points(), points(), times, option::of(reported)).prop_map(
        |(points, today, (last, launched), reported)| Score {
            points,
            today,
            last,
            launched,
            reported,
        },
    )
}

fn hours() -> impl Strategy<Value = Hours> {
    let hour = any::<(u32, i64)>().prop_map(|(weight, day)| Hour { weight, day });
    let hours =
        collection::vec(hour, 24).prop_map(|hours| Hours::from_stored(hours.try_into().unwrap()));
    prop_oneof![Just(Hours::default()), hours]
}

fn permissions() -> impl Strategy<Value = Permissions> {
    let set = || {
        let state = sample::select(vec![
            PermissionState::Granted,
            PermissionState::Denied,
            PermissionState::Prompt,
        ]);
        let set = (state, instants()).prop_map(|(state, since)| PermissionSet { state, since });
        option::of(set)
    };
    (set(), set()).prop_map(|(one_off, periodic)| Permissions { one_off, periodic })
}

fn sites() -> impl Strategy<Value = Site> {
    let spent = (any::<(i64, u32)>(), durations(), option::of(instants()))
        .prop_map(|((day, wakes), run_time, since)| Spent { day, wakes, run_time, since });
    let spent = collection::btree_map(option::of(apps()), spent, 0..4);
    let networks = collection::vec(networks(), 0..=16);
    (option::of(scores()), hours(), permissions(), networks, spent).prop_map(
        |(score, hours, permissions, networks, spent)| Site {
            score,
            hours,
            permissions,
            networks,
            spent,
        },
    )
}

fn scopes() -> impl Strategy<Value = Scope> {
    keys().prop_map(|(worker, _)| worker.scope.clone())
}

fn profiles() -> impl Strategy<Value = Profile> {
    let reports = sample::select(vec![Reports::Nothing, Reports::Events, Reports::Verdicts]);
    let removed = (scopes(), instants()).prop_map(|(scope, at)| Removed { scope, at });
    let apps_of = (
        instants(),
        collection::btree_map(apps(), scopes(), 0..5),
        collection::btree_map(apps(), removed, 0..5),
    )
        .prop_map(|(since, installed, removed)| Apps { since, installed, removed });
    (option::of(walls()), reports, option::of(apps_of)).prop_map(|(last, reports, apps)| Profile {
        engagement: ProfileEngagement { last, reports },
        apps,
    })
}

fn reaches() -> impl Strategy<Value = Reach> {
    sample::select(vec![Reach::Offline, Reach::CaptivePortal, Reach::Limited, Reach::Online])
}

fn leases() -> impl Strategy<Value = Lease> {
    let subject = prop_oneof![
        Just(Subject::All),
        owners().prop_map(Subject::Owner),
        (owners(), origins()).prop_map(|(owner, origin)| Subject::Origin(owner, origin)),
        (owners(), apps()).prop_map(|(owner, app)| Subject::App(owner, app)),
    ];
    let value = prop_oneof![
        reaches().prop_map(FactValue::Network),
        any::<bool>().prop_map(FactValue::Metered),
        any::<bool>().prop_map(FactValue::Roaming),
        transports().prop_map(FactValue::Transport),
        (0..=100_u8).prop_map(FactValue::Battery),
        any::<bool>().prop_map(FactValue::Charging),
        any::<bool>().prop_map(FactValue::PowerSaver),
    ];
    let what = prop_oneof![Just(Leased::Pause), value.prop_map(Leased::Override)];
    let kinds = sample::select(&Place::KINDS[..]);
    let place = (kinds, "[a-z0-9 ]{1,15}")
        .prop_map(|(kind, name)| Place::parse(kind, &name).unwrap().unwrap());
    let place = option::of(place);
    (any::<u64>(), subject, what, place, instants(), instants(), ".{0,64}").prop_map(
        |(id, subject, what, place, since, until, reason)| Lease {
            id: LeaseId::new(id),
            subject,
            what,
            place,
            since,
            until,
            reason: reason.into(),
        },
    )
}

fn facts() -> impl Strategy<Value = Facts> {
    (
        reaches(),
        option::of(networks()),
        any::<[bool; 3]>(),
        option::of(transports()),
        option::of(any::<u8>()),
        option::of(any::<bool>()),
    )
        .prop_map(|(reach, network, flags, transport, battery, charging)| {
            let [metered, roaming, power_saver] = flags;
            Facts { reach, network, metered, roaming, transport, battery, charging, power_saver }
        })
}

fn codes() -> impl Strategy<Value = BlockerCode> {
    sample::select(vec![
        BlockerCode::Starting,
        BlockerCode::NotDue,
        BlockerCode::BackOff,
        BlockerCode::Offline,
        BlockerCode::Settling,
        BlockerCode::Limited,
        BlockerCode::CaptivePortal,
        BlockerCode::Metered,
        BlockerCode::Roaming,
        BlockerCode::Transport,
        BlockerCode::UnknownNetwork,
        BlockerCode::BatteryLow,
        BlockerCode::BatteryCritical,
        BlockerCode::NotCharging,
        BlockerCode::PowerSaver,
        BlockerCode::Suspending,
        BlockerCode::EngagementNone,
        BlockerCode::NotInstalled,
        BlockerCode::PermissionDenied,
        BlockerCode::Paused,
        BlockerCode::BudgetSpent,
        BlockerCode::LearnedHour,
        BlockerCode::OriginGap,
        BlockerCode::Grid,
        BlockerCode::Concurrency,
        BlockerCode::BrowserClosed,
        BlockerCode::BrowserLaunching,
        BlockerCode::NoLauncher,
        BlockerCode::StoreReadOnly,
    ])
}

fn changes() -> impl Strategy<Value = RegistrationChange> {
    let charge = sample::select(vec![Charge::Free, Charge::Charged]);
    let reason = sample::select(vec![
        RemovalReason::Completed,
        RemovalReason::GaveUp,
        RemovalReason::Expired,
        RemovalReason::Unregistered,
        RemovalReason::ScopeRemoved,
        RemovalReason::ScopeGone,
        RemovalReason::Reconciled,
        RemovalReason::Administrator,
        RemovalReason::OwnerChanged,
        RemovalReason::Revoked,
        RemovalReason::OriginCleared,
        RemovalReason::Uninstalled,
    ]);
    prop_oneof![
        Just(RegistrationChange::Created),
        Just(RegistrationChange::Updated),
        Just(RegistrationChange::Rearmed),
        Just(RegistrationChange::Suspended),
        Just(RegistrationChange::Revived),
        collection::vec(codes(), 0..=29).prop_map(RegistrationChange::Held),
        attempts().prop_map(RegistrationChange::Woken),
        attempts().prop_map(RegistrationChange::Started),
        (endings(), charge, option::of(instants())).prop_map(|(ended, charge, next_at)| {
            RegistrationChange::Finished { ended, charge, next_at }
        }),
        reason.prop_map(RegistrationChange::Removed),
    ]
}

fn entries() -> impl Strategy<Value = Entry> {
    let kind = sample::select(vec![SyncKind::OneOff, SyncKind::Periodic]);
    let numbers = any::<(u64, u64)>();
    (numbers, instants(), keys(), kind, ".{0,64}", changes(), facts()).prop_map(
        |((sequence, registration), at, (worker, _), kind, tag, what, facts)| Entry {
            sequence,
            at,
            registration: RegistrationId::new(registration),
            worker,
            kind,
            tag: tag.into(),
            what,
            facts,
        },
    )
}
