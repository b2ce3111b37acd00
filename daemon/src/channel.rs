//! The inputs of the engine, and the narrowed senders by which shells reach it.
//!
//! A shell gets a sender that can say only what its own source knows; none of them can reach
//! another shell.

use std::time::Duration;

use pwasync_core::{
    Caller, Filter, Force, NewRegistration, Page, Reconciled, RegisterError, Registered,
    RegistrationView, RunNow, StateCounts, Unregistered, Viewer, WakeReason,
    attempt::Finished,
    change::Change,
    effect::{CancelReason, Counted, Wake},
    facts::{Host, Netlink, Origin, Power, StoreAccess},
    key::{
        AttemptId, OwnerId, ProfileKey, RegistrationId, RegistrationKey, SessionId, SyncKind, Tag,
        WorkerKey,
    },
    time::{Timestamp, WallClock},
};
use tokio::sync::{mpsc, oneshot};

/// Inputs that may wait for the engine. It takes them all before it commits, so this is about
/// one batch; a full channel makes callers wait, which is the back-pressure wanted.
const INPUTS: usize = 1_024;

/// Messages that may wait for a session's reader; one more, and it is cut off (protocol.md).
pub const OUTBOX: usize = 256;

/// Changes that may wait for a watcher's reader; further ones are counted as skipped.
pub const WATCH: usize = 1_024;

/// What the engine takes.
#[derive(Debug)]
pub enum Input {
    /// netlink's snapshot changed.
    Network(Netlink),
    /// Battery or charger changed.
    Power(Power),
    /// The wall clock moved against core time.
    WallClock(WallClock),
    /// A caller asks for something.
    Request(Request),
    /// A browser attaches.
    OpenSession(OpenSession),
    /// An attached browser says something.
    Session(SessionId, FromSession),
    /// The simulated host is driven.
    Simulation(SimulationRequest),
    /// The daemon is to stop: sessions are told, and what is forming is committed.
    Stop,
}

/// An answer with the wall clock that its instants are to be shown by.
#[derive(Debug)]
pub struct Answered<T> {
    /// The answer.
    pub value: T,
    /// See [`WallClock`].
    pub wall: WallClock,
}

/// Where an answer goes. Dropped unsent when what it depends on could not be recorded.
pub type Reply<T> = oneshot::Sender<Answered<T>>;

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
        reply: Reply<Option<RegistrationView>>,
    },
    /// See [`pwasync_core::Scheduler::tags`].
    GetTags {
        /// Of which worker.
        worker: WorkerKey,
        /// Of which kind.
        kind: SyncKind,
        /// The answer.
        reply: Reply<Vec<Tag>>,
    },
    /// See [`pwasync_core::Scheduler::unregister`].
    Unregister {
        /// Who asks.
        caller: Caller,
        /// Which.
        key: RegistrationKey,
        /// The answer.
        reply: Reply<Unregistered>,
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

/// The host as it is to be shown.
#[derive(Clone, Debug)]
pub struct HostView {
    /// The joined facts.
    pub host: Host,
    /// When.
    pub now: Timestamp,
    /// Real sources or the simulated host.
    pub origin: Origin,
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
    /// The host.
    pub host: HostView,
    /// Registrations the caller may see, by state.
    pub counts: StateCounts,
    /// Sessions the caller may see.
    pub sessions: usize,
    /// When the daemon has something to do next, and what.
    pub next_wake: Option<(Timestamp, WakeReason)>,
}

/// A browser that attaches.
#[derive(Debug)]
pub struct OpenSession {
    /// Who.
    pub caller: Caller,
    /// Which profile.
    pub profile: ProfileKey,
    /// For people.
    pub agent: String,
    /// As the kernel gave it at connect time; a label, no proof.
    pub process_id: Option<u32>,
    /// Events at once; `None`: policy's default.
    pub capacity: Option<u32>,
    /// Attempts whose event runs now.
    pub running: Vec<AttemptId>,
    /// Outcomes that were never confirmed.
    pub finished: Vec<Finished>,
    /// Where messages go, in order; [`OUTBOX`] deep.
    pub outbox: mpsc::Sender<ToSession>,
    /// Told when the outbox is full: end the stream at once.
    pub cut_off: oneshot::Sender<()>,
    /// The answer, which goes out before any message.
    pub reply: Reply<Welcome>,
}

/// The answer to a browser that attached.
#[derive(Clone, Debug)]
pub struct Welcome {
    /// The session's number.
    pub session: SessionId,
    /// Attempts that no longer count.
    pub abandon: Vec<AttemptId>,
    /// The host.
    pub host: HostView,
}

/// What an attached browser says.
#[derive(Clone, Debug)]
pub enum FromSession {
    /// It takes wakes.
    Ready,
    /// The event was dispatched.
    Started(AttemptId),
    /// The event ended.
    Finished(Finished),
    /// Its stream is gone.
    Closed,
}

/// What the daemon says to an attached browser.
#[derive(Clone, Debug)]
pub enum ToSession {
    /// Wake a service worker.
    Wake(Wake),
    /// End an event.
    Cancel {
        /// Which attempt.
        attempt: AttemptId,
        /// Why.
        reason: CancelReason,
    },
    /// An outcome is on disk.
    Recorded {
        /// Which attempt.
        attempt: AttemptId,
        /// Whether it still counted.
        counted: Counted,
    },
    /// The host changed.
    Host(HostView),
    /// The session ends; the last message.
    Closing {
        /// Why.
        reason: Closing,
        /// Come back after this time; `None`: do not.
        reconnect_after: Option<Duration>,
    },
}

/// Why the daemon ends a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// The daemon stops.
    ShuttingDown,
    /// A newer session of the profile attached.
    Superseded,
    /// The core starts again from the store.
    Restarting,
}

