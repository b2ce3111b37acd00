//! What every store promises, and what the one on disk adds.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::{os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use pwasync_core::{
    effect::Record,
    key::{OwnerId, RegistrationId},
    registration::Registration,
    saved::Counters,
    time::Timestamp,
};
use pwasyncd::store::{
    Store,
    batch::{Batch, Write},
    disk::SledStore,
    error::{BadRecord, Cause, RecordName, Remedy},
    memory::MemoryStore,
};
use support::{FRAME, blobs, by_id, database, registration};

mod aside;
mod driven;
mod gone;
mod kept;
mod rotten;
mod second;
#[path = "../support/mod.rs"]
mod support;
mod versions;

/// Runs a rule on both stores.
fn check(rule: impl Fn(&mut dyn Store)) {
    rule(&mut MemoryStore::new());
    let state = tempfile::tempdir().unwrap();
    rule(&mut SledStore::new(state.path().join("state")));
}

#[test]
fn an_empty_store_opens_empty() {
    check(|store| {
        let opened = store.open(FRAME).unwrap();
        assert_eq!(opened.saved, Default::default());
        assert_eq!((opened.epoch, opened.simulated_now), (1, None));
        assert!(opened.set_aside.is_empty());
    });
}

#[test]
fn the_epoch_rises_with_each_opening() {
    check(|store| {
        let epochs: Vec<_> = (0..5).map(|_| store.open(FRAME).unwrap().epoch).collect();
        assert_eq!(epochs, [1, 2, 3, 4, 5]);
    });
}

#[test]
fn what_is_committed_is_found_again() {
    check(|store| {
        store.open(FRAME).unwrap();
        let owner = OwnerId::from_uid(1_000).unwrap();
        let now = Timestamp::from_millis(9_000);
        commit(
            store,
            [
                save(&registration(1, 1, 10)).into(),
                save(&registration(2, 1, 10_240)).into(),
                counters(2).into(),
                Record::SaveOwner { owner, name: Arc::from("ada") }.into(),
                Write::SaveSimulatedNow(now),
            ],
        );
        commit(store, [save(&registration(1, 2, 0))]);
        let opened = store.open(FRAME).unwrap();
        assert_eq!(opened.saved.counters.last_registration, 2);
        assert_eq!(opened.saved.owners[&owner].as_ref(), "ada");
        assert_eq!(opened.simulated_now, Some(now));
        let found = by_id(opened);
        assert_eq!(found[&1], registration(1, 2, 0));
        assert_eq!(found[&2], registration(2, 1, 10_240));
    });
}

#[test]
fn a_value_that_shrinks_takes_its_pieces_with_it() {
    check(|store| {
        store.open(FRAME).unwrap();
        for bytes in [10_240, 5_000, 3, 9_000, 0] {
            let saved = registration(1, 1, bytes);
            commit(store, [save(&saved), save(&registration(2, 1, 10_240))]);
            // The second time the counts of pieces come from the disk.
            for _ in 0..2 {
                let opened = store.open(FRAME).unwrap();
                assert_eq!(opened.set_aside, []);
                assert_eq!(by_id(opened)[&1], saved);
            }
        }
    });
}

#[test]
fn what_is_deleted_is_gone_with_all_its_pieces() {
    check(|store| {
        store.open(FRAME).unwrap();
        commit(store, [save(&registration(1, 1, 10_240)), save(&registration(2, 1, 1))]);
        commit(store, [1, 2, 3].map(|id| Record::Delete(RegistrationId::new(id))));
        let opened = store.open(FRAME).unwrap();
        assert!(opened.saved.registrations.is_empty());
        assert_eq!(opened.set_aside, []);
    });
}

#[test]
fn the_last_registration_is_never_behind_what_is_there() {
    check(|store| {
        store.open(FRAME).unwrap();
        commit(store, [save(&registration(9, 1, 0))]);
        assert_eq!(store.open(FRAME).unwrap().saved.counters.last_registration, 9);
    });
}

