//! What the core wants done, in order.
//!
//! `Save`, `Delete`, `SaveCounters` and `SaveOwner` are records; all else is gated on them: it may leave only
//! when every record before it is on disk.

use std::{sync::Arc, time::Duration};

use crate::{
    change::Change,
    key::{AttemptId, OwnerId, RegistrationId, RegistrationKey, SessionId},
    registration::Registration,
    saved::Counters,
};

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Write this registration.
    Save(Box<Registration>),
    /// Delete this registration's record.
    Delete(RegistrationId),
    /// Write the counters.
    SaveCounters(Counters),
    /// Write who an owner is.
    SaveOwner {
        /// Whose uid.
        owner: OwnerId,
        /// The login name it belongs to.
        name: Arc<str>,
    },
    /// Wake a service worker.
    Wake(Wake),
    /// End an event.
    Cancel {
        /// Whom to tell.
        session: SessionId,
        /// Which attempt.
        attempt: AttemptId,
        /// Why.
        reason: CancelReason,
    },
    /// Confirm an outcome.
    Recorded {
        /// Whom to tell.
        session: SessionId,
        /// Which attempt.
        attempt: AttemptId,
        /// Whether it still counted.
        counted: Counted,
    },
    /// End a session.
    CloseSession {
        /// Which.
        session: SessionId,
        /// Why.
        reason: CloseReason,
    },
    /// Tell those who watch.
    Notify(Change),
    /// The view of the host changed: tell the sessions.
    HostChanged,
}

/// A wake, as it goes to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wake {
    /// Whom to wake.
    pub session: SessionId,
    /// The attempt.
    pub attempt: AttemptId,
    /// Which registration.
    pub registration: RegistrationId,
    /// Its key.
    pub key: RegistrationKey,
    /// No further charged attempt can follow.
    pub last_chance: bool,
    /// Counts from Started.
    pub time_limit: Duration,
    /// Counts from the wake.
    pub start_limit: Duration,
}

/// Whether an outcome still counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It did.
    Yes,
    /// The attempt had run out, was removed, or was never this owner's.
    No,
}

/// Why an event is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelReason {
    /// It ran into its limit.
    TimeLimit,
    /// Its registration was removed.
    Removed,
    /// The machine goes to sleep.
    Suspending,
}

/// Why the core ends a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// A newer session of the same profile attached.
    Superseded,
}
