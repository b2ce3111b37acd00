//! What every task of the bridge works with: handles and views, no state of its own.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use serde_json::json;
use tokio::{
    sync::watch,
    time::{sleep, timeout, timeout_at},
};

use crate::{
    call::Kind,
    cdp::{CallError, Connection, SessionId},
    daemon::Daemon,
    pages::Windows,
    registry::Registry,
    shim::Shims,
};

/// A call to Chromium that only looks something up or sets a switch.
pub(crate) const QUICK: Duration = Duration::from_secs(5);

/// A Chromium that is quit writes its profile while its pages are gone already.
const END_LIMIT: Duration = Duration::from_secs(30);

/// Times that depend on Chromium's ways rather than on the protocol.
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    /// Chromium drops dispatches for a while after its network changed, although its pages are told
    /// at once; 1.5 s to 3.5 s were seen.
    pub network_settle: Duration,
    /// Without a sign of a dispatched event for this long it is taken over.
    pub proof_limit: Duration,
    /// A registration that a page has in its hands may not be listed for this long.
    pub listing_limit: Duration,
}

/// Handles and views.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) connection: Connection,
    pub(crate) shims: Arc<Shims>,
    pub(crate) registry: watch::Receiver<Registry>,
    pub(crate) windows: watch::Receiver<Windows>,
    /// The session of the bridge's own hidden page, where the ServiceWorker domain answers.
    pub(crate) control: watch::Receiver<Option<SessionId>>,
    /// Scopes that the daemon is being told to forget.
    pub(crate) removing: watch::Receiver<BTreeSet<String>>,
    pub(crate) daemon: Daemon,
    pub(crate) outstanding: Outstanding,
    pub(crate) tuning: Tuning,
}

/// The keys whose `register` has not been answered to the site yet: their events wait (P-14,
/// S-O-14).
#[derive(Clone, Debug)]
pub(crate) struct Outstanding {
    keys: Arc<watch::Sender<BTreeMap<Key, usize>>>,
}

/// A registration inside the profile: scope, kind, tag.
pub(crate) type Key = (String, Kind, String);

/// Ends with its drop.
#[derive(Debug)]
pub(crate) struct OutstandingCall {
    outstanding: Outstanding,
    key: Key,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            network_settle: Duration::from_secs(5),
            proof_limit: Duration::from_millis(100),
            listing_limit: Duration::from_secs(1),
        }
    }
}

impl Shared {
    /// Calls on the control session, once it is there.
    pub(crate) async fn control_call(
        &self,
        method: &'static str,
        params: serde_json::Value,
        limit: Duration,
    ) -> Result<serde_json::Value, CallError> {
        let session = self.control_session(method, limit).await?;
        self.connection.call(Some(&session), method, params, limit).await
    }

    /// Whether Chromium's network has been there long enough that it dispatches events.
    pub(crate) async fn network_is_steady(&self) -> Result<bool, CallError> {
        let session = self.control_session("Runtime.evaluate", QUICK).await?;
        let expression = "pwasyncNetwork()".to_owned();
        let state = self.connection.evaluate(&session, expression, QUICK).await?;
        let steady = state["steadyMs"].as_f64().unwrap_or(0.0);
        let needed = self.tuning.network_settle.as_secs_f64() * 1_000.0;
        Ok(state["online"].as_bool() == Some(true) && steady >= needed)
    }

    /// Whether Chromium is still there after `patience`, and not about to end.
    ///
    /// When it ends, the bridge's hidden page is among the first to go; the pipe is the last.
    pub(crate) async fn chromium_lives_on(&self, patience: Duration) -> bool {
        let expression =
            format!("new Promise((done) => setTimeout(done, {}))", patience.as_millis());
        let deadline = sleep(END_LIMIT).deadline();
        let answers = async {
            loop {
                let session = self.control_session("Runtime.evaluate", END_LIMIT).await?;
                match self.connection.evaluate(&session, expression.clone(), END_LIMIT).await {
                    // Only the page is gone, and is made again if Chromium lives on.
                    Err(CallError::SessionGone { .. }) => self.control_left(&session).await,
                    answered => return answered,
                }
            }
        };
        match timeout_at(deadline, answers).await {
            Ok(Err(CallError::Closed { .. })) => false,
            Ok(_) => true,
            Err(_) => {
                tracing::warn!("Chromium neither answers nor ends");
                true
            }
        }
    }

    /// Has the whole list of service workers sent again, and waits until it is there.
    pub(crate) async fn refresh_registry(&self, limit: Duration) -> Result<(), CallError> {
        let mut registry = self.registry.clone();
        let seen = registry.borrow_and_update().lists();
        self.control_call("ServiceWorker.disable", json!({}), limit).await?;
        self.control_call("ServiceWorker.enable", json!({}), limit).await?;
        let method = "ServiceWorker.enable";
        match timeout(limit, registry.wait_for(|registry| registry.lists() > seen)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(CallError::Closed { method }),
            Err(_) => Err(CallError::TimedOut { method, limit }),
        }
    }

    /// Waits until the bridge has noticed that the session is over.
    async fn control_left(&self, session: &SessionId) {
        let mut control = self.control.clone();
        // It fails only when the bridge ends.
        drop(control.wait_for(|now| now.as_ref() != Some(session)).await);
    }

    async fn control_session(
        &self,
        method: &'static str,
        limit: Duration,
    ) -> Result<SessionId, CallError> {
        let mut control = self.control.clone();
        let session = match timeout(limit, control.wait_for(Option::is_some)).await {
            Ok(Ok(session)) => session.clone(),
            Ok(Err(_)) => None,
            Err(_) => return Err(CallError::TimedOut { method, limit }),
        };
        session.ok_or(CallError::Closed { method })
    }
}

impl Outstanding {
    pub(crate) fn new() -> Self {
        Self { keys: Arc::new(watch::Sender::new(BTreeMap::new())) }
    }

    /// A call for this key is under way until the returned guard is dropped.
    pub(crate) fn enter(&self, key: Key) -> OutstandingCall {
        self.keys.send_modify(|keys| *keys.entry(key.clone()).or_default() += 1);
        OutstandingCall { outstanding: self.clone(), key }
    }

    /// Waits until no call for this key is under way, `limit` at most.
    pub(crate) async fn wait(&self, key: &Key, limit: Duration) {
        let mut keys = self.keys.subscribe();
        if timeout(limit, keys.wait_for(|keys| !keys.contains_key(key))).await.is_err() {
            tracing::debug!("a call has no answer yet; its event goes first");
        }
    }
}

impl Drop for OutstandingCall {
    fn drop(&mut self) {
        self.outstanding.keys.send_modify(|keys| {
            if let Some(count) = keys.get_mut(&self.key) {
                *count -= 1;
                if *count == 0 {
                    keys.remove(&self.key);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_event_waits_for_every_call_of_its_key() {
        let outstanding = Outstanding::new();
        let key: Key = ("https://a.example/".to_owned(), Kind::OneOff, "t".to_owned());
        let other: Key = ("https://a.example/".to_owned(), Kind::Periodic, "t".to_owned());
        let first = outstanding.enter(key.clone());
        let second = outstanding.enter(key.clone());
        outstanding.wait(&other, Duration::from_secs(60)).await;
        let waiting = tokio::spawn({
            let (outstanding, key) = (outstanding.clone(), key.clone());
            async move { outstanding.wait(&key, Duration::from_secs(60)).await }
        });
        drop(first);
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(second);
        timeout(Duration::from_secs(10), waiting).await.unwrap().unwrap();
    }
}
