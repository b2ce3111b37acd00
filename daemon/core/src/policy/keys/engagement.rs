//! The engagement model.

use std::time::Duration;

use super::{Field, Group, Key};
use crate::policy::{
    MINUTE,
    setting::{Lens, lens},
    value::Kind,
};

const POINTS: Kind = Kind::Points { most: 1_000_000.0 };
const DAYS: Kind = Kind::Count { least: 0, most: 366 };
const DECAYS: Kind = Kind::Count { least: 0, most: 10_000 };
const PERIOD: Kind = Kind::Duration { least: MINUTE, most: YEAR };
const GRACE: Kind = Kind::Duration { least: Duration::ZERO, most: YEAR };
const FACTOR: Kind = Kind::Count { least: 1, most: 1_000 };
const YEAR: Duration = Duration::from_secs(366 * 86_400);

/// `[engagement]`.
pub(super) const ENGAGEMENT: Group = Group {
    name: "engagement",
    about: "How the use of a site is scored, and what a score means for its periodic syncs.",
    keys: &[
        Key {
            name: "engagement.max_score",
            kind: POINTS,
            about: "The highest score.",
            rule: "E-01",
            field: Field::General(lens!(engagement.max_score)),
        },
        Key {
            name: "engagement.max_daily",
            kind: POINTS,
            about: "Most points of one local day.",
            rule: "E-02",
            field: Field::General(lens!(engagement.max_daily)),
        },
        Key {
            name: "engagement.navigation",
            kind: POINTS,
            about: "Points of a navigation.",
            rule: "E-03",
            field: Field::General(lens!(engagement.navigation)),
        },
        Key {
            name: "engagement.user_input",
            kind: POINTS,
            about: "Points of user input.",
            rule: "E-04",
            field: Field::General(lens!(engagement.user_input)),
        },
        Key {
            name: "engagement.media_visible",
            kind: POINTS,
            about: "Points of a tick of visible media.",
            rule: "E-05",
            field: Field::General(lens!(engagement.media_visible)),
        },
        Key {
            name: "engagement.media_hidden",
            kind: POINTS,
            about: "Points of a tick of hidden media.",
            rule: "E-06",
            field: Field::General(lens!(engagement.media_hidden)),
        },
        Key {
            name: "engagement.notification",
            kind: POINTS,
            about: "Points of a use of a notification.",
            rule: "E-07",
            field: Field::General(lens!(engagement.notification)),
        },
        Key {
            name: "engagement.daily_bonus",
            kind: POINTS,
            about: "Added to the first points of a day.",
            rule: "E-08",
            field: Field::General(lens!(engagement.daily_bonus)),
        },
        Key {
            name: "engagement.shortcut_bonus",
            kind: POINTS,
            about: "Added to the total of an app that was launched lately.",
            rule: "E-09",
            field: Field::General(lens!(engagement.shortcut_bonus)),
        },
        Key {
            name: "engagement.shortcut_days",
            kind: DAYS,
            about: "Whole days for which a launch counts.",
            rule: "E-09",
            field: Field::General(lens!(engagement.shortcut_days)),
        },
        Key {
            name: "engagement.decay_period",
            kind: PERIOD,
            about: "A score decays once in each such period.",
            rule: "E-10",
            field: Field::General(lens!(engagement.decay_period)),
        },
        Key {
            name: "engagement.decay_proportion",
            kind: Kind::Proportion,
            about: "To this part of itself.",
            rule: "E-11",
            field: Field::General(lens!(engagement.decay_proportion)),
        },
        Key {
            name: "engagement.decay_points",
            kind: POINTS,
            about: "And by so many points.",
            rule: "E-12",
            field: Field::General(lens!(engagement.decay_points)),
        },
        Key {
            name: "engagement.max_decays",
            kind: DECAYS,
            about: "Most decays of a score while the browser is not used.",
            rule: "E-13",
            field: Field::General(lens!(engagement.max_decays)),
        },
        Key {
            name: "engagement.grace",
            kind: GRACE,
            about: "Scores are stale so long after the last of these decays.",
            rule: "E-14",
            field: Field::General(lens!(engagement.grace)),
        },
        Key {
            name: "engagement.cleanup",
            kind: POINTS,
            about: "Scores up to this are dropped when scores are cleaned up.",
            rule: "E-15",
            field: Field::General(lens!(engagement.cleanup)),
        },
        Key {
            name: "engagement.medium",
            kind: POINTS,
            about: "From this total on the level is medium.",
            rule: "E-17",
            field: Field::General(lens!(engagement.medium)),
        },
        Key {
            name: "engagement.high",
            kind: POINTS,
            about: "From this total on the level is high.",
            rule: "E-18",
            field: Field::General(lens!(engagement.high)),
        },
        Key {
            name: "engagement.minimal_factor",
            kind: FACTOR,
            about: "The gap of a minimal level is so many times `periodic.min_interval`.",
            rule: "K-14",
            field: Field::General(lens!(engagement.minimal_factor)),
        },
        Key {
            name: "engagement.low_factor",
            kind: FACTOR,
            about: "The gap of a low or medium level, likewise.",
            rule: "K-14",
            field: Field::General(lens!(engagement.low_factor)),
        },
        Key {
            name: "engagement.high_factor",
            kind: FACTOR,
            about: "The gap of a high level, likewise.",
            rule: "K-14",
            field: Field::General(lens!(engagement.high_factor)),
        },
    ],
};
