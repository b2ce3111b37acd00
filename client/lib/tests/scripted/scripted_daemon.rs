//! A daemon whose side of the conversation the test plays: a real server on a real socket.

use std::future::Future;
use std::path::PathBuf;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use pwasync_client::SocketPath;
use pwasync_proto::v1;
use pwasync_proto::v1::admin_server::AdminServer;
use pwasync_proto::v1::background_sync_server::{BackgroundSync, BackgroundSyncServer};
use pwasync_proto::v1::launcher_server::LauncherServer;
use pwasync_proto::v1::{attach_request, attach_response};
use tempfile::TempDir;
use tokio::net::UnixListener;
use tokio::runtime;
use tokio::sync::{mpsc, oneshot};
use tokio::{task, time};
use tokio_stream::wrappers::{ReceiverStream, UnixListenerStream};
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};

use crate::answers;
use crate::scripted_admin::{AdminService, Asked};
use crate::scripted_launcher::{AttachedLauncher, LauncherService};

/// A test that waits longer than this fails. Longer than the longest wait in the client.
const LIMIT: Duration = Duration::from_secs(45);

/// Fails the test when something does not come.
pub(crate) async fn soon<T>(what: &str, something: impl Future<Output = T>) -> T {
    time::timeout(LIMIT, something).await.unwrap_or_else(|_| panic!("{what} did not come"))
}

/// Where the daemon is, running or not.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("pwasyncd.sock")
    }

    pub(crate) fn socket(&self) -> SocketPath {
        SocketPath::at(self.path())
    }

    /// Starts a daemon here, in the place of one that was killed.
    pub(crate) fn start(&self) -> ScriptedDaemon {
        match std::fs::remove_file(self.path()) {
            Ok(()) => {}
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound),
        }
        let listener = std::os::unix::net::UnixListener::bind(self.path()).unwrap();
        listener.set_nonblocking(true).unwrap();
        let (calls, handled) = mpsc::channel(16);
        let admin = AdminServer::new(AdminService::new(calls.clone()));
        let launcher = LauncherServer::new(LauncherService { calls: calls.clone() });
        let service = BackgroundSyncServer::new(Service { calls });
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = UnixListenerStream::new(UnixListener::from_std(listener).unwrap());
                let server =
                    Server::builder().add_service(service).add_service(admin).add_service(launcher);
                tokio::select! {
                    served = server.serve_with_incoming(listener) => served.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        ScriptedDaemon { calls: handled, stop, thread }
    }
}

/// A daemon that answers as the test says.
pub(crate) struct ScriptedDaemon {
    calls: mpsc::Receiver<Call>,
    stop: oneshot::Sender<()>,
    /// With a runtime of its own, so that all of it ends at once, its connections included.
    thread: JoinHandle<()>,
}

/// One call to the daemon.
#[derive(Debug)]
pub(crate) enum Call {
    Attach(Box<AttachedBrowser>),
    Register(Box<v1::RegisterRequest>, oneshot::Sender<Result<v1::RegisterResponse, Status>>),
    Reconcile(Vec<v1::ReconcileRequest>, oneshot::Sender<v1::ReconcileResponse>),
    Launcher(Box<AttachedLauncher>),
    /// Answered with what `answers` has.
    Asked(Asked),
}

impl ScriptedDaemon {
    pub(crate) async fn call(&mut self) -> Call {
        soon("a call", self.calls.recv()).await.unwrap()
    }

    /// The next browser that attaches, and its Hello.
    pub(crate) async fn attached(&mut self) -> (AttachedBrowser, v1::Hello) {
        let Call::Attach(browser) = self.call().await else { panic!("another call came") };
        let mut browser = *browser;
        let attach_request::Message::Hello(hello) = browser.said().await else {
            panic!("Hello does not come first");
        };
        (browser, hello)
    }

    /// The same, welcomed.
    pub(crate) async fn welcomed(&mut self) -> (AttachedBrowser, v1::Hello) {
        let (browser, hello) = self.attached().await;
        browser.say(welcome(&[])).await;
        (browser, hello)
    }

    /// As kill -9 does: all connections end at once.
    pub(crate) async fn kill(self) {
        self.stop.send(()).unwrap();
        let end = task::spawn_blocking(move || self.thread.join());
        soon("the end of the daemon", end).await.unwrap().unwrap();
    }
}

/// The daemon's end of a session.
#[derive(Debug)]
pub(crate) struct AttachedBrowser {
    requests: Streaming<v1::AttachRequest>,
    answers: mpsc::Sender<Result<v1::AttachResponse, Status>>,
}

impl AttachedBrowser {
    pub(crate) async fn said(&mut self) -> attach_request::Message {
        let message = soon("a message", self.requests.message()).await.unwrap();
        message.unwrap().message.unwrap()
    }

    pub(crate) async fn said_ready(&mut self) {
        assert_eq!(self.said().await, attach_request::Message::Ready(v1::Ready {}));
    }

    /// The browser says nothing more.
    pub(crate) async fn ended(&mut self) {
        // An orderly end and a reset are both an end.
        if let Ok(Some(message)) = soon("the end", self.requests.message()).await {
            panic!("it said {message:?}");
        }
    }

    pub(crate) async fn say(&self, message: attach_response::Message) {
        let message = v1::AttachResponse { message: Some(message) };
        self.answers.send(Ok(message)).await.unwrap();
    }

