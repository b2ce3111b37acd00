//! Every registration survives its record, and no bytes from a disk do harm.

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

use super::*;

proptest! {
    #[test]
    fn a_registration_is_the_same_in_the_same_boot(
        registration in registrations(),
        written in frames(),
        read_offset in offsets(),
    ) {
        let record = Record::Registration(Box::new(registration));
        let value = record.encode(written);
        prop_assert_eq!(&Record::decode(record.id(), &value, written).unwrap(), &record);
        // The daemon started again: what equals by the boot clock is encoded alike.
        let again = ClockFrame {
            offset_millis: read_offset,
            wall_offset_millis: written.offset_millis + written.wall_offset_millis - read_offset,
            ..written
        };
        let moved = Record::decode(record.id(), &value, again).unwrap();
        prop_assert_eq!(moved.encode(again), value);
    }

    #[test]
    fn a_registration_keeps_the_wall_clock_in_another_boot(
        registration in registrations(),
        written in frames(),
        read in frames(),
    ) {
        prop_assume!(read.boot_id != written.boot_id);
        let value = Record::Registration(Box::new(registration.clone())).encode(written);
        let id = RecordId::of(Kind::Registration, registration.id.number());
        let Record::Registration(found) = Record::decode(id, &value, read).unwrap() else {
            panic!("another kind");
        };
        let unix = |at: Timestamp, frame: ClockFrame| {
            at.as_millis() as i64 + frame.wall_offset_millis
        };
        prop_assert_eq!(
            unix(found.registered_at, read),
            unix(registration.registered_at, written)
        );
        // In a third boot with the first one's clocks it is what it was: no instant is forgotten.
        let again = Record::Registration(found).encode(read);
        let third = ClockFrame { boot_id: read.boot_id.map(|byte| !byte), ..written };
        let Record::Registration(again) = Record::decode(id, &again, third).unwrap() else {
            panic!("another kind");
        };
        prop_assert_eq!(*again, registration);
    }

    #[test]
    fn a_changed_byte_is_noticed(
        registration in registrations(),
        at in any::<sample::Index>(),
        change in 1_u8..,
    ) {
        let record = Record::Registration(Box::new(registration));
        let mut value = record.encode(HERE);
        let at = at.index(value.len());
        value[at] ^= change;
        prop_assert_eq!(Record::decode(record.id(), &value, HERE), bad_checksum());
        value[at] ^= change;
        prop_assert_eq!(Record::decode(record.id(), &value[..at], HERE), bad_checksum());
        value.push(change);
        prop_assert_eq!(Record::decode(record.id(), &value, HERE), bad_checksum());
    }

    #[test]
    fn a_record_under_another_key_is_noticed(registration in registrations(), id: u64, kind: u8) {
        let record = Record::Registration(Box::new(registration));
        let moved = RecordId { kind, id };
        prop_assume!(moved != record.id());
        prop_assert_eq!(Record::decode(moved, &record.encode(HERE), HERE), bad_checksum());
    }

    /// Behind the checksum too: it keeps out rot, not defects of another version.
    #[test]
    fn no_content_does_harm(
        registration in registrations(),
        kind in 0_u8..12,
        version in 1_u8..=2,
        edits in collection::vec((any::<sample::Index>(), any::<u8>()), 1..4),
        cut in any::<sample::Index>(),
    ) {
        let value = Record::Registration(Box::new(registration)).encode(HERE);
        let mut content = value[HEADER_BYTES..].to_vec();
        for (at, byte) in edits {
            let at = at.index(content.len());
            content[at] = byte;
        }
        content.truncate(cut.index(content.len()) + 1);
        let id = RecordId { kind, id: 0 };
        let sealed = [&[version], &id.checksum(version, &content)[..], &content].concat();
        let _ = Record::decode(id, &sealed, HERE);
        let _ = Record::decode(id, &content, HERE);
    }

    #[test]
    fn keys_read_back(kind: u8, id: u64, piece: u16) {
        let record = RecordId { kind, id };
        prop_assert_eq!(RecordId::parse(&record.piece(piece)), Some((record, piece)));
    }

    #[test]
    fn pieces_make_the_whole(value in collection::vec(any::<u8>(), 0..20_000)) {
        let (numbers, cut): (Vec<_>, Vec<_>) = pieces(&value).unzip();
        prop_assert_eq!(numbers, (0..).take(cut.len()).collect::<Vec<u16>>());
        prop_assert!(cut.iter().all(|piece| piece.len() <= 4_096));
        prop_assert_eq!(cut.concat(), value);
    }
}

