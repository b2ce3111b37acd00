//! The host in few words.

use pwasync_client::{Connectivity, HostFacts, HostState, Metered};

/// The host as it is.
pub(crate) fn host_words(host: &HostState) -> String {
    let HostState { settled, suspending, .. } = host;
    let mut words = match (host.online, settled) {
        (Some(true), false) => "online, settling".to_owned(),
        (None | Some(false), _) | (Some(true), true) => online(host.online).to_owned(),
    };
    let facts = HostFacts {
        online: host.online,
        connectivity: host.connectivity,
        metered: host.metered,
        roaming: host.roaming,
        transport: host.transport,
        network: None,
        battery_percent: host.battery_percent,
        on_battery: host.on_battery,
        charging: host.charging,
        power_saver: host.power_saver,
    };
    words.push_str(&more(&facts));
    if *suspending {
        words.push_str(", suspending");
    }
    words
}

/// The host as it was at a decision.
pub(crate) fn fact_words(facts: &HostFacts) -> String {
    format!("{}{}", online(facts.online), more(facts))
}

fn online(online: Option<bool>) -> &'static str {
    match online {
        None => "network not known",
        Some(false) => "offline",
        Some(true) => "online",
    }
}

/// The other facts, each after a comma.
fn more(facts: &HostFacts) -> String {
    let words = [
        match facts.connectivity {
            None | Some(Connectivity::None | Connectivity::Full) => None,
            Some(Connectivity::Portal) => Some("captive portal".to_owned()),
            Some(Connectivity::Limited) => Some("limited".to_owned()),
        },
        facts.transport.map(|transport| transport.as_str().to_owned()),
        match facts.metered {
            None | Some(Metered::No | Metered::GuessNo) => None,
            Some(Metered::Yes | Metered::GuessYes) => Some("metered".to_owned()),
        },
        (facts.roaming == Some(true)).then(|| "roaming".to_owned()),
        facts.on_battery.map(|on_it| if on_it { "on battery" } else { "on mains" }.to_owned()),
        facts.battery_percent.map(|percent| format!("battery {percent} %")),
        (facts.charging == Some(true)).then(|| "charging".to_owned()),
        (facts.power_saver == Some(true)).then(|| "power saver".to_owned()),
    ];
    words.into_iter().flatten().map(|word| format!(", {word}")).collect()
}
