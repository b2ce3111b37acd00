//! Pauses and overrides.

use pwasync_proto::v1 as wire;
use tonic::Request;

use super::AdminService;
use crate::{
    channel::{AdminRequest, Request as Ask},
    grpc::{
        convert::{
            fact_from_proto, lease_to_proto, leases_to_proto, override_from_proto,
            pause_from_proto, subject_from_proto,
        },
        peer::identity,
        request,
        status::Refusal,
    },
};

impl AdminService {
    pub(super) async fn paused(
        &self,
        call: Request<wire::PauseRequest>,
    ) -> Result<wire::PauseResponse, Refusal> {
        let identity = identity(&call)?;
        let viewer = identity.viewer;
        let new = pause_from_proto(identity.caller.owner, call.into_inner())?;
        let ask = |reply| Ask::Admin(AdminRequest::Lease { viewer, new, reply });
        let answered = request(&self.engine, ask).await?;
        let taken = answered.value?;
        Ok(wire::PauseResponse {
            lease: Some(lease_to_proto(answered.wall, &taken.lease)),
            registrations: u32::try_from(taken.registrations).unwrap_or(u32::MAX),
        })
    }

    pub(super) async fn resumed(
        &self,
        call: Request<wire::AdminResumeRequest>,
    ) -> Result<wire::AdminResumeResponse, Refusal> {
        let identity = identity(&call)?;
        let viewer = identity.viewer;
        let subject = subject_from_proto(identity.caller.owner, call.get_ref().subject.as_ref())?;
        let ask = |reply| Ask::Admin(AdminRequest::Resume { viewer, subject, reply });
        let answered = request(&self.engine, ask).await?;
        let given_back = answered.value?;
        Ok(wire::AdminResumeResponse {
            ended: given_back.ended > 0,
            remaining: leases_to_proto(answered.wall, &given_back.remaining),
        })
    }

    pub(super) async fn overridden(
        &self,
        call: Request<wire::SetOverrideRequest>,
    ) -> Result<wire::SetOverrideResponse, Refusal> {
        let identity = identity(&call)?;
        let viewer = identity.viewer;
        let new = override_from_proto(identity.caller.owner, call.get_ref())?;
        let ask = |reply| Ask::Admin(AdminRequest::Lease { viewer, new, reply });
        let answered = request(&self.engine, ask).await?;
        let lease = Some(lease_to_proto(answered.wall, &answered.value?.lease));
        Ok(wire::SetOverrideResponse { lease })
    }

    pub(super) async fn cleared(
        &self,
        call: Request<wire::ClearOverrideRequest>,
    ) -> Result<wire::ClearOverrideResponse, Refusal> {
        let identity = identity(&call)?;
        let viewer = identity.viewer;
        let subject = subject_from_proto(identity.caller.owner, call.get_ref().subject.as_ref())?;
        let fact = fact_from_proto(&call.get_ref().fact)?;
        let ask = |reply| Ask::Admin(AdminRequest::ClearOverride { viewer, subject, fact, reply });
        let cleared = request(&self.engine, ask).await?.value?;
        Ok(wire::ClearOverrideResponse { cleared: u32::try_from(cleared).unwrap_or(u32::MAX) })
    }

    pub(super) async fn leases(
        &self,
        call: Request<wire::ListLeasesRequest>,
    ) -> Result<wire::ListLeasesResponse, Refusal> {
        let viewer = identity(&call)?.viewer;
        let ask = |reply| Ask::Admin(AdminRequest::Leases { viewer, reply });
        let answered = request(&self.engine, ask).await?;
        Ok(wire::ListLeasesResponse { leases: leases_to_proto(answered.wall, &answered.value) })
    }
}
