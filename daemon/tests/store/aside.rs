//! Stores that are damaged as a whole are set aside, never deleted, and something takes their place.

use std::{fs, path::Path};

use pwasync_core::effect::Record;
use pwasyncd::store::{Store, disk::SledStore};

use super::{
    commit, save,
    support::{FRAME, by_id, database, registration},
    tamper,
};

#[test]
fn a_damaged_store_is_kept_and_told_of_until_it_is_removed() {
    let state = tempfile::tempdir().unwrap();
    let mut store = SledStore::new(state.path().to_owned());
    for round in 1..=2 {
        store.open(FRAME).unwrap();
        commit(&mut store, [save(&registration(1, round, 500))]);
        store.close();
        let log = rot(state.path());
        let opened = store.open(FRAME).unwrap();
        let kept = state.path().join(format!("store.damaged-{round}"));
        let told = format!("the store was damaged and is kept as `{}`: ", kept.display());
        let [.., loss] = opened.losses.as_slice() else { panic!("nothing is told") };
        assert!(loss.starts_with(&told), "{loss}");
        assert!(loss.ends_with("there was no snapshot: what browsers do not tell again is lost"));
        assert_eq!(fs::read(kept.join("db")).unwrap(), log, "what is set aside is not touched");
        // No number of an attempt or a registration comes back.
        assert!(opened.epoch > round * 1_000_000, "{}", opened.epoch);
        assert!(opened.saved.counters.last_registration >= round * 1_000_000_000);
        assert!(opened.saved.counters.last_lease >= round * 1_000_000_000);
        assert!(by_id(opened).is_empty());
    }
    assert_eq!(store.open(FRAME).unwrap().losses.len(), 2);
    fs::remove_dir_all(state.path().join("store.damaged-1")).unwrap();
    fs::remove_dir_all(state.path().join("store.damaged-2")).unwrap();
    assert_eq!(store.open(FRAME).unwrap().losses, Vec::<String>::new());
}

#[test]
fn what_is_cleared_is_in_no_store_that_was_set_aside() {
    let state = tempfile::tempdir().unwrap();
    let mut store = SledStore::new(state.path().to_owned());
    for _ in 0..2 {
        store.open(FRAME).unwrap();
        commit(&mut store, [save(&registration(1, 1, 500))]);
        store.close();
        rot(state.path());
    }
    let told = store.open(FRAME).unwrap().losses;
    assert_eq!(told.len(), 2);
    let files = |number: u64| {
        let kept = state.path().join(format!("store.damaged-{number}"));
        let mut names: Vec<_> =
            fs::read_dir(kept).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert!(files(1).len() > 1 && files(2).len() > 1);
    commit(&mut store, [save(&registration(2, 1, 500)), Record::EraseCopies]);
    assert_eq!([files(1), files(2)], [["reason.txt"], ["reason.txt"]]);
    // What was lost is told on, and no number comes back.
    let opened = store.open(FRAME).unwrap();
    assert_eq!(opened.losses.len(), 2);
    for (loss, before) in opened.losses.iter().zip(told) {
        assert_eq!(*loss, format!("{before}; its files were erased when an origin was cleared"));
    }
    assert_eq!(by_id(opened).into_keys().collect::<Vec<_>>(), [2]);
    // Once.
    commit(&mut store, [Record::EraseCopies]);
    let erased = "its files were erased";
    let told = store.open(FRAME).unwrap().losses;
    assert!(told.iter().all(|loss| loss.matches(erased).count() == 1), "{told:?}");
}

#[test]
fn what_is_cleared_is_in_no_record_that_was_set_aside() {
    let state = tempfile::tempdir().unwrap();
    let mut store = SledStore::new(state.path().to_owned());
    store.open(FRAME).unwrap();
    commit(&mut store, [save(&registration(7, 1, 500)), save(&registration(8, 1, 500))]);
    store.close();
    let key = [1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0];
    tamper(state.path(), |db| {
        let mut value = db.get(key).unwrap().unwrap().to_vec();
        *value.last_mut().unwrap() ^= 1;
        db.insert(key, value).unwrap();
    });
    let aside = |state: &Path| {
        let mut found = Vec::new();
        tamper(state, |db| {
            let tree = db.open_tree("set-aside").unwrap();
            found.extend(tree.iter().map(|entry| entry.unwrap().1.to_vec()));
        });
        found
    };
    assert_eq!(store.open(FRAME).unwrap().set_aside.len(), 1);
    store.close();
    assert!(aside(state.path()).iter().all(|value| value.len() > 500));
    store.open(FRAME).unwrap();
    commit(&mut store, [Record::EraseCopies]);
    store.close();
    assert_eq!(aside(state.path()), [b""]);
    // Its number stays taken.
    let opened = store.open(FRAME).unwrap();
    assert!(opened.saved.counters.last_registration >= 8);
    assert_eq!(by_id(opened).into_keys().collect::<Vec<_>>(), [8]);
}

#[test]
fn a_crash_while_a_store_is_put_in_the_place_of_another_loses_nothing_more() {
    let state = tempfile::tempdir().unwrap();
    let mut store = SledStore::new(state.path().to_owned());
    store.open(FRAME).unwrap();
    drop(store);
    // As after a crash between the two renames, with a part of the new store written.
    fs::rename(database(state.path()), state.path().join("store.damaged-1")).unwrap();
    let unfinished = state.path().join("store.restoring");
    fs::create_dir(&unfinished).unwrap();
    fs::write(unfinished.join("db"), b"half").unwrap();
    let mut store = SledStore::new(state.path().to_owned());
    let opened = store.open(FRAME).unwrap();
    assert!(opened.epoch > 1_000_000, "{}", opened.epoch);
    assert_eq!(opened.losses.len(), 1);
    assert!(!unfinished.exists());
}

#[test]
fn what_a_power_cut_may_leave_behind_the_last_batch_is_no_damage() {
    let state = tempfile::tempdir().unwrap();
    let mut store = SledStore::new(state.path().to_owned());
    store.open(FRAME).unwrap();
    commit(&mut store, [save(&registration(1, 1, 500))]);
    let log = database(state.path()).join("db");
    let acknowledged = fs::metadata(&log).unwrap().len();
    commit(&mut store, [save(&registration(2, 1, 500))]);
    store.close();
    // Half of the second batch, which the mark does not know of.
    let mark = database(state.path()).join("acknowledged");
    let mut marked = fs::read(&mark).unwrap();
    let whole = fs::metadata(&log).unwrap().len();
    marked[..8].copy_from_slice(&i64::try_from(acknowledged - 1).unwrap().to_le_bytes());
    marked[16..24].copy_from_slice(&acknowledged.to_le_bytes());
    let checksum = crc32fast::hash(&marked[..24]).to_le_bytes();
    marked[24..].copy_from_slice(&checksum);
    fs::write(&mark, marked).unwrap();
    fs::File::options()
        .write(true)
        .open(&log)
        .unwrap()
        .set_len(acknowledged.midpoint(whole))
        .unwrap();
    let opened = store.open(FRAME).unwrap();
    assert_eq!(opened.losses, Vec::<String>::new());
    assert_eq!(by_id(opened).into_keys().collect::<Vec<_>>(), [1]);
}

/// Changes a bit in the middle of the log; gives the log as it is then.
pub(crate) fn rot(state: &Path) -> Vec<u8> {
    super::wait_for_sled(state);
    let path = database(state).join("db");
    let mut log = fs::read(&path).unwrap();
    // Behind the header of the first segment there is always something that counts.
    log[40] ^= 1;
    fs::write(&path, &log).unwrap();
    log
}
