//! The session of a browser profile: one bidirectional stream.
//!
//! The response stream reads the engine's outbox by itself; a task reads what the browser says.
//! However it ends, the task tells the engine that the session is closed, once. It decides
//! nothing but the order of messages.

use std::{pin::pin, sync::Arc, time::Duration};

use futures_util::{Stream, stream};
use pwasync_proto::v1 as wire;
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc, oneshot},
    time::timeout,
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};
use tonic::{Status, Streaming};
use wire::attach_request::Message;

use super::{
    convert::{
        attempt_id_from_proto, closing_to_proto, finished_from_proto, hello_from_proto,
        to_session_to_proto, welcome_to_proto,
    },
    peer::Identity,
    status::{RETRY, Refusal},
};
use crate::channel::{EngineSender, FromSession, Input, OUTBOX, OpenSession, ToSession, Welcome};
use pwasync_core::key::SessionId;

/// `Hello` must come so soon.
const HELLO_LIMIT: Duration = Duration::from_secs(5);

type Said = Result<wire::AttachResponse, Status>;

/// Who attaches.
pub(super) struct Attaching {
    pub(super) engine: EngineSender,
    pub(super) identity: Arc<Identity>,
    /// Held until the session has ended.
    pub(super) place: OwnedSemaphorePermit,
}

/// Begins a session. The stream can be answered with at once: it waits for `Hello` by itself.
pub(super) fn attach(
    by: Attaching,
    inbound: Streaming<wire::AttachRequest>,
    tasks: &TaskTracker,
) -> impl Stream<Item = Said> + Send + 'static {
    let (opened_sender, opened) = oneshot::channel();
    let (ending_sender, ending) = oneshot::channel();
    let gone = CancellationToken::new();
    let Attaching { engine, identity, place } = by;
    let listener = Listener { engine, identity, inbound, gone: gone.clone() };
    tasks.spawn(async move {
        let ended = listener.run(opened_sender).await;
        drop(place);
        // Nobody reads it when the stream is gone.
        let _ = ending_sender.send(ended);
    });
    let stage = Stage::Opening(opened);
    let speaker = Speaker { stage, ending, _gone: gone.drop_guard() };
    stream::unfold(speaker, Speaker::say)
}

/// What the response stream needs once the session is open.
struct Opened {
    welcome: Welcome,
    outbox: mpsc::Receiver<ToSession>,
}

/// Why the listener ended.
enum Ended {
    /// The browser closed its half, or is gone.
    ByBrowser,
    /// It broke a rule, or the daemon cannot go on.
    Refused(Refusal),
}

impl From<Refusal> for Ended {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Takes what the browser says to the engine.
struct Listener {
    engine: EngineSender,
    identity: Arc<Identity>,
    inbound: Streaming<wire::AttachRequest>,
    /// The response stream was dropped: the browser is gone, or has been told to go.
    gone: CancellationToken,
}

impl Listener {
    async fn run(mut self, opened: oneshot::Sender<Opened>) -> Ended {
        let hello = tokio::select! {
            () = self.gone.cancelled() => return Ended::ByBrowser,
            hello = timeout(HELLO_LIMIT, self.inbound.message()) => hello,
        };
        let Ok(hello) = hello else { return Refusal::HelloLate(HELLO_LIMIT).into() };
        let hello = match expect_hello(hello) {
            Ok(hello) => hello,
            Err(ended) => return ended,
        };
        let (outbox_sender, outbox) = mpsc::channel(OUTBOX);
        let (cut_off_sender, cut_off) = oneshot::channel();
        let welcome = match self.open(hello, outbox_sender, cut_off_sender).await {
            Ok(welcome) => welcome,
            Err(refusal) => return refusal.into(),
        };
        let session = welcome.session;
        let _ = opened.send(Opened { welcome, outbox });
        let ended = self.listen(session, cut_off).await;
        // The engine may have ended; then it has no sessions.
        let _ = self.engine.send(Input::Session(session, FromSession::Closed)).await;
        ended
    }

    async fn open(
        &self,
        hello: wire::Hello,
        outbox: mpsc::Sender<ToSession>,
        cut_off: oneshot::Sender<()>,
    ) -> Result<Welcome, Refusal> {
        let hello = hello_from_proto(self.identity.caller.owner, hello)?;
        let answered = self
            .engine
            .ask(|reply| {
                Input::OpenSession(OpenSession {
                    profile: hello.profile,
                    agent: hello.agent,
                    process_id: self.identity.process_id,
                    capacity: hello.capacity,
                    running: hello.running,
                    finished: hello.finished,
                    outbox,
                    cut_off,
                    reply,
                })
            })
            .await?;
        let answered = answered.ok_or(Refusal::NotRecorded)?;
        Ok(answered.value)
    }

