//! Calls that drive the simulated host.

use std::time::Duration;

use pwasync_core::{
    FieldError,
    constraints::Transport,
    facts::{Connectivity, Metered, Power, PowerSaver},
    wall::UtcOffset,
};
use pwasync_proto::v1 as wire;
use wire::advance_request::Target;

use super::{
    limits::{missing, none_of, number_from_proto, text_from_proto},
    time::{
        bounded_from_proto, duration_from_proto, signed_millis_from_proto, unix_millis_from_proto,
    },
};
use crate::channel::{AdvanceTarget, AttemptsOut, SimulatedNetwork, SimulatedPower, StoreFailure};

const NETWORK_BYTES: usize = 64;
const DEFAULT_NETWORK: &str = "home";
const LONGEST: Duration = Duration::from_secs(3_660 * 86_400);
/// A clock whose battery is dead begins in 1970.
const WRONGEST: Duration = Duration::from_secs(36_600 * 86_400);
/// No place on earth is further from UTC.
const UTC_OFFSET_SECONDS: u32 = 18 * 3_600;
const DEFAULT_PATIENCE: Duration = Duration::from_secs(10);
const LONGEST_PATIENCE: Duration = Duration::from_secs(600);

/// The network; `None`: offline.
///
/// # Errors
/// When the name is too long, or something is said of a network that is not there.
pub(crate) fn network_from_proto(
    request: wire::SetNetworkRequest,
) -> Result<Option<SimulatedNetwork>, FieldError> {
    let name = text_from_proto("network", request.network, NETWORK_BYTES)?;
    let connectivity = match wire::Connectivity::try_from(request.connectivity) {
        Ok(wire::Connectivity::Unspecified) => None,
        Ok(wire::Connectivity::None) => Some(Connectivity::None),
        Ok(wire::Connectivity::Portal) => Some(Connectivity::Portal),
        Ok(wire::Connectivity::Limited) => Some(Connectivity::Limited),
        Ok(wire::Connectivity::Full) => Some(Connectivity::Full),
        Err(_) => {
            return Err(none_of("connectivity", request.connectivity, "a Connectivity (0 to 4)"));
        }
    };
    let network = SimulatedNetwork {
        name: if name.is_empty() { DEFAULT_NETWORK.to_owned() } else { name },
        connectivity: connectivity.unwrap_or(Connectivity::Full),
        metered: metered_from_proto(request.metered)?,
        roaming: request.roaming,
        transport: transport_from_proto(request.transport)?,
    };
    if request.online {
        return Ok(Some(network));
    }
    match connectivity {
        None | Some(Connectivity::None) => Ok(None),
        Some(
            Connectivity::Portal
            | Connectivity::Limited
            | Connectivity::Full
            | Connectivity::Unchecked,
        ) => {
            let rule = "must be NONE (1) while offline";
            Err(FieldError::plain("connectivity", request.connectivity, rule))
        }
    }
}

fn metered_from_proto(metered: i32) -> Result<Metered, FieldError> {
    match wire::Metered::try_from(metered) {
        Ok(wire::Metered::Unspecified | wire::Metered::No) => Ok(Metered::No),
        Ok(wire::Metered::Yes) => Ok(Metered::Yes),
        Ok(wire::Metered::GuessYes) => Ok(Metered::GuessYes),
        Ok(wire::Metered::GuessNo) => Ok(Metered::GuessNo),
        Err(_) => Err(none_of("metered", metered, "a Metered (0 to 4)")),
    }
}

fn transport_from_proto(transport: i32) -> Result<Transport, FieldError> {
    match wire::Transport::try_from(transport) {
        Ok(wire::Transport::Unspecified | wire::Transport::Ethernet) => Ok(Transport::Ethernet),
        Ok(wire::Transport::Wifi) => Ok(Transport::Wifi),
        Ok(wire::Transport::Cellular) => Ok(Transport::Cellular),
        Ok(wire::Transport::Other) => Ok(Transport::Other),
        Err(_) => Err(none_of("transport", transport, "a Transport (0 to 4)")),
    }
}

