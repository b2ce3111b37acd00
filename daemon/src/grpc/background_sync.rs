//! The service that browsers and bridges speak.

use std::{pin::Pin, sync::Arc, time::Duration};

use futures_util::Stream;
use pwasync_core::{FieldError, NewRegistration, key::ProfileKey};
use pwasync_proto::v1::{self as wire, background_sync_server::BackgroundSync};
use tokio::{sync::Semaphore, time::timeout};
use tokio_util::task::TaskTracker;
use tonic::{Request, Response, Status, Streaming};

use super::{
    attach::Attaching,
    convert::{
        apps_changed_to_proto, apps_from_proto, at_most_so_many, count_to_proto, held_from_proto,
        key_from_proto, kind_from_proto, missing, new_from_proto, permission_from_proto,
        profile_from_proto, reconciled_to_proto, register_to_proto, registration_to_proto,
        report_from_proto, reported_to_proto, site_from_proto, unregistered_to_proto,
        worker_from_proto,
    },
    dialogue::{Place, begin},
    owners::What,
    peer::{Identity, guest, identity},
    request,
    status::Refusal,
};
use crate::channel::{EngineSender, Request as Ask, SiteRequest};

/// Registrations that one message of a reconciliation may bring.
const LISTED_AT_ONCE: usize = 1_000;
/// Registrations that a whole reconciliation may bring.
const LISTED: usize = 10_000;
/// Bytes of tags, scopes and app ids that a whole reconciliation may bring: a list is kept in
/// memory until it is whole.
const LISTED_BYTES: usize = 16 << 20;
/// Reconciliations at once, for the same reason.
const RECONCILIATIONS: usize = 16;
/// Of them those of one user, who could take as long as it likes over each.
const RECONCILIATIONS_OF_ONE: u32 = 2;
/// The next message of a list must come so soon.
const NEXT_PART: Duration = Duration::from_secs(10);

/// See the module.
pub(super) struct BackgroundSyncService {
    engine: EngineSender,
    /// Each attached session has one.
    sessions: TaskTracker,
    reconciliations: Semaphore,
}

impl BackgroundSyncService {
    pub(super) fn new(engine: EngineSender, sessions: TaskTracker) -> Self {
        Self { engine, sessions, reconciliations: Semaphore::new(RECONCILIATIONS) }
    }

    async fn take_list(
        &self,
        identity: &Identity,
        mut parts: Streaming<wire::ReconcileRequest>,
    ) -> Result<(ProfileKey, Vec<NewRegistration>), Refusal> {
        let owner = identity.caller.owner;
        let first = next_part(&mut parts).await?.ok_or_else(|| missing("profile"))?;
        let profile = profile_from_proto(owner, first.profile.as_ref())?;
        let mut list = Held { profile, list: Vec::new(), bytes: 0 };
        list.take(&first.registrations)?;
        while let Some(part) = next_part(&mut parts).await? {
            if let Some(named) = &part.profile
                && profile_from_proto(owner, Some(named))? != list.profile
            {
                let rule = "differs from that of the first message";
                return Err(FieldError::text("profile", &named.profile, rule).into());
            }
            list.take(&part.registrations)?;
        }
        Ok((list.profile, list.list))
    }
}

/// A browser's list as it comes in.
struct Held {
    profile: ProfileKey,
    list: Vec<NewRegistration>,
    bytes: usize,
}

impl Held {
    fn take(&mut self, part: &[wire::HeldRegistration]) -> Result<(), FieldError> {
        at_most_so_many("registrations", part.len(), LISTED_AT_ONCE)?;
        at_most_so_many("registrations", self.list.len() + part.len(), LISTED)?;
        for held in part {
            self.bytes += held.scope.len() + held.tag.len() + held.app_id.len();
            if self.bytes > LISTED_BYTES {
                let rule = format!("is more than {LISTED_BYTES} bytes of tags, scopes and apps");
                return Err(FieldError::plain("registrations", self.bytes, rule));
            }
            self.list.push(held_from_proto(&self.profile, held)?);
        }
        Ok(())
    }
}

async fn next_part(
    parts: &mut Streaming<wire::ReconcileRequest>,
) -> Result<Option<wire::ReconcileRequest>, Refusal> {
    let part = timeout(NEXT_PART, parts.message()).await;
    let part = part.map_err(|_| {
        let limit = NEXT_PART.as_secs();
        Refusal::Protocol(format!("the next part of the list did not come within {limit} s"))
    })?;
    part.map_err(|status| Refusal::Protocol(format!("cannot read a part: {}", status.message())))
}

