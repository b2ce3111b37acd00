//! Every record survives being stored, and no bytes from a disk do harm.

mod bad_values;
pub(in crate::store) mod kept;
pub(in crate::store) mod samples;
pub(in crate::store) mod strategies;

use proptest::{collection, prelude::*, sample};

use super::*;
use kept::records;
use strategies::{frames, offsets};

proptest! {
    #[test]
    fn a_record_is_the_same_in_the_same_boot(
        record in records(),
        written in frames(),
        read_offset in offsets(),
    ) {
        let value = record.encode(written);
        prop_assert_eq!(&Decoder::new(written).decode(record.id(), &value).unwrap(), &record);
        // The daemon started again: what equals by the boot clock is encoded alike.
        let again = ClockFrame {
            offset_millis: read_offset,
            wall_offset_millis: written.offset_millis + written.wall_offset_millis - read_offset,
            ..written
        };
        let moved = Decoder::new(again).decode(record.id(), &value).unwrap();
        prop_assert_eq!(moved.encode(again), value);
    }

    #[test]
    fn a_record_keeps_the_wall_clock_in_another_boot(
        record in records(),
        written in frames(),
        read in frames(),
    ) {
        prop_assume!(read.boot_id != written.boot_id);
        let id = record.id();
        let found = Decoder::new(read).decode(id, &record.encode(written)).unwrap();
        let unix = |record: &Record, frame: ClockFrame| {
            let at = one_instant(record)?;
            Some(at.as_millis() as i64 + frame.wall_offset_millis)
        };
        prop_assert_eq!(unix(&found, read), unix(&record, written));
        // In a third boot with the first one's clocks it is what it was: no instant is forgotten.
        let third = ClockFrame { boot_id: read.boot_id.map(|byte| !byte), ..written };
        let again = Decoder::new(third).decode(id, &found.encode(read)).unwrap();
        prop_assert_eq!(again, record);
    }

    #[test]
    fn a_changed_byte_is_noticed(
        record in records(),
        at in any::<sample::Index>(),
        change in 1_u8..,
    ) {
        let mut value = record.encode(HERE);
        let at = at.index(value.len());
        value[at] ^= change;
        prop_assert_eq!(Decoder::new(HERE).decode(record.id(), &value), bad_checksum());
        value[at] ^= change;
        prop_assert_eq!(Decoder::new(HERE).decode(record.id(), &value[..at]), bad_checksum());
        value.push(change);
        prop_assert_eq!(Decoder::new(HERE).decode(record.id(), &value), bad_checksum());
    }

    #[test]
    fn a_record_under_another_key_is_noticed(record in records(), id: u64, kind: u8) {
        let moved = RecordId { kind, id };
        prop_assume!(moved != record.id());
        prop_assert_eq!(Decoder::new(HERE).decode(moved, &record.encode(HERE)), bad_checksum());
    }

    /// Behind the checksum too: it keeps out rot, not defects of another version.
    #[test]
    fn no_content_does_harm(
        record in records(),
        kind in 0_u8..12,
        version in 1_u8..=2,
        edits in collection::vec((any::<sample::Index>(), any::<u8>()), 1..4),
        cut in any::<sample::Index>(),
    ) {
        let mut content = record.encode(HERE)[HEADER_BYTES..].to_vec();
        prop_assume!(!content.is_empty());
        for (at, byte) in edits {
            let at = at.index(content.len());
            content[at] = byte;
        }
        // As a rule whole and under its own kind: what lies deep is reached.
        for id in [record.id(), RecordId { kind, id: 0 }] {
            check_harmless(id, version, &content);
        }
        content.truncate(cut.index(content.len()) + 1);
        check_harmless(record.id(), version, &content);
    }

    #[test]
    fn no_bytes_do_harm(
        kind in 0_u8..12,
        id: u64,
        version: u8,
        content in collection::vec(any::<u8>(), 0..300),
    ) {
        for version in [1, 2, version] {
            check_harmless(RecordId { kind, id }, version, &content);
            check_harmless(RecordId { kind, id: 0 }, version, &content);
        }
    }

    #[test]
    fn keys_read_back(kind: u8, id: u64, piece: u16) {
        let record = RecordId { kind, id };
        prop_assert_eq!(RecordId::parse(&record.piece(piece)), Some((record, piece)));
    }

    #[test]
    fn pieces_make_the_whole(value in collection::vec(any::<u8>(), 0..20_000)) {
        let (numbers, cut): (Vec<_>, Vec<_>) = pieces(&value).unzip();
        prop_assert_eq!(numbers, (0..).take(cut.len()).collect::<Vec<u16>>());
        prop_assert!(cut.iter().all(|piece| piece.len() <= 4_096));
        prop_assert_eq!(cut.concat(), value);
    }
}

