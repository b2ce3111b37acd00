//! The host as it is shown.

use pwasync_core::{
    facts::{
        Connectivity, Host, Metered, NetworkTeller, Origin, PowerSaver, PowerTeller, Reach, Sleep,
    },
    lease::{Fact, FactValue},
    time::Timestamp,
};
use pwasync_proto::v1 as wire;

use super::{constraints::transport_to_proto, leases::fact_name, time::timestamp_to_proto};
use crate::channel::{HostView, Logind};

/// The host for the wire. What no source has said is absent; an override for everybody stands in
/// the place of what it replaces.
pub(crate) fn host_to_proto(view: &HostView) -> wire::HostState {
    let mut state = told(view);
    say(&mut state, view);
    for (value, since) in view.overrides.values() {
        replace(&mut state, *value, timestamp_to_proto(view.wall, *since));
    }
    let mut overridden: Vec<_> =
        view.overrides.keys().map(|fact| fact_name(*fact).to_owned()).collect();
    overridden.sort();
    state.overridden = overridden;
    state
}

/// What policy says of the network that the host is on.
fn say(state: &mut wire::HostState, view: &HostView) {
    let (host, said) = (&view.host, view.host.said());
    let source = |fact| {
        let since = Some(timestamp_to_proto(view.wall, host.since(fact)));
        Some(wire::FactSource { source: "policy".into(), since })
    };
    if let Some(metered) = said.metered.value() {
        let metered = if metered { wire::Metered::Yes } else { wire::Metered::No };
        (state.metered, state.metered_source) = (metered.into(), source(Fact::Metered));
    }
    let reach = host.facts().reach;
    let counts = match said.online.value() {
        Some(true) => reach == Reach::Online,
        Some(false) => true,
        None => false,
    };
    if counts && host.online().is_some() {
        let reaches = connectivity(match reach {
            Reach::Online => Connectivity::Full,
            Reach::Offline | Reach::CaptivePortal | Reach::Limited => Connectivity::None,
        });
        state.connectivity = reaches.into();
        state.online_source = source(Fact::Network);
        state.connectivity_source = source(Fact::Network);
    }
}

/// What the sources say.
fn told(view: &HostView) -> wire::HostState {
    let host = &view.host;
    let power = host.power();
    let connection = host.connection();
    let source = |name: &str, since: Option<Timestamp>| {
        Some(wire::FactSource {
            source: since.map_or(String::new(), |_| source_name(view.origin, name).to_owned()),
            since: since.map(|at| timestamp_to_proto(view.wall, at)),
        })
    };
    let since = |fact, known: bool| known.then(|| host.since(fact));
    let managed = |fact, known| source("networkmanager", since(fact, known));
    let whose = |teller| match teller {
        NetworkTeller::Kernel => "netlink",
        NetworkTeller::Manager => "networkmanager",
    };
    let network_source = host.network_source();
    let checked = connection.filter(|one| one.connectivity != Connectivity::Unchecked);
    let metered = connection.map(|one| one.metered).filter(|one| *one != Metered::Unknown);
    let roaming = connection.and_then(|one| one.roaming);
    let transport = connection.and_then(|one| one.transport);
    let network = host.facts().network;
    let charging = power.and_then(|(power, _)| power.battery_percent.map(|_| !power.on_battery));
    let power_teller = power.map_or("", |(power, _)| power_teller(power.told_by));
    let saver = host.power_saver();
    wire::HostState {
        online: online(host),
        online_source: source(host.online_source().map_or("", whose), host.online_since()),
        settled: host.is_settled(view.now),
        battery_percent: power.and_then(|(power, _)| power.battery_percent.map(u32::from)),
        on_battery: power.map(|(power, _)| power.on_battery),
        power_source: source(power_teller, power.map(|(_, since)| since)),
        suspending: match host.sleep().0 {
            Sleep::Suspending => true,
            Sleep::Awake => false,
        },
        suspending_source: source("logind", sleep_told(view).then(|| host.sleep().1)),
        connectivity: checked
            .map_or(wire::Connectivity::Unspecified, |one| connectivity(one.connectivity))
            .into(),
        connectivity_source: managed(Fact::Network, checked.is_some()),
        metered: metered.map_or(wire::Metered::Unspecified, metered_to_proto).into(),
        metered_source: managed(Fact::Metered, metered.is_some()),
        roaming,
        roaming_source: source("modemmanager", since(Fact::Roaming, roaming.is_some())),
        transport: transport.map_or(wire::Transport::Unspecified, transport_to_proto).into(),
        transport_source: managed(Fact::Transport, transport.is_some()),
        network: network.map_or(String::new(), |network| format!("{:016x}", network.number())),
        network_source: source(
            network_source.map_or("", |(one, _)| whose(one)),
            network_source.map(|(_, since)| since),
        ),
        power_saver: saver.map(is_on),
        power_saver_source: source("power-profiles", since(Fact::PowerSaver, saver.is_some())),
        charging,
        charging_source: source(power_teller, since(Fact::Charging, charging.is_some())),
        overridden: Vec::new(),
    }
}

