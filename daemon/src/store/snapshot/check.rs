//! Reads the store back, and compares it with what is in memory, while both are in use.
//!
//! The records come through the store's own thread, some at a time, so that commits go on in
//! between. What differs only because it changed meanwhile is looked at again.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use pwasync_core::saved::Saved;
use rustix::fs::{Advice, fadvise};
use tokio::task::spawn_blocking;

use super::transfer::Outlet;
use crate::{
    channel::{CheckReport, Checked, SavedSender, StoredPiece, TransferError},
    store::{
        error::{BadRecord, Cause, RecordName},
        frame::ClockFrame,
        load::Loader,
        record::RecordId,
    },
};

/// Pieces read at a time: the store's thread is busy with them for less than a flush takes.
const PIECES: usize = 256;
/// How often what differs is looked at: what differs each time differs.
const LOOKS: u32 = 5;
/// Findings that are told; the others are counted.
const TOLD: u64 = 1_000;

type Reports = Outlet<CheckReport>;

/// What went wrong, as told.
const NOT_RECORDED: TransferError = TransferError::NotRecorded;

pub(super) async fn check(
    state: &Path,
    engine: &SavedSender,
    reports: &Reports,
) -> Result<(), TransferError> {
    let first = engine.page(None, None, 0).await.ok().flatten().ok_or(NOT_RECORDED)?;
    let mut check = Check {
        engine,
        reports,
        frame: first.frame,
        checked: Checked { expected: first.page.total as u64, ..Checked::default() },
    };
    let database = state.join("store");
    let (bytes, unreadable) = spawn_blocking(move || read_files(&database))
        .await
        .map_err(|error| TransferError::Store(error.to_string()))?;
    check.checked.bytes = bytes;
    for (path, error) in unreadable {
        check.finding(format!("file `{}` cannot be read: {error}", path.display())).await?;
    }
    let mut after = Vec::new();
    while let Some(next) = check.page(after).await? {
        after = next;
        reports.send(CheckReport::Progress(check.checked)).await?;
        if reports.is_closed() {
            return Ok(());
        }
    }
    reports.send(CheckReport::Done(check.checked)).await
}

/// A check that runs.
struct Check<'a> {
    engine: &'a SavedSender,
    reports: &'a Reports,
    frame: ClockFrame,
    checked: Checked,
}

/// Some records of the disk.
struct Page {
    saved: Saved,
    bad: Vec<(RecordName, BadRecord)>,
    records: u64,
    /// The last key; `None`: there was no more.
    next: Option<Vec<u8>>,
}

impl Check<'_> {
    /// Checks the records behind a key; the last key, or `None` behind the last page.
    async fn page(&mut self, after: Vec<u8>) -> Result<Option<Vec<u8>>, TransferError> {
        let mut page = self.read(&after).await?;
        let mut differing = self.differing(&page).await?;
        for _ in 1..LOOKS {
            if differing.is_empty() {
                break;
            }
            page = self.read(&after).await?;
            let again = self.differing(&page).await?;
            differing = differing.intersection(&again).cloned().collect();
        }
        self.checked.records += page.records;
        for (record, why) in page.bad {
            self.finding(format!("{record} {why}")).await?;
        }
        for difference in differing {
            self.finding(difference).await?;
        }
        Ok(page.next)
    }

    async fn read(&self, after: &[u8]) -> Result<Page, TransferError> {
        let mut limit = PIECES;
        loop {
            let pieces = self.engine.stored(after.to_vec(), limit).await;
            let pieces = pieces.ok().flatten().ok_or(NOT_RECORDED)?;
            let pieces = pieces.map_err(|error| TransferError::Store(format!("{error:#}")))?;
            let frame = self.frame;
            // Decoded on a thread of its own: the runtime's has others to serve.
            let page = spawn_blocking(move || decode(pieces, limit, frame))
                .await
                .map_err(|error| TransferError::Store(error.to_string()))?
                .map_err(|cause| TransferError::Store(cause.to_string()))?;
            match page {
                Some(page) => return Ok(page),
                // A record of more pieces than were read.
                None => limit = limit.saturating_mul(4),
            }
        }
    }

    /// What differs from what is in memory, as it is told.
    async fn differing(&self, page: &Page) -> Result<BTreeSet<String>, TransferError> {
        let memory = self.engine.beside(Box::new(page.saved.clone())).await;
        let memory = memory.ok().flatten().ok_or(NOT_RECORDED)?;
        Ok(differences(&page.saved, &memory))
    }

    async fn finding(&mut self, text: String) -> Result<(), TransferError> {
        self.checked.findings += 1;
        if self.checked.findings <= TOLD {
            // Who has gone away is noticed by the caller.
            self.reports.send(CheckReport::Finding(text)).await?;
        }
        Ok(())
    }
}

