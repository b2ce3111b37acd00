//! The gRPC services on the Unix socket.
//!
//! Turns messages into inputs of the engine and its answers into messages. Owns limits, identity
//! and statuses of the wire; it decides nothing about registrations and keeps no state of theirs.

mod admin;
mod attach;
mod background_sync;
mod convert;
mod decode;
mod dialogue;
#[doc(hidden)]
pub mod fuzzing;
mod health;
mod incoming;
mod launcher;
mod on_call;
mod peer;
mod places;
mod simulation;
mod status;

use std::future::Future;

use pwasync_proto::v1::{
    FILE_DESCRIPTOR_SET, admin_server::AdminServer, background_sync_server::BackgroundSyncServer,
    launcher_server::LauncherServer, simulation_server::SimulationServer,
};
use tokio::net::UnixListener;
use tokio_util::task::TaskTracker;
use tonic::{service::Routes, transport::Server};
use tonic_health::pb::health_server::HealthServer;
use tonic_reflection::server::Builder;
use tower::util::MapResponseLayer;

use self::{
    admin::AdminService, background_sync::BackgroundSyncService, health::HealthService,
    incoming::connections, launcher::LauncherService, on_call::OnCall,
    simulation::SimulationService, status::Refusal,
};
use crate::channel::{Answered, EngineSender, Input, ReloadSender, Reply, Request};

/// Calls and sessions of one connection at once. A browser has one session per profile and a
/// call per registration.
const STREAMS: u32 = 256;
/// Bytes of a call's headers: ours are a few hundred.
const HEADER_BYTES: u32 = 16 << 10;
/// The greatest message: a part of a browser's list, or a `Hello` with a thousand outcomes.
const MESSAGE_BYTES: usize = 4 << 20;
/// The greatest message of services whose messages are small.
const SMALL_MESSAGE_BYTES: usize = 64 << 10;

/// Whether the simulated host can be driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Simulation {
    /// By the service `Simulation`.
    Offered,
    /// The host is real: there is no such service.
    Absent,
}

/// Why the services could not be offered, or ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// HTTP/2 ended.
    #[error("cannot serve")]
    Transport(#[from] tonic::transport::Error),
}

/// What the services speak to.
#[derive(Debug)]
pub struct Behind {
    /// The engine.
    pub engine: EngineSender,
    /// Whoever reads the policy again.
    pub reloads: ReloadSender,
    /// Whether the simulated host can be driven.
    pub simulation: Simulation,
}

/// Serves until told to stop, then until the last call and session have ended.
///
/// # Errors
/// When the services cannot be offered.
pub async fn serve(
    listener: UnixListener,
    behind: Behind,
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let sessions = TaskTracker::new();
    let connections = connections(listener, behind.engine.clone());
    let routes = routes(behind, &sessions);
    Server::builder()
        .max_concurrent_streams(STREAMS)
        .http2_max_header_list_size(HEADER_BYTES)
        .layer(MapResponseLayer::new(decode::correct))
        .add_routes(routes)
        .serve_with_incoming_shutdown(connections, stop)
        .await?;
    sessions.close();
    sessions.wait().await;
    Ok(())
}

fn routes(behind: Behind, sessions: &TaskTracker) -> Routes {
    let Behind { engine, reloads, simulation } = behind;
    let background_sync = BackgroundSyncService::new(engine.clone(), sessions.clone());
    let mut routes = Routes::builder();
    routes
        .add_service(
            BackgroundSyncServer::new(background_sync).max_decoding_message_size(MESSAGE_BYTES),
        )
        .add_service(
            AdminServer::new(AdminService::new(engine.clone(), reloads))
                .max_decoding_message_size(SMALL_MESSAGE_BYTES),
        )
        .add_service(
            LauncherServer::new(LauncherService::new(engine.clone(), sessions.clone()))
                .max_decoding_message_size(SMALL_MESSAGE_BYTES),
        )
        .add_service(HealthServer::new(HealthService::new(engine.clone(), simulation)))
        .add_service(OnCall::new(|| description().build_v1()))
        .add_service(OnCall::new(|| description().build_v1alpha()));
    match simulation {
        Simulation::Offered => {
            let service = SimulationServer::new(SimulationService::new(engine));
            routes.add_service(service.max_decoding_message_size(SMALL_MESSAGE_BYTES));
        }
        Simulation::Absent => {}
    }
    routes.routes()
}

/// What the services say of themselves.
fn description() -> Builder<'static> {
    Builder::configure()
        .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        // The details of errors: a tool that goes by reflection cannot show them otherwise.
        .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
}

/// Asks the engine, and waits until the answer may leave.
///
/// # Errors
/// When what it depends on could not be recorded, or the daemon is stopping.
async fn request<T>(
    engine: &EngineSender,
    request: impl FnOnce(Reply<T>) -> Request,
) -> Result<Answered<T>, Refusal> {
    let answered = engine.ask(|reply| Input::Request(request(reply))).await?;
    answered.ok_or(Refusal::NotRecorded)
}
