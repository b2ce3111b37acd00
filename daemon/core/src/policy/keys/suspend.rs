//! What is done about the machine's sleep.

use std::time::Duration;

use super::{Field, Group, Key};
use crate::policy::{
    HOUR, WakeMachine,
    setting::{Lens, lens},
    value::Kind,
};

/// `[suspend]`.
pub(super) const SUSPEND: Group = Group {
    name: "suspend",
    about: "What is done when the machine goes to sleep and wakes up.",
    keys: &[
        Key {
            name: "suspend.delay",
            kind: Kind::Duration { least: Duration::ZERO, most: HOUR },
            about: "Events that run when the machine goes to sleep may delay that for so long, then \
                they are cut and come again after the resume; 0s: they never delay it. logind \
                grants no more than its own InhibitDelayMaxSec, which is 5s unless set otherwise.",
            rule: "",
            field: Field::General(lens!(suspend.delay)),
        },
        Key {
            name: "suspend.resume_jitter",
            kind: Kind::Duration { least: Duration::ZERO, most: HOUR },
            about: "After a resume the network settles for up to so much longer the first time, \
                    by a part that is each machine's own, so that machines that are opened at \
                    the same hour do not call at once.",
            rule: "",
            field: Field::General(lens!(suspend.resume_jitter)),
        },
        Key {
            name: "suspend.wake",
            kind: Kind::Choice(WakeMachine::WORDS),
            about: "When the machine is woken for a sync that comes due while it sleeps: `never`, \
                    `charging` (while it is charged, or has no battery) or `always`. That needs \
                    the capability CAP_WAKE_ALARM, see docs/examples/wake-alarm.conf.",
            rule: "",
            field: Field::General(lens!(suspend.wake)),
        },
    ],
};
