//! The form of a record: its key, version, checksum and pieces.
//!
//! Key: kind, id (big endian), piece (big endian), eleven bytes in all. The value of a record is a
//! version, a checksum over kind, id, version and content, and the content; it is cut into pieces,
//! since sled writes large leaves to files of their own that a sync of its log does not cover.
//! Key and header are the same in every version.

mod convert;
pub(super) mod v1;

use prost::Message;
use pwasync_core::{key::OwnerId, registration::Registration, saved::Counters, time::Timestamp};

use crate::store::{
    error::{BadRecord, RecordName},
    frame::ClockFrame,
};

/// The version of the records that are written.
pub(super) const VERSION: u8 = 1;
/// A leaf of sled splits above 16 entries and goes to a file of its own above 128 KiB.
const PIECE_BYTES: usize = 4_096;
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Record {
    Registration(Box<Registration>),
    Owner { owner: OwnerId, name: String },
    Counters(Counters),
    Epoch(u64),
    SimulatedNow(Timestamp),
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
        Self { kind: kind as u8, id: 0 }
    }

    pub(super) fn registration(id: u64) -> Self {
        Self { kind: Kind::Registration as u8, id }
    }

    pub(super) fn owner(owner: OwnerId) -> Self {
        Self { kind: Kind::Owner as u8, id: owner.uid().into() }
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
            None => unknown_key(&self.piece(0)),
        }
    }

    fn checksum(self, version: u8, content: &[u8]) -> [u8; 4] {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&[self.kind]);
        hasher.update(&self.id.to_be_bytes());
        hasher.update(&[version]);
        hasher.update(content);
        hasher.finalize().to_be_bytes()
    }
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Self> {
        [Self::Registration, Self::Owner, Self::Counters, Self::Epoch, Self::SimulatedNow]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
    }
}

impl Record {
    pub(super) fn id(&self) -> RecordId {
        match self {
            Self::Registration(registration) => RecordId::registration(registration.id.number()),
            Self::Owner { owner, .. } => RecordId::owner(*owner),
            Self::Counters(_) => RecordId::one(Kind::Counters),
            Self::Epoch(_) => RecordId::one(Kind::Epoch),
            Self::SimulatedNow(_) => RecordId::one(Kind::SimulatedNow),
        }
    }

    /// The record's value, uncut.
    pub(super) fn encode(&self, frame: ClockFrame) -> Vec<u8> {
        let content = match self {
            Self::Registration(registration) => {
                v1::Registration::from_core(registration, frame).encode_to_vec()
            }
            Self::Owner { name, .. } => v1::Owner { name: name.clone() }.encode_to_vec(),
            Self::Counters(counters) => {
                v1::Counters { last_registration: counters.last_registration }.encode_to_vec()
            }
            Self::Epoch(epoch) => v1::Number { value: *epoch }.encode_to_vec(),
            Self::SimulatedNow(now) => v1::Number { value: now.as_millis() }.encode_to_vec(),
        };
        let checksum = self.id().checksum(VERSION, &content);
        [&[VERSION], &checksum[..], &content].concat()
    }

    /// Reads the value of the record with this id.
    pub(super) fn decode(id: RecordId, value: &[u8], frame: ClockFrame) -> Result<Self, Refused> {
        let (Some((version, rest)), Some(content)) =
            (value.split_first(), value.get(HEADER_BYTES..))
        else {
            return Err(BadRecord::Checksum.into());
        };
        if !rest.starts_with(&id.checksum(*version, content)) {
            return Err(BadRecord::Checksum.into());
        }
        match *version {
            1 => Ok(Self::decode_v1(id, content, frame)?),
            version if version > VERSION => Err(Refused::Newer { version }),
            version => {
                let why = format!("version `{version}` was never written");
                Err(BadRecord::Content(why).into())
            }
        }
    }

    fn decode_v1(id: RecordId, content: &[u8], frame: ClockFrame) -> Result<Self, BadRecord> {
        let kind = Kind::from_byte(id.kind).ok_or(BadRecord::Key)?;
        let record = match kind {
            Kind::Registration => {
                let stored = v1::Registration::decode(content)?;
                Self::Registration(Box::new(stored.into_core(id.id, frame)?))
            }
            Kind::Owner => {
                let uid = u32::try_from(id.id).map_err(|_| BadRecord::Key)?;
                let v1::Owner { name } = v1::Owner::decode(content)?;
                Self::Owner { owner: OwnerId::from_uid(uid)?, name }
            }
            Kind::Counters => {
                let v1::Counters { last_registration } = v1::Counters::decode(content)?;
                Self::Counters(Counters { last_registration })
            }
            Kind::Epoch => Self::Epoch(v1::Number::decode(content)?.value),
            Kind::SimulatedNow => {
                Self::SimulatedNow(Timestamp::from_millis(v1::Number::decode(content)?.value))
            }
        };
        // A record with a number where there is only one is no record of ours.
        if record.id() == id { Ok(record) } else { Err(BadRecord::Key) }
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
mod tests;
