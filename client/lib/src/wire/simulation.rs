//! What drives a simulated host.

use pwasync_proto::v1;

use super::host::{into_connectivity, into_metered, into_transport};
use super::missing;
use super::time::{instant, into_duration, into_negative_duration, into_timestamp};
use crate::{
    Advance, AdvanceTarget, Advanced, ClientError, ClockChange, ClockStep, LetTimeOut,
    NetworkState, Power, PowerSupply, SimulatedNetwork, StoreFailure,
};

pub(crate) fn into_network_request(network: NetworkState) -> v1::SetNetworkRequest {
    match network {
        NetworkState::Down => v1::SetNetworkRequest::default(),
        NetworkState::Up(network) => {
            let SimulatedNetwork { name, connectivity, metered, roaming, transport } = network;
            v1::SetNetworkRequest {
                online: true,
                network: name.unwrap_or_default(),
                connectivity: into_connectivity(connectivity).into(),
                metered: into_metered(metered).into(),
                roaming,
                transport: into_transport(transport).into(),
            }
        }
    }
}

pub(crate) fn into_power_request(power: Power) -> v1::SetPowerRequest {
    let (battery_percent, on_battery) = match power.supply {
        PowerSupply::NoBattery => (None, false),
        PowerSupply::Charging(percent) => (Some(percent), false),
        PowerSupply::OnBattery(percent) => (Some(percent), true),
    };
    v1::SetPowerRequest { battery_percent, on_battery, power_saver: power.saver, charging: None }
}

pub(crate) fn into_advance_request(advance: Advance) -> v1::AdvanceRequest {
    use v1::advance_request::Target;
    let Advance { target, patience, let_time_out } = advance;
    v1::AdvanceRequest {
        target: Some(match target {
            AdvanceTarget::By(duration) => Target::By(into_duration(duration)),
            AdvanceTarget::To(instant) => Target::To(into_timestamp(instant)),
        }),
        patience: patience.map(into_duration),
        let_time_out: match let_time_out {
            LetTimeOut::No => false,
            LetTimeOut::Yes => true,
        },
    }
}

pub(crate) fn advanced(wire: v1::AdvanceResponse) -> Result<Advanced, ClientError> {
    let now = instant("now", wire.now)?.ok_or_else(|| missing("now"))?;
    Ok(Advanced { now, wakes: wire.wakes })
}

pub(crate) fn into_step_request(change: ClockChange) -> v1::StepClockRequest {
    let ClockChange { step, utc_offset_seconds } = change;
    v1::StepClockRequest { by: step.map(into_step), utc_offset_seconds }
}

pub(crate) fn into_cut_request(clock_error: Option<ClockStep>) -> v1::CutPowerRequest {
    v1::CutPowerRequest { clock_error: clock_error.map(into_step) }
}

fn into_step(step: ClockStep) -> prost_types::Duration {
    match step {
        ClockStep::Forward(duration) => into_duration(duration),
        ClockStep::Back(duration) => into_negative_duration(duration),
    }
}

pub(crate) fn into_fail_store_request(
    failure: StoreFailure,
    lasting: Option<std::time::Duration>,
) -> v1::FailStoreRequest {
    let kind = match failure {
        StoreFailure::None => v1::StoreFailure::Unspecified,
        StoreFailure::NoSpace => v1::StoreFailure::NoSpace,
        StoreFailure::InputOutput => v1::StoreFailure::InputOutput,
        StoreFailure::ReadOnly => v1::StoreFailure::ReadOnly,
    };
    v1::FailStoreRequest { kind: kind.into(), r#for: lasting.map(into_duration) }
}
