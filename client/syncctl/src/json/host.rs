//! The host as the daemon sees it.

use pwasync_client::{Connectivity, Fact, HostFacts, HostState, Metered, Transport};
use serde::Serialize;

use super::instant;

/// The host.
#[derive(Debug, Serialize)]
pub(crate) struct HostDocument {
    online: Option<bool>,
    online_source: FactDocument,
    settled: bool,
    /// `none`, `portal`, `limited` or `full`.
    connectivity: Option<&'static str>,
    connectivity_source: FactDocument,
    /// `yes`, `no`, `guess-yes` or `guess-no`.
    metered: Option<&'static str>,
    metered_source: FactDocument,
    roaming: Option<bool>,
    roaming_source: FactDocument,
    /// `wifi`, `ethernet`, `cellular` or `other`.
    transport: Option<&'static str>,
    transport_source: FactDocument,
    network: Option<String>,
    network_source: FactDocument,
    battery_percent: Option<u32>,
    on_battery: Option<bool>,
    power_source: FactDocument,
    charging: Option<bool>,
    charging_source: FactDocument,
    power_saver: Option<bool>,
    power_saver_source: FactDocument,
    suspending: bool,
    suspending_source: FactDocument,
    overridden: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct FactDocument {
    source: Option<String>,
    since: Option<String>,
}

impl HostDocument {
    pub(crate) fn new(host: &HostState) -> Self {
        let HostState {
            online,
            online_source,
            settled,
            connectivity,
            connectivity_source,
            metered,
            metered_source,
            roaming,
            roaming_source,
            transport,
            transport_source,
            network,
            network_source,
            battery_percent,
            on_battery,
            power_source,
            charging,
            charging_source,
            power_saver,
            power_saver_source,
            suspending,
            suspending_source,
            overridden,
        } = host;
        Self {
            online: *online,
            online_source: FactDocument::new(online_source),
            settled: *settled,
            connectivity: connectivity.map(Connectivity::as_str),
            connectivity_source: FactDocument::new(connectivity_source),
            metered: metered.map(Metered::as_str),
            metered_source: FactDocument::new(metered_source),
            roaming: *roaming,
            roaming_source: FactDocument::new(roaming_source),
            transport: transport.map(Transport::as_str),
            transport_source: FactDocument::new(transport_source),
            network: network.clone(),
            network_source: FactDocument::new(network_source),
            battery_percent: *battery_percent,
            on_battery: *on_battery,
            power_source: FactDocument::new(power_source),
            charging: *charging,
            charging_source: FactDocument::new(charging_source),
            power_saver: *power_saver,
            power_saver_source: FactDocument::new(power_saver_source),
            suspending: *suspending,
            suspending_source: FactDocument::new(suspending_source),
            overridden: overridden.clone(),
        }
    }
}

impl FactDocument {
    pub(crate) fn new(fact: &Fact) -> Self {
        Self { source: fact.source.clone(), since: instant(fact.since) }
    }
}

/// The host at the moment of a decision.
#[derive(Debug, Serialize)]
pub(super) struct HostFactsDocument<'a> {
    online: Option<bool>,
    connectivity: Option<&'static str>,
    metered: Option<&'static str>,
    roaming: Option<bool>,
    transport: Option<&'static str>,
    network: Option<&'a str>,
    battery_percent: Option<u32>,
    on_battery: Option<bool>,
    charging: Option<bool>,
    power_saver: Option<bool>,
}

impl<'a> HostFactsDocument<'a> {
    pub(super) fn new(facts: &'a HostFacts) -> Self {
        let HostFacts {
            online,
            connectivity,
            metered,
            roaming,
            transport,
            network,
            battery_percent,
            on_battery,
            charging,
            power_saver,
        } = facts;
        Self {
            online: *online,
            connectivity: connectivity.map(Connectivity::as_str),
            metered: metered.map(Metered::as_str),
            roaming: *roaming,
            transport: transport.map(Transport::as_str),
            network: network.as_deref(),
            battery_percent: *battery_percent,
            on_battery: *on_battery,
            charging: *charging,
            power_saver: *power_saver,
        }
    }
}
