//! One attached page or frame: given the interfaces, and its calls answered one after the other.
//!
//! One at a time keeps a page's registrations in their order (W-15).

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use crate::{
    answer::{self, Caller},
    call::{ApiCall, ApiError, ExceptionName},
    cdp::{CallError, SessionId},
    pages::{Document, Place},
    shared::{QUICK, Shared},
};

/// Calls of one page that may wait: a page that has more at once is told so.
pub(crate) const QUEUED_CALLS: usize = 1_024;
/// Bytes of them: more than an origin's whole share of the longest tags.
const QUEUED_BYTES: usize = 4 * 1024 * 1024;

const ADD_SCRIPT: &str = "Page.addScriptToEvaluateOnNewDocument";

/// Whether new documents get the interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interfaces {
    /// The daemon is there: they are the bridge's.
    Bridged,
    /// Chromium's own are left alone.
    Native,
}

/// What a page is asked to do.
#[derive(Debug)]
pub(crate) enum PageCommand {
    /// Answer a call of one of its documents.
    Call(QueuedCall),
    /// Open an address.
    Navigate(String),
}

/// A call that waits; its share of the page's bytes is free again when it is dropped.
#[derive(Debug)]
pub(crate) struct QueuedCall {
    document: Document,
    payload: String,
    _share: OwnedSemaphorePermit,
}

/// The way to a page's task.
#[derive(Debug)]
pub(crate) struct PageQueue {
    commands: mpsc::Sender<PageCommand>,
    room: Arc<Semaphore>,
}

/// The task cannot take more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl PageQueue {
    /// A queue and its end.
    pub(crate) fn new() -> (Self, mpsc::Receiver<PageCommand>) {
        let (commands, receiver) = mpsc::channel(QUEUED_CALLS);
        (Self { commands, room: Arc::new(Semaphore::new(QUEUED_BYTES)) }, receiver)
    }

    /// Hands a call over. That the page is gone is no error.
    pub(crate) fn call(&self, document: &Document, payload: &str) -> Result<(), Full> {
        let bytes = u32::try_from(payload.len()).map_err(|_| Full)?;
        let share = Arc::clone(&self.room).try_acquire_many_owned(bytes).map_err(|_| Full)?;
        let call =
            QueuedCall { document: document.clone(), payload: payload.to_owned(), _share: share };
        match self.commands.try_send(PageCommand::Call(call)) {
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Full),
        }
    }

    /// Has the page open an address.
    pub(crate) fn navigate(&self, url: String) -> Result<(), Full> {
        self.commands.try_send(PageCommand::Navigate(url)).map_err(|_| Full)
    }
}

/// Everything that a page's task needs.
#[derive(Debug)]
pub(crate) struct PageTask {
    pub(crate) shared: Shared,
    pub(crate) session: SessionId,
    pub(crate) place: Place,
    pub(crate) commands: mpsc::Receiver<PageCommand>,
    pub(crate) interfaces: watch::Receiver<Interfaces>,
}