/// Somebody tells when the machine goes to sleep.
fn sleep_told(view: &HostView) -> bool {
    match (view.origin, &view.sleep.logind) {
        (Origin::Host, Logind::Absent) => false,
        (Origin::Host, Logind::Present { .. }) | (Origin::Simulation, _) => true,
    }
}

/// A default route leads out, however far it reaches.
fn online(host: &Host) -> Option<bool> {
    host.online().map(|_| match host.facts().reach {
        Reach::Offline => false,
        Reach::CaptivePortal | Reach::Limited | Reach::Online => true,
    })
}

fn is_on(saver: PowerSaver) -> bool {
    match saver {
        PowerSaver::On => true,
        PowerSaver::Off => false,
    }
}

fn power_teller(teller: PowerTeller) -> &'static str {
    match teller {
        PowerTeller::Upower => "upower",
        PowerTeller::Sysfs => "sysfs",
    }
}

fn connectivity(connectivity: Connectivity) -> wire::Connectivity {
    match connectivity {
        Connectivity::Unchecked => wire::Connectivity::Unspecified,
        Connectivity::None => wire::Connectivity::None,
        Connectivity::Portal => wire::Connectivity::Portal,
        Connectivity::Limited => wire::Connectivity::Limited,
        Connectivity::Full => wire::Connectivity::Full,
    }
}

fn metered_to_proto(metered: Metered) -> wire::Metered {
    match metered {
        Metered::Unknown => wire::Metered::Unspecified,
        Metered::Yes => wire::Metered::Yes,
        Metered::No => wire::Metered::No,
        Metered::GuessYes => wire::Metered::GuessYes,
        Metered::GuessNo => wire::Metered::GuessNo,
    }
}

fn replace(state: &mut wire::HostState, value: FactValue, since: prost_types::Timestamp) {
    let source = Some(wire::FactSource { source: "override".into(), since: Some(since) });
    match value {
        FactValue::Network(reach) => {
            let (online, reaches) = match reach {
                Reach::Offline => (false, wire::Connectivity::None),
                Reach::CaptivePortal => (true, wire::Connectivity::Portal),
                Reach::Limited => (true, wire::Connectivity::Limited),
                Reach::Online => (true, wire::Connectivity::Full),
            };
            // What is pretended need not settle.
            (state.online, state.settled) = (Some(online), reach == Reach::Online);
            state.connectivity = reaches.into();
            (state.online_source, state.connectivity_source) = (source.clone(), source);
        }
        FactValue::Metered(metered) => {
            let metered = if metered { wire::Metered::Yes } else { wire::Metered::No };
            (state.metered, state.metered_source) = (metered.into(), source);
        }
        FactValue::Roaming(roaming) => {
            (state.roaming, state.roaming_source) = (Some(roaming), source);
        }
        FactValue::Transport(transport) => {
            let transport = transport_to_proto(transport).into();
            (state.transport, state.transport_source) = (transport, source);
        }
        FactValue::Battery(percent) => {
            (state.battery_percent, state.power_source) = (Some(percent.into()), source);
        }
        FactValue::Charging(charging) => {
            (state.charging, state.charging_source) = (Some(charging), source);
        }
        FactValue::PowerSaver(on) => {
            (state.power_saver, state.power_saver_source) = (Some(on), source);
        }
    }
}

fn source_name(origin: Origin, real: &str) -> &str {
    match origin {
        Origin::Host => real,
        Origin::Simulation => "simulation",
    }
}
