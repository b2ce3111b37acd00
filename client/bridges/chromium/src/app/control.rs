//! The bridge's own hidden page, where the ServiceWorker domain answers, and the watch over all
//! targets.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{sleep, timeout_at};

use crate::{
    cdp::{CallError, Connection, SessionId},
    shared::QUICK,
};

/// Chromium refuses a hidden page until it has started; with windows, a fresh profile and a slow
/// disk that takes longest. It does not tell when it would take it.
const START_LIMIT: Duration = Duration::from_secs(15);
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// The bridge's own page.
#[derive(Debug)]
pub(super) struct Control {
    pub(super) session: SessionId,
    /// The browser context that it lives in: the profile's, and neither incognito nor another one.
    pub(super) profile: String,
}

/// Makes the page and gives it the script.
pub(super) async fn make(connection: &Connection, script: &str) -> Result<Control, CallError> {
    let deadline = sleep(START_LIMIT).deadline();
    loop {
        let made = make_once(connection, script).await;
        // Its renderer crashed meanwhile, as that of the page before may have done.
        let crashed =
            matches!(made, Err(CallError::SessionGone { .. } | CallError::TimedOut { .. }));
        if !crashed || timeout_at(deadline, sleep(ASK_AGAIN)).await.is_err() {
            return made;
        }
    }
}

async fn make_once(connection: &Connection, script: &str) -> Result<Control, CallError> {
    let target = create(connection).await?;
    let of_target = json!({ "targetId": target["targetId"] });
    let method = "Target.getTargetInfo";
    let info = connection.call(None, method, of_target, QUICK).await?;
    let profile = info["targetInfo"]["browserContextId"].as_str();
    let profile = profile.ok_or(CallError::SessionGone { method })?.to_owned();
    let method = "Target.attachToTarget";
    let params = json!({ "targetId": target["targetId"], "flatten": true });
    let attached = connection.call(None, method, params, QUICK).await?;
    let session = attached["sessionId"].as_str().ok_or(CallError::SessionGone { method })?;
    let session = SessionId::from(session);
    connection.evaluate(&session, script.to_owned(), QUICK).await?;
    connection.call(Some(&session), "ServiceWorker.enable", json!({}), QUICK).await?;
    Ok(Control { session, profile })
}

async fn create(connection: &Connection) -> Result<Value, CallError> {
    let deadline = sleep(START_LIMIT).deadline();
    loop {
        // Hidden: it has no window, and never counts as one of the user's pages.
        let params = json!({ "url": "about:blank", "hidden": true, "background": true });
        let created = connection.call(None, "Target.createTarget", params, START_LIMIT).await;
        if !matches!(created, Err(CallError::Refused { .. }))
            || timeout_at(deadline, sleep(ASK_AGAIN)).await.is_err()
        {
            return created;
        }
    }
}

/// Has Chromium tell of each page and service worker, and hold it until the bridge lets it go on.
pub(super) async fn watch_targets(connection: &Connection) -> Result<(), CallError> {
    let params = json!({
        "autoAttach": true,
        "waitForDebuggerOnStart": true,
        "flatten": true,
        "filter": [
            { "type": "page", "exclude": false },
            { "type": "service_worker", "exclude": false },
            { "exclude": true },
        ],
    });
    connection.call(None, "Target.setAutoAttach", params, QUICK).await.map(drop)
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
        net::unix::pipe,
    };

    use super::*;

    #[tokio::test]
    async fn a_refused_page_is_asked_for_again() {
        let (connection, driver, _events) = Connection::new();
        let (mut answers, from_chromium) = pipe::pipe().unwrap();
        let (to_chromium, calls) = pipe::pipe().unwrap();
        let driver = tokio::spawn(driver.run(from_chromium, to_chromium));
        let chromium = tokio::spawn(async move {
            let mut calls = BufReader::new(calls).split(0);
            for id in 1..=3 {
                let call = calls.next_segment().await.unwrap().unwrap();
                let call: Value = serde_json::from_slice(&call).unwrap();
                assert_eq!((&call["id"], &call["params"]["hidden"]), (&json!(id), &json!(true)));
                let answer = if id < 3 {
                    json!({ "id": id, "error": { "code": -32000, "message": "not yet" } })
                } else {
                    json!({ "id": id, "result": { "targetId": "T" } })
                };
                answers.write_all(format!("{answer}\0").as_bytes()).await.unwrap();
            }
        });
        assert_eq!(create(&connection).await.unwrap()["targetId"], "T");
        chromium.await.unwrap();
        driver.abort();
    }
}
