//! What must outlive the process: registrations, what is kept of sites and profiles, leases, the
//! history, owners, counters and the epoch.
//!
//! Owns the records (their form, checksum and version) and the thread that writes them. It decides
//! nothing: it is given batches and says when they are on disk. Nothing outside names a record.

pub mod batch;
pub mod committer;
pub mod disk;
pub mod error;
pub mod frame;
#[doc(hidden)]
pub mod fuzzing;
mod index;
mod load;
pub mod memory;
mod record;
pub mod snapshot;

use pwasync_core::{saved::Saved, time::Timestamp};

use crate::channel::StoredPiece;
use crate::store::{
    batch::Batch,
    error::{Cause, Doing, SetAside, StoreError},
    frame::ClockFrame,
};

/// Where batches go. Its calls block: it lives on the [`committer::Committer`]'s thread.
///
/// After an error the store is closed, and what the failed batch wrote may or may not be there;
/// opening it again tells.
pub trait Store: Send {
    /// Opens the store, or opens it again, and raises the epoch durably.
    ///
    /// # Errors
    /// See [`error::Cause`]; the store is then closed.
    fn open(&mut self, frame: ClockFrame) -> Result<Opened, StoreError>;

    /// Writes a batch, all of it or nothing; it is durable when this returns.
    ///
    /// # Errors
    /// See [`error::Cause`]; the store is then closed.
    fn commit(&mut self, batch: &Batch, frame: ClockFrame) -> Result<(), StoreError>;

    /// Pieces of records behind a key, in the order of their keys, at most so many. What was not
    /// committed may be among them.
    ///
    /// # Errors
    /// When it cannot be read, as when it is no store that lets itself be read; it stays open.
    fn read(&self, after: &[u8], limit: usize) -> Result<Vec<StoredPiece>, StoreError> {
        let _ = (after, limit);
        Err(StoreError::new(Doing::Read, Cause::Closed))
    }

    /// Lets go of the store. Harmless when it is closed.
    fn close(&mut self);
}

/// What was found when the store was opened.
#[derive(Debug, Default, PartialEq)]
pub struct Opened {
    /// All records, decoded.
    pub saved: Saved,
    /// Higher than in any opening before, and durable.
    pub epoch: u64,
    /// Records that did not decode; they were moved aside.
    pub set_aside: Vec<SetAside>,
    /// Whole stores that were set aside and are still kept, each in a sentence that says why and
    /// what came in its place.
    pub losses: Vec<String>,
    /// Where a simulated clock stood.
    pub simulated_now: Option<Timestamp>,
}
