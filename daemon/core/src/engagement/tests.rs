//! The rules of engagement (E), with the parameters that hold in production.

mod chromium;

use std::{collections::BTreeMap, time::Duration};

use proptest::prelude::*;

use super::*;
use crate::{
    policy::EngagementPolicy,
    wall::{LocalTime, UtcOffset, WallTime},
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
const KINDS: [EventKind; 6] = [
    EventKind::Navigation,
    EventKind::UserInput,
    EventKind::MediaVisible,
    EventKind::MediaHidden,
    EventKind::Notification,
    EventKind::ShortcutLaunch,
];

fn policy() -> EngagementPolicy {
    EngagementPolicy::default()
}

/// Noon of some day, UTC.
fn noon() -> WallTime {
    WallTime::from_millis((20_000 * 24 + 12) * 3_600_000)
}

fn local(wall: WallTime) -> LocalTime {
    LocalTime::new(wall, UtcOffset::UTC)
}

fn points(number: f64) -> Points {
    Points::nearest(number)
}

/// A raw score as of noon.
fn raw(number: f64) -> Score {
    Score { points: points(number), last: Some(noon()), ..Score::default() }
}

fn add(score: &mut Score, kind: EventKind, at: WallTime) {
    score.add(&policy(), kind, at, local(at));
}

/// Events of one kind until the day gives no more; how many counted.
fn add_until_the_cap(score: &mut Score, kind: EventKind, at: WallTime) -> u32 {
    for count in 0..10_000 {
        let before = score.points;
        add(score, kind, at);
        if score.points == before {
            return count;
        }
    }
    panic!("no cap");
}

#[track_caller]
fn assert_rounds(number: f64, digits: usize, expected: &str) {
    assert_eq!(format!("{number:.digits$}"), expected);
}

#[test]
fn e_01_a_total_is_at_most_the_maximum() {
    let mut score = raw(99.0);
    add(&mut score, EventKind::Navigation, noon());
    assert_eq!(score.points, points(100.0));
    add(&mut score, EventKind::ShortcutLaunch, noon());
    assert_eq!(score.total(&policy(), noon()), points(100.0));
    assert_eq!(score.level(&policy(), noon()), Level::Max);
}

#[test]
fn e_02_a_day_gives_at_most_its_cap() {
    let mut score = Score::default();
    add_until_the_cap(&mut score, EventKind::Navigation, noon());
    assert_eq!((score.points, score.today), (points(15.0), points(15.0)));
}

#[test]
fn e_03_e_04_e_05_e_06_e_07_each_kind_counts_its_points() {
    let expected = [Some(1.5), Some(0.6), Some(0.06), Some(0.01), Some(1.0), None];
    for (kind, number) in KINDS.into_iter().zip(expected) {
        assert_eq!(kind.points(&policy()), number.map(points), "{kind:?}");
        let mut score = Score { today: points(1.0), ..raw(1.0) };
        add(&mut score, kind, noon());
        let added = score.points.value() - 1.0;
        assert!((added - number.unwrap_or(0.0)).abs() < 1e-9, "{kind:?}");
    }
}

#[test]
fn e_08_the_first_points_of_a_local_day_have_a_bonus() {
    let berlin = |wall| LocalTime::new(wall, UtcOffset::from_seconds(7_200));
    let mut score = Score::default();
    let mut today = |after| {
        let now = berlin(noon() + after);
        score.add(&policy(), EventKind::Notification, now.wall, now);
        score.today.value()
    };
    assert_eq!([today(Duration::ZERO), today(HOUR)], [2.5, 3.5]);
    // Noon in UTC is 14:00 there: the day ends ten hours later.
    assert_eq!([today(10 * HOUR - SECOND), today(10 * HOUR)], [4.5, 2.5]);
}

#[test]
fn e_09_a_launch_gives_a_bonus_that_is_no_part_of_the_score() {
    let mut score = raw(2.0);
    add(&mut score, EventKind::ShortcutLaunch, noon());
    assert_eq!((score.points, score.last), (points(2.0), Some(noon())));
    assert_eq!(score.total(&policy(), noon()), points(7.0));
    let bonus = |after| score.bonus(&policy(), noon() + after).value();
    assert_eq!([bonus(11 * DAY - SECOND), bonus(11 * DAY)], [5.0, 0.0]);
}

#[test]
fn e_10_e_11_e_22_a_score_decays_once_in_each_period() {
    let score = raw(100.0);
    let left = |after| score.decayed(&policy(), noon() + after).value();
    assert_eq!(
        [left(Duration::ZERO), left(2 * HOUR - SECOND), left(2 * HOUR)],
        [100.0, 100.0, 98.4]
    );
    assert_rounds(left(24 * HOUR) / 100.0, 3, "0.824");
    assert_rounds(left(48 * HOUR) / 100.0, 3, "0.679");
    assert_rounds(left(7 * DAY) / 100.0, 3, "0.258");
    assert_eq!(left(1_000_000 * DAY), 0.0);
}

#[test]
fn e_12_points_may_go_with_each_period_but_not_below_none() {
    let policy = EngagementPolicy { decay_points: 10.0, decay_proportion: 1.0, ..policy() };
    let left = |periods| raw(25.0).decayed(&policy, noon() + 2 * HOUR * periods).value();
    assert_eq!([0, 1, 2, 3, 1_000].map(left), [25.0, 15.0, 5.0, 0.0, 0.0]);
}

#[test]
fn e_22_a_clock_moved_back_decays_nothing() {
    let earlier = noon().saturating_sub(365 * DAY);
    assert_eq!(raw(100.0).decayed(&policy(), earlier), points(100.0));
}

#[test]
fn e_20_each_origin_has_a_score_of_its_own() {
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    for origin in ["https://one.example", "http://localhost", "https://one.example"] {
        add(scores.entry(origin).or_default(), EventKind::Notification, noon());
    }
    let totals = scores.values().map(|score| score.total(&policy(), noon()).value());
    assert_eq!(totals.collect::<Vec<_>>(), [2.5, 3.5]);
}

#[test]
fn e_21_decay_is_taken_first_and_the_day_and_the_maximum_limit_what_is_added() {
    let mut score = raw(50.0);
    let next_day = noon() + DAY;
    add(&mut score, EventKind::Navigation, next_day);
    let expected = 50.0 * 0.984_f64.powi(12) + 1.5 + 1.5;
    assert!((score.points.value() - expected).abs() < 1e-9);
    assert_eq!((score.today, score.last), (points(3.0), Some(next_day)));
    let mut nearly_done = Score { today: points(14.5), ..raw(20.0) };
    add(&mut nearly_done, EventKind::Navigation, noon());
    assert_eq!((nearly_done.points, nearly_done.today), (points(20.5), points(15.0)));
}

#[test]
fn e_21_a_lowered_cap_takes_nothing_away() {
    let policy = EngagementPolicy { max_daily: 5.0, max_score: 10.0, ..policy() };
    let mut score = Score { today: points(12.0), ..raw(20.0) };
    score.add(&policy, EventKind::Navigation, noon(), local(noon()));
    assert_eq!((score.points, score.today), (points(20.0), points(12.0)));
    assert_eq!(score.total(&policy, noon()), points(10.0));
}

#[test]
fn e_21_late_reports_count_in_the_order_that_keeps_the_score() {
    let mut score = Score::default();
    let now = local(noon());
    score.add(&policy(), EventKind::Navigation, noon().saturating_sub(MINUTE), now);
    // Reported late: no day begins anew, and the last engagement does not go back.
    score.add(&policy(), EventKind::Navigation, noon().saturating_sub(3 * DAY), now);
    assert_eq!((score.today, score.last), (points(4.5), Some(noon().saturating_sub(MINUTE))));
    // From a clock that is ahead.
    score.add(&policy(), EventKind::Navigation, noon() + 3 * DAY, now);
    assert_eq!((score.today, score.last), (points(6.0), Some(noon())));
}

#[test]
fn e_23_the_total_is_the_decayed_score_and_the_bonus() {
    let mut score = raw(50.0);
    add(&mut score, EventKind::ShortcutLaunch, noon());
    let total = score.total(&policy(), noon() + 2 * HOUR).value();
    assert!((total - (50.0 * 0.984 + 5.0)).abs() < 1e-9);
}

#[test]
fn e_21_a_first_event_is_not_ahead_of_the_clock() {
    let mut score = Score::default();
    score.add(&policy(), EventKind::Navigation, noon() + DAY, local(noon()));
    assert_eq!(score.last, Some(noon()));
    score.add(&policy(), EventKind::ShortcutLaunch, noon() + DAY, local(noon()));
    assert_eq!(score.launched, Some(noon()));
}

#[test]
fn e_25_the_last_engagement_of_a_profile_goes_forward_with_the_clock() {
    let mut profile = ProfileEngagement::default();
    let mut note = |kind, at, now| {
        profile.note_event(kind, at, now);
        profile.last
    };
    let later = noon() + HOUR;
    assert_eq!(note(EventKind::UserInput, later + HOUR, later), Some(later));
    assert_eq!(note(EventKind::MediaHidden, noon(), later), Some(later));
    assert_eq!(note(EventKind::ShortcutLaunch, later + DAY, later + DAY), Some(later));
    // The clock was moved back, and nobody has read the scores since.
    assert_eq!(note(EventKind::Notification, noon(), noon()), Some(noon()));
}

/// A profile that was last used at noon.
fn used_at_noon() -> ProfileEngagement {
    let mut profile = ProfileEngagement::default();
    profile.note_event(EventKind::Navigation, noon(), noon());
    profile
}

#[test]
fn e_13_e_14_e_25_a_profile_is_stale_after_nine_hours() {
    let profile = used_at_noon();
    let stale = |at| profile.is_stale(&policy(), at);
    assert!(!stale(noon()) && !stale(noon() + (9 * HOUR - SECOND)));
    assert!(stale(noon() + 9 * HOUR) && stale(noon().saturating_sub(SECOND)));
    assert!(!ProfileEngagement::default().is_stale(&policy(), noon()));
}

#[test]
fn e_25_a_pause_costs_four_periods_however_long() {
    for days in [1, 30, 3_000] {
        let (mut profile, mut score) = (used_at_noon(), raw(100.0));
        let now = local(noon() + DAY * days);
        // Twice: the first must leave nothing for the second.
        for changed in [vec!["site"], vec![]] {
            let done = profile.freshen(&policy(), now, [("site", &mut score)]);
            assert_eq!((done.changed, done.spent), (changed, vec![]));
            assert!(!profile.is_stale(&policy(), now.wall));
            let factor = score.decayed(&policy(), now.wall).value() / 100.0;
            assert_rounds(factor, 4, "0.9375");
        }
    }
}

#[test]
fn e_25_times_keep_their_distance_to_the_last_engagement() {
    let mut profile = used_at_noon();
    let mut scores = [raw(10.0), raw(10.0), raw(10.0)];
    scores[1].last = Some(noon().saturating_sub(20 * HOUR));
    scores[2].last = Some(noon() + HOUR);
    let now = noon() + 30 * DAY;
    let done = profile.freshen(&policy(), local(now), scores.iter_mut().enumerate());
    assert_eq!(done.changed, [0, 1, 2]);
    let ago = scores.map(|score| now.saturating_since(score.last.unwrap()));
    // The last is later than the profile's own time: a write was lost, it gets no distance.
    assert_eq!(ago, [8 * HOUR, 28 * HOUR, 8 * HOUR]);
    assert_eq!(profile.last, Some(now.saturating_sub(8 * HOUR)));
}

#[test]
fn e_25_a_last_engagement_ahead_of_the_clock_comes_back_to_it() {
    let mut profile = used_at_noon();
    let mut scores = [raw(10.0), raw(10.0)];
    let now = noon().saturating_sub(365 * DAY);
    scores[1].last = Some(now.saturating_sub(20 * HOUR));
    profile.freshen(&policy(), local(now), scores.iter_mut().enumerate());
    let ago = scores.map(|score| now.saturating_since(score.last.unwrap()));
    assert_eq!(ago, [Duration::ZERO, 28 * HOUR]);
    assert_eq!(profile.last, Some(now));
}

#[test]
fn e_25_the_last_engagement_need_not_have_a_score() {
    let mut profile = used_at_noon();
    let mut score = Score { last: Some(noon().saturating_sub(5 * DAY)), ..raw(100.0) };
    let now = noon() + 30 * DAY;
    let mut left = || {
        profile.freshen(&policy(), local(now), [((), &mut score)]);
        score.decayed(&policy(), now).value()
    };
    // Five days and four periods, and the same when it is read again.
    let first = left();
    assert!((first - 100.0 * 0.984_f64.powi(64)).abs() < 1e-9);
    assert_eq!(left(), first);
}

#[test]
fn e_25_a_moved_time_does_not_keep_the_counter_of_another_day() {
    let (mut profile, mut score) = (used_at_noon(), Score { today: points(15.0), ..raw(15.0) });
    let now = local(noon() + DAY);
    profile.freshen(&policy(), now, [((), &mut score)]);
    assert_eq!(score.last, Some(noon() + 16 * HOUR));
    assert_eq!(score.today, Points::ZERO);
    score.add(&policy(), EventKind::Navigation, now.wall, now);
    assert_eq!(score.today, points(3.0));
}

#[test]
fn e_15_e_26_a_clean_up_names_what_is_spent() {
    let mut profile = used_at_noon();
    let mut scores = [0.0, 0.5, 0.501, 40.0].map(raw);
    let now = local(noon());
    assert_eq!(profile.freshen(&policy(), now, scores.iter_mut().enumerate()).spent, []);
    let done = profile.clean_up(&policy(), now, scores.iter_mut().enumerate());
    assert_eq!((done.spent, done.changed), (vec![0, 1], vec![]));
    // A site whose score went is not used.
    assert_eq!(scores[1].level(&policy(), noon()), Level::Minimal);
    assert_eq!(profile.level(&policy(), None, noon()), Level::None);
}

#[test]
fn e_26_staleness_cleans_up_too_and_a_launch_keeps_a_site() {
    let mut profile = used_at_noon();
    let mut launched = raw(0.0);
    launched.launched = Some(noon());
    let mut scores = [raw(0.5), launched];
    let soon = local(noon() + 9 * HOUR);
    let done = profile.freshen(&policy(), soon, scores.iter_mut().enumerate());
    assert_eq!((done.spent, done.changed), (vec![0], vec![1]));
    let late = local(noon() + 11 * DAY);
    assert_eq!(profile.freshen(&policy(), late, scores[1..].iter_mut().enumerate()).spent, [0]);
}

#[test]
fn e_29_minutes_and_inputs_until_the_cap() {
    let mut score = Score::default();
    assert_eq!(add_until_the_cap(&mut score, EventKind::UserInput, noon()), 23);
    let ticks_of_media = |policy: EngagementPolicy| {
        let mut score = Score::default();
        let mut ticks = 0;
        // Summing sixths of a point leaves less than a thousandth.
        while score.today.value() < policy.max_daily - 0.001 {
            score.add(&policy, EventKind::MediaVisible, noon(), local(noon()));
            ticks += 1;
        }
        f64::from(ticks) * 10.0 / 60.0
    };
    assert_rounds(ticks_of_media(policy()), 1, "37.5");
    assert_rounds(ticks_of_media(EngagementPolicy { daily_bonus: 0.0, ..policy() }), 1, "41.7");
}

#[test]
fn e_30_a_new_total_is_there_at_once_for_each_kind() {
    let (mut profile, mut score) = (ProfileEngagement::default(), Score::default());
    let mut last = Points::ZERO;
    for kind in KINDS {
        profile.note_event(kind, noon(), noon());
        add(&mut score, kind, noon());
        let total = score.total(&policy(), noon());
        assert!(total > last, "{kind:?}");
        assert_ne!(profile.level(&policy(), Some(&score), noon()), Level::None);
        last = total;
    }
}

#[test]
fn e_31_a_reset_keeps_the_launch_alone() {
    let mut score = Score { today: points(9.0), ..raw(9.0) };
    add(&mut score, EventKind::ShortcutLaunch, noon());
    score.report_level(Level::High);
    let later = noon() + DAY;
    score.reset(points(20.0), later);
    let expected = Score {
        points: points(20.0),
        today: Points::ZERO,
        last: Some(later),
        launched: Some(noon()),
        reported: None,
    };
    assert_eq!(score, expected);
}

#[test]
fn e_31_a_small_difference_needs_no_write() {
    let score = Score { launched: Some(noon()), ..raw(10.0) };
    assert!(!score.differs_from(&score));
    let near = Score {
        points: points(10.0009),
        today: points(0.0009),
        last: Some(noon() + SECOND),
        launched: Some(noon() + SECOND),
        ..score
    };
    assert!(!near.differs_from(&score) && !score.differs_from(&near));
    let past = SECOND + Duration::from_millis(1);
    for other in [
        Score { points: points(10.002), ..score },
        Score { today: points(0.002), ..score },
        Score { last: Some(noon() + past), ..score },
        Score { launched: Some(noon().saturating_sub(past)), ..score },
        Score { launched: None, ..score },
        Score { reported: Some(Reported::Score), ..score },
    ] {
        assert!(other.differs_from(&score) && score.differs_from(&other), "{other:?}");
    }
}

#[test]
fn e_34_an_app_launched_lately_is_low_at_least() {
    let mut score = Score::default();
    add(&mut score, EventKind::ShortcutLaunch, noon());
    let level = score.level(&policy(), noon() + 10 * DAY);
    assert_eq!((level, level.factor(&policy())), (Level::Low, Some(2)));
}

#[test]
fn e_34_days_at_the_cap_lead_to_high_on_the_fourth() {
    let mut score = Score::default();
    let mut days = Vec::new();
    for day in 0..365 {
        let at = noon() + DAY * day;
        add(&mut score, EventKind::ShortcutLaunch, at);
        add_until_the_cap(&mut score, EventKind::Notification, at);
        days.push((format!("{:.1}", score.points.value()), score.level(&policy(), at)));
    }
    let expected = [
        ("15.0", Level::Medium),
        ("27.4", Level::Medium),
        ("37.5", Level::Medium),
        ("45.9", Level::High),
    ];
    assert_eq!(days[..4], expected.map(|(raw, level)| (raw.to_owned(), level)));
    assert_rounds(score.points.value(), 0, "85");
    assert_eq!(days[364].1.factor(&policy()), Some(1));
}

#[test]
fn p_16_a_profile_that_reports_nothing_is_unknown() {
    let mut profile = ProfileEngagement::default();
    let level = |profile: &ProfileEngagement| profile.level(&policy(), None, noon());
    assert_eq!(level(&profile), Level::Unknown);
    profile.note_event(EventKind::UserInput, noon(), noon());
    assert_eq!(level(&profile), Level::None);
    // One that reports verdicts has said nothing of the others.
    profile.note_verdict();
    assert_eq!(level(&profile), Level::Unknown);
}

#[test]
fn p_16_a_reported_score_stands_until_the_next_report() {
    let mut score = Score { launched: Some(noon()), ..raw(3.0) };
    score.report_score(points(60.0), noon());
    let after = noon() + 100 * DAY;
    assert_eq!(score.total(&policy(), noon()), points(60.0));
    assert_eq!(score.level(&policy(), after), Level::High);
    score.report_score(points(0.0), after);
    assert_eq!(score.level(&policy(), after), Level::None);
}

#[test]
fn p_16_events_add_to_the_score_that_was_reported() {
    let mut score = Score::default();
    score.report_score(points(60.0), noon());
    let after = noon() + 100 * DAY;
    add(&mut score, EventKind::Notification, after);
    assert_eq!((score.points, score.reported), (points(62.5), None));
    assert_eq!(score.decayed(&policy(), after + 2 * HOUR), points(62.5 * 0.984));
}

#[test]
fn p_16_a_level_alone_is_enough() {
    let mut score = Score::default();
    for level in [Level::None, Level::Minimal, Level::High, Level::Unknown] {
        score.report_level(level);
        assert_eq!(score.level(&policy(), noon() + 100 * DAY), level);
    }
    add(&mut score, EventKind::Navigation, noon());
    assert_eq!(score.level(&policy(), noon()), Level::Low);
}

#[test]
fn p_16_a_verdict_is_neither_rebased_nor_cleaned_up() {
    let mut profile = used_at_noon();
    let (mut score, mut level) = (Score::default(), Score::default());
    score.report_score(points(0.2), noon());
    level.report_level(Level::High);
    let before = [score, level];
    let late = local(noon() + 30 * DAY);
    let done = profile.clean_up(&policy(), late, [(1, &mut score), (2, &mut level)]);
    assert_eq!(done, Freshened::default());
    assert_eq!([score, level], before);
}

#[test]
fn p_18_media_out_of_sight_shows_nobody() {
    let shows = KINDS.map(EventKind::shows_presence);
    assert_eq!(shows, [true, true, true, false, true, true]);
}

#[derive(Clone, Debug)]
enum Step {
    Event(usize, i64),
    Score(f64),
    Reset(f64),
    Clock(i64),
    CleanUp,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..KINDS.len(), -100_000_000_i64..1_000_000).prop_map(|(kind, at)| Step::Event(kind, at)),
        1 => prop_oneof![any::<f64>(), 0.0..100.0].prop_map(Step::Score),
        1 => prop_oneof![any::<f64>(), 0.0..100.0].prop_map(Step::Reset),
        3 => (-10_000_000_i64..200_000_000).prop_map(Step::Clock),
        1 => Just(Step::CleanUp),
    ]
}

