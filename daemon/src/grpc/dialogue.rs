//! A bidirectional stream with the engine at one end: that of a browser profile, or of a launcher.
//!
//! The response stream reads the engine's outbox by itself; a task reads what the other end says.
//! However it ends, the task tells the engine that the stream is closed, once. It decides nothing
//! but the order of messages.

use std::{pin::pin, time::Duration};

use futures_util::{Stream, stream};
use pwasync_proto::v1 as wire;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};
use tonic::{Status, Streaming};

use super::{
    guest::Guest,
    owners::Held,
    status::{RETRY, Refusal},
};
use crate::channel::{Closing, EngineSender, Input, OUTBOX, Reply};

/// The first message must come so soon.
const HELLO_LIMIT: Duration = Duration::from_secs(5);

/// What is said on one kind of stream.
pub(super) trait Dialogue: Send + 'static {
    /// A message of the other end.
    type Up: Send + 'static;
    /// A message to the other end.
    type Down: Send + 'static;
    /// The engine's answer to the first message.
    type Welcome: Send + 'static;
    /// What the engine says after that.
    type Said: Send + 'static;
    /// The stream's number in the engine.
    type Id: Copy + Send + 'static;

    /// The first message, as errors name it.
    const HELLO: &'static str;

    /// Opens the stream with its first message.
    fn open(
        &self,
        first: Self::Up,
        line: Line<Self::Said>,
        reply: Reply<Self::Welcome>,
    ) -> Result<Input, Refusal>;
    /// The number that the engine gave.
    fn id(welcome: &Self::Welcome) -> Self::Id;
    /// Reads a later message.
    fn hear(id: Self::Id, message: Self::Up) -> Result<Input, Refusal>;
    /// What the engine is told when the stream has ended.
    fn closed(id: Self::Id) -> Input;
    /// The engine's answer, for the wire.
    fn welcome(welcome: &Self::Welcome) -> Self::Down;
    /// What the engine says, for the wire.
    fn say(said: &Self::Said) -> Self::Down;
    /// Whether this is the last message, and why.
    fn end(said: &Self::Said) -> Option<Closing>;
    /// A last message of the stream's own.
    fn closing(reason: wire::ClosingReason, after: Option<Duration>, detail: String) -> Self::Down;
}

/// How the engine reaches the stream.
pub(super) struct Line<T> {
    /// Where its messages go.
    pub(super) outbox: mpsc::Sender<T>,
    /// Told when the outbox is full.
    pub(super) cut_off: oneshot::Sender<()>,
}

/// What all kinds of streams need.
pub(super) struct Place {
    pub(super) engine: EngineSender,
    /// Held until the stream has ended.
    pub(super) place: Held,
    /// The connection: what is said goes at its owner's pace.
    pub(super) guest: Guest,
}

type Said<D> = Result<<D as Dialogue>::Down, Status>;

/// Begins. The stream can be answered with at once: it waits for the first message by itself.
pub(super) fn begin<D: Dialogue>(
    dialogue: D,
    at: Place,
    inbound: Streaming<D::Up>,
    tasks: &TaskTracker,
) -> impl Stream<Item = Said<D>> + Send + 'static {
    let (opened_sender, opened) = oneshot::channel();
    let (ending_sender, ending) = oneshot::channel();
    let gone = CancellationToken::new();
    let Place { engine, place, guest } = at;
    let listener = Listener { dialogue, engine, inbound, guest, gone: gone.clone() };
    tasks.spawn(async move {
        let ended = listener.run(opened_sender).await;
        drop(place);
        // Nobody reads it when the stream is gone.
        let _ = ending_sender.send(ended);
    });
    let stage = Stage::<D>::Opening(opened);
    let speaker = Speaker { stage, ending, _gone: gone.drop_guard() };
    stream::unfold(speaker, Speaker::say)
}

/// What the response stream needs once the stream is open.
struct Opened<D: Dialogue> {
    welcome: D::Welcome,
    outbox: mpsc::Receiver<D::Said>,
}

/// Why the listener ended.
enum Ended {
    /// The other end closed its half, or is gone.
    ByOther,
    /// It broke a rule, or the daemon cannot go on.
    Refused(Refusal),
}

impl From<Refusal> for Ended {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Takes what the other end says to the engine.
struct Listener<D: Dialogue> {
    dialogue: D,
    engine: EngineSender,
    inbound: Streaming<D::Up>,
    guest: Guest,
    /// The response stream was dropped: the other end is gone, or has been told to go.
    gone: CancellationToken,
}

impl<D: Dialogue> Listener<D> {
    async fn run(mut self, opened: oneshot::Sender<Opened<D>>) -> Ended {
        let first = tokio::select! {
            () = self.gone.cancelled() => return Ended::ByOther,
            first = timeout(HELLO_LIMIT, self.inbound.message()) => first,
        };
        let first = match first {
            Ok(Ok(Some(first))) => first,
            Ok(Ok(None)) => return Ended::ByOther,
            Ok(Err(status)) => return unreadable(&status).into(),
            Err(_) => return Refusal::HelloLate { what: D::HELLO, limit: HELLO_LIMIT }.into(),
        };
        let (outbox_sender, outbox) = mpsc::channel(OUTBOX);
        let (cut_off_sender, cut_off) = oneshot::channel();
        let line = Line { outbox: outbox_sender, cut_off: cut_off_sender };
        let welcome = match self.open(first, line).await {
            Ok(welcome) => welcome,
            Err(refusal) => return refusal.into(),
        };
        let id = D::id(&welcome);
        let _ = opened.send(Opened { welcome, outbox });
        let ended = self.listen(id, cut_off).await;
        // The engine may have ended; then it has no streams.
        let _ = self.engine.send(D::closed(id)).await;
        ended
    }

