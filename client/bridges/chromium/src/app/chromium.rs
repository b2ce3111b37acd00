//! What Chromium says.

use std::sync::Arc;

use serde_json::Value;
use url::Url;

use super::{
    Again, App, Done,
    control::{self, Control},
};
use crate::{
    call::{ApiCall, MAX_PAYLOAD_BYTES},
    cdp::{Event, SessionId},
    drain::drain,
    page_task::{Interfaces, PageQueue, PageTask, refuse},
    pages::Place,
    registry::can_sync,
    worker::{Preparation, detach, prepare},
};

/// Pages and frames at once: a page can open windows and frames without end.
const MAX_PAGES: usize = 4_096;
/// Tasks beside those of the pages. A refusal or a signal beyond that is dropped.
const MAX_TASKS: usize = 16_384;

impl App {
    /// Makes the bridge's own page. What comes of it is handled before Chromium tells of its targets.
    pub(super) fn prepare(&mut self) {
        let shared = self.shared.clone();
        self.tasks.spawn(async move {
            Done::ControlMade(control::make(&shared.connection, shared.shims.network()).await)
        });
    }

    pub(super) fn control_made(&mut self, control: Control) {
        self.profile = Some(control.profile);
        let connection = self.shared.connection.clone();
        let session = control.session;
        self.tasks.spawn(async move {
            Done::Prepared(control::watch_targets(&connection).await.map(|()| session))
        });
    }

    pub(super) fn handle_event(&mut self, event: &Event) {
        match (event.method.as_str(), &event.session) {
            ("Target.attachedToTarget", _) => self.target_attached(&event.params),
            ("Target.detachedFromTarget", _) => {
                if let Some(session) = event.params["sessionId"].as_str() {
                    self.session_ended(session);
                }
            }
            ("Runtime.bindingCalled", Some(session)) => self.page_called(session, &event.params),
            ("Runtime.executionContextCreated", Some(session)) => {
                self.pages.context_created(session, &event.params);
                self.publish_windows();
            }
            ("Runtime.executionContextDestroyed", Some(session)) => {
                self.pages.context_destroyed(session, &event.params);
                self.publish_windows();
            }
            ("Runtime.executionContextsCleared" | "Inspector.targetCrashed", Some(session)) => {
                self.pages.contexts_cleared(session);
                self.publish_windows();
                if event.method == "Inspector.targetCrashed" {
                    self.renew_control(session);
                }
            }
            ("ServiceWorker.workerErrorReported", _) => self.worker_reported(&event.params),
            (
                "ServiceWorker.workerRegistrationUpdated" | "ServiceWorker.workerVersionUpdated",
                _,
            ) => self.registry_changed(event),
            _ => {}
        }
    }

    fn target_attached(&mut self, params: &Value) {
        let info = &params["targetInfo"];
        let (Some(session), Some(target)) =
            (params["sessionId"].as_str(), info["targetId"].as_str())
        else {
            return;
        };
        let session = SessionId::from(session);
        let waiting = params["waitingForDebugger"].as_bool() == Some(true);
        let url = info["url"].as_str().unwrap_or_default();
        let others = info["browserContextId"].as_str() != self.profile.as_deref();
        match info["type"].as_str() {
            // Incognito, or another profile of this Chromium: its syncs are not this profile's.
            Some("page" | "service_worker") if others => self.leave_alone(session),
            // A further session with the same page is somebody else's; its calls come once.
            Some("page" | "iframe") if self.pages.has_target(target) => {}
            Some("page") => {
                if url == "about:blank" && self.blank.is_none() {
                    self.blank = Some(Arc::clone(&session));
                }
                self.open_task(session, target, Place::TopLevel);
                self.open_page();
            }
            Some("iframe") => self.open_task(session, target, Place::Frame),
            Some("service_worker") if waiting => self.worker_waits(session, url),
            // It ran before the bridge came. Later ones that do not wait are the bridge's own.
            Some("service_worker") if self.control.borrow().is_none() => {
                let connection = self.shared.connection.clone();
                self.tasks.spawn(async move {
                    detach(&connection, &session).await;
                    Done::Quiet
                });
            }
            _ => {}
        }
    }

    fn open_task(&mut self, session: SessionId, target: &str, place: Place) {
        if self.page_commands.len() >= MAX_PAGES {
            tracing::warn!(limit = MAX_PAGES, "too many pages: one has Chromium's own syncs");
            let connection = self.shared.connection.clone();
            self.tasks.spawn(async move {
                detach(&connection, &session).await;
                Done::Quiet
            });
            return;
        }
        let (queue, commands) = PageQueue::new();
        self.pages.open(Arc::clone(&session), target, place);
        self.page_commands.insert(Arc::clone(&session), queue);
        let task = PageTask {
            shared: self.shared.clone(),
            session,
            place,
            commands,
            interfaces: self.interfaces.subscribe(),
        };
        self.tasks.spawn(async move {
            task.run().await;
            Done::Quiet
        });
    }

