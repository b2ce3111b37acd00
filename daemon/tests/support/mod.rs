//! What the store's tests share.

pub(crate) mod kept;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use pwasync_core::{
    attempt::{Ended, Outcome},
    constraints::Constraints,
    key::{
        AttemptId, OwnerId, ProfileId, ProfileKey, RegistrationId, RegistrationKey, Scope,
        SyncKind, Tag, WorkerKey,
    },
    period::{Plan, Slot},
    registration::{Registration, Schedule, State, Wait},
    time::Timestamp,
};
use pwasyncd::store::{Opened, frame::ClockFrame};

/// When the clocks of [`FRAME`] begin, in milliseconds of core time.
pub(crate) const START: u64 = 1_700_000_000_000;

pub(crate) const FRAME: ClockFrame =
    ClockFrame { boot_id: [7; 16], offset_millis: 1_700_000_000_000, wall_offset_millis: 0 };

/// A registration with a tag of so many bytes; `version` is told from another by its content.
pub(crate) fn registration(id: u64, version: u64, tag_bytes: usize) -> Registration {
    let profile = ProfileKey {
        owner: OwnerId::from_uid(1_000).unwrap(),
        profile: ProfileId::parse("chromium", "Default").unwrap(),
    };
    let scope = Scope::parse("https://example.org/app/").unwrap();
    let at = Timestamp::from_millis(START + version);
    let interval = Duration::from_secs(43_200);
    let due = at + interval;
    let plan = Plan { interval: interval.into(), due, spaced: due, goes: due, slot: Slot::Next };
    let tag = kept::random_text(id, version, tag_bytes);
    Registration {
        id: RegistrationId::new(id),
        key: RegistrationKey {
            worker: Arc::new(WorkerKey { profile, scope }),
            kind: SyncKind::Periodic,
            tag: Tag::parse(&tag).unwrap(),
        },
        app: None,
        constraints: Constraints::default(),
        network: None,
        schedule: Schedule::Periodic { min_interval: interval.into(), anchor: at, plan },
        registered_at: at,
        state: State::Waiting {
            until: at + Duration::from_secs(60),
            wait: Wait::BackOff { earliest: at + Duration::from_secs(30) },
        },
        attempts: 1,
        max_attempts: 3,
        streak: None,
        brought_forward: 0,
        last_attempt: Some(Box::new(Ended {
            id: AttemptId { epoch: 1, counter: version },
            number: 1,
            last_chance: false,
            sent_at: at,
            started_at: Some(at),
            finished_at: at,
            outcome: Outcome::Rejected,
            detail: "TypeError: Failed to fetch".into(),
        })),
    }
}

pub(crate) fn by_id(opened: Opened) -> BTreeMap<u64, Registration> {
    let registrations = opened.saved.registrations;
    registrations.into_iter().map(|saved| (saved.id.number(), saved)).collect()
}

/// The directory in which sled keeps its files.
pub(crate) fn database(state: &Path) -> PathBuf {
    state.join("store")
}

/// The files that sled wrote outside its log.
pub(crate) fn blobs(state: &Path) -> usize {
    std::fs::read_dir(database(state).join("blobs")).unwrap().count()
}
