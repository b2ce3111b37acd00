//! Lengths of time and instants, as people type them.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use pwasync_client::ClockStep;

/// What the daemon takes for a length of time.
const LONGEST: Duration = Duration::from_secs(3_660 * 86_400);

/// `15m`, `2h30m`, `30d`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|_| "a length of time is written as 15m, 2h, 2h30m or 30d".to_owned())?;
    if duration > LONGEST {
        return Err("the limit is 3660d".to_owned());
    }
    Ok(duration)
}

/// The same with a sign: `+2h`, `-30m`.
pub(crate) fn step(text: &str) -> Result<ClockStep, String> {
    if let Some(back) = text.strip_prefix('-') {
        return duration(back).map(ClockStep::Back);
    }
    duration(text.strip_prefix('+').unwrap_or(text)).map(ClockStep::Forward)
}

/// `2026-03-01T07:00`, local, or RFC 3339 with an offset.
pub(crate) fn instant(text: &str) -> Result<SystemTime, String> {
    instant_in(text, &TimeZone::system())
}

fn instant_in(text: &str, zone: &TimeZone) -> Result<SystemTime, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at.into());
    }
    let refusal = || "an instant is written as 2026-03-01T07:00 or 2026-03-01T07:00:00Z".to_owned();
    let local: DateTime = text.parse().map_err(|_| refusal())?;
    let at = local.to_zoned(zone.clone()).map_err(|_| refusal())?;
    Ok(at.timestamp().into())
}

/// What the daemon takes for a distance from UTC.
const FURTHEST_SECONDS: i32 = 18 * 3_600;

/// `+02:00`, `-05:30`, in seconds east of UTC.
pub(crate) fn utc_offset(text: &str) -> Result<i32, String> {
    let refusal = || "an offset is written as +02:00 or -05:30, up to 18:00".to_owned();
    let number = |digits: &str| {
        let two = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        two.then(|| digits.parse::<i32>().ok()).flatten().ok_or_else(refusal)
    };
    let (sign, rest) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(rest), _) => (1, rest),
        (None, Some(rest)) => (-1, rest),
        (None, None) => return Err(refusal()),
    };
    let (hours, minutes) = rest.split_once(':').ok_or_else(refusal)?;
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let seconds = hours * 3_600 + minutes * 60;
    if minutes > 59 || seconds > FURTHEST_SECONDS {
        return Err(refusal());
    }
    Ok(sign * seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_typed_with_units() {
        for (text, seconds) in [("15m", 900), ("2h", 7_200), ("2h30m", 9_000), ("30d", 2_592_000)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)));
        }
        for text in ["", "5", "5x", "-5m", "5m!"] {
            assert!(duration(text).unwrap_err().contains("2h30m"), "{text}");
        }
        assert_eq!(duration("3661d").unwrap_err(), "the limit is 3660d");
        assert!(duration("999999999999999999999d").is_err());
    }

    #[test]
    fn steps_have_a_sign() {
        let half_hour = Duration::from_secs(1_800);
        assert_eq!(step("+30m"), Ok(ClockStep::Forward(half_hour)));
        assert_eq!(step("30m"), Ok(ClockStep::Forward(half_hour)));
        assert_eq!(step("-30m"), Ok(ClockStep::Back(half_hour)));
        assert!(step("--30m").is_err());
    }

    #[test]
    fn offsets_have_a_sign_hours_and_minutes() {
        for (text, seconds) in [("+02:00", 7_200), ("-05:30", -19_800), ("+18:00", 64_800)] {
            assert_eq!(utc_offset(text), Ok(seconds));
        }
        for text in ["", "2", "+2:00", "02:00", "+18:01", "+01:60", "+é1:00", "+-1:00", "++1:00"] {
            assert!(utc_offset(text).unwrap_err().contains("+02:00"), "{text}");
        }
    }

    #[test]
    fn instants_are_local_unless_they_say_otherwise() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let at = |seconds| Ok(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(instant_in("1970-01-02T00:00:00Z", &zone), at(86_400));
        assert_eq!(instant_in("1970-01-02T02:00", &zone), at(86_400));
        assert_eq!(instant_in("1970-01-02 02:00:00", &zone), at(86_400));
        assert!(instant_in("tomorrow", &zone).unwrap_err().contains("2026-03-01T07:00"));
    }
}
