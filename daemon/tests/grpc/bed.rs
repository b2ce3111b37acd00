//! The services over a socket of their own, and callers of them.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use hyper_util::rt::TokioIo;
use pwasync_core::policy::Policy;
use pwasync_proto::v1::{
    self as wire, admin_client::AdminClient, background_sync_client::BackgroundSyncClient,
    launcher_client::LauncherClient, simulation_client::SimulationClient,
};
use pwasyncd::{
    channel::{self, Checks, Commits, EngineSender, Input},
    clock::{LocalZone, SystemClock},
    engine::{Engine, EngineError, EngineParts},
    grpc::{self, Behind, ServeError, Simulation},
    host::{FirstNetwork, HostKind},
    socket::{self, Access, SocketFile},
    store::{memory::MemoryStore, snapshot},
};
use rustix::{
    fs::{Gid, Uid},
    thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid},
};
use tempfile::TempDir;
use tokio::{net::UnixStream, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tonic::{
    Code, Status,
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt;
use tower::service_fn;

/// What is exported must be read so soon.
pub(crate) const UNREAD: Duration = Duration::from_secs(1);

/// 2026-01-01 00:00:00 UTC.
pub(crate) const START: u64 = 1_767_225_600_000;

/// Fails a test that waits for something that does not come.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("it did not come")
}

/// A running daemon, but for its process.
pub(crate) struct Daemon {
    _directory: TempDir,
    pub(crate) path: PathBuf,
    engine: EngineSender,
    stop: CancellationToken,
    engine_task: JoinHandle<Result<(), EngineError>>,
    serve_task: JoinHandle<Result<(), ServeError>>,
    _file: SocketFile,
}

impl Daemon {
    pub(crate) async fn simulated() -> Self {
        let host = HostKind::Simulated { start_unix_millis: START, network: FirstNetwork::Offline };
        Self::start(host, Simulation::Offered, Policy::default()).await
    }

    /// Under a policy of its own.
    pub(crate) async fn under(policy: Policy) -> Self {
        let host = HostKind::Simulated { start_unix_millis: START, network: FirstNetwork::Offline };
        Self::start(host, Simulation::Offered, policy).await
    }

    /// A simulated host that says nothing of its network.
    pub(crate) async fn silent() -> Self {
        let network = FirstNetwork::Unknown;
        let host = HostKind::Simulated { start_unix_millis: START, network };
        Self::start(host, Simulation::Offered, Policy::default()).await
    }

    pub(crate) async fn real() -> Self {
        let clock = SystemClock::start(LocalZone::Machine).unwrap();
        Self::start(HostKind::Real(clock), Simulation::Absent, Policy::default()).await
    }

    async fn start(host: HostKind, simulation: Simulation, policy: Policy) -> Self {
        let directory = tempfile::tempdir().unwrap();
        // Other users must get to the socket.
        fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
        let path = directory.path().join("run/pwasyncd.sock");
        let claim = socket::claim(&path, Access::AllUsers).await.unwrap();
        let (listener, file) = claim.listen().unwrap();
        let (engine, inputs) = channel::channel();
        let store = Box::new(MemoryStore::new());
        let policy = policy.into();
        let patience = Duration::from_secs(30);
        let commits = Commits::default();
        let checks = Checks::default();
        let (inhibitions, _) = channel::inhibitions();
        let parts =
            EngineParts { inputs, store, host, policy, patience, commits, checks, inhibitions };
        let engine_task = tokio::spawn(Engine::start(parts).await.unwrap().run());
        let stop = CancellationToken::new();
        // Nobody reads this policy again.
        let (reloads, _) = channel::reloads();
        let (transfers, wishes) = channel::transfers();
        let state = directory.path().join("state");
        tokio::spawn(snapshot::serve(state, wishes, engine.saved(), UNREAD));
        let behind = Behind { engine: engine.clone(), reloads, transfers, simulation };
        let serve = grpc::serve(listener, behind, stop.clone().cancelled_owned());
        let serve_task = tokio::spawn(serve);
        Self { _directory: directory, path, engine, stop, engine_task, serve_task, _file: file }
    }

    /// Ends as the daemon does: first nothing new, then the engine, then the calls.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.engine.send(Input::Stop).await.unwrap();
        soon(self.engine_task).await.unwrap().unwrap();
        soon(self.serve_task).await.unwrap().unwrap();
    }

    /// Tells the engine to stop, and leaves the services to themselves.
    pub(crate) async fn stop_engine(&mut self) {
        self.engine.send(Input::Stop).await.unwrap();
        soon(&mut self.engine_task).await.unwrap().unwrap();
    }

    /// A caller with the test's own uid.
    pub(crate) async fn client(&self) -> Client {
        let endpoint = Endpoint::from_shared(format!("unix:{}", self.path.display())).unwrap();
        Client::new(endpoint.connect().await.unwrap())
    }

    /// A caller with another uid, as the kernel sees it.
    pub(crate) async fn client_of(&self, uid: u32) -> Client {
        Client::new(over(connect_as(uid, &self.path), endpoint()).await)
    }

    /// A caller that takes only so many bytes of a stream before it reads.
    pub(crate) async fn narrow_client(&self, window: u32) -> Client {
        let stream = UnixStream::connect(&self.path).await.unwrap();
        narrow(stream, window).await
    }

    /// As [`Self::narrow_client`], with another uid.
    pub(crate) async fn narrow_client_of(&self, uid: u32, window: u32) -> Client {
        narrow(connect_as(uid, &self.path), window).await
    }
}

