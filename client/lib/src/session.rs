//! One running browser profile, as the daemon sees it: wakes come in, outcomes go out.
//!
//! The session attaches by itself, again and again, and remembers what is under way meanwhile:
//! attempts that were woken are named when it attaches again, and an outcome is kept until the
//! daemon says that it is on disk. It decides nothing about the events themselves.

mod backoff;
mod driver;
mod memory;

use std::time::Duration;

use thiserror::Error;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::{
    AttemptId, ClientError, HostState, LastChance, Outcome, ProfileId, RegistrationId,
    RegistrationKey, SocketPath,
};

pub use backoff::reconnect_delay;
use driver::{Command, Driver};

/// A browser says little at a time: two messages an event, and capacity is 64 events at most.
const COMMANDS: usize = 128;
/// As many as a browser can be woken for at once. The daemon keeps 256 more before it closes.
const EVENTS: usize = 64;

/// What a session says of itself when it attaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionOptions {
    /// Whose wakes to receive.
    pub profile: ProfileId,
    /// Name and version of the browser or bridge, for people; at most 256 bytes.
    pub agent: String,
    /// Events at once, 1 to 64; 0 stands for the daemon's default.
    pub capacity: u32,
    /// The launcher's token, when it started this browser.
    pub launch_token: Option<String>,
}

/// Sessions are made here.
#[derive(Debug)]
pub enum Session {}

impl Session {
    /// Starts a session, which attaches as soon as a daemon listens, and again after each loss.
    ///
    /// It ends when it is superseded or refused, when all handles are gone, or when the events are
    /// closed or dropped.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn attach(socket: SocketPath, options: SessionOptions) -> (SessionHandle, SessionEvents) {
        let (commands, handled) = mpsc::channel(COMMANDS);
        let (happened, events) = mpsc::channel(EVENTS);
        let (close, closed) = oneshot::channel();
        let driver = Driver::new(socket, options, happened);
        let task = tokio::spawn(driver.run(handled, closed));
        (SessionHandle { commands }, SessionEvents { events, close, task })
    }
}

/// Says what becomes of attempts. After the end of the session nothing is listened to.
#[derive(Clone, Debug)]
pub struct SessionHandle {
    commands: mpsc::Sender<Command>,
}

impl SessionHandle {
    /// Lets wakes come: said once after each [`SessionEvent::Attached`], after the browser has
    /// reconciled if it wants to. What was said of attempts meanwhile follows it.
    pub async fn ready(&self) {
        self.command(Command::Ready).await;
    }

    /// The worker runs and the event was dispatched.
    pub async fn started(&self, attempt: &AttemptId) {
        self.command(Command::Started(attempt.clone())).await;
    }

    /// The event ended. Kept until the daemon has it on disk; what does not belong to a running
    /// attempt is dropped, so a second outcome changes nothing.
    ///
    /// `detail` is for people; it and `retry_after` are cut to the daemon's limits.
    pub async fn finished(
        &self,
        attempt: &AttemptId,
        outcome: Outcome,
        detail: impl Into<String>,
        retry_after: Option<Duration>,
    ) {
        let (attempt, detail) = (attempt.clone(), detail.into());
        self.command(Command::Finished { attempt, outcome, detail, retry_after }).await;
    }

    async fn command(&self, command: Command) {
        // It fails after the end of the session only, of which the events tell.
        let _ = self.commands.send(command).await;
    }
}

