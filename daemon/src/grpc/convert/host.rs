//! The host as it is shown.

use pwasync_core::{
    facts::{Origin, Sleep},
    time::Timestamp,
};
use pwasync_proto::v1 as wire;

use super::time::timestamp_to_proto;
use crate::channel::HostView;

/// The host for the wire. What no source has said is absent.
pub(crate) fn host_to_proto(view: &HostView) -> wire::HostState {
    let host = &view.host;
    let power = host.power();
    let source = |name: &str, since: Option<Timestamp>| wire::FactSource {
        source: since.map_or(String::new(), |_| source_name(view.origin, name).to_owned()),
        since: since.map(|at| timestamp_to_proto(view.wall, at)),
    };
    wire::HostState {
        online: host.online(),
        online_source: Some(source("netlink", host.online_since())),
        settled: host.is_settled(view.now),
        battery_percent: power.and_then(|(power, _)| power.battery_percent.map(u32::from)),
        on_battery: power.map(|(power, _)| power.on_battery),
        power_source: Some(source("sysfs", power.map(|(_, since)| since))),
        suspending: match host.sleep().0 {
            Sleep::Suspending => true,
            Sleep::Awake => false,
        },
        ..wire::HostState::default()
    }
}

fn source_name(origin: Origin, real: &str) -> &str {
    match origin {
        Origin::Host => real,
        Origin::Simulation => "simulation",
    }
}
