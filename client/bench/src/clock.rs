//! The one place that reads the clocks. It decides nothing.

use std::time::{Duration, Instant, SystemTime};

/// An instant of the monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(Instant);

impl Moment {
    /// This instant.
    #[expect(clippy::disallowed_methods, reason = "the one place where a benchmark reads time")]
    pub(crate) fn now() -> Self {
        Self(Instant::now())
    }

    /// How long ago it was.
    pub(crate) fn elapsed(self) -> Duration {
        Self::now().since(self)
    }

    /// From `earlier` to this instant.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }
}

/// Today's date in UTC, as `2026-01-31`.
#[expect(clippy::disallowed_methods, reason = "the one place where a benchmark reads time")]
pub(crate) fn today() -> String {
    let whole = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    whole.split('T').next().unwrap_or_default().to_owned()
}