#[test]
fn a_newer_version_is_told_from_a_broken_record() {
    let id = RecordId::one(Kind::Counters);
    let sealed = [&[3], &id.checksum(3, b"new")[..], b"new"].concat();
    assert_eq!(Record::decode(id, &sealed, HERE), Err(Refused::Newer { version: 3 }));
}

#[test]
fn an_error_does_not_show_what_a_user_wrote() {
    let mut stored = v2::Registration::from_core(&samples().0, HERE);
    stored.scope = "https://secret.example/#x".to_owned();
    let error = stored.into_core(1, HERE).unwrap_err().to_string();
    assert!(error.contains("field `scope` must not have a fragment"), "{error}");
    assert!(!error.contains("secret"), "{error}");
}

/// The sample was written by the first version and is never written again.
#[test]
fn the_sample_of_version_1_reads() {
    let (one_off, periodic) = samples();
    let expected = [
        Record::Registration(Box::new(one_off)),
        Record::Registration(Box::new(periodic)),
        Record::Owner { owner: OwnerId::from_uid(1_000).unwrap(), name: "ada".to_owned() },
        Record::Counters(Counters { last_registration: 42, ..Counters::default() }),
        Record::Epoch(7),
        Record::SimulatedNow(Timestamp::from_millis(1_700_000_000_123)),
    ];
    let lines: Vec<&str> = include_str!("samples/v1.hex").lines().collect();
    assert_eq!(lines.len(), expected.len());
    for (line, expected) in lines.into_iter().zip(expected) {
        let (key, value) = line.split_once(' ').unwrap();
        let (id, piece) = RecordId::parse(&bytes(key)).unwrap();
        assert_eq!(piece, 0);
        assert_eq!(Record::decode(id, &bytes(value), HERE), Ok(expected));
    }
}

const HERE: ClockFrame = ClockFrame {
    boot_id: *b"0123456789abcdef",
    offset_millis: 1_700_000_000_000,
    wall_offset_millis: 250,
};

