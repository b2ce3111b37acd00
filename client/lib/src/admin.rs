//! What an administrator sees: status, sessions, and changes as they happen.

use std::time::SystemTime;

use crate::{
    Attempt, AttemptId, Blocker, Fact, HostState, ProfileId, RegistrationId, RegistrationKey,
    RegistrationState, SyncKind,
};

/// The daemon and what it is about to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Its version.
    pub daemon_version: String,
    /// Its process.
    pub process_id: u32,
    /// When it started.
    pub started_at: Option<SystemTime>,
    /// Its time, simulated or real: what other instants are to be compared with.
    pub now: Option<SystemTime>,
    /// It runs with `--simulate`.
    pub simulated: bool,
    /// Raised at each start; the first part of attempt ids.
    pub epoch: u64,
    /// Whether it can record.
    pub store: StoreState,
    /// The host as it sees it.
    pub host: HostState,
    /// Registrations the caller may see: pending ones.
    pub pending: u32,
    /// Those that back off, or whose period has not passed.
    pub waiting: u32,
    /// Those whose event runs.
    pub firing: u32,
    /// Those that stand still.
    pub suspended: u32,
    /// Attached browsers.
    pub sessions: u32,
    /// When it has something to do next; none: nothing is due.
    pub next_wake_at: Option<SystemTime>,
    /// What that is; empty when nothing is due.
    pub next_wake_reason: String,
    /// Wakes that left since it started: events of one browser that go together are one.
    pub wakes: u64,
    /// Wakes that were not needed, because their event went along with another.
    pub wakes_saved: u64,
    /// Pauses and overrides that hold now.
    pub leases: u32,
    /// Why the policy files could not be taken over; none: they were.
    pub policy_problem: Option<String>,
    /// Attached launchers.
    pub launchers: u32,
    /// What may be missing among the records, each in a sentence.
    pub store_losses: Vec<String>,
    /// Single records that were damaged and set aside since it started.
    pub records_set_aside: u32,
    /// How it stands with the machine's sleep.
    pub sleep: SleepState,
    /// Its wall clock.
    pub clock: ClockState,
}

/// The wall clock as the daemon sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClockState {
    /// By how many milliseconds it was set since the daemon started, in all.
    pub stepped_millis: i64,
    /// Who says so, and since when it is so.
    pub source: Fact,
    /// It is known to be right; false: nobody says.
    pub synchronised: bool,
    /// Such as `Europe/Berlin`; none: it has no name.
    pub zone: Option<String>,
    /// From UTC to local time.
    pub utc_offset_seconds: i32,
}

/// How the daemon stands with the machine's sleep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SleepState {
    /// What became of its wish to delay sleep while events run; none: nobody tells of sleep.
    pub inhibitor: Option<SleepInhibitor>,
    /// Since when.
    pub inhibitor_since: Option<SystemTime>,
    /// Why the machine cannot be woken for syncs though policy wants it.
    pub alarm_problem: Option<String>,
    /// When it is woken, if it sleeps then.
    pub alarm_at: Option<SystemTime>,
}

/// What became of the wish to delay the machine's sleep while events run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SleepInhibitor {
    /// No event runs.
    Free,
    /// Sleep waits for the events that run.
    Held,
    /// The host does not let the daemon delay its sleep, for this reason.
    Refused(String),
}

/// Whether the daemon can record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreState {
    /// It can.
    Writable,
    /// It cannot, for this reason.
    ReadOnly(String),
}

/// Which registrations to list; an absent part lets all pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this profile.
    pub profile: Option<ProfileId>,
    /// Of this origin: scheme, host and port.
    pub origin: Option<String>,
    /// Of this kind.
    pub kind: Option<SyncKind>,
    /// In this state.
    pub state: Option<RegistrationState>,
    /// Of this user; for administrators.
    pub owner_uid: Option<u32>,
    /// Only this one.
    pub id: Option<RegistrationId>,
}

