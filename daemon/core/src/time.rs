//! Moments of the core and their relation to the wall clock. Nothing here reads a clock.

use std::{fmt, time::Duration};

use crate::{
    dense::Dense,
    wall::{LocalTime, UtcOffset, WallTime},
};

/// An instant of core time, in milliseconds.
///
/// Core time is CLOCK_BOOTTIME plus an offset fixed when the daemon starts, so that it equals
/// Unix time at that moment: it counts suspend, ignores later steps of the wall clock and never
/// goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(Dense);

impl Timestamp {
    /// The earliest instant.
    pub const ZERO: Self = Self::from_millis(0);

    /// The instant so many milliseconds after [`Self::ZERO`].
    pub const fn from_millis(millis: u64) -> Self {
        Self(Dense::new(millis))
    }

    /// Milliseconds since [`Self::ZERO`].
    pub const fn as_millis(self) -> u64 {
        self.0.get()
    }

    /// The time from `earlier` to `self`; zero when `earlier` is later.
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.as_millis().saturating_sub(earlier.as_millis()))
    }

    /// `self` less `duration`, but not before [`Self::ZERO`].
    pub fn saturating_sub(self, duration: Duration) -> Self {
        Self::from_millis(self.as_millis().saturating_sub(whole_millis(duration)))
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;

    /// Stays at the last instant instead of overflowing.
    fn add(self, duration: Duration) -> Self {
        Self::from_millis(self.as_millis().saturating_add(whole_millis(duration)))
    }
}

impl Default for Timestamp {
    fn default() -> Self {
        Self::ZERO
    }
}

/// A time in whole milliseconds, in half the room of a [`Duration`].
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(u64);

impl Span {
    /// So many milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// How many milliseconds.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The same as a [`Duration`].
    pub const fn to_duration(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_duration().fmt(f)
    }
}

impl From<Duration> for Span {
    fn from(duration: Duration) -> Self {
        Self(whole_millis(duration))
    }
}

/// What must be added to core time to get the wall clock, as it was last reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WallClock {
    /// Milliseconds from core time to Unix time.
    pub offset_millis: i64,
    /// From UTC to local time.
    pub utc_offset: UtcOffset,
}

impl WallClock {
    /// Local time at a core instant.
    pub fn local(self, at: Timestamp) -> LocalTime {
        LocalTime::new(WallTime::of(at, self), self.utc_offset)
    }

    /// Unix time in milliseconds at a core instant.
    pub fn unix_millis(self, at: Timestamp) -> i64 {
        i64::try_from(at.as_millis()).unwrap_or(i64::MAX).saturating_add(self.offset_millis)
    }
}

/// Whole milliseconds of a duration, at most `u64::MAX`.
fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adding_never_overflows() {
        let late = Timestamp::from_millis(u64::MAX - 1);
        assert_eq!(late + Duration::MAX, Timestamp::from_millis(u64::MAX));
        assert_eq!(Timestamp::ZERO.saturating_since(late), Duration::ZERO);
    }

    #[test]
    fn the_wall_clock_is_an_offset() {
        let clock = WallClock { offset_millis: -5_000, ..WallClock::default() };
        assert_eq!(clock.unix_millis(Timestamp::from_millis(7_000)), 2_000);
    }
}
