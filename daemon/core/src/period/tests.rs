use proptest::prelude::*;

use super::*;
use crate::wall::{LocalTime, UtcOffset, WallTime};

const MINUTE: Duration = Duration::from_secs(60);
const INFINITE: Option<u32> = None;

fn at(hours: u64, millis: u64) -> Timestamp {
    Timestamp::from_millis(hours * 3_600_000 + millis)
}

/// A time of some day, where hours of core time are hours of the day in UTC.
fn clock(hour: u64, minute: u64) -> Timestamp {
    at(20_000 * 24 + hour, minute * 60_000)
}

/// Hours at which the user came on each of the last ten days.
fn habit(usual: &[u64]) -> Hours {
    let mut hours = Hours::default();
    for day in 0..10 {
        for hour in usual {
            let came = at((20_000 - 10 + day) * 24 + hour, 0);
            hours.note(LocalTime::new(WallTime::of(came, WallClock::default()), UtcOffset::UTC));
        }
    }
    hours
}

/// The anchor after an event of a 12 h tag that goes when its interval has passed.
fn anchor_after(anchor: Timestamp, started: Timestamp) -> Timestamp {
    Plan::at_once(anchor, 12 * HOUR).anchor_after(started)
}

fn grid() -> Grid {
    Grid::of(&Policy::default())
}

fn planning<'a>(rules: &'a Rules, hours: &'a Hours, anchor: Timestamp) -> Planning<'a> {
    Planning {
        anchor,
        min_interval: Duration::ZERO,
        rules,
        factor: 1,
        other: None,
        grid: grid(),
        hours,
        clock: WallClock::default(),
    }
}

#[test]
fn p_17_a_start_within_the_grain_keeps_the_slot() {
    assert_eq!(anchor_after(at(0, 0), at(12, 0)), at(12, 0));
    assert_eq!(anchor_after(at(0, 0), at(12, 1_000)), at(12, 0));
    assert_eq!(anchor_after(at(0, 0), at(12, 1_001)), at(12, 1_001));
}

#[test]
fn p_15_missed_periods_collapse_into_the_start() {
    assert_eq!(anchor_after(at(0, 0), at(40, 7)), at(40, 7));
}

#[test]
fn an_event_before_its_slot_anchors_at_its_start() {
    assert_eq!(anchor_after(at(0, 0), at(3, 0)), at(3, 0));
}

#[test]
fn p_11_a_short_interval_is_raised() {
    let (rules, hours) = (Rules::default(), Hours::default());
    let plan = Plan::new(&planning(&rules, &hours, at(0, 0)));
    assert_eq!(plan.interval.to_duration(), 12 * HOUR);
}

#[test]
fn p_17_the_anchor_is_the_instant_of_the_plan_that_the_event_started_in() {
    let plan = Plan {
        interval: (12 * HOUR).into(),
        due: at(12, 0),
        spaced: at(13, 0),
        goes: at(14, 0),
        slot: Slot::Next,
    };
    for slot in [plan.goes, plan.spaced, plan.due] {
        assert_eq!(plan.anchor_after(slot + GRAIN), slot);
        let late = slot + GRAIN + Duration::from_millis(1);
        assert_eq!(plan.anchor_after(late), late);
    }
    assert_eq!(plan.anchor_after(at(3, 0)), at(3, 0));
    assert_eq!(plan.anchor_after(at(99, 7)), at(99, 7));
}

#[test]
fn a_09_intervals_snap_to_the_gap_of_the_origin() {
    let table: [(u32, &[(u32, u32)]); 3] = [
        (1, &[(0, 12), (1, 12), (11, 12), (12, 12), (13, 24), (24, 24), (25, 36), (48, 48)]),
        (2, &[(0, 24), (12, 24), (23, 24), (24, 24), (25, 48)]),
        (3, &[(0, 36), (36, 36), (37, 72)]),
    ];
    for (factor, rows) in table {
        for (asked, expected) in rows {
            let interval = snapped(12 * HOUR, factor, HOUR * *asked);
            assert_eq!(interval, HOUR * *expected, "{asked} h at {factor}");
        }
    }
}

#[test]
fn c096_the_floor_limits_the_frequency_of_an_origin() {
    let hours = |asked| snapped(12 * HOUR, 1, HOUR * asked).as_secs() / 3_600;
    assert_eq!([11, 13, 48, 0].map(hours), [12, 24, 48, 12]);
}

/// The delay in hours, for an interval asked for and the other event's time.
fn delay(asked: u32, other: Option<u32>) -> u64 {
    let interval = snapped(12 * HOUR, 1, HOUR * asked);
    spaced(interval, other.map(|hours| HOUR * hours), 12 * HOUR).as_secs() / 3_600
}

