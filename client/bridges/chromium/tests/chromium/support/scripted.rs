//! A daemon that does what the test says: it speaks the real protocol over a real socket, and
//! decides nothing.

use std::{
    path::{Path, PathBuf},
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use pwasync_proto::v1::{
    AttachRequest, AttachResponse, Cancel, CancelReason, ClearOriginRequest, ClearOriginResponse,
    GetRegistrationRequest, GetRegistrationResponse, GetTagsRequest, GetTagsResponse, HostState,
    Limits, ProfileId, ReconcileRequest, ReconcileResponse, Recorded, RegisterChange,
    RegisterRequest, RegisterResponse, Registration, RegistrationKey, RegistrationState,
    RemoveScopeRequest, RemoveScopeResponse, ReportEngagementRequest, ReportEngagementResponse,
    SetInstalledAppsRequest, SetInstalledAppsResponse, SetPermissionRequest, SetPermissionResponse,
    UnregisterChange, UnregisterRequest, UnregisterResponse, Wake, Welcome, attach_request,
    attach_response,
    background_sync_server::{BackgroundSync, BackgroundSyncServer},
};
pub(crate) use pwasync_proto::v1::{Outcome, SyncKind};
use tokio::{
    net::UnixListener,
    sync::{mpsc, oneshot},
};
use tokio_stream::{
    Stream, StreamExt,
    wrappers::{ReceiverStream, UnixListenerStream},
};
use tonic::{Request, Response, Status, Streaming, transport::Server};

use super::log::Log;

/// What reached the daemon.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Entry {
    Attached,
    Ready,
    Started(String),
    Finished { attempt: String, outcome: Outcome, detail: String },
    Register { scope: String, kind: SyncKind, tag: String, min_interval_ms: Option<u64> },
    Unregister { scope: String, kind: SyncKind, tag: String },
    RemoveScope(String),
    Gone,
}

#[derive(Debug)]
pub(crate) struct ScriptedDaemon {
    pub(crate) log: Log<Entry>,
    pub(crate) socket: PathBuf,
    inner: Arc<Inner>,
    server: Option<(oneshot::Sender<()>, std::thread::JoinHandle<()>)>,
}

#[derive(Debug)]
struct Inner {
    log: Log<Entry>,
    /// What `Register` answers instead of OK.
    refusal: Mutex<Option<Status>>,
    tags: Mutex<Vec<(String, i32, String)>>,
    down: Mutex<Option<mpsc::Sender<Result<AttachResponse, Status>>>>,
}

#[derive(Clone)]
struct Service(Arc<Inner>);

