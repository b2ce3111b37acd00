//! A phone for a while: the same life leaves the same trace, byte for byte, and what the design
//! promises of it can be counted.

pub(crate) mod life;
pub(crate) mod phone;

use std::time::Duration;

use pwasync_core::policy::{LearnedHours, Policy};

use self::phone::{Diary, Phone};

const DAYS: u64 = 28;

fn without_learned_hours() -> Policy {
    let mut policy = Policy::default();
    policy.rules.learned_hours = LearnedHours::Off;
    policy
}

fn without_grid() -> Policy {
    let none = Duration::ZERO;
    Policy { grid_short: none, grid_middle: none, grid_long: none, ..Policy::default() }
}

/// How old the news is, in minutes, that the user finds in the evening: the median.
fn news_at_nine(diary: &Diary) -> u64 {
    let mut minutes = diary.news[&21].clone();
    minutes.sort_unstable();
    minutes[minutes.len() / 2]
}

#[test]
fn p_18_four_weeks_of_a_phone_leave_the_same_trace_twice_with_fewer_wakes_and_fresh_news() {
    let diary = Phone::live(Policy::default(), DAYS);
    assert_eq!(diary, Phone::live(Policy::default(), DAYS));
    assert!(diary.events > DAYS * 20, "{diary:?}");
    // What nothing held waited for a browser to start, and for its turn, no longer.
    assert!(diary.late_at_most < Duration::from_secs(300), "{diary:?}");
    let without = Phone::live(without_grid(), DAYS);
    assert!(diary.unused_wakes < without.unused_wakes, "{diary:?} {without:?}");
    let without = Phone::live(without_learned_hours(), DAYS);
    let (news, without) = (news_at_nine(&diary), news_at_nine(&without));
    assert!(news <= 15 && without > 60, "{news} {without}");
}