#[tonic::async_trait]
impl BackgroundSync for BackgroundSyncService {
    type AttachStream =
        Pin<Box<dyn Stream<Item = Result<wire::AttachResponse, Status>> + Send + 'static>>;

    async fn attach(
        &self,
        request: Request<Streaming<wire::AttachRequest>>,
    ) -> Result<Response<Self::AttachStream>, Status> {
        let identity = identity(&request)?;
        let guest = guest(&request)?;
        let limit = ("sessions of one user", guest.owners().traffic().owner_sessions);
        let place = guest.owners().take(guest.share(), What::Sessions, limit)?;
        let at = Place { engine: self.engine.clone(), place, guest };
        let stream = begin(Attaching(identity), at, request.into_inner(), &self.sessions);
        Ok(Response::new(Box::pin(stream)))
    }

    async fn register(
        &self,
        call: Request<wire::RegisterRequest>,
    ) -> Result<Response<wire::RegisterResponse>, Status> {
        let identity = identity(&call)?;
        let message = call.into_inner();
        let caller = identity.caller.clone();
        let key = key_from_proto(caller.owner, message.key.as_ref()).map_err(Refusal::from)?;
        let new = new_from_proto(key, &message).map_err(Refusal::from)?;
        let ask = |reply| Ask::Register { caller, new, reply };
        let answered = request(&self.engine, ask).await?;
        let registered = answered.value.map_err(Refusal::from)?;
        Ok(Response::new(register_to_proto(answered.wall, &registered)))
    }

    async fn get_registration(
        &self,
        call: Request<wire::GetRegistrationRequest>,
    ) -> Result<Response<wire::GetRegistrationResponse>, Status> {
        let owner = identity(&call)?.caller.owner;
        let key = key_from_proto(owner, call.get_ref().key.as_ref()).map_err(Refusal::from)?;
        let ask = |reply| Ask::GetRegistration { key, reply };
        let answered = request(&self.engine, ask).await?;
        let view = answered.value.map_err(Refusal::from)?.ok_or(Refusal::NoSuchKey)?;
        let registration = Some(registration_to_proto(answered.wall, &view));
        Ok(Response::new(wire::GetRegistrationResponse { registration }))
    }

    async fn get_tags(
        &self,
        call: Request<wire::GetTagsRequest>,
    ) -> Result<Response<wire::GetTagsResponse>, Status> {
        let owner = identity(&call)?.caller.owner;
        let message = call.get_ref();
        let worker = worker_from_proto(owner, message.profile.as_ref(), &message.scope);
        let worker = worker.map_err(Refusal::from)?;
        let kind = kind_from_proto(message.kind).map_err(Refusal::from)?;
        let ask = |reply| Ask::GetTags { worker, kind, reply };
        let answered = request(&self.engine, ask).await?;
        let tags = answered.value.map_err(Refusal::from)?;
        let tags = tags.iter().map(|tag| tag.as_str().to_owned()).collect();
        Ok(Response::new(wire::GetTagsResponse { tags }))
    }

    async fn unregister(
        &self,
        call: Request<wire::UnregisterRequest>,
    ) -> Result<Response<wire::UnregisterResponse>, Status> {
        let caller = identity(&call)?.caller.clone();
        let key = key_from_proto(caller.owner, call.get_ref().key.as_ref());
        let key = key.map_err(Refusal::from)?;
        let ask = |reply| Ask::Unregister { caller, key, reply };
        let answered = request(&self.engine, ask).await?;
        let unregistered = answered.value.map_err(Refusal::from)?;
        Ok(Response::new(unregistered_to_proto(unregistered)))
    }

    async fn remove_scope(
        &self,
        call: Request<wire::RemoveScopeRequest>,
    ) -> Result<Response<wire::RemoveScopeResponse>, Status> {
        let caller = identity(&call)?.caller.clone();
        let message = call.get_ref();
        let worker = worker_from_proto(caller.owner, message.profile.as_ref(), &message.scope);
        let worker = worker.map_err(Refusal::from)?;
        let ask = |reply| Ask::RemoveScope { caller, worker, reply };
        let answered = request(&self.engine, ask).await?;
        let removed = count_to_proto(answered.value);
        Ok(Response::new(wire::RemoveScopeResponse { removed }))
    }