#[test]
fn a_09_events_of_an_origin_keep_their_distance() {
    let rows = [(INFINITE, 12), (Some(0), 12), (Some(1), 13), (Some(12), 12), (Some(13), 13)];
    for (other, expected) in rows.into_iter().chain([(Some(24), 12)]) {
        assert_eq!(delay(11, other), expected, "{other:?}");
    }
    assert_eq!(delay(13, Some(1)), 24);
}

#[test]
fn c097_registrations_of_an_origin_limit_each_other() {
    let others = [INFINITE, Some(0), Some(13), Some(24), Some(1)];
    assert_eq!(others.map(|other| delay(11, other)), [12, 12, 13, 12, 13]);
    assert_eq!(delay(13, Some(1)), 24);
}

#[test]
fn p_11_no_interval_from_outside_overflows() {
    for asked in [Duration::MAX, Duration::from_millis(u64::MAX)] {
        for floor in [Duration::ZERO, Duration::from_millis(1), 12 * HOUR, Duration::MAX] {
            let interval = snapped(floor, 3, asked);
            assert!(interval >= asked);
            assert!(spaced(interval, Some(asked), floor) >= interval);
        }
    }
    assert_eq!(snapped(Duration::ZERO, 1, Duration::ZERO), GRAIN);
    assert_eq!(snapped(12 * HOUR, 0, HOUR), 12 * HOUR);
}

#[test]
fn the_grid_is_finer_for_shorter_intervals() {
    let slot = |interval| grid().slot(interval).as_secs();
    let rows = [MINUTE, 59 * MINUTE, HOUR, 12 * HOUR - GRAIN, 12 * HOUR, 48 * HOUR].map(slot);
    assert_eq!(rows, [30, 30, 300, 300, 900, 900]);
}

#[test]
fn slots_begin_where_the_machine_says() {
    let quarter = 15 * MINUTE;
    assert_eq!(next_slot(clock(6, 50), quarter, Duration::ZERO), clock(7, 0));
    assert_eq!(next_slot(clock(7, 0), quarter, Duration::ZERO), clock(7, 0));
    assert_eq!(next_slot(clock(7, 0), quarter, 4 * MINUTE), clock(7, 4));
    assert_eq!(next_slot(clock(7, 0), quarter, 34 * MINUTE), clock(7, 4));
    assert_eq!(next_slot(at(0, 0), quarter, 4 * MINUTE), at(0, 240_000));
    assert_eq!(next_slot(clock(7, 1), Duration::ZERO, 4 * MINUTE), clock(7, 1));
    let last = Timestamp::from_millis(u64::MAX);
    assert_eq!(next_slot(last, quarter, MINUTE), last);
}

#[test]
fn the_last_slot_lies_before_the_hour_itself() {
    let quarter = 15 * MINUTE;
    assert_eq!(last_slot_before(clock(7, 0), quarter, Duration::ZERO), Some(clock(6, 45)));
    assert_eq!(last_slot_before(clock(7, 0), quarter, 10 * MINUTE), Some(clock(6, 55)));
    assert_eq!(last_slot_before(clock(7, 0), Duration::ZERO, MINUTE), Some(clock(6, 50)));
    assert_eq!(last_slot_before(at(0, 0), quarter, Duration::ZERO), None);
}

#[test]
fn two_machines_do_not_tick_together_and_apps_of_one_do() {
    let hours = Hours::default();
    let rules = Rules::default();
    let goes = |offset, minute| {
        let grid = Grid { offset, ..grid() };
        Plan::new(&Planning { grid, ..planning(&rules, &hours, clock(0, minute)) }).goes
    };
    assert_eq!(goes(Duration::ZERO, 1), goes(Duration::ZERO, 14));
    assert_eq!(goes(7 * MINUTE, 1), clock(12, 7));
    assert_eq!(goes(Duration::ZERO, 1), clock(12, 15));
}

#[test]
fn a_plan_names_each_step() {
    let (rules, hours) = (Rules::default(), Hours::default());
    let plan = Plan::new(&Planning {
        min_interval: 11 * HOUR,
        other: Some(clock(1, 0)),
        ..planning(&rules, &hours, clock(0, 5))
    });
    let expected = Plan {
        interval: (12 * HOUR).into(),
        due: clock(12, 5),
        spaced: clock(13, 0),
        goes: clock(13, 0),
        slot: Slot::Next,
    };
    assert_eq!(plan, expected);
    let stretched = Planning { factor: 2, ..planning(&rules, &hours, clock(0, 0)) };
    assert_eq!(Plan::new(&stretched).due, clock(24, 0));
}