/// An attached session, for people.
#[derive(Clone, Debug)]
pub struct SessionInfo {
    /// Its number.
    pub id: SessionId,
    /// Whose profile, and which.
    pub profile: ProfileKey,
    /// Name and version.
    pub agent: String,
    /// See [`OpenSession::process_id`].
    pub process_id: Option<u32>,
    /// Since when.
    pub attached_at: Timestamp,
    /// It takes wakes.
    pub ready: bool,
    /// Events at once.
    pub capacity: u32,
    /// Attempts that are out with it.
    pub running: Vec<AttemptId>,
}

/// A call of the simulation service.
#[derive(Debug)]
pub enum SimulationRequest {
    /// Goes online on a network of this name, or offline.
    SetNetwork {
        /// `None`: offline.
        network: Option<String>,
        /// The host afterwards.
        reply: Reply<HostView>,
    },
    /// Battery and charger.
    SetPower {
        /// The facts.
        power: Power,
        /// The host afterwards.
        reply: Reply<HostView>,
    },
    /// The machine goes to sleep.
    Suspend {
        /// When done.
        reply: Reply<()>,
    },
    /// Time passes, then the machine is awake.
    Resume {
        /// How long it slept.
        after: Duration,
        /// The instant reached.
        reply: Reply<Timestamp>,
    },
    /// Moves time from deadline to deadline.
    Advance(Advance),
    /// Steps the wall clock.
    StepClock {
        /// By so many milliseconds.
        by_millis: i64,
        /// Core time, which did not move.
        reply: Reply<Timestamp>,
    },
    /// What is not committed is gone; the engine starts again from the store.
    CutPower {
        /// The new epoch.
        reply: Reply<u64>,
    },
    /// Writes fail.
    FailStore {
        /// How; `None`: they work again.
        failure: Option<StoreFailure>,
        /// In simulated time; `None`: until told otherwise.
        for_: Option<Duration>,
        /// When done.
        reply: Reply<()>,
    },
}

/// How writes to the store fail under the simulated host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreFailure {
    /// ENOSPC.
    NoSpace,
    /// EIO.
    InputOutput,
    /// EROFS.
    ReadOnly,
}

