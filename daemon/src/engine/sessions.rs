//! The outboxes of attached browsers.

use std::{collections::BTreeMap, time::Duration};

use pwasync_core::{
    key::{OwnerId, ProfileKey, SessionId},
    time::Timestamp,
};
use tokio::sync::{mpsc, oneshot};

use crate::channel::{Closing, HostView, ToSession};

/// The log names an owner whose sessions do not read at most so often.
const NAMED_AGAIN: Duration = Duration::from_secs(60);

/// An attached browser, as the engine reaches it.
#[derive(Debug)]
pub(super) struct Attached {
    pub(super) profile: ProfileKey,
    pub(super) agent: String,
    pub(super) process_id: Option<u32>,
    pub(super) attached_at: Timestamp,
    pub(super) outbox: mpsc::Sender<ToSession>,
    pub(super) cut_off: oneshot::Sender<()>,
}

#[derive(Debug, Default)]
pub(super) struct SessionTable {
    attached: BTreeMap<SessionId, Attached>,
    /// Cut off or gone, and to be reported to the core.
    lost: Vec<SessionId>,
    /// When the session attached that was named last in the log for not reading, of each owner.
    named: BTreeMap<OwnerId, Timestamp>,
}

impl SessionTable {
    pub(super) fn insert(&mut self, id: SessionId, attached: Attached) {
        self.attached.insert(id, attached);
    }

    pub(super) fn remove(&mut self, id: SessionId) -> Option<Attached> {
        self.attached.remove(&id)
    }

    pub(super) fn contains(&self, id: SessionId) -> bool {
        self.attached.contains_key(&id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (SessionId, &Attached)> {
        self.attached.iter().map(|(id, attached)| (*id, attached))
    }

    /// Queues a message. A session whose outbox is full is cut off: it does not read, and
    /// nothing is buffered for it without bound.
    pub(super) fn send(&mut self, id: SessionId, message: ToSession) {
        let Some(attached) = self.attached.get(&id) else { return };
        match attached.outbox.try_send(message) {
            Ok(()) => {}
            Err(error) => {
                let Some(attached) = self.attached.remove(&id) else { return };
                if matches!(error, mpsc::error::TrySendError::Full(_)) {
                    if self.is_news(&attached) {
                        tracing::warn!(session = %id, "a session does not read its messages: cut off");
                    }
                    // The other side may be gone already; then there is nobody to tell.
                    let _ = attached.cut_off.send(());
                }
                self.lost.push(id);
            }
        }
    }

    /// Whoever comes again and again and never reads is named once a minute.
    fn is_news(&mut self, attached: &Attached) -> bool {
        let (owner, at) = (attached.profile.owner, attached.attached_at);
        self.named.retain(|_, named| at.saturating_since(*named) < NAMED_AGAIN);
        let news = !self.named.contains_key(&owner);
        self.named.entry(owner).or_insert(at);
        news
    }

    pub(super) fn tell_all_host(&mut self, host: &HostView) {
        let ids: Vec<_> = self.attached.keys().copied().collect();
        for id in ids {
            self.send(id, ToSession::Host(Box::new(host.clone())));
        }
    }

    /// Ends one session with a last message.
    pub(super) fn close(&mut self, id: SessionId, reason: Closing, after: Option<Duration>) {
        self.send(id, ToSession::Closing { reason, reconnect_after: after });
        self.attached.remove(&id);
    }

    pub(super) fn close_all(&mut self, reason: Closing, after: Duration) {
        let ids: Vec<_> = self.attached.keys().copied().collect();
        for id in ids {
            self.close(id, reason, Some(after));
        }
        self.lost.clear();
    }

    pub(super) fn take_lost(&mut self) -> Vec<SessionId> {
        std::mem::take(&mut self.lost)
    }
}