    async fn reconcile(
        &self,
        call: Request<Streaming<wire::ReconcileRequest>>,
    ) -> Result<Response<wire::ReconcileResponse>, Status> {
        let identity: Arc<Identity> = identity(&call)?;
        let guest = guest(&call)?;
        let limit = ("reconciliations of one user", RECONCILIATIONS_OF_ONE);
        let own_place = guest.owners().take(guest.share(), What::Reconciliations, limit)?;
        let busy = Refusal::Busy { what: "reconciliations", limit: RECONCILIATIONS };
        let place = self.reconciliations.try_acquire().map_err(|_| busy)?;
        let (profile, list) = self.take_list(&identity, call.into_inner()).await?;
        let caller = identity.caller.clone();
        let ask = |reply| Ask::Reconcile { caller, profile, list, reply };
        let answered = request(&self.engine, ask).await?;
        drop((place, own_place));
        let reconciled = answered.value.map_err(Refusal::from)?;
        Ok(Response::new(reconciled_to_proto(&reconciled)))
    }

    async fn clear_origin(
        &self,
        call: Request<wire::ClearOriginRequest>,
    ) -> Result<Response<wire::ClearOriginResponse>, Status> {
        let caller = identity(&call)?.caller.clone();
        let wire::ClearOriginRequest { profile, origin } = call.get_ref();
        let site = site_from_proto(caller.owner, profile.as_ref(), origin);
        let site = site.map_err(Refusal::from)?;
        let ask = |reply| Ask::Site(SiteRequest::Clear { caller, site, reply });
        let removed = count_to_proto(request(&self.engine, ask).await?.value);
        Ok(Response::new(wire::ClearOriginResponse { removed }))
    }

    async fn set_permission(
        &self,
        call: Request<wire::SetPermissionRequest>,
    ) -> Result<Response<wire::SetPermissionResponse>, Status> {
        let caller = identity(&call)?.caller.clone();
        let wire::SetPermissionRequest { profile, origin, kind, state } = call.get_ref();
        let site = site_from_proto(caller.owner, profile.as_ref(), origin);
        let site = site.map_err(Refusal::from)?;
        let kind = kind_from_proto(*kind).map_err(Refusal::from)?;
        let state = permission_from_proto(*state).map_err(Refusal::from)?;
        let ask =
            |reply| Ask::Site(SiteRequest::SetPermission { caller, site, kind, state, reply });
        let removed = request(&self.engine, ask).await?.value.map_err(Refusal::from)?;
        Ok(Response::new(wire::SetPermissionResponse { removed: count_to_proto(removed) }))
    }

    async fn set_installed_apps(
        &self,
        call: Request<wire::SetInstalledAppsRequest>,
    ) -> Result<Response<wire::SetInstalledAppsResponse>, Status> {
        let caller = identity(&call)?.caller.clone();
        let wire::SetInstalledAppsRequest { profile, apps } = call.get_ref();
        let profile = profile_from_proto(caller.owner, profile.as_ref());
        let profile = profile.map_err(Refusal::from)?;
        let apps = apps_from_proto(apps).map_err(Refusal::from)?;
        let ask = |reply| Ask::Site(SiteRequest::SetInstalledApps { caller, profile, apps, reply });
        let changed = request(&self.engine, ask).await?.value.map_err(Refusal::from)?;
        Ok(Response::new(apps_changed_to_proto(changed)))
    }

    async fn report_engagement(
        &self,
        call: Request<wire::ReportEngagementRequest>,
    ) -> Result<Response<wire::ReportEngagementResponse>, Status> {
        let caller = identity(&call)?.caller.clone();
        let wire::ReportEngagementRequest { profile, origin, report } = call.get_ref();
        let site = site_from_proto(caller.owner, profile.as_ref(), origin);
        let site = site.map_err(Refusal::from)?;
        let report = report_from_proto(report.as_ref()).map_err(Refusal::from)?;
        let ask = |reply| Ask::Site(SiteRequest::ReportEngagement { caller, site, report, reply });
        let engaged = request(&self.engine, ask).await?.value.map_err(Refusal::from)?;
        Ok(Response::new(reported_to_proto(&engaged)))
    }
}
