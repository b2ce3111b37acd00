//! The service that syncctl speaks.

mod engagement;
mod leases;
mod reasons;
mod transfers;

use std::pin::Pin;

use futures_util::{Stream, StreamExt};
use pwasync_core::{
    Filter, Force, Page, Viewer, WakeReason,
    key::{OwnerId, RegistrationId},
};
use pwasync_proto::v1::{self as wire, admin_server::Admin};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::{
    convert::{
        list_from_proto, page_to_proto, policy_to_proto, recent_from_proto, registration_to_proto,
        reloaded_to_proto, run_now_to_proto, session_to_proto, status_to_proto, wanted_from_proto,
        watched_to_proto,
    },
    peer::{Identity, identity},
    request,
    status::Refusal,
};
use reasons::Forecasters;

use crate::channel::{
    Answered, EngineSender, Follow, ReloadSender, Request as Ask, TransferSender,
};

/// See the module.
pub(super) struct AdminService {
    engine: EngineSender,
    reloads: ReloadSender,
    transfers: TransferSender,
    forecasters: Forecasters,
}

impl AdminService {
    pub(super) fn new(
        engine: EngineSender,
        reloads: ReloadSender,
        transfers: TransferSender,
    ) -> Self {
        Self { engine, reloads, transfers, forecasters: Forecasters::default() }
    }

    async fn page(
        &self,
        viewer: Viewer,
        filter: Filter,
        after: RegistrationId,
        limit: usize,
    ) -> Result<Answered<Page>, Refusal> {
        let ask = |reply| Ask::List { viewer, filter, after, limit, reply };
        request(&self.engine, ask).await
    }

    /// When another owner's registration is due is nothing to this one.
    async fn may_know(&self, viewer: Viewer, why: WakeReason) -> Result<bool, Refusal> {
        match why {
            WakeReason::StartingEnds
            | WakeReason::NetworkSettles
            | WakeReason::LeaseEnds
            | WakeReason::SleepDelayEnds
            | WakeReason::LaunchEnds => Ok(true),
            WakeReason::RegistrationDue(id) => {
                let filter = Filter { id: Some(id), ..Filter::default() };
                let page = self.page(viewer, filter, RegistrationId::new(0), 1).await?;
                Ok(!page.value.views.is_empty())
            }
        }
    }
}

/// A caller that does not administer may name only itself.
fn check_owner(identity: &Identity, named: Option<OwnerId>) -> Result<(), Refusal> {
    match (identity.viewer, named) {
        (Viewer::Administrator, _) | (Viewer::Owner(_), None) => Ok(()),
        (Viewer::Owner(own), Some(named)) if own == named => Ok(()),
        (Viewer::Owner(_), Some(_)) => {
            Err(Refusal::AdministratorsOnly("`owner_uid` of another user"))
        }
    }
}

/// A stream of answers.
type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send + 'static>>;

#[tonic::async_trait]
impl Admin for AdminService {
    type WatchStream = Answers<wire::WatchResponse>;
    type ExportStream = Answers<wire::ExportResponse>;
    type CheckStoreStream = Answers<wire::CheckStoreResponse>;

    async fn get_status(
        &self,
        call: Request<wire::GetStatusRequest>,
    ) -> Result<Response<wire::GetStatusResponse>, Status> {
        let viewer = identity(&call)?.viewer;
        let mut answered = request(&self.engine, |reply| Ask::Status { viewer, reply }).await?;
        if let Some((_, why)) = answered.value.next_wake
            && !self.may_know(viewer, why).await?
        {
            answered.value.next_wake = None;
        }
        Ok(Response::new(status_to_proto(answered.wall, &answered.value)))
    }

    async fn list_registrations(
        &self,
        call: Request<wire::ListRegistrationsRequest>,
    ) -> Result<Response<wire::ListRegistrationsResponse>, Status> {
        let identity = identity(&call)?;
        let list = list_from_proto(call.get_ref()).map_err(Refusal::from)?;
        let filter = list.filter;
        check_owner(&identity, filter.owner)?;
        let answered = self.page(identity.viewer, filter, list.after, list.limit).await?;
        Ok(Response::new(page_to_proto(answered.wall, &answered.value)))
    }

    async fn list_sessions(
        &self,
        call: Request<wire::ListSessionsRequest>,
    ) -> Result<Response<wire::ListSessionsResponse>, Status> {
        let viewer = identity(&call)?.viewer;
        let answered = request(&self.engine, |reply| Ask::Sessions { viewer, reply }).await?;
        let shown = |session| session_to_proto(answered.wall, session);
        let sessions = answered.value.iter().map(shown).collect();
        Ok(Response::new(wire::ListSessionsResponse { sessions }))
    }

    async fn watch(
        &self,
        call: Request<wire::WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let viewer = identity(&call)?.viewer;
        let message = call.get_ref();
        let recent = recent_from_proto(message.recent).map_err(Refusal::from)?;
        let follow = if message.only_recent { Follow::No } else { Follow::Yes };
        let ask = |reply| Ask::Watch { viewer, recent, follow, reply };
        let changes = request(&self.engine, ask).await?.value;
        let changes = ReceiverStream::new(changes).map(|change| Ok(watched_to_proto(&change)));
        Ok(Response::new(Box::pin(changes)))
    }

