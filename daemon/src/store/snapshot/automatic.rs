//! Writes a snapshot after changes, seldom enough to cost nothing.
//!
//! It reads the engine's memory in pages, each of which is answered when all in it is on disk, and
//! writes them on a thread of its own. While nothing changes it waits without a timer.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::fs::statvfs;
use tokio::{
    sync::mpsc,
    task::{JoinError, spawn_blocking},
    time::{Instant, sleep_until},
};

use super::{
    files::{self, Unfinished},
    form::Taken,
    write::LineWriter,
};
use crate::channel::{Commits, EngineGone, SavedPart, SavedSender};

/// Records of a page: the engine copies them in a moment that nobody notices.
pub(super) const PAGE: usize = 256;
/// Pages that wait for the disk: the next is asked for when one has been written.
pub(super) const PAGES: usize = 1;
/// A snapshot comes no sooner than so many times as long as the last one took.
const PAUSE: u32 = 100;
/// One part in so many of the file system stays free.
const FREE: u64 = 10;
/// Bytes between two looks at what is free.
const LOOK_BYTES: u64 = 4 << 20;

/// When and where snapshots are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The daemon's state directory.
    pub state: PathBuf,
    /// From one to the next at least so long.
    pub gap: Duration,
}

/// Why a snapshot was not written.
#[derive(Debug, thiserror::Error)]
enum NotWritten {
    /// It would leave too little to others.
    #[error("the disk is nearly full")]
    NearlyFull,
    #[error("cannot write it: {0}")]
    Disk(#[from] io::Error),
    /// The store is down, or all copies were erased meanwhile.
    #[error("it was interrupted")]
    Interrupted,
    #[error("its thread failed")]
    Thread(#[from] JoinError),
    #[error(transparent)]
    Stopping(#[from] EngineGone),
}

/// What is known of the snapshots so far.
#[derive(Debug)]
struct Automatic {
    settings: Settings,
    engine: SavedSender,
    /// The next comes no sooner.
    earliest: Instant,
    /// Once all are gone the next comes no sooner than this.
    rested: Instant,
    /// Numbers them inside an epoch.
    last: u64,
    /// The last one failed, which was logged.
    failing: bool,
}

/// Writes snapshots until the engine is gone.
pub async fn keep(settings: Settings, commits: Commits, engine: SavedSender) {
    let state = settings.state.clone();
    if let Ok(Err(error)) = spawn_blocking(move || files::remove_unfinished(&state)).await {
        tracing::warn!(%error, "cannot remove snapshots that were not finished");
    }
    let earliest = Instant::now() + settings.gap;
    let (rested, last, failing) = (Instant::now(), 0, false);
    let mut automatic = Automatic { settings, engine, earliest, rested, last, failing };
    loop {
        commits.recorded().await;
        automatic.wait(&commits).await;
        // All of it is in the one that is written now.
        commits.forget_recorded();
        let began = Instant::now();
        let written = automatic.write().await;
        let ended = Instant::now();
        automatic.rested = ended + (ended - began) * PAUSE;
        automatic.earliest = automatic.rested.max(ended + automatic.settings.gap);
        match written {
            Ok(()) => automatic.failing = false,
            Err(NotWritten::Stopping(EngineGone)) => return,
            // What keeps it from being written is told elsewhere, and what changed is there still.
            Err(NotWritten::Interrupted) => commits.tell_recorded(),
            Err(error @ (NotWritten::NearlyFull | NotWritten::Disk(_) | NotWritten::Thread(_))) => {
                if !automatic.failing {
                    tracing::warn!(%error, "no snapshot was written");
                }
                automatic.failing = true;
            }
        }
    }
}

impl Automatic {
    /// Until the next may come. Once all snapshots are gone the next comes as soon as it may.
    async fn wait(&mut self, commits: &Commits) {
        loop {
            tokio::select! {
                () = sleep_until(self.earliest) => return,
                () = commits.erased() => self.earliest = self.earliest.min(self.rested),
            }
        }
    }

    async fn write(&mut self) -> Result<(), NotWritten> {
        let state = self.settings.state.clone();
        self.last += 1;
        let number = self.last;
        let Some(first) = self.engine.page(None, None, 0).await? else {
            return Err(NotWritten::Interrupted);
        };
        let name = files::automatic(first.epoch, number);
        let begin = move || -> Result<Unfinished, NotWritten> {
            check_space(&state)?;
            Ok(Unfinished::create(&state, name)?)
        };
        // Before the first page is asked for: what is erased from now on is in no page, or takes
        // this file with it.
        let file = spawn_blocking(begin).await??;
        let (pages, parts) = mpsc::channel(PAGES);
        let state = self.settings.state.clone();
        let writing = spawn_blocking(move || write_pages(file, parts, &state));
        let sent = send_pages(&self.engine, pages).await;
        let written = writing.await?;
        sent?;
        let (path, records, bytes) = written?;
        tracing::debug!(path = %path.display(), records, bytes, "snapshot written");
        Ok(())
    }
}

/// Hands all pages on, each when the one before was taken.
async fn send_pages(
    engine: &SavedSender,
    pages: mpsc::Sender<SavedPart>,
) -> Result<(), NotWritten> {
    let mut from = None;
    loop {
        let part = engine.page(None, from, PAGE).await?;
        let Some(part) = part else { return Err(NotWritten::Interrupted) };
        from = part.page.next.clone();
        // Who does not take it says why itself.
        if pages.send(part).await.is_err() || from.is_none() {
            return Ok(());
        }
    }
}

/// Blocks until the last page was written, or none follows.
fn write_pages(
    file: Unfinished,
    mut parts: mpsc::Receiver<SavedPart>,
    state: &Path,
) -> Result<(PathBuf, u64, u64), NotWritten> {
    let mut first = parts.blocking_recv().ok_or(NotWritten::Interrupted)?;
    let taken = taken(&first, None);
    let mut lines = LineWriter::begin(file, &taken, first.frame)?;
    lines.counters(&first.page.saved)?;
    let mut looked_at = 0;
    loop {
        lines.records(&first.page.saved)?;
        if first.page.next.is_none() {
            break;
        }
        if lines.out().written() >= looked_at + LOOK_BYTES {
            looked_at = lines.out().written();
            check_space(state)?;
        }
        first = parts.blocking_recv().ok_or(NotWritten::Interrupted)?;
    }
    let records = lines.records_written();
    let file = lines.finish()?;
    let bytes = file.written();
    // All copies were erased meanwhile, this one among them.
    let erased = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    let path = match file.finish() {
        Err(error) if erased(&error) => return Err(NotWritten::Interrupted),
        finished => finished?,
    };
    files::rotate(state)?;
    Ok((path, records, bytes))
}

/// What the header says of a page.
pub(super) fn taken(part: &SavedPart, owner: Option<pwasync_core::key::OwnerId>) -> Taken {
    Taken {
        at: part.now,
        epoch: part.epoch,
        daemon_version: env!("CARGO_PKG_VERSION").to_owned(),
        owner,
    }
}

/// A snapshot must not be what fills the disk.
fn check_space(state: &Path) -> Result<(), NotWritten> {
    let space = statvfs(state).map_err(io::Error::from)?;
    if space.f_bavail < space.f_blocks / FREE { Err(NotWritten::NearlyFull) } else { Ok(()) }
}
