//! One attempt to run an event: a wake, and how it ended.

use std::time::Duration;

use crate::{key::AttemptId, time::Timestamp};

/// An attempt that is out. It is on disk before its wake leaves (P-06).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// From 1; counts charged attempts.
    pub number: u16,
    /// No further charged attempt can follow (P-13).
    pub last_chance: bool,
    /// The network's return brought it forward: it is free (P-03).
    pub brought_forward: bool,
    /// When the wake was decided.
    pub sent_at: Timestamp,
    /// How far it has come.
    pub progress: Progress,
    /// How long the event may run, counted from Started.
    pub run_limit: Duration,
}

/// How far an attempt has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Started has not come yet; it must by this instant.
    Sent {
        /// The instant.
        start_by: Timestamp,
    },
    /// The event runs.
    Started {
        /// Since when.
        at: Timestamp,
        /// It must end by this instant.
        finish_by: Timestamp,
    },
}

impl Attempt {
    /// The instant at which it runs into a limit.
    pub fn deadline(&self) -> Timestamp {
        match self.progress {
            Progress::Sent { start_by } => start_by,
            Progress::Started { finish_by, .. } => finish_by,
        }
    }

    /// Its limit comes so much later.
    pub(crate) fn postpone(&mut self, by: Duration) {
        match &mut self.progress {
            Progress::Sent { start_by: limit } | Progress::Started { finish_by: limit, .. } => {
                *limit = *limit + by;
            }
        }
    }

    /// When the event started.
    pub fn started_at(&self) -> Option<Timestamp> {
        match self.progress {
            Progress::Sent { .. } => None,
            Progress::Started { at, .. } => Some(at),
        }
    }
}

/// An attempt that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its id.
    pub id: AttemptId,
    /// As in [`Attempt::number`].
    pub number: u16,
    /// As in [`Attempt::last_chance`].
    pub last_chance: bool,
    /// When the wake was decided.
    pub sent_at: Timestamp,
    /// When the event started, if it did.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Timestamp,
    /// How.
    pub outcome: Outcome,
    /// For people; at most 1,024 bytes.
    pub detail: Box<str>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// waitUntil fulfilled.
    Completed,
    /// waitUntil rejected.
    Rejected,
    /// The run limit passed.
    TimedOut,
    /// The browser found the network gone.
    Offline,
    /// Ended on a Cancel.
    Aborted,
    /// The worker did not start inside the start limit.
    Unavailable,
    /// The service worker registration is no more.
    ScopeGone,
    /// The session went and did not come back for it.
    Lost,
}

/// What a browser says of an attempt that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Which attempt.
    pub attempt: AttemptId,
    /// How it ended.
    pub outcome: Outcome,
    /// For people; at most [`DETAIL_BYTES`].
    pub detail: Box<str>,
    /// A server's Retry-After (P-04).
    pub retry_after: Option<Duration>,
}

/// Longest text that an outcome carries, in bytes.
pub const DETAIL_BYTES: usize = 1_024;
