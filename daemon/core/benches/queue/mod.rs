//! A queue such as a machine with many users would have, of any length, and the host around it.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc, time::Duration};

use pwasync_core::{
    Caller, NewRegistration, NewSchedule, NewSession, Scheduler,
    attempt::{Ended, Finished, Outcome},
    constraints::Constraints,
    effect::{Effect, Wake},
    event::Event,
    facts::{DefaultRoute, Family, Link, LinkKind, Netlink, NetworkId},
    key::{
        AppId, AttemptId, OwnerId, ProfileId, ProfileKey, RegistrationId, RegistrationKey, Scope,
        SyncKind, Tag, WorkerKey,
    },
    period::{Plan, Slot},
    policy::Policy,
    registration::{Registration, Schedule, State, Wait},
    saved::{Counters, Saved},
    time::Timestamp,
};

/// Some weeks after the beginning, so that there is a past.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(3_000_000_000);
const OWNERS: u64 = 100;
const PROFILES: u64 = 2;
const ORIGINS: u64 = 10;
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// What the one-offs wait for; periodic ones wait for their period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OneOffs {
    /// The network.
    Network,
    /// The end of a back-off, hours away.
    BackOff,
}

/// The shares lifted: these benchmarks are about numbers that they forbid.
pub(crate) fn policy() -> Policy {
    Policy {
        registrations: usize::MAX,
        owner_registrations: usize::MAX,
        origin_registrations: usize::MAX,
        owner_bytes: usize::MAX,
        bytes: usize::MAX,
        ..Policy::default()
    }
}

/// So many registrations as a store would hand them over: workers and apps shared, half of them
/// periodic, half of those with a past.
pub(crate) fn saved(count: u64, one_offs: OneOffs) -> Saved {
    let mut workers = BTreeMap::new();
    let mut registrations = Vec::new();
    for number in 1..=count {
        let place = number % (OWNERS * PROFILES * ORIGINS);
        let (worker, app) = workers.entry(place).or_insert_with(|| (worker(place), app(place)));
        registrations.push(registration(number, worker, app, one_offs));
    }
    let owners = (0..OWNERS).map(|place| (owner(place), name(place))).collect();
    let counters = Counters { last_registration: count, ..Counters::default() };
    let registrations = registrations.into_iter().collect();
    Saved { registrations, owners, counters, ..Saved::default() }
}

fn registration(number: u64, worker: &Arc<WorkerKey>, app: &AppId, waits: OneOffs) -> Registration {
    let periodic = number % 4 < 2;
    let kind = if periodic { SyncKind::Periodic } else { SyncKind::OneOff };
    // As far apart as they are in life, and in no order.
    let spread = Duration::from_millis(number.wrapping_mul(7_919_777) % 39_600_000);
    let next = NOW + HOUR + spread;
    let (schedule, state) = match (kind, waits) {
        (SyncKind::OneOff, OneOffs::Network) => {
            (Schedule::OneOff { expires_at: NOW + 29 * DAY + spread }, State::Pending)
        }
        (SyncKind::OneOff, OneOffs::BackOff) => {
            let wait = Wait::BackOff { earliest: next };
            let schedule = Schedule::OneOff { expires_at: NOW + 29 * DAY + spread };
            (schedule, State::Waiting { until: next, wait })
        }
        (SyncKind::Periodic, _) => {
            // No slot of the grid is waited for: others would go along with each that is due.
            let interval = (12 * HOUR).into();
            let plan = Plan { interval, due: next, spaced: next, goes: next, slot: Slot::Next };
            let anchor = next.saturating_sub(12 * HOUR);
            let schedule = Schedule::Periodic { min_interval: interval, anchor, plan };
            (schedule, State::Waiting { until: next, wait: Wait::Period })
        }
    };
    let has_past = number.is_multiple_of(4);
    Registration {
        id: RegistrationId::new(number),
        key: RegistrationKey { worker: Arc::clone(worker), kind, tag: tag(number) },
        app: periodic.then(|| app.clone()),
        constraints: Constraints::default(),
        network: Some(NetworkId::new(1 + number % 20)),
        schedule,
        registered_at: NOW.saturating_sub(14 * HOUR + spread),
        state,
        attempts: 0,
        max_attempts: 3,
        streak: None,
        brought_forward: 0,
        last_attempt: has_past.then(|| Box::new(ended(number))),
    }
}