    async fn open(&mut self, first: D::Up, line: Line<D::Said>) -> Result<D::Welcome, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.engine.send(self.dialogue.open(first, line, reply)?).await?;
        let answered = answer.await.map_err(|_| Refusal::NotRecorded)?;
        Ok(answered.value)
    }

    /// Until the other end goes, breaks a rule or is cut off.
    async fn listen(&mut self, id: D::Id, cut_off: oneshot::Receiver<()>) -> Ended {
        // The engine drops its end when it closes a stream by a message.
        let cut_off = async {
            if cut_off.await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let mut cut_off = pin!(cut_off);
        loop {
            let (owners, share) = (self.guest.owners(), self.guest.share());
            let message = tokio::select! {
                () = &mut cut_off => return Refusal::TooSlow(OUTBOX).into(),
                () = self.gone.cancelled() => return Ended::ByOther,
                message = self.inbound.message() => message,
            };
            tokio::select! {
                () = &mut cut_off => return Refusal::TooSlow(OUTBOX).into(),
                () = self.gone.cancelled() => return Ended::ByOther,
                () = owners.turn_to_call(share) => {}
            }
            let heard = match message {
                Ok(Some(message)) => D::hear(id, message),
                Ok(None) => return Ended::ByOther,
                Err(status) => Err(unreadable(&status)),
            };
            let sent = match heard {
                Ok(input) => self.engine.send(input).await,
                Err(refusal) => return refusal.into(),
            };
            if let Err(gone) = sent {
                return Refusal::Stopping(gone).into();
            }
        }
    }
}

/// Bytes that are no message; or a stream that was reset, whose other end reads no answer.
fn unreadable(status: &Status) -> Refusal {
    Refusal::Protocol(format!("a message cannot be read: {}", status.message()))
}

/// Says what the engine and the listener have to say.
struct Speaker<D: Dialogue> {
    stage: Stage<D>,
    ending: oneshot::Receiver<Ended>,
    _gone: DropGuard,
}

enum Stage<D: Dialogue> {
    Opening(oneshot::Receiver<Opened<D>>),
    Attached(mpsc::Receiver<D::Said>),
    /// The last message has been said; this status ends the stream.
    Last(Status),
    Over,
}

impl<D: Dialogue> Speaker<D> {
    async fn say(mut self) -> Option<(Said<D>, Self)> {
        let said = self.next().await?;
        Some((said, self))
    }

    async fn next(&mut self) -> Option<Said<D>> {
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

    fn welcome(&mut self, opened: Opened<D>) -> Said<D> {
        let Opened { welcome, outbox } = opened;
        self.stage = Stage::Attached(outbox);
        Ok(D::welcome(&welcome))
    }

    fn pass_on(&mut self, said: Option<D::Said>, outbox: mpsc::Receiver<D::Said>) -> Said<D> {
        let Some(said) = said else { return Err(Refusal::NotRecorded.into()) };
        self.stage = match D::end(&said) {
            Some(reason) => Stage::Last(Refusal::Closed(reason).into()),
            None => Stage::Attached(outbox),
        };
        Ok(D::say(&said))
    }

    fn end(&mut self, ended: Result<Ended, oneshot::error::RecvError>) -> Option<Said<D>> {
        let refusal = match ended {
            Ok(Ended::ByOther) => return None,
            Ok(Ended::Refused(refusal)) => refusal,
            Err(_) => Refusal::Internal("a stream's task ended without a word".into()),
        };
        let closing = closing(&refusal);
        let status = Status::from(refusal);
        let Some((reason, reconnect_after)) = closing else { return Some(Err(status)) };
        let detail = status.message().to_owned();
        self.stage = Stage::Last(status);
        Some(Ok(D::closing(reason, reconnect_after, detail)))
    }
}

/// What the other end is told before the stream ends with a status; `None`: the status says it
/// all.
fn closing(refusal: &Refusal) -> Option<(wire::ClosingReason, Option<Duration>)> {
    match refusal {
        Refusal::Field(_) | Refusal::Protocol(_) => {
            Some((wire::ClosingReason::ProtocolError, None))
        }
        Refusal::TooSlow(_) => Some((wire::ClosingReason::TooSlow, Some(RETRY))),
        Refusal::Stopping(_) => Some((wire::ClosingReason::ShuttingDown, Some(RETRY))),
        Refusal::NotRecorded => Some((wire::ClosingReason::Restarting, Some(RETRY))),
        Refusal::HelloLate { .. }
        | Refusal::MessageLate { .. }
        | Refusal::Closed(_)
        | Refusal::Internal(_)
        | Refusal::Register(_)
        | Refusal::Site(_)
        | Refusal::Share(_)
        | Refusal::Lease(_)
        | Refusal::NoSuchSite
        | Refusal::NoSuchKey
        | Refusal::NoSuchId(_)
        | Refusal::NoSuchService
        | Refusal::Nobody
        | Refusal::Unidentified(_)
        | Refusal::AdministratorsOnly(_)
        | Refusal::Advance(_)
        | Refusal::Busy { .. }
        | Refusal::Transfer(_) => None,
    }
}
