//! The view of the host.

use pwasync_proto::v1;

use super::time::instant;
use super::{missing, some_text};
use crate::{ClientError, Connectivity, Fact, HostFacts, HostState, Metered, Transport};

pub(crate) fn host_state(wire: Option<v1::HostState>) -> Result<HostState, ClientError> {
    let v1::HostState {
        online,
        online_source,
        settled,
        battery_percent,
        on_battery,
        power_source,
        suspending,
        connectivity: reach,
        connectivity_source,
        metered: costs,
        metered_source,
        roaming,
        roaming_source,
        transport: link,
        transport_source,
        network,
        network_source,
        power_saver,
        power_saver_source,
        charging,
        charging_source,
        overridden,
        suspending_source,
    } = wire.ok_or_else(|| missing("host"))?;
    Ok(HostState {
        online,
        online_source: fact(online_source)?,
        settled,
        connectivity: connectivity(reach),
        connectivity_source: fact(connectivity_source)?,
        metered: metered(costs),
        metered_source: fact(metered_source)?,
        roaming,
        roaming_source: fact(roaming_source)?,
        transport: transport(link),
        transport_source: fact(transport_source)?,
        network: some_text(network),
        network_source: fact(network_source)?,
        battery_percent,
        on_battery,
        power_source: fact(power_source)?,
        charging,
        charging_source: fact(charging_source)?,
        power_saver,
        power_saver_source: fact(power_saver_source)?,
        suspending,
        suspending_source: fact(suspending_source)?,
        overridden,
    })
}

pub(super) fn host_facts(wire: Option<v1::HostFacts>) -> HostFacts {
    let v1::HostFacts {
        online,
        connectivity: reach,
        metered: costs,
        roaming,
        transport: link,
        network,
        battery_percent,
        on_battery,
        charging,
        power_saver,
    } = wire.unwrap_or_default();
    HostFacts {
        online,
        connectivity: connectivity(reach),
        metered: metered(costs),
        roaming,
        transport: transport(link),
        network: some_text(network),
        battery_percent,
        on_battery,
        charging,
        power_saver,
    }
}

pub(super) fn fact(wire: Option<v1::FactSource>) -> Result<Fact, ClientError> {
    let v1::FactSource { source, since } = wire.unwrap_or_default();
    Ok(Fact { source: some_text(source), since: instant("host.since", since)? })
}

/// A value that this crate does not know is not known.
fn connectivity(wire: i32) -> Option<Connectivity> {
    match v1::Connectivity::try_from(wire) {
        Ok(v1::Connectivity::None) => Some(Connectivity::None),
        Ok(v1::Connectivity::Portal) => Some(Connectivity::Portal),
        Ok(v1::Connectivity::Limited) => Some(Connectivity::Limited),
        Ok(v1::Connectivity::Full) => Some(Connectivity::Full),
        Ok(v1::Connectivity::Unspecified) | Err(_) => None,
    }
}

pub(super) fn into_connectivity(connectivity: Option<Connectivity>) -> v1::Connectivity {
    match connectivity {
        None => v1::Connectivity::Unspecified,
        Some(Connectivity::None) => v1::Connectivity::None,
        Some(Connectivity::Portal) => v1::Connectivity::Portal,
        Some(Connectivity::Limited) => v1::Connectivity::Limited,
        Some(Connectivity::Full) => v1::Connectivity::Full,
    }
}

fn metered(wire: i32) -> Option<Metered> {
    match v1::Metered::try_from(wire) {
        Ok(v1::Metered::Yes) => Some(Metered::Yes),
        Ok(v1::Metered::No) => Some(Metered::No),
        Ok(v1::Metered::GuessYes) => Some(Metered::GuessYes),
        Ok(v1::Metered::GuessNo) => Some(Metered::GuessNo),
        Ok(v1::Metered::Unspecified) | Err(_) => None,
    }
}

pub(super) fn into_metered(metered: Option<Metered>) -> v1::Metered {
    match metered {
        None => v1::Metered::Unspecified,
        Some(Metered::Yes) => v1::Metered::Yes,
        Some(Metered::No) => v1::Metered::No,
        Some(Metered::GuessYes) => v1::Metered::GuessYes,
        Some(Metered::GuessNo) => v1::Metered::GuessNo,
    }
}

pub(super) fn transport(wire: i32) -> Option<Transport> {
    match v1::Transport::try_from(wire) {
        Ok(v1::Transport::Wifi) => Some(Transport::Wifi),
        Ok(v1::Transport::Ethernet) => Some(Transport::Ethernet),
        Ok(v1::Transport::Cellular) => Some(Transport::Cellular),
        Ok(v1::Transport::Other) => Some(Transport::Other),
        Ok(v1::Transport::Unspecified) | Err(_) => None,
    }
}

pub(super) fn into_transport(transport: Option<Transport>) -> v1::Transport {
    match transport {
        None => v1::Transport::Unspecified,
        Some(Transport::Wifi) => v1::Transport::Wifi,
        Some(Transport::Ethernet) => v1::Transport::Ethernet,
        Some(Transport::Cellular) => v1::Transport::Cellular,
        Some(Transport::Other) => v1::Transport::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fact_goes_out_as_what_it_comes_in_as() {
        for number in 0..=4 {
            assert_eq!(i32::from(into_connectivity(connectivity(number))), number);
            assert_eq!(i32::from(into_metered(metered(number))), number);
            assert_eq!(i32::from(into_transport(transport(number))), number);
        }
        assert_eq!((connectivity(5), metered(5), transport(5)), (None, None, None));
    }
}
