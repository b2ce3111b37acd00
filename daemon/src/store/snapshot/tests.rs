//! Everything survives being written as lines, and no bytes do harm.

mod disk;

use std::collections::BTreeSet;

use expect_test::expect_file;
use proptest::{collection, prelude::*, sample};
use pwasync_core::{key::RegistrationId, lease::LeaseId};

use super::*;
use crate::store::record::{
    Record,
    tests::{HERE, kept, samples, strategies::frames},
};

proptest! {
    #[test]
    fn everything_is_the_same_in_the_same_boot(saved in saved(), frame in frames()) {
        let read = parse(&lines(&saved, frame), frame).unwrap();
        prop_assert_eq!(read.saved, saved);
        prop_assert_eq!(read.taken, taken());
    }

    #[test]
    fn everything_keeps_the_wall_clock_in_another_boot(
        saved in saved(),
        written in frames(),
        read in frames(),
    ) {
        prop_assume!(read.boot_id != written.boot_id);
        let found = parse(&lines(&saved, written), read).unwrap().saved;
        // In a third boot with the first one's clocks it is what it was: no instant is forgotten.
        let third = ClockFrame { boot_id: read.boot_id.map(|byte| !byte), ..written };
        prop_assert_eq!(parse(&lines(&found, read), third).unwrap().saved, saved);
    }

    #[test]
    fn pieces_of_any_length_are_read_alike(saved in saved(), length in 1_usize..5_000) {
        let lines = lines(&saved, HERE);
        let mut parser = Parser::new(HERE, Limits::OWN);
        lines.chunks(length).for_each(|piece| parser.push(piece));
        prop_assert_eq!(parser.finish().unwrap().saved, saved);
    }

    #[test]
    fn a_cut_export_is_noticed(saved in saved(), at in any::<sample::Index>()) {
        let lines = lines(&saved, HERE);
        prop_assert!(parse(&lines[..at.index(lines.len())], HERE).is_err());
    }

    #[test]
    fn a_changed_byte_is_noticed(
        saved in saved(),
        at in any::<sample::Index>(),
        change in 1_u8..,
    ) {
        let mut lines = lines(&saved, HERE);
        let at = at.index(lines.len());
        lines[at] ^= change;
        prop_assert!(parse(&lines, HERE).is_err());
    }

    /// Behind the checksum too: it keeps out rot, not what somebody made.
    #[test]
    fn no_lines_do_harm(
        saved in saved(),
        edits in collection::vec((any::<sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut lines = lines(&saved, HERE);
        for (at, byte) in edits {
            let at = at.index(lines.len());
            lines[at] = byte;
        }
        check_harmless(&sealed(&lines));
    }

    #[test]
    fn no_bytes_do_harm(bytes in collection::vec(any::<u8>(), 0..600)) {
        check_harmless(&bytes);
        let mut begun = lines(&Saved::default(), HERE);
        begun.extend(&bytes);
        check_harmless(&begun);
    }
}

/// The sample was written by the first version and is never written again.
#[test]
fn the_sample_of_version_1_is_written_and_read() {
    let mut saved = Saved::default();
    let mut registrations = Vec::new();
    for record in samples::of_v2() {
        if let Record::Registration(one) = &record {
            registrations.push((**one).clone());
        } else {
            add(&mut saved, record);
        }
    }
    registrations.sort_by_key(|one| one.id);
    // One of them is there in another state, too.
    for (number, one) in (41..).zip(&mut registrations) {
        one.id = RegistrationId::new(number);
    }
    saved.registrations.extend(registrations);
    let text = String::from_utf8(lines(&saved, HERE)).unwrap();
    expect_file!["./tests/sample-v1.jsonl"].assert_eq(&text);
    assert_eq!(parse(text.as_bytes(), HERE).unwrap().saved, saved);
}

#[test]
fn a_newer_version_is_told_from_a_broken_file() {
    let newer = sample().replace(r#""version":1"#, r#""version":2,"more":{}"#);
    check(&newer, "line 1: version `2` of the export is not known, this daemon reads version 1");
    check("hello\n", "line 1: is not the header of an export of pwasync");
    check("", "line 1: the end is missing: the file was cut short");
}

#[test]
fn errors_say_where_and_what() {
    let edit = |from: &str, to: &str| {
        let text = sample();
        assert!(text.contains(from), "{from}");
        String::from_utf8(sealed(text.replacen(from, to, 1).as_bytes())).unwrap()
    };
    check(
        &edit(r#""networks":["#, r#""networks":["no","#),
        "line 8: field `network`: value `no` is not 16 hexadecimal digits",
    );
    check(
        &edit(r#"{"owner":{"uid":1000"#, r#"{"owner":{"uid":65534"#),
        "line 3: field `uid`: value `65534` is the kernel's overflow uid: no user",
    );
    check(
        &edit(r#""registered_at":"2023"#, r#""registered_at":"soon"#),
        "line 4: invalid value: string \"soon-11-14T22:13:20.251Z\", expected an instant such \
         as `2026-01-01T07:00:00.000Z`",
    );
    check(
        &edit(r#"{"owner":{"uid":1000"#, r#"{"owner":{"extra":1,"uid":1000"#),
        "line 3: unknown field `extra`, expected `uid` or `name`",
    );
    check(
        &edit(r#""registrations":"#, r#""registrations":1"#),
        "line 18: the counts do not match: lines are missing or were added",
    );
    let (head, tail) = split_line(&sample(), 3);
    check(
        &format!("{head}{tail}"),
        "line 17: the checksum does not match: the file was changed or damaged",
    );
}

#[test]
fn no_record_is_there_twice() {
    let text = sample();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for (at, line) in lines.iter().enumerate().take(lines.len() - 1).skip(1) {
        let mut twice = lines.clone();
        twice.insert(at, line);
        let twice = sealed(twice.concat().as_bytes());
        let refused = parse(&twice, HERE).unwrap_err();
        let about = |problem: &Problem| matches!(problem, Problem::Twice | Problem::Order);
        assert!(refused.first.iter().any(|error| about(&error.problem)), "{line}{refused}");
    }
}

#[test]
fn many_errors_are_counted_and_the_first_named() {
    let text = sample();
    let (header, _) = text.split_once('\n').unwrap();
    let many = format!("{header}\n{}", "nonsense\n".repeat(1_000));
    let refused = parse(many.as_bytes(), HERE).unwrap_err();
    assert_eq!((refused.first.len(), refused.count), (NAMED_ERRORS, 1_001));
    assert!(refused.to_string().ends_with("; and 981 more"), "{refused}");
}

#[test]
fn lines_and_exports_have_a_limit() {
    let limits = Limits { bytes: 1_000_000, line_bytes: 5_000 };
    let mut parser = Parser::new(HERE, limits);
    let mut pushed = 0;
    while !parser.is_over() {
        parser.push(&[b' '; 512]);
        pushed += 512;
    }
    assert!(pushed < 6_000);
    let refused = parser.finish().unwrap_err();
    assert_eq!(refused.first[0].problem, Problem::LineTooLong { limit: 5_000 });

    let mut parser = Parser::new(HERE, limits);
    parser.push(sample().split_inclusive('\n').next().unwrap().as_bytes());
    for _ in 0..10_000 {
        parser.push(&[[b' '; 199].as_slice(), b"\n"].concat());
    }
    assert!(parser.is_over());
    let refused = parser.finish().unwrap_err();
    let over = Problem::TooLong { limit: 1_000_000 };
    // The lines before it were none either.
    assert!(refused.count > 4_000 && !refused.first.iter().any(|error| error.problem == over));
}

#[test]
fn an_error_repeats_little_of_what_it_was_given() {
    let long = format!("{{\"header\":{{\"format\":\"{}\"", "x".repeat(100_000));
    let text = sample();
    let (header, _) = text.split_once('\n').unwrap();
    for bad in [long, format!("{header}\n{{\"{}\u{1b}[2J\":1}}\n", "y".repeat(100_000))] {
        let shown = parse(bad.as_bytes(), HERE).unwrap_err().to_string();
        assert!(shown.len() < 500 && !shown.contains('\u{1b}'), "{shown}");
    }
}

fn check(text: &str, expected: &str) {
    let said = parse(text.as_bytes(), HERE).unwrap_err().to_string();
    assert!(said.starts_with(expected), "{said}");
}

/// The text without this line, from 0, in two parts.
fn split_line(text: &str, line: usize) -> (String, String) {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let tail = lines.split_off(line + 1).concat();
    lines.pop();
    (lines.concat(), tail)
}

fn sample() -> String {
    include_str!("tests/sample-v1.jsonl").to_owned()
}

/// With the checksum that belongs to it.
fn sealed(lines: &[u8]) -> Vec<u8> {
    const END: &[u8] = b"{\"end\":";
    const CRC: &[u8] = b"\"crc32\":\"";
    let mut lines = lines.to_vec();
    let find = |lines: &[u8], what: &[u8]| lines.windows(what.len()).rposition(|at| at == what);
    let (Some(end), Some(crc)) = (find(&lines, END), find(&lines, CRC)) else { return lines };
    let sum = format!("{:08x}", crc32fast::hash(&lines[..end]));
    let at = crc + CRC.len();
    if let Some(digits) = lines.get_mut(at..at + 8) {
        digits.copy_from_slice(sum.as_bytes());
    }
    lines
}

/// What is read of any bytes can be written, and is read again as it was.
fn check_harmless(bytes: &[u8]) {
    if let Ok(read) = parse(bytes, HERE) {
        let again = lines(&read.saved, HERE);
        assert_eq!(parse(&again, HERE).unwrap().saved, read.saved);
    }
}

pub(super) fn taken() -> Taken {
    Taken {
        at: Timestamp::from_millis(1_700_000_000_123),
        epoch: 7,
        daemon_version: "0.1.0".to_owned(),
        owner: None,
    }
}

pub(super) fn lines(saved: &Saved, frame: ClockFrame) -> Vec<u8> {
    let mut writer = LineWriter::begin(Vec::new(), &taken(), frame).unwrap();
    writer.counters(saved).unwrap();
    writer.records(saved).unwrap();
    writer.finish().unwrap()
}

/// Anything that can be saved.
fn saved() -> impl Strategy<Value = Saved> {
    collection::vec(kept::records(), 0..8).prop_map(|records| {
        let mut saved = Saved::default();
        let mut numbers = BTreeSet::new();
        for (at, mut record) in records.into_iter().enumerate() {
            renumber(&mut record, at as u64);
            if numbers.insert(record.id()) {
                add(&mut saved, record);
            }
        }
        saved
    })
}

/// Numbers that are given one by one are not as high as they can be.
fn renumber(record: &mut Record, at: u64) {
    let low = |number: u64| number >> 1;
    match record {
        Record::Registration(one) => {
            one.id = RegistrationId::new(low(one.id.number()) / 16 * 16 + at);
        }
        Record::Counters(counters) => {
            counters.last_registration = low(counters.last_registration);
            counters.last_lease = low(counters.last_lease);
            counters.last_entry = low(counters.last_entry);
        }
        Record::Lease(lease) => lease.id = LeaseId::new(low(lease.id.number()) / 16 * 16 + at),
        Record::Entry(entry) => {
            entry.sequence = low(entry.sequence) / 16 * 16 + at;
            entry.registration = RegistrationId::new(low(entry.registration.number()));
        }
        Record::Owner { .. }
        | Record::Epoch(_)
        | Record::SimulatedNow(_)
        | Record::Site { .. }
        | Record::Profile { .. } => {}
    }
}

fn add(saved: &mut Saved, record: Record) {
    match record {
        Record::Registration(one) => {
            saved.registrations.extend([*one]);
        }
        Record::Owner { owner, name } => {
            saved.owners.insert(owner, name.into());
        }
        Record::Counters(counters) => saved.counters = counters,
        Record::Epoch(_) | Record::SimulatedNow(_) => {}
        Record::Site { site, .. } => {
            let (key, site) = *site;
            saved.sites.insert(key, site);
        }
        Record::Profile { profile, .. } => {
            let (key, profile) = *profile;
            saved.profiles.insert(key, profile);
        }
        Record::Lease(lease) => {
            saved.leases.push(lease);
            saved.leases.sort_by_key(|lease| lease.id);
        }
        Record::Entry(entry) => {
            saved.history.push(*entry);
            saved.history.sort_by_key(|entry| entry.sequence);
        }
    }
}
