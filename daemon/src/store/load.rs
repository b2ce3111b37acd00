//! From pieces on disk back to what is saved. Shared by all stores.

use pwasync_core::{registrations::RegistrationsBuilder, saved::Counters, site::SiteKey};

use crate::store::{
    Opened,
    error::{BadRecord, Cause, RecordName, SetAside},
    frame::ClockFrame,
    index::{Index, Taken},
    record::{self, Decoder, Kind, Record, RecordId, Refused},
};

/// Higher than any number that was given since a counter was last written, when the counter itself
/// is lost.
const LOST_COUNTER_STEP: u64 = 1_000_000;

/// What a store holds.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// The records, and the epoch that was stored last.
    pub(super) opened: Opened,
    pub(super) index: Index,
    /// Keys of the pieces of [`Opened::set_aside`].
    pub(super) bad_keys: Vec<Vec<u8>>,
    /// The oldest version of a record, where it is not the newest.
    pub(super) older: Option<u8>,
}

/// Puts pieces together and decodes them.
#[derive(Debug)]
pub(super) struct Loader {
    decoder: Decoder,
    loaded: Loaded,
    registrations: RegistrationsBuilder,
    /// The record whose pieces come in.
    current: Option<RecordId>,
    joined: Joined,
    epoch: Option<u64>,
    counters: Option<Counters>,
    highest_registration: u64,
    highest_lease: u64,
    highest_epoch: u64,
}

/// The pieces of the current record. There is room for most: a million are read one after the other.
#[derive(Debug, Default)]
struct Joined {
    pieces: Vec<u16>,
    value: Vec<u8>,
}

impl Loader {
    pub(super) fn new(frame: ClockFrame) -> Self {
        Self {
            decoder: Decoder::new(frame),
            loaded: Loaded::default(),
            registrations: RegistrationsBuilder::default(),
            current: None,
            joined: Joined::default(),
            epoch: None,
            counters: None,
            highest_registration: 0,
            highest_lease: 0,
            highest_epoch: 0,
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
        if self.current != Some(id) {
            self.finish_record()?;
            self.current = Some(id);
        }
        let Joined { pieces, value } = &mut self.joined;
        // A gap makes the whole fail its checksum.
        if pieces.len() == usize::from(piece) {
            value.extend_from_slice(bytes);
        } else {
            value.clear();
        }
        pieces.push(piece);
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
        opened.saved.registrations = self.registrations.finish();
        // Where a counter is lost or behind, what was numbered with it tells.
        let counters = self.counters.unwrap_or_default();
        let least = |counted: u64, highest: u64| counted.max(highest).saturating_add(counters_step);
        opened.saved.counters = Counters {
            last_registration: least(counters.last_registration, self.highest_registration),
            last_lease: least(counters.last_lease, self.highest_lease),
            ..counters
        };
        opened.epoch = self.epoch.unwrap_or(0).max(self.highest_epoch).saturating_add(epoch_step);
        Ok(self.loaded)
    }

    fn finish_record(&mut self) -> Result<(), Cause> {
        let Some(id) = self.current.take() else { return Ok(()) };
        let mut joined = std::mem::take(&mut self.joined);
        self.decode(id, &joined)?;
        joined.pieces.clear();
        joined.value.clear();
        self.joined = joined;
        Ok(())
    }

    fn decode(&mut self, id: RecordId, Joined { pieces, value }: &Joined) -> Result<(), Cause> {
        self.take(id);
        let keys = || pieces.iter().map(|piece| id.piece(*piece).to_vec()).collect();
        match self.decoder.decode(id, value) {
            Ok(record) => {
                if let Some(version) = value.first().filter(|version| **version < record::VERSION) {
                    let oldest = self.loaded.older.map_or(*version, |older| older.min(*version));
                    self.loaded.older = Some(oldest);
                }
                if self.record(record) == Err(Taken) {
                    self.set_aside(id.name(), BadRecord::Name, keys());
                    return Ok(());
                }
                self.loaded.index.note(id, u16::try_from(pieces.len()).unwrap_or(u16::MAX));
            }
            Err(Refused::Bad(why)) => self.set_aside(id.name(), why, keys()),
            Err(Refused::Newer { version }) => {
                return Err(Cause::Newer { record: id.name(), version, limit: record::VERSION });
            }
        }
        Ok(())
    }

    fn take(&mut self, id: RecordId) {
        let highest = match Kind::from_byte(id.kind) {
            Some(Kind::Registration) => &mut self.highest_registration,
            Some(Kind::Lease) => &mut self.highest_lease,
            Some(
                Kind::Owner
                | Kind::Counters
                | Kind::Epoch
                | Kind::SimulatedNow
                | Kind::Site
                | Kind::Profile
                | Kind::Entry,
            )
            | None => return,
        };
        *highest = id.id.max(*highest);
    }

    /// # Errors
    /// When another record has its name.
    fn record(&mut self, record: Record) -> Result<(), Taken> {
        let opened = &mut self.loaded.opened;
        match record {
            Record::Registration(registration) => {
                let running = registration.running().map(|attempt| attempt.id.epoch);
                let last = registration.last_attempt.as_ref().map(|ended| ended.id.epoch);
                let highest = running.max(last).unwrap_or(0);
                self.highest_epoch = self.highest_epoch.max(highest);
                self.registrations.push(*registration);
            }
            Record::Owner { owner, name } => {
                opened.saved.owners.insert(owner, name.into());
            }
            Record::Counters(counters) => self.counters = Some(counters),
            Record::Epoch(epoch) => self.epoch = Some(epoch),
            Record::SimulatedNow(now) => opened.simulated_now = Some(now),
            Record::Site { number, site } => {
                let (SiteKey { profile, origin }, site) = *site;
                let key = SiteKey { profile: self.decoder.workers.shared(profile), origin };
                self.loaded.index.sites.adopt(&key, number)?;
                self.loaded.opened.saved.sites.insert(key, site);
            }
            Record::Profile { number, profile } => {
                let (key, profile) = *profile;
                let key = self.decoder.workers.shared(key);
                self.loaded.index.profiles.adopt(&key, number)?;
                self.loaded.opened.saved.profiles.insert(key, profile);
            }
            Record::Lease(lease) => opened.saved.leases.push(lease),
            Record::Entry(entry) => self.loaded.opened.saved.history.push(*entry),
        }
        Ok(())
    }

    fn set_aside(&mut self, record: RecordName, why: BadRecord, keys: Vec<Vec<u8>>) {
        self.loaded.opened.set_aside.push(SetAside { record, why });
        self.loaded.bad_keys.extend(keys);
    }
}
