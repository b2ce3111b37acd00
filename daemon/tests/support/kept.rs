//! All that the store keeps under numbers or names, told apart by version and length.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use pwasync_core::{
    attempt::{Ended, Outcome},
    change::{Charge, RegistrationChange},
    effect::Record,
    engagement::{Points, ProfileEngagement, Reports, Score},
    facts::{Facts, NetworkId, Reach},
    history::Entry,
    key::{
        AppId, AttemptId, OwnerId, ProfileId, ProfileKey, RegistrationId, Scope, SyncKind,
        WorkerKey,
    },
    lease::{Lease, LeaseId, Leased, REASON_BYTES, Subject},
    profile::{Apps, Profile},
    saved::Saved,
    site::{PermissionSet, PermissionState, Permissions, Site, SiteKey, Spent},
    time::Timestamp,
    wall::WallTime,
};

use super::{START, registration};

/// Something that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Thing {
    Registration,
    Site,
    Profile,
    Lease,
    Entry,
}

impl Thing {
    pub(crate) const ALL: [Self; 5] =
        [Self::Registration, Self::Site, Self::Profile, Self::Lease, Self::Entry];

    /// What writes it, with a content of so many bytes that is told from another version's.
    pub(crate) fn save(self, id: u64, version: u64, bytes: usize) -> Record {
        let text = random_text(id, version, bytes);
        match self {
            Self::Registration => Record::Save(Box::new(registration(id, version, bytes))),
            Self::Site => Record::SaveSite(Box::new((site_key(id), site(version, &text)))),
            Self::Profile => {
                Record::SaveProfile(Box::new((profile_key(id), profile(version, &text))))
            }
            Self::Lease => Record::SaveLease(lease(id, version, &text)),
            Self::Entry => Record::SaveEntry(Box::new(entry(id, version, &text))),
        }
    }

    pub(crate) fn delete(self, id: u64) -> Record {
        match self {
            Self::Registration => Record::Delete(RegistrationId::new(id)),
            Self::Site => Record::DeleteSite(site_key(id)),
            Self::Profile => Record::DeleteProfile(profile_key(id)),
            Self::Lease => Record::DeleteLease(LeaseId::new(id)),
            Self::Entry => Record::DeleteEntry(id),
        }
    }

    /// Its longest content.
    pub(crate) fn longest(self) -> usize {
        match self {
            Self::Lease => REASON_BYTES,
            Self::Registration | Self::Site | Self::Profile | Self::Entry => 10_240,
        }
    }
}

/// All that was found, as what writes it.
pub(crate) fn things(saved: Saved) -> BTreeMap<(Thing, u64), Record> {
    let registrations = saved
        .registrations
        .into_iter()
        .map(|one| ((Thing::Registration, one.id.number()), Record::Save(Box::new(one))));
    let sites = saved.sites.into_iter().map(|(key, site)| {
        let id = number_in(&key.origin);
        ((Thing::Site, id), Record::SaveSite(Box::new((key, site))))
    });
    let profiles = saved.profiles.into_iter().map(|(key, profile)| {
        let id = number_in(key.profile.profile());
        ((Thing::Profile, id), Record::SaveProfile(Box::new((key, profile))))
    });
    let leases = saved
        .leases
        .into_iter()
        .map(|lease| ((Thing::Lease, lease.id.number()), Record::SaveLease(lease)));
    let entries = saved
        .history
        .into_iter()
        .map(|entry| ((Thing::Entry, entry.sequence), Record::SaveEntry(Box::new(entry))));
    registrations.chain(sites).chain(profiles).chain(leases).chain(entries).collect()
}

/// The version of what is written, and the bytes of its content.
pub(crate) fn version_and_bytes(record: &Record) -> (u64, usize) {
    let since_start = |at: Timestamp| at.as_millis() - START;
    let of_wall = |at: Option<WallTime>| u64::try_from(at.unwrap().as_millis()).unwrap();
    let bytes_of = |ids: BTreeSet<&AppId>| ids.iter().map(|app| app.as_str().len()).sum();
    match record {
        Record::Save(one) => (one.last_attempt.as_ref().unwrap().id.counter, tag_bytes(one)),
        Record::SaveSite(site) | Record::NoteSite(site) => {
            let ids = site.1.spent.keys().flatten().collect();
            (of_wall(site.1.score.unwrap().last), bytes_of(ids))
        }
        Record::SaveProfile(profile) | Record::NoteProfile(profile) => {
            let ids = profile.1.apps.as_ref().unwrap().installed.keys().collect();
            (of_wall(profile.1.engagement.last), bytes_of(ids))
        }
        Record::SaveLease(lease) => (since_start(lease.since), lease.reason.len()),
        Record::SaveEntry(entry) => {
            let RegistrationChange::Finished { ended, .. } = &entry.what else {
                panic!("{entry:?}")
            };
            (since_start(entry.at), ended.detail.len())
        }
        Record::SaveCounters(_)
        | Record::SaveOwner { .. }
        | Record::Delete(_)
        | Record::DeleteSite(_)
        | Record::DeleteProfile(_)
        | Record::DeleteLease(_)
        | Record::DeleteEntry(_)
        | Record::SaveEpoch(_)
        | Record::EraseCopies => panic!("no thing is saved: {record:?}"),
    }
}

