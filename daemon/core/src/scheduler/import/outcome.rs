//! What an import is given, and what comes of it.

use std::sync::Arc;

use crate::saved::Saved;

/// What is to be taken over.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The records.
    pub saved: Arc<Saved>,
    /// The epoch of the daemon that exported them: attempts of it were given.
    pub epoch: u64,
    /// Whether to.
    pub mode: ImportMode,
}

/// Whether an import changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportMode {
    /// It only says what it would change.
    Try,
    /// It changes it.
    Apply,
}

/// What an import changed, or would.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Registrations.
    pub registrations: Tally,
    /// What is kept of sites.
    pub sites: Tally,
    /// What is kept of profiles.
    pub profiles: Tally,
    /// Pauses and overrides.
    pub leases: Tally,
    /// Entries of the history.
    pub history: Tally,
    /// Owners of something.
    pub owners: Tally,
}

/// What became of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// They were not there.
    pub added: usize,
    /// They were there, otherwise.
    pub changed: usize,
    /// They were there, just so.
    pub unchanged: usize,
    /// Leases that have ended, and the history where there is one already.
    pub left_out: usize,
}

/// An import of which nothing is taken over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportRefused {
    /// The first reasons.
    pub first: Vec<ImportError>,
    /// How many there are.
    pub count: usize,
}

/// Why an import is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// It is about somebody else.
    #[error("{what} belongs to owner `{uid}`: only an administrator may import it")]
    NotYours {
        /// What.
        what: &'static str,
        /// Whose.
        uid: u32,
    },
    /// It is about everybody.
    #[error("lease `{id}` is for everybody: only an administrator may import it")]
    Everybodys {
        /// Which.
        id: u64,
    },
    /// The uid belongs to another name.
    #[error("owner `{uid}` is `{there}` in the import and `{here}` here")]
    OtherName {
        /// Which uid.
        uid: u32,
        /// Its name here.
        here: Arc<str>,
        /// Its name there.
        there: Arc<str>,
    },
    /// Two registrations have the same name.
    #[error("registration `{id}` names what registration `{other}` names")]
    Twice {
        /// Which.
        id: u64,
        /// The one before.
        other: u64,
    },
    /// There is no room.
    #[error("{what} of owner `{uid}`: {count} is more than the limit {limit}")]
    OwnerShare {
        /// Of what.
        what: &'static str,
        /// Whose.
        uid: u32,
        /// How many there would be.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// There is no room for an origin.
    #[error(
        "registrations of origin `{origin}` of owner `{uid}`: {count} is more than the limit {limit}"
    )]
    OriginShare {
        /// Which.
        origin: String,
        /// Whose.
        uid: u32,
        /// How many there would be.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// There is no room for so much.
    #[error("bytes of all records: {count} is more than the limit {limit}")]
    Bytes {
        /// How many there would be.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// There is no room at all.
    #[error("registrations: {count} is more than the limit {limit}")]
    Full {
        /// How many there would be.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
}
