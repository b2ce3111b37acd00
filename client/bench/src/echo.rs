//! The limit of everything that is said over gRPC: a server with the same messages on the same
//! kind of socket and runtime, and nothing behind them. It keeps, decides and writes nothing.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Mutex,
    time::Duration,
};

use anyhow::Context;
use clap::Args;
use prost_types::Duration as WireDuration;
use pwasync_proto::v1::{
    self as wire, attach_response,
    background_sync_server::{BackgroundSync, BackgroundSyncServer},
};
use tokio::{net::UnixListener, sync::mpsc};
use tokio_stream::{
    Stream, StreamExt,
    wrappers::{ReceiverStream, UnixListenerStream},
};
use tonic::{Request, Response, Status, Streaming, transport::Server};

/// As many as the daemon lets wait for a session's reader.
const OUTBOX: usize = 256;
/// As many calls of a connection at once as the daemon takes.
const STREAMS: u32 = 256;

/// Where to serve and what to answer.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Where to listen
    socket: PathBuf,
    /// An answer of the daemon to Register, encoded: the answers are as long
    #[arg(long)]
    answer: Option<PathBuf>,
}

/// Serves until it is killed.
///
/// # Errors
/// When it cannot listen.
pub(crate) async fn serve(arguments: &Arguments) -> anyhow::Result<()> {
    let answer = arguments.answer.as_deref().map(read_answer).transpose()?.unwrap_or_default();
    let listener = UnixListener::bind(&arguments.socket).context("cannot listen")?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "ready").and_then(|()| out.flush()).context("cannot say that it is ready")?;
    drop(out);
    let echo = Echo { answer, outboxes: Mutex::default() };
    let served = Server::builder()
        .max_concurrent_streams(STREAMS)
        .add_service(BackgroundSyncServer::new(echo))
        .serve_with_incoming(UnixListenerStream::new(listener));
    served.await.context("cannot serve")
}

fn read_answer(path: &Path) -> anyhow::Result<wire::RegisterResponse> {
    let bytes = std::fs::read(path).context("cannot read the answer")?;
    prost::Message::decode(&bytes[..]).context("cannot decode the answer")
}

type Outbox = mpsc::Sender<Result<wire::AttachResponse, Status>>;

#[derive(Debug, Default)]
struct Echo {
    answer: wire::RegisterResponse,
    outboxes: Mutex<Vec<Outbox>>,
}

#[tonic::async_trait]
impl BackgroundSync for Echo {
    type AttachStream =
        Pin<Box<dyn Stream<Item = Result<wire::AttachResponse, Status>> + Send + 'static>>;

    /// Welcomes at once, and then says what `remove_scope` has it say.
    async fn attach(
        &self,
        _call: Request<Streaming<wire::AttachRequest>>,
    ) -> Result<Response<Self::AttachStream>, Status> {
        let (outbox, messages) = mpsc::channel(OUTBOX);
        let welcome = attach_response::Message::Welcome(wire::Welcome::default());
        let welcome = wire::AttachResponse { message: Some(welcome) };
        outbox.try_send(Ok(welcome)).map_err(|_| Status::internal("a new outbox is full"))?;
        self.outboxes().push(outbox);
        Ok(Response::new(Box::pin(ReceiverStream::new(messages).map(|message| message))))
    }

    async fn register(
        &self,
        call: Request<wire::RegisterRequest>,
    ) -> Result<Response<wire::RegisterResponse>, Status> {
        let mut answer = self.answer.clone();
        if let Some(registration) = &mut answer.registration {
            registration.key = call.into_inner().key;
        }
        Ok(Response::new(answer))
    }

    /// Sends a wake to every stream.
    async fn remove_scope(
        &self,
        _call: Request<wire::RemoveScopeRequest>,
    ) -> Result<Response<wire::RemoveScopeResponse>, Status> {
        let outboxes = {
            let mut outboxes = self.outboxes();
            outboxes.retain(|outbox| !outbox.is_closed());
            outboxes.clone()
        };
        for (id, outbox) in (1..).zip(&outboxes) {
            // A stream may go at any moment.
            let _ = outbox.send(Ok(wake(id))).await;
        }
        let removed = u32::try_from(outboxes.len()).unwrap_or(u32::MAX);
        Ok(Response::new(wire::RemoveScopeResponse { removed }))
    }

    async fn get_registration(
        &self,
        _call: Request<wire::GetRegistrationRequest>,
    ) -> Result<Response<wire::GetRegistrationResponse>, Status> {
        absent()
    }

    async fn get_tags(
        &self,
        _call: Request<wire::GetTagsRequest>,
    ) -> Result<Response<wire::GetTagsResponse>, Status> {
        absent()
    }

    async fn unregister(
        &self,
        _call: Request<wire::UnregisterRequest>,
    ) -> Result<Response<wire::UnregisterResponse>, Status> {
        absent()
    }

    async fn reconcile(
        &self,
        _call: Request<Streaming<wire::ReconcileRequest>>,
    ) -> Result<Response<wire::ReconcileResponse>, Status> {
        absent()
    }

    async fn clear_origin(
        &self,
        _call: Request<wire::ClearOriginRequest>,
    ) -> Result<Response<wire::ClearOriginResponse>, Status> {
        absent()
    }

    async fn set_permission(
        &self,
        _call: Request<wire::SetPermissionRequest>,
    ) -> Result<Response<wire::SetPermissionResponse>, Status> {
        absent()
    }

    async fn set_installed_apps(
        &self,
        _call: Request<wire::SetInstalledAppsRequest>,
    ) -> Result<Response<wire::SetInstalledAppsResponse>, Status> {
        absent()
    }

    async fn report_engagement(
        &self,
        _call: Request<wire::ReportEngagementRequest>,
    ) -> Result<Response<wire::ReportEngagementResponse>, Status> {
        absent()
    }
}

impl Echo {
    fn outboxes(&self) -> std::sync::MutexGuard<'_, Vec<Outbox>> {
        // Nothing panics while it is held.
        self.outboxes.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn absent<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("nothing is measured by it"))
}

/// As the daemon says it.
fn wake(id: u64) -> wire::AttachResponse {
    let seconds = |seconds: u64| WireDuration::try_from(Duration::from_secs(seconds)).ok();
    let wake = wire::Wake {
        attempt_id: format!("1-{id}"),
        registration_id: id,
        key: Some(crate::drive::key(&format!("p{id}"), 0)),
        last_chance: false,
        time_limit: seconds(300),
        start_limit: seconds(30),
    };
    wire::AttachResponse { message: Some(attach_response::Message::Wake(wake)) }
}