    pub(crate) async fn end(self, status: Status) {
        self.answers.send(Err(status)).await.unwrap();
    }
}

struct Service {
    calls: mpsc::Sender<Call>,
}

impl Service {
    async fn tell(&self, call: Call) -> Result<(), Status> {
        self.calls.send(call).await.map_err(|_| Status::unavailable("the test is over"))
    }
}

#[tonic::async_trait]
impl BackgroundSync for Service {
    type AttachStream = ReceiverStream<Result<v1::AttachResponse, Status>>;

    async fn attach(
        &self,
        request: Request<Streaming<v1::AttachRequest>>,
    ) -> Result<Response<Self::AttachStream>, Status> {
        let (answers, stream) = mpsc::channel(64);
        let browser = AttachedBrowser { requests: request.into_inner(), answers };
        self.tell(Call::Attach(Box::new(browser))).await?;
        Ok(Response::new(ReceiverStream::new(stream)))
    }

    async fn register(
        &self,
        request: Request<v1::RegisterRequest>,
    ) -> Result<Response<v1::RegisterResponse>, Status> {
        let (answer, answered) = oneshot::channel();
        self.tell(Call::Register(Box::new(request.into_inner()), answer)).await?;
        answered.await.map_err(|_| Status::unavailable("the test is over"))?.map(Response::new)
    }

    async fn get_registration(
        &self,
        _: Request<v1::GetRegistrationRequest>,
    ) -> Result<Response<v1::GetRegistrationResponse>, Status> {
        Err(Status::not_found("no such registration"))
    }

    async fn get_tags(
        &self,
        _: Request<v1::GetTagsRequest>,
    ) -> Result<Response<v1::GetTagsResponse>, Status> {
        Ok(Response::new(v1::GetTagsResponse { tags: vec!["b".to_owned(), "a".to_owned()] }))
    }

    async fn unregister(
        &self,
        _: Request<v1::UnregisterRequest>,
    ) -> Result<Response<v1::UnregisterResponse>, Status> {
        // A change that no client knows.
        Ok(Response::new(v1::UnregisterResponse { change: 99 }))
    }

    async fn remove_scope(
        &self,
        _: Request<v1::RemoveScopeRequest>,
    ) -> Result<Response<v1::RemoveScopeResponse>, Status> {
        Ok(Response::new(v1::RemoveScopeResponse { removed: 3 }))
    }

    async fn reconcile(
        &self,
        request: Request<Streaming<v1::ReconcileRequest>>,
    ) -> Result<Response<v1::ReconcileResponse>, Status> {
        let mut stream = request.into_inner();
        let mut messages = Vec::new();
        while let Some(message) = stream.message().await? {
            messages.push(message);
        }
        let (answer, answered) = oneshot::channel();
        self.tell(Call::Reconcile(messages, answer)).await?;
        let answer = answered.await.map_err(|_| Status::unavailable("the test is over"))?;
        Ok(Response::new(answer))
    }

    async fn clear_origin(
        &self,
        request: Request<v1::ClearOriginRequest>,
    ) -> Result<Response<v1::ClearOriginResponse>, Status> {
        self.tell(Call::Asked(Asked::ClearOrigin(request.into_inner()))).await?;
        Ok(Response::new(v1::ClearOriginResponse { removed: 4 }))
    }

    async fn set_permission(
        &self,
        request: Request<v1::SetPermissionRequest>,
    ) -> Result<Response<v1::SetPermissionResponse>, Status> {
        self.tell(Call::Asked(Asked::SetPermission(request.into_inner()))).await?;
        Ok(Response::new(v1::SetPermissionResponse { removed: 5 }))
    }

    async fn set_installed_apps(
        &self,
        request: Request<v1::SetInstalledAppsRequest>,
    ) -> Result<Response<v1::SetInstalledAppsResponse>, Status> {
        self.tell(Call::Asked(Asked::SetInstalledApps(request.into_inner()))).await?;
        Ok(Response::new(v1::SetInstalledAppsResponse { added: 6, removed: 7 }))
    }

    async fn report_engagement(
        &self,
        request: Request<v1::ReportEngagementRequest>,
    ) -> Result<Response<v1::ReportEngagementResponse>, Status> {
        self.tell(Call::Asked(Asked::ReportEngagement(request.into_inner()))).await?;
        Ok(Response::new(answers::reported()))
    }
}

pub(crate) fn welcome(abandon: &[&str]) -> attach_response::Message {
    attach_response::Message::Welcome(v1::Welcome {
        session_id: 1,
        daemon_version: "0.1.0".to_owned(),
        limits: Some(v1::Limits {
            tag_bytes: 10_240,
            scope_bytes: 2_048,
            detail_bytes: 1_024,
            retry_after: Some(prost_types::Duration { seconds: 86_400, nanos: 0 }),
        }),
        abandon: abandon.iter().map(|attempt| (*attempt).to_owned()).collect(),
        host_state: Some(v1::HostState::default()),
    })
}

pub(crate) fn key(tag: &str) -> v1::RegistrationKey {
    v1::RegistrationKey {
        profile: Some(v1::ProfileId { browser: "test".to_owned(), profile: "p".to_owned() }),
        scope: "https://app.example/".to_owned(),
        kind: v1::SyncKind::OneOff.into(),
        tag: tag.to_owned(),
    }
}
