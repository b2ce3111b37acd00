//! What a scene reads of its host: the wall clock and variables. The clock is shared by all
//! programs of a scene, so their times compare; it must not be used to wait.

use std::{
    env,
    ffi::OsString,
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// An instant of the wall clock, in microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(i64);

impl Moment {
    /// This instant.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place where a scene reads the clock")]
    pub fn now() -> Self {
        Self::from(SystemTime::now())
    }

    /// From milliseconds since 1970 with a fraction, as JavaScript and the server write them.
    #[must_use]
    pub fn from_unix_millis(millis: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "saturates; years away from the limit")]
        Self((millis * 1_000.0).round() as i64)
    }

    /// Milliseconds since 1970 with a fraction.
    #[must_use]
    pub fn to_unix_millis(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "exact for the next 200 years")]
        let micros = self.0 as f64;
        micros / 1_000.0
    }

    /// Milliseconds from `earlier` to this instant; negative when it was before.
    #[must_use]
    pub fn millis_since(self, earlier: Self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "differences of minutes")]
        let micros = (self.0 - earlier.0) as f64;
        micros / 1_000.0
    }

    /// The instant `by` later.
    #[must_use]
    pub fn after(self, by: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Self {
        let micros = match time.duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_micros()).unwrap_or(i64::MAX),
        };
        Self(micros)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.3}", self.to_unix_millis())
    }
}

/// A variable of this program's environment that is set and not empty.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place where a scene reads its environment")]
pub fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_keep_microseconds() {
        let first = Moment::from_unix_millis(1_700_000_000_000.25);
        let second = first.after(Duration::from_micros(1_500));
        assert!((second.millis_since(first) - 1.5).abs() < f64::EPSILON);
        assert!((first.millis_since(second) + 1.5).abs() < f64::EPSILON);
    }
}
