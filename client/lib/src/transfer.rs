//! Exports, imports and checks of what the daemon keeps.

use crate::ClientError;
use crate::connection::{CheckStream, ExportStream};

/// Whether an import changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportMode {
    /// It changes it.
    Apply,
    /// It only says what it would change.
    DryRun,
}

/// What an import changed, or would; or what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Registrations.
    pub registrations: ImportTally,
    /// What is kept of sites.
    pub sites: ImportTally,
    /// What is kept of profiles.
    pub profiles: ImportTally,
    /// Pauses and overrides.
    pub leases: ImportTally,
    /// Entries of the history.
    pub history: ImportTally,
    /// Owners.
    pub owners: ImportTally,
    /// What is wrong with it, the first; with one, nothing was imported.
    pub problems: Vec<String>,
    /// How many there are in all.
    pub problem_count: u64,
}

/// What became of the records of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportTally {
    /// They were not there.
    pub added: u64,
    /// They were there, otherwise.
    pub changed: u64,
    /// They were there, just so.
    pub unchanged: u64,
    /// What has ended, and the history where there is one already.
    pub left_out: u64,
}

/// How a check of the store goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckReport {
    /// So far.
    Progress(Checked),
    /// What is wrong, in a sentence.
    Finding(String),
    /// It is over.
    Done(Checked),
}

/// What was checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Records that were read and compared.
    pub records: u64,
    /// Records that there are, about.
    pub expected: u64,
    /// Bytes of the store's files that were read.
    pub bytes: u64,
    /// What was found to be wrong.
    pub findings: u64,
}

/// An export as it comes.
#[derive(Debug)]
pub struct Export {
    stream: ExportStream,
}

impl Export {
    pub(crate) fn new(stream: ExportStream) -> Self {
        Self { stream }
    }

    /// The next bytes; none: that was all. Lines go over from one part to the next.
    ///
    /// # Errors
    /// When it broke off.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, ClientError> {
        self.stream.next().await
    }
}

/// A check of the store that runs.
#[derive(Debug)]
pub struct StoreCheck {
    stream: CheckStream,
}

impl StoreCheck {
    pub(crate) fn new(stream: CheckStream) -> Self {
        Self { stream }
    }

    /// The next report; none: that was all.
    ///
    /// # Errors
    /// When it broke off.
    pub async fn next(&mut self) -> Result<Option<CheckReport>, ClientError> {
        self.stream.next().await
    }
}