    /// Until the browser goes, breaks a rule or is cut off.
    async fn listen(&mut self, session: SessionId, cut_off: oneshot::Receiver<()>) -> Ended {
        // The engine drops its end when it closes a session by a message.
        let cut_off = async {
            if cut_off.await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let mut cut_off = pin!(cut_off);
        loop {
            let message = tokio::select! {
                () = &mut cut_off => return Refusal::TooSlow(OUTBOX).into(),
                () = self.gone.cancelled() => return Ended::ByBrowser,
                message = self.inbound.message() => message,
            };
            let said = match message {
                Ok(Some(request)) => from_session(request),
                Ok(None) => return Ended::ByBrowser,
                Err(status) => Err(unreadable(&status)),
            };
            let sent = match said {
                Ok(said) => self.engine.send(Input::Session(session, said)).await,
                Err(refusal) => return refusal.into(),
            };
            if let Err(gone) = sent {
                return Refusal::Stopping(gone).into();
            }
        }
    }
}

fn expect_hello(first: Result<Option<wire::AttachRequest>, Status>) -> Result<wire::Hello, Ended> {
    match first {
        Ok(Some(wire::AttachRequest { message: Some(Message::Hello(hello)) })) => Ok(hello),
        Ok(Some(wire::AttachRequest { message })) => {
            let name = message.as_ref().map_or("an unknown message", name);
            Err(Refusal::Protocol(format!("{name} came before `Hello`")).into())
        }
        Ok(None) => Err(Ended::ByBrowser),
        Err(status) => Err(unreadable(&status).into()),
    }
}

fn from_session(request: wire::AttachRequest) -> Result<FromSession, Refusal> {
    match request.message {
        Some(Message::Ready(wire::Ready {})) => Ok(FromSession::Ready),
        Some(Message::Started(started)) => {
            Ok(FromSession::Started(attempt_id_from_proto(&started.attempt_id)?))
        }
        Some(Message::Finished(finished)) => {
            Ok(FromSession::Finished(finished_from_proto(finished)?))
        }
        Some(Message::Hello(_)) => Err(Refusal::Protocol("`Hello` came twice".into())),
        None => Err(Refusal::Protocol("an unknown message came".into())),
    }
}

fn name(message: &Message) -> &'static str {
    match message {
        Message::Hello(_) => "`Hello`",
        Message::Ready(_) => "`Ready`",
        Message::Started(_) => "`Started`",
        Message::Finished(_) => "`Finished`",
    }
}

/// Bytes that are no message; or a stream that was reset, whose browser reads no answer.
fn unreadable(status: &Status) -> Refusal {
    Refusal::Protocol(format!("a message cannot be read: {}", status.message()))
}

/// Says to the browser what the engine and the listener have to say.
struct Speaker {
    stage: Stage,
    ending: oneshot::Receiver<Ended>,
    _gone: DropGuard,
}

enum Stage {
    Opening(oneshot::Receiver<Opened>),
    Attached(mpsc::Receiver<ToSession>),
    /// The last message has been said; this status ends the stream.
    Last(Status),
    Over,
}

impl Speaker {
    async fn say(mut self) -> Option<(Said, Self)> {
        let said = self.next().await?;
        Some((said, self))
    }

    async fn next(&mut self) -> Option<Said> {
        let stage = std::mem::replace(&mut self.stage, Stage::Over);
        match stage {
            Stage::Opening(mut opened) => tokio::select! {
                biased;
                Ok(opened) = &mut opened => Some(self.welcome(opened)),
                ended = &mut self.ending => self.end(ended),
            },
            Stage::Attached(mut outbox) => tokio::select! {
                biased;
                ended = &mut self.ending => self.end(ended),
                said = outbox.recv() => Some(self.pass_on(said, outbox)),
            },
            Stage::Last(status) => Some(Err(status)),
            Stage::Over => None,
        }
    }

    fn welcome(&mut self, opened: Opened) -> Said {
        let Opened { welcome, outbox } = opened;
        self.stage = Stage::Attached(outbox);
        Ok(welcome_to_proto(&welcome))
    }

    fn pass_on(&mut self, said: Option<ToSession>, outbox: mpsc::Receiver<ToSession>) -> Said {
        let Some(said) = said else { return Err(Refusal::NotRecorded.into()) };
        self.stage = match &said {
            ToSession::Closing { reason, .. } => Stage::Last(Refusal::Closed(*reason).into()),
            ToSession::Wake(_)
            | ToSession::Cancel { .. }
            | ToSession::Recorded { .. }
            | ToSession::Host(_) => Stage::Attached(outbox),
        };
        Ok(to_session_to_proto(&said))
    }

    fn end(&mut self, ended: Result<Ended, oneshot::error::RecvError>) -> Option<Said> {
        let refusal = match ended {
            Ok(Ended::ByBrowser) => return None,
            Ok(Ended::Refused(refusal)) => refusal,
            Err(_) => Refusal::Internal("a session's task ended without a word".into()),
        };
        let closing = closing(&refusal);
        let status = Status::from(refusal);
        let Some((reason, reconnect_after)) = closing else { return Some(Err(status)) };
        let detail = status.message().to_owned();
        self.stage = Stage::Last(status);
        Some(Ok(closing_to_proto(reason, reconnect_after, detail)))
    }
}

/// What a browser is told before the stream ends with a status; `None`: the status says it all.
fn closing(refusal: &Refusal) -> Option<(wire::ClosingReason, Option<Duration>)> {
    match refusal {
        Refusal::Field(_) | Refusal::Protocol(_) => {
            Some((wire::ClosingReason::ProtocolError, None))
        }
        Refusal::TooSlow(_) => Some((wire::ClosingReason::TooSlow, Some(RETRY))),
        Refusal::Stopping(_) => Some((wire::ClosingReason::ShuttingDown, Some(RETRY))),
        Refusal::NotRecorded => Some((wire::ClosingReason::Restarting, Some(RETRY))),
        Refusal::HelloLate(_)
        | Refusal::Closed(_)
        | Refusal::Internal(_)
        | Refusal::Register(_)
        | Refusal::Lease(_)
        | Refusal::NoSuchSite
        | Refusal::NoSuchKey
        | Refusal::NoSuchId(_)
        | Refusal::NoSuchService
        | Refusal::Nobody
        | Refusal::Unidentified(_)
        | Refusal::AdministratorsOnly(_)
        | Refusal::Advance(_)
        | Refusal::Busy { .. } => None,
    }
}
