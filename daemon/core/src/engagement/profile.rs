//! What is kept of a whole profile: when it was last used, and what its browser reports (E-25,
//! E-26, P-16).

use std::time::Duration;

use super::{EventKind, Level, Score};
use crate::{
    policy::EngagementPolicy,
    wall::{LocalTime, WallTime},
};

/// What is kept of the use of a profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProfileEngagement {
    /// The last engagement with any origin, registrations or not.
    pub last: Option<WallTime>,
    /// What its browser reports.
    pub reports: Reports,
}

/// What a browser reports of a profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reports {
    /// Nothing: the level of its origins is unknown.
    #[default]
    Nothing,
    /// Events: an origin without one is not used.
    Events,
    /// Scores or levels of its own: an origin without one is unknown.
    Verdicts,
}

/// What [`ProfileEngagement::freshen`] or [`ProfileEngagement::clean_up`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freshened<K> {
    /// Scores that were changed: to be saved.
    pub changed: Vec<K>,
    /// Scores with nothing left: to be dropped by the caller.
    pub spent: Vec<K>,
}

impl<K> Default for Freshened<K> {
    fn default() -> Self {
        Self { changed: Vec::new(), spent: Vec::new() }
    }
}

/// Where the times of a profile's scores move to (E-25).
#[derive(Clone, Copy)]
struct Rebase {
    now: WallTime,
    /// The last engagement with any origin; now, if that was ahead.
    from: WallTime,
    /// Where that one moves: the time of the most decays a pause may cost.
    to: WallTime,
}

impl ProfileEngagement {
    /// Notes an event of any origin of the profile, at a time no later than `now`.
    pub fn note_event(&mut self, kind: EventKind, at: WallTime, now: WallTime) {
        self.reports = Reports::Events;
        match kind {
            // As in Chromium a launch is no engagement by itself: what follows it is.
            EventKind::ShortcutLaunch => {}
            EventKind::Navigation
            | EventKind::UserInput
            | EventKind::MediaVisible
            | EventKind::MediaHidden
            | EventKind::Notification => self.note_use(at, now),
        }
    }

    /// Notes that the browser reported a score or a level.
    pub fn note_verdict(&mut self) {
        self.reports = Reports::Verdicts;
    }

    fn note_use(&mut self, at: WallTime, now: WallTime) {
        let at = at.min(now);
        // A last engagement ahead of the clock stays only until the next one.
        let last = self.last.filter(|last| *last <= now);
        self.last = Some(last.map_or(at, |last| last.max(at)));
    }

    /// The level of an origin of the profile, given its score if it has one (P-16).
    pub fn level(&self, policy: &EngagementPolicy, score: Option<&Score>, now: WallTime) -> Level {
        if let Some(score) = score {
            return score.level(policy, now);
        }
        match self.reports {
            Reports::Events => Level::None,
            Reports::Nothing | Reports::Verdicts => Level::Unknown,
        }
    }

    /// Whether the profile was not used for so long, or the clock was moved back, that its scores
    /// must be rebased before the next read or write (E-25).
    pub fn is_stale(&self, policy: &EngagementPolicy, now: WallTime) -> bool {
        let stale_after = longest_decay(policy).saturating_add(policy.grace);
        self.last.is_some_and(|last| last > now || now.saturating_since(last) >= stale_after)
    }

    /// Rebases and cleans up stale scores (E-25, E-26); does nothing to those of a profile in
    /// use. `scores` are those of all origins of the profile.
    pub fn freshen<'a, K>(
        &mut self,
        policy: &EngagementPolicy,
        now: LocalTime,
        scores: impl IntoIterator<Item = (K, &'a mut Score)>,
    ) -> Freshened<K> {
        if !self.is_stale(policy, now.wall) {
            return Freshened::default();
        }
        self.clean_up(policy, now, scores)
    }

    /// The same, but also names the spent scores of a profile in use: for the start (E-26).
    pub fn clean_up<'a, K>(
        &mut self,
        policy: &EngagementPolicy,
        now: LocalTime,
        scores: impl IntoIterator<Item = (K, &'a mut Score)>,
    ) -> Freshened<K> {
        let rebase = self.rebase(policy, now.wall);
        let mut done = Freshened::default();
        for (key, score) in scores {
            // A browser's own verdict is not ours to age.
            if score.reported.is_some() {
                continue;
            }
            let before = *score;
            if let (Some(rebase), Some(last)) = (rebase, score.last) {
                score.move_to(now.at(rebase.time_of(last)));
                self.last = self.last.max(score.last);
            }
            if score.total(policy, now.wall).value() <= policy.cleanup {
                done.spent.push(key);
            } else if *score != before {
                done.changed.push(key);
            }
        }
        done
    }

    /// Moves the profile's own time, so that the profile is not stale any more.
    fn rebase(&mut self, policy: &EngagementPolicy, now: WallTime) -> Option<Rebase> {
        let last = self.last.filter(|_| self.is_stale(policy, now))?;
        let to = now.saturating_sub(longest_decay(policy));
        self.last = Some(to);
        Some(Rebase { now, from: last.min(now), to })
    }
}

impl Rebase {
    fn time_of(self, last: WallTime) -> WallTime {
        if last > self.to {
            return self.now;
        }
        // Later than the profile's own time: a write was lost, nobody knows the distance.
        self.to.saturating_sub(self.from.saturating_since(last))
    }
}

/// The most that a pause may cost a score (E-13, E-25).
fn longest_decay(policy: &EngagementPolicy) -> Duration {
    policy.decay_period.saturating_mul(policy.max_decays)
}
