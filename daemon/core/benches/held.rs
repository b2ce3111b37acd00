//! What a change of the network costs while a million registrations are held and stay held.
//!
//! `cargo bench -p pwasync-core --bench held [-- COUNT]` prints the median and the longest of a
//! hundred changes for each way of being held.

use std::{
    io::{self, Write},
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use pwasync_core::{
    NewLease, NewSession, Scheduler, Viewer,
    constraints::Constraints,
    event::Event,
    facts::{
        Connection, Connectivity, DefaultRoute, Family, Link, LinkKind, Manager, Metered, Netlink,
        NetworkId, Power, Source,
    },
    key::{
        OwnerId, ProfileId, ProfileKey, RegistrationId, RegistrationKey, Scope, SyncKind, Tag,
        WorkerKey,
    },
    lease::{Leased, Subject},
    period::{Plan, Slot},
    policy::{Networks, Policy},
    registration::{Registration, Schedule, State},
    saved::Saved,
    time::Timestamp,
};

const CHANGES: usize = 100;
const OWNERS: u32 = 100;
const PROFILES: u32 = 2;
/// The most that a change may cost, in the median.
const LIMIT: Duration = Duration::from_millis(1);
/// Some weeks after the beginning, so that there is a past.
const NOW: Timestamp = Timestamp::from_millis(3_000_000_000);
const HOUR: Duration = Duration::from_secs(3_600);

/// What holds all of them.
#[derive(Clone, Copy, Debug)]
enum Hold {
    Offline,
    CaptivePortal,
    Metered,
    BatteryLow,
    UnknownNetwork,
    PausedOwners,
    PausedAll,
    BrowserClosed,
    NotDue,
}

const HOLDS: [Hold; 9] = [
    Hold::Offline,
    Hold::CaptivePortal,
    Hold::Metered,
    Hold::BatteryLow,
    Hold::UnknownNetwork,
    Hold::PausedOwners,
    Hold::PausedAll,
    Hold::BrowserClosed,
    Hold::NotDue,
];

fn main() -> io::Result<()> {
    let count = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(1_000_000);
    let mut out = io::stdout().lock();
    writeln!(out, "{count} held registrations, {CHANGES} changes of the network each")?;
    let mut slow = false;
    for hold in HOLDS {
        let mut costs = measure(hold, count);
        costs.sort();
        let (median, longest) = (costs[CHANGES / 2], costs[CHANGES - 1]);
        writeln!(out, "{hold:?}: median {median:?}, longest {longest:?}")?;
        // The longest may have been put aside by a busy machine.
        slow |= median > LIMIT;
    }
    if slow {
        return Err(io::Error::other(format!("a change takes longer than {LIMIT:?}")));
    }
    Ok(())
}

fn measure(hold: Hold, count: u64) -> Vec<Duration> {
    let mut core = held(hold, count);
    let mut at = NOW + HOUR;
    let mut change = |number| {
        at = at + Duration::from_secs(60);
        let events = network(hold, number);
        let began = clock();
        for event in events {
            core.handle_event(at, event);
            assert!(!is_woken(&mut core), "{hold:?} does not hold");
        }
        // The network settles, if anybody waits for that.
        at = at + Duration::from_secs(10);
        core.handle_timeout(at);
        assert!(!is_woken(&mut core), "{hold:?} does not hold");
        std::hint::black_box(core.poll_timeout());
        began.elapsed()
    };
    (0..CHANGES).map(&mut change).collect()
}

/// Drains the effects; whether a wake or a launch was among them.
fn is_woken(core: &mut Scheduler) -> bool {
    use pwasync_core::effect::Effect;
    let mut woken = false;
    while let Some(effect) = core.poll_effect() {
        woken |= matches!(effect, Effect::Wake(_) | Effect::Launch { .. });
    }
    woken
}

fn held(hold: Hold, count: u64) -> Scheduler {
    let mut policy = Policy::default();
    if let Hold::UnknownNetwork = hold {
        policy.rules.periodic.networks = Networks::Registered;
    }
    let registrations = (1..=count).map(|number| registration(hold, number)).collect();
    let saved = Saved { registrations, ..Saved::default() };
    let mut core = Scheduler::restore(NOW, policy, 1, saved);
    core.handle_timeout(NOW);
    for event in network(hold, 0) {
        core.handle_event(NOW, event);
    }
    let battery_percent = if let Hold::BatteryLow = hold { 3 } else { 90 };
    let power = Power { battery_percent: Some(battery_percent), on_battery: true, ..Power::MAINS };
    core.handle_event(NOW, Event::PowerChanged(Source::Present(power)));
    let lasts = Duration::from_secs(29 * 24 * 3_600);
    let mut pause = |subject| {
        let new = NewLease { subject, what: Leased::Pause, place: None, lasts, reason: "".into() };
        core.lease(NOW, Viewer::Administrator, new).expect("a pause of a month is allowed");
    };
    match hold {
        Hold::PausedAll => pause(Subject::All),
        Hold::PausedOwners => {
            (0..OWNERS).for_each(|place| pause(Subject::Owner(owner(place))));
        }
        Hold::Offline
        | Hold::CaptivePortal
        | Hold::Metered
        | Hold::BatteryLow
        | Hold::UnknownNetwork
        | Hold::BrowserClosed
        | Hold::NotDue => {}
    }
    match hold {
        Hold::BrowserClosed => {}
        Hold::Offline
        | Hold::CaptivePortal
        | Hold::Metered
        | Hold::BatteryLow
        | Hold::UnknownNetwork
        | Hold::PausedOwners
        | Hold::PausedAll
        | Hold::NotDue => open_sessions(&mut core),
    }
    assert!(!is_woken(&mut core), "{hold:?} does not hold");
    core
}

fn open_sessions(core: &mut Scheduler) {
    for place in 0..OWNERS {
        for number in 0..PROFILES {
            let opened = core.open_session(
                NOW,
                NewSession {
                    profile: profile(place, number),
                    capacity: None,
                    running: Vec::new(),
                    finished: Vec::new(),
                    launch: None,
                },
            );
            core.handle_event(NOW, Event::SessionReady(opened.id));
        }
    }
}

fn registration(hold: Hold, number: u64) -> Registration {
    let place = u32::try_from(number % u64::from(OWNERS)).unwrap_or(0);
    let turn = number / u64::from(OWNERS);
    let profile = profile(place, u32::try_from(turn % u64::from(PROFILES)).unwrap_or(0));
    let scope = format!("https://{}.example/", turn % 50);
    let scope = Scope::parse(&scope).expect("the URL is a scope");
    let kind = match hold {
        Hold::Metered | Hold::UnknownNetwork | Hold::NotDue => SyncKind::Periodic,
        Hold::Offline
        | Hold::CaptivePortal
        | Hold::BatteryLow
        | Hold::PausedOwners
        | Hold::PausedAll
        | Hold::BrowserClosed => SyncKind::OneOff,
    };
    let worker = Arc::new(WorkerKey { profile, scope });
    let tag = Tag::parse(&format!("tag {number}")).expect("the tag is short");
    Registration {
        id: RegistrationId::new(number),
        key: RegistrationKey { worker, kind, tag },
        app: None,
        constraints: Constraints::default(),
        // Some networks, and never the one that the host is on.
        network: Some(NetworkId::new(1_000 + number % 500)),
        schedule: schedule(kind),
        registered_at: NOW,
        state: state(hold),
        attempts: 0,
        max_attempts: 3,
        streak: None,
        brought_forward: 0,
        last_attempt: None,
    }
}

fn schedule(kind: SyncKind) -> Schedule {
    match kind {
        SyncKind::OneOff => Schedule::OneOff { expires_at: NOW + 30 * 24 * HOUR },
        SyncKind::Periodic => {
            let interval = 48 * HOUR;
            let plan = Plan {
                interval: interval.into(),
                due: NOW,
                spaced: NOW,
                goes: NOW,
                slot: Slot::Next,
            };
            let anchor = NOW.saturating_sub(interval);
            Schedule::Periodic { min_interval: interval.into(), anchor, plan }
        }
    }
}

fn state(hold: Hold) -> State {
    use pwasync_core::registration::Wait;
    match hold {
        Hold::NotDue => State::Waiting { until: NOW + 24 * HOUR, wait: Wait::Period },
        Hold::Offline
        | Hold::CaptivePortal
        | Hold::Metered
        | Hold::BatteryLow
        | Hold::UnknownNetwork
        | Hold::PausedOwners
        | Hold::PausedAll
        | Hold::BrowserClosed => State::Pending,
    }
}

/// Another network each time, and none that ends the hold.
fn network(hold: Hold, number: usize) -> [Event; 2] {
    let last = u8::try_from(number % 200).unwrap_or(0) + 1;
    let (connectivity, metered) = match hold {
        Hold::Offline => (Connectivity::None, Metered::No),
        Hold::CaptivePortal => (Connectivity::Portal, Metered::No),
        Hold::Metered => (Connectivity::Full, Metered::Yes),
        Hold::BatteryLow
        | Hold::UnknownNetwork
        | Hold::PausedOwners
        | Hold::PausedAll
        | Hold::BrowserClosed
        | Hold::NotDue => (Connectivity::Full, Metered::No),
    };
    let connection = Connection {
        connectivity,
        metered,
        roaming: Some(false),
        transport: None,
        network: Some(NetworkId::new(u64::from(last))),
    };
    [
        Event::NetlinkChanged(netlink(last)),
        Event::ManagerChanged(Manager::of_link("wlan0", connection)),
    ]
}

fn netlink(last: u8) -> Netlink {
    let link = Link {
        index: 2,
        name: "wlan0".to_owned(),
        kind: LinkKind::Ordinary,
        carrier: true,
        carrier_losses: 0,
        global_v4: true,
        global_v6: false,
    };
    let route = DefaultRoute {
        gateway: Some(IpAddr::from([10, 0, 0, last])),
        family: Family::V4,
        link: 2,
        metric: 100,
        link_down: false,
        network: None,
    };
    Netlink { links: vec![link], default_routes: vec![route] }
}

fn owner(place: u32) -> OwnerId {
    OwnerId::from_uid(1_000 + place).expect("the uid is somebody's")
}

fn profile(place: u32, number: u32) -> ProfileKey {
    let profile = ProfileId::parse("chromium", &format!("Profile {number}"));
    ProfileKey { owner: owner(place), profile: profile.expect("the name is short") }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn clock() -> Instant {
    Instant::now()
}
