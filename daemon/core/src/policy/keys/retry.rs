//! How often an event is tried, how long it may run, and how browsers are launched.

use std::time::Duration;

use super::{Field, Group, Key};
use crate::policy::{
    DAY, HOUR, SECOND,
    setting::{Lens, lens},
    value::Kind,
};

const WEEK: Duration = Duration::from_secs(7 * 86_400);
const FREE: Kind = Kind::Count { least: 0, most: 1_000 };
const START: Kind = Kind::Duration { least: SECOND, most: Duration::from_secs(600) };

/// `[retry]`.
pub(super) const RETRY: Group = Group {
    name: "retry",
    about: "What follows an attempt that failed.",
    keys: &[
        Key {
            name: "retry.max_attempts",
            kind: Kind::Count { least: 1, most: 1_000 },
            about: "Charged attempts until a one-off sync is given up, or a periodic one waits \
                    for its next period.",
            rule: "K-02",
            field: Field::Site(lens!(max_attempts)),
        },
        Key {
            name: "retry.initial_delay",
            kind: Kind::Duration { least: SECOND, most: WEEK },
            about: "Delay after the first charged failure.",
            rule: "K-04",
            field: Field::Site(lens!(initial_retry_delay)),
        },
        Key {
            name: "retry.factor",
            kind: Kind::Count { least: 1, most: 1_000 },
            about: "Each further delay is so many times the one before.",
            rule: "K-05",
            field: Field::Site(lens!(retry_factor)),
        },
        Key {
            name: "retry.max_delay",
            kind: Kind::Duration { least: SECOND, most: WEEK },
            about: "Longest delay between two attempts.",
            rule: "P-03",
            field: Field::Site(lens!(max_retry_delay)),
        },
        Key {
            name: "retry.max_retry_after",
            // The protocol takes no longer one.
            kind: Kind::Duration { least: Duration::ZERO, most: DAY },
            about: "Longest delay that a site may ask for after a failure.",
            rule: "P-04",
            field: Field::General(lens!(max_retry_after)),
        },
        Key {
            name: "retry.return_delay",
            kind: Kind::Duration { least: Duration::ZERO, most: HOUR },
            about: "The return of the network ends a back-off no sooner than this after the \
                    attempt.",
            rule: "P-03",
            field: Field::General(lens!(return_delay)),
        },
        Key {
            name: "retry.max_brought_forward",
            kind: FREE,
            about: "Attempts of one sync that the return of the network may bring forward.",
            rule: "P-03",
            field: Field::General(lens!(max_brought_forward)),
        },
        Key {
            name: "retry.offline_delay",
            kind: Kind::Duration { least: Duration::from_millis(100), most: HOUR },
            about: "Delay after an attempt that found no network while the host has one.",
            rule: "P-02",
            field: Field::General(lens!(offline_delay)),
        },
        Key {
            name: "retry.unavailable_delay",
            kind: Kind::Duration { least: SECOND, most: DAY },
            about: "First delay after a worker could not start; doubles each time.",
            rule: "P-09",
            field: Field::General(lens!(unavailable_delay)),
        },
        Key {
            name: "retry.max_unavailable_delay",
            kind: Kind::Duration { least: SECOND, most: DAY },
            about: "Longest delay after a worker could not start.",
            rule: "P-09",
            field: Field::General(lens!(max_unavailable_delay)),
        },
        Key {
            name: "retry.free_offline",
            kind: FREE,
            about: "Attempts in a row that ended for want of a network before they are charged.",
            rule: "P-02",
            field: Field::General(lens!(free_offline)),
        },
        Key {
            name: "retry.free_unavailable",
            kind: FREE,
            about: "Attempts in a row whose worker did not start before they are charged.",
            rule: "P-02",
            field: Field::General(lens!(free_unavailable)),
        },
        Key {
            name: "retry.free_lost_unstarted",
            kind: FREE,
            about: "Attempts in a row whose browser went before they started, before they are \
                    charged.",
            rule: "P-02",
            field: Field::General(lens!(free_lost_unstarted)),
        },
        Key {
            name: "retry.free_lost_started",
            kind: FREE,
            about: "Attempts in a row whose browser went after they started, before they are \
                    charged.",
            rule: "P-02",
            field: Field::General(lens!(free_lost_started)),
        },
    ],
};

/// `[event]`.
pub(super) const EVENT: Group = Group {
    name: "event",
    about: "How long an event may take.",
    keys: &[
        Key {
            name: "event.run_limit",
            kind: Kind::Duration { least: SECOND, most: DAY },
            about: "An event may run so long, counted from its start.",
            rule: "K-07",
            field: Field::Site(lens!(run_limit)),
        },
        Key {
            name: "event.start_limit",
            kind: START,
            about: "An event must start so soon after the browser is told.",
            rule: "P-02",
            field: Field::General(lens!(start_limit)),
        },
        Key {
            name: "event.launched_start_limit",
            kind: START,
            about: "The same where the browser was launched for it.",
            rule: "P-02",
            field: Field::General(lens!(launched_start_limit)),
        },
    ],
};

/// `[launch]`.
pub(super) const LAUNCH: Group = Group {
    name: "launch",
    about: "How closed browsers are launched.",
    keys: &[
        Key {
            name: "launch.limit",
            kind: Kind::Duration { least: SECOND, most: HOUR },
            about: "A launched browser must attach so soon.",
            rule: "",
            field: Field::General(lens!(launch_limit)),
        },
        Key {
            name: "launch.delay",
            kind: Kind::Duration { least: SECOND, most: DAY },
            about: "First delay after a launch that failed; doubles each time.",
            rule: "",
            field: Field::General(lens!(launch_delay)),
        },
        Key {
            name: "launch.max_delay",
            kind: Kind::Duration { least: SECOND, most: DAY },
            about: "Longest delay after a launch that failed.",
            rule: "",
            field: Field::General(lens!(max_launch_delay)),
        },
    ],
};
