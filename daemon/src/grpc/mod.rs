//! The gRPC services on the Unix socket.
//!
//! Turns messages into inputs of the engine and its answers into messages. Owns limits, identity
//! and statuses of the wire; it decides nothing about registrations and keeps no state of theirs.

mod admin;
mod admission;
mod attach;
mod background_sync;
mod convert;
mod decode;
mod descriptors;
mod dialogue;
#[doc(hidden)]
pub mod fuzzing;
mod guest;
mod health;
mod incoming;
mod launcher;
mod on_call;
mod owners;
mod pace;
mod peer;
mod simulation;
mod status;
mod turns;

use std::{
    future::{Future, ready},
    io,
    pin::pin,
};

use futures_util::{StreamExt, stream};
use pwasync_core::policy::Traffic;
use pwasync_proto::v1::{
    FILE_DESCRIPTOR_SET, admin_server::AdminServer, background_sync_server::BackgroundSyncServer,
    launcher_server::LauncherServer, simulation_server::SimulationServer,
};
use tokio::{
    net::{UnixListener, UnixStream},
    sync::{oneshot, watch},
    task::JoinSet,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::{service::Routes, transport::Server};
use tonic_health::pb::health_server::HealthServer;
use tonic_reflection::server::Builder;
use tower::util::MapResponseLayer;

use self::{
    admin::AdminService,
    admission::Admit,
    background_sync::BackgroundSyncService,
    health::HealthService,
    incoming::{Connection, Door, Entrance, Places},
    launcher::LauncherService,
    on_call::OnCall,
    owners::{Hurry, Owners},
    peer::Lookups,
    simulation::SimulationService,
    status::Refusal,
    turns::Turns,
};
use crate::channel::{Answered, EngineSender, Input, ReloadSender, Reply, Request, TransferSender};

/// Calls and sessions of one connection at once. A browser has one session per profile and a
/// call per registration.
const STREAMS: u32 = 256;
/// Bytes of a call's headers: ours are a few hundred.
const HEADER_BYTES: u32 = 16 << 10;
/// Streams that were reset before a call began: more end the connection (CVE-2023-44487).
const UNSEEN_RESETS: usize = 20;
/// Streams that we reset because they broke the rules of HTTP/2: more end the connection.
const BROKEN_STREAMS: usize = 64;
/// Bytes of a call that may come before they are read; what a client that is faster sends waits
/// on its side.
const STREAM_WINDOW: u32 = 64 << 10;
/// The same of a connection, over all of its calls.
const CONNECTION_WINDOW: u32 = 256 << 10;
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
    /// Whoever writes and reads exports.
    pub transfers: TransferSender,
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
    let (engine, sessions) = (behind.engine.clone(), TaskTracker::new());
    let hurry = match behind.simulation {
        Simulation::Offered => Hurry::Free,
        Simulation::Absent => Hurry::Paced,
    };
    let owners = Owners::new(traffic(&engine).await, hurry);
    let turns = Turns::default();
    let mut rounds = JoinSet::new();
    rounds.spawn(turns.clone().run());
    let server = Server::builder()
        .max_concurrent_streams(STREAMS)
        .http2_max_header_list_size(HEADER_BYTES)
        .http2_max_pending_accept_reset_streams(Some(UNSEEN_RESETS))
        .http2_max_local_error_reset_streams(Some(BROKEN_STREAMS))
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .layer(MapResponseLayer::new(decode::correct))
        .layer(Admit);
    let routes = routes(behind, &sessions).prepare();
    let door = Door::new(listener, owners.clone(), descriptors::connections());
    let entrance = Entrance { engine, owners, turns, lookups: Lookups::default() };
    let (connections, ending) = (TaskTracker::new(), CancellationToken::new());
    let mut stop = pin!(stop);
    loop {
        let (stream, places) = tokio::select! {
            () = &mut stop => break,
            accepted = door.accept() => accepted,
        };
        let (server, routes) = (server.clone(), routes.clone());
        let (entrance, ending) = (entrance.clone(), ending.clone());
        connections.spawn(async move {
            let Some(connection) = enter(&entrance, stream, places, &ending).await else { return };
            let (go, gone) = (connection.guest().go(), connection.gone());
            let end = async move {
                tokio::select! {
                    () = go.cancelled() => {}
                    () = gone.cancelled() => {}
                    () = ending.cancelled() => {}
                }
            };
            // A server of its own for each, so that each can be told to go by itself.
            let alone = stream::once(ready(Ok::<_, io::Error>(connection)));
            let alone = alone.chain(stream::pending());
            if let Err(error) = server.serve_with_incoming_shutdown(routes, alone, end).await {
                tracing::debug!(%error, "a connection failed");
            }
        });
    }
    drop(door);
    ending.cancel();
    connections.close();
    connections.wait().await;
    rounds.shutdown().await;
    sessions.close();
    sessions.wait().await;
    Ok(())
}

/// Lets a connection in, unless the daemon stops meanwhile.
async fn enter(
    entrance: &Entrance,
    stream: UnixStream,
    places: Places,
    ending: &CancellationToken,
) -> Option<Connection> {
    tokio::select! {
        () = ending.cancelled() => None,
        connection = entrance.admit(stream, places) => connection,
    }
}

/// How much policy lets the socket carry, whenever that changes.
async fn traffic(engine: &EngineSender) -> watch::Receiver<Traffic> {
    let (reply, answer) = oneshot::channel();
    // An engine that is gone answers no call: then it does not matter.
    let _ = engine.send(Input::Traffic(reply)).await;
    answer.await.unwrap_or_else(|_| watch::channel(Traffic::default()).1)
}

fn routes(behind: Behind, sessions: &TaskTracker) -> Routes {
    let Behind { engine, reloads, transfers, simulation } = behind;
    let background_sync = BackgroundSyncService::new(engine.clone(), sessions.clone());
    let mut routes = Routes::builder();
    routes
        .add_service(
            BackgroundSyncServer::new(background_sync).max_decoding_message_size(MESSAGE_BYTES),
        )
        .add_service(
            AdminServer::new(AdminService::new(engine.clone(), reloads, transfers))
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
