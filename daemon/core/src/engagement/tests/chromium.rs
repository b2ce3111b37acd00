//! The scenarios of Chromium's own tests of engagement, with the parameters that these use
//! (E-01 to E-18, second column).

use std::{collections::BTreeMap, time::Duration};

use crate::{
    engagement::*,
    key::Scope,
    policy::EngagementPolicy,
    wall::{LocalTime, UtcOffset, WallTime},
};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
const WEEK: Duration = Duration::from_secs(7 * 86_400);
const SECOND: Duration = Duration::from_secs(1);

fn policy() -> EngagementPolicy {
    EngagementPolicy {
        max_daily: 5.0,
        navigation: 0.5,
        user_input: 0.05,
        media_visible: 0.02,
        daily_bonus: 0.0,
        decay_period: 168 * HOUR,
        decay_proportion: 1.0,
        decay_points: 5.0,
        max_decays: 1,
        grace: 72 * HOUR,
        cleanup: 0.0,
        medium: 5.0,
        ..EngagementPolicy::default()
    }
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

#[track_caller]
fn assert_near(points: Points, expected: f64) {
    assert!((points.value() - expected).abs() < 1e-9, "{points:?} is not {expected}");
}

/// One profile with its origins, as a caller would keep it.
#[derive(Default)]
struct Profile {
    policy: Option<EngagementPolicy>,
    now: WallTime,
    engagement: ProfileEngagement,
    scores: BTreeMap<String, Score>,
}

impl Profile {
    fn at(now: WallTime) -> Self {
        Self { policy: Some(policy()), now, ..Self::default() }
    }

    fn policy(&self) -> EngagementPolicy {
        self.policy.unwrap()
    }

    fn freshen(&mut self) {
        let (policy, now) = (self.policy(), local(self.now));
        let scores = self.scores.iter_mut().map(|(origin, score)| (origin.clone(), score));
        for spent in self.engagement.freshen(&policy, now, scores).spent {
            self.scores.remove(&spent);
        }
    }

    fn clean_up(&mut self) -> Freshened<String> {
        let (policy, now) = (self.policy(), local(self.now));
        let scores = self.scores.iter_mut().map(|(origin, score)| (origin.clone(), score));
        let done = self.engagement.clean_up(&policy, now, scores);
        for spent in &done.spent {
            self.scores.remove(spent);
        }
        done
    }

    fn event(&mut self, origin: &str, kind: EventKind) {
        self.freshen();
        let (policy, now) = (self.policy(), local(self.now));
        self.engagement.note_event(kind, self.now, self.now);
        self.scores.entry(origin.into()).or_default().add(&policy, kind, self.now, now);
    }

    /// So many points at once: a notification that counts so much.
    fn add(&mut self, origin: &str, points: f64) {
        let before = self.policy;
        self.policy = Some(EngagementPolicy { notification: points, ..self.policy() });
        self.event(origin, EventKind::Notification);
        self.policy = before;
    }

    fn total(&mut self, origin: &str) -> f64 {
        self.freshen();
        let policy = self.policy();
        self.scores.get(origin).map_or(0.0, |score| score.total(&policy, self.now).value())
    }

    fn sum(&mut self) -> f64 {
        let origins: Vec<_> = self.scores.keys().cloned().collect();
        origins.iter().map(|origin| self.total(origin)).sum()
    }
}

#[test]
fn c098_points_accumulate_within_a_day_up_to_the_cap() {
    let (policy, now) = (policy(), local(noon()));
    let mut score = Score::default();
    for count in 1..=20 {
        score.add(&policy, EventKind::Navigation, now.wall, now);
        assert_eq!(score.total(&policy, now.wall), points((0.5 * f64::from(count)).min(5.0)));
    }
}

#[test]
fn c099_the_next_day_has_points_of_its_own() {
    let policy = policy();
    let mut score = Score::default();
    for (day, expected) in [(0, 5.0), (2, 10.0)] {
        let now = local(noon() + DAY * day);
        for _ in 0..40 {
            score.add(&policy, EventKind::Navigation, now.wall, now);
        }
        assert_eq!(score.total(&policy, now.wall), points(expected));
    }
}

#[test]
fn c100_a_score_never_passes_the_maximum() {
    let policy = policy();
    let mut score = Score::default();
    for day in 0..40 {
        let now = local(noon() + DAY * day);
        for _ in 0..40 {
            score.add(&policy, EventKind::Navigation, now.wall, now);
        }
        let expected = (5.0 * f64::from(day + 1)).min(100.0);
        assert_eq!(score.total(&policy, now.wall), points(expected));
    }
    assert_eq!(score.level(&policy, noon() + DAY * 39), Level::Max);
}

#[test]
fn c102_scores_decay_over_time() {
    let policy = policy();
    let mut score = Score::default();
    score.reset(points(100.0), noon());
    let total = |after| score.total(&policy, noon() + after);
    assert_eq!(total(WEEK - HOUR), points(100.0));
    assert_eq!(total(WEEK), points(95.0));
    assert_eq!(total(WEEK * 2), points(90.0));
    assert_eq!(total(WEEK * 40), Points::ZERO);
}

#[test]
fn c103_decay_is_taken_before_points_are_added() {
    let policy = policy();
    let mut score = Score::default();
    score.reset(points(20.0), noon());
    let now = local(noon() + WEEK * 2);
    assert_eq!(score.total(&policy, now.wall), points(10.0));
    score.add(&policy, EventKind::Navigation, now.wall, now);
    assert_eq!(score.total(&policy, now.wall), points(10.5));
}

#[test]
fn c104_a_clock_moved_back_gives_no_decay_and_a_day_of_its_own() {
    let policy = policy();
    let mut score = Score::default();
    score.reset(points(20.0), noon());
    let earlier = local(noon().saturating_sub(WEEK * 2));
    assert_eq!(score.total(&policy, earlier.wall), points(20.0));
    for _ in 0..40 {
        score.add(&policy, EventKind::Navigation, earlier.wall, earlier);
    }
    assert_eq!(score.total(&policy, earlier.wall), points(25.0));
    assert_eq!(score.last, Some(earlier.wall));
}

#[test]
fn c105_a_score_that_did_not_change_needs_no_write() {
    let nothing = Score::default();
    assert_eq!(nothing.total(&policy(), noon()), Points::ZERO);
    assert!(!nothing.differs_from(&Score::default()));
    let mut score = nothing;
    score.add(&policy(), EventKind::UserInput, noon(), local(noon()));
    assert!(score.differs_from(&nothing));
}

#[test]
fn c106_what_was_not_stored_is_nothing() {
    let score = Score { today: points(2.0), ..Score::default() };
    let now = local(noon());
    assert_eq!(score.total(&policy(), now.wall), Points::ZERO);
    let mut added = score;
    for _ in 0..40 {
        added.add(&policy(), EventKind::Navigation, now.wall, now);
    }
    assert_eq!(added.total(&policy(), now.wall), points(3.0));
}

#[test]
fn c108_the_first_engagement_of_a_day_has_a_bonus() {
    let policy = EngagementPolicy { daily_bonus: 0.5, ..policy() };
    let mut profile = Profile { policy: Some(policy), now: noon(), ..Profile::default() };
    for (first, second) in [([1.0, 1.5], [1.5, 2.5]), ([2.5, 3.0], [4.0, 5.0])] {
        for total in first {
            profile.add("https://one.example", 0.5);
            assert_near(points(profile.total("https://one.example")), total);
        }
        for total in second {
            profile.add("https://two.example", 1.0);
            assert_near(points(profile.total("https://two.example")), total);
        }
        profile.now = profile.now + DAY;
    }
}

#[test]
fn c109_a_reset_sets_the_score_and_keeps_the_launch() {
    let policy = policy();
    let mut score = Score::default();
    score.add(&policy, EventKind::Navigation, noon(), local(noon()));
    let now = local(noon() + WEEK);
    score.reset(points(20.0), now.wall);
    assert_eq!((score.total(&policy, now.wall), score.today), (points(20.0), Points::ZERO));
    assert_eq!((score.last, score.launched), (Some(now.wall), None));
    for _ in 0..10 {
        score.add(&policy, EventKind::Navigation, now.wall, now);
    }
    assert_eq!(score.total(&policy, now.wall), points(25.0));
    assert_eq!(score.total(&policy, now.wall + WEEK + HOUR), points(20.0));

    score.reset(points(15.0), now.wall.saturating_sub(WEEK));
    assert_eq!(score.total(&policy, now.wall), points(10.0));

    score.add(&policy, EventKind::ShortcutLaunch, now.wall, now);
    score.reset(points(15.0), now.wall);
    assert_eq!(score.total(&policy, now.wall), points(20.0));
    assert_eq!((score.today, score.launched), (Points::ZERO, Some(now.wall)));
}

#[test]
fn c111_a_launch_alone_is_a_bonus_without_a_base() {
    let (policy, now) = (policy(), local(noon()));
    let mut score = Score::default();
    assert_eq!(score.bonus(&policy, now.wall), Points::ZERO);
    score.add(&policy, EventKind::ShortcutLaunch, now.wall, now);
    assert_eq!(score.decayed(&policy, now.wall), Points::ZERO);
    assert_eq!(score.bonus(&policy, now.wall), points(5.0));
    assert_eq!(score.total(&policy, now.wall), points(5.0));
}

#[test]
fn c114_navigations_count_per_origin_with_its_scheme() {
    let mut profile = Profile::at(noon());
    let origins = ["https://one.example", "http://one.example", "https://two.example"];
    for (origin, times) in origins.into_iter().zip([1, 2, 3]) {
        for _ in 0..times {
            profile.event(origin, EventKind::Navigation);
        }
        assert_near(points(profile.total(origin)), 0.5 * f64::from(times));
    }
    assert_near(points(profile.sum()), 3.0);
}

#[test]
fn c115_input_counts_the_same_whatever_the_device() {
    let mut profile = Profile::at(noon());
    for (origin, times) in [("https://one.example", 1), ("https://two.example", 4)] {
        for _ in 0..times {
            profile.event(origin, EventKind::UserInput);
        }
        assert_near(points(profile.total(origin)), 0.05 * f64::from(times));
    }
    assert_near(points(profile.sum()), 0.25);
}

#[test]
fn c117_other_schemes_have_no_origin_to_score() {
    for other in ["ftp://one.example/", "file:///etc/hosts", "chrome://settings/"] {
        assert!(Scope::parse(other).is_err(), "{other}");
    }
}

#[test]
fn c118_a_launch_counts_for_ten_days() {
    let (policy, now) = (policy(), local(noon()));
    let mut score = Score::default();
    let five_days_ago = noon().saturating_sub(DAY * 5);
    score.add(&policy, EventKind::ShortcutLaunch, five_days_ago, local(five_days_ago));
    assert_eq!(score.total(&policy, now.wall), points(5.0));
    score.add(&policy, EventKind::ShortcutLaunch, now.wall, now);
    for (days, bonus) in [(0, 5.0), (1, 5.0), (7, 5.0), (10, 5.0), (11, 0.0)] {
        assert_eq!(score.total(&policy, noon() + DAY * days), points(bonus), "{days} days");
    }
    assert_eq!(score.total(&policy, noon() + (DAY * 11 - SECOND)), points(5.0));
}

#[test]
fn c120_a_long_pause_costs_a_score_one_longest_decay() {
    let shorter = WEEK - SECOND;
    let end = noon() + DAY * 365;
    let longest_ago = end.saturating_sub(WEEK);
    let stale_after = WEEK + HOUR * 72;
    let [a, b, c, d] =
        ["https://a.example", "http://a.example", "http://c.example", "http://d.example"];
    let start = end.saturating_sub(stale_after).saturating_sub(shorter * 4);

    let mut profile = Profile::at(start);
    profile.add(a, 1.0);
    profile.add(b, 5.0);
    for (day, added, total) in [(1, 5.0, 10.0), (2, 5.0, 15.0), (3, 2.0, 17.0)] {
        profile.now = start + DAY * day;
        profile.add(b, added);
        assert_eq!(profile.total(b), total);
    }
    let b_last = profile.now;
    let second = start + shorter;
    profile.now = second;
    profile.add(a, 1.0);
    profile.add(c, 5.0);
    profile.now = second + DAY;
    profile.add(a, 5.0);
    profile.add(c, 5.0);
    assert_eq!((profile.total(a), profile.total(c)), (7.0, 10.0));
    profile.now = second + shorter;
    profile.add(a, 5.0);
    profile.add(d, 5.0);
    profile.now = second + shorter * 2;
    profile.add(a, 1.5);
    profile.add(d, 2.0);
    assert_eq!((profile.total(a), profile.total(d)), (13.5, 7.0));
    let b_rebased = longest_ago.saturating_sub(profile.now.saturating_since(b_last));

    // Times move so that they keep their order and distances; the decay is at most one.
    profile.now = end;
    assert!(profile.engagement.is_stale(&policy(), end));
    let done = profile.clean_up();
    assert_eq!(done.spent, [c]);
    assert_eq!(done.changed, [b, d, a]);
    assert!(!profile.engagement.is_stale(&policy(), end));
    assert_eq!([a, b, d].map(|origin| profile.total(origin)), [8.5, 2.0, 2.0]);
    let last = |profile: &Profile, origin: &str| profile.scores[origin].last;
    assert_eq!(last(&profile, a), Some(longest_ago));
    assert_eq!(last(&profile, b), Some(b_rebased));
    assert_eq!(last(&profile, d), Some(longest_ago));
    assert_eq!(profile.engagement.last, Some(longest_ago));

    // Another pause costs nothing more, however often scores are read in it.
    profile.now = end + stale_after;
    assert!(profile.engagement.is_stale(&policy(), profile.now));
    assert_eq!([a, b, d].map(|origin| profile.total(origin)), [8.5, 2.0, 2.0]);
    assert_eq!(last(&profile, b), Some(b_rebased + stale_after));
    assert_eq!(profile.engagement.last, Some(longest_ago + stale_after));

    // New points commit the decay.
    profile.add(a, 0.5);
    profile.add(b, 0.5);
    profile.add(d, 1.0);
    assert_eq!([a, b, d].map(|origin| profile.total(origin)), [9.0, 2.5, 3.0]);

    // One more period, in use: what has decayed to nothing goes at the clean-up alone.
    profile.now = profile.now + WEEK;
    assert!(!profile.engagement.is_stale(&policy(), profile.now));
    assert_eq!([a, b, d].map(|origin| profile.total(origin)), [4.0, 0.0, 0.0]);
    assert_eq!(profile.scores.len(), 3);
    let done = profile.clean_up();
    assert_eq!((done.spent, done.changed), (vec![b.to_owned(), d.to_owned()], vec![]));
    assert_eq!(profile.total(a), 4.0);
}

#[test]
fn c121_a_score_at_the_threshold_goes_and_one_above_stays() {
    let policy =
        EngagementPolicy { decay_proportion: 0.5, decay_points: 0.0, cleanup: 0.5, ..policy() };
    let mut profile = Profile { policy: Some(policy), now: noon(), ..Profile::default() };
    profile.add("https://one.example", 1.0);
    profile.add("https://two.example", 1.2);
    profile.now = noon() + WEEK;
    assert_near(points(profile.total("https://one.example")), 0.5);
    assert_near(points(profile.total("https://two.example")), 0.6);
    assert_eq!(profile.clean_up().spent, ["https://one.example"]);
    assert_near(points(profile.total("https://two.example")), 0.6);
}

#[test]
fn c126_each_kind_of_event_gives_a_new_total() {
    let mut profile = Profile::at(noon());
    let origin = "https://one.example";
    let mut expected = 0.0;
    for (kind, adds) in [
        (EventKind::Navigation, 0.5),
        (EventKind::UserInput, 0.05),
        (EventKind::MediaVisible, 0.02),
        (EventKind::MediaHidden, 0.01),
        (EventKind::Notification, 1.0),
        (EventKind::ShortcutLaunch, 5.0),
    ] {
        expected += adds;
        profile.event(origin, kind);
        assert_near(points(profile.total(origin)), expected);
    }
}

#[test]
fn c127_the_last_engagement_of_a_profile_is_kept() {
    let mut profile = Profile::at(noon());
    assert_eq!(profile.engagement.last, None);
    assert!(!profile.engagement.is_stale(&policy(), noon()));
    profile.add("https://one.example", 1.0);
    assert_eq!(profile.engagement.last, Some(noon()));

    // In use a clean-up leaves it alone; after a pause it is moved.
    profile.now = noon() + DAY;
    profile.clean_up();
    assert_eq!(profile.engagement.last, Some(noon()));
    profile.add("https://one.example", 5.0);
    profile.now = noon() + DAY + WEEK + HOUR * 72;
    profile.freshen();
    assert_eq!(profile.engagement.last, Some(profile.now.saturating_sub(WEEK)));

    // A read changes nothing more; the next event does.
    profile.freshen();
    assert_eq!(profile.engagement.last, Some(profile.now.saturating_sub(WEEK)));
    profile.add("https://two.example", 1.0);
    assert_eq!(profile.engagement.last, Some(profile.now));
}

#[test]
fn c128_a_score_ahead_of_the_profile_moves_to_now() {
    let mut profile = Profile::at(noon());
    profile.add("https://one.example", 5.0);
    // The profile's time was lost with a write; the score's was not.
    let now = noon() + HOUR;
    profile.engagement.last = Some(noon().saturating_sub(WEEK * 4));
    profile.now = now;
    profile.clean_up();
    assert_eq!(profile.scores["https://one.example"].last, Some(now));
    assert_eq!(profile.engagement.last, Some(now));
    assert_eq!(profile.total("https://one.example"), 5.0);
}

#[test]
fn c129_a_score_between_the_profile_and_the_rebase_time_decays_once() {
    let mut profile = Profile::at(noon());
    profile.add("https://one.example", 5.0);
    profile.scores.get_mut("https://one.example").unwrap().points = points(10.0);
    profile.engagement.last = Some(noon().saturating_sub(DAY));
    profile.now = noon() + WEEK + HOUR * 72;
    profile.clean_up();
    let rebased = profile.now.saturating_sub(WEEK);
    assert_eq!(profile.scores["https://one.example"].last, Some(rebased));
    assert_eq!(profile.engagement.last, Some(rebased));
    assert_eq!(profile.total("https://one.example"), 5.0);
}

#[test]
fn c132_an_origin_with_only_a_launch_is_kept() {
    let mut profile = Profile::at(noon());
    profile.event("https://points.example", EventKind::Navigation);
    profile.event("https://launch.example", EventKind::ShortcutLaunch);
    let done = profile.clean_up();
    assert_eq!((done.spent.len(), profile.scores.len()), (0, 2));
    assert_near(points(profile.sum()), 5.5);
}
