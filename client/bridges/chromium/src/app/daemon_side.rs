//! What the daemon says.

use pwasync_client::{AttemptId, SessionEvent, Wake};
use tokio_util::sync::CancellationToken;

use super::{App, Done};
use crate::{
    page_task::Interfaces,
    registry::Registry,
    wake::{Path, carry_out},
};

impl App {
    pub(super) fn handle_session_event(&mut self, event: SessionEvent) {
        match event {
            SessionEvent::Attached { .. } => {
                tracing::info!("attached to the daemon");
                self.switch(Interfaces::Bridged);
                self.allow_opening();
                self.make_ready();
            }
            SessionEvent::Wake(wake) => self.start_wake(wake),
            SessionEvent::Cancel { attempt, .. } => self.cancel(&attempt),
            SessionEvent::Abandon { attempts } => {
                for attempt in attempts {
                    self.cancel(&attempt);
                }
            }
            SessionEvent::Detached { reason } => {
                tracing::warn!(%reason, "no daemon; new pages have Chromium's own syncs");
                self.switch(Interfaces::Native);
            }
            SessionEvent::Closed { reason } => {
                tracing::warn!(%reason, "the session with the daemon is over for good");
                self.switch(Interfaces::Native);
                self.allow_opening();
            }
            SessionEvent::Recorded { .. } | SessionEvent::HostChanged(_) => {}
        }
    }

    fn cancel(&self, attempt: &AttemptId) {
        if let Some(cancel) = self.wakes.get(attempt) {
            cancel.cancel();
        }
    }

    fn start_wake(&mut self, wake: Wake) {
        let attempt = wake.attempt.clone();
        tracing::debug!(%attempt, scope = wake.key.scope, tag = wake.key.tag, "wake");
        let cancel = CancellationToken::new();
        self.wakes.insert(attempt.clone(), cancel.clone());
        let (shared, session) = (self.shared.clone(), self.session.clone());
        self.tasks.spawn(async move {
            let started = async |path: Path| {
                tracing::debug!(attempt = %wake.attempt, ?path, "started");
                session.started(&wake.attempt).await;
            };
            if let Some(end) = carry_out(&shared, &wake, &cancel, started).await {
                let outcome = end.outcome.as_str();
                tracing::debug!(%attempt, outcome, detail = end.detail, "finished");
                session.finished(&attempt, end.outcome, end.detail, None).await;
            }
            Done::Wake(attempt)
        });
    }

    /// No wake comes before the bridge knows its service workers.
    fn make_ready(&mut self) {
        let (shared, session) = (self.shared.clone(), self.session.clone());
        self.tasks.spawn(async move {
            let mut registry = shared.registry.clone();
            if registry.wait_for(Registry::is_settled).await.is_ok() {
                session.ready().await;
            }
            Done::Quiet
        });
    }

    fn switch(&self, interfaces: Interfaces) {
        self.interfaces.send_if_modified(|current| {
            let changed = *current != interfaces;
            *current = interfaces;
            changed
        });
    }
}
