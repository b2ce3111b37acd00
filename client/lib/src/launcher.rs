//! What starts closed browsers: it says which it can start, and hears which to start.

use std::time::Duration;

use crate::connection::{LauncherIncoming, LauncherOutgoing, open_launcher};
use crate::{ClientError, CloseReason, ProfileId, SocketPath};

/// What a launcher says of itself when it attaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LauncherOptions {
    /// Profiles that it can start; at most 64.
    pub profiles: Vec<ProfileId>,
    /// Its name and version, for people; at most 256 bytes.
    pub agent: String,
}

/// A launcher that is attached. The daemon keeps one for each user, and the newest wins.
///
/// It does not attach again by itself: after an error or [`LauncherEvent::Closing`] it is over, and
/// another one may be attached after [`crate::reconnect_delay`], unless it was superseded.
#[derive(Debug)]
pub struct Launcher {
    id: u64,
    daemon_version: String,
    outgoing: LauncherOutgoing,
    incoming: LauncherIncoming,
}

/// What a launcher hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LauncherEvent {
    /// Start this profile's browser, without a window.
    Launch {
        /// Which.
        profile: ProfileId,
        /// What the browser says in its Hello, and the launcher in its answers.
        launch_token: String,
        /// By then it is to be attached.
        time_limit: Duration,
    },
    /// A launch is not wanted any more.
    Cancel {
        /// Which.
        launch_token: String,
    },
    /// The daemon ended this.
    Closing {
        /// Why.
        reason: CloseReason,
        /// Wait so long before coming back; none: as usual.
        reconnect_after: Option<Duration>,
        /// More of it, for people.
        detail: Option<String>,
    },
}

impl Launcher {
    /// Attaches.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`].
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn attach(socket: SocketPath, options: LauncherOptions) -> Result<Self, ClientError> {
        let LauncherOptions { profiles, agent } = options;
        let opened = open_launcher(socket, profiles, agent).await?;
        let (id, daemon_version, outgoing, incoming) = opened;
        Ok(Self { id, daemon_version, outgoing, incoming })
    }

    /// Its number since the daemon started.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The daemon's version.
    #[must_use]
    pub fn daemon_version(&self) -> &str {
        &self.daemon_version
    }

    /// What comes next. Harmless to drop half-way.
    ///
    /// # Errors
    ///
    /// Any [`ClientError`]; the launcher is over then.
    pub async fn next(&mut self) -> Result<LauncherEvent, ClientError> {
        self.incoming.next().await
    }

    /// The browser's process runs. After the end nothing is listened to, here and below.
    pub async fn started(&self, launch_token: &str) {
        self.outgoing.started(launch_token).await;
    }

    /// The browser did not start, or ended before it attached. The reason is for people, at most
    /// 1,024 bytes.
    pub async fn failed(&self, launch_token: &str, reason: &str) {
        self.outgoing.failed(launch_token, reason).await;
    }

    /// The whole list of profiles that it can start, again.
    pub async fn profiles_changed(&self, profiles: Vec<ProfileId>) {
        self.outgoing.profiles_changed(profiles).await;
    }
}
