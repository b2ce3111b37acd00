//! Carries one wake out: starts the service worker, has the event dispatched once, and says how it
//! ended.
//!
//! Chromium's own dispatch is the usual way. It is silent when it drops the event, which it does
//! while it believes the network gone; then the event is dispatched inside the worker. Which of the
//! two it is, is decided in the worker, where nothing runs in between (`shim/worker.js`).

use std::time::Duration;

use pwasync_client::{LastChance, Outcome, Wake};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    call::Kind,
    cdp::CallError,
    daemon,
    registry::{Lookup, Registry, Running},
    shared::{QUICK, Shared},
    worker::WorkerSession,
};

/// The protocol's limit for a detail.
const MAX_DETAIL_BYTES: usize = 1_024;
/// The daemon ends an attempt at its limit; this is for a daemon that does not.
const LIMIT_SLACK: Duration = Duration::from_secs(30);
/// A start that shows nothing for this long is asked for again.
const START_AGAIN: Duration = Duration::from_secs(3);
/// The answer to a page's own registration goes first, but not for ever.
const ANSWER_FIRST: Duration = Duration::from_secs(2);
const ABORT_LIMIT: Duration = Duration::from_millis(500);
/// When its workers go because it ends, Chromium is gone after less than a tenth of a second.
const ENDS_WITHIN: Duration = Duration::from_millis(500);

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) outcome: Outcome,
    pub(crate) detail: String,
}

/// Why an attempt did not run to its end.
#[derive(Debug)]
enum Interrupted {
    /// It ends so instead.
    Ended(End),
    /// The daemon does not want it any more.
    Cancelled,
    /// Chromium is gone: nobody is left to tell.
    BrowserGone,
}

/// What ends the starting of a worker from outside.
#[derive(Debug)]
struct Stop<'a> {
    cancel: &'a CancellationToken,
    deadline: Instant,
}

/// Which way the event went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    /// Chromium dispatched it.
    Trusted,
    /// It was dispatched inside the worker.
    Synthetic,
}

/// One wake under way.
#[derive(Debug)]
pub(crate) struct WakeTask<'a> {
    shared: &'a Shared,
    wake: &'a Wake,
    kind: Kind,
    token: String,
}

/// Carries a wake out. `started` is called once, when the event was dispatched; none is returned
/// when Chromium is gone. A cancel ends the attempt as `Aborted`.
pub(crate) async fn carry_out(
    shared: &Shared,
    wake: &Wake,
    cancel: &CancellationToken,
    started: impl AsyncFnOnce(Path),
) -> Option<End> {
    let task = WakeTask {
        shared,
        wake,
        kind: daemon::kind(wake.key.kind),
        token: shared.shims.token(wake.attempt.as_str()),
    };
    let (end, patience) = match task.run(cancel, started).await {
        // What the end of Chromium breaks, a request for example, may still be told by the worker.
        Ok(end) => (end, Duration::ZERO),
        Err(Interrupted::Ended(end)) => (end, ENDS_WITHIN),
        Err(Interrupted::Cancelled) => {
            return Some(End { outcome: Outcome::Aborted, detail: String::new() });
        }
        Err(Interrupted::BrowserGone) => return None,
    };
    // The end of Chromium is no failure of the worker: the attempt is lost with the session.
    (is_no_failure(end.outcome) || shared.chromium_lives_on(patience).await).then_some(end)
}

fn is_no_failure(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Completed | Outcome::Aborted | Outcome::ScopeGone => true,
        Outcome::Rejected | Outcome::TimedOut | Outcome::Offline | Outcome::Unavailable => false,
    }
}

/// A worker that is attached to, with what has to be known to stop it.
struct Attached<'a> {
    session: WorkerSession<'a>,
    version: String,
    target: String,
}

