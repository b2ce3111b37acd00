//! Those who watch, and the last changes for those who come later.

use std::collections::VecDeque;

use pwasync_core::{
    Viewer,
    change::{Change, RegistrationChange, What},
};
use tokio::sync::mpsc;

use crate::channel::{Follow, WATCH, Watched};

/// Past changes that a watcher can begin with.
const RECENT: usize = 1_000;

/// Watchers at once of one viewer; one more takes the place of its oldest.
const WATCHERS: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Watchers {
    recent: VecDeque<Watched>,
    watchers: VecDeque<Watcher>,
}

#[derive(Debug)]
struct Watcher {
    viewer: Viewer,
    sender: mpsc::Sender<Watched>,
    skipped: u32,
}

impl Watchers {
    pub(super) fn tell(&mut self, watched: &Watched) {
        self.watchers.retain_mut(|watcher| watcher.tell(watched));
        if self.recent.len() >= RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(watched.clone());
    }

    /// A stream of changes for a viewer, which begins with recent ones.
    pub(super) fn open(
        &mut self,
        viewer: Viewer,
        recent: usize,
        follow: Follow,
    ) -> mpsc::Receiver<Watched> {
        let (sender, receiver) = mpsc::channel(WATCH);
        let mut watcher = Watcher { viewer, sender, skipped: 0 };
        let seen: Vec<_> = self.recent.iter().filter(|past| watcher.sees(past)).collect();
        for past in &seen[seen.len().saturating_sub(recent)..] {
            watcher.tell(past);
        }
        if follow == Follow::Yes {
            let own = |one: &Watcher| one.viewer == viewer;
            if self.watchers.iter().filter(|one| own(one)).count() >= WATCHERS
                && let Some(oldest) = self.watchers.iter().position(own)
            {
                self.watchers.remove(oldest);
            }
            self.watchers.push_back(watcher);
        }
        receiver
    }
}

impl Watcher {
    fn sees(&self, watched: &Watched) -> bool {
        match watched {
            Watched::Change { change, .. } => concerns(self.viewer, change),
            Watched::Skipped(_) => true,
        }
    }

    /// False when the reader is gone.
    fn tell(&mut self, watched: &Watched) -> bool {
        if !self.sees(watched) {
            return !self.sender.is_closed();
        }
        if self.skipped > 0 && self.sender.try_send(Watched::Skipped(self.skipped)).is_ok() {
            self.skipped = 0;
        }
        match self.sender.try_send(watched.clone()) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.skipped = self.skipped.saturating_add(1);
                true
            }
            Err(mpsc::error::TrySendError::Closed(_)) => false,
        }
    }
}

/// Whether a change concerns a viewer. What holds a registration and how browsers are started is
/// told by the history, not by a watch: the protocol has no words for it.
fn concerns(viewer: Viewer, change: &Change) -> bool {
    match &change.what {
        What::Registration { what: RegistrationChange::Held(_), .. } | What::Launch { .. } => false,
        What::Registration { key, .. } => viewer.sees(key.owner()),
        What::Session { profile, .. } => viewer.sees(profile.owner),
        What::Host => true,
    }
}