#[test]
fn a_09_an_overdue_event_of_the_origin_counts_as_one_at_the_anchor() {
    let (rules, hours) = (Rules::default(), Hours::default());
    let plan =
        Plan::new(&Planning { other: Some(at(0, 0)), ..planning(&rules, &hours, clock(0, 0)) });
    assert_eq!(plan.spaced, clock(12, 0));
}

#[test]
fn p_05_a_changed_interval_keeps_the_anchor() {
    let (rules, hours) = (Rules::default(), Hours::default());
    let every = |hours_asked| Planning {
        min_interval: HOUR * hours_asked,
        ..planning(&rules, &hours, clock(0, 0))
    };
    assert_eq!(Plan::new(&every(24)).due, clock(24, 0));
    assert_eq!(Plan::new(&every(12)).due, clock(12, 0));
}

#[test]
fn p_15_missed_periods_give_one_event_and_then_the_regular_interval() {
    let (rules, hours) = (Rules::default(), Hours::default());
    let missed = Plan::new(&planning(&rules, &hours, clock(0, 0)));
    let anchor = missed.anchor_after(clock(100, 0));
    assert_eq!(anchor, clock(100, 0));
    assert_eq!(Plan::new(&planning(&rules, &hours, anchor)).goes, clock(112, 0));
}

#[test]
fn p_17_a_tag_of_twelve_hours_does_not_creep() {
    let (rules, hours) = (Rules::default(), Hours::default());
    let mut anchor = clock(0, 0);
    for period in 1..=100 {
        let plan = Plan::new(&planning(&rules, &hours, anchor));
        assert_eq!(plan.goes, clock(12 * period, 0));
        anchor = plan.anchor_after(plan.goes + Duration::from_millis(900));
    }
}

#[test]
fn p_18_news_read_at_seven_is_fetched_before() {
    let (rules, hours) = (Rules::default(), habit(&[7]));
    let plan = Plan::new(&planning(&rules, &hours, clock(6, 45)));
    assert_eq!((plan.due, plan.goes), (clock(18, 45), clock(24 + 6, 45)));
    assert_eq!(plan.slot, Slot::BeforeUsualHour);
    let off = Rules { learned_hours: LearnedHours::Off, ..rules };
    let plan = Plan::new(&planning(&off, &hours, clock(6, 45)));
    assert_eq!((plan.goes, plan.slot), (clock(18, 45), Slot::Next));
}

#[test]
fn p_18_the_slot_of_a_usual_hour_is_kept_from_day_to_day() {
    let (rules, hours) = (Rules::default(), habit(&[7]));
    let mut anchor = clock(9, 13);
    let mut went = Vec::new();
    for _ in 0..4 {
        let daily = Planning { min_interval: 24 * HOUR, ..planning(&rules, &hours, anchor) };
        let plan = Plan::new(&daily);
        went.push(plan.goes);
        anchor = plan.anchor_after(plan.goes + Duration::from_millis(3));
    }
    let mornings = [2, 3, 4, 5].map(|day| clock(day * 24 + 6, 45));
    assert_eq!(went, mornings);
}

#[test]
fn p_18_never_more_than_one_interval_late() {
    let rules = Rules { min_interval_floor: HOUR, ..Rules::default() };
    let hours = habit(&[7]);
    let hourly = planning(&rules, &hours, clock(2, 0));
    assert_eq!(Plan::new(&hourly).goes, clock(3, 0));
    let last = Plan::new(&planning(&rules, &hours, clock(5, 0)));
    assert_eq!((last.spaced, last.goes), (clock(6, 0), clock(6, 55)));
    assert_eq!(last.slot, Slot::BeforeUsualHour);
}

#[test]
fn p_18_too_late_for_the_slot_before_it_goes_in_the_next() {
    let rules = Rules { min_interval_floor: HOUR, ..Rules::default() };
    let hours = habit(&[7]);
    let plan = Plan::new(&planning(&rules, &hours, clock(5, 57)));
    assert_eq!((plan.goes, plan.slot), (clock(7, 0), Slot::Next));
}

#[test]
fn p_18_nothing_is_put_off_for_the_slot_that_is_next_anyway() {
    let (rules, hours) = (Rules::default(), habit(&[7]));
    let daily = Planning { min_interval: 24 * HOUR, ..planning(&rules, &hours, clock(6, 40)) };
    let plan = Plan::new(&daily);
    assert_eq!((plan.goes, plan.slot), (clock(24 + 6, 45), Slot::Next));
}

