//! The lines of an export, one JSON object each: a header, what is kept in the order of its kinds,
//! and an end that tells a whole file from a cut one. docs/export.md describes every field.
//!
//! A line of this version never changes: what is added raises the version.

mod attempt;
mod entry;
mod lease;
mod names;
mod profile;
mod registration;
mod shared;
mod site;
mod time;

use pwasync_core::{FieldError, key::OwnerId, saved::Counters as CoreCounters, time::Timestamp};
use serde::{Deserialize, Serialize};

pub(super) use self::{
    entry::Entry, lease::Lease, profile::Profile, registration::Registration, site::Site,
    time::Clock,
};
use self::{
    shared::{at_most, number},
    time::{Text, Wall},
};
use crate::store::frame::{ClockFrame, RecordFrame};

/// What the header calls the form.
pub(super) const FORMAT: &str = "pwasync-export";
/// The version of the lines that are written.
pub(super) const VERSION: u32 = 1;
/// A login name is far shorter.
const NAME_BYTES: usize = 256;

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Line<'a> {
    Header(Header<'a>),
    Counters(Counters),
    Owner(Owner<'a>),
    Registration(Box<Registration<'a>>),
    Site(Box<Site<'a>>),
    Profile(Box<Profile<'a>>),
    Lease(Lease<'a>),
    Entry(Box<Entry<'a>>),
    End(End),
}

/// Enough of a header to tell whether the rest can be read.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct AnyHeader {
    pub(super) header: AnyVersion,
}

/// See [`AnyHeader`].
#[derive(Clone, Debug, Deserialize)]
pub(super) struct AnyVersion {
    pub(super) format: String,
    pub(super) version: u64,
}

/// The first line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header<'a> {
    format: Text<'a>,
    version: u32,
    pub(super) daemon_version: Text<'a>,
    taken_at: Wall,
    boot_id: Text<'a>,
    wall_minus_boot_ms: i64,
    epoch: u64,
    /// Absent: of everybody, and the counters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner_uid: Option<u32>,
}

/// The second line, where everything is exported.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counters {
    last_registration: u64,
    last_lease: u64,
    last_entry: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    returned_at: Option<Wall>,
}

/// Who an owner is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Owner<'a> {
    uid: u32,
    name: Text<'a>,
}

/// The last line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    pub(super) owners: u64,
    pub(super) registrations: u64,
    pub(super) sites: u64,
    pub(super) profiles: u64,
    pub(super) leases: u64,
    pub(super) entries: u64,
    /// Of all bytes before this line, CRC-32 in eight hexadecimal digits.
    pub(super) crc32: String,
}

/// What the header says, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// When.
    pub at: Timestamp,
    /// The epoch of the daemon that wrote it.
    pub epoch: u64,
    /// Its version.
    pub daemon_version: String,
    /// Whose records; `None`: everybody's.
    pub owner: Option<OwnerId>,
}

impl<'a> Header<'a> {
    pub(super) fn new(taken: &'a Taken, clock: Clock) -> Self {
        let RecordFrame { boot_id, wall_minus_boot } = clock.written();
        Self {
            format: FORMAT.into(),
            version: VERSION,
            daemon_version: taken.daemon_version.as_str().into(),
            taken_at: clock.wall(taken.at),
            boot_id: format!("{:032x}", u128::from_be_bytes(boot_id)).into(),
            wall_minus_boot_ms: wall_minus_boot,
            epoch: taken.epoch,
            owner_uid: taken.owner.map(OwnerId::uid),
        }
    }

    pub(super) fn into_taken(self, frame: ClockFrame) -> Result<(Taken, Clock), FieldError> {
        let wrong = || FieldError::text("boot_id", &self.boot_id, "is not 32 hexadecimal digits");
        let digits =
            self.boot_id.len() == 32 && self.boot_id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let boot_id = u128::from_str_radix(&self.boot_id, 16).ok().filter(|_| digits);
        let boot_id = boot_id.ok_or_else(wrong)?.to_be_bytes();
        let written = RecordFrame { boot_id, wall_minus_boot: self.wall_minus_boot_ms };
        let clock = Clock::reading(frame, written);
        at_most("daemon_version", &self.daemon_version, NAME_BYTES)?;
        let taken = Taken {
            at: clock.at(self.taken_at),
            epoch: number("epoch", self.epoch)?,
            daemon_version: self.daemon_version.into_owned(),
            owner: self.owner_uid.map(OwnerId::from_uid).transpose()?,
        };
        Ok((taken, clock))
    }
}

impl Counters {
    pub(super) fn from_core(counters: CoreCounters, clock: Clock) -> Self {
        Self {
            last_registration: counters.last_registration,
            last_lease: counters.last_lease,
            last_entry: counters.last_entry,
            returned_at: counters.returned_at.map(|at| clock.wall(at)),
        }
    }

    pub(super) fn into_core(self, clock: Clock) -> Result<CoreCounters, FieldError> {
        Ok(CoreCounters {
            last_registration: number("last_registration", self.last_registration)?,
            last_lease: number("last_lease", self.last_lease)?,
            last_entry: number("last_entry", self.last_entry)?,
            returned_at: self.returned_at.map(|at| clock.at(at)),
        })
    }
}

impl<'a> Owner<'a> {
    pub(super) fn from_core(owner: OwnerId, name: &'a str) -> Self {
        Self { uid: owner.uid(), name: name.into() }
    }

    pub(super) fn into_core(self) -> Result<(OwnerId, String), FieldError> {
        at_most("name", &self.name, NAME_BYTES)?;
        Ok((OwnerId::from_uid(self.uid)?, self.name.into_owned()))
    }
}
