//! The hours of the day at which an app is used, learned from its use (P-18). It knows nothing of
//! registrations or slots.

use std::time::Duration;

use crate::wall::{LocalTime, WallTime};

const HOUR: Duration = Duration::from_secs(3_600);
const HOURS: usize = 24;
/// Days in which a weight halves.
const HALF_LIFE: u64 = 14;
/// What one day of use weighs.
const WHOLE: u32 = 1 << 16;
/// From this weight on an hour is usual: two days of use.
///
/// Two uses never reach it, since the older one has decayed; three do, as long as they lie within
/// a fortnight (1 + 0.71 + 0.5). An hour used on three days in a row stays usual for a week after.
const USUAL: u32 = 2 * WHOLE;
/// Highest weight: two half-lives above [`USUAL`], so that a habit that ends, however long it
/// was, is forgotten after four weeks.
const HEAVIEST: u32 = 4 * USUAL;
/// What is left of [`WHOLE`] after so many days. A table, so that every machine decides alike.
const LEFT: [u32; HALF_LIFE as usize] = [
    65_536, 62_370, 59_358, 56_490, 53_761, 51_165, 48_693, 46_341, 44_102, 41_972, 39_945, 38_015,
    36_179, 34_431,
];

/// How often an app is used at each local hour: one count a day, decaying.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hours([Hour; HOURS]);

/// One hour of the day, as it is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hour {
    /// Days of use in 65,536ths, as of [`Self::day`].
    pub weight: u32,
    /// The last local day on which the app was used at this hour, counted from 1970-01-01.
    pub day: i64,
}

impl Hours {
    /// Hours as they were stored; a weight that cannot be is cut.
    pub fn from_stored(hours: [Hour; HOURS]) -> Self {
        Self(hours.map(|hour| Hour { weight: hour.weight.min(HEAVIEST), ..hour }))
    }

    /// What to store.
    pub fn to_stored(&self) -> [Hour; HOURS] {
        self.0
    }

    /// The app was used; true when that was news.
    pub fn note(&mut self, at: LocalTime) -> bool {
        let (day, hour) = (at.day(), &mut self.0[at.hour()]);
        let unused = hour.weight == 0;
        // The day before may still be reported; a day further ahead was a wrong clock's.
        if !unused && (day == hour.day || day == hour.day.saturating_sub(1)) {
            return false;
        }
        let weight = hour.weight_on(day).saturating_add(WHOLE).min(HEAVIEST);
        *hour = Hour { weight, day };
        true
    }

    /// The weight of each hour at that time, in days of use.
    pub fn weights(&self, at: LocalTime) -> [f64; HOURS] {
        self.0.map(|hour| f64::from(hour.weight_on(at.day())) / f64::from(WHOLE))
    }

    /// When the next usual hour after that time begins.
    pub fn next_usual(&self, after: LocalTime) -> Option<WallTime> {
        following(after).find(|begin| self.is_usual(*begin)).map(|begin| begin.wall)
    }

    /// When the next stretch of usual hours after that time begins; `None` also when every hour
    /// of the day is usual.
    pub fn next_stretch(&self, after: LocalTime) -> Option<WallTime> {
        let opens = |begin: &LocalTime| {
            let before = begin.at(begin.wall.saturating_sub(HOUR));
            self.is_usual(*begin) && !self.is_usual(before)
        };
        following(after).find(opens).map(|begin| begin.wall)
    }

    fn is_usual(&self, at: LocalTime) -> bool {
        self.0[at.hour()].weight_on(at.day()) >= USUAL
    }
}

impl Hour {
    /// The weight on a day; before the last use, which only a stepped clock can show, it is whole.
    fn weight_on(self, day: i64) -> u32 {
        let age = u64::try_from(day.saturating_sub(self.day)).unwrap_or(0);
        let halvings = u32::try_from(age / HALF_LIFE).unwrap_or(u32::MAX);
        let halved = self.weight.checked_shr(halvings).unwrap_or(0);
        let left = LEFT[(age % HALF_LIFE) as usize];
        let weight = u64::from(halved) * u64::from(left) / u64::from(WHOLE);
        u32::try_from(weight).unwrap_or(u32::MAX)
    }
}

