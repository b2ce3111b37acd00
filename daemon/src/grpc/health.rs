//! grpc.health.v1: serving while records can be written.
//!
//! Each answer is the engine's own at that moment; nothing is kept here.

use std::pin::Pin;

use futures_util::{Stream, stream};
use pwasync_core::{Viewer, change::What, facts::StoreAccess};
use pwasync_proto::v1::{admin_server, background_sync_server, simulation_server};
use tokio::sync::mpsc;
use tonic::{Request, Response, Status};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus,
    health_server::Health,
};

use super::{Simulation, peer::identity, request, status::Refusal};
use crate::channel::{EngineSender, Follow, Request as Ask, Watched};

/// See the module.
pub(super) struct HealthService {
    engine: EngineSender,
    simulation: Simulation,
}

impl HealthService {
    pub(super) fn new(engine: EngineSender, simulation: Simulation) -> Self {
        Self { engine, simulation }
    }

    /// The empty name is the whole daemon.
    fn offers(&self, service: &str) -> bool {
        match service {
            "" | background_sync_server::SERVICE_NAME | admin_server::SERVICE_NAME => true,
            simulation_server::SERVICE_NAME => self.simulation == Simulation::Offered,
            _ => false,
        }
    }
}

async fn ask(engine: &EngineSender, viewer: Viewer) -> Result<ServingStatus, Refusal> {
    let answered = request(engine, |reply| Ask::Status { viewer, reply }).await?;
    Ok(match answered.value.store {
        StoreAccess::Writable => ServingStatus::Serving,
        StoreAccess::ReadOnly => ServingStatus::NotServing,
    })
}

fn response(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}

#[tonic::async_trait]
impl Health for HealthService {
    type WatchStream =
        Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send + 'static>>;

    async fn check(
        &self,
        call: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let viewer = identity(&call)?.viewer;
        let service = &call.get_ref().service;
        if !self.offers(service) {
            return Err(Refusal::NoSuchService.into());
        }
        Ok(Response::new(response(ask(&self.engine, viewer).await?)))
    }

    async fn watch(
        &self,
        call: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let viewer = identity(&call)?.viewer;
        if !self.offers(&call.get_ref().service) {
            // The health protocol wants the stream to stay: the service may come.
            let unknown = stream::iter([Ok(response(ServingStatus::ServiceUnknown))]);
            let unknown = futures_util::StreamExt::chain(unknown, stream::pending());
            return Ok(Response::new(Box::pin(unknown)));
        }
        let watch = |reply| Ask::Watch { viewer, recent: 0, follow: Follow::Yes, reply };
        let changes = request(&self.engine, watch).await?.value;
        let watcher = Watcher { engine: self.engine.clone(), viewer, changes, last: None };
        Ok(Response::new(Box::pin(stream::unfold(watcher, Watcher::next))))
    }
}

/// Asks again whenever the host changes: the store is part of it.
struct Watcher {
    engine: EngineSender,
    viewer: Viewer,
    changes: mpsc::Receiver<Watched>,
    last: Option<ServingStatus>,
}

impl Watcher {
    async fn next(mut self) -> Option<(Result<HealthCheckResponse, Status>, Self)> {
        loop {
            if self.last.is_some() && !self.host_changed().await {
                return None;
            }
            let status = match ask(&self.engine, self.viewer).await {
                Ok(status) => status,
                Err(refusal) => return Some((Err(refusal.into()), self)),
            };
            if self.last != Some(status) {
                self.last = Some(status);
                return Some((Ok(response(status)), self));
            }
        }
    }

    /// False when there will be no more changes.
    async fn host_changed(&mut self) -> bool {
        while let Some(watched) = self.changes.recv().await {
            match watched {
                Watched::Skipped(_) => return true,
                Watched::Change { change, .. } => match change.what {
                    What::Host => return true,
                    What::Registration { .. } | What::Session { .. } | What::Launch { .. } => {}
                },
            }
        }
        false
    }
}
