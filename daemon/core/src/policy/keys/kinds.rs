//! What one-off and periodic registrations need, and what an app may spend.

use std::time::Duration;

use super::{Field, Group, Key};
use crate::policy::{
    DAY, MINUTE, SECOND,
    rules::{Condition, Networks, Permission},
    setting::{Lens, lens},
    value::Kind,
};

const CONDITION: Kind = Kind::Choice(Condition::WORDS);
const PERMISSION: Kind = Kind::Choice(Permission::WORDS);
const NETWORKS: Kind = Kind::Choice(Networks::WORDS);
const EXPIRY: Kind = Kind::Duration { least: MINUTE, most: Duration::from_secs(3_660 * 86_400) };
const WAKES: Kind = Kind::Count { least: 1, most: 100_000 };
const RUN_TIME: Kind = Kind::Duration { least: SECOND, most: DAY };

/// `[one_off]`.
pub(super) const ONE_OFF: Group = Group {
    name: "one_off",
    about: "What one-off syncs need of the host.",
    keys: &[
        Key {
            name: "one_off.permission",
            kind: PERMISSION,
            about: "Whether one-off syncs may run at all.",
            rule: "K-01, P-10",
            field: Field::Site(lens!(one_off.permission)),
        },
        Key {
            name: "one_off.metered",
            kind: CONDITION,
            about: "Whether they run on a metered network.",
            rule: "",
            field: Field::Site(lens!(one_off.metered)),
        },
        Key {
            name: "one_off.roaming",
            kind: CONDITION,
            about: "Whether they run while roaming.",
            rule: "",
            field: Field::Site(lens!(one_off.roaming)),
        },
        Key {
            name: "one_off.power_saver",
            kind: CONDITION,
            about: "Whether they run while the power saver is on.",
            rule: "",
            field: Field::Site(lens!(one_off.power_saver)),
        },
        Key {
            name: "one_off.battery",
            kind: Kind::Percent,
            about: "They are held at this charge or less while discharging.",
            rule: "",
            field: Field::Site(lens!(one_off.battery)),
        },
        Key {
            name: "one_off.networks",
            kind: NETWORKS,
            about: "Which networks will do: any, those on which the app was used, or the one on \
                    which the sync was registered.",
            rule: "",
            field: Field::Site(lens!(one_off.networks)),
        },
        Key {
            name: "one_off.expiry",
            kind: EXPIRY,
            about: "A sync without an expiry of its own is given up after this time.",
            rule: "P-12",
            field: Field::Site(lens!(expiry)),
        },
        Key {
            name: "one_off.max_expiry",
            kind: EXPIRY,
            about: "The longest expiry that a sync may ask for.",
            rule: "P-12",
            field: Field::General(lens!(max_expiry)),
        },
    ],
};

/// `[periodic]`.
pub(super) const PERIODIC: Group = Group {
    name: "periodic",
    about: "What periodic syncs need of the host, and how often they run.",
    keys: &[
        Key {
            name: "periodic.permission",
            kind: PERMISSION,
            about: "Whether periodic syncs may run at all.",
            rule: "K-01, P-10",
            field: Field::Site(lens!(periodic.permission)),
        },
        Key {
            name: "periodic.min_interval",
            kind: Kind::Duration { least: SECOND, most: Duration::from_secs(366 * 86_400) },
            about: "A shorter minimum interval is raised to this, which is also the gap between \
                    the periodic syncs of an origin.",
            rule: "K-08, P-11",
            field: Field::Site(lens!(min_interval_floor)),
        },
        Key {
            name: "periodic.metered",
            kind: CONDITION,
            about: "Whether they run on a metered network.",
            rule: "",
            field: Field::Site(lens!(periodic.metered)),
        },
        Key {
            name: "periodic.stale_intervals",
            kind: Kind::Count { least: 0, most: 1_000 },
            about: "One run is allowed on a metered network all the same once a sync is so many \
                    intervals stale; 0: never.",
            rule: "",
            field: Field::Site(lens!(stale_intervals)),
        },
        Key {
            name: "periodic.roaming",
            kind: CONDITION,
            about: "Whether they run while roaming.",
            rule: "",
            field: Field::Site(lens!(periodic.roaming)),
        },
        Key {
            name: "periodic.power_saver",
            kind: CONDITION,
            about: "Whether they run while the power saver is on.",
            rule: "",
            field: Field::Site(lens!(periodic.power_saver)),
        },
        Key {
            name: "periodic.battery",
            kind: Kind::Percent,
            about: "They are held at this charge or less while discharging.",
            rule: "",
            field: Field::Site(lens!(periodic.battery)),
        },
        Key {
            name: "periodic.networks",
            kind: NETWORKS,
            about: "Which networks will do: any, those on which the app was used, or the one on \
                    which the sync was registered.",
            rule: "",
            field: Field::Site(lens!(periodic.networks)),
        },
        Key {
            name: "periodic.learned_hours",
            kind: Kind::Switch,
            about: "Whether they move to just before the hours in which the user uses the app, \
                    where engagement is reported.",
            rule: "P-18",
            field: Field::Site(lens!(learned_hours)),
        },
    ],
};

/// `[budget]`.
pub(super) const BUDGET: Group = Group {
    name: "budget",
    about: "What one app may spend from midnight to midnight, local time.",
    keys: &[
        Key {
            name: "budget.wakes_a_day",
            kind: Kind::OrUnlimited(&WAKES),
            about: "Wakes of one app on one day.",
            rule: "P-19",
            field: Field::Site(lens!(wakes_a_day)),
        },
        Key {
            name: "budget.run_time_a_day",
            kind: Kind::OrUnlimited(&RUN_TIME),
            about: "Time that the events of one app may run on one day.",
            rule: "P-19",
            field: Field::Site(lens!(run_time_a_day)),
        },
    ],
};
