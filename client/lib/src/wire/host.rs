//! The view of the host.

use pwasync_proto::v1;

use super::time::instant;
use super::{missing, some_text};
use crate::{ClientError, Fact, HostState};

pub(crate) fn host_state(wire: Option<v1::HostState>) -> Result<HostState, ClientError> {
    let v1::HostState {
        online,
        online_source,
        settled,
        battery_percent,
        on_battery,
        power_source,
        suspending,
        ..
    } = wire.ok_or_else(|| missing("host"))?;
    Ok(HostState {
        online,
        online_source: fact(online_source)?,
        settled,
        battery_percent,
        on_battery,
        power_source: fact(power_source)?,
        suspending,
    })
}

fn fact(wire: Option<v1::FactSource>) -> Result<Fact, ClientError> {
    let v1::FactSource { source, since } = wire.unwrap_or_default();
    Ok(Fact { source: some_text(source), since: instant("host.since", since)? })
}
