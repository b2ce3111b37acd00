//! Calls and events over the two pipes.
//!
//! A [`Driver`] owns the pipes and the calls that wait for their reply; [`Connection`] is a handle
//! to it. A call has a time limit, and ends at once when its session ends.

use std::{collections::BTreeMap, io, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::unix::pipe,
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{
    message::{Event, Incoming, ProtocolError, parse},
    transport::FrameBuffer,
};

/// A flattened session: a target that the bridge is attached to.
pub type SessionId = Arc<str>;

/// Calls that may wait for the driver: more are slowed down, not refused.
const QUEUED_CALLS: usize = 256;
/// Events that may wait for their reader; it never waits for a call, so it always catches up.
const QUEUED_EVENTS: usize = 1024;
/// Calls that nobody waits for any more are swept out when there are this many.
const SWEEP_PENDING: usize = 1024;
const READ_BYTES: usize = 64 * 1024;

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Chromium is gone, or has closed its pipes.
    #[error("`{method}`: the connection to Chromium is closed")]
    Closed {
        /// What was called.
        method: &'static str,
    },
    /// The target of the session went, or was detached from.
    #[error("`{method}`: the target is gone")]
    SessionGone {
        /// What was called.
        method: &'static str,
    },
    /// No reply came in time.
    #[error("`{method}`: no answer within {} ms", limit.as_millis())]
    TimedOut {
        /// What was called.
        method: &'static str,
        /// How long was waited.
        limit: Duration,
    },
    /// Chromium said no.
    #[error("`{method}` failed")]
    Refused {
        /// What was called.
        method: &'static str,
        /// What it said.
        #[source]
        source: ProtocolError,
    },
    /// The script threw.
    #[error("a script of the bridge threw: {text}")]
    Threw {
        /// The exception, for people.
        text: String,
    },
}

/// A handle to the connection; cheap to clone.
#[derive(Clone, Debug)]
pub struct Connection {
    calls: mpsc::Sender<Call>,
}

/// A call that was sent and waits for its reply.
#[derive(Debug)]
pub struct Pending {
    method: &'static str,
    reply: oneshot::Receiver<Result<Value, Failure>>,
}

/// Moves messages between the handles and the pipes; runs until Chromium closes them or every
/// handle is gone.
#[derive(Debug)]
pub struct Driver {
    calls: mpsc::Receiver<Call>,
    events: mpsc::Sender<Event>,
    pending: BTreeMap<u64, Waiting>,
    next: u64,
}

#[derive(Debug)]
struct Call {
    session: Option<SessionId>,
    method: &'static str,
    params: Value,
    reply: oneshot::Sender<Result<Value, Failure>>,
}

#[derive(Debug)]
struct Waiting {
    session: Option<SessionId>,
    reply: oneshot::Sender<Result<Value, Failure>>,
}

#[derive(Debug)]
enum Failure {
    SessionGone,
    Refused(ProtocolError),
}

impl Connection {
    /// A handle, the driver that somebody must run, and the events in their order.
    #[must_use]
    pub fn new() -> (Self, Driver, mpsc::Receiver<Event>) {
        let (calls_in, calls) = mpsc::channel(QUEUED_CALLS);
        let (events, events_out) = mpsc::channel(QUEUED_EVENTS);
        let driver = Driver { calls, events, pending: BTreeMap::new(), next: 1 };
        (Self { calls: calls_in }, driver, events_out)
    }

    /// Sends a call without waiting for its reply; calls are sent in the order of these.
    pub async fn send(
        &self,
        session: Option<&SessionId>,
        method: &'static str,
        params: Value,
    ) -> Pending {
        let (reply, receiver) = oneshot::channel();
        let call = Call { session: session.cloned(), method, params, reply };
        // A closed connection drops `reply`, and so reaches whoever waits.
        drop(self.calls.send(call).await);
        Pending { method, reply: receiver }
    }

    /// Sends a call and waits for its reply, `limit` at most.
    ///
    /// # Errors
    ///
    /// When there is none, or it is a refusal.
    pub async fn call(
        &self,
        session: Option<&SessionId>,
        method: &'static str,
        params: Value,
        limit: Duration,
    ) -> Result<Value, CallError> {
        // One limit covers both: the queue is full only when Chromium does not read.
        let both = async { self.send(session, method, params).await.reply(limit).await };
        match timeout(limit, both).await {
            Ok(result) => result,
            Err(_) => Err(CallError::TimedOut { method, limit }),
        }
    }

    /// Evaluates an expression in a session's default context, waits for its promise, and returns
    /// its value.
    ///
    /// # Errors
    ///
    /// As [`Connection::call`], or when it throws.
    pub async fn evaluate(
        &self,
        session: &SessionId,
        expression: String,
        limit: Duration,
    ) -> Result<Value, CallError> {
        let params = json!({
            "expression": expression,
            "awaitPromise": true,
            "returnByValue": true,
        });
        value_of(self.call(Some(session), "Runtime.evaluate", params, limit).await?)
    }
}

