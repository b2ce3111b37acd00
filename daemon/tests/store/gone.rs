//! A disk that is unmounted under the daemon leaves an empty place, or an old store, in which nothing
//! may begin anew.

use std::{fs, os::unix::fs::DirBuilderExt, path::Path};

use pwasync_core::effect::Record;
use pwasyncd::store::{
    Store,
    disk::SledStore,
    error::{Cause, Remedy, StoreError},
};

use super::{
    aside::rot,
    commit, save,
    support::{FRAME, by_id, database, registration},
    wait_for_sled,
};

#[test]
fn no_store_is_made_where_one_was_open() {
    let disk = tempfile::tempdir().unwrap();
    let state = disk.path().join("disk/state");
    let mut store = SledStore::new(state.clone());
    store.open(FRAME).unwrap();
    commit(&mut store, (1..=3).map(|id| save(&registration(id, 1, 500))));
    store.close();
    let mounted = disk.path().join("mounted");
    fs::rename(disk.path().join("disk"), &mounted).unwrap();
    for place in [disk.path().join("disk"), state.clone(), database(&state)] {
        // The mount point, then with an empty state directory, then with sled's.
        fs::DirBuilder::new().mode(0o700).create(&place).unwrap();
        for _ in 0..2 {
            assert_gone(&store.open(FRAME).unwrap_err(), "nothing is in their place", &state);
        }
        assert_eq!(fs::read_dir(&place).unwrap().count(), 0, "something was made");
    }
    fs::remove_dir_all(disk.path().join("disk")).unwrap();
    assert_gone(&store.open(FRAME).unwrap_err(), "nothing is in their place", &state);
    assert!(!disk.path().join("disk").exists());

    fs::rename(&mounted, disk.path().join("disk")).unwrap();
    let opened = store.open(FRAME).unwrap();
    assert_eq!(opened.epoch, 2);
    assert_eq!(opened.losses, Vec::<String>::new());
    let found = by_id(opened);
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|(id, found)| *found == registration(*id, 1, 500)));
}

#[test]
fn an_older_store_does_not_take_the_place_of_the_open_one() {
    let disk = tempfile::tempdir().unwrap();
    let state = disk.path().join("state");
    // What the mount point hid: a store of epoch 1.
    let mut older = SledStore::new(state.clone());
    older.open(FRAME).unwrap();
    commit(&mut older, [save(&registration(9, 1, 500))]);
    drop(older);
    wait_for_sled(&state);
    let hidden = disk.path().join("hidden");
    fs::rename(&state, &hidden).unwrap();

    let mut store = SledStore::new(state.clone());
    for _ in 0..3 {
        store.open(FRAME).unwrap();
    }
    commit(&mut store, [save(&registration(1, 1, 500))]);
    store.close();
    wait_for_sled(&state);
    let mounted = disk.path().join("mounted");
    fs::rename(&state, &mounted).unwrap();
    fs::rename(&hidden, &state).unwrap();
    for _ in 0..3 {
        // The epoch that is found does not rise: nothing is written.
        let instead = "a store of epoch 1 is in their place, 3 was open";
        assert_gone(&store.open(FRAME).unwrap_err(), instead, &state);
    }
    wait_for_sled(&state);
    fs::rename(&state, &hidden).unwrap();
    fs::rename(&mounted, &state).unwrap();
    let opened = store.open(FRAME).unwrap();
    assert_eq!(opened.epoch, 4);
    assert_eq!(by_id(opened).into_keys().collect::<Vec<_>>(), [1]);
    // A daemon that had not the other one open may use the older.
    assert_eq!(SledStore::new(hidden).open(FRAME).unwrap().epoch, 2);
}

