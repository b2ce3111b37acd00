//! Snapshots as files.

use std::{fs, os::unix::fs::PermissionsExt};

use super::*;

#[test]
fn the_newest_whole_snapshot_is_restored() {
    let state = tempfile::tempdir().unwrap();
    assert_eq!(newest(state.path(), HERE), None);
    let (first, second) = (write(&state, 1, 1), write(&state, 1, 2));
    assert_eq!(restored(&state), Some((second.clone(), 2)));
    // By epoch and number, whatever the clock said.
    let third = write(&state, 2, 1);
    assert_eq!(restored(&state), Some((third.clone(), 1)));
    let whole = fs::read(&third).unwrap();
    for broken in [&whole[..whole.len() - 1], b"", b"\0\0\0\0"] {
        fs::write(&third, broken).unwrap();
        assert_eq!(restored(&state), Some((second.clone(), 2)));
    }
    assert!(third.exists() && first.exists());
}

#[test]
fn what_was_written_before_an_upgrade_is_the_last_resort() {
    let state = tempfile::tempdir().unwrap();
    before_upgrade(state.path(), 1, &opened(5), HERE).unwrap();
    let file = state.path().join("snapshots/before-upgrade-from-1.jsonl");
    assert_eq!(restored(&state), Some((file.clone(), 5)));
    // It is the oldest of its kind that counts.
    before_upgrade(state.path(), 1, &opened(9), HERE).unwrap();
    assert_eq!(restored(&state), Some((file, 5)));
    let newer = write(&state, 1, 1);
    assert_eq!(restored(&state), Some((newer, 1)));
    for number in 2..9 {
        write(&state, 1, number);
        files::rotate(state.path()).unwrap();
    }
    let names = names(&state);
    assert_eq!(names.len(), files::KEPT + 1, "{names:?}");
    assert!(names.iter().any(|name| name == "before-upgrade-from-1.jsonl"), "{names:?}");
    assert!(names.iter().any(|name| name.ends_with("-0000000008.jsonl")), "{names:?}");
}

#[test]
fn what_is_not_finished_leaves_nothing() {
    let state = tempfile::tempdir().unwrap();
    let unfinished = Unfinished::create(state.path(), files::automatic(1, 1)).unwrap();
    assert_eq!(names(&state).len(), 1);
    assert_eq!(newest(state.path(), HERE), None);
    drop(unfinished);
    assert!(names(&state).is_empty());

    // A crash.
    std::mem::forget(Unfinished::create(state.path(), files::automatic(1, 2)).unwrap());
    let kept = write(&state, 1, 1);
    files::remove_unfinished(state.path()).unwrap();
    assert_eq!(names(&state).len(), 1);
    assert!(kept.exists());
}

#[test]
fn nothing_is_left_after_erasing() {
    let state = tempfile::tempdir().unwrap();
    erase(state.path()).unwrap();
    write(&state, 1, 1);
    before_upgrade(state.path(), 1, &opened(5), HERE).unwrap();
    let begun = Unfinished::create(state.path(), files::automatic(1, 2)).unwrap();
    erase(state.path()).unwrap();
    assert!(names(&state).is_empty());
    // What was being written meanwhile holds what was erased.
    begun.finish().unwrap_err();
    assert!(names(&state).is_empty());
}

#[test]
fn snapshots_are_for_the_daemon_alone() {
    let state = tempfile::tempdir().unwrap();
    let file = write(&state, 1, 1);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
}

fn opened(last_registration: u64) -> Opened {
    Opened { saved: counted(last_registration), epoch: taken().epoch, ..Opened::default() }
}

fn counted(last_registration: u64) -> Saved {
    let counters = pwasync_core::saved::Counters { last_registration, ..Default::default() };
    Saved { counters, ..Saved::default() }
}

fn write(state: &tempfile::TempDir, epoch: u64, number: u64) -> PathBuf {
    let mut file = Unfinished::create(state.path(), files::automatic(epoch, number)).unwrap();
    io::Write::write_all(&mut file, &lines(&counted(number), HERE)).unwrap();
    file.finish().unwrap()
}

fn restored(state: &tempfile::TempDir) -> Option<(PathBuf, u64)> {
    let Restored { saved, path, epoch, taken_at } = newest(state.path(), HERE)?;
    assert_eq!(epoch, taken().epoch);
    assert!(taken_at == taken().at || path.ends_with("before-upgrade-from-1.jsonl"));
    Some((path, saved.counters.last_registration))
}

fn names(state: &tempfile::TempDir) -> Vec<String> {
    let names = fs::read_dir(state.path().join("snapshots")).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