impl ScriptedDaemon {
    pub(crate) fn start(folder: &Path) -> Self {
        let socket = folder.join("pwasyncd.sock");
        drop(std::fs::remove_file(&socket));
        let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        listener.set_nonblocking(true).unwrap();
        let log = Log::new();
        let inner = Arc::new(Inner {
            log: log.clone(),
            refusal: Mutex::default(),
            tags: Mutex::default(),
            down: Mutex::default(),
        });
        let service = BackgroundSyncServer::new(Service(Arc::clone(&inner)));
        let (stop, stopped) = oneshot::channel::<()>();
        // A runtime of its own: its end breaks every connection, as the end of a process does.
        let server = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let incoming = UnixListenerStream::new(UnixListener::from_std(listener).unwrap());
                let serve = Server::builder().add_service(service).serve_with_incoming(incoming);
                tokio::select! {
                    served = serve => served.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        let server = Some((stop, server));
        Self { log, socket, inner, server }
    }

    pub(crate) fn refuse_registrations(&self, refusal: Option<Status>) {
        *self.inner.refusal.lock().unwrap() = refusal;
    }

    pub(crate) async fn wake(&self, attempt: &str, scope: &str, kind: SyncKind, tag: &str) {
        self.wake_with(attempt, scope, kind, tag, false).await;
    }

    /// A wake whose worker has only that long to start.
    pub(crate) async fn wake_within(&self, attempt: &str, scope: &str, start_limit: Duration) {
        let mut wake = wake(attempt, scope, SyncKind::OneOff, attempt);
        wake.start_limit = Some(start_limit.try_into().unwrap());
        self.send(attach_response::Message::Wake(wake)).await;
    }

    pub(crate) async fn wake_with(
        &self,
        attempt: &str,
        scope: &str,
        kind: SyncKind,
        tag: &str,
        last_chance: bool,
    ) {
        let wake = Wake { last_chance, ..wake(attempt, scope, kind, tag) };
        self.send(attach_response::Message::Wake(wake)).await;
    }

    pub(crate) async fn cancel(&self, attempt: &str) {
        let reason = CancelReason::TimeLimit.into();
        let cancel = Cancel { attempt_id: attempt.to_owned(), reason };
        self.send(attach_response::Message::Cancel(cancel)).await;
    }

    pub(crate) async fn ready(&self) {
        self.log.wait("Ready", |entry| *entry == Entry::Ready).await;
    }

    /// Waits until it has become ready more often than that.
    pub(crate) async fn ready_again(&self, readies: usize) {
        self.log.wait_for_more(readies, |entry| *entry == Entry::Ready).await;
    }

    pub(crate) async fn started(&self, attempt: &str) {
        self.log.wait("Started", |e| matches!(e, Entry::Started(id) if id == attempt)).await;
    }

    pub(crate) async fn finished(&self, attempt: &str) -> (Outcome, String) {
        let wanted = |e: &Entry| matches!(e, Entry::Finished { attempt: id, .. } if id == attempt);
        let entry = self.log.wait("Finished", wanted).await;
        let Entry::Finished { outcome, detail, .. } = entry else { unreachable!() };
        (outcome, detail)
    }

    async fn send(&self, message: attach_response::Message) {
        let down = self.inner.down.lock().unwrap().clone().expect("attached");
        down.send(Ok(AttachResponse { message: Some(message) })).await.unwrap();
    }
}

/// As after `kill -9`.
impl Drop for ScriptedDaemon {
    fn drop(&mut self) {
        if let Some((stop, server)) = self.server.take() {
            drop(stop);
            server.join().unwrap();
        }
    }
}

fn wake(attempt: &str, scope: &str, kind: SyncKind, tag: &str) -> Wake {
    let seconds = |seconds| Some(prost_types::Duration { seconds, nanos: 0 });
    Wake {
        attempt_id: attempt.to_owned(),
        registration_id: 1,
        key: Some(key(scope, kind, tag)),
        last_chance: false,
        time_limit: seconds(180),
        start_limit: seconds(30),
    }
}

fn key(scope: &str, kind: SyncKind, tag: &str) -> RegistrationKey {
    RegistrationKey {
        profile: Some(ProfileId { browser: "chromium".into(), profile: "Default".into() }),
        scope: scope.to_owned(),
        kind: kind.into(),
        tag: tag.to_owned(),
    }
}

#[tonic::async_trait]
impl BackgroundSync for Service {
    type AttachStream = Pin<Box<dyn Stream<Item = Result<AttachResponse, Status>> + Send>>;

    async fn attach(
        &self,
        request: Request<Streaming<AttachRequest>>,
    ) -> Result<Response<Self::AttachStream>, Status> {
        let inner = Arc::clone(&self.0);
        let (down, messages) = mpsc::channel(64);
        *inner.down.lock().unwrap() = Some(down.clone());
        let mut up = request.into_inner();
        tokio::spawn(async move {
            while let Some(Ok(request)) = up.next().await {
                match request.message {
                    Some(attach_request::Message::Hello(_)) => {
                        let welcome = Welcome {
                            session_id: 1,
                            daemon_version: "scripted".into(),
                            limits: Some(Limits {
                                tag_bytes: 10_240,
                                scope_bytes: 2_048,
                                detail_bytes: 1_024,
                                retry_after: Some(prost_types::Duration {
                                    seconds: 86_400,
                                    nanos: 0,
                                }),
                            }),
                            host_state: Some(HostState::default()),
                            ..Welcome::default()
                        };
                        let message = Some(attach_response::Message::Welcome(welcome));
                        drop(down.send(Ok(AttachResponse { message })).await);
                        inner.log.push(Entry::Attached);
                    }
                    Some(attach_request::Message::Ready(_)) => inner.log.push(Entry::Ready),
                    Some(attach_request::Message::Started(started)) => {
                        inner.log.push(Entry::Started(started.attempt_id));
                    }
                    Some(attach_request::Message::Finished(finished)) => {
                        let outcome = finished.outcome();
                        let recorded =
                            Recorded { attempt_id: finished.attempt_id.clone(), counted: true };
                        let message = Some(attach_response::Message::Recorded(recorded));
                        drop(down.send(Ok(AttachResponse { message })).await);
                        inner.log.push(Entry::Finished {
                            attempt: finished.attempt_id,
                            outcome,
                            detail: finished.detail,
                        });
                    }
                    None => {}
                }
            }
            inner.log.push(Entry::Gone);
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(messages))))
    }

