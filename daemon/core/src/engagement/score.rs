//! The score of one origin in one profile (E-20 to E-24, E-31).

use std::time::Duration;

use super::{Level, Points};
use crate::{
    policy::EngagementPolicy,
    wall::{LocalTime, WallTime},
};

const DAY: Duration = Duration::from_secs(86_400);
/// Smaller differences need no write (E-31).
const SAME_POINTS: f64 = 0.001;
const SAME_TIME: Duration = Duration::from_secs(1);

/// What the user did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// Went to the site directly: typed, from a bookmark or as an app (E-27).
    Navigation,
    /// Typed, clicked, touched or scrolled (E-28).
    UserInput,
    /// Played media in sight (E-29).
    MediaVisible,
    /// Played media out of sight (E-29).
    MediaHidden,
    /// Used a notification.
    Notification,
    /// Launched the installed app.
    ShortcutLaunch,
}

impl EventKind {
    /// What it counts (E-03 to E-07); a launch counts by its bonus alone (E-09).
    pub fn points(self, policy: &EngagementPolicy) -> Option<Points> {
        let points = match self {
            Self::Navigation => policy.navigation,
            Self::UserInput => policy.user_input,
            Self::MediaVisible => policy.media_visible,
            Self::MediaHidden => policy.media_hidden,
            Self::Notification => policy.notification,
            Self::ShortcutLaunch => return None,
        };
        Some(Points::nearest(points))
    }

    /// Whether the user was there: what learned hours are learned from (P-18). Media that plays
    /// out of sight may play to nobody.
    pub fn shows_presence(self) -> bool {
        match self {
            Self::Navigation
            | Self::UserInput
            | Self::MediaVisible
            | Self::Notification
            | Self::ShortcutLaunch => true,
            Self::MediaHidden => false,
        }
    }
}

/// The score of one origin, as it is stored.
///
/// Before one is read or written, [`ProfileEngagement::freshen`](super::ProfileEngagement::freshen)
/// must have had its turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// The raw score as of [`Self::last`].
    pub points: Points,
    /// Of them from the local day of [`Self::last`].
    pub today: Points,
    /// The last engagement.
    pub last: Option<WallTime>,
    /// The last launch from a shortcut.
    pub launched: Option<WallTime>,
    /// The browser's own verdict, which stands until its next report (P-16).
    pub reported: Option<Reported>,
}

/// What a browser reported in place of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// A total, kept in [`Score::points`]: it does not decay.
    Score,
    /// A level.
    Level(Level),
}

impl Score {
    /// Counts an event (E-21) that happened at `at`.
    ///
    /// A time later than `now` is taken as now, one before the last engagement as that one.
    pub fn add(
        &mut self,
        policy: &EngagementPolicy,
        kind: EventKind,
        at: WallTime,
        now: LocalTime,
    ) {
        let at = now.at(self.in_order(at, now.wall));
        let Some(points) = kind.points(policy) else {
            self.launched = Some(at.wall);
            self.end_report(at.wall);
            return;
        };
        self.add_points(policy, points, at);
    }

    fn add_points(&mut self, policy: &EngagementPolicy, points: Points, at: LocalTime) {
        self.end_report(at.wall);
        let decayed = self.decayed(policy, at.wall).value();
        self.move_to(at);
        let today = self.today.value();
        let bonus = if today > 0.0 { 0.0 } else { policy.daily_bonus };
        let added = (points.value() + bonus)
            .min(policy.max_score - decayed)
            .min(policy.max_daily - today)
            .max(0.0);
        self.points = Points::nearest(decayed + added);
        self.today = Points::nearest(today + added);
    }

    /// Takes the browser's own total (P-16).
    pub fn report_score(&mut self, points: Points, at: WallTime) {
        self.reset(points, at);
        self.reported = Some(Reported::Score);
    }

    /// Takes the browser's own level (P-16).
    pub fn report_level(&mut self, level: Level) {
        self.reported = Some(Reported::Level(level));
    }

    /// Sets the raw score; a launch keeps its time (E-31).
    pub fn reset(&mut self, points: Points, at: WallTime) {
        *self = Self { points, last: Some(at), launched: self.launched, ..Self::default() };
    }

    /// The raw score less what it has decayed since (E-22).
    pub fn decayed(&self, policy: &EngagementPolicy, now: WallTime) -> Points {
        let Some(last) = self.last else { return self.points };
        if self.reported == Some(Reported::Score) {
            return self.points;
        }
        // A clock that was moved back gives no time, and so no decay.
        let elapsed = now.saturating_since(last).as_millis();
        let periods = elapsed.checked_div(policy.decay_period.as_millis()).unwrap_or(0);
        let periods = i32::try_from(periods).unwrap_or(i32::MAX);
        let left = self.points.value() * policy.decay_proportion.powi(periods);
        Points::nearest(left - policy.decay_points * f64::from(periods))
    }

    /// The bonus of an app that was launched lately (E-09).
    pub fn bonus(&self, policy: &EngagementPolicy, now: WallTime) -> Points {
        let Some(launched) = self.launched else { return Points::ZERO };
        let days = now.saturating_since(launched).as_millis() / DAY.as_millis();
        if days > u128::from(policy.shortcut_days) {
            return Points::ZERO;
        }
        Points::nearest(policy.shortcut_bonus)
    }

    /// The score that counts (E-23); a reported one has its bonus in it.
    pub fn total(&self, policy: &EngagementPolicy, now: WallTime) -> Points {
        let decayed = self.decayed(policy, now);
        if self.reported == Some(Reported::Score) {
            return decayed;
        }
        let total = decayed.value() + self.bonus(policy, now).value();
        Points::nearest(total.min(policy.max_score))
    }

    /// The level: reported, or that of the total (E-24).
    pub fn level(&self, policy: &EngagementPolicy, now: WallTime) -> Level {
        match self.reported {
            Some(Reported::Level(level)) => level,
            Some(Reported::Score) | None => Level::of(policy, self.total(policy, now)),
        }
    }

    /// Whether it is so unlike what is stored that it must be written (E-31).
    pub fn differs_from(&self, stored: &Self) -> bool {
        let points = |a: Points, b: Points| (a.value() - b.value()).abs() > SAME_POINTS;
        let times = |a: Option<WallTime>, b: Option<WallTime>| match (a, b) {
            (Some(a), Some(b)) => a.max(b).saturating_since(a.min(b)) > SAME_TIME,
            (None, None) => false,
            (Some(_), None) | (None, Some(_)) => true,
        };
        points(self.points, stored.points)
            || points(self.today, stored.today)
            || times(self.last, stored.last)
            || times(self.launched, stored.launched)
            || self.reported != stored.reported
    }

    /// Moves the last engagement; on another local day today's points begin anew (E-21, E-31).
    pub(super) fn move_to(&mut self, at: LocalTime) {
        if self.last.is_some_and(|last| at.at(last).day() != at.day()) {
            self.today = Points::ZERO;
        }
        self.last = Some(at.wall);
    }

    /// A time of an event that goes with what was counted before.
    fn in_order(&self, at: WallTime, now: WallTime) -> WallTime {
        match self.last {
            Some(last) if last <= now => at.clamp(last, now),
            // The last engagement lies ahead: the clock was moved back.
            Some(_) | None => at.min(now),
        }
    }

    /// Events follow the browser's verdict: its score stood until now, and they add to it.
    fn end_report(&mut self, at: WallTime) {
        if self.reported == Some(Reported::Score) {
            self.last = Some(at);
        }
        self.reported = None;
    }
}
