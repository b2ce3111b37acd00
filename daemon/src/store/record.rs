//! The form of a record: its key, version, checksum and pieces.
//!
//! Key: kind, id (big endian), piece (big endian), eleven bytes in all. The value of a record is a
//! version, a checksum over kind, id, version and content, and the content; it is cut into pieces,
//! since sled writes large leaves to files of their own that a sync of its log does not cover.
//! Key and header are the same in every version.
//!
//! What has no number of its own is given one by the [index](super::load), and keeps its name in
//! its content.

mod convert;
mod upgrade;
mod v1;
mod v2;
mod workers;

use prost::Message;
use pwasync_core::{
    history::Entry,
    key::{OwnerId, ProfileKey},
    lease::Lease,
    profile::Profile,
    registration::Registration,
    saved::Counters,
    site::{Site, SiteKey},
    time::Timestamp,
};

use workers::Workers;

use crate::store::{
    error::{BadRecord, RecordName},
    frame::ClockFrame,
};

/// The version of the records that are written.
pub(super) const VERSION: u8 = 2;
/// A leaf of sled splits above 16 entries and goes to a file of its own above 128 KiB.
const PIECE_BYTES: usize = 4_096;
/// Numbers that the index gives stay far below.
const HIGHEST_GIVEN: u64 = u64::MAX / 2;
/// Version and checksum.
const HEADER_BYTES: usize = 5;

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Kind {
    Registration = 1,
    Owner = 2,
    Counters = 3,
    Epoch = 4,
    SimulatedNow = 5,
    Site = 6,
    Profile = 7,
    Lease = 8,
    Entry = 9,
}

/// Names a record: its kind and, of kinds with many records, its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RecordId {
    pub(super) kind: u8,
    pub(super) id: u64,
}

/// The key of one piece of a record.
type PieceKey = [u8; 11];

/// A decoded record.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Record {
    Registration(Box<Registration>),
    Owner { owner: OwnerId, name: String },
    Counters(Counters),
    Epoch(u64),
    SimulatedNow(Timestamp),
    Site { number: u64, site: Box<(SiteKey, Site)> },
    Profile { number: u64, profile: Box<(ProfileKey, Profile)> },
    Lease(Lease),
    Entry(Box<Entry>),
}

/// Why a record was not decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is broken: it alone is lost.
    Bad(BadRecord),
    /// A newer daemon wrote it: the store is not ours to touch.
    Newer { version: u8 },
}

impl RecordId {
    pub(super) fn one(kind: Kind) -> Self {
        Self::of(kind, 0)
    }

    pub(super) fn of(kind: Kind, id: u64) -> Self {
        Self { kind: kind as u8, id }
    }

    pub(super) fn owner(owner: OwnerId) -> Self {
        Self::of(Kind::Owner, owner.uid().into())
    }

    /// The key of a piece of it.
    pub(super) fn piece(self, piece: u16) -> PieceKey {
        let mut key = [0; 11];
        key[0] = self.kind;
        key[1..9].copy_from_slice(&self.id.to_be_bytes());
        key[9..].copy_from_slice(&piece.to_be_bytes());
        key
    }

    /// Which piece of which record a key names.
    pub(super) fn parse(key: &[u8]) -> Option<(Self, u16)> {
        let key: PieceKey = key.try_into().ok()?;
        let [kind, id @ .., high, low] = key;
        Some((Self { kind, id: u64::from_be_bytes(id) }, u16::from_be_bytes([high, low])))
    }

    pub(super) fn name(self) -> RecordName {
        match Kind::from_byte(self.kind) {
            Some(Kind::Registration) => RecordName::Registration(self.id),
            Some(Kind::Owner) => RecordName::Owner(self.id),
            Some(Kind::Counters) => RecordName::Counters,
            Some(Kind::Epoch) => RecordName::Epoch,
            Some(Kind::SimulatedNow) => RecordName::SimulatedNow,
            Some(Kind::Site) => RecordName::Site(self.id),
            Some(Kind::Profile) => RecordName::Profile(self.id),
            Some(Kind::Lease) => RecordName::Lease(self.id),
            Some(Kind::Entry) => RecordName::Entry(self.id),
            None => unknown_key(&self.piece(0)),
        }
    }

