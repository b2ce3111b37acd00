//! What a store remembers of its own records: what names have for numbers, and how many pieces.
//! Shared by all stores.

use std::collections::BTreeMap;

use pwasync_core::{effect, key::ProfileKey, site::SiteKey};

use crate::store::{
    batch::{Batch, Write},
    frame::ClockFrame,
    record::{self, Kind, Record, RecordId},
};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// How many pieces each record has that has more than one: a value that shrinks must take its
    /// left-over pieces with it.
    pieces: BTreeMap<RecordId, u16>,
    pub(super) sites: Numbers<SiteKey>,
    pub(super) profiles: Numbers<ProfileKey>,
}

/// The numbers of what has a name and no number of its own. Keys are fixed-width: a name stands in
/// the record, and its number in the key.
#[derive(Debug)]
pub(super) struct Numbers<N> {
    by_name: BTreeMap<N, u64>,
    last: u64,
}

/// A name or a number that another record has too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taken;

/// One change of the map from keys to pieces.
pub(super) type Change = (Vec<u8>, Option<Vec<u8>>);

impl<N> Default for Numbers<N> {
    fn default() -> Self {
        Self { by_name: BTreeMap::new(), last: 0 }
    }
}

impl<N: Ord + Clone> Numbers<N> {
    /// Takes over what a record on disk says.
    ///
    /// # Errors
    /// When another record has that name.
    pub(super) fn adopt(&mut self, name: &N, number: u64) -> Result<(), Taken> {
        if self.by_name.contains_key(name) {
            return Err(Taken);
        }
        self.by_name.insert(name.clone(), number);
        self.last = self.last.max(number);
        Ok(())
    }

    /// The number of a name, which is given one where it has none.
    fn of(&mut self, name: &N) -> u64 {
        if let Some(number) = self.by_name.get(name) {
            return *number;
        }
        self.last = self.last.saturating_add(1);
        self.by_name.insert(name.clone(), self.last);
        self.last
    }

    fn forget(&mut self, name: &N) -> Option<u64> {
        self.by_name.remove(name)
    }
}

impl Index {
    /// What a batch changes.
    pub(super) fn changes(&mut self, batch: &Batch, frame: ClockFrame) -> Vec<Change> {
        let mut changes = Vec::new();
        for write in batch.writes() {
            match write {
                Write::Record(record) => self.record(record, frame, &mut changes),
                Write::SaveSimulatedNow(now) => {
                    self.save(&Record::SimulatedNow(*now), frame, &mut changes);
                }
            }
        }
        changes
    }

    fn record(&mut self, record: &effect::Record, frame: ClockFrame, changes: &mut Vec<Change>) {
        use effect::Record as Core;
        let record = match record {
            Core::Save(registration) => Record::Registration(registration.clone()),
            Core::SaveCounters(counters) => Record::Counters(*counters),
            Core::SaveOwner { owner, name } => {
                Record::Owner { owner: *owner, name: name.to_string() }
            }
            Core::SaveSite(site) | Core::NoteSite(site) => {
                Record::Site { number: self.sites.of(&site.0), site: site.clone() }
            }
            Core::SaveProfile(profile) | Core::NoteProfile(profile) => {
                Record::Profile { number: self.profiles.of(&profile.0), profile: profile.clone() }
            }
            Core::SaveLease(lease) => Record::Lease(lease.clone()),
            Core::SaveEntry(entry) => Record::Entry(entry.clone()),
            Core::SaveEpoch(epoch) => Record::Epoch(*epoch),
            // The store's own, see its commit.
            Core::EraseCopies => return,
            Core::Delete(id) => return self.delete(Kind::Registration, Some(id.number()), changes),
            Core::DeleteLease(id) => return self.delete(Kind::Lease, Some(id.number()), changes),
            Core::DeleteEntry(sequence) => {
                return self.delete(Kind::Entry, Some(*sequence), changes);
            }
            Core::DeleteSite(name) => {
                let number = self.sites.forget(name);
                return self.delete(Kind::Site, number, changes);
            }
            Core::DeleteProfile(name) => {
                let number = self.profiles.forget(name);
                return self.delete(Kind::Profile, number, changes);
            }
        };
        self.save(&record, frame, changes);
    }

    /// What saving a record changes.
    pub(super) fn save(&mut self, record: &Record, frame: ClockFrame, changes: &mut Vec<Change>) {
        let id = record.id();
        let value = record.encode(frame);
        let mut count = 0;
        for (piece, bytes) in record::pieces(&value) {
            changes.push((id.piece(piece).to_vec(), Some(bytes.to_vec())));
            count = piece.saturating_add(1);
        }
        self.remove_from(id, count, changes);
        self.note(id, count);
    }

    /// What deleting a record changes; one that has no number was never written.
    fn delete(&mut self, kind: Kind, number: Option<u64>, changes: &mut Vec<Change>) {
        if let Some(number) = number {
            // Its first piece is there even when it has no other.
            self.remove_from(RecordId::of(kind, number), 0, changes);
        }
    }

    fn remove_from(&mut self, id: RecordId, first: u16, changes: &mut Vec<Change>) {
        let count = self.pieces.remove(&id).unwrap_or(1);
        changes.extend((first..count).map(|piece| (id.piece(piece).to_vec(), None)));
    }

    /// Notes of how many pieces a record is.
    pub(super) fn note(&mut self, id: RecordId, count: u16) {
        if count > 1 {
            self.pieces.insert(id, count);
        }
    }
}