impl WakeTask<'_> {
    async fn run(
        &self,
        cancel: &CancellationToken,
        started: impl AsyncFnOnce(Path),
    ) -> Result<End, Interrupted> {
        // The daemon's limit runs since it sent the wake.
        let limit = sleep(self.wake.start_limit.mul_f32(0.9));
        let stop = Stop { cancel, deadline: limit.deadline() };
        let key = (self.wake.key.scope.clone(), self.kind, self.wake.key.tag.clone());
        stop.race(self.shared.outstanding.wait(&key, ANSWER_FIRST)).await?;
        let registration = stop.race(self.find()).await??;
        // Attaching is not interrupted: a session that nobody knows would keep the worker alive.
        let (worker, steady) =
            tokio::join!(self.attach(&registration, &stop), self.shared.network_is_steady());
        let (worker, steady) = (worker?, steady.unwrap_or(false));
        let result = self.run_in(&worker, &registration, steady, &stop, started).await;
        if matches!(result, Err(Interrupted::Cancelled)) {
            self.abort(&worker).await;
        }
        worker.session.close().await;
        result
    }

    /// The registration's id. That it is gone is said only when Chromium, asked again, does not list
    /// it.
    async fn find(&self) -> Result<String, Interrupted> {
        let scope = &self.wake.key.scope;
        let mut registry = self.shared.registry.clone();
        if registry.wait_for(Registry::is_settled).await.is_err() {
            return Err(Interrupted::BrowserGone);
        }
        if let Lookup::Present { registration, .. } = registry.borrow().look_up(scope) {
            return Ok(registration);
        }
        self.shared.refresh_registry(QUICK).await.map_err(|error| cannot_start(&error))?;
        match registry.borrow().look_up(scope) {
            Lookup::Present { registration, .. } => Ok(registration),
            Lookup::Absent => Err(Interrupted::Ended(End {
                outcome: Outcome::ScopeGone,
                detail: "the service worker registration is gone".to_owned(),
            })),
            Lookup::Unsettled => Err(unavailable("Chromium has not told its service workers")),
        }
    }

    /// Starts the worker where it does not run, and attaches to it.
    async fn attach(
        &self,
        registration: &str,
        stop: &Stop<'_>,
    ) -> Result<Attached<'_>, Interrupted> {
        let mut registry = self.shared.registry.clone();
        let failed_before = registry.borrow().failed_starts(registration);
        loop {
            let running = |registry: &Registry| {
                let version = registry.active_version(registration)?;
                let target = version.target.clone()?;
                let ready = version.running == Running::Running && version.activated;
                ready.then(|| (version.id.clone(), target))
            };
            let now = running(&registry.borrow_and_update());
            let Some((version, target)) = now else {
                let failed = registry.borrow().failed_starts(registration);
                let is_left = registry.borrow().active_version(registration).is_some();
                // Chromium drops a version without a script, perhaps before this wake. Otherwise once
                // more: another may have stopped it in that moment.
                if (failed > 0 && !is_left) || failed > failed_before + 1 {
                    return Err(unavailable("the service worker failed to start"));
                }
                let params = json!({ "scopeURL": self.wake.key.scope });
                let start = self.shared.control_call("ServiceWorker.startWorker", params, QUICK);
                start.await.map_err(|error| cannot_start(&error))?;
                let wait = registry.wait_for(|registry| {
                    running(registry).is_some() || registry.failed_starts(registration) > failed
                });
                if let Ok(Err(_)) = stop.race(timeout(START_AGAIN, wait)).await? {
                    return Err(Interrupted::BrowserGone);
                }
                continue;
            };
            let (connection, shims) = (&self.shared.connection, &*self.shared.shims);
            match WorkerSession::attach(connection, shims, &target).await {
                Ok(session) => return Ok(Attached { session, version, target }),
                Err(CallError::Closed { .. }) => return Err(Interrupted::BrowserGone),
                Err(error) => {
                    // It stopped in this moment; Chromium's word of it is on its way.
                    tracing::debug!(%error, "a service worker went while it was attached to");
                    let gone = registry.wait_for(|registry| {
                        running(registry).is_none_or(|(_, now)| now != target)
                    });
                    if stop.race(timeout(START_AGAIN, gone)).await?.is_err() {
                        return Err(unavailable("the service worker cannot be reached"));
                    }
                }
            }
        }
    }

    async fn run_in(
        &self,
        worker: &Attached<'_>,
        registration: &str,
        steady: bool,
        stop: &Stop<'_>,
        started: impl AsyncFnOnce(Path),
    ) -> Result<End, Interrupted> {
        let path = stop.race(self.dispatch(worker, registration, steady)).await??;
        started(path).await;
        let limit = self.wake.time_limit.saturating_add(LIMIT_SLACK);
        tokio::select! {
            biased;
            () = stop.cancel.cancelled() => Err(Interrupted::Cancelled),
            end = self.ended(worker, limit) => end,
        }
    }

    /// Has the event dispatched, one way or the other.
    async fn dispatch(
        &self,
        worker: &Attached<'_>,
        registration: &str,
        steady: bool,
    ) -> Result<Path, Interrupted> {
        let armed = self.arm(worker).await.map_err(|error| cannot_start(&error))?;
        let online = armed["online"].as_bool() == Some(true);
        let late = armed["late"].as_bool() != Some(false);
        if online && steady && !late && self.dispatch_trusted(worker, registration).await {
            return Ok(Path::Trusted);
        }
        let arguments = [json!(self.token)];
        let taken = worker.session.call("takeOver", &arguments, QUICK).await;
        match taken.map_err(|error| cannot_start(&error))?.as_bool() {
            Some(true) => Ok(Path::Synthetic),
            // Chromium's event came at the last moment.
            Some(false) => Ok(Path::Trusted),
            None => Err(unavailable("the service worker has no shim")),
        }
    }

    async fn arm(&self, worker: &Attached<'_>) -> Result<Value, CallError> {
        let kind = match self.kind {
            Kind::OneOff => "one-off",
            Kind::Periodic => "periodic",
        };
        let last_chance = self.wake.last_chance == LastChance::Yes;
        let arguments =
            [json!(self.token), json!(kind), json!(self.wake.key.tag), json!(last_chance)];
        let armed = worker.session.call("arm", &arguments, QUICK).await?;
        if !armed.is_null() {
            return Ok(armed);
        }
        // It has run since before the daemon was there.
        worker.session.inject_late().await?;
        worker.session.call("arm", &arguments, QUICK).await
    }

    /// True: the worker has shown that the event came.
    async fn dispatch_trusted(&self, worker: &Attached<'_>, registration: &str) -> bool {
        let Ok(scope) = Url::parse(&self.wake.key.scope) else { return false };
        let mut params = json!({
            "origin": scope.origin().ascii_serialization(),
            "registrationId": registration,
            "tag": self.token,
        });
        let method = match self.kind {
            Kind::OneOff => {
                params["lastChance"] = json!(self.wake.last_chance == LastChance::Yes);
                "ServiceWorker.dispatchSyncEvent"
            }
            Kind::Periodic => "ServiceWorker.dispatchPeriodicSyncEvent",
        };
        let arguments = [json!(self.token)];
        let proof = worker.session.call("started", &arguments, self.shared.tuning.proof_limit);
        // Its empty answer comes before anything has happened, and says nothing.
        let (dispatched, proof) =
            tokio::join!(self.shared.control_call(method, params, QUICK), proof);
        if let Err(error) = dispatched {
            tracing::debug!(%error, "Chromium did not take an event");
        }
        matches!(proof, Ok(Value::Bool(true)))
    }

    async fn ended(&self, worker: &Attached<'_>, limit: Duration) -> Result<End, Interrupted> {
        match worker.session.call("ended", &[json!(self.token)], limit).await {
            Ok(end) => Ok(outcome(&end)),
            Err(CallError::Closed { .. }) => Err(Interrupted::BrowserGone),
            Err(CallError::TimedOut { .. }) => Ok(End {
                outcome: Outcome::TimedOut,
                detail: "the event did not end in time".to_owned(),
            }),
            Err(
                CallError::SessionGone { .. } | CallError::Refused { .. } | CallError::Threw { .. },
            ) => Err(Interrupted::Ended(End {
                outcome: Outcome::Rejected,
                detail: "the service worker stopped before its event ended".to_owned(),
            })),
        }
    }

    /// The attempt no longer counts. A promise cannot be ended; a worker that has nothing else to do
    /// can.
    async fn abort(&self, worker: &Attached<'_>) {
        let alone = worker.session.call("abort", &[json!(self.token)], ABORT_LIMIT).await;
        let unused =
            self.shared.registry.borrow().version(&worker.version).is_some_and(|version| {
                version.clients == 0 && version.target.as_ref() == Some(&worker.target)
            });
        // A worker that does not even answer is stopped as well.
        if unused && !matches!(alone, Ok(Value::Bool(false))) {
            let params = json!({ "versionId": worker.version });
            let stop = self.shared.control_call("ServiceWorker.stopWorker", params, QUICK);
            if let Err(error) = stop.await {
                tracing::debug!(%error, "a service worker could not be stopped");
            }
        }
    }
}

