//! From batches to pieces on disk, and back to what is saved. Shared by all stores.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use pwasync_core::{
    key::{ProfileId, ProfileKey, WorkerKey},
    registration::Registration,
    saved::Counters,
};

use crate::store::{
    Opened,
    batch::{Batch, Write},
    error::{BadRecord, Cause, RecordName, SetAside},
    frame::ClockFrame,
    record::{self, Kind, Record, RecordId, Refused},
};

/// Higher than any number that was given since a counter was last written, when the counter itself
/// is lost.
const LOST_COUNTER_STEP: u64 = 1_000_000;

/// How many pieces each record has that has more than one.
///
/// A value that shrinks must take its left-over pieces with it.
#[derive(Debug, Default)]
pub(super) struct PieceCounts(BTreeMap<RecordId, u16>);

/// One change of the map from keys to pieces.
pub(super) type Change = (Vec<u8>, Option<Vec<u8>>);

impl PieceCounts {
    /// What a batch changes.
    pub(super) fn changes(&mut self, batch: &Batch, frame: ClockFrame) -> Vec<Change> {
        let mut changes = Vec::new();
        for write in batch.writes() {
            let record = match write {
                Write::Delete(id) => {
                    let id = RecordId::registration(id.number());
                    // Its first piece is there even when it has no other.
                    self.remove_from(id, 0, &mut changes);
                    continue;
                }
                Write::Save(registration) => Record::Registration(registration.clone()),
                Write::SaveCounters(counters) => Record::Counters(*counters),
                Write::SaveOwner { owner, name } => {
                    Record::Owner { owner: *owner, name: name.to_string() }
                }
                Write::SaveSimulatedNow(now) => Record::SimulatedNow(*now),
            };
            self.save(&record, frame, &mut changes);
        }
        changes
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

    fn remove_from(&mut self, id: RecordId, first: u16, changes: &mut Vec<Change>) {
        let count = self.0.remove(&id).unwrap_or(1);
        changes.extend((first..count).map(|piece| (id.piece(piece).to_vec(), None)));
    }

    fn note(&mut self, id: RecordId, count: u16) {
        if count > 1 {
            self.0.insert(id, count);
        }
    }
}

/// What a store holds.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// The records, and the epoch that was stored last.
    pub(super) opened: Opened,
    pub(super) counts: PieceCounts,
    /// Keys of the pieces of [`Opened::set_aside`].
    pub(super) bad_keys: Vec<Vec<u8>>,
}

/// Puts pieces together and decodes them.
#[derive(Debug)]
pub(super) struct Loader {
    frame: ClockFrame,
    loaded: Loaded,
    /// The record whose pieces come in.
    current: Option<Joined>,
    epoch: Option<u64>,
    counters: Option<Counters>,
    highest_registration: u64,
    highest_epoch: u64,
    workers: BTreeSet<Arc<WorkerKey>>,
    profiles: BTreeMap<ProfileId, ProfileId>,
}

/// The pieces of one record.
#[derive(Debug)]
struct Joined {
    id: RecordId,
    keys: Vec<Vec<u8>>,
    value: Vec<u8>,
}

impl Loader {
    pub(super) fn new(frame: ClockFrame) -> Self {
        Self {
            frame,
            loaded: Loaded::default(),
            current: None,
            epoch: None,
            counters: None,
            highest_registration: 0,
            highest_epoch: 0,
            workers: BTreeSet::new(),
            profiles: BTreeMap::new(),
        }
    }

    /// Takes the next piece, in the order of the keys.
    ///
    /// # Errors
    /// When a newer daemon wrote the record that is complete with it.
    pub(super) fn piece(&mut self, key: &[u8], bytes: &[u8]) -> Result<(), Cause> {
        let Some((id, piece)) = RecordId::parse(key) else {
            self.set_aside(record::unknown_key(key), BadRecord::Key, vec![key.to_vec()]);
            return Ok(());
        };
        if self.current.as_ref().is_none_or(|current| current.id != id) {
            self.finish_record()?;
            self.current = Some(Joined { id, keys: Vec::new(), value: Vec::new() });
        }
        if let Some(current) = &mut self.current {
            // A gap makes the whole fail its checksum.
            if current.keys.len() == usize::from(piece) {
                current.value.extend_from_slice(bytes);
            } else {
                current.value.clear();
            }
            current.keys.push(key.to_vec());
        }
        Ok(())
    }

