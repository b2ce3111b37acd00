//! What is done about the machine's sleep.

use std::time::Duration;

use super::{Field, Group, Key};
use crate::policy::{
    HOUR,
    setting::{Lens, lens},
    value::Kind,
};

/// `[suspend]`.
pub(super) const SUSPEND: Group = Group {
    name: "suspend",
    about: "What is done when the machine goes to sleep and wakes up.",
    keys: &[Key {
        name: "suspend.delay",
        kind: Kind::Duration { least: Duration::ZERO, most: HOUR },
        about: "Events that run when the machine goes to sleep may delay that for so long, then \
                they are cut and come again after the resume; 0s: they never delay it. logind \
                grants no more than its own InhibitDelayMaxSec, which is 5s unless set otherwise.",
        rule: "",
        field: Field::General(lens!(suspend.delay)),
    }],
};
