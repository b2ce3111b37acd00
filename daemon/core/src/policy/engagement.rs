//! The numbers of the engagement model (E-01 to E-18) and what a level means (K-14).

use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);

/// Numbers of the engagement model. Points are on a scale of 0 to [`Self::max_score`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EngagementPolicy {
    /// Highest score (E-01).
    pub max_score: f64,
    /// Most points of one local day (E-02).
    pub max_daily: f64,
    /// Points of a navigation (E-03).
    pub navigation: f64,
    /// Points of user input (E-04).
    pub user_input: f64,
    /// Points of a tick of visible media (E-05).
    pub media_visible: f64,
    /// Points of a tick of hidden media (E-06).
    pub media_hidden: f64,
    /// Points of a use of a notification (E-07).
    pub notification: f64,
    /// Added to the first points of a day (E-08).
    pub daily_bonus: f64,
    /// Added to the total of an app that was launched lately; not part of the raw score (E-09).
    pub shortcut_bonus: f64,
    /// Whole days for which a launch counts (E-09).
    pub shortcut_days: u32,
    /// A score decays once in each such period (E-10).
    pub decay_period: Duration,
    /// To this part of itself (E-11).
    pub decay_proportion: f64,
    /// And by so many points (E-12).
    pub decay_points: f64,
    /// Most decays of a score while the browser is not used (E-13).
    pub max_decays: u32,
    /// After the decays, this long until scores are stale (E-14).
    pub grace: Duration,
    /// Scores up to this are dropped at a clean-up (E-15).
    pub cleanup: f64,
    /// From this total on the level is medium (E-17).
    pub medium: f64,
    /// From this total on it is high (E-18).
    pub high: f64,
    /// Gap of a minimal level, in floors (K-14).
    pub minimal_factor: u32,
    /// Gap of a low or medium level, in floors (K-14).
    pub low_factor: u32,
    /// Gap of a high level, in floors (K-14).
    pub high_factor: u32,
}

impl Default for EngagementPolicy {
    fn default() -> Self {
        Self {
            max_score: 100.0,
            max_daily: 15.0,
            navigation: 1.5,
            user_input: 0.6,
            media_visible: 0.06,
            media_hidden: 0.01,
            notification: 1.0,
            daily_bonus: 1.5,
            shortcut_bonus: 5.0,
            shortcut_days: 10,
            decay_period: 2 * HOUR,
            decay_proportion: 0.984,
            decay_points: 0.0,
            max_decays: 4,
            grace: HOUR,
            cleanup: 0.5,
            medium: 15.0,
            high: 50.0,
            minimal_factor: 3,
            low_factor: 2,
            high_factor: 1,
        }
    }
}