proptest! {
    #[test]
    fn e_21_e_25_scores_stay_within_their_limits(
        steps in prop::collection::vec(any_step(), 1..60),
        utc_offset in any::<i32>(),
    ) {
        let policy = policy();
        let utc_offset = UtcOffset::from_seconds(utc_offset);
        let (mut profile, mut score) = (ProfileEngagement::default(), Score::default());
        let mut now = noon();
        for step in steps {
            let here = LocalTime::new(now, utc_offset);
            profile.freshen(&policy, here, [((), &mut score)]);
            prop_assert!(!profile.is_stale(&policy, now));
            let after_one = (profile, score);
            profile.freshen(&policy, here, [((), &mut score)]);
            prop_assert_eq!((profile, score), after_one);
            match step {
                Step::Event(kind, at) => {
                    let before = score.total(&policy, now);
                    let at = WallTime::from_millis(now.as_millis() + at);
                    profile.note_event(KINDS[kind], at, now);
                    score.add(&policy, KINDS[kind], at, here);
                    let gained = score.total(&policy, now).value() - before.value();
                    prop_assert!(gained <= policy.max_daily + policy.shortcut_bonus + 1e-9);
                }
                Step::Score(number) => {
                    if let Ok(number) = Points::parse("score", number, policy.max_score) {
                        score.report_score(number, now);
                    }
                }
                Step::Reset(number) => {
                    score.reset(points(number.min(policy.max_score)), now);
                }
                Step::Clock(by) => now = WallTime::from_millis(now.as_millis() + by),
                Step::CleanUp => {
                    profile.clean_up(&policy, here, [((), &mut score)]);
                }
            }
            let total = score.total(&policy, now);
            prop_assert!((0.0..=policy.max_score).contains(&total.value()));
            prop_assert!((0.0..=policy.max_daily).contains(&score.today.value()));
            prop_assert!(score.total(&policy, now + 30 * DAY) <= total);
        }
    }
}