#[test]
fn a_closed_store_takes_nothing() {
    check(|store| {
        store.open(FRAME).unwrap();
        store.close();
        let error = store.commit(&batch([save(&registration(1, 1, 0))]), FRAME).unwrap_err();
        assert!(matches!(error.cause, Cause::Closed), "{error:?}");
        assert!(store.open(FRAME).unwrap().saved.registrations.is_empty());
    });
}

#[test]
fn workers_and_profiles_are_shared_after_loading() {
    check(|store| {
        store.open(FRAME).unwrap();
        commit(store, [1, 2].map(|id| save(&registration(id, 1, 0))));
        let opened = store.open(FRAME).unwrap();
        let registrations: Vec<_> = opened.saved.registrations.iter().collect();
        let [first, second] = registrations.as_slice() else { panic!("two") };
        assert!(Arc::ptr_eq(&first.key.worker, &second.key.worker));
    });
}

#[test]
fn neighbours_with_long_tags_make_no_files_of_their_own() {
    let state = tempfile::tempdir().unwrap();
    let mut store = SledStore::new(state.path().to_owned());
    store.open(FRAME).unwrap();
    let mut random = fastrand::Rng::with_seed(1);
    let mut ids: Vec<u64> = (1..=40).collect();
    for round in 1..=6 {
        random.shuffle(&mut ids);
        for some in ids.chunks(7) {
            commit(&mut store, some.iter().map(|id| save(&registration(*id, round, 10_240))));
            assert_eq!(blobs(state.path()), 0);
        }
    }
    let found = by_id(store.open(FRAME).unwrap());
    assert_eq!(blobs(state.path()), 0);
    assert_eq!(found.len(), 40);
    assert!(found.iter().all(|(id, saved)| *saved == registration(*id, 6, 10_240)));
}

#[test]
fn a_batch_may_be_larger_than_a_segment_of_the_log() {
    let state = tempfile::tempdir().unwrap();
    let mut store = SledStore::new(state.path().to_owned());
    store.open(FRAME).unwrap();
    commit(&mut store, (1..=300).map(|id| save(&registration(id, 1, 10_240))));
    assert_eq!(by_id(store.open(FRAME).unwrap()).len(), 300);
    assert_eq!(blobs(state.path()), 0);
}

#[test]
fn opening_again_at_once_works_every_time() {
    let state = tempfile::tempdir().unwrap();
    let mut store = SledStore::new(state.path().to_owned());
    for epoch in 1..=50 {
        assert_eq!(store.open(FRAME).unwrap().epoch, epoch);
        commit(&mut store, [save(&registration(epoch, 1, 5_000))]);
    }
    assert_eq!(by_id(store.open(FRAME).unwrap()).len(), 50);
}

#[test]
fn a_second_daemon_is_refused_while_the_first_lives() {
    let state = tempfile::tempdir().unwrap();
    let mut first = SledStore::new(state.path().to_owned());
    first.open(FRAME).unwrap();
    let mut second = SledStore::new(state.path().to_owned());
    let error = second.open(FRAME).unwrap_err();
    assert!(matches!(error.cause, Cause::InUse { .. }), "{error:?}");
    assert_eq!(error.remedy(), Remedy::Person);
    let message = error.cause.to_string();
    assert!(message.starts_with("another daemon uses it\nhint: see who with `fuser "), "{message}");
    // Between closing and opening again, too.
    first.close();
    second.open(FRAME).unwrap_err();
    drop(first);
    assert_eq!(second.open(FRAME).unwrap().epoch, 2);
}

#[test]
fn only_the_daemons_user_may_enter_the_state_directory() {
    let above = tempfile::tempdir().unwrap();
    let state = above.path().join("a/b/state");
    SledStore::new(state.clone()).open(FRAME).unwrap();
    for made in [above.path().join("a"), state.clone(), database(&state)] {
        assert_eq!(made.metadata().unwrap().permissions().mode() & 0o777, 0o700, "{made:?}");
    }
}

