//! The calls of a service worker: taken when it has signalled that there are some, and answered.

use std::time::Duration;

use serde_json::Value;

use crate::{
    answer::{self, Caller},
    call::ApiCall,
    cdp::CallError,
    page_task::arguments,
    shared::{QUICK, Shared},
    worker::WorkerSession,
};

/// A worker that answers nothing for this long is busy; it signals again when it is not.
const TAKE_LIMIT: Duration = Duration::from_secs(30);

/// Answers what the worker of a version has queued, until it has nothing more.
pub(crate) async fn drain(shared: &Shared, version: &str) {
    let found = {
        let registry = shared.registry.borrow();
        registry.version(version).and_then(|version| {
            let scope = registry.scope(&version.registration)?.to_owned();
            Some((scope, version.target.clone()?))
        })
    };
    let Some((scope, target)) = found else {
        tracing::debug!("a service worker that is gone has signalled");
        return;
    };
    let attached = WorkerSession::attach(&shared.connection, &shared.shims, &target).await;
    let worker = match attached {
        Ok(worker) => worker,
        Err(error) => {
            tracing::debug!(%error, "a service worker went before its calls could be taken");
            return;
        }
    };
    let caller = Caller::Worker { scope };
    if let Err(error) = answer_all(shared, &worker, &caller).await {
        tracing::debug!(%error, "a service worker went before its calls were answered");
    }
    worker.close().await;
}

async fn answer_all(
    shared: &Shared,
    worker: &WorkerSession<'_>,
    caller: &Caller,
) -> Result<(), CallError> {
    loop {
        let taken = worker.call("take", &[], TAKE_LIMIT).await?;
        let Some(calls) = taken.as_array().filter(|calls| !calls.is_empty()) else {
            return Ok(());
        };
        for call in calls {
            answer_one(shared, worker, caller, call).await?;
        }
    }
}

async fn answer_one(
    shared: &Shared,
    worker: &WorkerSession<'_>,
    caller: &Caller,
    call: &Value,
) -> Result<(), CallError> {
    let call = match ApiCall::parse(&call.to_string()) {
        Ok(call) => call,
        Err(error) => {
            tracing::debug!(%error, "a call of a service worker was dropped");
            return Ok(());
        }
    };
    // Held until the worker has its answer.
    let _outstanding = answer::enter(&shared.outstanding, caller, &call);
    let answer = answer::answer(shared, caller, &call).await;
    worker.call("reply", &arguments(call.id, answer), QUICK).await.map(drop)
}
