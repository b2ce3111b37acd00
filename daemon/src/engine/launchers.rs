//! Attached launchers: takes what they say, and carries launches out to them.

use std::{collections::BTreeMap, time::Duration};

use pwasync_core::{
    Viewer,
    event::Event,
    key::{LaunchToken, LauncherId, OwnerId, ProfileKey},
};
use tokio::sync::{mpsc, oneshot};

use super::Engine;
use crate::{
    channel::{Closing, FromLauncher, OpenLauncher, ToLauncher},
    recording::AttachLauncher,
};

/// The outboxes of attached launchers, one for each owner.
#[derive(Debug, Default)]
pub(super) struct LauncherTable {
    attached: BTreeMap<LauncherId, Attached>,
    /// Cut off or gone, and to be reported to the core.
    lost: Vec<LauncherId>,
}

#[derive(Debug)]
struct Attached {
    owner: OwnerId,
    outbox: mpsc::Sender<ToLauncher>,
    cut_off: oneshot::Sender<()>,
}

impl LauncherTable {
    /// Launchers that a viewer may see.
    pub(super) fn seen_by(&self, viewer: Viewer) -> usize {
        self.attached.values().filter(|one| viewer.sees(one.owner)).count()
    }

    /// Queues a message. A launcher whose outbox is full is cut off, as a session is.
    fn send(&mut self, id: LauncherId, message: ToLauncher) {
        let Some(attached) = self.attached.get(&id) else { return };
        let Err(error) = attached.outbox.try_send(message) else { return };
        let Some(attached) = self.attached.remove(&id) else { return };
        if matches!(error, mpsc::error::TrySendError::Full(_)) {
            let launcher = id.number();
            tracing::warn!(launcher, "a launcher does not read its messages: cut off");
            // The other side may be gone already; then there is nobody to tell.
            let _ = attached.cut_off.send(());
        }
        self.lost.push(id);
    }

    /// Ends one stream with a last message.
    fn close(&mut self, id: LauncherId, reason: Closing, after: Option<Duration>) {
        self.send(id, ToLauncher::Closing { reason, reconnect_after: after });
        self.attached.remove(&id);
    }

    pub(super) fn close_all(&mut self, reason: Closing, after: Duration) {
        let ids: Vec<_> = self.attached.keys().copied().collect();
        for id in ids {
            self.close(id, reason, Some(after));
        }
        self.lost.clear();
    }
}

impl Engine {
    pub(super) fn open_launcher(&mut self, open: OpenLauncher) {
        if self.down.is_some() || self.stopping {
            return;
        }
        let OpenLauncher { owner, profiles, agent, outbox, cut_off, reply } = open;
        let now = self.host.now();
        let id = self.core.call(now, AttachLauncher(owner, profiles));
        tracing::info!(launcher = id.number(), uid = owner.uid(), agent, "a launcher attached");
        self.launchers.attached.insert(id, Attached { owner, outbox, cut_off });
        // Before what the core wants done: the welcome is the first message.
        self.answer(reply, id);
        self.take_effects();
    }

    pub(super) fn launcher_says(&mut self, launcher: LauncherId, said: FromLauncher) {
        if !self.launchers.attached.contains_key(&launcher) {
            return;
        }
        match said {
            // What counts is that the browser attaches.
            FromLauncher::Started(token) => {
                let number = launcher.number();
                tracing::debug!(launcher = number, ?token, "a browser's process runs");
            }
            FromLauncher::Failed { token, reason } => {
                self.happened(Event::LaunchFailed { launcher, token, reason });
            }
            FromLauncher::Profiles(profiles) => {
                self.happened(Event::LauncherProfiles { launcher, profiles });
            }
            FromLauncher::Closed => {
                self.launchers.attached.remove(&launcher);
                self.happened(Event::LauncherClosed(launcher));
            }
        }
    }

    pub(super) fn launch(&mut self, launcher: LauncherId, profile: ProfileKey, token: LaunchToken) {
        let time_limit = self.core.scheduler().policy().launch_limit;
        let profile = profile.profile;
        self.launchers.send(launcher, ToLauncher::Launch { profile, token, time_limit });
    }

    pub(super) fn cancel_launch(&mut self, launcher: LauncherId, token: LaunchToken) {
        self.launchers.send(launcher, ToLauncher::Cancel(token));
    }

    /// A newer one of the same owner attached.
    pub(super) fn supersede_launcher(&mut self, launcher: LauncherId) {
        self.launchers.close(launcher, Closing::Superseded, None);
    }

    /// Tells the core of launchers that were cut off or have gone.
    pub(super) fn report_lost_launchers(&mut self) {
        for launcher in std::mem::take(&mut self.launchers.lost) {
            self.happened(Event::LauncherClosed(launcher));
        }
    }
}
