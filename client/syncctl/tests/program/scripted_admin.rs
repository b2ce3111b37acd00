//! A daemon with a fixed answer to each call of an administrator, on a real socket.

use std::path::PathBuf;
use std::pin::Pin;
use std::thread::{self, JoinHandle};

use pwasync_proto::v1;
use pwasync_proto::v1::admin_server::{Admin, AdminServer};
use tempfile::TempDir;
use tokio::net::UnixListener;
use tokio::runtime;
use tokio::sync::oneshot;
use tokio_stream::wrappers::UnixListenerStream;
use tokio_stream::{Stream, StreamExt};
use tonic::transport::Server;
use tonic::{Request, Response, Status};

use crate::answers;

/// Two pages of two, the last one with an id of its own meaning.
const IDS: [u64; 4] = [1, 2, 3, RUNNING];
/// Can be woken, with force as well.
pub(crate) const FREE: u64 = 1;
/// Is held, by what force lifts.
pub(crate) const HELD: u64 = 2;
/// After so many past changes of a watch nothing happens any more.
pub(crate) const QUIET: u32 = 7;
/// Its event runs.
pub(crate) const RUNNING: u64 = 400;

/// Runs until it is dropped.
pub(crate) struct ScriptedAdmin {
    folder: TempDir,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ScriptedAdmin {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pwasyncd.sock");
        let listener = std::os::unix::net::UnixListener::bind(path).unwrap();
        listener.set_nonblocking(true).unwrap();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = UnixListenerStream::new(UnixListener::from_std(listener).unwrap());
                let server = Server::builder().add_service(AdminServer::new(Service));
                tokio::select! {
                    served = server.serve_with_incoming(listener) => served.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        Self { folder, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("pwasyncd.sock")
    }
}

impl Drop for ScriptedAdmin {
    fn drop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
        let _ = self.thread.take().unwrap().join();
    }
}

struct Service;

#[tonic::async_trait]
impl Admin for Service {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<v1::WatchResponse, Status>> + Send>>;
    type ExportStream = Pin<Box<dyn Stream<Item = Result<v1::ExportResponse, Status>> + Send>>;
    type CheckStoreStream =
        Pin<Box<dyn Stream<Item = Result<v1::CheckStoreResponse, Status>> + Send>>;

    async fn get_status(
        &self,
        _: Request<v1::GetStatusRequest>,
    ) -> Result<Response<v1::GetStatusResponse>, Status> {
        Ok(Response::new(v1::GetStatusResponse {
            daemon_version: "0.1.0".to_owned(),
            process_id: 42,
            started_at: at(0),
            now: at(3_600),
            epoch: 1,
            store: v1::StoreState::Writable.into(),
            host: Some(v1::HostState::default()),
            pending: 4,
            ..v1::GetStatusResponse::default()
        }))
    }

    async fn list_registrations(
        &self,
        request: Request<v1::ListRegistrationsRequest>,
    ) -> Result<Response<v1::ListRegistrationsResponse>, Status> {
        let request = request.into_inner();
        if request.origin == "nonsense" {
            return Err(Status::invalid_argument("origin `nonsense`: not a URL"));
        }
        if request.owner_uid.is_some() {
            return Err(Status::permission_denied("owner_uid: for administrators"));
        }
        let wanted = |id: &u64| request.id == 0 || request.id == *id;
        let first = request.page_token.is_empty();
        let ids = if first { &IDS[..2] } else { &IDS[2..] };
        Ok(Response::new(v1::ListRegistrationsResponse {
            registrations: ids.iter().copied().filter(wanted).map(registration).collect(),
            next_page_token: if first { "2".to_owned() } else { String::new() },
        }))
    }

    async fn list_sessions(
        &self,
        _: Request<v1::ListSessionsRequest>,
    ) -> Result<Response<v1::ListSessionsResponse>, Status> {
        Ok(Response::new(v1::ListSessionsResponse::default()))
    }

    async fn watch(
        &self,
        request: Request<v1::WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let change = |seconds| {
            let change = v1::watch_response::Change::Skipped(3);
            Ok(v1::WatchResponse { at: at(seconds), change: Some(change) })
        };
        let recent = request.into_inner().recent;
        let changes: Vec<_> = (0..recent.into()).map(change).collect();
        let changes = tokio_stream::iter(changes);
        Ok(Response::new(if recent == QUIET {
            Box::pin(changes.chain(tokio_stream::pending()))
        } else {
            Box::pin(changes)
        }))
    }

    async fn run_now(
        &self,
        request: Request<v1::RunNowRequest>,
    ) -> Result<Response<v1::RunNowResponse>, Status> {
        let v1::RunNowRequest { id, force } = request.into_inner();
        let held_by = vec![v1::Blocker {
            code: v1::BlockerCode::Backoff.into(),
            since: at(3_540),
            clears: "the back-off passes".to_owned(),
            earliest: at(3_900),
        }];
        let (result, blockers, bypassed) = match (id, force) {
            (FREE, _) => (v1::RunNowResult::Woken, vec![], vec![]),
            (HELD, false) => (v1::RunNowResult::Held, held_by, vec![]),
            (HELD, true) => (v1::RunNowResult::Woken, vec![], held_by),
            (RUNNING, _) => (v1::RunNowResult::AlreadyRunning, vec![], vec![]),
            _ => return Err(Status::not_found("no such registration")),
        };
        let (result, attempt_id) = (result.into(), "1-7".to_owned());
        Ok(Response::new(v1::RunNowResponse { result, attempt_id, blockers, bypassed }))
    }

