//! Durations and instants.

use std::time::Duration;

use prost_types::{Duration as WireDuration, Timestamp as WireTimestamp};
use pwasync_core::{
    FieldError,
    time::{Timestamp, WallClock},
};

/// The longest duration that protobuf knows: 10,000 years.
const LONGEST: Duration = Duration::from_secs(315_576_000_000);
/// The years that a protobuf timestamp can say: 0001-01-01 to 9999-12-31, in seconds from 1970.
const FIRST_SECOND: i64 = -62_135_596_800;
const LAST_SECOND: i64 = 253_402_300_799;
const MAX_NANOS: i32 = 999_999_999;

/// The wall time of a core instant.
pub(crate) fn timestamp_to_proto(wall: WallClock, at: Timestamp) -> WireTimestamp {
    let millis = wall.unix_millis(at);
    let seconds = millis.div_euclid(1_000);
    if seconds > LAST_SECOND {
        return WireTimestamp { seconds: LAST_SECOND, nanos: MAX_NANOS };
    }
    // 0 to 999, so it fits.
    let nanos = i32::try_from(millis.rem_euclid(1_000) * 1_000_000).unwrap_or(MAX_NANOS);
    WireTimestamp { seconds: seconds.max(FIRST_SECOND), nanos }
}

/// Milliseconds since 1970.
///
/// # Errors
/// When it is no instant that protobuf allows.
pub(crate) fn unix_millis_from_proto(
    field: &'static str,
    at: &WireTimestamp,
) -> Result<i64, FieldError> {
    let sane = (FIRST_SECOND..=LAST_SECOND).contains(&at.seconds);
    if !sane || !(0..=MAX_NANOS).contains(&at.nanos) {
        let shown = format!("{} s {} ns", at.seconds, at.nanos);
        let rule = "is no instant from the year 1 to 9999 with 0 to 999999999 ns";
        return Err(FieldError::plain(field, shown, rule));
    }
    Ok(at.seconds * 1_000 + i64::from(at.nanos / 1_000_000))
}

/// A duration for the wire.
pub(crate) fn duration_to_proto(duration: Duration) -> WireDuration {
    let duration = duration.min(LONGEST);
    WireDuration {
        seconds: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(duration.subsec_nanos()).unwrap_or(MAX_NANOS),
    }
}

/// A duration that is not negative, as long as protobuf allows.
///
/// # Errors
/// When it is negative or malformed.
pub(crate) fn duration_from_proto(
    field: &'static str,
    duration: &WireDuration,
) -> Result<Duration, FieldError> {
    bounded_from_proto(field, duration, LONGEST)
}

/// A duration that is not negative, and at most `limit`.
///
/// # Errors
/// When it is negative, malformed or longer.
pub(crate) fn bounded_from_proto(
    field: &'static str,
    duration: &WireDuration,
    limit: Duration,
) -> Result<Duration, FieldError> {
    check_shape(field, duration)?;
    let wrong = |rule: String| FieldError::plain(field, show(duration), rule);
    if duration.seconds < 0 || duration.nanos < 0 {
        return Err(wrong("must not be negative".into()));
    }
    let length = length(duration);
    if length > limit {
        return Err(wrong(format!("is longer than {}", words(limit))));
    }
    Ok(length)
}

/// Signed milliseconds as protobuf writes them.
pub(crate) fn signed_millis_to_proto(millis: i64) -> WireDuration {
    let nanos = i32::try_from(millis % 1_000).unwrap_or(0) * 1_000_000;
    WireDuration { seconds: millis / 1_000, nanos }
}

/// Signed milliseconds, at most `limit` either way.
///
/// # Errors
/// When it is malformed or longer.
pub(crate) fn signed_millis_from_proto(
    field: &'static str,
    duration: &WireDuration,
    limit: Duration,
) -> Result<i64, FieldError> {
    check_shape(field, duration)?;
    let length = length(duration);
    if length > limit {
        let rule = format!("is longer than {} either way", words(limit));
        return Err(FieldError::plain(field, show(duration), rule));
    }
    let millis = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
    Ok(if duration.seconds < 0 || duration.nanos < 0 { -millis } else { millis })
}

