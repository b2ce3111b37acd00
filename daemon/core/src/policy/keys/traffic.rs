//! How much the socket carries for one user.

use super::{Field, Group, Key};
use crate::policy::{
    setting::{Lens, lens},
    value::Kind,
};

const MANY: Kind = Kind::Count { least: 1, most: 1_000_000 };
const A_MINUTE: Kind = Kind::Count { least: 1, most: 1_000_000_000 };
const CONNECTIONS: Kind = Kind::Count { least: 1, most: 100_000 };

/// `[traffic]`.
pub(super) const TRAFFIC: Group = Group {
    name: "traffic",
    about: "How much of the daemon's time each user may take, so that it is there for the others.",
    keys: &[
        Key {
            name: "traffic.origin_calls",
            kind: Kind::OrUnlimited(&A_MINUTE),
            about: "Calls a minute that the pages of one origin of one user may cause: to \
                    register, to unregister and to look up. More are refused.",
            rule: "",
            field: Field::General(lens!(traffic.origin_calls)),
        },
        Key {
            name: "traffic.origin_burst",
            kind: MANY,
            about: "Of them at once, after a time without any.",
            rule: "",
            field: Field::General(lens!(traffic.origin_burst)),
        },
        Key {
            name: "traffic.owner_calls",
            kind: Kind::OrUnlimited(&A_MINUTE),
            about: "Calls a minute of one user, whatever they are about. More wait.",
            rule: "",
            field: Field::General(lens!(traffic.owner_calls)),
        },
        Key {
            name: "traffic.owner_burst",
            kind: MANY,
            about: "Of them at once, after a time without any.",
            rule: "",
            field: Field::General(lens!(traffic.owner_burst)),
        },
        Key {
            name: "traffic.calls_at_once",
            kind: MANY,
            about: "Calls of one user that are worked on at once. More wait.",
            rule: "",
            field: Field::General(lens!(traffic.calls_at_once)),
        },
        Key {
            name: "traffic.waiting_calls",
            kind: MANY,
            about: "Calls of one user that are there at once, those that wait included. More are \
                    refused.",
            rule: "",
            field: Field::General(lens!(traffic.waiting_calls)),
        },
        Key {
            name: "traffic.connections",
            kind: CONNECTIONS,
            about: "Connections in all, where the descriptors that the daemon may have allow it.",
            rule: "",
            field: Field::General(lens!(traffic.connections)),
        },
        Key {
            name: "traffic.owner_connections",
            kind: CONNECTIONS,
            about: "Connections of one user. More are closed at once.",
            rule: "",
            field: Field::General(lens!(traffic.owner_connections)),
        },
        Key {
            name: "traffic.unnamed_owners",
            kind: MANY,
            about: "Users without a login name, such as those of containers, who are connected at \
                    once. Connections of more are closed.",
            rule: "",
            field: Field::General(lens!(traffic.unnamed_owners)),
        },
        Key {
            name: "traffic.owner_connects",
            kind: Kind::OrUnlimited(&A_MINUTE),
            about: "New connections a minute of one user. More wait until they are served.",
            rule: "",
            field: Field::General(lens!(traffic.owner_connects)),
        },
        Key {
            name: "traffic.owner_sessions",
            kind: Kind::Count { least: 1, most: 10_000 },
            about: "Attached browsers of one user.",
            rule: "",
            field: Field::General(lens!(traffic.owner_sessions)),
        },
    ],
};
