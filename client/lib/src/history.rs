//! What was decided, and why.

use std::time::SystemTime;

use crate::{
    Attempt, BlockerCode, HostFacts, ProfileId, RegistrationId, RegistrationKey, RemovalReason,
};

/// Which decisions to tell of; an absent part lets all pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryFilter {
    /// Of this registration, which may be gone.
    pub id: Option<RegistrationId>,
    /// Of this origin: scheme, host and port.
    pub origin: Option<String>,
    /// Of this profile.
    pub profile: Option<ProfileId>,
    /// Of this user; for administrators.
    pub owner_uid: Option<u32>,
    /// Not before this instant.
    pub since: Option<SystemTime>,
}

/// A decision, its reason, and the facts of that moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Rises from entry to entry.
    pub seq: u64,
    /// The daemon's wall clock.
    pub at: Option<SystemTime>,
    /// About which registration; none: about no single one.
    pub registration_id: Option<RegistrationId>,
    /// Whose it is.
    pub owner_uid: u32,
    /// The registration's name.
    pub key: Option<RegistrationKey>,
    /// What.
    pub decision: Decision,
    /// Why, where something held it.
    pub reasons: Vec<BlockerCode>,
    /// The attempt that it is about.
    pub attempt: Option<Attempt>,
    /// The attempt counts against the limit.
    pub charged: bool,
    /// When the next attempt may come; none: there is none, or it is not known.
    pub next_at: Option<SystemTime>,
    /// Why the registration went.
    pub removal_reason: Option<RemovalReason>,
    /// The host at that moment.
    pub facts: HostFacts,
    /// More of it, for people.
    pub detail: Option<String>,
}

/// What can be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is new.
    Created,
    /// It has another interval, app, expiry or other constraints.
    Updated,
    /// It runs (again).
    Rearmed,
    /// It could not go.
    Held,
    /// The wake left.
    Woken,
    /// The worker runs.
    Started,
    /// The event ended.
    Finished,
    /// It is gone.
    Removed,
    /// It stands still.
    Suspended,
    /// It goes on.
    Revived,
    /// The wake left during its back-off, as the network came back.
    BroughtForward,
    /// Its browser was to be started.
    Launched,
    /// Its browser did not start.
    LaunchFailed,
    /// A pause began.
    Paused,
    /// A pause ended.
    Resumed,
    /// An override began.
    Overridden,
    /// An override ended.
    OverrideEnded,
    /// A decision of a newer daemon.
    Other(i32),
}

impl Decision {
    /// The stable word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Rearmed => "rearmed",
            Self::Held => "held",
            Self::Woken => "woken",
            Self::Started => "started",
            Self::Finished => "finished",
            Self::Removed => "removed",
            Self::Suspended => "suspended",
            Self::Revived => "revived",
            Self::BroughtForward => "brought-forward",
            Self::Launched => "launched",
            Self::LaunchFailed => "launch-failed",
            Self::Paused => "paused",
            Self::Resumed => "resumed",
            Self::Overridden => "overridden",
            Self::OverrideEnded => "override-ended",
            Self::Other(_) => "other",
        }
    }
}
