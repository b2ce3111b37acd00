//! The scripted daemon's calls with a fixed answer: each is told to the test, then answered.

use std::pin::Pin;

use pwasync_proto::v1;
use pwasync_proto::v1::admin_server::Admin;
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use crate::answers;
use crate::scripted_daemon::Call;

/// What was asked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Asked {
    Explain(v1::ExplainRequest),
    ListHistory(v1::ListHistoryRequest),
    Forecast(v1::ForecastRequest),
    GetPolicy(v1::GetPolicyRequest),
    ReloadPolicy(v1::ReloadPolicyRequest),
    GetEngagement(v1::GetEngagementRequest),
    SetEngagement(v1::SetEngagementRequest),
    Pause(v1::PauseRequest),
    AdminResume(v1::AdminResumeRequest),
    SetOverride(v1::SetOverrideRequest),
    ClearOverride(v1::ClearOverrideRequest),
    ListLeases(v1::ListLeasesRequest),
    ClearOrigin(v1::ClearOriginRequest),
    SetPermission(v1::SetPermissionRequest),
    SetInstalledApps(v1::SetInstalledAppsRequest),
    ReportEngagement(v1::ReportEngagementRequest),
}

pub(crate) struct AdminService {
    calls: mpsc::Sender<Call>,
}

impl AdminService {
    pub(crate) fn new(calls: mpsc::Sender<Call>) -> Self {
        Self { calls }
    }

    async fn tell(&self, call: Call) -> Result<(), Status> {
        self.calls.send(call).await.map_err(|_| Status::unavailable("the test is over"))
    }
}

#[tonic::async_trait]
impl Admin for AdminService {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<v1::WatchResponse, Status>> + Send>>;
    type ExportStream = Pin<Box<dyn Stream<Item = Result<v1::ExportResponse, Status>> + Send>>;
    type CheckStoreStream =
        Pin<Box<dyn Stream<Item = Result<v1::CheckStoreResponse, Status>> + Send>>;

    async fn get_status(
        &self,
        _: Request<v1::GetStatusRequest>,
    ) -> Result<Response<v1::GetStatusResponse>, Status> {
        Err(Status::unimplemented("scripted"))
    }

    async fn list_registrations(
        &self,
        _: Request<v1::ListRegistrationsRequest>,
    ) -> Result<Response<v1::ListRegistrationsResponse>, Status> {
        Err(Status::unimplemented("scripted"))
    }

    async fn list_sessions(
        &self,
        _: Request<v1::ListSessionsRequest>,
    ) -> Result<Response<v1::ListSessionsResponse>, Status> {
        Err(Status::unimplemented("scripted"))
    }

    async fn run_now(
        &self,
        _: Request<v1::RunNowRequest>,
    ) -> Result<Response<v1::RunNowResponse>, Status> {
        Err(Status::unimplemented("scripted"))
    }

    async fn remove(
        &self,
        _: Request<v1::RemoveRequest>,
    ) -> Result<Response<v1::RemoveResponse>, Status> {
        Err(Status::unimplemented("scripted"))
    }

    async fn watch(
        &self,
        _: Request<v1::WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        Err(Status::unimplemented("scripted"))
    }

    async fn explain(
        &self,
        request: Request<v1::ExplainRequest>,
    ) -> Result<Response<v1::ExplainResponse>, Status> {
        self.tell(Call::Asked(Asked::Explain(request.into_inner()))).await?;
        Ok(Response::new(answers::explanation()))
    }

    async fn list_history(
        &self,
        request: Request<v1::ListHistoryRequest>,
    ) -> Result<Response<v1::ListHistoryResponse>, Status> {
        let request = request.into_inner();
        let answer = answers::history(&request.page_token);
        self.tell(Call::Asked(Asked::ListHistory(request))).await?;
        Ok(Response::new(answer))
    }

    async fn forecast(
        &self,
        request: Request<v1::ForecastRequest>,
    ) -> Result<Response<v1::ForecastResponse>, Status> {
        self.tell(Call::Asked(Asked::Forecast(request.into_inner()))).await?;
        Ok(Response::new(answers::forecast()))
    }

    async fn get_policy(
        &self,
        request: Request<v1::GetPolicyRequest>,
    ) -> Result<Response<v1::GetPolicyResponse>, Status> {
        self.tell(Call::Asked(Asked::GetPolicy(request.into_inner()))).await?;
        Ok(Response::new(answers::policy()))
    }

    async fn reload_policy(
        &self,
        request: Request<v1::ReloadPolicyRequest>,
    ) -> Result<Response<v1::ReloadPolicyResponse>, Status> {
        self.tell(Call::Asked(Asked::ReloadPolicy(request.into_inner()))).await?;
        Ok(Response::new(answers::reload()))
    }

    async fn get_engagement(
        &self,
        request: Request<v1::GetEngagementRequest>,
    ) -> Result<Response<v1::GetEngagementResponse>, Status> {
        self.tell(Call::Asked(Asked::GetEngagement(request.into_inner()))).await?;
        Ok(Response::new(answers::engagements()))
    }

    async fn set_engagement(
        &self,
        request: Request<v1::SetEngagementRequest>,
    ) -> Result<Response<v1::SetEngagementResponse>, Status> {
        self.tell(Call::Asked(Asked::SetEngagement(request.into_inner()))).await?;
        Ok(Response::new(answers::score_set()))
    }

    async fn pause(
        &self,
        request: Request<v1::PauseRequest>,
    ) -> Result<Response<v1::PauseResponse>, Status> {
        self.tell(Call::Asked(Asked::Pause(request.into_inner()))).await?;
        Ok(Response::new(answers::paused()))
    }

    async fn resume(
        &self,
        request: Request<v1::AdminResumeRequest>,
    ) -> Result<Response<v1::AdminResumeResponse>, Status> {
        self.tell(Call::Asked(Asked::AdminResume(request.into_inner()))).await?;
        Ok(Response::new(answers::resumed()))
    }

    async fn set_override(
        &self,
        request: Request<v1::SetOverrideRequest>,
    ) -> Result<Response<v1::SetOverrideResponse>, Status> {
        self.tell(Call::Asked(Asked::SetOverride(request.into_inner()))).await?;
        Ok(Response::new(answers::overridden()))
    }

    async fn clear_override(
        &self,
        request: Request<v1::ClearOverrideRequest>,
    ) -> Result<Response<v1::ClearOverrideResponse>, Status> {
        self.tell(Call::Asked(Asked::ClearOverride(request.into_inner()))).await?;
        Ok(Response::new(answers::cleared()))
    }

    async fn list_leases(
        &self,
        request: Request<v1::ListLeasesRequest>,
    ) -> Result<Response<v1::ListLeasesResponse>, Status> {
        self.tell(Call::Asked(Asked::ListLeases(request.into_inner()))).await?;
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