    async fn register(
        &self,
        request: Request<RegisterRequest>,
    ) -> Result<Response<RegisterResponse>, Status> {
        let request = request.into_inner();
        let key = request.key.unwrap();
        let min_interval = request.min_interval;
        self.0.log.push(Entry::Register {
            scope: key.scope.clone(),
            kind: key.kind(),
            tag: key.tag.clone(),
            min_interval_ms: min_interval
                .map(|d| d.seconds as u64 * 1_000 + d.nanos as u64 / 1_000_000),
        });
        if let Some(refusal) = self.0.refusal.lock().unwrap().clone() {
            return Err(refusal);
        }
        let entry = (key.scope.clone(), key.kind, key.tag.clone());
        let mut tags = self.0.tags.lock().unwrap();
        if !tags.contains(&entry) {
            tags.push(entry);
        }
        let registration = Registration {
            id: 1,
            key: Some(key),
            state: RegistrationState::Pending.into(),
            max_attempts: 3,
            ..Registration::default()
        };
        Ok(Response::new(RegisterResponse {
            registration: Some(registration),
            change: RegisterChange::Created.into(),
        }))
    }

    async fn get_registration(
        &self,
        _: Request<GetRegistrationRequest>,
    ) -> Result<Response<GetRegistrationResponse>, Status> {
        Err(Status::not_found("scripted"))
    }

    async fn get_tags(
        &self,
        request: Request<GetTagsRequest>,
    ) -> Result<Response<GetTagsResponse>, Status> {
        let request = request.into_inner();
        let tags = self.0.tags.lock().unwrap();
        let own = tags.iter().filter(|(s, k, _)| *s == request.scope && *k == request.kind);
        Ok(Response::new(GetTagsResponse { tags: own.map(|(_, _, tag)| tag.clone()).collect() }))
    }

    async fn unregister(
        &self,
        request: Request<UnregisterRequest>,
    ) -> Result<Response<UnregisterResponse>, Status> {
        let key = request.into_inner().key.unwrap();
        let entry = (key.scope.clone(), key.kind, key.tag.clone());
        self.0.tags.lock().unwrap().retain(|other| *other != entry);
        self.0.log.push(Entry::Unregister { kind: key.kind(), scope: key.scope, tag: key.tag });
        Ok(Response::new(UnregisterResponse { change: UnregisterChange::Removed.into() }))
    }

    async fn remove_scope(
        &self,
        request: Request<RemoveScopeRequest>,
    ) -> Result<Response<RemoveScopeResponse>, Status> {
        let scope = request.into_inner().scope;
        self.0.tags.lock().unwrap().retain(|(other, _, _)| *other != scope);
        self.0.log.push(Entry::RemoveScope(scope));
        Ok(Response::new(RemoveScopeResponse { removed: 1 }))
    }

    async fn reconcile(
        &self,
        _: Request<Streaming<ReconcileRequest>>,
    ) -> Result<Response<ReconcileResponse>, Status> {
        Err(Status::unimplemented("scripted"))
    }

    async fn clear_origin(
        &self,
        _: Request<ClearOriginRequest>,
    ) -> Result<Response<ClearOriginResponse>, Status> {
        Err(Status::unimplemented("scripted"))
    }

    async fn set_permission(
        &self,
        _: Request<SetPermissionRequest>,
    ) -> Result<Response<SetPermissionResponse>, Status> {
        Err(Status::unimplemented("scripted"))
    }

    async fn set_installed_apps(
        &self,
        _: Request<SetInstalledAppsRequest>,
    ) -> Result<Response<SetInstalledAppsResponse>, Status> {
        Err(Status::unimplemented("scripted"))
    }

    async fn report_engagement(
        &self,
        _: Request<ReportEngagementRequest>,
    ) -> Result<Response<ReportEngagementResponse>, Status> {
        Err(Status::unimplemented("scripted"))
    }
}