impl Stop<'_> {
    async fn race<T>(&self, work: impl Future<Output = T>) -> Result<T, Interrupted> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Interrupted::Cancelled),
            done = timeout_at(self.deadline, work) => {
                done.map_err(|_| unavailable("the service worker did not start in time"))
            }
        }
    }
}

/// What the shim says of an ended event; it is the site's word about its own event.
fn outcome(end: &Value) -> End {
    if end["ok"].as_bool() == Some(true) {
        return End { outcome: Outcome::Completed, detail: String::new() };
    }
    let online = end["online"].as_bool() != Some(false);
    let text = end["error"].as_str().unwrap_or("the event ended without a result");
    End {
        outcome: if online { Outcome::Rejected } else { Outcome::Offline },
        detail: cut(text).to_owned(),
    }
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_DETAIL_BYTES)]
}

fn unavailable(detail: &str) -> Interrupted {
    Interrupted::Ended(End { outcome: Outcome::Unavailable, detail: detail.to_owned() })
}

fn cannot_start(error: &CallError) -> Interrupted {
    match error {
        CallError::Closed { .. } => Interrupted::BrowserGone,
        CallError::SessionGone { .. }
        | CallError::TimedOut { .. }
        | CallError::Refused { .. }
        | CallError::Threw { .. } => unavailable(cut(&error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_text_is_cut_at_a_character() {
        let text = format!("x{}", "ü".repeat(MAX_DETAIL_BYTES));
        let end = outcome(&json!({"ok": false, "error": text, "online": true}));
        assert_eq!(end.outcome, Outcome::Rejected);
        assert_eq!(end.detail.len(), MAX_DETAIL_BYTES - 1);
        assert!(end.detail.ends_with('ü'));
    }

    #[test]
    fn a_rejection_of_an_offline_worker_is_offline() {
        let end = outcome(&json!({"ok": false, "error": "TypeError", "online": false}));
        assert_eq!(end.outcome, Outcome::Offline);
        let end = outcome(&json!({"ok": true, "error": null, "online": false}));
        assert_eq!(end.outcome, Outcome::Completed);
    }

    #[test]
    fn nonsense_is_a_rejection() {
        for end in [json!(null), json!([]), json!({"ok": 1}), json!({"ok": false, "error": 3})] {
            assert_eq!(outcome(&end).outcome, Outcome::Rejected, "{end}");
        }
    }
}