#[test]
fn p_18_what_comes_once_a_day_comes_before_the_first_hour_of_use() {
    let (rules, hours) = (Rules::default(), habit(&[7, 8, 9]));
    let daily = Planning { min_interval: 24 * HOUR, ..planning(&rules, &hours, clock(8, 10)) };
    assert_eq!(Plan::new(&daily).goes, clock(48 + 6, 45));
    let often = Rules { min_interval_floor: HOUR, ..rules };
    let plan = Plan::new(&planning(&often, &hours, clock(6, 10)));
    assert_eq!((plan.spaced, plan.goes), (clock(7, 10), clock(7, 55)));
}

#[test]
fn p_18_usual_hours_are_local() {
    let (rules, hours) = (Rules::default(), habit(&[7]));
    let utc_offset = UtcOffset::from_seconds(2 * 3_600);
    let local = WallClock { utc_offset, ..WallClock::default() };
    let plan = Plan::new(&Planning { clock: local, ..planning(&rules, &hours, clock(6, 45)) });
    assert_eq!(plan.goes, clock(24 + 4, 45));
}

prop_compose! {
    fn any_grid()(short in 0_u64..90, middle in 0_u64..900, long in 0_u64..3_600, offset in 0_u64..4_000) -> Grid {
        let seconds = Duration::from_secs;
        Grid { short: seconds(short), middle: seconds(middle), long: seconds(long), offset: seconds(offset) }
    }
}

prop_compose! {
    fn any_hours()(usual in prop::collection::vec(0_u64..24, 0..24)) -> Hours {
        habit(&usual)
    }
}

proptest! {
    #[test]
    fn p_18_a_plan_never_goes_early_nor_more_than_an_interval_late(
        anchor in 0_u64..800_000_000_000,
        asked in 0_u64..200_000,
        floor in 1_u64..90_000,
        factor in 1_u32..4,
        other in prop::option::of(0_u64..800_000_000_000),
        grid in any_grid(),
        hours in any_hours(),
        offset in -50_000_i32..50_000,
    ) {
        let rules = Rules { min_interval_floor: Duration::from_secs(floor), ..Rules::default() };
        let input = Planning {
            anchor: at(479_000, anchor),
            min_interval: Duration::from_secs(asked),
            factor,
            other: other.map(|other| at(479_000, other)),
            grid,
            clock: WallClock { utc_offset: UtcOffset::from_seconds(offset), ..WallClock::default() },
            ..planning(&rules, &hours, Timestamp::ZERO)
        };
        let plan = Plan::new(&input);
        prop_assert!(plan.interval.to_duration() >= input.min_interval.max(rules.min_interval_floor));
        prop_assert_eq!(plan.due, input.anchor + plan.interval.to_duration());
        prop_assert!(plan.spaced >= plan.due && plan.goes >= plan.spaced);
        let late = plan.goes.saturating_since(plan.spaced);
        let slot = grid.slot(plan.interval.to_duration());
        match plan.slot {
            Slot::Next => prop_assert!(late < slot.max(Duration::from_nanos(1))),
            Slot::BeforeUsualHour => prop_assert!(late <= plan.interval.to_duration()),
        }
        if slot.is_zero() {
            prop_assert!(plan.slot == Slot::BeforeUsualHour || late.is_zero());
        } else {
            prop_assert_eq!(into_slot(plan.goes, slot, grid.offset), Some(0));
        }
    }

    #[test]
    fn p_17_from_start_to_start_at_least_the_interval_less_a_second(
        started in 0_u64..100_000_000,
        late in 0_u64..100_000_000,
        grid in any_grid(),
        hours in any_hours(),
    ) {
        let rules = Rules::default();
        let first = Plan::new(&Planning { grid, ..planning(&rules, &hours, at(479_000, 0)) });
        let started = first.spaced + Duration::from_millis(started);
        let next = Planning { grid, ..planning(&rules, &hours, first.anchor_after(started)) };
        let next = Plan::new(&next);
        let again = next.spaced + Duration::from_millis(late);
        prop_assert!(again.saturating_since(started) + GRAIN >= next.interval.to_duration());
    }

    #[test]
    fn a_09_no_event_comes_nearer_than_the_floor_to_the_soonest_other(
        asked in 0_u32..100,
        other in 1_u32..100,
    ) {
        let (floor, other) = (12 * HOUR, HOUR * other);
        let delay = spaced(snapped(floor, 1, HOUR * asked), Some(other), floor);
        let apart = delay.abs_diff(other);
        prop_assert!(delay == other || apart >= floor);
    }
}
