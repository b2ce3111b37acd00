//! The host in few words.

use pwasync_client::{Connectivity, HostFacts, Metered};

/// The facts in few words.
pub(crate) fn host_words(host: &HostFacts) -> String {
    let online = match (host.online, host.settled) {
        (None, _) => "network not known",
        (Some(false), _) => "offline",
        (Some(true), false) => "online, settling",
        (Some(true), true) => "online",
    };
    let mut words = online.to_owned();
    match host.connectivity {
        None | Some(Connectivity::None | Connectivity::Full) => {}
        Some(Connectivity::Portal) => words.push_str(", captive portal"),
        Some(Connectivity::Limited) => words.push_str(", limited"),
    }
    if let Some(transport) = host.transport {
        words.push_str(&format!(", {}", transport.as_str()));
    }
    match host.metered {
        None | Some(Metered::No | Metered::GuessNo) => {}
        Some(Metered::Yes | Metered::GuessYes) => words.push_str(", metered"),
    }
    if host.roaming == Some(true) {
        words.push_str(", roaming");
    }
    match host.on_battery {
        None => {}
        Some(true) => words.push_str(", on battery"),
        Some(false) => words.push_str(", on mains"),
    }
    if let Some(percent) = host.battery_percent {
        words.push_str(&format!(", battery {percent} %"));
    }
    if host.charging == Some(true) {
        words.push_str(", charging");
    }
    if host.power_saver == Some(true) {
        words.push_str(", power saver");
    }
    if host.suspending {
        words.push_str(", suspending");
    }
    words
}