impl PageTask {
    /// Runs until the page is gone.
    pub(crate) async fn run(mut self) {
        let mut script = match self.prepare().await {
            Ok(script) => script,
            Err(error) => {
                tracing::debug!(%error, "a page could not be prepared");
                None
            }
        };
        loop {
            tokio::select! {
                biased;
                changed = self.interfaces.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let interfaces = *self.interfaces.borrow_and_update();
                    script = self.switch(interfaces, script).await;
                }
                command = self.commands.recv() => match command {
                    None => return,
                    Some(PageCommand::Call(call)) => {
                        self.handle_call(&call.document, &call.payload).await;
                    }
                    Some(PageCommand::Navigate(url)) => {
                        let params = json!({ "url": url });
                        if let Err(error) = self.call("Page.navigate", params).await {
                            tracing::warn!(%error, "the page could not be opened");
                        }
                    }
                },
            }
        }
    }

    /// Sends everything in a row and waits for answers only then: a page that waits for the bridge
    /// may answer nothing before it goes on.
    async fn prepare(&mut self) -> Result<Option<String>, CallError> {
        let session = Some(&self.session);
        let connection = &self.shared.connection;
        let name = self.shared.shims.name();
        connection.send(session, "Runtime.enable", json!({})).await;
        connection.send(session, "Runtime.addBinding", json!({ "name": name })).await;
        connection.send(session, "Page.enable", json!({})).await;
        let interfaces = *self.interfaces.borrow_and_update();
        let params = json!({ "source": self.source(interfaces), "runImmediately": true });
        let script = connection.send(session, ADD_SCRIPT, params).await;
        // Frames of other sites live in processes, and so targets, of their own.
        let frames = json!({
            "autoAttach": true,
            "waitForDebuggerOnStart": true,
            "flatten": true,
            "filter": [{ "type": "iframe", "exclude": false }, { "exclude": true }],
        });
        connection.send(session, "Target.setAutoAttach", frames).await;
        let run = connection.send(session, "Runtime.runIfWaitingForDebugger", json!({})).await;
        run.reply(QUICK).await?;
        Ok(identifier(&script.reply(QUICK).await?))
    }

    fn source(&self, interfaces: Interfaces) -> String {
        match interfaces {
            Interfaces::Bridged => self.shared.shims.page(),
            // The binding is there all the time; no page is to see it.
            Interfaces::Native => self.shared.shims.bare_page(),
        }
    }

    /// Only documents that start later are concerned: the others keep what they have.
    async fn switch(&self, interfaces: Interfaces, script: Option<String>) -> Option<String> {
        let params = json!({ "source": self.source(interfaces) });
        let added = self.call(ADD_SCRIPT, params).await.map(|reply| identifier(&reply));
        // A document that starts right here gets both, and the older one comes first.
        let removed = match script {
            Some(script) => {
                let method = "Page.removeScriptToEvaluateOnNewDocument";
                self.call(method, json!({ "identifier": script })).await.map(drop)
            }
            None => Ok(()),
        };
        removed.and(added).unwrap_or_else(|error| {
            tracing::debug!(%error, "the interfaces of a page could not be switched");
            None
        })
    }

    async fn handle_call(&self, document: &Document, payload: &str) {
        let call = match ApiCall::parse(payload) {
            Ok(call) => call,
            Err(error) => {
                tracing::debug!(%error, place = ?self.place, "a call of a page was dropped");
                return;
            }
        };
        let caller = Caller::Document(document.clone());
        // Held until the page has its answer.
        let _outstanding = answer::enter(&self.shared.outstanding, &caller, &call);
        let answer = answer::answer(&self.shared, &caller, &call).await;
        reply(&self.shared, document, call.id, answer).await;
    }

    async fn call(&self, method: &'static str, params: Value) -> Result<Value, CallError> {
        self.shared.connection.call(Some(&self.session), method, params, QUICK).await
    }
}

/// Refuses a call of a page that has too many waiting.
pub(crate) async fn refuse(shared: Shared, document: Document, id: u64) {
    let message = "too many calls of this page wait for their answer";
    let error = ApiError::new(ExceptionName::UnknownError, message);
    reply(&shared, &document, id, Err(error)).await;
}

async fn reply(shared: &Shared, document: &Document, id: u64, answer: Result<Value, ApiError>) {
    let params = json!({
        "expression": shared.shims.page_reply(&arguments(id, answer)),
        "uniqueContextId": document.context,
    });
    let session = Some(&document.session);
    if let Err(error) = shared.connection.call(session, "Runtime.evaluate", params, QUICK).await {
        tracing::debug!(%error, "a page did not take its answer");
    }
}

/// What a reply function of `api.js` takes.
pub(crate) fn arguments(id: u64, answer: Result<Value, ApiError>) -> [Value; 3] {
    match answer {
        Ok(value) => [json!(id), Value::Null, value],
        Err(error) => {
            let name = error.name.as_str();
            [json!(id), json!({ "name": name, "message": error.message }), Value::Null]
        }
    }
}

fn identifier(reply: &Value) -> Option<String> {
    reply["identifier"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::MAX_PAYLOAD_BYTES;

    #[test]
    fn the_calls_that_wait_are_limited_in_bytes() {
        let (queue, mut commands) = PageQueue::new();
        let payload = "x".repeat(MAX_PAYLOAD_BYTES);
        let fitting = QUEUED_BYTES / MAX_PAYLOAD_BYTES;
        for _ in 0..fitting {
            assert_eq!(queue.call(&document(), &payload), Ok(()));
        }
        assert_eq!(queue.call(&document(), &payload), Err(Full));
        drop(commands.try_recv().unwrap());
        assert_eq!(queue.call(&document(), &payload), Ok(()));
    }

    #[test]
    fn the_calls_that_wait_are_limited_in_number() {
        let (queue, _commands) = PageQueue::new();
        for _ in 0..QUEUED_CALLS {
            assert_eq!(queue.call(&document(), "{}"), Ok(()));
        }
        assert_eq!(queue.call(&document(), "{}"), Err(Full));
    }

    fn document() -> Document {
        Document {
            session: Arc::from("S"),
            frame: "F".to_owned(),
            origin: "https://a.example".to_owned(),
            context: "U".to_owned(),
        }
    }
}