fn ended(number: u64) -> Ended {
    let at = NOW.saturating_sub(13 * HOUR);
    Ended {
        id: AttemptId { epoch: 7, counter: number },
        number: 1,
        last_chance: false,
        sent_at: at,
        started_at: Some(at + Duration::from_millis(300)),
        finished_at: at + Duration::from_secs(4),
        outcome: Outcome::Completed,
        detail: Box::default(),
    }
}

/// One more registration, of a tag that the queue does not have.
pub(crate) fn another(number: u64) -> (Caller, NewRegistration) {
    let place = number % (OWNERS * PROFILES * ORIGINS);
    let owner_place = place % OWNERS;
    let caller = Caller { owner: owner(owner_place), name: name(owner_place) };
    let tag = Tag::parse(&format!("another-outbox-{number:05}")).expect("the tag is short");
    let key = RegistrationKey { worker: worker(place), kind: SyncKind::OneOff, tag };
    let schedule = NewSchedule::OneOff { expires_in: None };
    let constraints = Constraints::default();
    (caller, NewRegistration { key, app: None, schedule, constraints })
}

/// Opens the browsers of all profiles.
pub(crate) fn open_browsers(core: &mut Scheduler) {
    for place in 0..OWNERS * PROFILES {
        let opened = core.open_session(
            NOW,
            NewSession {
                profile: profile(place),
                capacity: None,
                running: Vec::new(),
                finished: Vec::new(),
                launch: None,
            },
        );
        core.handle_event(NOW, Event::SessionReady(opened.id));
    }
}

/// Carries out what the core wants done as far as the core sees of it; the wakes among it.
pub(crate) fn drain(core: &mut Scheduler) -> Vec<Wake> {
    let mut wakes = Vec::new();
    while let Some(effect) = core.poll_effect() {
        if let Effect::Wake(wake) = effect {
            wakes.push(wake);
        }
    }
    wakes
}

/// The browser's side of an event that is completed.
pub(crate) fn complete(core: &mut Scheduler, now: Timestamp, wake: &Wake) {
    let Wake { session, attempt, .. } = *wake;
    core.handle_event(now, Event::AttemptStarted { session, attempt });
    let (outcome, detail, retry_after) = (Outcome::Completed, Box::default(), None);
    let finished = Finished { attempt, outcome, detail, retry_after };
    core.handle_event(now, Event::AttemptFinished { session, finished });
}

/// The host has a network, or has none.
pub(crate) fn link(up: bool) -> Event {
    let link = Link {
        index: 2,
        name: "wlan0".to_owned(),
        kind: LinkKind::Ordinary,
        carrier: up,
        carrier_losses: 0,
        global_v4: up,
        global_v6: false,
    };
    let route = DefaultRoute {
        gateway: Some(IpAddr::from([10, 0, 0, 1])),
        family: Family::V4,
        link: 2,
        metric: 100,
        link_down: false,
        network: None,
    };
    let default_routes = if up { vec![route] } else { Vec::new() };
    Event::NetlinkChanged(Netlink { links: vec![link], default_routes })
}

fn worker(place: u64) -> Arc<WorkerKey> {
    let origin = place / (OWNERS * PROFILES);
    let scope = format!("https://app-{origin:02}.mail.example.org/inbox/reader/");
    let scope = Scope::parse(&scope).expect("the URL is a scope");
    Arc::new(WorkerKey { profile: profile(place), scope })
}

fn profile(place: u64) -> ProfileKey {
    let profile = ProfileId::parse("chromium", &format!("Profile {}", place / OWNERS % PROFILES));
    ProfileKey { owner: owner(place % OWNERS), profile: profile.expect("the name is short") }
}

fn owner(place: u64) -> OwnerId {
    let uid = 1_000 + u32::try_from(place).expect("the place is small");
    OwnerId::from_uid(uid).expect("the uid is somebody's")
}

fn name(place: u64) -> Arc<str> {
    format!("user{place}").into()
}

fn app(place: u64) -> AppId {
    let origin = place / (OWNERS * PROFILES);
    let app = AppId::parse(&format!("https://app-{origin:02}.mail.example.org/manifest"));
    app.expect("the id is short")
}

fn tag(number: u64) -> Tag {
    Tag::parse(&format!("outbox-sync-{number:08}")).expect("the tag is short")
}
