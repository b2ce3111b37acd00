//! What passes between the engine and attached browsers.

use std::time::Duration;

use pwasync_core::{
    attempt::Finished,
    effect::{CancelReason, Counted, Wake},
    key::{AttemptId, LaunchToken, ProfileKey, SessionId},
    time::Timestamp,
};
use tokio::sync::{mpsc, oneshot};

use super::{HostView, Reply};

/// Messages that may wait for the reader of a session or a launcher; one more, and it is cut off (protocol.md).
pub const OUTBOX: usize = 256;

/// A browser that attaches.
#[derive(Debug)]
pub struct OpenSession {
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
    /// Names the start that it answers, where a launcher started it.
    pub launch: Option<LaunchToken>,
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
    Host(Box<HostView>),
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
    /// A newer session of the profile, or a newer launcher of the owner, attached.
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
