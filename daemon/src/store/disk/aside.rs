//! Stores that were damaged as a whole: set aside, and what came in their place. They are kept until
//! somebody removes them, or clears what may be in them.
//!
//! A damaged store is renamed, with the reason in a file of its own. What there is to restore is
//! written to a third directory, which takes the store's name when it is whole: a crash at any
//! moment leaves either a store, or none and a directory that was set aside, which begins the
//! restoring again.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::directory;

/// Of what was set aside so many are told of, the newest.
const TOLD: usize = 8;
/// Longer reasons are cut.
const REASON_BYTES: usize = 1_000;

/// Where sled keeps its files.
pub(super) fn database(state: &Path) -> PathBuf {
    state.join("store")
}

/// Where a store is put together that is to take the place of a damaged one.
pub(super) fn restoring(state: &Path) -> PathBuf {
    state.join("store.restoring")
}

/// Where the store goes that is set aside next.
pub(super) fn next(state: &Path) -> io::Result<PathBuf> {
    Ok(path(state, count(state)?.saturating_add(1)))
}

/// Renames the store, and notes why.
pub(super) fn set_aside(state: &Path, aside: &Path, why: &str) -> io::Result<()> {
    // Where the disk takes no note, the log has it.
    let _ = fs::write(database(state).join(REASON), why);
    fs::rename(database(state), aside)?;
    directory::sync(state)
}

/// Adds to the note of what was set aside last.
pub(super) fn add_to_note(state: &Path, text: &str) -> io::Result<()> {
    let Some(newest) = numbers(state)?.last().copied() else { return Ok(()) };
    let note = path(state, newest).join(REASON);
    let why = fs::read_to_string(&note).unwrap_or_default();
    fs::write(note, format!("{why}; {text}"))
}

/// Removes what is in the stores that were set aside, durably: only the notes stay, so that what was
/// lost is told on.
pub(super) fn erase(state: &Path) -> io::Result<()> {
    for number in numbers(state)? {
        let directory = path(state, number);
        let mut removed = false;
        for entry in fs::read_dir(&directory)? {
            let entry = entry?;
            if entry.file_name() == REASON {
                continue;
            }
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else {
                fs::remove_file(entry.path())?;
            }
            removed = true;
        }
        if removed {
            directory::sync(&directory)?;
            tracing::warn!(path = %directory.display(), "a store that was set aside is erased: an origin was cleared");
            // The log has it.
            let note = directory.join(REASON);
            let why = fs::read_to_string(&note).unwrap_or_default();
            let _ = fs::write(note, format!("{why}; {ERASED}"));
        }
    }
    Ok(())
}

/// How many stores were ever set aside, as far as their directories still stand.
pub(super) fn count(state: &Path) -> io::Result<u64> {
    Ok(numbers(state)?.last().copied().unwrap_or(0))
}

/// What was set aside, each in a sentence.
pub(super) fn told(state: &Path) -> io::Result<Vec<String>> {
    let numbers = numbers(state)?;
    let newest = numbers.len().saturating_sub(TOLD);
    let tell = |number: &u64| {
        let path = path(state, *number);
        let mut why = fs::read_to_string(path.join(REASON)).unwrap_or_default();
        why.truncate(why.floor_char_boundary(REASON_BYTES));
        format!("the store was damaged and is kept as `{}`: {why}", path.display())
    };
    Ok(numbers[newest..].iter().map(tell).collect())
}

/// In a directory that was set aside.
const REASON: &str = "reason.txt";
/// What the note says then.
const ERASED: &str = "its files were erased when an origin was cleared";
const PREFIX: &str = "store.damaged-";

fn path(state: &Path, number: u64) -> PathBuf {
    state.join(format!("{PREFIX}{number}"))
}

/// The numbers of what was set aside, in order.
fn numbers(state: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(state)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        numbers.extend(number.and_then(|number| number.parse::<u64>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}