#[test]
fn a_rotten_record_is_set_aside_and_the_rest_is_used() {
    let state = tempfile::tempdir().unwrap();
    let mut store = SledStore::new(state.path().to_owned());
    store.open(FRAME).unwrap();
    commit(&mut store, (1..=3).map(|id| save(&registration(id, 1, 10_240))));
    store.close();
    // One byte in the second piece of the last registration, and a key of no meaning.
    let key = [1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 1];
    tamper(state.path(), |db| {
        let mut piece = db.get(key).unwrap().unwrap().to_vec();
        piece[100] ^= 1;
        db.insert(key, piece).unwrap();
        db.insert(b"nonsense", b"x").unwrap();
    });

    let opened = store.open(FRAME).unwrap();
    let names: Vec<_> = opened.set_aside.iter().map(ToString::to_string).collect();
    assert_eq!(
        names,
        [
            "registration `3` fails its checksum",
            "record with key `6e6f6e73656e7365` has a key that no version of pwasync wrote"
        ]
    );
    assert_eq!(opened.saved.counters.last_registration, 3);
    assert_eq!(by_id(opened).into_keys().collect::<Vec<_>>(), [1, 2]);

    // It is set aside once, and its number stays taken.
    let opened = store.open(FRAME).unwrap();
    assert_eq!(opened.set_aside, []);
    assert_eq!(opened.saved.counters.last_registration, 3);
    store.close();
    tamper(state.path(), |db| {
        let set_aside = db.open_tree("set-aside").unwrap();
        // Four pieces would be one too many for 10,240 bytes of tag.
        assert_eq!(set_aside.len(), 3 + 1);
        let copied = set_aside.get([&2_u64.to_be_bytes(), key.as_slice()].concat()).unwrap();
        assert_eq!(copied.unwrap().len(), 4_096);
    });
}

#[test]
fn a_lost_counter_leaps_ahead() {
    let state = tempfile::tempdir().unwrap();
    let mut store = SledStore::new(state.path().to_owned());
    store.open(FRAME).unwrap();
    commit(&mut store, [counters(70)]);
    store.close();
    tamper(state.path(), |db| {
        for kind in [3, 4] {
            let mut key = [0; 11];
            key[0] = kind;
            assert!(db.insert(key, b"rotten").unwrap().is_some());
        }
    });
    let opened = store.open(FRAME).unwrap();
    let lost: Vec<_> = opened.set_aside.iter().map(|bad| (&bad.record, &bad.why)).collect();
    let checksum = &BadRecord::Checksum;
    assert_eq!(lost, [(&RecordName::Counters, checksum), (&RecordName::Epoch, checksum)]);
    assert!(opened.saved.counters.last_registration > 100_000);
    assert!(opened.epoch > 100_000);
}

#[test]
fn a_newer_daemons_store_is_refused_and_left_alone() {
    let state = tempfile::tempdir().unwrap();
    let mut store = SledStore::new(state.path().to_owned());
    store.open(FRAME).unwrap();
    commit(&mut store, [save(&registration(1, 1, 0))]);
    store.close();
    let key = [19, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0];
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&key[..9]);
    hasher.update(&[3]);
    hasher.update(b"what is to come");
    let value = [&[3], &hasher.finalize().to_be_bytes()[..], b"what is to come"].concat();
    tamper(state.path(), |db| drop(db.insert(key, value.clone()).unwrap()));

    let error = store.open(FRAME).unwrap_err();
    assert!(matches!(error.cause, Cause::Newer { version: 3, limit: 2, .. }), "{error:?}");
    assert_eq!(error.remedy(), Remedy::Person);
    tamper(state.path(), |db| {
        assert_eq!(db.get(key).unwrap().unwrap(), value);
        db.remove(key).unwrap();
    });
    assert_eq!(store.open(FRAME).unwrap().epoch, 2, "no epoch was spent");
}