/// Protobuf's own rules: both parts have the same sign and stay in their ranges.
fn check_shape(field: &'static str, duration: &WireDuration) -> Result<(), FieldError> {
    let longest = LONGEST.as_secs();
    let in_range =
        duration.seconds.unsigned_abs() <= longest && duration.nanos.unsigned_abs() <= 999_999_999;
    let one_sign = duration.seconds.signum() * i64::from(duration.nanos.signum()) >= 0;
    if in_range && one_sign {
        return Ok(());
    }
    let shown = format!("{} s {} ns", duration.seconds, duration.nanos);
    let rule = "is malformed: at most 315576000000 s and 999999999 ns, both of one sign";
    Err(FieldError::plain(field, shown, rule))
}

/// The length of a well-formed duration, whatever its sign.
fn length(duration: &WireDuration) -> Duration {
    Duration::new(duration.seconds.unsigned_abs(), duration.nanos.unsigned_abs())
}

fn show(duration: &WireDuration) -> String {
    let sign = if duration.seconds < 0 || duration.nanos < 0 { "-" } else { "" };
    format!("{sign}{:?}", length(duration))
}

/// A limit as people say it.
fn words(limit: Duration) -> String {
    let seconds = limit.as_secs();
    match seconds {
        _ if seconds > 86_400 && seconds.is_multiple_of(86_400) => {
            format!("{} days", seconds / 86_400)
        }
        _ if seconds.is_multiple_of(3_600) => format!("{} h", seconds / 3_600),
        _ if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn wire(seconds: i64, nanos: i32) -> WireDuration {
        WireDuration { seconds, nanos }
    }

    fn refused(duration: WireDuration, limit: Duration) -> String {
        bounded_from_proto("by", &duration, limit).unwrap_err().to_string()
    }

    #[test]
    fn durations_read_back() {
        for duration in [Duration::ZERO, Duration::from_millis(1_500), DAY * 30, LONGEST] {
            let wire = duration_to_proto(duration);
            assert_eq!(duration_from_proto("by", &wire), Ok(duration));
        }
        assert_eq!(duration_to_proto(Duration::MAX), duration_to_proto(LONGEST));
    }

    #[test]
    fn wrong_durations_are_named_with_field_value_and_limit() {
        assert_eq!(refused(wire(-5, 0), DAY), "field `by`: value `-5s` must not be negative");
        assert_eq!(refused(wire(86_401, 0), DAY), "field `by`: value `86401s` is longer than 24 h");
        let long = refused(wire(0, 1_000_000_000), DAY);
        assert!(long.starts_with("field `by`: value `0 s 1000000000 ns` is malformed"), "{long}");
        for malformed in [wire(1, -1), wire(-1, 1), wire(i64::MIN, 0), wire(0, i32::MIN)] {
            assert!(refused(malformed, DAY).contains("is malformed"));
        }
    }

    #[test]
    fn a_step_may_go_back() {
        let millis = |duration| signed_millis_from_proto("by", &duration, DAY);
        assert_eq!(millis(wire(-2, -500_000_000)), Ok(-2_500));
        assert_eq!(millis(wire(0, 1_000_000)), Ok(1));
        let error = millis(wire(-86_401, 0)).unwrap_err().to_string();
        assert_eq!(error, "field `by`: value `-86401s` is longer than 24 h either way");
    }

    #[test]
    fn timestamps_are_wall_time_and_stay_in_protobufs_years() {
        let wall = WallClock { offset_millis: -1, ..WallClock::default() };
        let at = |millis| timestamp_to_proto(wall, Timestamp::from_millis(millis));
        assert_eq!(at(0), WireTimestamp { seconds: -1, nanos: 999_000_000 });
        assert_eq!(at(1_501), WireTimestamp { seconds: 1, nanos: 500_000_000 });
        assert_eq!(at(u64::MAX).seconds, LAST_SECOND);
        assert_eq!(unix_millis_from_proto("to", &at(1_501)), Ok(1_500));
        assert!(unix_millis_from_proto("to", &at(u64::MAX)).is_ok());
        let wrong = WireTimestamp { seconds: LAST_SECOND + 1, nanos: 0 };
        let error = unix_millis_from_proto("to", &wrong).unwrap_err().to_string();
        assert!(error.starts_with("field `to`: value `253402300800 s 0 ns` is no instant"));
        let wrong = WireTimestamp { seconds: 0, nanos: -1 };
        assert!(unix_millis_from_proto("to", &wrong).is_err());
    }

    #[test]
    fn limits_read_as_people_say_them() {
        assert_eq!(words(DAY), "24 h");
        assert_eq!(words(DAY * 3_660), "3660 days");
        assert_eq!(words(Duration::from_secs(600)), "10 min");
        assert_eq!(words(Duration::from_secs(5)), "5 s");
    }
}