    fn session_ended(&mut self, session: &str) {
        self.pages.close(session);
        // The page's task ends with its last command.
        self.page_commands.remove(session);
        self.publish_windows();
        if self.blank.as_deref() == Some(session) {
            self.blank = None;
        }
        self.renew_control(session);
    }

    fn renew_control(&mut self, session: &str) {
        if self.control.borrow().as_deref() == Some(session) {
            tracing::warn!("the bridge's own page is gone and is made again");
            self.control.send_modify(|control| *control = None);
            self.prepare();
        }
    }

    fn leave_alone(&mut self, session: SessionId) {
        let shared = self.shared.clone();
        self.tasks.spawn(async move {
            prepare(&shared.connection, &shared.shims, &session, Preparation::None).await;
            Done::Quiet
        });
    }

    fn worker_waits(&mut self, session: SessionId, url: &str) {
        let usable = Url::parse(url).is_ok_and(|url| can_sync(&url));
        let bridged = *self.interfaces.borrow() == Interfaces::Bridged;
        let preparation = if usable && bridged { Preparation::Shim } else { Preparation::None };
        let shared = self.shared.clone();
        self.tasks.spawn(async move {
            prepare(&shared.connection, &shared.shims, &session, preparation).await;
            Done::Quiet
        });
    }

    fn page_called(&mut self, session: &SessionId, params: &Value) {
        if params["name"].as_str() != Some(self.shared.shims.name()) {
            return;
        }
        let (Some(context), Some(payload)) =
            (params["executionContextId"].as_i64(), params["payload"].as_str())
        else {
            return;
        };
        let (Some(document), Some(commands)) =
            (self.pages.document(session, context), self.page_commands.get(session))
        else {
            return;
        };
        // The interfaces never send so much.
        if payload.len() > MAX_PAYLOAD_BYTES {
            tracing::debug!(bytes = payload.len(), "a call of a page is over the limit");
            return;
        }
        if commands.call(document, payload).is_ok() || self.tasks.len() >= MAX_TASKS {
            return;
        }
        let Ok(ApiCall { id, .. }) = ApiCall::parse(payload) else { return };
        let (shared, document) = (self.shared.clone(), document.clone());
        self.tasks.spawn(async move {
            refuse(shared, document, id).await;
            Done::Quiet
        });
    }

    /// The shim of a worker reports its signal as an error; Chromium says whose it is.
    fn worker_reported(&mut self, params: &Value) {
        let error = &params["errorMessage"];
        let text = error["errorMessage"].as_str().unwrap_or_default();
        let Some(version) = error["versionId"].as_str() else { return };
        if text.contains(self.shared.shims.name()) {
            self.drain(version.to_owned());
        }
    }

    pub(super) fn drain(&mut self, version: String) {
        if let Some(again) = self.drains.get_mut(&version) {
            *again = Again::Yes;
            return;
        }
        if self.tasks.len() >= MAX_TASKS {
            return;
        }
        self.drains.insert(version.clone(), Again::No);
        let shared = self.shared.clone();
        self.tasks.spawn(async move {
            drain(&shared, &version).await;
            Done::Drained(version)
        });
    }

    fn registry_changed(&mut self, event: &Event) {
        let mut gone = Vec::new();
        self.registry.send_modify(|registry| gone = registry.handle_event(event));
        for scope in gone {
            let usable = Url::parse(&scope).is_ok_and(|url| can_sync(&url));
            if usable && !self.removing.borrow().contains(&scope) {
                self.remove_scope(scope);
            }
        }
    }

    fn remove_scope(&mut self, scope: String) {
        self.removing.send_modify(|scopes| {
            scopes.insert(scope.clone());
        });
        let daemon = self.shared.daemon.clone();
        self.tasks.spawn(async move {
            // The next wake of the scope would tell the daemon as well.
            if let Err(error) = daemon.remove_scope(&scope).await {
                tracing::debug!(%error, scope, "the daemon could not be told that a scope is gone");
            }
            Done::ScopeRemoved(scope)
        });
    }

    fn publish_windows(&self) {
        let windows = self.pages.windows();
        self.windows.send_if_modified(|current| {
            let changed = *current != windows;
            *current = windows;
            changed
        });
    }
}