#[test]
fn a_snapshot_cut_short_by_a_crash_does_no_harm() {
    let state = tempfile::tempdir().unwrap();
    let mut store = SledStore::new(state.path().to_owned());
    store.open(FRAME).unwrap();
    commit(&mut store, [save(&registration(1, 1, 0))]);
    store.close();
    let unfinished = database(state.path()).join("snap.7FFFFFFFFFFFFFFF.generating");
    std::fs::write(&unfinished, b"half").unwrap();
    // That it does harm without our help is what makes this a test.
    wait_for_sled(state.path());
    let stock = sled::Config::new().path(database(state.path())).open();
    assert!(matches!(stock, Err(sled::Error::Corruption { .. })), "{stock:?}");
    drop(stock);
    assert_eq!(by_id(store.open(FRAME).unwrap()).len(), 1);
    assert!(!unfinished.exists());
}

#[test]
fn settings_that_make_no_sense_are_written_anew() {
    let state = tempfile::tempdir().unwrap();
    let mut store = SledStore::new(state.path().to_owned());
    store.open(FRAME).unwrap();
    commit(&mut store, [save(&registration(1, 1, 0))]);
    store.close();
    wait_for_sled(state.path());
    let settings = database(state.path()).join("conf");
    let former = std::fs::read(&settings).unwrap();
    std::fs::write(&settings, [0xff; 64]).unwrap();
    // That it does harm without our help is what makes this a test.
    assert!(sled::Config::new().path(database(state.path())).open().is_err());
    let opened = store.open(FRAME).unwrap();
    assert_eq!(opened.losses, Vec::<String>::new());
    assert_eq!(by_id(opened).len(), 1);
    assert_eq!(std::fs::read(&settings).unwrap(), former);
}

#[test]
fn threads_of_sled_do_not_wake_by_themselves() {
    const HOUR: u64 = 3_600_000_000_000;
    let state = tempfile::tempdir().unwrap();
    let mut store = SledStore::new(state.path().to_owned());
    store.open(FRAME).unwrap();
    let own = rustix::thread::current_timer_slack().unwrap();
    assert!(own < 1_000_000, "{own}");
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap().path());
    // By name a thread is known only once it has run, by its slack from birth.
    let (mut late, mut prompt) = (0, Vec::new());
    for task in tasks {
        let id = task.file_name().unwrap().to_str().unwrap();
        let slack = std::fs::read_to_string(format!("/proc/{id}/timerslack_ns")).unwrap();
        if slack.trim().parse::<u64>().unwrap() == HOUR {
            late += 1;
        } else {
            prompt.push(std::fs::read_to_string(task.join("comm")).unwrap());
        }
    }
    assert!(late >= 7, "{late} late threads");
    assert!(prompt.iter().all(|name| !name.starts_with("sled-io")), "{prompt:?}");
}

/// Changes a closed store behind the daemon's back.
fn tamper(state: &Path, change: impl FnOnce(&sled::Db)) {
    wait_for_sled(state);
    let db = sled::Config::new().path(database(state)).flush_every_ms(None).open().unwrap();
    change(&db);
    db.flush().unwrap();
}

/// A thread of sled may hold its lock for an instant after it was closed.
fn wait_for_sled(state: &Path) {
    let log = std::fs::File::open(database(state).join("db")).unwrap();
    log.lock().unwrap();
    log.unlock().unwrap();
}

fn counters(last_registration: u64) -> Record {
    Record::SaveCounters(Counters { last_registration, ..Counters::default() })
}

fn save(registration: &Registration) -> Record {
    Record::Save(Box::new(registration.clone()))
}

fn batch(writes: impl IntoIterator<Item = impl Into<Write>>) -> Batch {
    writes.into_iter().collect()
}

fn commit(store: &mut dyn Store, writes: impl IntoIterator<Item = impl Into<Write>>) {
    store.commit(&batch(writes), FRAME).unwrap();
}