/// Differs from place to place, so that swapped pieces would show.
pub(crate) fn random_text(id: u64, version: u64, bytes: usize) -> String {
    let mut random = fastrand::Rng::with_seed(id.wrapping_mul(1_000_003) ^ version);
    (0..bytes).map(|_| random.alphanumeric()).collect()
}

fn site_key(id: u64) -> SiteKey {
    SiteKey { profile: profile_key(0), origin: format!("https://s{id}.example").into() }
}

fn profile_key(id: u64) -> ProfileKey {
    let profile = ProfileId::parse("chromium", &format!("p{id}")).unwrap();
    ProfileKey { owner: owner(), profile }
}

fn owner() -> OwnerId {
    OwnerId::from_uid(1_000).unwrap()
}

fn number_in(name: &str) -> u64 {
    let digits: String = name.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

fn tag_bytes(registration: &pwasync_core::registration::Registration) -> usize {
    registration.key.tag.as_str().len()
}

/// A text cut into ids of apps.
fn apps(text: &str) -> Vec<AppId> {
    let cut = text.as_bytes().chunks(2_048);
    cut.map(|id| AppId::parse(std::str::from_utf8(id).unwrap()).unwrap()).collect()
}

fn site(version: u64, text: &str) -> Site {
    let at = Timestamp::from_millis(START + version);
    let wall = WallTime::from_millis(i64::try_from(version).unwrap());
    let spent =
        Spent { day: 20_000, wakes: 3, run_time: Duration::from_millis(version), since: Some(at) };
    let granted = PermissionSet { state: PermissionState::Granted, since: at };
    Site {
        score: Some(Score {
            points: Points::nearest(7.25),
            today: Points::nearest(1.5),
            last: Some(wall),
            ..Score::default()
        }),
        permissions: Permissions { one_off: None, periodic: Some(granted) },
        networks: vec![NetworkId::new(version), NetworkId::new(u64::MAX)],
        spent: apps(text).into_iter().map(|app| (Some(app), spent)).collect(),
        ..Site::default()
    }
}

fn profile(version: u64, text: &str) -> Profile {
    let scope = Scope::parse("https://example.org/app/").unwrap();
    let last = Some(WallTime::from_millis(i64::try_from(version).unwrap()));
    Profile {
        engagement: ProfileEngagement { last, reports: Reports::Events },
        apps: Some(Apps {
            since: Timestamp::from_millis(START + version),
            installed: apps(text).into_iter().map(|app| (app, scope.clone())).collect(),
            removed: BTreeMap::new(),
        }),
    }
}

fn lease(id: u64, version: u64, text: &str) -> Lease {
    let since = Timestamp::from_millis(START + version);
    Lease {
        id: LeaseId::new(id),
        subject: Subject::Origin(owner(), "https://example.org".into()),
        what: Leased::Pause,
        place: None,
        since,
        until: since + Duration::from_secs(3_600),
        reason: text.into(),
    }
}

fn entry(sequence: u64, version: u64, text: &str) -> Entry {
    let at = Timestamp::from_millis(START + version);
    let scope = Scope::parse("https://example.org/app/").unwrap();
    let ended = Ended {
        id: AttemptId { epoch: 1, counter: version },
        number: 1,
        last_chance: true,
        sent_at: at,
        started_at: None,
        finished_at: at,
        outcome: Outcome::Unavailable,
        detail: text.into(),
    };
    Entry {
        sequence,
        at,
        registration: RegistrationId::new(sequence),
        worker: Arc::new(WorkerKey { profile: profile_key(0), scope }),
        kind: SyncKind::OneOff,
        tag: "outbox".into(),
        what: RegistrationChange::Finished { ended, charge: Charge::Free, next_at: Some(at) },
        facts: Facts {
            reach: Reach::Online,
            network: Some(NetworkId::new(5)),
            metered: false,
            roaming: false,
            transport: None,
            battery: Some(80),
            charging: None,
            power_saver: false,
        },
    }
}