/// What happens in a session.
#[derive(Debug)]
pub struct SessionEvents {
    events: mpsc::Receiver<SessionEvent>,
    close: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl SessionEvents {
    /// The next event; none: the session is over. Harmless to drop half-way.
    pub async fn next(&mut self) -> Option<SessionEvent> {
        self.events.recv().await
    }

    /// Ends the session: outcomes that were reported are brought to the daemon first, as far as
    /// that takes no more than 2 s.
    pub async fn close(mut self) {
        // It fails only when the session is over.
        let _ = self.close.send(());
        while self.events.recv().await.is_some() {}
        // A panic in there was reported where it happened.
        let _ = self.task.await;
    }
}

/// What happens in a session.
#[derive(Debug)]
pub enum SessionEvent {
    /// The daemon knows this browser. Wakes come after [`SessionHandle::ready`].
    Attached {
        /// Its number since the daemon started.
        session_id: u64,
        /// The daemon's version.
        daemon_version: String,
        /// What outcomes may say.
        limits: Limits,
        /// The host.
        host: HostState,
    },
    /// These attempts no longer count: end their events, say nothing.
    Abandon {
        /// Which.
        attempts: Vec<AttemptId>,
    },
    /// Wake a service worker.
    Wake(Wake),
    /// End an event, and report [`Outcome::Aborted`].
    Cancel {
        /// Which.
        attempt: AttemptId,
        /// Why.
        reason: CancelReason,
    },
    /// The daemon is done with this attempt.
    Recorded {
        /// Which.
        attempt: AttemptId,
        /// Whether its outcome counted.
        counted: Counted,
    },
    /// The host changed.
    HostChanged(HostState),
    /// The session is lost, or could not be had in the first place. It will attach again.
    Detached {
        /// Why.
        reason: DetachReason,
    },
    /// The session is over: it is the last event.
    Closed {
        /// Why.
        reason: DetachReason,
    },
}

/// An event to dispatch to a service worker.
///
/// It can come before the answer to the registration that it belongs to has been read: a client
/// deals with its outstanding answer for the key first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wake {
    /// What outcomes name.
    pub attempt: AttemptId,
    /// What people type.
    pub registration_id: RegistrationId,
    /// Which worker, which event, which tag.
    pub key: RegistrationKey,
    /// `event.lastChance`.
    pub last_chance: LastChance,
    /// How long the event may take from its start.
    pub time_limit: Duration,
    /// How long the worker may take to start.
    pub start_limit: Duration,
}

/// What outcomes and registrations may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest tag.
    pub tag_bytes: u32,
    /// The longest scope.
    pub scope_bytes: u32,
    /// The longest detail of an outcome.
    pub detail_bytes: u32,
    /// The longest delay that a server may ask for.
    pub retry_after: Duration,
}

/// Whether an outcome counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It is on disk.
    Yes,
    /// The attempt no longer counted. If its event still runs, it may end.
    No,
}

/// Why an event is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelReason {
    /// It took too long.
    TimeLimit,
    /// Its registration is gone.
    Removed,
    /// Its permission is gone.
    Revoked,
    /// The machine goes to sleep.
    Suspending,
    /// A newer session has it.
    Superseded,
    /// A reason of a newer daemon.
    Other(i32),
}

/// Why the daemon ended a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// It stops.
    ShuttingDown,
    /// A newer session of this profile attached.
    Superseded,
    /// Its messages were not read.
    TooSlow,
    /// It was told something that the protocol does not allow.
    ProtocolError,
    /// It starts again from its store, as after a crash.
    Restarting,
    /// A reason of a newer daemon.
    Other(i32),
}

impl CloseReason {
    /// For people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ShuttingDown => "the daemon stops",
            Self::Superseded => "a newer session of this profile attached",
            Self::TooSlow => "its messages were not read",
            Self::ProtocolError => "protocol error",
            Self::Restarting => "the daemon starts again from its store",
            Self::Other(_) => "for a reason that only a newer client knows",
        }
    }
}

/// Why a session is attached no longer.
#[derive(Debug, Error)]
pub enum DetachReason {
    /// The daemon said so.
    #[error("session was closed: {}{}", reason.as_str(), with_colon(detail.as_deref()))]
    Closing {
        /// Why.
        reason: CloseReason,
        /// More of it, for people.
        detail: Option<String>,
    },
    /// The connection or an answer of the daemon failed.
    #[error(transparent)]
    Failed(#[from] ClientError),
}

fn with_colon(detail: Option<&str>) -> String {
    detail.map(|detail| format!(": {detail}")).unwrap_or_default()
}
