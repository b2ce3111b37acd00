//! How much sites are used.

use pwasync_core::{engagement::Points, site::SiteKey};
use pwasync_proto::v1 as wire;
use tonic::Request;

use super::{AdminService, check_owner};
use crate::{
    channel::{AdminRequest, Request as Ask, SiteFilter},
    grpc::{
        convert::{
            engaged_to_proto, given, origin_from_proto, owner_from_proto, profile_from_proto,
            profile_id_from_proto,
        },
        peer::identity,
        request,
        status::Refusal,
    },
};

/// Sites of one answer.
const SITES: usize = 10_000;
/// The highest score that may be set (E-01).
const HIGHEST: f64 = 100.0;

impl AdminService {
    pub(super) async fn engagements(
        &self,
        call: Request<wire::GetEngagementRequest>,
    ) -> Result<wire::GetEngagementResponse, Refusal> {
        let identity = identity(&call)?;
        let viewer = identity.viewer;
        let wire::GetEngagementRequest { profile, origin, owner_uid } = call.get_ref();
        let filter = SiteFilter {
            owner: owner_uid.map(owner_from_proto).transpose()?,
            profile: profile.as_ref().map(profile_id_from_proto).transpose()?,
            origin: given(origin).map(origin_from_proto).transpose()?,
        };
        check_owner(&identity, filter.owner)?;
        let ask = |reply| Ask::Admin(AdminRequest::Engagement { viewer, filter, reply });
        let answered = request(&self.engine, ask).await?;
        let engagements = answered.value.iter().take(SITES).map(engaged_to_proto).collect();
        Ok(wire::GetEngagementResponse { engagements })
    }

    pub(super) async fn engagement_set(
        &self,
        call: Request<wire::SetEngagementRequest>,
    ) -> Result<wire::SetEngagementResponse, Refusal> {
        let identity = identity(&call)?;
        let wire::SetEngagementRequest { profile, origin, score, owner_uid } = call.get_ref();
        let owner = owner_uid.map(owner_from_proto).transpose()?;
        check_owner(&identity, owner)?;
        let owner = owner.unwrap_or(identity.caller.owner);
        let profile = profile_from_proto(owner, profile.as_ref())?;
        let site = SiteKey { profile, origin: origin_from_proto(origin)?.into() };
        let points = Points::parse("score", *score, HIGHEST)?;
        let ask = |reply| Ask::Admin(AdminRequest::SetEngagement { site, points, reply });
        let engaged = request(&self.engine, ask).await?.value.ok_or(Refusal::NoSuchSite)?;
        Ok(wire::SetEngagementResponse { engagement: Some(engaged_to_proto(&engaged)) })
    }
}
