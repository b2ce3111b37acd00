//! The host as the daemon sees it.

use pwasync_client::{Fact, HostState};
use serde::Serialize;

use super::instant;

/// The host.
#[derive(Debug, Serialize)]
pub(crate) struct HostDocument {
    online: Option<bool>,
    online_source: FactDocument,
    settled: bool,
    battery_percent: Option<u32>,
    on_battery: Option<bool>,
    power_source: FactDocument,
    suspending: bool,
}

#[derive(Debug, Serialize)]
struct FactDocument {
    source: Option<String>,
    since: Option<String>,
}

impl HostDocument {
    pub(crate) fn new(host: &HostState) -> Self {
        let HostState {
            online,
            online_source,
            settled,
            battery_percent,
            on_battery,
            power_source,
            suspending,
        } = host;
        Self {
            online: *online,
            online_source: FactDocument::new(online_source),
            settled: *settled,
            battery_percent: *battery_percent,
            on_battery: *on_battery,
            power_source: FactDocument::new(power_source),
            suspending: *suspending,
        }
    }
}

impl FactDocument {
    fn new(fact: &Fact) -> Self {
        Self { source: fact.source.clone(), since: instant(fact.since) }
    }
}