    /// Notes a key that was set aside in an opening before: its number stays taken.
    pub(super) fn taken(&mut self, key: &[u8]) {
        if let Some((id, _)) = RecordId::parse(key) {
            self.take(id);
        }
    }

    /// All that was found.
    ///
    /// # Errors
    /// When a newer daemon wrote the last record.
    pub(super) fn finish(mut self) -> Result<Loaded, Cause> {
        self.finish_record()?;
        let lost = |name| self.loaded.opened.set_aside.iter().any(|bad| bad.record == name);
        let counters_step = if lost(RecordName::Counters) { LOST_COUNTER_STEP } else { 0 };
        let epoch_step = if lost(RecordName::Epoch) { LOST_COUNTER_STEP } else { 0 };
        let opened = &mut self.loaded.opened;
        // Where a counter is lost or behind, what was numbered with it tells.
        let counted = self.counters.map_or(0, |counters| counters.last_registration);
        opened.saved.counters.last_registration =
            counted.max(self.highest_registration).saturating_add(counters_step);
        opened.epoch = self.epoch.unwrap_or(0).max(self.highest_epoch).saturating_add(epoch_step);
        Ok(self.loaded)
    }

    fn finish_record(&mut self) -> Result<(), Cause> {
        let Some(Joined { id, keys, value }) = self.current.take() else { return Ok(()) };
        self.take(id);
        match Record::decode(id, &value, self.frame) {
            Ok(record) => {
                self.loaded.counts.note(id, u16::try_from(keys.len()).unwrap_or(u16::MAX));
                self.record(record);
            }
            Err(Refused::Bad(why)) => self.set_aside(id.name(), why, keys),
            Err(Refused::Newer { version }) => {
                return Err(Cause::Newer { record: id.name(), version, limit: record::VERSION });
            }
        }
        Ok(())
    }

    fn take(&mut self, id: RecordId) {
        if id.kind == Kind::Registration as u8 {
            self.highest_registration = self.highest_registration.max(id.id);
        }
    }

    fn record(&mut self, record: Record) {
        let opened = &mut self.loaded.opened;
        match record {
            Record::Registration(mut registration) => {
                self.intern(&mut registration);
                let running = registration.running().map(|attempt| attempt.id.epoch);
                let last = registration.last_attempt.as_ref().map(|ended| ended.id.epoch);
                let highest = running.max(last).unwrap_or(0);
                self.highest_epoch = self.highest_epoch.max(highest);
                self.loaded.opened.saved.registrations.push(*registration);
            }
            Record::Owner { owner, name } => {
                opened.saved.owners.insert(owner, name.into());
            }
            Record::Counters(counters) => self.counters = Some(counters),
            Record::Epoch(epoch) => self.epoch = Some(epoch),
            Record::SimulatedNow(now) => opened.simulated_now = Some(now),
        }
    }

    /// Many registrations have the same worker, many workers the same profile.
    fn intern(&mut self, registration: &mut Registration) {
        if let Some(known) = self.workers.get(&registration.key.worker) {
            registration.key.worker = Arc::clone(known);
            return;
        }
        let WorkerKey { profile: ProfileKey { owner, profile }, scope } =
            WorkerKey::clone(&registration.key.worker);
        let profile = self.profiles.entry(profile.clone()).or_insert(profile).clone();
        let worker = Arc::new(WorkerKey { profile: ProfileKey { owner, profile }, scope });
        self.workers.insert(Arc::clone(&worker));
        registration.key.worker = worker;
    }

    fn set_aside(&mut self, record: RecordName, why: BadRecord, keys: Vec<Vec<u8>>) {
        self.loaded.opened.set_aside.push(SetAside { record, why });
        self.loaded.bad_keys.extend(keys);
    }
}
