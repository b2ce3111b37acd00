//! Anything that a record of a registration can hold.

use std::{sync::Arc, time::Duration};

use proptest::{collection, option, prelude::*, sample};
use pwasync_core::{
    attempt::{Attempt, Ended, Outcome, Progress},
    constraints::{Constraints, Transport},
    facts::NetworkId,
    key::{
        AppId, AttemptId, OwnerId, ProfileId, ProfileKey, RegistrationId, RegistrationKey, Scope,
        SyncKind, Tag, WorkerKey,
    },
    period::{Plan, Slot},
    registration::{FreeEnding, Registration, Reregistered, Schedule, State, Streak, Wait},
    time::Timestamp,
};

use crate::store::frame::ClockFrame;

/// Up to twelve years either way: moved by two of them, no instant comes to lie before the earliest
/// of core time.
pub(super) fn offsets() -> impl Strategy<Value = i64> {
    -400_000_000_000..400_000_000_000_i64
}

pub(in crate::store) fn frames() -> impl Strategy<Value = ClockFrame> {
    (any::<[u8; 16]>(), offsets(), offsets()).prop_map(
        |(boot_id, offset_millis, wall_offset_millis)| ClockFrame {
            boot_id,
            offset_millis,
            wall_offset_millis,
        },
    )
}

/// From the year 2001 on.
pub(super) fn instants() -> impl Strategy<Value = Timestamp> {
    (1_000_000_000_000..i64::MAX as u64 / 1_000).prop_map(Timestamp::from_millis)
}

pub(super) fn durations() -> impl Strategy<Value = Duration> {
    any::<u64>().prop_map(Duration::from_millis)
}

pub(super) fn attempt_ids() -> impl Strategy<Value = AttemptId> {
    any::<(u64, u64)>().prop_map(|(epoch, counter)| AttemptId { epoch, counter })
}

pub(super) fn schedules() -> impl Strategy<Value = (SyncKind, Schedule)> {
    prop_oneof![
        instants().prop_map(|expires_at| (SyncKind::OneOff, Schedule::OneOff { expires_at })),
        (durations(), instants(), plans()).prop_map(|(min_interval, anchor, plan)| {
            let min_interval = min_interval.into();
            (SyncKind::Periodic, Schedule::Periodic { min_interval, anchor, plan })
        }),
    ]
}

pub(super) fn plans() -> impl Strategy<Value = Plan> {
    let slot = sample::select(vec![Slot::Next, Slot::BeforeUsualHour]);
    (durations(), instants(), instants(), instants(), slot).prop_map(
        |(interval, due, spaced, goes, slot)| {
            let interval = interval.into();
            Plan { interval, due, spaced, goes, slot }
        },
    )
}

pub(super) fn attempts() -> impl Strategy<Value = Attempt> {
    let progress = prop_oneof![
        instants().prop_map(|start_by| Progress::Sent { start_by }),
        (instants(), instants()).prop_map(|(at, finish_by)| Progress::Started { at, finish_by }),
    ];
    let flags = any::<(bool, bool)>();
    (attempt_ids(), any::<u16>(), flags, instants(), progress, durations()).prop_map(
        |(id, number, (last_chance, brought_forward), sent_at, progress, run_limit)| Attempt {
            id,
            number,
            last_chance,
            brought_forward,
            sent_at,
            progress,
            run_limit,
        },
    )
}

pub(super) fn transports() -> impl Strategy<Value = Transport> {
    sample::select(Transport::ALL.to_vec())
}

pub(super) fn constraints() -> impl Strategy<Value = Constraints> {
    (any::<[bool; 4]>(), collection::vec(transports(), 0..4)).prop_map(|(flags, transports)| {
        let [unmetered, charging, battery_not_low, known_network] = flags;
        let transports = transports.into_iter().collect();
        Constraints { unmetered, transports, charging, battery_not_low, known_network }
    })
}

pub(super) fn networks() -> impl Strategy<Value = NetworkId> {
    any::<u64>().prop_map(NetworkId::new)
}

pub(super) fn states() -> impl Strategy<Value = State> {
    let wait = prop_oneof![
        Just(Wait::Period),
        instants().prop_map(|earliest| Wait::BackOff { earliest }),
    ];
    let reregistered = sample::select(vec![Reregistered::No, Reregistered::WhileFiring]);
    prop_oneof![
        Just(State::Pending),
        (instants(), wait).prop_map(|(until, wait)| State::Waiting { until, wait }),
        instants().prop_map(|since| State::Suspended { since }),
        (attempts(), reregistered).prop_map(|(attempt, reregistered)| {
            State::Firing { attempt: Box::new(attempt), reregistered }
        }),
    ]
}

pub(super) fn streaks() -> impl Strategy<Value = Streak> {
    let of = sample::select(vec![
        FreeEnding::Offline,
        FreeEnding::Unavailable,
        FreeEnding::LostUnstarted,
        FreeEnding::LostStarted,
    ]);
    (of, any::<u16>()).prop_map(|(of, length)| Streak { of, length })
}

pub(super) fn endings() -> impl Strategy<Value = Ended> {
    let outcome = sample::select(vec![
        Outcome::Completed,
        Outcome::Rejected,
        Outcome::TimedOut,
        Outcome::Offline,
        Outcome::Aborted,
        Outcome::Unavailable,
        Outcome::ScopeGone,
        Outcome::Lost,
    ]);
    let times = (instants(), option::of(instants()), instants());
    (attempt_ids(), any::<u16>(), any::<bool>(), times, outcome, ".{0,1024}").prop_map(
        |(id, number, last_chance, (sent_at, started_at, finished_at), outcome, detail)| Ended {
            id,
            number,
            last_chance,
            sent_at,
            started_at,
            finished_at,
            outcome,
            detail: detail.into(),
        },
    )
}

pub(super) fn keys() -> impl Strategy<Value = (Arc<WorkerKey>, Tag)> {
    let tag = prop_oneof!["\\PC{0,40}", ".{0,2560}"];
    (0..65_534_u32, "[a-z0-9._-]{1,64}", ".{1,64}", "[a-z]{1,20}", "[a-zA-Z0-9/]{0,200}", tag)
        .prop_map(|(uid, browser, profile, host, path, tag)| {
            let owner = OwnerId::from_uid(uid).unwrap();
            let profile = ProfileId::parse(&browser, &profile).unwrap();
            let scope = Scope::parse(&format!("https://{host}.example/{path}")).unwrap();
            let worker = WorkerKey { profile: ProfileKey { owner, profile }, scope };
            (Arc::new(worker), Tag::parse(&tag).unwrap())
        })
}

pub(super) fn registrations() -> impl Strategy<Value = Registration> {
    let counts = (any::<u64>(), any::<u16>(), any::<u16>(), any::<u16>());
    let asked = (option::of(".{1,200}"), constraints(), option::of(networks()));
    let ended = (option::of(streaks()), option::of(endings()));
    (counts, keys(), asked, schedules(), instants(), states(), ended).prop_map(
        |(counts, (worker, tag), asked, (kind, schedule), registered_at, state, ended)| {
            let (id, attempts, max_attempts, brought_forward) = counts;
            let (app, constraints, network) = asked;
            let (streak, last_attempt) = ended;
            Registration {
                id: RegistrationId::new(id),
                key: RegistrationKey { worker, kind, tag },
                app: app.map(|app| AppId::parse(&app).unwrap()),
                constraints,
                network,
                schedule,
                registered_at,
                state,
                attempts,
                max_attempts,
                streak,
                brought_forward,
                last_attempt: last_attempt.map(Box::new),
            }
        },
    )
}