/// A registration of each kind, between them with every field.
fn samples() -> (Registration, Registration) {
    const START: u64 = 1_700_000_000_000;
    let at = |millis| Timestamp::from_millis(START + millis);
    let before = |millis| Timestamp::from_millis(START - millis);
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
            attempt: Attempt {
                id: AttemptId { epoch: 7, counter: 3 },
                number: 3,
                last_chance: true,
                brought_forward: false,
                sent_at: at(2_000),
                progress: Progress::Started { at: at(2_100), finish_by: at(182_100) },
                run_limit: Duration::from_secs(180),
            },
            reregistered: Reregistered::WhileFiring,
        },
        attempts: 2,
        max_attempts: 3,
        streak: Some(Streak { of: FreeEnding::LostUnstarted, length: 4 }),
        brought_forward: 0,
        last_attempt: Some(Ended {
            id: AttemptId { epoch: 6, counter: 9 },
            number: 2,
            last_chance: false,
            sent_at: before(900_000),
            started_at: None,
            finished_at: before(1),
            outcome: Outcome::Rejected,
            detail: "TypeError: Failed to fetch".into(),
        }),
    };
    let periodic = Registration {
        id: RegistrationId::new(42),
        key: RegistrationKey { worker, kind: SyncKind::Periodic, tag: Tag::parse("").unwrap() },
        app: None,
        constraints: Constraints::default(),
        network: None,
        schedule: Schedule::Periodic {
            min_interval: Duration::from_secs(43_200),
            anchor: at(0),
            plan: Plan {
                interval: Duration::from_secs(43_200),
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

fn bad_checksum() -> Result<Record, Refused> {
    Err(Refused::Bad(BadRecord::Checksum))
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digits).collect()
}

/// Up to twelve years either way: moved by two of them, no instant comes to lie before the earliest
/// of core time.
fn offsets() -> impl Strategy<Value = i64> {
    -400_000_000_000..400_000_000_000_i64
}

fn frames() -> impl Strategy<Value = ClockFrame> {
    (any::<[u8; 16]>(), offsets(), offsets()).prop_map(
        |(boot_id, offset_millis, wall_offset_millis)| ClockFrame {
            boot_id,
            offset_millis,
            wall_offset_millis,
        },
    )
}

/// From the year 2001 on.
fn instants() -> impl Strategy<Value = Timestamp> {
    (1_000_000_000_000..i64::MAX as u64 / 1_000).prop_map(Timestamp::from_millis)
}

fn durations() -> impl Strategy<Value = Duration> {
    any::<u64>().prop_map(Duration::from_millis)
}

fn attempt_ids() -> impl Strategy<Value = AttemptId> {
    any::<(u64, u64)>().prop_map(|(epoch, counter)| AttemptId { epoch, counter })
}

fn schedules() -> impl Strategy<Value = (SyncKind, Schedule)> {
    prop_oneof![
        instants().prop_map(|expires_at| (SyncKind::OneOff, Schedule::OneOff { expires_at })),
        (durations(), instants(), plans()).prop_map(|(min_interval, anchor, plan)| {
            (SyncKind::Periodic, Schedule::Periodic { min_interval, anchor, plan })
        }),
    ]
}

fn plans() -> impl Strategy<Value = Plan> {
    let slot = sample::select(vec![Slot::Next, Slot::BeforeUsualHour]);
    (durations(), instants(), instants(), instants(), slot)
        .prop_map(|(interval, due, spaced, goes, slot)| Plan { interval, due, spaced, goes, slot })
}

fn attempts() -> impl Strategy<Value = Attempt> {
    let progress = prop_oneof![
        instants().prop_map(|start_by| Progress::Sent { start_by }),
        (instants(), instants()).prop_map(|(at, finish_by)| Progress::Started { at, finish_by }),
    ];
    let flags = any::<(bool, bool)>();
    (attempt_ids(), any::<u32>(), flags, instants(), progress, durations()).prop_map(
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

fn transports() -> impl Strategy<Value = Transport> {
    sample::select(Transport::ALL.to_vec())
}

fn constraints() -> impl Strategy<Value = Constraints> {
    (any::<[bool; 4]>(), collection::vec(transports(), 0..4)).prop_map(|(flags, transports)| {
        let [unmetered, charging, battery_not_low, known_network] = flags;
        let transports = transports.into_iter().collect();
        Constraints { unmetered, transports, charging, battery_not_low, known_network }
    })
}

fn networks() -> impl Strategy<Value = NetworkId> {
    any::<u64>().prop_map(NetworkId::new)
}

fn states() -> impl Strategy<Value = State> {
    let wait = prop_oneof![
        Just(Wait::Period),
        instants().prop_map(|earliest| Wait::BackOff { earliest }),
    ];
    let reregistered = sample::select(vec![Reregistered::No, Reregistered::WhileFiring]);
    prop_oneof![
        Just(State::Pending),
        (instants(), wait).prop_map(|(until, wait)| State::Waiting { until, wait }),
        instants().prop_map(|since| State::Suspended { since }),
        (attempts(), reregistered)
            .prop_map(|(attempt, reregistered)| State::Firing { attempt, reregistered }),
    ]
}

fn streaks() -> impl Strategy<Value = Streak> {
    let of = sample::select(vec![
        FreeEnding::Offline,
        FreeEnding::Unavailable,
        FreeEnding::LostUnstarted,
        FreeEnding::LostStarted,
    ]);
    (of, any::<u32>()).prop_map(|(of, length)| Streak { of, length })
}

fn endings() -> impl Strategy<Value = Ended> {
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
    (attempt_ids(), any::<u32>(), any::<bool>(), times, outcome, ".{0,1024}").prop_map(
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

fn keys() -> impl Strategy<Value = (Arc<WorkerKey>, Tag)> {
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

fn registrations() -> impl Strategy<Value = Registration> {
    let counts = (any::<u64>(), any::<u32>(), any::<u32>(), any::<u32>());
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
                last_attempt,
            }
        },
    )
}