#[test]
fn a_newer_version_is_told_from_a_broken_record() {
    let id = RecordId::one(Kind::Counters);
    assert_eq!(
        Decoder::new(HERE).decode(id, &sealed(id, 3, b"new")),
        Err(Refused::Newer { version: 3 })
    );
}

#[test]
fn version_1_had_no_other_kinds() {
    for kind in [Kind::Site, Kind::Profile, Kind::Lease, Kind::Entry] {
        let id = RecordId::of(kind, 1);
        let refused = Decoder::new(HERE).decode(id, &sealed(id, 1, b""));
        assert_eq!(refused, Err(Refused::Bad(BadRecord::Key)));
    }
}

#[test]
fn an_error_does_not_show_what_a_user_wrote() {
    let mut stored = v2::Registration::from_core(&samples::of_v1().0, HERE);
    stored.scope = "https://secret.example/#x".to_owned();
    let error = stored.into_core(1, HERE, &mut Workers::default()).unwrap_err().to_string();
    assert!(error.contains("field `scope` must not have a fragment"), "{error}");
    assert!(!error.contains("secret"), "{error}");
}

/// The sample was written by the first version and is never written again.
#[test]
fn the_sample_of_version_1_reads() {
    let (one_off, periodic) = samples::of_v1();
    let expected = [
        Record::Registration(Box::new(one_off)),
        Record::Registration(Box::new(periodic)),
        Record::Owner { owner: OwnerId::from_uid(1_000).unwrap(), name: "ada".to_owned() },
        Record::Counters(Counters { last_registration: 42, ..Counters::default() }),
        Record::Epoch(7),
        Record::SimulatedNow(Timestamp::from_millis(1_700_000_000_123)),
    ];
    check_sample(include_str!("samples/v1.hex"), &expected);
}

/// The sample was written by the second version and is never written again.
#[test]
fn the_sample_of_version_2_reads() {
    check_sample(include_str!("samples/v2.hex"), &samples::of_v2());
}

pub(in crate::store) const HERE: ClockFrame = ClockFrame {
    boot_id: *b"0123456789abcdef",
    offset_millis: 1_700_000_000_000,
    wall_offset_millis: 250,
};

fn check_sample(sample: &str, expected: &[Record]) {
    let lines: Vec<&str> = sample.lines().collect();
    assert_eq!(lines.len(), expected.len());
    for (line, expected) in lines.into_iter().zip(expected) {
        let (key, value) = line.split_once(' ').unwrap();
        let (id, piece) = RecordId::parse(&bytes(key)).unwrap();
        assert_eq!(piece, 0);
        assert_eq!(Decoder::new(HERE).decode(id, &bytes(value)).as_ref(), Ok(expected));
    }
}

/// What is read of any content can be written, and comes back as it was read.
fn check_harmless(id: RecordId, version: u8, content: &[u8]) {
    let _ = Decoder::new(HERE).decode(id, content);
    if let Ok(record) = Decoder::new(HERE).decode(id, &sealed(id, version, content)) {
        let again = Decoder::new(HERE).decode(id, &record.encode(HERE)).unwrap();
        assert_eq!(again.encode(HERE), record.encode(HERE));
    }
}

fn sealed(id: RecordId, version: u8, content: &[u8]) -> Vec<u8> {
    [&[version], &id.checksum(version, content)[..], content].concat()
}

/// An instant of core time that a record holds.
fn one_instant(record: &Record) -> Option<Timestamp> {
    match record {
        Record::Registration(registration) => Some(registration.registered_at),
        Record::Counters(counters) => counters.returned_at,
        Record::Site { site, .. } => site.1.permissions.one_off.map(|set| set.since),
        Record::Profile { profile, .. } => profile.1.apps.as_ref().map(|apps| apps.since),
        Record::Lease(lease) => Some(lease.until),
        Record::Entry(entry) => Some(entry.at),
        Record::Owner { .. } | Record::Epoch(_) | Record::SimulatedNow(_) => None,
    }
}

fn bad_checksum() -> Result<Record, Refused> {
    Err(Refused::Bad(BadRecord::Checksum))
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digits).collect()
}
