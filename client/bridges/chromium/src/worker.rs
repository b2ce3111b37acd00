//! A session with one running service worker, for as long as it has something to say.
//!
//! A session keeps a worker alive, so each is ended as soon as it has served (`close`).

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    cdp::{CallError, Connection, SessionId, value_of},
    shared::QUICK,
    shim::{Moment, Shims},
};

/// An attached service worker.
#[derive(Debug)]
pub(crate) struct WorkerSession<'a> {
    connection: &'a Connection,
    shims: &'a Shims,
    session: SessionId,
}

impl<'a> WorkerSession<'a> {
    /// Attaches to a running worker.
    pub(crate) async fn attach(
        connection: &'a Connection,
        shims: &'a Shims,
        target: &str,
    ) -> Result<Self, CallError> {
        let method = "Target.attachToTarget";
        let params = json!({ "targetId": target, "flatten": true });
        let reply = connection.call(None, method, params, QUICK).await?;
        let session = reply["sessionId"].as_str().ok_or(CallError::SessionGone { method })?;
        Ok(Self { connection, shims, session: SessionId::from(session) })
    }

    /// Calls a function of the shim; null where the worker has no shim.
    pub(crate) async fn call(
        &self,
        function: &'static str,
        arguments: &[Value],
        limit: Duration,
    ) -> Result<Value, CallError> {
        let expression = self.shims.worker_call(function, arguments);
        self.connection.evaluate(&self.session, expression, limit).await
    }

    /// Gives the worker what can still be given to it.
    pub(crate) async fn inject_late(&self) -> Result<(), CallError> {
        let script = self.shims.worker(Moment::Late);
        self.connection.evaluate(&self.session, script, QUICK).await.map(drop)
    }

    /// Lets go of the worker, so that it can stop.
    pub(crate) async fn close(self) {
        detach(self.connection, &self.session).await;
    }
}

/// What a worker that waits for the bridge gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preparation {
    /// The shim, before its own script.
    Shim,
    /// Nothing: it is left as it is.
    None,
}

/// Prepares a worker that was stopped before its first line, and lets it run.
pub(crate) async fn prepare(
    connection: &Connection,
    shims: &Shims,
    session: &SessionId,
    preparation: Preparation,
) {
    let shim = match preparation {
        Preparation::Shim => {
            let script = shims.worker(Moment::BeforeScript);
            let params = json!({ "expression": script, "returnByValue": true });
            Some(connection.send(Some(session), "Runtime.evaluate", params).await)
        }
        Preparation::None => None,
    };
    let run = connection.send(Some(session), "Runtime.runIfWaitingForDebugger", json!({})).await;
    if let Err(error) = run.reply(QUICK).await {
        tracing::debug!(%error, "a service worker could not be let run");
    }
    // Detaching before the script has been evaluated would lose it.
    if let Some(shim) = shim {
        let evaluated = shim.reply(QUICK).await.and_then(value_of);
        if let Err(error) = evaluated {
            tracing::warn!(%error, "a service worker has no shim");
        }
    }
    detach(connection, session).await;
}

/// Ends a session; that it is gone already is no matter.
pub(crate) async fn detach(connection: &Connection, session: &SessionId) {
    let params = json!({ "sessionId": &**session });
    match connection.call(None, "Target.detachFromTarget", params, QUICK).await {
        Ok(_) | Err(CallError::Refused { .. } | CallError::Closed { .. }) => {}
        Err(
            error @ (CallError::SessionGone { .. }
            | CallError::TimedOut { .. }
            | CallError::Threw { .. }),
        ) => tracing::debug!(%error, "a service worker could not be detached from"),
    }
}
