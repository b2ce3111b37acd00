//! An attached browser, as tests play it.

use pwasync_proto::v1 as wire;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};
use wire::{attach_request::Message as Up, attach_response::Message as Down};

use crate::bed::{Client, profile, soon};

/// One stream; messages about the host are passed over.
pub(crate) struct Session {
    up: Option<mpsc::Sender<wire::AttachRequest>>,
    down: Streaming<wire::AttachResponse>,
}

impl Session {
    /// Opens the stream and says nothing.
    pub(crate) async fn silent(client: &mut Client) -> Self {
        // As many as a test ever sends before it reads.
        let (up, messages) = mpsc::channel(4_096);
        let down = soon(client.sync.attach(ReceiverStream::new(messages))).await.unwrap();
        Self { up: Some(up), down: down.into_inner() }
    }

    /// Opens the stream and says who it is.
    pub(crate) async fn hello(client: &mut Client, hello: wire::Hello) -> (Self, wire::Welcome) {
        let mut session = Self::silent(client).await;
        session.say(Up::Hello(hello)).await;
        match session.next().await {
            Ok(Some(Down::Welcome(welcome))) => (session, welcome),
            other => panic!("expected a welcome: {other:?}"),
        }
    }

    /// An ordinary browser that takes wakes.
    pub(crate) async fn ready(client: &mut Client) -> Self {
        let (mut session, welcome) = Self::hello(client, hello()).await;
        assert!(welcome.abandon.is_empty());
        session.say(Up::Ready(wire::Ready {})).await;
        session
    }

    pub(crate) async fn say(&mut self, message: Up) {
        let message = Some(message);
        self.send(wire::AttachRequest { message }).await;
    }

    pub(crate) async fn send(&mut self, request: wire::AttachRequest) {
        soon(self.up.as_ref().unwrap().send(request)).await.unwrap();
    }

    pub(crate) async fn started(&mut self, wake: &wire::Wake) {
        self.say(Up::Started(wire::Started { attempt_id: wake.attempt_id.clone() })).await;
    }

    pub(crate) async fn finished(&mut self, attempt_id: &str, outcome: wire::Outcome) {
        self.say(Up::Finished(finished(attempt_id, outcome))).await;
    }

    /// Ends the browser's half.
    pub(crate) fn hang_up(&mut self) {
        self.up = None;
    }

    /// The next message that is not about the host.
    pub(crate) async fn next(&mut self) -> Result<Option<Down>, Status> {
        loop {
            let Some(response) = soon(self.down.message()).await? else { return Ok(None) };
            let message = response.message.unwrap();
            if !matches!(message, Down::HostState(_)) {
                return Ok(Some(message));
            }
        }
    }

    pub(crate) async fn wake(&mut self) -> wire::Wake {
        match self.next().await {
            Ok(Some(Down::Wake(wake))) => wake,
            other => panic!("expected a wake: {other:?}"),
        }
    }

    pub(crate) async fn recorded(&mut self) -> wire::Recorded {
        match self.next().await {
            Ok(Some(Down::Recorded(recorded))) => recorded,
            other => panic!("expected a confirmation: {other:?}"),
        }
    }

    /// The last message, and the status after it.
    pub(crate) async fn closed(&mut self) -> (wire::Closing, Status) {
        let closing = match self.next().await {
            Ok(Some(Down::Closing(closing))) => closing,
            other => panic!("expected the end: {other:?}"),
        };
        (closing, self.next().await.unwrap_err())
    }
}

pub(crate) fn hello() -> wire::Hello {
    wire::Hello { profile: Some(profile()), agent: "test 1.0".into(), ..Default::default() }
}

pub(crate) fn finished(attempt_id: &str, outcome: wire::Outcome) -> wire::Finished {
    wire::Finished { attempt_id: attempt_id.into(), outcome: outcome.into(), ..Default::default() }
}
