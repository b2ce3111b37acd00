//! Calls that drive the simulated host.

use std::time::Duration;

use pwasync_core::{FieldError, facts::Power};
use pwasync_proto::v1 as wire;
use wire::advance_request::Target;

use super::{
    limits::{missing, none_of, number_from_proto, text_from_proto},
    time::{
        bounded_from_proto, duration_from_proto, signed_millis_from_proto, unix_millis_from_proto,
    },
};
use crate::channel::{AdvanceTarget, AttemptsOut, StoreFailure};

const NETWORK_BYTES: usize = 64;
const DEFAULT_NETWORK: &str = "home";
const LONGEST: Duration = Duration::from_secs(3_660 * 86_400);
const DEFAULT_PATIENCE: Duration = Duration::from_secs(10);
const LONGEST_PATIENCE: Duration = Duration::from_secs(600);

/// The name of the network; `None`: offline.
///
/// # Errors
/// When the name is too long.
pub(crate) fn network_from_proto(
    request: wire::SetNetworkRequest,
) -> Result<Option<String>, FieldError> {
    let name = text_from_proto("network", request.network, NETWORK_BYTES)?;
    let name = if name.is_empty() { DEFAULT_NETWORK.to_owned() } else { name };
    Ok(request.online.then_some(name))
}

/// Battery and charger.
///
/// # Errors
/// When the charge is above 100, or a machine without battery runs on it.
pub(crate) fn power_from_proto(request: wire::SetPowerRequest) -> Result<Power, FieldError> {
    let percent = request
        .battery_percent
        .map(|percent| number_from_proto("battery_percent", percent, 100))
        .transpose()?;
    if percent.is_none() && request.on_battery {
        return Err(FieldError::plain("on_battery", true, "needs a `battery_percent`"));
    }
    Ok(Power {
        battery_percent: percent.and_then(|percent| u8::try_from(percent).ok()),
        on_battery: request.on_battery,
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

/// A step of the wall clock in milliseconds.
///
/// # Errors
/// When it is missing or out of range.
pub(crate) fn step_from_proto(request: &wire::StepClockRequest) -> Result<i64, FieldError> {
    let by = request.by.as_ref().ok_or_else(|| missing("by"))?;
    signed_millis_from_proto("by", by, LONGEST)
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
    fn networks_have_names() {
        let network = |online, network: &str| {
            let network = network.into();
            network_from_proto(wire::SetNetworkRequest { online, network, ..Default::default() })
        };
        assert_eq!(network(true, ""), Ok(Some("home".into())));
        assert_eq!(network(false, ""), Ok(None));
        let error = network(true, &"n".repeat(65)).unwrap_err().to_string();
        assert!(error.ends_with("is longer than 64 bytes (65)"), "{error}");
    }

    #[test]
    fn power_is_0_to_100() {
        let power = |battery_percent, on_battery| {
            let plain = wire::SetPowerRequest::default();
            let request = wire::SetPowerRequest { battery_percent, on_battery, ..plain };
            power_from_proto(request).map_err(|error| error.to_string())
        };
        let wanted = Power { battery_percent: Some(100), on_battery: true };
        assert_eq!(power(Some(100), true), Ok(wanted));
        let error = power(Some(101), false).unwrap_err();
        assert_eq!(error, "field `battery_percent`: value `101` is more than 100");
        let error = power(None, true).unwrap_err();
        assert_eq!(error, "field `on_battery`: value `true` needs a `battery_percent`");
    }

    #[test]
    fn clock_steps_and_sleeps_are_bounded() {
        let step = |by| step_from_proto(&wire::StepClockRequest { by, utc_offset_seconds: None });
        assert_eq!(step(seconds(-3)), Ok(-3_000));
        assert_eq!(step(None).unwrap_err().to_string(), "field `by`: value `` is missing");
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
