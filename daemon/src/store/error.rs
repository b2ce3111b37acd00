//! What can go wrong with a store, told apart by what to do about it.

use std::{fmt, io, time::Duration};

use pwasync_core::FieldError;

/// A store that could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} the store")]
pub struct StoreError {
    /// What was tried.
    pub doing: Doing,
    /// Why it failed.
    #[source]
    pub cause: Cause,
}

/// What was tried with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// To open it.
    Open,
    /// To write a batch.
    Commit,
    /// To read it back.
    Read,
}

/// Why a store failed.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// Another daemon has it.
    #[error("another daemon uses it\nhint: see who with `fuser {path}`")]
    InUse {
        /// The lock file.
        path: String,
    },
    /// A newer daemon wrote it.
    #[error(
        "{record} has version {version}, this daemon reads up to {limit}\nhint: install the newer \
         pwasyncd again, or move the state directory away to start empty"
    )]
    Newer {
        /// Which record.
        record: RecordName,
        /// Its version.
        version: u8,
        /// The highest version that is understood.
        limit: u8,
    },
    /// The disk or the quota is full.
    #[error("no space is left on its disk")]
    NoSpace(#[source] io::Error),
    /// Its file system is mounted read-only.
    #[error("its file system is read-only")]
    ReadOnly(#[source] io::Error),
    /// The file permissions forbid it.
    #[error("permission denied\nhint: the state directory must belong to the daemon's user")]
    Denied(io::Error),
    /// The disk failed.
    #[error("its disk failed")]
    InputOutput(#[source] io::Error),
    /// Its files were there when this process had it open, and are not any more.
    #[error(
        "its files are not there any more: {instead}\nhint: see whether its disk is mounted with \
         `findmnt --target {path}`"
    )]
    Gone {
        /// What is there instead.
        instead: String,
        /// The state directory.
        path: String,
    },
    /// The disk does not answer; what was asked of it may still be done.
    #[error("its disk has not answered for {} s", limit.as_secs())]
    Stalled {
        /// How long was waited.
        limit: Duration,
    },
    /// Its files do not make sense.
    #[error("its files are damaged: {0}")]
    Damaged(String),
    /// Its engine panicked, over damaged files or over a disk that failed.
    #[error("its engine failed: {0}")]
    Panicked(String),
    /// Another version of its engine wrote the files.
    #[error(
        "another version of its engine wrote the files: {0}\nhint: install that pwasyncd again, or \
         move the state directory away to start empty"
    )]
    Foreign(String),
    /// It is not open: it failed before.
    #[error("it is closed since its last error")]
    Closed,
}

/// Whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// It can: space comes back, disks recover.
    OpenAgain,
    /// A person must act first.
    Person,
}

impl StoreError {
    pub(super) fn new(doing: Doing, cause: impl Into<Cause>) -> Self {
        Self { doing, cause: cause.into() }
    }

    /// The store's thread has not answered for so long.
    pub fn stalled(doing: Doing, limit: Duration) -> Self {
        Self { doing, cause: Cause::Stalled { limit } }
    }

    /// Whether trying again can help.
    pub fn remedy(&self) -> Remedy {
        match self.cause {
            Cause::NoSpace(_)
            | Cause::ReadOnly(_)
            | Cause::InputOutput(_)
            | Cause::Gone { .. }
            | Cause::Stalled { .. }
            | Cause::Panicked(_)
            | Cause::Closed => Remedy::OpenAgain,
            Cause::InUse { .. } | Cause::Newer { .. } | Cause::Denied(_) | Cause::Foreign(_) => {
                Remedy::Person
            }
            Cause::Damaged(_) => match self.doing {
                Doing::Commit | Doing::Read => Remedy::OpenAgain,
                Doing::Open => Remedy::Person,
            },
        }
    }
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Commit => "write to",
            Self::Read => "read",
        })
    }
}

impl From<io::Error> for Cause {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind;
        let kind = error.kind();
        let full = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::FileTooLarge];
        if full.contains(&kind) {
            Self::NoSpace(error)
        } else if kind == ErrorKind::ReadOnlyFilesystem {
            Self::ReadOnly(error)
        } else if kind == ErrorKind::PermissionDenied {
            Self::Denied(error)
        } else {
            Self::InputOutput(error)
        }
    }
}

impl From<sled::Error> for Cause {
    fn from(error: sled::Error) -> Self {
        match error {
            // It points to where its file has ended.
            sled::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Self::Damaged(error.to_string())
            }
            sled::Error::Io(error) => error.into(),
            foreign @ sled::Error::Unsupported(_) => Self::Foreign(foreign.to_string()),
            // A thread of its own panicked before.
            defect @ sled::Error::ReportableBug(_) => {
                Self::InputOutput(io::Error::other(defect.to_string()))
            }
            damaged @ (sled::Error::CollectionNotFound(_) | sled::Error::Corruption { .. }) => {
                Self::Damaged(damaged.to_string())
            }
        }
    }
}

/// A record that was moved aside because it did not decode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// Which.
    pub record: RecordName,
    /// What is wrong with it.
    pub why: BadRecord,
}

impl fmt::Display for SetAside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.record, self.why)
    }
}

/// A record as people name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordName {
    /// A registration.
    Registration(u64),
    /// The login name of this uid.
    Owner(u64),
    /// The counters.
    Counters,
    /// The epoch.
    Epoch,
    /// Where the simulated clock stood.
    SimulatedNow,
    /// What is kept of a site, by the number that the store gave it.
    Site(u64),
    /// What is kept of a profile, by the number that the store gave it.
    Profile(u64),
    /// A pause or an override.
    Lease(u64),
    /// An entry of the history.
    Entry(u64),
    /// A key that is none of ours, in hexadecimal.
    Unknown(String),
}

impl fmt::Display for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registration(id) => write!(f, "registration `{id}`"),
            Self::Owner(uid) => write!(f, "owner `{uid}`"),
            Self::Counters => f.write_str("record `counters`"),
            Self::Epoch => f.write_str("record `epoch`"),
            Self::SimulatedNow => f.write_str("record `simulated now`"),
            Self::Site(number) => write!(f, "record of site number `{number}`"),
            Self::Profile(number) => write!(f, "record of profile number `{number}`"),
            Self::Lease(id) => write!(f, "lease `{id}`"),
            Self::Entry(sequence) => write!(f, "entry `{sequence}` of the history"),
            Self::Unknown(key) => write!(f, "record with key `{key}`"),
        }
    }
}

/// What is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRecord {
    /// The key is none of ours.
    #[error("has a key that no version of pwasync wrote")]
    Key,
    /// Another record is about the same thing.
    #[error("names what another record names")]
    Name,
    /// Too short, pieces missing, or bytes changed.
    #[error("fails its checksum")]
    Checksum,
    /// The checksum is right, the content is not.
    #[error("lacks a field, or holds a value without meaning: {0}")]
    Content(String),
}

impl From<FieldError> for BadRecord {
    /// Leaves the value out: logs may not show it.
    fn from(error: FieldError) -> Self {
        Self::Content(format!("field `{}` {}", error.field, error.rule))
    }
}

impl From<prost::DecodeError> for BadRecord {
    fn from(error: prost::DecodeError) -> Self {
        Self::Content(error.to_string())
    }
}
