//! What is written together.

use std::collections::BTreeMap;

use pwasync_core::{
    effect::{Haste, Record},
    key::{OwnerId, ProfileKey, RegistrationId},
    lease::LeaseId,
    site::SiteKey,
    time::Timestamp,
};

/// One thing to write.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// What the core keeps.
    Record(Record),
    /// Where the simulated clock stands.
    SaveSimulatedNow(Timestamp),
}

impl Write {
    /// How soon it must be on disk.
    pub fn haste(&self) -> Haste {
        match self {
            Self::Record(record) => record.haste(),
            Self::SaveSimulatedNow(_) => Haste::AtOnce,
        }
    }
}

impl From<Record> for Write {
    fn from(record: Record) -> Self {
        Self::Record(record)
    }
}

/// Writes that become durable together, or not at all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    writes: BTreeMap<Target, Write>,
}

/// What a write is to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Registration(RegistrationId),
    Counters,
    Owner(OwnerId),
    Site(SiteKey),
    Profile(ProfileKey),
    Lease(LeaseId),
    Entry(u64),
    Epoch,
    Copies,
    SimulatedNow,
}

impl Target {
    fn of(write: &Write) -> Self {
        let record = match write {
            Write::Record(record) => record,
            Write::SaveSimulatedNow(_) => return Self::SimulatedNow,
        };
        match record {
            Record::Save(registration) => Self::Registration(registration.id),
            Record::Delete(id) => Self::Registration(*id),
            Record::SaveCounters(_) => Self::Counters,
            Record::SaveOwner { owner, .. } => Self::Owner(*owner),
            Record::SaveSite(site) | Record::NoteSite(site) => Self::Site(site.0.clone()),
            Record::DeleteSite(key) => Self::Site(key.clone()),
            Record::SaveProfile(profile) | Record::NoteProfile(profile) => {
                Self::Profile(profile.0.clone())
            }
            Record::DeleteProfile(key) => Self::Profile(key.clone()),
            Record::SaveLease(lease) => Self::Lease(lease.id),
            Record::DeleteLease(id) => Self::Lease(*id),
            Record::SaveEntry(entry) => Self::Entry(entry.sequence),
            Record::DeleteEntry(sequence) => Self::Entry(*sequence),
            Record::SaveEpoch(_) => Self::Epoch,
            Record::EraseCopies => Self::Copies,
        }
    }
}

impl Batch {
    /// Adds a write; it takes the place of an earlier one to the same thing.
    pub fn push(&mut self, write: impl Into<Write>) {
        let write = write.into();
        self.writes.insert(Target::of(&write), write);
    }

    /// Adds what is to be written after it.
    pub(super) fn append(&mut self, later: Self) {
        self.writes.extend(later.writes);
    }

    /// There is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// How many things are written.
    pub fn len(&self) -> usize {
        self.writes.len()
    }

    /// Copies of what was saved must go before this is written.
    pub(crate) fn erases_copies(&self) -> bool {
        self.writes.contains_key(&Target::Copies)
    }

    /// The epoch that begins with it.
    pub(super) fn epoch(&self) -> Option<u64> {
        match self.writes.get(&Target::Epoch) {
            Some(Write::Record(Record::SaveEpoch(epoch))) => Some(*epoch),
            Some(Write::Record(_) | Write::SaveSimulatedNow(_)) | None => None,
        }
    }

    /// Of each write the registration that it saves, in the order of their numbers; `None`: it does
    /// something else.
    pub(super) fn saved_registrations(&self) -> impl Iterator<Item = Option<u64>> {
        self.writes.values().map(|write| match write {
            Write::Record(Record::Save(registration)) => Some(registration.id.number()),
            Write::Record(_) | Write::SaveSimulatedNow(_) => None,
        })
    }

    /// The writes, one for each thing.
    pub(super) fn writes(&self) -> impl Iterator<Item = &Write> {
        self.writes.values()
    }
}

impl<W: Into<Write>> FromIterator<W> for Batch {
    fn from_iter<I: IntoIterator<Item = W>>(writes: I) -> Self {
        let mut batch = Self::default();
        writes.into_iter().for_each(|write| batch.push(write));
        batch
    }
}

#[cfg(test)]
mod tests {
    use pwasync_core::saved::Counters;

    use super::*;

    #[test]
    fn a_later_write_to_the_same_thing_replaces_the_earlier() {
        let counters = |last_registration| {
            Record::SaveCounters(Counters { last_registration, ..Counters::default() })
        };
        let batch: Batch = [
            counters(1),
            Record::Delete(RegistrationId::new(7)),
            counters(2),
            Record::Delete(RegistrationId::new(7)),
        ]
        .into_iter()
        .collect();
        assert_eq!(batch.len(), 2);
        assert!(batch.writes().any(|write| *write == counters(2).into()));
    }
}
