//! Instants and lengths of time.

use std::time::{Duration, SystemTime};

use prost_types::{Duration as WireDuration, Timestamp};

use crate::ClientError;

/// The most that protobuf allows.
const MAX_SECONDS: i64 = 315_576_000_000;

/// An instant that may be absent.
pub(crate) fn instant(
    field: &'static str,
    wire: Option<Timestamp>,
) -> Result<Option<SystemTime>, ClientError> {
    let out_of_range = || ClientError::Malformed { field, problem: "out of range".to_owned() };
    let Some(wire) = wire else { return Ok(None) };
    // Beyond this range the conversion below could overflow.
    if wire.seconds.unsigned_abs() > MAX_SECONDS.unsigned_abs()
        || !(0..1_000_000_000).contains(&wire.nanos)
    {
        return Err(out_of_range());
    }
    SystemTime::try_from(wire).map(Some).map_err(|_| out_of_range())
}

/// A length of time that may be absent.
pub(super) fn duration(
    field: &'static str,
    wire: Option<WireDuration>,
) -> Result<Option<Duration>, ClientError> {
    let Some(wire) = wire else { return Ok(None) };
    let (Ok(seconds), Ok(nanos @ 0..1_000_000_000)) =
        (u64::try_from(wire.seconds), u32::try_from(wire.nanos))
    else {
        let problem = "negative or out of range".to_owned();
        return Err(ClientError::Malformed { field, problem });
    };
    Ok(Some(Duration::new(seconds, nanos)))
}

/// More than protobuf allows becomes the most that it does; the daemon refuses that.
pub(crate) fn into_duration(duration: Duration) -> WireDuration {
    match i64::try_from(duration.as_secs()) {
        Ok(seconds) if seconds < MAX_SECONDS => {
            // Below 1,000,000,000, so it always fits.
            WireDuration { seconds, nanos: duration.subsec_nanos().cast_signed() }
        }
        Ok(_) | Err(_) => WireDuration { seconds: MAX_SECONDS, nanos: 0 },
    }
}

/// The same, back in time.
pub(super) fn into_negative_duration(duration: Duration) -> WireDuration {
    let WireDuration { seconds, nanos } = into_duration(duration);
    WireDuration { seconds: -seconds, nanos: -nanos }
}

/// The instant as a message; one that a message cannot hold becomes the nearest that it can.
pub(super) fn into_timestamp(instant: SystemTime) -> Timestamp {
    match instant.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => {
            let WireDuration { seconds, nanos } = into_duration(after);
            Timestamp { seconds, nanos }
        }
        Err(before) => {
            let WireDuration { seconds, nanos } = into_negative_duration(before.duration());
            if nanos == 0 {
                Timestamp { seconds, nanos }
            } else {
                Timestamp { seconds: seconds - 1, nanos: nanos + 1_000_000_000 }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_survive_the_way_there_and_back() {
        let day = Duration::from_secs(86_400);
        let epoch = SystemTime::UNIX_EPOCH;
        for at in [epoch, epoch + day, epoch - day, epoch - Duration::from_millis(1)] {
            assert_eq!(instant("at", Some(into_timestamp(at))).unwrap(), Some(at));
        }
    }

    #[test]
    fn hostile_instants_and_durations_are_errors() {
        for (seconds, nanos) in [(i64::MAX, 0), (i64::MIN, 0), (0, -1), (0, 1_000_000_000)] {
            assert!(instant("at", Some(Timestamp { seconds, nanos })).is_err());
        }
        for (seconds, nanos) in [(-1, 0), (0, -1), (i64::MIN, 0), (0, i32::MAX)] {
            assert!(duration("limit", Some(WireDuration { seconds, nanos })).is_err());
        }
    }

    #[test]
    fn what_protobuf_cannot_hold_becomes_the_most_it_can() {
        assert_eq!(into_duration(Duration::MAX), WireDuration { seconds: MAX_SECONDS, nanos: 0 });
        let step = into_negative_duration(Duration::from_millis(1_500));
        assert_eq!((step.seconds, step.nanos), (-1, -500_000_000));
    }
}
