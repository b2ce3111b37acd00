//! Moments of the wall clock and the local calendar: what engagement days, learned hours and
//! budgets are counted in. Nothing here reads a clock or knows a time zone's name.

use std::time::Duration;

use crate::time::{Timestamp, WallClock};

const HOUR_MILLIS: i64 = 3_600_000;
const DAY_MILLIS: i64 = 24 * HOUR_MILLIS;
const DAY_SECONDS: i32 = 86_400;

/// An instant of the wall clock: milliseconds since 1970, which a step of the clock can take back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct WallTime(i64);

impl WallTime {
    /// The instant so many milliseconds after 1970-01-01 00:00 UTC.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// The wall-clock time of a core instant.
    pub fn of(at: Timestamp, clock: WallClock) -> Self {
        Self(clock.unix_millis(at))
    }

    /// Milliseconds since 1970-01-01 00:00 UTC.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The core instant with this wall-clock time; the earliest one when it lies before that.
    pub fn to_core(self, clock: WallClock) -> Timestamp {
        let millis = self.0.saturating_sub(clock.offset_millis);
        Timestamp::from_millis(u64::try_from(millis).unwrap_or(0))
    }

    /// The time from `earlier` to `self`; zero when `earlier` is later.
    pub fn saturating_since(self, earlier: Self) -> Duration {
        let millis = self.0.saturating_sub(earlier.0);
        Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    }

    /// `self` less `duration`, but not before the earliest instant.
    pub fn saturating_sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(whole_millis(duration)))
    }
}

impl std::ops::Add<Duration> for WallTime {
    type Output = Self;

    /// Stays at the last instant instead of overflowing.
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(whole_millis(duration)))
    }
}

/// What must be added to UTC to get local time: at most a day either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UtcOffset(i32);

impl UtcOffset {
    /// UTC itself.
    pub const UTC: Self = Self(0);

    /// An offset in seconds; more than a day is taken as a day.
    pub fn from_seconds(seconds: i32) -> Self {
        Self(seconds.clamp(-DAY_SECONDS, DAY_SECONDS))
    }

    /// Seconds from UTC to local time.
    pub const fn as_seconds(self) -> i32 {
        self.0
    }
}

/// An instant of the wall clock with the place to read it at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LocalTime {
    /// The instant.
    pub wall: WallTime,
    /// From UTC to local time.
    pub utc_offset: UtcOffset,
}

impl LocalTime {
    /// An instant at a place.
    pub const fn new(wall: WallTime, utc_offset: UtcOffset) -> Self {
        Self { wall, utc_offset }
    }

    /// The same place at another instant.
    pub const fn at(self, wall: WallTime) -> Self {
        Self { wall, ..self }
    }

    /// The local calendar day, counted from 1970-01-01.
    pub fn day(self) -> i64 {
        self.local_millis().div_euclid(DAY_MILLIS)
    }

    /// The local hour of the day, 0 to 23.
    pub fn hour(self) -> usize {
        let hour = self.local_millis().rem_euclid(DAY_MILLIS) / HOUR_MILLIS;
        usize::try_from(hour).unwrap_or(0)
    }

    /// When the local hour began.
    pub fn hour_began(self) -> WallTime {
        self.wall.saturating_sub(self.past(HOUR_MILLIS))
    }

    /// When the next local day begins, as long as the offset stays.
    pub fn next_midnight(self) -> WallTime {
        self.wall.saturating_sub(self.past(DAY_MILLIS)) + Duration::from_secs(24 * 3_600)
    }

    /// How much of the local hour or day has passed.
    fn past(self, unit_millis: i64) -> Duration {
        let millis = self.local_millis().rem_euclid(unit_millis);
        Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    }

    fn local_millis(self) -> i64 {
        self.wall.0.saturating_add(i64::from(self.utc_offset.0) * 1_000)
    }
}

/// Whole milliseconds of a duration, at most `i64::MAX`.
fn whole_millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE_MILLIS: i64 = 60_000;

    fn clock(base: WallClock, offset_millis: i64) -> WallClock {
        let mut clock = base;
        clock.offset_millis = offset_millis;
        clock
    }

    fn local(millis: i64, utc_offset_minutes: i32) -> LocalTime {
        LocalTime::new(
            WallTime::from_millis(millis),
            UtcOffset::from_seconds(utc_offset_minutes * 60),
        )
    }

    #[test]
    fn the_local_day_begins_at_local_midnight() {
        let late_in_utc = 23 * HOUR_MILLIS + 30 * MINUTE_MILLIS;
        assert_eq!(local(late_in_utc, 0).day(), 0);
        assert_eq!(local(late_in_utc, 60).day(), 1);
        assert_eq!(local(late_in_utc, 60).hour(), 0);
        assert_eq!(local(0, -60).day(), -1);
        assert_eq!(local(0, -60).hour(), 23);
    }

    #[test]
    fn an_hour_begins_where_the_place_says() {
        let half_past = 5 * HOUR_MILLIS + 40 * MINUTE_MILLIS;
        assert_eq!(local(half_past, 0).hour_began().as_millis(), 5 * HOUR_MILLIS);
        let in_india = local(half_past, 330);
        assert_eq!(in_india.hour(), 11);
        assert_eq!(in_india.hour_began().as_millis(), 5 * HOUR_MILLIS + 30 * MINUTE_MILLIS);
    }

    #[test]
    fn midnight_is_local() {
        assert_eq!(local(HOUR_MILLIS, 0).next_midnight().as_millis(), DAY_MILLIS);
        assert_eq!(local(HOUR_MILLIS, 120).next_midnight().as_millis(), 22 * HOUR_MILLIS);
        assert_eq!(local(0, 0).next_midnight().as_millis(), DAY_MILLIS);
    }

    #[test]
    fn core_time_and_wall_time_are_an_offset_apart() {
        let clock = clock(WallClock::default(), 5_000);
        let at = Timestamp::from_millis(7_000);
        assert_eq!(WallTime::of(at, clock).as_millis(), 12_000);
        assert_eq!(WallTime::from_millis(12_000).to_core(clock), at);
        assert_eq!(WallTime::from_millis(-1).to_core(clock), Timestamp::ZERO);
    }

    #[test]
    fn no_place_is_more_than_a_day_away() {
        let seconds = |seconds| UtcOffset::from_seconds(seconds).as_seconds();
        assert_eq!([i32::MIN, -3_600, 0, i32::MAX].map(seconds), [-86_400, -3_600, 0, 86_400]);
    }

    #[test]
    fn nothing_from_outside_overflows() {
        let far = [i64::MIN, -1, 0, i64::MAX];
        for (millis, seconds) in far.into_iter().zip([i32::MIN, i32::MAX, 0, i32::MAX]) {
            let time =
                LocalTime::new(WallTime::from_millis(millis), UtcOffset::from_seconds(seconds));
            assert!(time.hour() < 24);
            let _ = (time.day(), time.hour_began(), time.next_midnight());
            let _ = time.wall.to_core(clock(WallClock::default(), i64::MIN));
            assert_eq!(WallTime::from_millis(i64::MIN).saturating_since(time.wall), Duration::ZERO);
        }
        assert_eq!(WallTime::from_millis(1) + Duration::MAX, WallTime::from_millis(i64::MAX));
    }
}
