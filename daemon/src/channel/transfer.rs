//! Exports, imports and checks of the store, as callers ask for them.

use std::time::Duration;

use pwasync_core::{Caller, ImportMode, ImportRefused, Imported, Viewer, key::OwnerId};
use tokio::sync::{mpsc, oneshot};

use super::EngineGone;

/// Transfers that may wait: each is one person's, and takes a while.
const TRANSFERS: usize = 16;

/// Parts of an export, and findings of a check, that may wait for their reader: the next part is
/// made when one has been taken. One place is kept for the last word, so that a reader who is cut
/// off is told why.
pub const PARTS: usize = 3;

/// A transfer.
#[derive(Debug)]
pub enum Transfer {
    /// Write everything as lines.
    Export {
        /// Who asks.
        caller: OwnerId,
        /// Of one owner, or of all.
        whose: Option<OwnerId>,
        /// Where whole lines go, in parts. Ends with the last part, or with an error.
        parts: mpsc::Sender<Result<Vec<u8>, TransferError>>,
    },
    /// Take lines over.
    Import {
        /// Who asks.
        viewer: Viewer,
        /// In whose name.
        caller: Caller,
        /// Whether to.
        mode: ImportMode,
        /// Bytes, in parts of any length. An error: the sender went away before the end.
        parts: mpsc::Receiver<Result<Vec<u8>, Interrupted>>,
        /// What came of it.
        reply: oneshot::Sender<Result<Imported, TransferError>>,
    },
    /// Read the store back, and compare it with what is in memory.
    Check {
        /// Who asks.
        caller: OwnerId,
        /// How it goes.
        reports: mpsc::Sender<Result<CheckReport, TransferError>>,
    },
}

/// The sender of an import went away before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupted;

/// How a check of the store goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckReport {
    /// So far.
    Progress(Checked),
    /// Something is wrong.
    Finding(String),
    /// It is over.
    Done(Checked),
}

/// What was checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Records.
    pub records: u64,
    /// Records that there are to check, about.
    pub expected: u64,
    /// Bytes of the store's files.
    pub bytes: u64,
    /// What was found to be wrong.
    pub findings: u64,
}

/// Why a transfer came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransferError {
    /// Lines of an import are wrong, which are named.
    #[error("{} of the import cannot be read, nothing was imported", lines(*.count))]
    Lines {
        /// The first errors.
        first: Vec<String>,
        /// How many there are.
        count: u64,
    },
    /// Something speaks against an import.
    #[error("the import is refused, nothing was imported")]
    Refused(ImportRefused),
    /// The import broke off.
    #[error("the import broke off, nothing was imported")]
    Interrupted,
    /// The store cannot be read.
    #[error("the store cannot be read: {0}")]
    Store(String),
    /// It could not be recorded, or the daemon stops.
    #[error("the daemon could not record this, or starts again: repeat the call")]
    NotRecorded,
    /// Too many at once.
    #[error("{limit} exports, imports and checks at once is the limit of {whose}")]
    Busy {
        /// The limit.
        limit: usize,
        /// Whose limit it is.
        whose: &'static str,
    },
    /// What it sent was not read.
    #[error("nothing was read for {} s: the rest is not sent", limit.as_secs())]
    TooSlow {
        /// So long the next part may wait.
        limit: Duration,
    },
}

fn lines(count: u64) -> String {
    if count == 1 { "a line".to_owned() } else { format!("{count} lines") }
}

/// Asks for transfers.
#[derive(Clone, Debug)]
pub struct TransferSender(mpsc::Sender<Transfer>);

/// Makes the channel of transfers.
pub fn transfers() -> (TransferSender, mpsc::Receiver<Transfer>) {
    let (sender, receiver) = mpsc::channel(TRANSFERS);
    (TransferSender(sender), receiver)
}

impl TransferSender {
    /// Waits for room, then hands the transfer over.
    ///
    /// # Errors
    /// When the daemon is stopping.
    pub async fn send(&self, transfer: Transfer) -> Result<(), EngineGone> {
        self.0.send(transfer).await.map_err(|_| EngineGone)
    }
}