/// An attached browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionInfo {
    /// Its number since the daemon started.
    pub id: u64,
    /// Whose it is.
    pub owner_uid: u32,
    /// Which profile.
    pub profile: ProfileId,
    /// Name and version of the browser or bridge.
    pub agent: String,
    /// Its process.
    pub process_id: u32,
    /// Since when.
    pub attached_at: Option<SystemTime>,
    /// It takes wakes.
    pub ready: bool,
    /// Events at once.
    pub capacity: u32,
    /// Attempts that it was woken for and has not ended.
    pub running: Vec<AttemptId>,
}

/// Whether to run in spite of what holds a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Force {
    /// Only if nothing holds it.
    No,
    /// As far as that is possible.
    Yes,
}

/// What became of a request to run now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunNow {
    /// The wake is on its way.
    Woken {
        /// Its attempt.
        attempt: AttemptId,
        /// What force passed over.
        bypassed: Vec<Blocker>,
    },
    /// Its event runs already.
    AlreadyRunning {
        /// The attempt that runs.
        attempt: AttemptId,
    },
    /// Held; nothing changed.
    Held {
        /// By these.
        blockers: Vec<Blocker>,
        /// What force would have passed over.
        bypassed: Vec<Blocker>,
    },
}

/// Whether to go on with a watch after the past changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// Go on.
    Yes,
    /// End there.
    No,
}

/// A change, and when it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedChange {
    /// The daemon's wall clock.
    pub at: Option<SystemTime>,
    /// What changed.
    pub change: Change,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A registration.
    Registration(Box<RegistrationChange>),
    /// The host.
    Host(Box<HostState>),
    /// A session.
    Session(SessionChange),
    /// So many changes are missing here: this watcher reads too slowly.
    Skipped(u32),
}

/// What happened to a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationChange {
    /// Which.
    pub id: RegistrationId,
    /// Whose.
    pub owner_uid: u32,
    /// Its name.
    pub key: RegistrationKey,
    /// What.
    pub event: RegistrationEvent,
}

/// What can happen to a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistrationEvent {
    /// It is new.
    Created,
    /// Another minimum interval, app or expiry.
    Updated,
    /// It runs (again).
    Rearmed,
    /// The wake left.
    Woken(Attempt),
    /// The worker runs.
    Started(Attempt),
    /// The event ended.
    Finished {
        /// How.
        attempt: Attempt,
        /// It counts against the limit of attempts.
        charged: bool,
        /// When the next may come; none: there is no next.
        next_at: Option<SystemTime>,
    },
    /// It is gone.
    Removed(RemovalReason),
    /// It stands still, as the user does not use the app.
    Suspended,
    /// It goes on.
    Revived {
        /// When it may go.
        next_at: Option<SystemTime>,
    },
    /// The wake left during its back-off, as the network came back.
    BroughtForward(Attempt),
}

/// Why a registration went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemovalReason {
    /// Its event was a success.
    Completed,
    /// The last chance failed.
    GaveUp,
    /// It was not done in time.
    Expired,
    /// The web app took it back.
    Unregistered,
    /// The browser removed the scope.
    ScopeRemoved,
    /// The browser found no service worker to wake.
    ScopeGone,
    /// The browser's own list does not hold it.
    Reconciled,
    /// Somebody removed it by hand.
    Administrator,
    /// The user id belongs to another login name than when it was registered.
    OwnerChanged,
    /// The permission was taken back.
    Revoked,
    /// The user cleared the origin's data.
    OriginCleared,
    /// The app was uninstalled, and did not come back.
    Uninstalled,
    /// A reason of a newer daemon.
    Other(i32),
}

impl RemovalReason {
    /// The stable word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::GaveUp => "gave-up",
            Self::Expired => "expired",
            Self::Unregistered => "unregistered",
            Self::ScopeRemoved => "scope-removed",
            Self::ScopeGone => "scope-gone",
            Self::Reconciled => "reconciled",
            Self::Administrator => "administrator",
            Self::OwnerChanged => "owner-changed",
            Self::Revoked => "revoked",
            Self::OriginCleared => "origin-cleared",
            Self::Uninstalled => "uninstalled",
            Self::Other(_) => "other",
        }
    }
}

/// What happened to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionChange {
    /// Its number.
    pub id: u64,
    /// Whose.
    pub owner_uid: u32,
    /// Which profile.
    pub profile: ProfileId,
    /// It attached, or else it went.
    pub attached: bool,
}