/// Battery, charger and power saver.
///
/// # Errors
/// When the charge is above 100, a machine without battery runs on it or charges it, or it is
/// charged while the machine runs on it.
pub(crate) fn power_from_proto(
    request: wire::SetPowerRequest,
) -> Result<SimulatedPower, FieldError> {
    let percent = request
        .battery_percent
        .map(|percent| number_from_proto("battery_percent", percent, 100))
        .transpose()?;
    if percent.is_none() && request.on_battery {
        return Err(FieldError::plain("on_battery", true, "needs a `battery_percent`"));
    }
    if let Some(charging) = request.charging {
        if percent.is_none() {
            return Err(FieldError::plain("charging", charging, "needs a `battery_percent`"));
        }
        // A battery on the charger is charged or full, which is the same to a sync.
        if charging == request.on_battery {
            return Err(FieldError::plain("charging", charging, "contradicts `on_battery`"));
        }
    }
    Ok(SimulatedPower {
        power: Power {
            battery_percent: percent.and_then(|percent| u8::try_from(percent).ok()),
            on_battery: request.on_battery,
            ..Power::MAINS
        },
        saver: if request.power_saver { PowerSaver::On } else { PowerSaver::Off },
    })
}

/// How long the machine slept; absent: no time at all.
///
/// # Errors
/// When it is out of range.
pub(crate) fn resume_from_proto(request: &wire::ResumeRequest) -> Result<Duration, FieldError> {
    let after = request.after.as_ref();
    let after = after.map(|after| bounded_from_proto("after", after, LONGEST)).transpose()?;
    Ok(after.unwrap_or_default())
}

/// How far to advance, with which patience, and what is done about attempts that are out.
///
/// # Errors
/// When a part is missing or out of range.
pub(crate) fn advance_from_proto(
    request: &wire::AdvanceRequest,
) -> Result<(AdvanceTarget, Duration, AttemptsOut), FieldError> {
    let target = match request.target.as_ref().ok_or_else(|| missing("target"))? {
        Target::By(by) => AdvanceTarget::By(bounded_from_proto("by", by, LONGEST)?),
        Target::To(to) => AdvanceTarget::ToUnixMillis(unix_millis_from_proto("to", to)?),
    };
    let patience = request
        .patience
        .as_ref()
        .map(|patience| bounded_from_proto("patience", patience, LONGEST_PATIENCE))
        .transpose()?;
    let out = if request.let_time_out { AttemptsOut::LetTimeOut } else { AttemptsOut::HoldTime };
    Ok((target, patience.unwrap_or(DEFAULT_PATIENCE), out))
}

/// Refuses an instant that lies too far ahead, both in milliseconds since 1970.
///
/// # Errors
/// When it does.
pub(crate) fn distance_from_proto(
    field: &'static str,
    now: i64,
    to: i64,
) -> Result<(), FieldError> {
    let ahead = u64::try_from(to.saturating_sub(now)).unwrap_or(0);
    if Duration::from_millis(ahead) <= LONGEST {
        return Ok(());
    }
    let rule = format!("lies more than {} days ahead", LONGEST.as_secs() / 86_400);
    Err(FieldError::plain(field, format!("{} s since 1970", to / 1_000), rule))
}

/// A step of the wall clock in milliseconds, and where local time is from then on.
///
/// # Errors
/// When both are missing, or one is out of range.
pub(crate) fn step_from_proto(
    request: &wire::StepClockRequest,
) -> Result<(i64, Option<UtcOffset>), FieldError> {
    let utc_offset = request.utc_offset_seconds.map(utc_offset_from_proto).transpose()?;
    let by = match (&request.by, utc_offset) {
        (Some(by), _) => signed_millis_from_proto("by", by, LONGEST)?,
        (None, Some(_)) => 0,
        (None, None) => return Err(missing("by")),
    };
    Ok((by, utc_offset))
}

/// By how much the clock of a machine that boots is wrong, in milliseconds; `None`: none boots.
///
/// # Errors
/// When it is out of range.
pub(crate) fn boot_from_proto(request: &wire::CutPowerRequest) -> Result<Option<i64>, FieldError> {
    let error = request.clock_error.as_ref();
    error.map(|error| signed_millis_from_proto("clock_error", error, WRONGEST)).transpose()
}

