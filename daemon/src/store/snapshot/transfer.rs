//! Serves exports, imports and checks: each on a thread of its own, a few at once.

use std::{
    io::{self, Write},
    sync::Arc,
};

use pwasync_core::{Import, key::OwnerId};
use tokio::{
    sync::mpsc,
    task::{JoinSet, spawn_blocking},
};

use super::{
    automatic::{PAGE, PAGES, taken},
    check,
    read::{LINE_BYTES, Limits, Parser},
    write::LineWriter,
};
use crate::channel::{CheckReport, Interrupted, SavedPart, SavedSender, Transfer, TransferError};

/// Transfers at once: each may hold an import in memory.
const AT_ONCE: usize = 4;
/// Bytes of a part of an export, about: a message of the protocol holds it.
const PART_BYTES: usize = 48 << 10;
/// Bytes of an import of everything. What is read of it takes about as much memory.
const IMPORT_BYTES: u64 = 1 << 30;
/// Bytes of a user's import: a user's share, and room for how it is written.
const OWN_IMPORT_BYTES: u64 = 64 << 20;
/// Bytes of a line of a user's import.
const OWN_LINE_BYTES: usize = 4 << 20;

/// Serves until nobody can ask any more.
pub async fn serve(
    state: std::path::PathBuf,
    mut wishes: mpsc::Receiver<Transfer>,
    engine: SavedSender,
) {
    let mut running = JoinSet::new();
    while let Some(transfer) = wishes.recv().await {
        while running.try_join_next().is_some() {}
        if running.len() >= AT_ONCE {
            refuse(transfer, TransferError::Busy { limit: AT_ONCE });
            continue;
        }
        let (state, engine) = (state.clone(), engine.clone());
        running.spawn(async move {
            match transfer {
                Transfer::Export { whose, parts } => {
                    if let Err(error) = export(&engine, whose, parts.clone()).await {
                        // A reader that has gone wants no reason.
                        let _ = parts.send(Err(error)).await;
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
                Transfer::Check { reports } => {
                    if let Err(error) = check::check(&state, &engine, &reports).await {
                        let _ = reports.send(Err(error)).await;
                    }
                }
            }
        });
    }
}

fn refuse(transfer: Transfer, error: TransferError) {
    // There is room for one: nothing was sent yet. Who went away wants no answer.
    match transfer {
        Transfer::Export { parts, .. } => drop(parts.try_send(Err(error))),
        Transfer::Import { reply, .. } => drop(reply.send(Err(error))),
        Transfer::Check { reports } => {
            drop(reports.try_send(Err::<CheckReport, _>(error)));
        }
    }
}

async fn export(
    engine: &SavedSender,
    whose: Option<OwnerId>,
    parts: mpsc::Sender<Result<Vec<u8>, TransferError>>,
) -> Result<(), TransferError> {
    let (pages, received) = mpsc::channel(PAGES);
    let writing = spawn_blocking(move || write_parts(Parts::new(parts), received, whose));
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
        // What could not be written has no reader any more.
        Ok(Ok(()) | Err(_)) => Ok(()),
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
    sender: mpsc::Sender<Result<Vec<u8>, TransferError>>,
    part: Vec<u8>,
}

impl Parts {
    fn new(sender: mpsc::Sender<Result<Vec<u8>, TransferError>>) -> Self {
        Self { sender, part: Vec::new() }
    }
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
        let part = std::mem::take(&mut self.part);
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        self.sender.blocking_send(Ok(part)).map_err(gone)
    }
}
