//! The life of a phone in the world: the same each time, with fewer wakes on the grid and fresher
//! news by learned hours. The whole year is for the benchmark of the same name.

use std::time::Duration;

use pwasync_core::policy::{LearnedHours, Policy};

use crate::support::{figures, life};

const DAYS: u64 = 35;
const QUARTER: Duration = Duration::from_secs(15 * 60);

#[test]
fn a_phone_lives_the_same_life_each_time() {
    let (lived, wakes) = life::live(Policy::default(), DAYS, &mut ());
    // Looking on changes nothing.
    let again = figures::of(&Policy::default(), DAYS);
    assert!(lived.0.len() > 3_000, "{} attempts", lived.0.len());
    assert!(lived.trace() == again.trace, "another run gives another trace");
    assert_eq!(wakes, again.wakes);
}

#[test]
fn fewer_days_are_the_beginning_of_more() {
    let of = |days| life::live(Policy::default(), days, &mut ()).0.trace();
    let (week, fortnight) = (of(7), of(14));
    assert!(fortnight.starts_with(&week), "the first week is another one");
}

#[test]
fn p_18_news_are_fetched_just_before_they_are_read() {
    let learned = figures::of(&Policy::default(), DAYS);
    let mut policy = Policy::default();
    policy.rules.learned_hours = LearnedHours::Off;
    let unlearned = figures::of(&policy, DAYS);
    let ages = (learned.median_age(21), unlearned.median_age(21));
    assert!(ages.0 <= QUARTER && ages.1 > 4 * QUARTER, "{ages:?}");
}

#[test]
fn the_grid_lets_browsers_be_woken_less_often() {
    let on = figures::of(&Policy::default(), DAYS);
    let mut policy = Policy::default();
    (policy.grid_short, policy.grid_middle, policy.grid_long) = Default::default();
    let off = figures::of(&policy, DAYS);
    let wakes = (on.wakes_a_day(), off.wakes_a_day());
    assert!(wakes.0 < 0.9 * wakes.1, "{wakes:?}");
    // After its slot an event waits for nothing but others of its browser.
    for figures in [&on, &off] {
        let latest = figures.lateness.iter().map(|late| late.after_slot).max().unwrap();
        assert!(latest <= QUARTER, "{latest:?}\n{}", figures.text());
    }
}