impl Pending {
    /// Waits for the reply, `limit` at most.
    ///
    /// # Errors
    ///
    /// When there is none, or it is a refusal.
    pub async fn reply(self, limit: Duration) -> Result<Value, CallError> {
        let method = self.method;
        match timeout(limit, self.reply).await {
            Err(_) => Err(CallError::TimedOut { method, limit }),
            Ok(Err(_)) => Err(CallError::Closed { method }),
            Ok(Ok(Err(Failure::SessionGone))) => Err(CallError::SessionGone { method }),
            Ok(Ok(Err(Failure::Refused(source)))) => Err(CallError::Refused { method, source }),
            Ok(Ok(Ok(value))) => Ok(value),
        }
    }
}

impl Driver {
    /// Runs until the pipes or the handles are closed.
    ///
    /// # Errors
    ///
    /// When a pipe fails; a closed pipe is no error.
    pub async fn run(
        mut self,
        mut from_chromium: pipe::Receiver,
        to_chromium: pipe::Sender,
    ) -> io::Result<()> {
        // One frame at a time: the writer's own buffer is the pipe. Writing has a task of its own,
        // since reading must go on while Chromium does not read.
        let (frames, frames_out) = mpsc::channel(1);
        let writer = tokio::spawn(write(to_chromium, frames_out));
        let result = self.read(&mut from_chromium, frames).await;
        // The writer may hang in a full pipe that nobody reads any more.
        writer.abort();
        match writer.await {
            Ok(written) => result.and(written),
            Err(_) => result,
        }
    }

    async fn read(
        &mut self,
        from_chromium: &mut pipe::Receiver,
        frames: mpsc::Sender<Vec<u8>>,
    ) -> io::Result<()> {
        let mut buffer = FrameBuffer::default();
        let mut bytes = vec![0; READ_BYTES];
        let mut outgoing: Option<Vec<u8>> = None;
        loop {
            tokio::select! {
                permit = frames.reserve(), if outgoing.is_some() => {
                    let Ok(permit) = permit else { return Ok(()) };
                    if let Some(frame) = outgoing.take() {
                        permit.send(frame);
                    }
                }
                call = self.calls.recv(), if outgoing.is_none() => {
                    let Some(call) = call else { return Ok(()) };
                    outgoing = Some(self.admit(call));
                }
                count = from_chromium.read(&mut bytes) => {
                    let count = count?;
                    if count == 0 {
                        return Ok(());
                    }
                    let mut whole = Vec::new();
                    buffer.push(&bytes[..count], |frame| whole.push(frame));
                    for frame in whole {
                        if self.handle_frame(frame).await.is_err() {
                            return Ok(());
                        }
                    }
                }
            }
        }
    }

    fn admit(&mut self, call: Call) -> Vec<u8> {
        if self.pending.len() >= SWEEP_PENDING {
            self.pending.retain(|_, waiting| !waiting.reply.is_closed());
        }
        let id = self.next;
        self.next += 1;
        let mut message = json!({ "id": id, "method": call.method, "params": call.params });
        if let Some(session) = &call.session {
            message["sessionId"] = json!(&**session);
        }
        self.pending.insert(id, Waiting { session: call.session, reply: call.reply });
        let mut frame = message.to_string().into_bytes();
        frame.push(0);
        frame
    }

    /// `Err`: nobody reads the events any more.
    async fn handle_frame(&mut self, frame: Option<Vec<u8>>) -> Result<(), ()> {
        let Some(frame) = frame else {
            tracing::warn!("a message of Chromium is over the limit and was dropped");
            return Ok(());
        };
        match parse(&frame) {
            Ok(Incoming::Reply { id, result }) => {
                if let Some(waiting) = self.pending.remove(&id) {
                    // Nobody may wait any more: its time limit passed.
                    drop(waiting.reply.send(result.map_err(Failure::Refused)));
                }
                Ok(())
            }
            Ok(Incoming::Event(event)) => {
                self.end_session(&event);
                self.events.send(event).await.map_err(drop)
            }
            Err(error) => {
                tracing::warn!(%error, "a message of Chromium was dropped");
                Ok(())
            }
        }
    }

    /// Chromium does not answer the calls of a session whose target went.
    fn end_session(&mut self, event: &Event) {
        let gone = match event.method.as_str() {
            "Target.detachedFromTarget" => event.params["sessionId"].as_str(),
            "Inspector.targetCrashed" => event.session.as_deref(),
            _ => None,
        };
        let Some(gone) = gone else { return };
        let ended = self
            .pending
            .extract_if(.., |_, waiting| waiting.session.as_deref() == Some(gone))
            .collect::<Vec<_>>();
        for (_, waiting) in ended {
            drop(waiting.reply.send(Err(Failure::SessionGone)));
        }
    }
}

async fn write(
    mut to_chromium: pipe::Sender,
    mut frames: mpsc::Receiver<Vec<u8>>,
) -> io::Result<()> {
    while let Some(frame) = frames.recv().await {
        to_chromium.write_all(&frame).await?;
    }
    Ok(())
}

/// The value of an evaluation, or the exception that it ended with.
pub(crate) fn value_of(mut result: Value) -> Result<Value, CallError> {
    let details = &result["exceptionDetails"];
    if !details.is_null() {
        let text = details["exception"]["description"]
            .as_str()
            .or_else(|| details["text"].as_str())
            .unwrap_or("unknown");
        return Err(CallError::Threw { text: text.chars().take(512).collect() });
    }
    Ok(result["result"]["value"].take())
}
