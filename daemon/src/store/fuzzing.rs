//! What fuzz targets call: bytes as a rotten disk, or another version, might have them.

mod import;

use std::collections::BTreeMap;

use pwasync_core::{
    Scheduler,
    effect::{Effect, Record as Written},
    event::Event,
    policy::Policy,
    time::{Timestamp, WallClock},
};

use super::{
    frame::ClockFrame,
    load::Loader,
    record::{self, Decoder, Record, RecordId},
};

pub use self::import::import;

const HERE: ClockFrame = ClockFrame {
    boot_id: *b"0123456789abcdef",
    offset_millis: 1_700_000_000_000,
    wall_offset_millis: 250,
};
const OTHER_BOOT: ClockFrame = ClockFrame {
    boot_id: *b"fedcba9876543210",
    offset_millis: 1_700_000_600_000,
    wall_offset_millis: -3_600_000,
};
/// Longer than anything goes on by itself after a start.
const STEPS: usize = 64;

/// Reads one record: kind, version, id and content.
///
/// # Panics
/// When what was read cannot be written, or reads back as something else.
pub fn record(bytes: &[u8]) {
    let Some((&[kind, version, short], rest)) = bytes.split_first_chunk() else { return };
    // Most kinds number their records, some have one only, and some numbers are none.
    let (number, content) = match (short, rest.split_first_chunk()) {
        (255, Some((number, content))) => (u64::from_be_bytes(*number), content),
        _ => (short.into(), rest),
    };
    let id = RecordId { kind, id: number };
    let _ = Decoder::new(HERE).decode(id, content);
    let Ok(record) = Decoder::new(HERE).decode(id, &sealed(id, version, content)) else { return };
    check(&record, HERE);
    let value = record.encode(HERE);
    match Decoder::new(OTHER_BOOT).decode(id, &value) {
        Ok(moved) => check(&moved, OTHER_BOOT),
        Err(why) => panic!("{why:?} in another boot: {record:?}"),
    }
}

fn check(record: &Record, frame: ClockFrame) {
    let value = record.encode(frame);
    match Decoder::new(frame).decode(record.id(), &value) {
        Ok(again) => assert_eq!(again.encode(frame), value, "{record:?}"),
        Err(why) => panic!("{why:?}: {record:?}"),
    }
}

/// Reads a whole store, and starts the scheduler with what is in it.
///
/// Each record is kind, version, number and the length of its content, two bytes, before the
/// content. One of version 255 has no checksum.
///
/// # Panics
/// When what was set aside and what was read are not all that there is, the scheduler does not go
/// on, or it writes what does not read back.
pub fn store(mut bytes: &[u8]) {
    let mut pieces = BTreeMap::new();
    let mut records = BTreeMap::new();
    while let Some((&[kind, version, number, high, low], rest)) = bytes.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes([high, low])).min(rest.len());
        let (content, rest) = rest.split_at(length);
        let id = RecordId { kind, id: number.into() };
        let value = if version == u8::MAX { content.into() } else { sealed(id, version, content) };
        records.insert(id, value);
        bytes = rest;
    }
    for (id, value) in &records {
        for (number, piece) in record::pieces(value) {
            pieces.insert(id.piece(number), piece);
        }
    }
    let mut loader = Loader::new(HERE);
    for (key, piece) in &pieces {
        // A newer daemon's store is refused as a whole.
        if loader.piece(key, piece).is_err() {
            return;
        }
    }
    let Ok(loaded) = loader.finish() else { return };
    let saved = loaded.opened.saved;
    let of_many = saved.registrations.len()
        + saved.owners.len()
        + saved.sites.len()
        + saved.profiles.len()
        + saved.leases.len()
        + saved.history.len();
    let aside = loaded.opened.set_aside.len();
    assert!(of_many + aside <= records.len(), "{of_many} read, {aside} aside of {}", records.len());
    run(saved, loaded.opened.epoch);
}

/// The scheduler, from what was read on to where it is quiet.
fn run(saved: pwasync_core::saved::Saved, epoch: u64) {
    let mut now = Timestamp::from_millis(1_700_000_100_000);
    let mut scheduler = Scheduler::restore(now, Policy::default(), epoch.saturating_add(1), saved);
    scheduler.handle_event(now, Event::WallClockChanged(WallClock::default()));
    for _ in 0..STEPS {
        while let Some(effect) = scheduler.poll_effect() {
            if let Effect::Record(Written::Save(registration)) = effect {
                check(&Record::Registration(registration), HERE);
            }
        }
        let Some((at, why)) = scheduler.poll_timeout() else { return };
        assert!(at > now, "{why:?} is due at {at:?}, which is not after {now:?}");
        now = at;
        scheduler.handle_timeout(now);
    }
}

fn sealed(id: RecordId, version: u8, content: &[u8]) -> Vec<u8> {
    [&[version], &id.checksum(version, content)[..], content].concat()
}