#[test]
fn an_epoch_that_was_imported_counts() {
    let disk = tempfile::tempdir().unwrap();
    let state = disk.path().join("state");
    let mut store = SledStore::new(state.clone());
    store.open(FRAME).unwrap();
    store.close();
    wait_for_sled(&state);
    let older = disk.path().join("older");
    copy(&state, &older);
    store.open(FRAME).unwrap();
    commit(&mut store, [Record::SaveEpoch(40)]);
    store.close();
    wait_for_sled(&state);
    let newer = disk.path().join("newer");
    fs::rename(&state, &newer).unwrap();
    fs::rename(&older, &state).unwrap();
    let instead = "a store of epoch 1 is in their place, 40 was open";
    assert_gone(&store.open(FRAME).unwrap_err(), instead, &state);
    wait_for_sled(&state);
    fs::rename(&state, &older).unwrap();
    fs::rename(&newer, &state).unwrap();
    assert_eq!(store.open(FRAME).unwrap().epoch, 41);
}

#[test]
fn a_disk_with_the_same_content_takes_the_place_of_another() {
    let disk = tempfile::tempdir().unwrap();
    let state = disk.path().join("state");
    let mut store = SledStore::new(state.clone());
    store.open(FRAME).unwrap();
    commit(&mut store, [save(&registration(1, 1, 500))]);
    store.close();
    wait_for_sled(&state);
    let former = disk.path().join("former");
    fs::rename(&state, &former).unwrap();
    copy(&former, &state);
    let opened = store.open(FRAME).unwrap();
    assert_eq!(opened.epoch, 2);
    assert_eq!(by_id(opened).len(), 1);
    // The new one is locked, the former one is free.
    let error = SledStore::new(state).open(FRAME).unwrap_err();
    assert!(matches!(error.cause, Cause::InUse { .. }), "{error:?}");
    assert_eq!(SledStore::new(former).open(FRAME).unwrap().epoch, 2);
}

#[test]
fn what_takes_the_place_of_a_damaged_store_is_above_it() {
    let disk = tempfile::tempdir().unwrap();
    let mut store = SledStore::new(disk.path().to_owned());
    store.open(FRAME).unwrap();
    // Higher than what restoring gives by itself.
    commit(&mut store, [Record::SaveEpoch(5_000_000)]);
    store.close();
    rot(disk.path());
    let opened = store.open(FRAME).unwrap();
    assert_eq!(opened.losses.len(), 1);
    assert!(opened.epoch > 5_000_000, "{}", opened.epoch);
    assert_eq!(store.open(FRAME).unwrap().epoch, opened.epoch + 1);
}

#[test]
fn a_restoring_that_fails_is_begun_again() {
    let disk = tempfile::tempdir().unwrap();
    let state = disk.path();
    let mut store = SledStore::new(state.to_owned());
    store.open(FRAME).unwrap();
    store.close();
    rot(state);
    // A file where the new store is to be put together: it cannot be removed as a directory.
    let obstacle = state.join("store.restoring");
    fs::write(&obstacle, b"").unwrap();
    store.open(FRAME).unwrap_err();
    assert!(!database(state).exists());
    store.open(FRAME).unwrap_err();
    fs::remove_file(&obstacle).unwrap();
    assert_eq!(store.open(FRAME).unwrap().losses.len(), 1);
    // From here on an empty place is none of its own making.
    store.close();
    wait_for_sled(state);
    let aside = state.join("moved");
    fs::rename(database(state), &aside).unwrap();
    assert_gone(&store.open(FRAME).unwrap_err(), "nothing is in their place", state);
    fs::rename(&aside, database(state)).unwrap();
    store.open(FRAME).unwrap();
}

fn assert_gone(error: &StoreError, instead: &str, state: &Path) {
    assert!(matches!(error.cause, Cause::Gone { .. }), "{error:?}");
    assert_eq!(error.remedy(), Remedy::OpenAgain);
    let hint =
        format!("see whether its disk is mounted with `findmnt --target {}`", state.display());
    let expected = format!("its files are not there any more: {instead}\nhint: {hint}");
    assert_eq!(error.cause.to_string(), expected);
}

/// The directory with all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
