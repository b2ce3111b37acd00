//! Lengths of time and instants, as people type them.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use pwasync_client::{ClockStep, FactValue, ProfileId, RegistrationId};

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

/// What `list` shows.
pub(crate) fn id(text: &str) -> Result<RegistrationId, String> {
    text.parse().map_err(|_| "an id is a number, as `syncctl list` shows it".to_owned())
}

/// On the wire an empty name stands for all: `--origin "$UNSET"` must not widen what is meant.
pub(crate) fn name(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("it is empty".to_owned()) } else { Ok(text.to_owned()) }
}

/// `chromium/Default`.
pub(crate) fn profile(text: &str) -> Result<ProfileId, String> {
    let Some((browser, profile)) = text.split_once('/') else {
        return Err("a profile is written as BROWSER/PROFILE".to_owned());
    };
    Ok(ProfileId { browser: browser.to_owned(), profile: profile.to_owned() })
}

/// `metered=yes`.
pub(crate) fn fact_value(text: &str) -> Result<FactValue, String> {
    match text.split_once('=') {
        Some((fact, value)) if !fact.is_empty() && !value.is_empty() => {
            Ok(FactValue { fact: fact.to_owned(), value: value.to_owned() })
        }
        Some(_) | None => Err("a fact is written as FACT=VALUE, such as metered=yes".to_owned()),
    }
}

/// `yes` or `no`, as it is.
pub(crate) fn yes_or_no(text: &str) -> Result<String, String> {
    match text {
        "yes" | "no" => Ok(text.to_owned()),
        _ => Err("it is yes or no".to_owned()),
    }
}

/// 0 to 100.
pub(crate) fn score(text: &str) -> Result<f64, String> {
    let score = text.parse().ok().filter(|score| (0.0..=100.0).contains(score));
    score.ok_or_else(|| "a score is a number from 0 to 100".to_owned())
}

/// From when on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// So long before the daemon's time.
    Ago(Duration),
    /// An instant.
    At(SystemTime),
}

/// `2h`, or an instant.
pub(crate) fn since(text: &str) -> Result<Since, String> {
    match duration(text) {
        Ok(ago) => Ok(Since::Ago(ago)),
        Err(_) => instant(text).map(Since::At).map_err(|_| {
            "it is a length of time, such as 2h, or an instant, such as 2026-03-01T07:00".to_owned()
        }),
    }
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
    fn facts_have_a_value() {
        let fact = FactValue { fact: "metered".to_owned(), value: "a=b".to_owned() };
        assert_eq!(fact_value("metered=a=b"), Ok(fact));
        for text in ["metered", "=yes", "metered=", "="] {
            assert!(fact_value(text).unwrap_err().contains("FACT=VALUE"), "{text}");
        }
        assert!(yes_or_no("maybe").is_err());
    }

    #[test]
    fn names_are_not_empty() {
        assert_eq!(name("https://app.example"), Ok("https://app.example".to_owned()));
        assert_eq!(name(""), Err("it is empty".to_owned()));
    }

    #[test]
    fn ids_are_numbers() {
        assert_eq!(id("12"), Ok(RegistrationId::new(12)));
        for text in ["", "-1", "outbox", "18446744073709551616"] {
            assert!(id(text).unwrap_err().contains("syncctl list"), "{text}");
        }
    }

    #[test]
    fn scores_are_0_to_100() {
        assert_eq!((score("0"), score("100"), score("12.5")), (Ok(0.0), Ok(100.0), Ok(12.5)));
        for text in ["", "-0.1", "100.1", "NaN", "inf", "x"] {
            assert!(score(text).unwrap_err().contains("0 to 100"), "{text}");
        }
    }

    #[test]
    fn a_beginning_is_so_long_ago_or_an_instant() {
        assert_eq!(since("2h"), Ok(Since::Ago(Duration::from_secs(7_200))));
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(86_400);
        assert_eq!(since("1970-01-02T00:00:00Z"), Ok(Since::At(at)));
        assert!(since("yesterday").unwrap_err().contains("2026-03-01T07:00"));
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
