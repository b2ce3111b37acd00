//! What passes between the engine and attached launchers.

use std::{collections::BTreeSet, time::Duration};

use pwasync_core::key::{LaunchToken, LauncherId, OwnerId, ProfileId};
use tokio::sync::{mpsc, oneshot};

use super::{Closing, Reply};

/// A launcher that attaches.
#[derive(Debug)]
pub struct OpenLauncher {
    /// Whose browsers it starts.
    pub owner: OwnerId,
    /// Which profiles it can start.
    pub profiles: BTreeSet<ProfileId>,
    /// For people.
    pub agent: String,
    /// Where messages go, in order; [`OUTBOX`](super::OUTBOX) deep.
    pub outbox: mpsc::Sender<ToLauncher>,
    /// Told when the outbox is full: end the stream at once.
    pub cut_off: oneshot::Sender<()>,
    /// The launcher's number, which goes out before any message.
    pub reply: Reply<LauncherId>,
}

/// What an attached launcher says.
#[derive(Clone, Debug)]
pub enum FromLauncher {
    /// The browser's process runs.
    Started(LaunchToken),
    /// The browser did not start.
    Failed {
        /// Which start.
        token: LaunchToken,
        /// Why, for people.
        reason: Box<str>,
    },
    /// The whole list of what it can start changed.
    Profiles(BTreeSet<ProfileId>),
    /// Its stream is gone.
    Closed,
}

/// What the daemon says to an attached launcher.
#[derive(Clone, Debug)]
pub enum ToLauncher {
    /// Start a browser.
    Launch {
        /// Which.
        profile: ProfileId,
        /// Names this start.
        token: LaunchToken,
        /// It must attach so soon.
        time_limit: Duration,
    },
    /// The start is not wanted any more.
    Cancel(LaunchToken),
    /// The stream ends; the last message.
    Closing {
        /// Why.
        reason: Closing,
        /// Come back after this time; `None`: do not.
        reconnect_after: Option<Duration>,
    },
}
