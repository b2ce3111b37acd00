//! A value without meaning sets its record aside; it neither panics nor is taken for another.

use prost::Message;
use pwasync_core::engagement::Points;

use super::{super::v2, *};

#[test]
fn points_are_numbers_in_their_range() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.001, Points::MAX.value() * 1.001] {
        refused("points", |site: &mut v2::site::Site| score(site).points = bad);
        refused("points", |site: &mut v2::site::Site| score(site).today = bad);
    }
    let worthless = f64::from_bits(0x7ff0_dead_beef_0001);
    assert!(worthless.is_nan());
    refused("points", |site: &mut v2::site::Site| score(site).points = worthless);
}

#[test]
fn numbers_that_name_nothing_are_refused() {
    for bad in [0, -1, 30, 99, i32::MIN, i32::MAX] {
        let level = v2::site::Reported::Level(bad);
        refused("level", |site: &mut v2::site::Site| score(site).reported = Some(level));
        refused("state", |site: &mut v2::site::Site| site.one_off.as_mut().unwrap().state = bad);
        refused("state", |site: &mut v2::site::Site| site.periodic.as_mut().unwrap().state = bad);
        refused("reports", |profile: &mut v2::profile::Profile| profile.reports = bad);
        let reach = v2::lease::Leased::Network(bad);
        refused("reach", |lease: &mut v2::lease::Lease| lease.what = Some(reach));
        let transport = v2::lease::Leased::Transport(bad);
        refused("transport", |lease: &mut v2::lease::Lease| lease.what = Some(transport));
        refused("kind", |entry: &mut v2::entry::Entry| entry.kind = bad);
        let plain = v2::entry::What::Plain(bad);
        refused("what", |entry: &mut v2::entry::Entry| entry.what = Some(plain.clone()));
        let removed = v2::entry::What::Removed(bad);
        refused("removed", |entry: &mut v2::entry::Entry| entry.what = Some(removed.clone()));
        let held = v2::entry::What::Held(v2::entry::Held { codes: vec![1, bad] });
        refused("codes", |entry: &mut v2::entry::Entry| entry.what = Some(held.clone()));
        refused("reach", |entry: &mut v2::entry::Entry| facts(entry).reach = bad);
        refused("transport", |entry: &mut v2::entry::Entry| facts(entry).transport = Some(bad));
        let constraints = v2::Constraints { transports: vec![1, bad], ..Default::default() };
        refused("transport", |registration: &mut v2::Registration| {
            registration.constraints = Some(constraints.clone());
        });
        refused("slot", |registration: &mut v2::Registration| {
            plan(registration).as_mut().unwrap().slot = bad;
        });
    }
}

#[test]
fn what_must_be_there_is_missed() {
    refused("frame", |site: &mut v2::site::Site| site.frame = None);
    refused("profile", |site: &mut v2::site::Site| site.profile = None);
    refused("profile", |profile: &mut v2::profile::Profile| profile.name = None);
    refused("subject", |lease: &mut v2::lease::Lease| lease.subject = None);
    refused("what", |lease: &mut v2::lease::Lease| lease.what = None);
    refused("what", |entry: &mut v2::entry::Entry| entry.what = None);
    refused("facts", |entry: &mut v2::entry::Entry| entry.facts = None);
    refused("plan", |registration: &mut v2::Registration| *plan(registration) = None);
    let wait = v2::Wait::BackOff.into();
    let waiting = v2::State::Waiting(v2::Waiting { until: 1, wait, earliest: None });
    refused("earliest", |registration: &mut v2::Registration| {
        registration.state = Some(waiting.clone());
    });
    refused("boot_id", |registration: &mut v2::Registration| {
        registration.frame.as_mut().unwrap().boot_id.pop();
    });
}

#[test]
fn lists_and_texts_have_limits() {
    refused("hours", |site: &mut v2::site::Site| site.hours.truncate(23));
    refused("networks", |site: &mut v2::site::Site| site.networks = vec![1; 17]);
    refused("reason", |lease: &mut v2::lease::Lease| lease.reason = "x".repeat(257));
    refused("tag", |entry: &mut v2::entry::Entry| entry.tag = "x".repeat(257));
    let held = v2::entry::What::Held(v2::entry::Held { codes: vec![1; 30] });
    refused("codes", |entry: &mut v2::entry::Entry| entry.what = Some(held.clone()));
    refused("apps", |profile: &mut v2::profile::Profile| {
        let apps = profile.apps.as_mut().unwrap();
        apps.installed = vec![apps.installed[0].clone(); 1_001];
    });
    refused("app_id", |profile: &mut v2::profile::Profile| {
        profile.apps.as_mut().unwrap().installed[0].id = "x".repeat(2_049);
    });
    for bad in [101, 256, u32::MAX] {
        let battery = v2::lease::Leased::Battery(bad);
        refused("battery", |lease: &mut v2::lease::Lease| lease.what = Some(battery));
    }
    for bad in [256, u32::MAX] {
        refused("battery", |entry: &mut v2::entry::Entry| facts(entry).battery = Some(bad));
    }
}