/// The whole records among pieces; `None`: there is not even one.
fn decode(
    mut pieces: Vec<StoredPiece>,
    limit: usize,
    frame: ClockFrame,
) -> Result<Option<Page>, Cause> {
    let record = |piece: &StoredPiece| RecordId::parse(&piece.0).map(|(id, _)| id);
    let more = pieces.len() >= limit;
    if more {
        // The last record may go on.
        let last = pieces.last().and_then(record);
        let whole = pieces.iter().rposition(|piece| record(piece) != last);
        let Some(whole) = whole else { return Ok(None) };
        pieces.truncate(whole + 1);
    }
    let next = pieces.last().map(|(key, _)| key.clone()).filter(|_| more);
    let records: BTreeSet<_> = pieces.iter().map(record).collect();
    let mut loader = Loader::new(frame);
    for (key, bytes) in &pieces {
        loader.piece(key, bytes)?;
    }
    let opened = loader.finish()?.opened;
    let bad = opened.set_aside.into_iter().map(|bad| (bad.record, bad.why));
    let records = records.len() as u64;
    Ok(Some(Page { saved: opened.saved, bad: bad.collect(), records, next }))
}

fn differences(disk: &Saved, memory: &Saved) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let on_disk = disk.registrations.iter().map(|one| (one.id.number(), one)).collect();
    let here = memory.registrations.iter().map(|one| (one.id.number(), one)).collect();
    compare(on_disk, here, RecordName::Registration, &mut found);
    let on_disk = disk.leases.iter().map(|one| (one.id.number(), one)).collect();
    let here = memory.leases.iter().map(|one| (one.id.number(), one)).collect();
    compare(on_disk, here, RecordName::Lease, &mut found);
    let on_disk = disk.history.iter().map(|one| (one.sequence, one)).collect();
    let here = memory.history.iter().map(|one| (one.sequence, one)).collect();
    compare(on_disk, here, RecordName::Entry, &mut found);
    for (owner, name) in &disk.owners {
        if memory.owners.get(owner) != Some(name) {
            found.insert(format!("{} differs from memory", RecordName::Owner(owner.uid().into())));
        }
    }
    // What a site is called is its user's matter: only whose it is, is told.
    for (key, site) in &disk.sites {
        if memory.sites.get(key) != Some(site) {
            let uid = key.profile.owner.uid();
            found.insert(format!("a site of owner `{uid}` differs from memory"));
        }
    }
    for (key, profile) in &disk.profiles {
        if memory.profiles.get(key) != Some(profile) {
            let uid = key.owner.uid();
            found.insert(format!("a profile of owner `{uid}` differs from memory"));
        }
    }
    found
}

fn compare<T: PartialEq>(
    disk: std::collections::BTreeMap<u64, &T>,
    memory: std::collections::BTreeMap<u64, &T>,
    name: fn(u64) -> RecordName,
    found: &mut BTreeSet<String>,
) {
    for (number, record) in &disk {
        match memory.get(number) {
            Some(here) if here == record => {}
            Some(_) => drop(found.insert(format!("{} differs from memory", name(*number)))),
            None => drop(found.insert(format!("{} is not in memory", name(*number)))),
        }
    }
    for number in memory.keys().filter(|number| !disk.contains_key(number)) {
        found.insert(format!("{} is not on disk", name(*number)));
    }
}

/// Reads every byte of the store's files from the disk; how many there are, and what cannot be
/// read.
fn read_files(database: &Path) -> (u64, Vec<(PathBuf, io::Error)>) {
    let mut bytes = 0;
    let mut unreadable = Vec::new();
    let mut folders = vec![database.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            // A store in memory has none.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                unreadable.push((folder, error));
                continue;
            }
        };
        for entry in entries.flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() => match read_file(&path) {
                    Ok(length) => bytes += length,
                    // The store removes files that it needs no more.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => unreadable.push((path, error)),
                },
                Ok(_) => {}
                Err(error) => unreadable.push((path, error)),
            }
        }
    }
    (bytes, unreadable)
}

fn read_file(path: &Path) -> io::Result<u64> {
    const PIECE: usize = 256 << 10;
    let mut file = File::open(path)?;
    // Not from memory, as far as the file system takes the advice.
    let _ = fadvise(&file, 0, None, Advice::DontNeed);
    let mut piece = vec![0; PIECE];
    let mut bytes = 0;
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(bytes),
            Ok(length) => bytes += length as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
