//! What callers ask for.

use pwasync_core::{
    Caller, Filter, Force, NewRegistration, Page, Reconciled, RegisterError, Registered,
    RegistrationView, RunNow, ShareSpent, StateCounts, Unregistered, Viewer, WakeReason, Wakes,
    change::Change,
    facts::StoreAccess,
    key::{ProfileKey, RegistrationId, RegistrationKey, SyncKind, Tag, WorkerKey},
    time::{Timestamp, WallClock},
};
use tokio::sync::mpsc;

use super::{AdminRequest, HostView, PolicyView, Reply, SessionInfo, SiteRequest};

/// Changes that may wait for a watcher's reader; further ones are counted as skipped.
pub const WATCH: usize = 1_024;

/// A caller's request, checked and converted.
#[derive(Debug)]
pub enum Request {
    /// See [`pwasync_core::Scheduler::register`].
    Register {
        /// Who asks.
        caller: Caller,
        /// For what.
        new: NewRegistration,
        /// The answer.
        reply: Reply<Result<Registered, RegisterError>>,
    },
    /// See [`pwasync_core::Scheduler::registration`].
    GetRegistration {
        /// Which.
        key: RegistrationKey,
        /// The answer; `None`: there is none.
        reply: Reply<Result<Option<RegistrationView>, ShareSpent>>,
    },
    /// See [`pwasync_core::Scheduler::tags`].
    GetTags {
        /// Of which worker.
        worker: WorkerKey,
        /// Of which kind.
        kind: SyncKind,
        /// The answer.
        reply: Reply<Result<Vec<Tag>, ShareSpent>>,
    },
    /// See [`pwasync_core::Scheduler::unregister`].
    Unregister {
        /// Who asks.
        caller: Caller,
        /// Which.
        key: RegistrationKey,
        /// The answer.
        reply: Reply<Result<Unregistered, ShareSpent>>,
    },
    /// See [`pwasync_core::Scheduler::remove_scope`].
    RemoveScope {
        /// Who asks.
        caller: Caller,
        /// Of which worker.
        worker: WorkerKey,
        /// How many went.
        reply: Reply<usize>,
    },
    /// See [`pwasync_core::Scheduler::reconcile`].
    Reconcile {
        /// Who asks.
        caller: Caller,
        /// Of which profile.
        profile: ProfileKey,
        /// The browser's whole list.
        list: Vec<NewRegistration>,
        /// The answer.
        reply: Reply<Result<Reconciled, RegisterError>>,
    },
    /// What a browser says of origins and apps.
    Site(SiteRequest),
    /// How the daemon is.
    Status {
        /// Who asks.
        viewer: Viewer,
        /// The answer.
        reply: Reply<Status>,
    },
    /// See [`pwasync_core::Scheduler::list`].
    List {
        /// Who asks.
        viewer: Viewer,
        /// Which to list.
        filter: Filter,
        /// Those after this id.
        after: RegistrationId,
        /// At most so many.
        limit: usize,
        /// The answer.
        reply: Reply<Page>,
    },
    /// The policy that holds.
    Policy {
        /// The answer.
        reply: Reply<PolicyView>,
    },
    /// The attached sessions.
    Sessions {
        /// Who asks.
        viewer: Viewer,
        /// The answer.
        reply: Reply<Vec<SessionInfo>>,
    },
    /// Changes as they are recorded.
    Watch {
        /// Who asks.
        viewer: Viewer,
        /// So many past ones first.
        recent: usize,
        /// Whether to go on after them.
        follow: Follow,
        /// The answer.
        reply: Reply<mpsc::Receiver<Watched>>,
    },
    /// See [`pwasync_core::Scheduler::run_now`].
    RunNow {
        /// Who asks.
        viewer: Viewer,
        /// Which.
        id: RegistrationId,
        /// Whether to pass over what holds it.
        force: Force,
        /// The answer; `None`: there is none that the viewer sees.
        reply: Reply<Option<RunNow>>,
    },
    /// Reasons, forecasts, history, engagement, leases.
    Admin(AdminRequest),
    /// See [`pwasync_core::Scheduler::remove_by_id`].
    Remove {
        /// Who asks.
        viewer: Viewer,
        /// Which.
        id: RegistrationId,
        /// As it was; `None`: there is none that the viewer sees.
        reply: Reply<Option<RegistrationView>>,
    },
}

/// Whether a watcher wants more than the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// End after the past changes.
    No,
    /// Go on with those to come.
    Yes,
}

/// One item of a watch.
#[derive(Clone, Debug)]
pub enum Watched {
    /// Something happened; with the host as it was then, for changes of the host.
    Change {
        /// What.
        change: Change,
        /// The host at that moment, where it is the host that changed.
        host: Option<Box<HostView>>,
        /// The wall clock of that moment.
        wall: WallClock,
    },
    /// So many changes were dropped here, because the reader is too slow.
    Skipped(u32),
}

/// How the daemon is.
#[derive(Clone, Debug)]
pub struct Status {
    /// Core time.
    pub now: Timestamp,
    /// When the engine started.
    pub started_at: Timestamp,
    /// See [`pwasync_core::Scheduler::epoch`].
    pub epoch: u64,
    /// The store.
    pub store: StoreAccess,
    /// Why it is read-only.
    pub store_problem: Option<String>,
    /// What may be missing among the records, each in a sentence.
    pub store_losses: Vec<String>,
    /// Single records that were set aside since the start.
    pub records_set_aside: usize,
    /// Why the policy files could not be taken over when they were read last.
    pub policy_problem: Option<String>,
    /// The host.
    pub host: HostView,
    /// Registrations the caller may see, by state.
    pub counts: StateCounts,
    /// Wakes since the start.
    pub wakes: Wakes,
    /// Pauses and overrides that the caller may see.
    pub leases: usize,
    /// Launchers the caller may see.
    pub launchers: usize,
    /// Sessions the caller may see.
    pub sessions: usize,
    /// When the daemon has something to do next, and what.
    pub next_wake: Option<(Timestamp, WakeReason)>,
}