    pub(super) fn checksum(self, version: u8, content: &[u8]) -> [u8; 4] {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&[self.kind]);
        hasher.update(&self.id.to_be_bytes());
        hasher.update(&[version]);
        hasher.update(content);
        hasher.finalize().to_be_bytes()
    }
}

impl Kind {
    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        let all = [
            Self::Registration,
            Self::Owner,
            Self::Counters,
            Self::Epoch,
            Self::SimulatedNow,
            Self::Site,
            Self::Profile,
            Self::Lease,
            Self::Entry,
        ];
        all.into_iter().find(|kind| *kind as u8 == byte)
    }
}

impl Record {
    pub(super) fn id(&self) -> RecordId {
        match self {
            Self::Registration(registration) => {
                RecordId::of(Kind::Registration, registration.id.number())
            }
            Self::Owner { owner, .. } => RecordId::owner(*owner),
            Self::Counters(_) => RecordId::one(Kind::Counters),
            Self::Epoch(_) => RecordId::one(Kind::Epoch),
            Self::SimulatedNow(_) => RecordId::one(Kind::SimulatedNow),
            Self::Site { number, .. } => RecordId::of(Kind::Site, *number),
            Self::Profile { number, .. } => RecordId::of(Kind::Profile, *number),
            Self::Lease(lease) => RecordId::of(Kind::Lease, lease.id.number()),
            Self::Entry(entry) => RecordId::of(Kind::Entry, entry.sequence),
        }
    }

    /// The record's value, uncut.
    pub(super) fn encode(&self, frame: ClockFrame) -> Vec<u8> {
        let content = match self {
            Self::Registration(registration) => {
                v2::Registration::from_core(registration, frame).encode_to_vec()
            }
            Self::Owner { name, .. } => v2::Owner { name: name.clone() }.encode_to_vec(),
            Self::Counters(counters) => v2::Counters::from_core(*counters, frame).encode_to_vec(),
            Self::Epoch(epoch) => v2::Number { value: *epoch }.encode_to_vec(),
            Self::SimulatedNow(now) => v2::Number { value: now.as_millis() }.encode_to_vec(),
            Self::Site { site, .. } => {
                v2::site::Site::from_core(&site.0, &site.1, frame).encode_to_vec()
            }
            Self::Profile { profile, .. } => {
                v2::profile::Profile::from_core(&profile.0, &profile.1, frame).encode_to_vec()
            }
            Self::Lease(lease) => v2::lease::Lease::from_core(lease, frame).encode_to_vec(),
            Self::Entry(entry) => v2::entry::Entry::from_core(entry, frame).encode_to_vec(),
        };
        let checksum = self.id().checksum(VERSION, &content);
        [&[VERSION], &checksum[..], &content].concat()
    }
}

/// Reads records.
#[derive(Debug)]
pub(super) struct Decoder {
    frame: ClockFrame,
    pub(super) workers: Workers,
}

impl Decoder {
    pub(super) fn new(frame: ClockFrame) -> Self {
        Self { frame, workers: Workers::default() }
    }

    /// Reads the value of the record with this id.
    pub(super) fn decode(&mut self, id: RecordId, value: &[u8]) -> Result<Record, Refused> {
        let (Some((version, rest)), Some(content)) =
            (value.split_first(), value.get(HEADER_BYTES..))
        else {
            return Err(BadRecord::Checksum.into());
        };
        if !rest.starts_with(&id.checksum(*version, content)) {
            return Err(BadRecord::Checksum.into());
        }
        match *version {
            1 => Ok(self.read(id, Stored::of_v1(id, content)?)?),
            2 => Ok(self.read(id, Stored::of_v2(id, content)?)?),
            version if version > VERSION => Err(Refused::Newer { version }),
            version => {
                let why = format!("version `{version}` was never written");
                Err(BadRecord::Content(why).into())
            }
        }
    }

