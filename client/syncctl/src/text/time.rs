//! Instants and lengths of time, for people. Nothing here reads a clock: `now` is the daemon's.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use super::look::Look;

impl Look {
    /// Such as `2026-03-01 07:30:00`, local.
    pub(crate) fn absolute(&self, at: SystemTime) -> String {
        self.format(at, "%Y-%m-%d %H:%M:%S")
    }

    /// The same, to the millisecond.
    pub(crate) fn precise(&self, at: SystemTime) -> String {
        self.format(at, "%Y-%m-%d %H:%M:%S.%3f")
    }

    /// Absolute, and relative where `now` is known.
    pub(crate) fn both(&self, now: Option<SystemTime>, at: Option<SystemTime>) -> String {
        match (now, at) {
            (_, None) => "-".to_owned(),
            (None, Some(at)) => self.absolute(at),
            (Some(now), Some(at)) => format!("{} ({})", self.absolute(at), relative(now, at)),
        }
    }

    fn format(&self, at: SystemTime, format: &str) -> String {
        match Timestamp::try_from(at) {
            Ok(at) => at.to_zoned(self.zone.clone()).strftime(format).to_string(),
            Err(_) => "out of range".to_owned(),
        }
    }
}

/// `in 5m`, `2h 30m ago` or `now`; `-` for what is unknown.
pub(crate) fn compact(now: Option<SystemTime>, at: Option<SystemTime>) -> String {
    match (now, at) {
        (Some(now), Some(at)) => relative(now, at),
        (None, _) | (_, None) => "-".to_owned(),
    }
}

fn relative(now: SystemTime, at: SystemTime) -> String {
    match at.duration_since(now) {
        Ok(ahead) if ahead < Duration::from_secs(1) => "now".to_owned(),
        Ok(ahead) => format!("in {}", length(ahead)),
        Err(error) if error.duration() < Duration::from_secs(1) => "now".to_owned(),
        Err(error) => format!("{} ago", length(error.duration())),
    }
}

/// In its two largest units: `2h 30m`, `30d`, `1.5s`.
pub(crate) fn length(duration: Duration) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let seconds = duration.as_secs();
    if seconds < 10 && duration.subsec_millis() > 0 {
        let thousandths = format!("{:03}", duration.subsec_millis());
        return format!("{seconds}.{}s", thousandths.trim_end_matches('0'));
    }
    let Some(first) = UNITS.iter().position(|(unit, _)| seconds >= *unit) else {
        return "0s".to_owned();
    };
    let (unit, name) = UNITS[first];
    let mut text = format!("{}{name}", seconds / unit);
    if let Some((smaller, name)) = UNITS.get(first + 1) {
        let rest = seconds % unit / smaller;
        if rest > 0 {
            text.push_str(&format!(" {rest}{name}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_two_units_at_most() {
        let cases = [
            (0, "0s"),
            (1_500, "1.5s"),
            (59_999, "59s"),
            (60_000, "1m"),
            (9_000_000, "2h 30m"),
            (90_061_000, "1d 1h"),
            (2_592_000_000, "30d"),
        ];
        for (ms, text) in cases {
            assert_eq!(length(Duration::from_millis(ms)), text);
        }
    }

    #[test]
    fn instants_are_relative_to_the_daemon() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let relative = |ahead: i64| {
            let by = Duration::from_secs(ahead.unsigned_abs());
            compact(Some(now), Some(if ahead < 0 { now - by } else { now + by }))
        };
        assert_eq!(relative(0), "now");
        assert_eq!(relative(300), "in 5m");
        assert_eq!(relative(-300), "5m ago");
        assert_eq!(compact(None, Some(now)), "-");
        assert_eq!(compact(Some(now), None), "-");
    }

    #[test]
    fn instants_are_absolute_in_the_zone() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
        assert_eq!(Look::plain().absolute(at), "2023-11-14 22:13:20");
        assert_eq!(Look::plain().precise(at), "2023-11-14 22:13:20.123");
        let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!(Look { zone, ..Look::plain() }.absolute(at), "2023-11-15 00:13:20");
        let never = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40);
        assert_eq!(Look::plain().absolute(never), "out of range");
    }
}