fn utc_offset_from_proto(seconds: i32) -> Result<UtcOffset, FieldError> {
    if seconds.unsigned_abs() > UTC_OFFSET_SECONDS {
        let rule = format!("is not from -{UTC_OFFSET_SECONDS} to {UTC_OFFSET_SECONDS}");
        return Err(FieldError::plain("utc_offset_seconds", seconds, rule));
    }
    Ok(UtcOffset::from_seconds(seconds))
}

/// How writes fail, and for how long; `None`: they work again.
///
/// # Errors
/// When a part breaks its rule.
pub(crate) fn failure_from_proto(
    request: &wire::FailStoreRequest,
) -> Result<(Option<StoreFailure>, Option<Duration>), FieldError> {
    let for_ = request.r#for.as_ref();
    let for_ = for_.map(|for_| duration_from_proto("for", for_)).transpose()?;
    let failure = match wire::StoreFailure::try_from(request.kind) {
        Ok(wire::StoreFailure::Unspecified) => None,
        Ok(wire::StoreFailure::NoSpace) => Some(StoreFailure::NoSpace),
        Ok(wire::StoreFailure::InputOutput) => Some(StoreFailure::InputOutput),
        Ok(wire::StoreFailure::ReadOnly) => Some(StoreFailure::ReadOnly),
        Err(_) => return Err(none_of("kind", request.kind, "a StoreFailure (0 to 3)")),
    };
    Ok((failure, for_))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAYS: &str = "is longer than 3660 days";

    fn seconds(seconds: i64) -> Option<prost_types::Duration> {
        Some(prost_types::Duration { seconds, nanos: 0 })
    }

    fn advance(
        target: Option<Target>,
        patience: Option<prost_types::Duration>,
    ) -> Result<(AdvanceTarget, Duration, AttemptsOut), String> {
        let request = wire::AdvanceRequest { target, patience, let_time_out: false };
        advance_from_proto(&request).map_err(|error| error.to_string())
    }

    #[test]
    fn an_advance_has_a_target_and_patience() {
        let by = |length| seconds(length).map(Target::By);
        let minute = Duration::from_secs(60);
        let wanted = (AdvanceTarget::By(minute), DEFAULT_PATIENCE, AttemptsOut::HoldTime);
        assert_eq!(advance(by(60), None), Ok(wanted));
        assert_eq!(advance(None, None).unwrap_err(), "field `target`: value `` is missing");
        let error = advance(by(3_660 * 86_400 + 1), None).unwrap_err();
        assert_eq!(error, format!("field `by`: value `316224001s` {DAYS}"));
        let error = advance(by(1), seconds(601)).unwrap_err();
        assert_eq!(error, "field `patience`: value `601s` is longer than 10 min");
        let to = Target::To(prost_types::Timestamp { seconds: 5, nanos: 0 });
        assert_eq!(advance(Some(to), None).unwrap().0, AdvanceTarget::ToUnixMillis(5_000));
    }

    #[test]
    fn networks_have_names_and_terms() {
        let network =
            |request| network_from_proto(request).map_err(|error: FieldError| error.to_string());
        let plain = wire::SetNetworkRequest { online: true, ..Default::default() };
        let home = SimulatedNetwork {
            name: "home".into(),
            connectivity: Connectivity::Full,
            metered: Metered::No,
            roaming: false,
            transport: Transport::Ethernet,
        };
        assert_eq!(network(plain.clone()), Ok(Some(home)));
        assert_eq!(network(wire::SetNetworkRequest::default()), Ok(None));
        let abroad = wire::SetNetworkRequest {
            online: true,
            network: "abroad".into(),
            connectivity: wire::Connectivity::Limited.into(),
            metered: wire::Metered::GuessYes.into(),
            roaming: true,
            transport: wire::Transport::Cellular.into(),
        };
        let wanted = SimulatedNetwork {
            name: "abroad".into(),
            connectivity: Connectivity::Limited,
            metered: Metered::GuessYes,
            roaming: true,
            transport: Transport::Cellular,
        };
        assert_eq!(network(abroad), Ok(Some(wanted)));
        let error = network(wire::SetNetworkRequest { network: "n".repeat(65), ..plain.clone() });
        let error = error.unwrap_err();
        assert!(error.ends_with("is longer than 64 bytes (65)"), "{error}");
        let full = wire::Connectivity::Full.into();
        let offline = wire::SetNetworkRequest { connectivity: full, ..Default::default() };
        let error = network(offline).unwrap_err();
        assert_eq!(error, "field `connectivity`: value `4` must be NONE (1) while offline");
        for (request, wanted) in [
            (
                wire::SetNetworkRequest { connectivity: 5, ..plain.clone() },
                "field `connectivity`: value `5` must be a Connectivity (0 to 4)",
            ),
            (
                wire::SetNetworkRequest { metered: 5, ..plain.clone() },
                "field `metered`: value `5` must be a Metered (0 to 4)",
            ),
            (
                wire::SetNetworkRequest { transport: 5, ..plain },
                "field `transport`: value `5` must be a Transport (0 to 4)",
            ),
        ] {
            assert_eq!(network(request).unwrap_err(), wanted);
        }
    }

    #[test]
    fn power_is_0_to_100() {
        let power = |battery_percent, on_battery, charging| {
            let plain = wire::SetPowerRequest::default();
            let request = wire::SetPowerRequest { battery_percent, on_battery, charging, ..plain };
            power_from_proto(request).map_err(|error| error.to_string())
        };
        let wanted = Power { battery_percent: Some(100), on_battery: true, ..Power::MAINS };
        assert_eq!(power(Some(100), true, None).unwrap().power, wanted);
        assert_eq!(power(Some(100), true, Some(false)).unwrap().power, wanted);
        let error = power(Some(101), false, None).unwrap_err();
        assert_eq!(error, "field `battery_percent`: value `101` is more than 100");
        let error = power(None, true, None).unwrap_err();
        assert_eq!(error, "field `on_battery`: value `true` needs a `battery_percent`");
        let error = power(None, false, Some(false)).unwrap_err();
        assert_eq!(error, "field `charging`: value `false` needs a `battery_percent`");
        let error = power(Some(50), true, Some(true)).unwrap_err();
        assert_eq!(error, "field `charging`: value `true` contradicts `on_battery`");
        let saving = wire::SetPowerRequest { power_saver: true, ..Default::default() };
        assert_eq!(power_from_proto(saving).unwrap().saver, PowerSaver::On);
    }

    #[test]
    fn clock_steps_and_sleeps_are_bounded() {
        let step = |by, utc_offset_seconds| {
            let request = wire::StepClockRequest { by, utc_offset_seconds };
            step_from_proto(&request).map_err(|error| error.to_string())
        };
        assert_eq!(step(seconds(-3), None), Ok((-3_000, None)));
        assert_eq!(step(None, Some(-64_800)), Ok((0, Some(UtcOffset::from_seconds(-64_800)))));
        assert_eq!(step(None, None).unwrap_err(), "field `by`: value `` is missing");
        let error = step(seconds(0), Some(64_801)).unwrap_err();
        let rule = "is not from -64800 to 64800";
        assert_eq!(error, format!("field `utc_offset_seconds`: value `64801` {rule}"));
        let sleep = |after| resume_from_proto(&wire::ResumeRequest { after });
        assert_eq!(sleep(None), Ok(Duration::ZERO));
        let error = sleep(seconds(-1)).unwrap_err().to_string();
        assert_eq!(error, "field `after`: value `-1s` must not be negative");
    }

    #[test]
    fn store_failures_are_named() {
        let failure = |kind| failure_from_proto(&wire::FailStoreRequest { kind, r#for: None });
        assert_eq!(failure(0), Ok((None, None)));
        assert_eq!(failure(2), Ok((Some(StoreFailure::InputOutput), None)));
        let error = failure(9).unwrap_err().to_string();
        assert_eq!(error, "field `kind`: value `9` must be a StoreFailure (0 to 3)");
    }
}
