//! What is kept of sites, profiles, leases and the history, beside the registrations.

use std::sync::Arc;

use pwasync_core::{
    effect::Record,
    key::{OwnerId, ProfileId, ProfileKey},
    saved::{Counters, Saved},
    site::SiteKey,
    time::Timestamp,
};
use pwasyncd::store::{
    Store,
    disk::SledStore,
    error::{BadRecord, RecordName},
};

use super::{
    check, commit, counters,
    support::{
        FRAME, START, blobs,
        kept::{Thing, things, version_and_bytes},
    },
    tamper,
};

/// Keys of the first piece of the record with this number.
fn key(kind: u8, number: u64) -> [u8; 11] {
    let mut key = [0; 11];
    key[0] = kind;
    key[1..9].copy_from_slice(&number.to_be_bytes());
    key
}

fn found(store: &mut dyn Store) -> Vec<((Thing, u64), (u64, usize))> {
    let opened = store.open(FRAME).unwrap();
    assert_eq!(opened.set_aside, []);
    let things = things(opened.saved);
    for ((thing, id), record) in &things {
        let (version, bytes) = version_and_bytes(record);
        assert_eq!(*record, thing.save(*id, version, bytes));
    }
    things.into_iter().map(|(name, record)| (name, version_and_bytes(&record))).collect()
}

#[test]
fn everything_comes_back_changes_and_goes() {
    check(|store| {
        store.open(FRAME).unwrap();
        for thing in Thing::ALL {
            let long = thing.longest();
            commit(store, (1..=3).map(|id| thing.save(id, id, long)));
            let all = [1, 2, 3].map(|id| ((thing, id), (id, long)));
            assert_eq!(found(store), all);
            // Shorter, and longer again; the others stay as they are.
            for (version, bytes) in [(4, 5), (5, 0), (6, long), (7, long / 2)] {
                commit(store, [thing.save(2, version, bytes)]);
                let changed = [all[0], ((thing, 2), (version, bytes)), all[2]];
                assert_eq!(found(store), changed);
                assert_eq!(found(store), changed, "read without a write in between");
            }
            commit(store, [thing.delete(2), thing.delete(1), thing.delete(9)]);
            assert_eq!(found(store), [all[2]]);
            commit(store, [thing.save(1, 8, 3), thing.delete(3)]);
            assert_eq!(found(store), [((thing, 1), (8, 3))]);
            commit(store, [thing.delete(1)]);
            assert_eq!(found(store), []);
        }
    });
}

#[test]
fn a_batch_holds_of_everything_and_the_last_write_counts() {
    check(|store| {
        store.open(FRAME).unwrap();
        let both = Thing::ALL.iter().flat_map(|thing| {
            [thing.save(1, 1, 9), thing.delete(2), thing.delete(1), thing.save(2, 2, 7)]
        });
        commit(store, both);
        assert_eq!(found(store), Thing::ALL.map(|thing| ((thing, 2), (2, 7))));
    });
}

#[test]
fn names_are_told_apart_whole() {
    check(|store| {
        store.open(FRAME).unwrap();
        let profile = |uid, browser: &str, name: &str| ProfileKey {
            owner: OwnerId::from_uid(uid).unwrap(),
            profile: ProfileId::parse(browser, name).unwrap(),
        };
        let profiles = [
            profile(1_000, "chromium", "Default"),
            profile(1_001, "chromium", "Default"),
            profile(1_000, "firefox", "Default"),
            profile(1_000, "chromium", "Default2"),
        ];
        let origins = ["https://a.example", "https://a.example:8443", "http://localhost"];
        let Record::SaveProfile(kept) = Thing::Profile.save(1, 1, 9) else { panic!("a profile") };
        let Record::SaveSite(site) = Thing::Site.save(1, 1, 9) else { panic!("a site") };
        let mut records = Vec::new();
        for profile in &profiles {
            records.push(Record::SaveProfile(Box::new((profile.clone(), kept.1.clone()))));
            for origin in origins {
                let key = SiteKey { profile: profile.clone(), origin: origin.into() };
                records.push(Record::SaveSite(Box::new((key, site.1.clone()))));
            }
        }
        commit(store, records);
        let saved = store.open(FRAME).unwrap().saved;
        assert_eq!((saved.profiles.len(), saved.sites.len()), (4, 12));
        let gone = SiteKey { profile: profiles[1].clone(), origin: origins[1].into() };
        commit(store, [Record::DeleteSite(gone.clone())]);
        let saved = store.open(FRAME).unwrap().saved;
        assert_eq!((saved.sites.len(), saved.sites.get(&gone)), (11, None));
        // What is the same is one value in memory.
        let origins_profile = |saved: &Saved| {
            saved.sites.keys().find(|key| key.profile == profiles[0]).unwrap().profile.clone()
        };
        let (own, _) = saved.profiles.get_key_value(&profiles[0]).unwrap();
        let shared = origins_profile(&saved);
        assert_eq!(own.profile.profile().as_ptr(), shared.profile.profile().as_ptr());
    });
}