    fn read(&mut self, id: RecordId, stored: Stored) -> Result<Record, BadRecord> {
        let Self { frame, workers } = self;
        let frame = *frame;
        let record = match stored {
            Stored::Registration(stored) => {
                Record::Registration(Box::new(stored.into_core(id.id, frame, workers)?))
            }
            Stored::Owner(v2::Owner { name }) => {
                let uid = u32::try_from(id.id).map_err(|_| BadRecord::Key)?;
                Record::Owner { owner: OwnerId::from_uid(uid)?, name }
            }
            Stored::Counters(stored) => Record::Counters(stored.into_core(frame)?),
            Stored::Epoch(stored) => Record::Epoch(stored.value),
            Stored::SimulatedNow(stored) => {
                Record::SimulatedNow(Timestamp::from_millis(stored.value))
            }
            Stored::Site(_) | Stored::Profile(_) if id.id > HIGHEST_GIVEN => {
                return Err(BadRecord::Key);
            }
            Stored::Site(stored) => {
                Record::Site { number: id.id, site: Box::new(stored.into_core(frame)?) }
            }
            Stored::Profile(stored) => {
                Record::Profile { number: id.id, profile: Box::new(stored.into_core(frame)?) }
            }
            Stored::Lease(stored) => Record::Lease(stored.into_core(id.id, frame)?),
            Stored::Entry(stored) => {
                Record::Entry(Box::new(stored.into_core(id.id, frame, workers)?))
            }
        };
        // A record with a number where there is only one is no record of ours.
        if record.id() == id { Ok(record) } else { Err(BadRecord::Key) }
    }
}

/// A record's content in the newest version.
enum Stored {
    Registration(Box<v2::Registration>),
    Owner(v2::Owner),
    Counters(v2::Counters),
    Epoch(v2::Number),
    SimulatedNow(v2::Number),
    Site(v2::site::Site),
    Profile(v2::profile::Profile),
    Lease(v2::lease::Lease),
    Entry(Box<v2::entry::Entry>),
}

impl Stored {
    fn of_v1(id: RecordId, content: &[u8]) -> Result<Self, BadRecord> {
        Ok(match Kind::from_byte(id.kind).ok_or(BadRecord::Key)? {
            Kind::Registration => {
                Self::Registration(Box::new(v1::Registration::decode(content)?.into()))
            }
            Kind::Owner => Self::Owner(v1::Owner::decode(content)?),
            Kind::Counters => Self::Counters(v1::Counters::decode(content)?.into()),
            Kind::Epoch => Self::Epoch(v1::Number::decode(content)?),
            Kind::SimulatedNow => Self::SimulatedNow(v1::Number::decode(content)?),
            Kind::Site | Kind::Profile | Kind::Lease | Kind::Entry => return Err(BadRecord::Key),
        })
    }

    fn of_v2(id: RecordId, content: &[u8]) -> Result<Self, BadRecord> {
        Ok(match Kind::from_byte(id.kind).ok_or(BadRecord::Key)? {
            Kind::Registration => Self::Registration(Box::new(v2::Registration::decode(content)?)),
            Kind::Owner => Self::Owner(v2::Owner::decode(content)?),
            Kind::Counters => Self::Counters(v2::Counters::decode(content)?),
            Kind::Epoch => Self::Epoch(v2::Number::decode(content)?),
            Kind::SimulatedNow => Self::SimulatedNow(v2::Number::decode(content)?),
            Kind::Site => Self::Site(v2::site::Site::decode(content)?),
            Kind::Profile => Self::Profile(v2::profile::Profile::decode(content)?),
            Kind::Lease => Self::Lease(v2::lease::Lease::decode(content)?),
            Kind::Entry => Self::Entry(Box::new(v2::entry::Entry::decode(content)?)),
        })
    }
}

impl From<BadRecord> for Refused {
    fn from(bad: BadRecord) -> Self {
        Self::Bad(bad)
    }
}

/// Cuts a value into pieces. Every text in a record is limited: there are never 2^16 of them.
pub(super) fn pieces(value: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    (0..=u16::MAX).zip(value.chunks(PIECE_BYTES))
}

/// The name of a key that is none of ours.
pub(super) fn unknown_key(key: &[u8]) -> RecordName {
    let shown = key.iter().take(32).map(|byte| format!("{byte:02x}")).collect();
    RecordName::Unknown(shown)
}

#[cfg(test)]
pub(super) mod tests;
