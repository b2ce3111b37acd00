//! The files of snapshots: written whole or not at all, bounded in number, removed for good.

use std::{
    collections::BTreeSet,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// Automatic snapshots that are kept.
pub(super) const KEPT: usize = 3;

/// What is not finished is called so, behind its name.
const UNFINISHED: &str = "unfinished";
/// The first part of the name of an automatic snapshot.
const AUTOMATIC: &str = "automatic-";
/// The first part of the name of what was written before an upgrade.
const UPGRADE: &str = "before-upgrade-from-";
/// So much is written before it is handed to the disk: what waits for the disk at once holds up
/// commits by no more.
const SYNC_BYTES: usize = 4 << 20;

/// Where the snapshots of a state directory are.
pub(super) fn directory(state: &Path) -> PathBuf {
    state.join("snapshots")
}

/// The name of an automatic snapshot: later ones sort behind earlier ones, whatever the wall clock
/// says.
pub(super) fn automatic(epoch: u64, number: u64) -> String {
    format!("{AUTOMATIC}{epoch:020}-{number:010}.jsonl")
}

/// The name of the snapshot of a store that is to be upgraded.
pub(super) fn before_upgrade(version: u8) -> String {
    format!("{UPGRADE}{version}.jsonl")
}

/// All finished snapshots, the newest first; those from before an upgrade last.
pub(super) fn newest_first(state: &Path) -> io::Result<Vec<PathBuf>> {
    let names = names(&directory(state))?;
    let finished = |first: &'static str| {
        let fits = move |name: &&String| name.starts_with(first) && name.ends_with(".jsonl");
        names.iter().rev().filter(fits)
    };
    let all = finished(AUTOMATIC).chain(finished(UPGRADE));
    Ok(all.map(|name| directory(state).join(name)).collect())
}

/// Removes the automatic snapshots beyond the newest [`KEPT`].
pub(super) fn rotate(state: &Path) -> io::Result<()> {
    let directory = directory(state);
    let names = names(&directory)?;
    let automatic: Vec<_> = names.iter().filter(|name| name.starts_with(AUTOMATIC)).collect();
    for name in automatic.iter().rev().skip(KEPT) {
        remove(&directory.join(name))?;
    }
    Ok(())
}

/// Removes what a crash left unfinished.
pub(super) fn remove_unfinished(state: &Path) -> io::Result<()> {
    let directory = directory(state);
    for name in names(&directory)?.iter().filter(|name| name.ends_with(UNFINISHED)) {
        remove(&directory.join(name))?;
    }
    Ok(())
}

/// Removes every snapshot, durably: after this nothing that was in one is in a file. One that is
/// being written meanwhile is never finished.
///
/// # Errors
/// When a file cannot be removed.
pub fn erase(state: &Path) -> io::Result<()> {
    let directory = directory(state);
    let mut removed = false;
    // A file can get its final name while the others are removed.
    loop {
        let names = names(&directory)?;
        if names.is_empty() {
            break;
        }
        for name in &names {
            remove(&directory.join(name))?;
        }
        removed = true;
    }
    if removed { File::open(&directory)?.sync_all() } else { Ok(()) }
}

/// Regular files; none where there is no directory.
fn names(directory: &Path) -> io::Result<BTreeSet<String>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        entries => entries?,
    };
    let mut names = BTreeSet::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            names.extend(entry.file_name().into_string());
        }
    }
    Ok(names)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// A file that gets its name when it is whole and on disk, and vanishes otherwise.
#[derive(Debug)]
pub(super) struct Unfinished {
    directory: PathBuf,
    name: String,
    file: File,
    buffer: Vec<u8>,
    /// Not yet handed to the disk.
    unsynced: usize,
    written: u64,
    finished: bool,
}

impl Unfinished {
    pub(super) fn create(state: &Path, name: String) -> io::Result<Self> {
        const BUFFER: usize = 64 << 10;
        let directory = directory(state);
        match DirBuilder::new().mode(0o700).create(&directory) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => {
                made?;
                File::open(state)?.sync_all()?;
            }
        }
        let path = directory.join(format!("{name}.{UNFINISHED}"));
        let file =
            OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path)?;
        let buffer = Vec::with_capacity(BUFFER);
        Ok(Self { directory, name, file, buffer, unsynced: 0, written: 0, finished: false })
    }

    /// Makes it durable, then visible.
    pub(super) fn finish(mut self) -> io::Result<PathBuf> {
        self.flush()?;
        self.file.sync_all()?;
        let path = self.directory.join(&self.name);
        // Fails where it was erased meanwhile.
        fs::rename(self.unfinished(), &path)?;
        self.finished = true;
        File::open(&self.directory)?.sync_all()?;
        Ok(path)
    }

    /// So many bytes were written.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    fn unfinished(&self) -> PathBuf {
        self.directory.join(format!("{}.{UNFINISHED}", self.name))
    }
}

impl Write for Unfinished {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= self.buffer.capacity() / 2 {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.buffer)?;
        self.written += self.buffer.len() as u64;
        self.unsynced += self.buffer.len();
        self.buffer.clear();
        if self.unsynced >= SYNC_BYTES {
            self.unsynced = 0;
            self.file.sync_data()?;
        }
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.finished {
            // What cannot be removed now is at the next start.
            let _ = fs::remove_file(self.unfinished());
        }
    }
}
