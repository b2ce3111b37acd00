//! Serves exports, imports and checks: each on a thread of its own, a few at once of each caller,
//! and none for a reader who does not read.

use std::{
    io::{self, Write},
    sync::Arc,
    time::Duration,
};

use pwasync_core::{Import, key::OwnerId};
use tokio::{
    runtime::Handle,
    sync::mpsc::{self, error::SendTimeoutError},
    task::{AbortHandle, JoinSet, spawn_blocking},
};

use super::{
    automatic::{PAGE, PAGES, taken},
    check,
    read::{LINE_BYTES, Limits, Parser},
    write::LineWriter,
};
use crate::channel::{CheckReport, Interrupted, SavedPart, SavedSender, Transfer, TransferError};

/// Transfers at once: each may hold an import in memory.
const AT_ONCE: usize = 8;
/// Of them of one caller: an export may be piped into an import, and the others are for others.
const OWN_AT_ONCE: usize = 2;
/// A part of an export, or a finding of a check, must be taken so soon.
pub const UNREAD: Duration = Duration::from_secs(30);
/// Bytes of a part of an export, about: a message of the protocol holds it.
const PART_BYTES: usize = 48 << 10;
/// Bytes of an import of everything. What is read of it takes about as much memory.
const IMPORT_BYTES: u64 = 1 << 30;
/// Bytes of a user's import: a user's share, and room for how it is written.
const OWN_IMPORT_BYTES: u64 = 64 << 20;
/// Bytes of a line of a user's import.
const OWN_LINE_BYTES: usize = 4 << 20;

/// Serves until nobody can ask any more. What a caller does not read for `unread` is cut off.
pub async fn serve(
    state: std::path::PathBuf,
    mut wishes: mpsc::Receiver<Transfer>,
    engine: SavedSender,
    unread: Duration,
) {
    let mut tasks = JoinSet::new();
    let mut running: Vec<(OwnerId, AbortHandle)> = Vec::new();
    while let Some(transfer) = wishes.recv().await {
        while tasks.try_join_next().is_some() {}
        running.retain(|(_, task)| !task.is_finished());
        let caller = caller_of(&transfer);
        if running.iter().filter(|(other, _)| *other == caller).count() >= OWN_AT_ONCE {
            refuse(transfer, TransferError::Busy { limit: OWN_AT_ONCE, whose: "a user" });
        } else if running.len() >= AT_ONCE {
            refuse(transfer, TransferError::Busy { limit: AT_ONCE, whose: "all users" });
        } else {
            let task = tasks.spawn(carry(transfer, state.clone(), engine.clone(), unread));
            running.push((caller, task));
        }
    }
}

fn caller_of(transfer: &Transfer) -> OwnerId {
    match transfer {
        Transfer::Export { caller, .. } | Transfer::Check { caller, .. } => *caller,
        Transfer::Import { caller, .. } => caller.owner,
    }
}

async fn carry(
    transfer: Transfer,
    state: std::path::PathBuf,
    engine: SavedSender,
    unread: Duration,
) {
    match transfer {
        Transfer::Export { whose, parts, .. } => {
            // A reader that has gone wants no reason.
            let Ok(last_word) = parts.clone().reserve_owned().await else { return };
            if let Err(error) = export(&engine, whose, Outlet { sender: parts, unread }).await {
                last_word.send(Err(error));
            }
        }
        Transfer::Import { viewer, caller, mode, parts, reply } => {
            let limits = match viewer {
                pwasync_core::Viewer::Administrator => {
                    Limits { bytes: IMPORT_BYTES, line_bytes: LINE_BYTES }
                }
                pwasync_core::Viewer::Owner(_) => {
                    Limits { bytes: OWN_IMPORT_BYTES, line_bytes: OWN_LINE_BYTES }
                }
            };
            let imported = match read(&engine, limits, parts).await {
                Ok((saved, epoch)) => {
                    let import = Import { saved: Arc::new(saved), epoch, mode };
                    match engine.import(viewer, caller, import).await {
                        Ok(Some(imported)) => imported.map_err(TransferError::Refused),
                        Ok(None) | Err(_) => Err(TransferError::NotRecorded),
                    }
                }
                Err(error) => Err(error),
            };
            let _ = reply.send(imported);
        }
        Transfer::Check { reports, .. } => {
            let Ok(last_word) = reports.clone().reserve_owned().await else { return };
            let outlet = Outlet { sender: reports, unread };
            if let Err(error) = check::check(&state, &engine, &outlet).await {
                last_word.send(Err(error));
            }
        }
    }
}

