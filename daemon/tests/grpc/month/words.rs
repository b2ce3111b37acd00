//! What the phone says and hears, in the protocol's words.

use pwasync_core::{
    attempt::Outcome,
    constraints::{Constraints, Transport},
    engagement::EventKind,
    facts::{Connectivity, Metered, Power, PowerSaver},
    time::Timestamp,
};
use pwasync_proto::v1 as wire;

use crate::{
    bed::duration,
    core_tests::phone::{Ask, Browser, Network},
};

pub(super) fn instant(at: Option<prost_types::Timestamp>) -> Timestamp {
    let at = at.unwrap();
    let millis = at.seconds * 1_000 + i64::from(at.nanos) / 1_000_000;
    Timestamp::from_millis(millis.try_into().unwrap())
}

pub(super) fn profile(browser: Browser) -> wire::ProfileId {
    let (browser, profile) = browser.names();
    wire::ProfileId { browser: browser.into(), profile: profile.into() }
}

pub(super) fn register_request(ask: &Ask) -> wire::RegisterRequest {
    let kind = match ask.min_interval {
        None => wire::SyncKind::OneOff,
        Some(_) => wire::SyncKind::Periodic,
    };
    wire::RegisterRequest {
        key: Some(wire::RegistrationKey {
            profile: Some(profile(ask.browser)),
            scope: ask.site.scope(),
            kind: kind.into(),
            tag: ask.tag.into(),
        }),
        min_interval: ask.min_interval.map(duration),
        constraints: Some(constraints_to_proto(ask.constraints)),
        ..Default::default()
    }
}

fn constraints_to_proto(constraints: Constraints) -> wire::Constraints {
    let Constraints { unmetered, transports, charging, battery_not_low, known_network } =
        constraints;
    let transports = transports.iter().map(|one| transport_to_proto(one).into()).collect();
    wire::Constraints { unmetered, transports, charging, battery_not_low, known_network }
}

fn transport_to_proto(transport: Transport) -> wire::Transport {
    match transport {
        Transport::Wifi => wire::Transport::Wifi,
        Transport::Ethernet => wire::Transport::Ethernet,
        Transport::Cellular => wire::Transport::Cellular,
        Transport::Other => wire::Transport::Other,
    }
}

pub(super) fn network_to_proto(network: Option<Network>) -> wire::SetNetworkRequest {
    let Some(network) = network else { return wire::SetNetworkRequest::default() };
    let connectivity = match network.connectivity {
        Connectivity::Unchecked => wire::Connectivity::Unspecified,
        Connectivity::None => wire::Connectivity::None,
        Connectivity::Portal => wire::Connectivity::Portal,
        Connectivity::Limited => wire::Connectivity::Limited,
        Connectivity::Full => wire::Connectivity::Full,
    };
    let metered = match network.metered {
        Metered::Unknown => wire::Metered::Unspecified,
        Metered::Yes => wire::Metered::Yes,
        Metered::No => wire::Metered::No,
        Metered::GuessYes => wire::Metered::GuessYes,
        Metered::GuessNo => wire::Metered::GuessNo,
    };
    wire::SetNetworkRequest {
        online: true,
        network: network.name.into(),
        connectivity: connectivity.into(),
        metered: metered.into(),
        roaming: network.roaming,
        transport: transport_to_proto(network.transport).into(),
    }
}

pub(super) fn power_to_proto(power: Power, saver: PowerSaver) -> wire::SetPowerRequest {
    wire::SetPowerRequest {
        battery_percent: power.battery_percent.map(u32::from),
        on_battery: power.on_battery,
        power_saver: saver == PowerSaver::On,
        charging: None,
    }
}

pub(super) fn event(kind: EventKind) -> wire::EngagementEvent {
    use wire::EngagementEventKind as Wire;
    let kind = match kind {
        EventKind::Navigation => Wire::Navigation,
        EventKind::UserInput => Wire::UserInput,
        EventKind::MediaVisible => Wire::MediaVisible,
        EventKind::MediaHidden => Wire::MediaHidden,
        EventKind::Notification => Wire::Notification,
        EventKind::ShortcutLaunch => Wire::ShortcutLaunch,
    };
    wire::EngagementEvent { kind: kind.into(), at: None }
}

const OUTCOMES: [(Outcome, wire::Outcome); 8] = [
    (Outcome::Completed, wire::Outcome::Completed),
    (Outcome::Rejected, wire::Outcome::Rejected),
    (Outcome::TimedOut, wire::Outcome::TimedOut),
    (Outcome::Offline, wire::Outcome::Offline),
    (Outcome::Aborted, wire::Outcome::Aborted),
    (Outcome::Unavailable, wire::Outcome::Unavailable),
    (Outcome::ScopeGone, wire::Outcome::ScopeGone),
    (Outcome::Lost, wire::Outcome::Lost),
];

pub(super) fn outcome_to_proto(outcome: Outcome) -> wire::Outcome {
    OUTCOMES.into_iter().find(|(one, _)| *one == outcome).unwrap().1
}

pub(super) fn outcome_from_proto(outcome: wire::Outcome) -> Outcome {
    OUTCOMES.into_iter().find(|(_, one)| *one == outcome).unwrap().0
}