    async fn remove(
        &self,
        request: Request<v1::RemoveRequest>,
    ) -> Result<Response<v1::RemoveResponse>, Status> {
        let id = request.into_inner().id;
        if !IDS.contains(&id) {
            return Err(Status::not_found("no such registration"));
        }
        Ok(Response::new(v1::RemoveResponse { registration: Some(registration(id)) }))
    }

    async fn explain(
        &self,
        request: Request<v1::ExplainRequest>,
    ) -> Result<Response<v1::ExplainResponse>, Status> {
        answers::explanation(&request.into_inner()).map(Response::new)
    }

    async fn list_history(
        &self,
        request: Request<v1::ListHistoryRequest>,
    ) -> Result<Response<v1::ListHistoryResponse>, Status> {
        Ok(Response::new(answers::history(&request.into_inner())))
    }

    async fn forecast(
        &self,
        request: Request<v1::ForecastRequest>,
    ) -> Result<Response<v1::ForecastResponse>, Status> {
        answers::forecast(&request.into_inner()).map(Response::new)
    }

    async fn get_policy(
        &self,
        request: Request<v1::GetPolicyRequest>,
    ) -> Result<Response<v1::GetPolicyResponse>, Status> {
        answers::policy(&request.into_inner()).map(Response::new)
    }

    async fn reload_policy(
        &self,
        _: Request<v1::ReloadPolicyRequest>,
    ) -> Result<Response<v1::ReloadPolicyResponse>, Status> {
        Ok(Response::new(answers::reload()))
    }

    async fn get_engagement(
        &self,
        request: Request<v1::GetEngagementRequest>,
    ) -> Result<Response<v1::GetEngagementResponse>, Status> {
        Ok(Response::new(answers::engagements(&request.into_inner())))
    }

    async fn set_engagement(
        &self,
        request: Request<v1::SetEngagementRequest>,
    ) -> Result<Response<v1::SetEngagementResponse>, Status> {
        answers::set_engagement(request.into_inner()).map(Response::new)
    }

    async fn pause(
        &self,
        request: Request<v1::PauseRequest>,
    ) -> Result<Response<v1::PauseResponse>, Status> {
        answers::pause(request.into_inner()).map(Response::new)
    }

    async fn resume(
        &self,
        request: Request<v1::AdminResumeRequest>,
    ) -> Result<Response<v1::AdminResumeResponse>, Status> {
        Ok(Response::new(answers::resume(request.into_inner())))
    }

    async fn set_override(
        &self,
        request: Request<v1::SetOverrideRequest>,
    ) -> Result<Response<v1::SetOverrideResponse>, Status> {
        answers::set_override(request.into_inner()).map(Response::new)
    }

    async fn clear_override(
        &self,
        request: Request<v1::ClearOverrideRequest>,
    ) -> Result<Response<v1::ClearOverrideResponse>, Status> {
        Ok(Response::new(answers::clear_override(&request.into_inner())))
    }

    async fn list_leases(
        &self,
        _: Request<v1::ListLeasesRequest>,
    ) -> Result<Response<v1::ListLeasesResponse>, Status> {
        Ok(Response::new(answers::leases()))
    }

    async fn export(
        &self,
        _: Request<v1::ExportRequest>,
    ) -> Result<Response<Self::ExportStream>, Status> {
        Err(Status::unimplemented("the built daemon exports"))
    }

    async fn import(
        &self,
        _: Request<tonic::Streaming<v1::ImportRequest>>,
    ) -> Result<Response<v1::ImportResponse>, Status> {
        Err(Status::unimplemented("the built daemon imports"))
    }

    async fn check_store(
        &self,
        _: Request<v1::CheckStoreRequest>,
    ) -> Result<Response<Self::CheckStoreStream>, Status> {
        Err(Status::unimplemented("the built daemon has a store"))
    }
}

pub(crate) fn at(seconds: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds: 1_700_000_000 + seconds, nanos: 0 })
}

pub(crate) fn registration(id: u64) -> v1::Registration {
    v1::Registration {
        id,
        owner_uid: 1_000,
        key: Some(v1::RegistrationKey {
            profile: Some(v1::ProfileId { browser: "test".to_owned(), profile: "p".to_owned() }),
            scope: "https://app.example/".to_owned(),
            kind: v1::SyncKind::OneOff.into(),
            tag: "out\u{1b}[2Jbox".to_owned(),
        }),
        state: v1::RegistrationState::Pending.into(),
        next_at: at(3_900),
        max_attempts: 3,
        ..v1::Registration::default()
    }
}