/// Where parts go, as long as somebody reads them.
#[derive(Debug)]
pub(super) struct Outlet<T> {
    sender: mpsc::Sender<Result<T, TransferError>>,
    unread: Duration,
}

impl<T> Outlet<T> {
    /// Hands one on. That nobody is there to read it is no error.
    ///
    /// # Errors
    /// When what went before was not read for too long.
    pub(super) async fn send(&self, part: T) -> Result<(), TransferError> {
        match self.sender.send_timeout(Ok(part), self.unread).await {
            Ok(()) | Err(SendTimeoutError::Closed(_)) => Ok(()),
            Err(SendTimeoutError::Timeout(_)) => Err(TransferError::TooSlow { limit: self.unread }),
        }
    }

    /// Nobody reads any more.
    pub(super) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}

fn refuse(transfer: Transfer, error: TransferError) {
    // There is room for one: nothing was sent yet. Who went away wants no answer.
    match transfer {
        Transfer::Export { parts, .. } => drop(parts.try_send(Err(error))),
        Transfer::Import { reply, .. } => drop(reply.send(Err(error))),
        Transfer::Check { reports, .. } => {
            drop(reports.try_send(Err::<CheckReport, _>(error)));
        }
    }
}

async fn export(
    engine: &SavedSender,
    whose: Option<OwnerId>,
    parts: Outlet<Vec<u8>>,
) -> Result<(), TransferError> {
    let (pages, received) = mpsc::channel(PAGES);
    let parts = Parts { outlet: parts, runtime: Handle::current(), part: Vec::new() };
    let writing = spawn_blocking(move || write_parts(parts, received, whose));
    let mut from = None;
    loop {
        let part = engine.page(whose, from, PAGE).await;
        let Ok(Some(part)) = part else { return Err(TransferError::NotRecorded) };
        from = part.page.next.clone();
        // The reader went away.
        if pages.send(part).await.is_err() || from.is_none() {
            break;
        }
    }
    drop(pages);
    match writing.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => match error.downcast::<TransferError>() {
            Ok(error) => Err(error),
            // What could not be written has no reader any more.
            Err(_) => Ok(()),
        },
        Err(error) => Err(TransferError::Store(error.to_string())),
    }
}

/// Blocks until the last page was written, or nobody reads.
fn write_parts(
    parts: Parts,
    mut pages: mpsc::Receiver<SavedPart>,
    whose: Option<OwnerId>,
) -> io::Result<()> {
    let Some(mut page) = pages.blocking_recv() else { return Ok(()) };
    let mut lines = LineWriter::begin(parts, &taken(&page, whose), page.frame)?;
    if whose.is_none() {
        lines.counters(&page.page.saved)?;
    }
    loop {
        lines.records(&page.page.saved)?;
        if page.page.next.is_none() {
            return lines.finish()?.flush();
        }
        match pages.blocking_recv() {
            Some(next) => page = next,
            // Without its end it is known to be cut.
            None => return Ok(()),
        }
    }
}

/// Reads an import; what is saved in it, and the epoch of who wrote it.
async fn read(
    engine: &SavedSender,
    limits: Limits,
    mut parts: mpsc::Receiver<Result<Vec<u8>, Interrupted>>,
) -> Result<(pwasync_core::saved::Saved, u64), TransferError> {
    // Nothing is wanted but how clocks stand.
    let Ok(Some(SavedPart { frame, .. })) = engine.page(None, None, 0).await else {
        return Err(TransferError::NotRecorded);
    };
    let reading = spawn_blocking(move || {
        let mut parser = Parser::new(frame, limits);
        while let Some(part) = parts.blocking_recv() {
            match part {
                Ok(bytes) => parser.push(&bytes),
                Err(Interrupted) => return Err(TransferError::Interrupted),
            }
            if parser.is_over() {
                break;
            }
        }
        parser.finish().map_err(|refused| TransferError::Lines {
            first: refused.first.iter().map(ToString::to_string).collect(),
            count: refused.count,
        })
    });
    match reading.await {
        Ok(read) => read.map(|export| (export.saved, export.taken.epoch)),
        Err(error) => Err(TransferError::Store(error.to_string())),
    }
}

/// Collects lines to parts.
struct Parts {
    outlet: Outlet<Vec<u8>>,
    runtime: Handle,
    part: Vec<u8>,
}

impl Write for Parts {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for bytes in bytes.chunks(PART_BYTES) {
            if self.part.len() + bytes.len() > PART_BYTES {
                self.flush()?;
            }
            self.part.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.outlet.is_closed() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let part = std::mem::take(&mut self.part);
        self.runtime.block_on(self.outlet.send(part)).map_err(io::Error::other)
    }
}