#[test]
fn an_origin_is_one_as_scopes_have_it() {
    for bad in [
        "",
        "nonsense",
        "https://example.org/",
        "https://example.org/path",
        "https://EXAMPLE.org",
        "https://example.org:443",
        "http://example.org",
        "ftp://example.org",
    ] {
        let what = if bad.starts_with("https://") { "origin" } else { "scope" };
        refused(what, |site: &mut v2::site::Site| site.origin = bad.to_owned());
    }
}

#[test]
fn nobody_owns_nothing() {
    refused("uid", |site: &mut v2::site::Site| site.profile.as_mut().unwrap().owner = 65_534);
    let subject = v2::lease::Subject::Owner(65_534);
    refused("uid", |lease: &mut v2::lease::Lease| lease.subject = Some(subject.clone()));
}

#[test]
fn numbers_that_were_never_given_are_refused() {
    for (kind, stored) in [
        (Kind::Site, sample(Kind::Site).encode(HERE)),
        (Kind::Profile, sample(Kind::Profile).encode(HERE)),
    ] {
        let id = RecordId::of(kind, HIGHEST_GIVEN + 1);
        let moved = sealed(id, 2, &stored[HEADER_BYTES..]);
        assert_eq!(Decoder::new(HERE).decode(id, &moved), Err(Refused::Bad(BadRecord::Key)));
        let id = RecordId::of(kind, HIGHEST_GIVEN);
        assert!(Decoder::new(HERE).decode(id, &sealed(id, 2, &stored[HEADER_BYTES..])).is_ok());
    }
}

/// Messages whose sample can be spoilt.
trait Spoilt: Message + Default {
    const KIND: Kind;
}

impl Spoilt for v2::Registration {
    const KIND: Kind = Kind::Registration;
}
impl Spoilt for v2::site::Site {
    const KIND: Kind = Kind::Site;
}
impl Spoilt for v2::profile::Profile {
    const KIND: Kind = Kind::Profile;
}
impl Spoilt for v2::lease::Lease {
    const KIND: Kind = Kind::Lease;
}
impl Spoilt for v2::entry::Entry {
    const KIND: Kind = Kind::Entry;
}

/// The sample reads, and does not when it is spoilt; the reason names the field.
fn refused<M: Spoilt>(field: &str, spoil: impl FnOnce(&mut M)) {
    let record = sample(M::KIND);
    let value = record.encode(HERE);
    assert_eq!(Decoder::new(HERE).decode(record.id(), &value).as_ref(), Ok(&record));
    let mut stored = M::decode(&value[HEADER_BYTES..]).unwrap();
    spoil(&mut stored);
    let value = sealed(record.id(), VERSION, &stored.encode_to_vec());
    match Decoder::new(HERE).decode(record.id(), &value) {
        Err(Refused::Bad(BadRecord::Content(why))) => {
            assert!(why.starts_with(&format!("field `{field}` ")), "`{field}`: {why}");
        }
        other => panic!("`{field}`: {other:?}"),
    }
}

/// The last sample of a kind: of registrations the periodic one.
fn sample(kind: Kind) -> Record {
    samples::of_v2().into_iter().rfind(|record| record.id().kind == kind as u8).unwrap()
}

fn score(site: &mut v2::site::Site) -> &mut v2::site::Score {
    site.score.as_mut().unwrap()
}

fn facts(entry: &mut v2::entry::Entry) -> &mut v2::entry::Facts {
    entry.facts.as_mut().unwrap()
}

fn plan(registration: &mut v2::Registration) -> &mut Option<v2::Plan> {
    match registration.schedule.as_mut().unwrap() {
        v2::Schedule::Periodic(periodic) => &mut periodic.plan,
        v2::Schedule::OneOff(_) => panic!("the sample is periodic"),
    }
}