#[test]
fn a_network_that_returned_is_remembered() {
    check(|store| {
        store.open(FRAME).unwrap();
        let returned_at = Some(Timestamp::from_millis(START + 5));
        let kept = Counters { last_registration: 1, last_lease: 2, last_entry: 3, returned_at };
        commit(store, [Record::SaveCounters(kept)]);
        assert_eq!(store.open(FRAME).unwrap().saved.counters, kept);
    });
}

#[test]
fn the_last_lease_is_never_behind_what_is_there() {
    check(|store| {
        store.open(FRAME).unwrap();
        commit(store, [Thing::Lease.save(9, 1, 0)]);
        assert_eq!(store.open(FRAME).unwrap().saved.counters.last_lease, 9);
    });
}

#[test]
fn rotten_records_are_set_aside_and_what_they_were_about_is_written_anew() {
    let state = tempfile::tempdir().unwrap();
    let mut store = SledStore::new(state.path().to_owned());
    store.open(FRAME).unwrap();
    for thing in Thing::ALL {
        commit(&mut store, (1..=2).map(|id| thing.save(id, 1, 200)));
    }
    commit(&mut store, [counters(70)]);
    store.close();
    tamper(state.path(), |db| {
        // The second of each kind, and the counters.
        for key in [1, 6, 7, 8, 9].map(|kind| key(kind, 2)).into_iter().chain([key(3, 0)]) {
            let mut piece = db.get(key).unwrap().unwrap().to_vec();
            *piece.last_mut().unwrap() ^= 1;
            db.insert(key, piece).unwrap();
        }
    });
    let opened = store.open(FRAME).unwrap();
    let bad: Vec<_> = opened.set_aside.iter().map(ToString::to_string).collect();
    assert_eq!(
        bad,
        [
            "registration `2` fails its checksum",
            "record `counters` fails its checksum",
            "record of site number `2` fails its checksum",
            "record of profile number `2` fails its checksum",
            "lease `2` fails its checksum",
            "entry `2` of the history fails its checksum",
        ]
    );
    let Counters { last_registration, last_lease, .. } = opened.saved.counters;
    assert!(last_registration > 100_000 && last_lease > 100_000);
    let left: Vec<_> = things(opened.saved).into_keys().collect();
    assert_eq!(left, Thing::ALL.map(|thing| (thing, 1)));
    for thing in Thing::ALL {
        commit(&mut store, [thing.save(2, 2, 250), thing.save(3, 2, 250)]);
    }
    let again = found(&mut store);
    assert_eq!(again.len(), 3 * Thing::ALL.len());
    assert!(again.iter().all(|((_, id), (version, _))| *version == (*id).min(2)));
}

#[test]
fn two_records_of_one_name_are_not_merged() {
    let state = tempfile::tempdir().unwrap();
    let mut store = SledStore::new(state.path().to_owned());
    store.open(FRAME).unwrap();
    for thing in [Thing::Site, Thing::Profile] {
        commit(&mut store, [thing.save(1, 1, 9)]);
    }
    store.close();
    // The same content under the next number, under a right checksum.
    tamper(state.path(), |db| {
        for kind in [6, 7] {
            let value = db.get(key(kind, 1)).unwrap().unwrap();
            let mut hasher = crc32fast::Hasher::new();
            hasher.update(&key(kind, 2)[..9]);
            hasher.update(&value[..1]);
            hasher.update(&value[5..]);
            let copy = [&value[..1], &hasher.finalize().to_be_bytes(), &value[5..]].concat();
            db.insert(key(kind, 2), copy).unwrap();
        }
    });
    let opened = store.open(FRAME).unwrap();
    let bad: Vec<_> = opened.set_aside.iter().map(|bad| (&bad.record, &bad.why)).collect();
    let twice = &BadRecord::Name;
    assert_eq!(bad, [(&RecordName::Site(2), twice), (&RecordName::Profile(2), twice)]);
    // The first is changed and deleted as ever.
    commit(&mut store, [Thing::Site.save(1, 2, 9), Thing::Profile.delete(1)]);
    assert_eq!(found(&mut store), [((Thing::Site, 1), (2, 9))]);
}