/// The beginnings of the hours of one day after that time: a usual hour comes back daily.
fn following(after: LocalTime) -> impl Iterator<Item = LocalTime> {
    let began = after.hour_began();
    (1..=HOURS as u32).map(move |ahead| after.at(began + HOUR * ahead))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wall::UtcOffset;

    const DAY: i64 = 24;

    /// So many hours after a midnight of 2026, in UTC.
    fn at(hours: i64) -> LocalTime {
        let millis = (20_000 * DAY + hours) * 3_600_000;
        LocalTime::new(WallTime::from_millis(millis), UtcOffset::UTC)
    }

    /// Hours of use on these days at seven.
    fn at_seven(days: &[i64]) -> Hours {
        let mut hours = Hours::default();
        for day in days {
            assert!(hours.note(at(day * DAY + 7)));
        }
        hours
    }

    fn next(hours: &Hours, after: i64) -> Option<i64> {
        let begin = hours.next_usual(at(after))?;
        Some((begin.as_millis() - at(0).wall.as_millis()) / 3_600_000)
    }

    #[test]
    fn p_18_three_days_make_an_hour_usual_and_two_do_not() {
        assert_eq!(next(&Hours::default(), 0), None);
        assert_eq!(next(&at_seven(&[0, 1]), DAY + 8), None);
        assert_eq!(next(&at_seven(&[0, 1, 2]), 2 * DAY + 8), Some(3 * DAY + 7));
        assert_eq!(next(&at_seven(&[0, 7, 14]), 14 * DAY + 8), Some(15 * DAY + 7));
        assert_eq!(next(&at_seven(&[0, 14, 28]), 28 * DAY + 8), None);
    }

    #[test]
    fn p_18_an_hour_counts_once_a_day() {
        let mut hours = at_seven(&[0]);
        for _ in 0..100 {
            assert!(!hours.note(at(7)));
        }
        assert_eq!(hours.weights(at(8))[7], 1.0);
    }

    #[test]
    fn p_18_weights_halve_in_fourteen_days() {
        let hours = at_seven(&[0]);
        let weight = |day| hours.weights(at(day * DAY))[7];
        assert_eq!([weight(0), weight(14), weight(28)], [1.0, 0.5, 0.25]);
        for (day, left) in LEFT.iter().enumerate() {
            let exact = f64::from(WHOLE) * 0.5_f64.powf(day as f64 / HALF_LIFE as f64);
            assert!((f64::from(*left) - exact).abs() <= 0.5, "day {day}");
        }
        assert_eq!(weight(100_000), 0.0);
    }

    #[test]
    fn p_18_a_habit_that_ends_is_forgotten() {
        let daily = at_seven(&(0..365).collect::<Vec<_>>());
        assert_eq!(next(&daily, 364 * DAY + 8), Some(365 * DAY + 7));
        assert_eq!(next(&daily, 392 * DAY), Some(392 * DAY + 7));
        assert_eq!(next(&daily, 393 * DAY), None);
        let short = at_seven(&[0, 1, 2]);
        assert_eq!(next(&short, 9 * DAY), Some(9 * DAY + 7));
        assert_eq!(next(&short, 10 * DAY), None);
    }

    #[test]
    fn p_18_the_next_hour_begins_later_than_the_time_asked_for() {
        let hours = at_seven(&[0, 1, 2]);
        assert_eq!(next(&hours, 3 * DAY + 6), Some(3 * DAY + 7));
        assert_eq!(next(&hours, 3 * DAY + 7), Some(4 * DAY + 7));
    }

    #[test]
    fn p_18_hours_are_those_of_the_place() {
        let mut hours = Hours::default();
        let berlin = |hour| LocalTime { utc_offset: UtcOffset::from_seconds(7_200), ..at(hour) };
        for day in 0..3 {
            hours.note(berlin(day * DAY + 5));
        }
        assert!(hours.weights(at(3 * DAY))[7] > 2.0);
        assert_eq!(hours.next_usual(berlin(3 * DAY)), Some(at(3 * DAY + 5).wall));
        assert_eq!(hours.next_usual(at(3 * DAY)), Some(at(3 * DAY + 7).wall));
    }

    #[test]
    fn p_18_a_stretch_begins_with_its_first_hour() {
        let mut hours = Hours::default();
        for day in 0..3 {
            for hour in [7, 8, 9, 21] {
                hours.note(at(day * DAY + hour));
            }
        }
        let stretch = |after| {
            let begin = hours.next_stretch(at(2 * DAY + after)).unwrap();
            (begin.as_millis() - at(2 * DAY).wall.as_millis()) / 3_600_000
        };
        assert_eq!([6, 7, 8, 9, 20, 21].map(stretch), [7, 21, 21, 21, 21, 31]);
        assert_eq!(next(&hours, 2 * DAY + 7), Some(2 * DAY + 8));
    }

    #[test]
    fn p_18_use_around_the_clock_has_no_stretch() {
        let mut hours = Hours::default();
        for hour in 0..3 * DAY {
            hours.note(at(hour));
        }
        assert_eq!(hours.next_stretch(at(3 * DAY)), None);
        assert_eq!(next(&hours, 3 * DAY), Some(3 * DAY + 1));
    }

    #[test]
    fn a_stepped_clock_neither_counts_twice_nor_blocks() {
        let mut hours = at_seven(&[10]);
        assert!(!hours.note(at(9 * DAY + 7)));
        assert_eq!(hours.weights(at(0))[7], 1.0);
        // The clock had been years ahead: what it noted is taken as of today.
        let mut ahead = at_seven(&[5_000]);
        assert!(ahead.note(at(7)));
        assert_eq!(ahead.weights(at(7))[7], 2.0);
        assert_eq!(ahead.to_stored()[7].day, at(0).day());
    }

    #[test]
    fn the_first_day_of_the_calendar_counts_too() {
        let mut hours = Hours::default();
        let epoch = LocalTime::default();
        assert!(hours.note(epoch));
        assert_eq!(hours.weights(epoch)[0], 1.0);
    }

    #[test]
    fn what_was_stored_comes_back_and_what_cannot_be_is_cut() {
        let hours = at_seven(&[0, 1, 2]);
        assert_eq!(Hours::from_stored(hours.to_stored()), hours);
        let wild = Hour { weight: u32::MAX, day: i64::MIN };
        let mut hours = Hours::from_stored([wild; HOURS]);
        assert_eq!(hours.next_usual(at(0)), None);
        assert!(hours.note(at(0)));
        let ahead = Hours::from_stored([Hour { day: i64::MAX, ..wild }; HOURS]);
        assert_eq!(ahead.weights(at(0))[0], 8.0);
    }
}