async fn narrow(stream: UnixStream, window: u32) -> Client {
    Client::new(over(stream, endpoint().initial_stream_window_size(window)).await)
}

fn endpoint() -> Endpoint {
    Endpoint::from_static("http://localhost")
}

async fn over(stream: UnixStream, endpoint: Endpoint) -> Channel {
    let mut stream = Some(stream);
    let connector = service_fn(move |_| {
        let stream = stream.take().map(TokioIo::new);
        async move { stream.ok_or_else(|| std::io::Error::other("connects once")) }
    });
    endpoint.connect_with_connector(connector).await.unwrap()
}

/// Connects from a thread that has become another user: credentials belong to threads, and the
/// kernel keeps those of whoever called connect.
fn connect_as(uid: u32, path: &Path) -> UnixStream {
    let path = path.to_owned();
    let thread = std::thread::spawn(move || {
        let (user, group) = (Uid::from_raw(uid), Gid::from_raw(uid));
        set_thread_groups(&[]).unwrap();
        set_thread_res_gid(group, group, group).unwrap();
        set_thread_res_uid(user, user, user).unwrap();
        std::os::unix::net::UnixStream::connect(path).unwrap()
    });
    let stream = thread.join().unwrap();
    stream.set_nonblocking(true).unwrap();
    UnixStream::from_std(stream).unwrap()
}

/// All that a caller can say.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) channel: Channel,
    pub(crate) sync: BackgroundSyncClient<Channel>,
    pub(crate) admin: AdminClient<Channel>,
    pub(crate) launcher: LauncherClient<Channel>,
    pub(crate) simulation: SimulationClient<Channel>,
}

impl Client {
    pub(crate) fn new(channel: Channel) -> Self {
        Self {
            sync: BackgroundSyncClient::new(channel.clone()),
            admin: AdminClient::new(channel.clone()),
            launcher: LauncherClient::new(channel.clone()),
            simulation: SimulationClient::new(channel.clone()),
            channel,
        }
    }

    pub(crate) async fn register(
        &mut self,
        request: wire::RegisterRequest,
    ) -> Result<wire::RegisterResponse, Status> {
        Ok(soon(self.sync.register(request)).await?.into_inner())
    }

    /// Registers a one-off; its number.
    pub(crate) async fn one_off(&mut self, tag: &str) -> u64 {
        let request = wire::RegisterRequest { key: Some(key(tag)), ..Default::default() };
        self.register(request).await.unwrap().registration.unwrap().id
    }

    pub(crate) async fn list(&mut self) -> Vec<wire::Registration> {
        let request = wire::ListRegistrationsRequest::default();
        soon(self.admin.list_registrations(request)).await.unwrap().into_inner().registrations
    }

    pub(crate) async fn online(&mut self) {
        let request = wire::SetNetworkRequest { online: true, ..Default::default() };
        soon(self.simulation.set_network(request)).await.unwrap();
    }

    /// Moves simulated time; how many wakes went.
    pub(crate) async fn advance(&mut self, by: Duration) -> u64 {
        let request = advance_by(by, false);
        soon(self.simulation.advance(request)).await.unwrap().into_inner().wakes
    }

    pub(crate) async fn watch(&mut self, recent: u32) -> tonic::Streaming<wire::WatchResponse> {
        let request = wire::WatchRequest { recent, only_recent: false };
        soon(self.admin.watch(request)).await.unwrap().into_inner()
    }
}

pub(crate) fn advance_by(by: Duration, let_time_out: bool) -> wire::AdvanceRequest {
    let by = wire::advance_request::Target::By(duration(by));
    wire::AdvanceRequest { target: Some(by), patience: None, let_time_out }
}

pub(crate) fn duration(duration: Duration) -> prost_types::Duration {
    duration.try_into().unwrap()
}

pub(crate) fn profile() -> wire::ProfileId {
    wire::ProfileId { browser: "chromium".into(), profile: "Default".into() }
}

/// The key of a one-off.
pub(crate) fn key(tag: &str) -> wire::RegistrationKey {
    wire::RegistrationKey {
        profile: Some(profile()),
        scope: "https://example.org/app/".into(),
        kind: wire::SyncKind::OneOff.into(),
        tag: tag.into(),
    }
}

pub(crate) fn periodic(tag: &str) -> wire::RegistrationKey {
    wire::RegistrationKey { kind: wire::SyncKind::Periodic.into(), ..key(tag) }
}

/// A refused field: its name, and value and limit.
pub(crate) fn wrong_field(status: &Status) -> (String, String) {
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let mut violations = status.get_details_bad_request().unwrap().field_violations;
    assert_eq!(violations.len(), 1);
    let violation = violations.remove(0);
    (violation.field, violation.description)
}

/// The reason of a refusal.
pub(crate) fn reason(status: &Status) -> String {
    status.get_details_error_info().unwrap().reason
}
