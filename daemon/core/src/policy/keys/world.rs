//! When a network counts as usable, and the wake grid.

use std::time::Duration;

use super::{Field, Group, Key};
use crate::policy::{
    DAY, HOUR, MINUTE, SECOND, Said,
    setting::{Lens, lens},
    value::Kind,
};

const SETTLE: Kind = Kind::Duration { least: Duration::ZERO, most: HOUR };
const SLOT: Kind = Kind::Duration { least: Duration::ZERO, most: HOUR };

/// `[network]`.
pub(super) const NETWORK: Group = Group {
    name: "network",
    about: "When a network counts as usable, and what it is taken for.",
    keys: &[
        Key {
            name: "network.metered",
            kind: Kind::Choice(Said::WORDS),
            about: "Whether networks cost by volume, whatever NetworkManager says.",
            rule: "",
            field: Field::Network(lens!(metered)),
        },
        Key {
            name: "network.online",
            kind: Kind::Choice(Said::WORDS),
            about: "Whether networks lead to the internet, whatever the connectivity check says. \
                    Without a default route none does.",
            rule: "",
            field: Field::Network(lens!(online)),
        },
        Key {
            name: "network.settle",
            kind: SETTLE,
            about: "Online for so long on the same network before syncs run.",
            rule: "",
            field: Field::General(lens!(settle)),
        },
        Key {
            name: "network.resume_settle",
            kind: SETTLE,
            about: "The same after the machine resumes.",
            rule: "",
            field: Field::General(lens!(resume_settle)),
        },
        Key {
            name: "network.check_limit",
            kind: SETTLE,
            about: "A link that was out for a moment, or leads elsewhere, is held for so long at \
                    most until NetworkManager has checked where it leads.",
            rule: "",
            field: Field::General(lens!(check_limit)),
        },
        Key {
            name: "network.starting_limit",
            kind: Kind::Duration { least: Duration::ZERO, most: MINUTE },
            about: "At start, wait so long for each source of facts to speak.",
            rule: "",
            field: Field::General(lens!(starting_limit)),
        },
        Key {
            name: "network.limited_grace",
            kind: Kind::Duration { least: SECOND, most: DAY },
            about: "A network whose connectivity check has had no answer for so long is tried \
                    all the same.",
            rule: "",
            field: Field::General(lens!(limited_grace)),
        },
        Key {
            name: "network.limited_gap",
            kind: Kind::Duration { least: MINUTE, most: DAY },
            about: "On such a network a one-off sync is tried once in so long.",
            rule: "",
            field: Field::General(lens!(limited_gap)),
        },
    ],
};

/// `[grid]`.
pub(super) const GRID: Group = Group {
    name: "grid",
    about: "The slots to which periodic events snap, so that one wake serves many; 0s: none.",
    keys: &[
        Key {
            name: "grid.short",
            kind: SLOT,
            about: "Slots for intervals under 1 h.",
            rule: "P-11",
            field: Field::General(lens!(grid_short)),
        },
        Key {
            name: "grid.middle",
            kind: SLOT,
            about: "Slots for intervals under 12 h.",
            rule: "P-11",
            field: Field::General(lens!(grid_middle)),
        },
        Key {
            name: "grid.long",
            kind: SLOT,
            about: "Slots for longer intervals.",
            rule: "P-11",
            field: Field::General(lens!(grid_long)),
        },
    ],
};
