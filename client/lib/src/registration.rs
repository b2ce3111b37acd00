//! Registrations: what a browser asks for, and what the daemon made of it.

mod blocker_code;
mod constraints;

use std::time::{Duration, SystemTime};

use crate::{AttemptId, RegistrationId, RegistrationKey, SyncKind};

pub use blocker_code::BlockerCode;
pub use constraints::Constraints;

/// What a browser asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRegistration {
    /// Its name.
    pub key: RegistrationKey,
    /// Periodic only; below the floor it is raised, never refused.
    pub min_interval: Option<Duration>,
    /// The id of the web-app manifest.
    pub app_id: Option<String>,
    /// One-off only; none: the daemon's default.
    pub expires_in: Option<Duration>,
    /// What it asks of the host beyond policy.
    pub constraints: Constraints,
}

impl NewRegistration {
    /// One with nothing but its name.
    #[must_use]
    pub fn new(key: RegistrationKey) -> Self {
        let constraints = Constraints::default();
        Self { key, min_interval: None, app_id: None, expires_in: None, constraints }
    }
}

/// One registration as the browser itself holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRegistration {
    /// The service worker's scope.
    pub scope: String,
    /// Which namespace.
    pub kind: SyncKind,
    /// As the web app gave it.
    pub tag: String,
    /// Periodic only.
    pub min_interval: Option<Duration>,
    /// The id of the web-app manifest.
    pub app_id: Option<String>,
    /// What it asks of the host beyond policy.
    pub constraints: Constraints,
}

/// The answer to a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// As it stands.
    pub registration: Registration,
    /// What that changed.
    pub change: RegisterChange,
}

/// What registering changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterChange {
    /// It is new.
    Created,
    /// Another minimum interval, app or expiry, or other constraints.
    Updated,
    /// Nothing.
    Unchanged,
    /// It was firing or backing off, and will run (again).
    Rearmed,
}

/// What unregistering changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnregisterChange {
    /// It is gone.
    Removed,
    /// There was none; that is no error.
    Absent,
}

/// What a reconciliation changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Held by the browser, and not known to the daemon before.
    pub added: Vec<RegistrationId>,
    /// Known to the daemon, and not held by the browser.
    pub removed: Vec<RegistrationId>,
}

/// Where a registration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistrationState {
    /// May run as soon as nothing holds it.
    Pending,
    /// Backs off after a failed attempt, or its period has not passed.
    Waiting,
    /// Its event runs.
    Firing,
    /// Registered again while its event runs: runs once more afterwards.
    ReregisteredWhileFiring,
    /// Stands still until the user uses the app again.
    Suspended,
}

impl RegistrationState {
    /// The stable word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Waiting => "waiting",
            Self::Firing => "firing",
            Self::ReregisteredWhileFiring => "reregistered-while-firing",
            Self::Suspended => "suspended",
        }
    }
}

/// A registration as the daemon holds it. All instants are the daemon's wall clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// What people type.
    pub id: RegistrationId,
    /// Whose it is.
    pub owner_uid: u32,
    /// Its name.
    pub key: RegistrationKey,
    /// The id of the web-app manifest; none is known.
    pub app_id: Option<String>,
    /// Where it stands.
    pub state: RegistrationState,
    /// Periodic only: as asked for.
    pub min_interval: Option<Duration>,
    /// Periodic only: as granted.
    pub effective_interval: Option<Duration>,
    /// When it came.
    pub registered_at: Option<SystemTime>,
    /// One-off only: given up at this instant.
    pub expires_at: Option<SystemTime>,
    /// The earliest instant of the next attempt; none while one runs.
    pub next_at: Option<SystemTime>,
    /// Charged attempts so far.
    pub attempts: u32,
    /// Of so many.
    pub max_attempts: u32,
    /// The newest attempt, running or ended.
    pub last_attempt: Option<Attempt>,
    /// All that holds it; empty while it runs.
    pub blockers: Vec<Blocker>,
    /// What it asks of the host beyond policy.
    pub constraints: Constraints,
    /// Periodic only: when its interval has passed; none while one runs.
    pub due_at: Option<SystemTime>,
}

/// Whether a further charged attempt can follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastChance {
    /// None can: `event.lastChance` is true.
    Yes,
    /// One can.
    No,
}

/// One delivery of the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// From 1; a free attempt does not raise it.
    pub number: u32,
    /// Whether it is the last.
    pub last_chance: LastChance,
    /// When the wake left.
    pub sent_at: Option<SystemTime>,
    /// When the worker ran.
    pub started_at: Option<SystemTime>,
    /// When it ended.
    pub finished_at: Option<SystemTime>,
    /// How it ended; none while it runs.
    pub end: Option<AttemptEnd>,
    /// For people.
    pub detail: String,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptEnd {
    /// As the browser said, or the daemon counted.
    Outcome(Outcome),
    /// Its session went and did not come back for it.
    Lost,
}

impl AttemptEnd {
    /// The stable word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Outcome(outcome) => outcome.as_str(),
            Self::Lost => "lost",
        }
    }
}

/// How an event ended, as a browser says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every `waitUntil` promise was fulfilled.
    Completed,
    /// A `waitUntil` promise was rejected.
    Rejected,
    /// The time limit passed.
    TimedOut,
    /// The browser found the network gone.
    Offline,
    /// Ended because of a cancel.
    Aborted,
    /// The worker did not start.
    Unavailable,
    /// The service worker registration is no more: all of its registrations go.
    ScopeGone,
}

impl Outcome {
    /// The stable word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Rejected => "rejected",
            Self::TimedOut => "timed-out",
            Self::Offline => "offline",
            Self::Aborted => "aborted",
            Self::Unavailable => "unavailable",
            Self::ScopeGone => "scope-gone",
        }
    }
}

/// Why a registration does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocker {
    /// What kind of reason.
    pub code: BlockerCode,
    /// Since when.
    pub since: Option<SystemTime>,
    /// A sentence: what ends it.
    pub clears: String,
    /// When it can end at the earliest; none: cannot be known.
    pub earliest: Option<SystemTime>,
}
