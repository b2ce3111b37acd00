//! The directories and files around sled: made, locked, synced.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use rustix::{
    fs::{Advice, FallocateFlags, fadvise, fallocate},
    io::Errno,
};

use crate::store::error::Cause;

/// Room for a new segment of sled's log and for sled's own snapshot of a store of some size.
const NEEDED_BYTES: u64 = 1 << 20;

/// Makes a directory that only its owner may enter, with what is missing above it, durably.
pub(super) fn create(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    // The parent of a relative path's first part is the empty path.
    let parent = directory.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        create(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => made?,
    }
    sync(parent.unwrap_or(Path::new(".")))
}

/// Keeps other daemons out for as long as the file lives.
///
/// sled has a lock of its own, whose failure is told from others by its text alone.
pub(super) fn lock(directory: &Path) -> Result<File, Cause> {
    let path = lock_path(directory);
    let file = create_file(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Cause::InUse { path: path.display().to_string() }),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Whether this lock is the one of the directory that is there now.
pub(super) fn is_lock(held: &File, directory: &Path) -> io::Result<bool> {
    let held = held.metadata()?;
    match fs::metadata(lock_path(directory)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        found => found.map(|found| (found.dev(), found.ino()) == (held.dev(), held.ino())),
    }
}

fn lock_path(directory: &Path) -> PathBuf {
    directory.join("store.lock")
}

/// Tries whether the disk takes what an opening needs at least: sled spends seconds of a processor
/// on a large store before it finds out, and this is asked for again and again.
pub(super) fn probe(directory: &Path) -> Result<(), Cause> {
    let path = directory.join("probe");
    let tried = try_to_write(&path);
    // A file that stays is written over by the next probe.
    let _ = fs::remove_file(&path);
    Ok(tried?)
}

fn try_to_write(path: &Path) -> io::Result<()> {
    let mut file = create_file(path)?;
    file.write_all(&[0x55; 4_096])?;
    match fallocate(&file, FallocateFlags::empty(), 0, NEEDED_BYTES) {
        // Not every file system can say before.
        Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => {}
        Err(error) => return Err(error.into()),
    }
    file.sync_all()
}

/// Makes sled's directory ready to be opened, and opens its log for our own syncs.
pub(super) fn prepare(database: &Path) -> Result<File, Cause> {
    create(database)?;
    remove_unfinished_snapshots(database)?;
    remove_damaged_settings(database)?;
    let log = create_file(&database.join("db"))?;
    wait_for_threads(&log, database)?;
    // A page whose writing failed stays in memory as if it were on disk; so does, after a kill,
    // one that was never synced. What is read is to be what a power cut would leave.
    log.sync_data()?;
    // Where a file system does not take the advice, only that is lost.
    let _ = fadvise(&log, 0, None, Advice::DontNeed);
    Ok(log)
}

/// Makes the files that sled made durable, so that they are there when their content is.
pub(super) fn sync_all(database: &Path) -> io::Result<()> {
    File::open(database.join("conf"))?.sync_all()?;
    sync(database)
}

/// sled writes a snapshot under this name, syncs it and renames it. One that a crash left behind
/// is taken for the newest, and keeps the store from opening when it is cut short.
fn remove_unfinished_snapshots(database: &Path) -> io::Result<()> {
    for entry in fs::read_dir(database)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().ends_with(b".generating") {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// sled keeps its settings with a checksum which it does not look at, and refuses to open with
/// others. There is nothing of ours in them: where they are damaged, it is to write them anew.
fn remove_damaged_settings(database: &Path) -> io::Result<()> {
    let path = database.join("conf");
    let bytes = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        bytes => bytes?,
    };
    let whole = bytes
        .split_last_chunk::<4>()
        .is_some_and(|(content, checksum)| crc32fast::hash(content).to_le_bytes() == *checksum);
    if whole { Ok(()) } else { fs::remove_file(path) }
}

/// After sled is closed, a thread of it may hold its lock for an instant more.
fn wait_for_threads(log: &File, database: &Path) -> Result<(), Cause> {
    const TRIES: u32 = 5_000;
    for _ in 0..TRIES {
        match log.try_lock() {
            Ok(()) => return Ok(log.unlock()?),
            Err(TryLockError::WouldBlock) => thread::park_timeout(Duration::from_millis(1)),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
    Err(Cause::InUse { path: database.join("db").display().to_string() })
}

pub(super) fn create_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).read(true).mode(0o600).open(path)
}

pub(super) fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}
