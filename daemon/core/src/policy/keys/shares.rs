//! What everybody's share is, and how long what people set by hand holds.

use std::time::Duration;

use super::{Field, Group, Key};
use crate::policy::{
    MINUTE,
    setting::{Lens, lens},
    value::Kind,
};

const SLOTS: Kind = Kind::Count { least: 1, most: 1_024 };
const REGISTRATIONS: Kind = Kind::Count { least: 1, most: 10_000_000 };
const BYTES: Kind = Kind::Count { least: 4_096, most: 1 << 40 };
const OWNERS: Kind = Kind::Count { least: 0, most: 1_000_000 };
const ENTRIES: Kind = Kind::Count { least: 0, most: 1_000_000 };
const YEAR: Duration = Duration::from_secs(366 * 86_400);
const HOLD: Kind = Kind::Duration { least: Duration::ZERO, most: YEAR };
const SPAN: Kind = Kind::Duration { least: MINUTE, most: YEAR };

/// `[shares]`.
pub(super) const SHARES: Group = Group {
    name: "shares",
    about: "How much there is of everything, and how it is shared.",
    keys: &[
        Key {
            name: "shares.slots",
            kind: SLOTS,
            about: "Events at once, in all.",
            rule: "P-08",
            field: Field::General(lens!(slots)),
        },
        Key {
            name: "shares.owner_slots",
            kind: SLOTS,
            about: "Of them for one user while another waits.",
            rule: "P-08",
            field: Field::General(lens!(owner_slots)),
        },
        Key {
            name: "shares.default_capacity",
            kind: Kind::Count { least: 1, most: 64 },
            about: "Events at once of a browser that does not say what it can take.",
            rule: "P-08",
            field: Field::General(lens!(default_capacity)),
        },
        Key {
            name: "shares.registrations",
            kind: REGISTRATIONS,
            about: "Syncs in all.",
            rule: "",
            field: Field::General(lens!(registrations)),
        },
        Key {
            name: "shares.owner_registrations",
            kind: REGISTRATIONS,
            about: "Syncs of one user.",
            rule: "",
            field: Field::General(lens!(owner_registrations)),
        },
        Key {
            name: "shares.origin_registrations",
            kind: REGISTRATIONS,
            about: "Syncs of one origin of one user.",
            rule: "",
            field: Field::General(lens!(origin_registrations)),
        },
        Key {
            name: "shares.bytes",
            kind: BYTES,
            about: "Bytes of all that is kept, but for the history.",
            rule: "",
            field: Field::General(lens!(bytes)),
        },
        Key {
            name: "shares.owner_bytes",
            kind: BYTES,
            about: "Bytes of what is kept of one user, but for the history.",
            rule: "",
            field: Field::General(lens!(owner_bytes)),
        },
        Key {
            name: "shares.owners",
            kind: OWNERS,
            about: "Users of whom something is kept.",
            rule: "",
            field: Field::General(lens!(owners)),
        },
        Key {
            name: "shares.unnamed_owners",
            kind: OWNERS,
            about: "Of them users without a login name, such as those of containers.",
            rule: "",
            field: Field::General(lens!(unnamed_owners)),
        },
        Key {
            name: "shares.owner_sites",
            kind: REGISTRATIONS,
            about: "Origins of one user of which permissions or use are kept.",
            rule: "",
            field: Field::General(lens!(owner_sites)),
        },
        Key {
            name: "shares.owner_profiles",
            kind: Kind::Count { least: 1, most: 1_000 },
            about: "Browser profiles of one user of which apps or use are kept.",
            rule: "",
            field: Field::General(lens!(owner_profiles)),
        },
        Key {
            name: "shares.uninstalled_hold",
            kind: HOLD,
            about: "Syncs of an app that is not installed any more are kept so long.",
            rule: "P-10",
            field: Field::General(lens!(uninstalled_hold)),
        },
        Key {
            name: "shares.history",
            kind: ENTRIES,
            about: "Entries of the history in all.",
            rule: "",
            field: Field::General(lens!(history)),
        },
        Key {
            name: "shares.owner_history",
            kind: ENTRIES,
            about: "Entries of the history of one user.",
            rule: "",
            field: Field::General(lens!(owner_history)),
        },
    ],
};

/// `[lease]`.
pub(super) const LEASE: Group = Group {
    name: "lease",
    about: "Pauses and overrides, which end by themselves.",
    keys: &[
        Key {
            name: "lease.owner_leases",
            kind: Kind::Count { least: 1, most: 10_000 },
            about: "Pauses and overrides of one user.",
            rule: "",
            field: Field::General(lens!(owner_leases)),
        },
        Key {
            name: "lease.max_pause",
            kind: SPAN,
            about: "Longest pause.",
            rule: "",
            field: Field::General(lens!(max_pause)),
        },
        Key {
            name: "lease.max_override",
            kind: SPAN,
            about: "Longest override.",
            rule: "",
            field: Field::General(lens!(max_override)),
        },
    ],
};