/// A wish to move simulated time.
#[derive(Debug)]
pub struct Advance {
    /// How far.
    pub target: AdvanceTarget,
    /// Real time to wait for woken sessions.
    pub patience: Duration,
    /// Whether time stands still while an attempt is out.
    pub attempts_out: AttemptsOut,
    /// The answer.
    pub reply: Reply<Result<Advanced, AdvanceError>>,
}

/// How far to advance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdvanceTarget {
    /// From now.
    By(Duration),
    /// To this wall time, in milliseconds since 1970.
    ToUnixMillis(i64),
}

/// What an advance does while attempts are out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptsOut {
    /// Time stands still.
    HoldTime,
    /// Time goes on: one that stays silent runs into its limit.
    LetTimeOut,
}

/// How an advance ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advanced {
    /// The instant reached.
    pub now: Timestamp,
    /// Wakes sent meanwhile.
    pub wakes: u64,
}

/// Why an advance did not reach its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdvanceError {
    /// Woken sessions did not finish in time.
    #[error("{out} attempts were still out after `{patience:?}` of real time")]
    OutOfPatience {
        /// How many.
        out: usize,
        /// How long was waited.
        patience: Duration,
    },
    /// The target lies in the past.
    #[error("the target lies before the simulated time")]
    Past,
}

/// Makes the engine's channel.
pub fn channel() -> (EngineSender, mpsc::Receiver<Input>) {
    let (sender, receiver) = mpsc::channel(INPUTS);
    (EngineSender(sender), receiver)
}

/// The engine is gone: the daemon is stopping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the daemon is stopping")]
pub struct EngineGone;

/// Says anything; for `app` and `grpc`, which narrow it further for others.
#[derive(Clone, Debug)]
pub struct EngineSender(mpsc::Sender<Input>);

impl EngineSender {
    /// Waits for room, then hands the input over.
    ///
    /// # Errors
    /// When the engine has ended.
    pub async fn send(&self, input: Input) -> Result<(), EngineGone> {
        self.0.send(input).await.map_err(|_| EngineGone)
    }

    /// Asks, and waits for the answer; `None`: what it depends on could not be recorded.
    ///
    /// # Errors
    /// When the engine has ended.
    pub async fn ask<T>(
        &self,
        input: impl FnOnce(Reply<T>) -> Input,
    ) -> Result<Option<Answered<T>>, EngineGone> {
        let (reply, answer) = oneshot::channel();
        self.send(input(reply)).await?;
        Ok(answer.await.ok())
    }

    /// For the network monitor.
    pub fn network(&self) -> NetworkSender {
        NetworkSender(self.0.clone())
    }

    /// For the watch on the wall clock.
    pub fn wall_clock(&self) -> WallClockSender {
        WallClockSender(self.0.clone())
    }
}

/// Says only what netlink knows.
#[derive(Clone, Debug)]
pub struct NetworkSender(mpsc::Sender<Input>);

impl NetworkSender {
    /// Waits for room, then hands the snapshot over.
    ///
    /// # Errors
    /// When the engine has ended.
    pub async fn send(&self, facts: Netlink) -> Result<(), EngineGone> {
        self.0.send(Input::Network(facts)).await.map_err(|_| EngineGone)
    }
}

/// Says only how the wall clock stands.
#[derive(Clone, Debug)]
pub struct WallClockSender(mpsc::Sender<Input>);

impl WallClockSender {
    /// Waits for room, then hands the wall clock over.
    ///
    /// # Errors
    /// When the engine has ended.
    pub async fn send(&self, wall: WallClock) -> Result<(), EngineGone> {
        self.0.send(Input::WallClock(wall)).await.map_err(|_| EngineGone)
    }
}

/// Whether a change concerns a viewer.
pub fn concerns(viewer: Viewer, change: &Change) -> bool {
    use pwasync_core::change::What;
    let owner: OwnerId = match &change.what {
        What::Registration { key, .. } => key.owner(),
        What::Session { profile, .. } => profile.owner,
        What::Host => return true,
    };
    viewer.sees(owner)
}
