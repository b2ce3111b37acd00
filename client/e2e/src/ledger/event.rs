//! What a ledger is told.

use std::{fmt, slice, str::FromStr};

/// A name under which the load registers, as a number from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub usize);

/// How often an event is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Once.
    OneOff,
    /// Again and again.
    Periodic,
    /// The same, at a site that its user may not use: it can be suspended at any time, and then
    /// its failures are forgotten.
    Suspendable,
}

/// A call about one name or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Register, with something that tells this time from others.
    Register {
        /// Kept by the daemon.
        version: u64,
    },
    /// Take back.
    Unregister,
    /// Take back all of these.
    Clear,
    /// Ask.
    Look,
}

/// What registering did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was not there.
    Created,
    /// It was there, and is the same still or changed.
    Kept,
}

/// Whether a registration runs once more after its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Again {
    /// It was registered while its event ran.
    Yes,
    /// It was not.
    No,
}

/// How an event ended. How the free ones differ matters to nobody here, but which one it was does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Good.
    Completed,
    /// The worker failed: charged.
    Rejected,
    /// The worker did not start: free.
    Unavailable,
    /// The browser found no network: free.
    Offline,
    /// The browser ended it: free.
    Aborted,
    /// Something that the load never reports.
    Other,
}

/// Whether an outcome counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It is recorded.
    Yes,
    /// Its attempt no longer counted.
    No,
}

/// The id of an attempt: the epoch in which it was sent, and a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttemptName {
    /// Of the daemon.
    pub epoch: u64,
    /// Inside the epoch.
    pub counter: u64,
}

impl FromStr for AttemptName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('-');
        let parsed = parts.and_then(|(epoch, counter)| {
            Some(Self { epoch: epoch.parse().ok()?, counter: counter.parse().ok()? })
        });
        parsed.ok_or_else(|| format!("attempt id `{text}` is no `epoch-counter`"))
    }
}

impl fmt::Display for AttemptName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.epoch, self.counter)
    }
}

/// A registration as the daemon shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its id.
    pub id: u64,
    /// Charged attempts.
    pub attempts: u32,
    /// As in [`Call::Register`].
    pub version: u64,
    /// Whether it was registered again while its event runs.
    pub again: Again,
    /// The newest attempt; and how it ended, if it has.
    pub last: Option<(AttemptName, Option<Outcome>)>,
}

/// The answer to a call about one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// To a registration.
    Registered {
        /// What it did.
        change: Change,
        /// What stands.
        shown: Shown,
    },
    /// To the taking back of one.
    Unregistered {
        /// There was one.
        removed: bool,
    },
    /// To the taking back of several.
    Cleared,
    /// To a question.
    Looked(Option<Shown>),
}

/// What happened between the load and the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A call is about to leave. A name has one call at a time.
    Called {
        /// About these.
        slots: Vec<Slot>,
        /// What is asked.
        call: Call,
    },
    /// The answer came.
    Answered {
        /// About this one.
        slot: Slot,
        /// What it says.
        answer: Answer,
    },
    /// The answer to [`Call::Clear`] came.
    Cleared {
        /// About these.
        slots: Vec<Slot>,
    },
    /// The daemon did not do it, and said so.
    Refused {
        /// About these.
        slots: Vec<Slot>,
    },
    /// No answer came: it is perhaps done. These names are left alone until all stands still.
    Doubtful {
        /// About these.
        slots: Vec<Slot>,
    },
    /// A browser was woken.
    Woken {
        /// For this name.
        slot: Slot,
        /// Of this id.
        id: u64,
        /// For this attempt.
        attempt: AttemptName,
    },
    /// A browser is about to report an outcome, and keeps it until it is recorded.
    Reported {
        /// For this name.
        slot: Slot,
        /// Of this id.
        id: u64,
        /// Of this attempt.
        attempt: AttemptName,
        /// How it ended.
        outcome: Outcome,
    },
    /// The daemon is done with an attempt.
    Recorded {
        /// Which.
        attempt: AttemptName,
        /// Whether its outcome counted.
        counted: Counted,
    },
    /// A browser has gone, and with it all that it knew.
    Forgotten {
        /// The names of which it had the events.
        slots: Vec<Slot>,
        /// The attempts of which it had outcomes.
        attempts: Vec<AttemptName>,
    },
}

impl Event {
    /// The names that it names.
    pub(super) fn slots(&self) -> &[Slot] {
        match self {
            Self::Called { slots, .. }
            | Self::Cleared { slots }
            | Self::Refused { slots }
            | Self::Doubtful { slots }
            | Self::Forgotten { slots, .. } => slots,
            Self::Answered { slot, .. }
            | Self::Woken { slot, .. }
            | Self::Reported { slot, .. } => slice::from_ref(slot),
            Self::Recorded { .. } => &[],
        }
    }
}