#[test]
fn a_store_of_version_1_is_read_and_written_anew() {
    let state = tempfile::tempdir().unwrap();
    let mut store = SledStore::new(state.path().to_owned());
    store.open(FRAME).unwrap();
    store.close();
    let sample = include_str!("../../src/store/record/samples/v1.hex");
    tamper(state.path(), |db| {
        for line in sample.lines() {
            let (key, value) = line.split_once(' ').unwrap();
            db.insert(bytes(key), bytes(value)).unwrap();
        }
    });
    let opened = store.open(FRAME).unwrap();
    assert_eq!((opened.set_aside, opened.epoch), (vec![], 8));
    let saved = opened.saved;
    assert_eq!(saved.counters, Counters { last_registration: 42, ..Counters::default() });
    assert_eq!(saved.registrations.len(), 2);
    let writes = saved.registrations.iter().cloned().map(Box::new).map(Record::Save);
    commit(&mut store, writes.chain([Record::SaveCounters(saved.counters)]));
    let again = store.open(FRAME).unwrap().saved;
    assert_eq!(again, saved);
    store.close();
    tamper(state.path(), |db| {
        for key in [key(1, 41), key(1, 42), key(3, 0)] {
            assert_eq!(db.get(key).unwrap().unwrap()[0], 2, "the version of what was written");
        }
        assert_eq!(db.get(key(2, 1_000)).unwrap().unwrap()[0], 1, "nobody wrote it anew");
    });
}

#[test]
fn sites_with_the_longest_names_make_no_files_of_their_own() {
    let state = tempfile::tempdir().unwrap();
    let mut store = SledStore::new(state.path().to_owned());
    store.open(FRAME).unwrap();
    // Names begin alike, so that nothing but their ends tells them apart.
    let name = |id: u64, bytes: usize| format!("{}{id:03}", "n".repeat(bytes - 3));
    let key = |id| {
        let profile = ProfileId::parse(&"b".repeat(64), &name(id, 256)).unwrap();
        let profile = ProfileKey { owner: OwnerId::from_uid(1_000).unwrap(), profile };
        // With the slash that follows it in a scope as long as one may be.
        SiteKey { profile, origin: format!("https://{}", name(id, 2_039)).into() }
    };
    let write = |id: u64, version: u64, bytes: usize| {
        let (site, profile) =
            (Thing::Site.save(id, version, bytes), Thing::Profile.save(id, version, bytes));
        let (Record::SaveSite(site), Record::SaveProfile(profile)) = (site, profile) else {
            panic!("a site and a profile")
        };
        let key = key(id);
        let profile = Record::SaveProfile(Box::new((key.profile.clone(), profile.1)));
        [Record::SaveSite(Box::new((key, site.1))), profile]
    };
    let mut random = fastrand::Rng::with_seed(1);
    let mut ids: Vec<u64> = (1..=64).collect();
    for version in 1..=6 {
        random.shuffle(&mut ids);
        for some in ids.chunks(7) {
            let sites = some.iter().flat_map(|id| write(*id, version, 10_240));
            let others = some.iter().flat_map(|id| {
                let neighbours = [Thing::Registration, Thing::Lease, Thing::Entry];
                neighbours.map(|thing| thing.save(*id, version, thing.longest()))
            });
            commit(&mut store, sites.chain(others).collect::<Vec<_>>());
            assert_eq!(blobs(state.path()), 0);
        }
    }
    let opened = store.open(FRAME).unwrap();
    assert_eq!((blobs(state.path()), opened.set_aside), (0, vec![]));
    let Saved { sites, profiles, history, leases, .. } = opened.saved;
    assert_eq!([sites.len(), profiles.len(), history.len(), leases.len()], [64; 4]);
    for id in 1..=64 {
        let [Record::SaveSite(site), Record::SaveProfile(profile)] = write(id, 6, 10_240) else {
            panic!("a site and a profile")
        };
        assert_eq!(sites[&site.0], site.1);
        assert_eq!(profiles[&profile.0], profile.1);
    }
}

#[test]
fn a_crash_in_the_middle_keeps_whole_batches() {
    let state = tempfile::tempdir().unwrap();
    let mut store = SledStore::new(state.path().to_owned());
    store.open(FRAME).unwrap();
    let all = |version| Thing::ALL.map(|thing| thing.save(1, version, thing.longest()));
    commit(&mut store, all(1));
    // What a killed process leaves: its files as they are, copied while it lives.
    let left = tempfile::tempdir().unwrap();
    copy(&super::database(state.path()), &super::database(left.path()));
    commit(&mut store, all(2));
    let mut after = SledStore::new(left.path().to_owned());
    assert_eq!(found(&mut after), Thing::ALL.map(|thing| ((thing, 1), (1, thing.longest()))));
    assert_eq!(found(&mut store), Thing::ALL.map(|thing| ((thing, 1), (2, thing.longest()))));
}

#[test]
fn workers_are_shared_by_the_history_too() {
    check(|store| {
        store.open(FRAME).unwrap();
        commit(store, [Thing::Entry.save(1, 1, 0), Thing::Entry.save(2, 1, 0)]);
        let saved = store.open(FRAME).unwrap().saved;
        assert!(Arc::ptr_eq(&saved.history[0].worker, &saved.history[1].worker));
    });
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    let digits = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digits).collect()
}