    async fn run_now(
        &self,
        call: Request<wire::RunNowRequest>,
    ) -> Result<Response<wire::RunNowResponse>, Status> {
        let viewer = identity(&call)?.viewer;
        let id = RegistrationId::new(call.get_ref().id);
        let force = if call.get_ref().force { Force::Yes } else { Force::No };
        let ask = |reply| Ask::RunNow { viewer, id, force, reply };
        let answered = request(&self.engine, ask).await?;
        let run = answered.value.ok_or(Refusal::NoSuchId(id))?;
        Ok(Response::new(run_now_to_proto(answered.wall, &run)))
    }

    async fn remove(
        &self,
        call: Request<wire::RemoveRequest>,
    ) -> Result<Response<wire::RemoveResponse>, Status> {
        let viewer = identity(&call)?.viewer;
        let id = RegistrationId::new(call.get_ref().id);
        let answered = request(&self.engine, |reply| Ask::Remove { viewer, id, reply }).await?;
        let view = answered.value.ok_or(Refusal::NoSuchId(id))?;
        let registration = Some(registration_to_proto(answered.wall, &view));
        Ok(Response::new(wire::RemoveResponse { registration }))
    }

    async fn explain(
        &self,
        call: Request<wire::ExplainRequest>,
    ) -> Result<Response<wire::ExplainResponse>, Status> {
        Ok(Response::new(self.explained(call).await?))
    }

    async fn list_history(
        &self,
        call: Request<wire::ListHistoryRequest>,
    ) -> Result<Response<wire::ListHistoryResponse>, Status> {
        Ok(Response::new(self.past(call).await?))
    }

    async fn forecast(
        &self,
        call: Request<wire::ForecastRequest>,
    ) -> Result<Response<wire::ForecastResponse>, Status> {
        Ok(Response::new(self.foreseen(call).await?))
    }

    async fn get_policy(
        &self,
        call: Request<wire::GetPolicyRequest>,
    ) -> Result<Response<wire::GetPolicyResponse>, Status> {
        identity(&call)?;
        let wanted = wanted_from_proto(&call.get_ref().key).map_err(Refusal::from)?;
        let answered = request(&self.engine, |reply| Ask::Policy { reply }).await?;
        Ok(Response::new(policy_to_proto(&answered.value, &wanted)))
    }

    async fn reload_policy(
        &self,
        call: Request<wire::ReloadPolicyRequest>,
    ) -> Result<Response<wire::ReloadPolicyResponse>, Status> {
        match identity(&call)?.viewer {
            Viewer::Administrator => {}
            Viewer::Owner(_) => return Err(Refusal::AdministratorsOnly("a reload").into()),
        }
        let reloaded = self.reloads.reload().await.map_err(Refusal::from)?;
        Ok(Response::new(reloaded_to_proto(&reloaded)))
    }

    async fn get_engagement(
        &self,
        call: Request<wire::GetEngagementRequest>,
    ) -> Result<Response<wire::GetEngagementResponse>, Status> {
        Ok(Response::new(self.engagements(call).await?))
    }

    async fn set_engagement(
        &self,
        call: Request<wire::SetEngagementRequest>,
    ) -> Result<Response<wire::SetEngagementResponse>, Status> {
        Ok(Response::new(self.engagement_set(call).await?))
    }

    async fn pause(
        &self,
        call: Request<wire::PauseRequest>,
    ) -> Result<Response<wire::PauseResponse>, Status> {
        Ok(Response::new(self.paused(call).await?))
    }

    async fn resume(
        &self,
        call: Request<wire::AdminResumeRequest>,
    ) -> Result<Response<wire::AdminResumeResponse>, Status> {
        Ok(Response::new(self.resumed(call).await?))
    }

    async fn set_override(
        &self,
        call: Request<wire::SetOverrideRequest>,
    ) -> Result<Response<wire::SetOverrideResponse>, Status> {
        Ok(Response::new(self.overridden(call).await?))
    }

    async fn clear_override(
        &self,
        call: Request<wire::ClearOverrideRequest>,
    ) -> Result<Response<wire::ClearOverrideResponse>, Status> {
        Ok(Response::new(self.cleared(call).await?))
    }

    async fn list_leases(
        &self,
        call: Request<wire::ListLeasesRequest>,
    ) -> Result<Response<wire::ListLeasesResponse>, Status> {
        Ok(Response::new(self.leases(call).await?))
    }

    async fn export(
        &self,
        call: Request<wire::ExportRequest>,
    ) -> Result<Response<Self::ExportStream>, Status> {
        Ok(Response::new(self.exported(call).await?))
    }

    async fn import(
        &self,
        call: Request<Streaming<wire::ImportRequest>>,
    ) -> Result<Response<wire::ImportResponse>, Status> {
        Ok(Response::new(self.imported(call).await?))
    }

    async fn check_store(
        &self,
        call: Request<wire::CheckStoreRequest>,
    ) -> Result<Response<Self::CheckStoreStream>, Status> {
        Ok(Response::new(self.checked(call).await?))
    }
}
