//! The way to the socket: channels, the time limit of each call, and the calls themselves, one
//! file per service. Speaks generated messages inwards and plain types outwards.

mod admin;
mod background_sync;
mod engagement;
mod explanation;
mod launcher;
mod lease;
mod policy;
mod reconcile;
mod session;
mod simulation;
mod transfer;

use std::error::Error;
use std::future::Future;
use std::io;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::net::UnixStream;
use tokio::time;
use tonic::transport::{Channel, Endpoint};
use tonic::{Response, Status};

use crate::wire::client_error;
use crate::{ClientError, SocketPath};

pub(crate) use admin::WatchStream;
pub(crate) use launcher::{LauncherIncoming, LauncherOutgoing, open_launcher};
pub(crate) use session::SessionStream;
pub(crate) use transfer::{CheckStream, ExportStream};

/// How long a call may take, connecting included.
const CALL_LIMIT: Duration = Duration::from_secs(10);

/// A page of registrations with the longest tags is 15 MiB.
const MESSAGE_LIMIT: usize = 32 << 20;

/// The name is for the protocol alone: the connector below knows the way.
const AUTHORITY: &str = "http://localhost";

/// A connection that is made at the first call, and again when it was lost.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    channel: Channel,
    socket: SocketPath,
}

/// Whether a call that was lost with its connection is made once more on the next one.
///
/// A daemon that was restarted leaves a dead connection behind, which only the next call finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeat {
    Once,
    Never,
}

#[derive(Debug, Error)]
#[error("cannot connect")]
struct ConnectFailed(#[source] io::Error);

impl Connection {
    pub(crate) fn new(socket: SocketPath) -> Self {
        let path = socket.path().to_owned();
        let connector = tower::service_fn(move |_| {
            let path = path.clone();
            async move { UnixStream::connect(&path).await.map(TokioIo::new).map_err(ConnectFailed) }
        });
        let channel = Endpoint::from_static(AUTHORITY).connect_with_connector_lazy(connector);
        Self { channel, socket }
    }

    /// Makes a call with the usual time limit.
    async fn call<Answer, Calling>(
        &self,
        repeat: Repeat,
        make: impl Fn(Channel) -> Calling,
    ) -> Result<Answer, ClientError>
    where
        Calling: Future<Output = Result<Response<Answer>, Status>>,
    {
        self.call_within(CALL_LIMIT, repeat, make).await
    }

    async fn call_within<Answer, Calling>(
        &self,
        limit: Duration,
        repeat: Repeat,
        make: impl Fn(Channel) -> Calling,
    ) -> Result<Answer, ClientError>
    where
        Calling: Future<Output = Result<Response<Answer>, Status>>,
    {
        let calls = async {
            let first = self.call_once(&make).await;
            if repeat == Repeat::Never {
                return first;
            }
            match first {
                Err(ClientError::Disconnected { .. }) => self.call_once(&make).await,
                // A share of calls per minute: one wait is the client's part. One that does not
                // fit into the limit ends as the error that it is.
                Err(ClientError::Exhausted { retry_after: Some(delay), .. }) if delay < limit => {
                    time::sleep(delay).await;
                    self.call_once(&make).await
                }
                other => other,
            }
        };
        time::timeout(limit, calls).await.unwrap_or(Err(ClientError::TimedOut { limit }))
    }

    async fn call_once<Answer, Calling>(
        &self,
        make: &impl Fn(Channel) -> Calling,
    ) -> Result<Answer, ClientError>
    where
        Calling: Future<Output = Result<Response<Answer>, Status>>,
    {
        match make(self.channel.clone()).await {
            Ok(response) => Ok(response.into_inner()),
            Err(status) => Err(self.error(&status)),
        }
    }

    fn error(&self, status: &Status) -> ClientError {
        connect_failure(status, &self.socket).unwrap_or_else(|| client_error(status))
    }
}

/// Tells by the source, never by the text, that nobody answered at the socket.
fn connect_failure(status: &Status, socket: &SocketPath) -> Option<ClientError> {
    let mut cause = status.source();
    while let Some(error) = cause {
        if let Some(ConnectFailed(error)) = error.downcast_ref() {
            let socket = socket.clone();
            let source = copy_of(error);
            if error.kind() == io::ErrorKind::PermissionDenied {
                return Some(ClientError::SocketRefused { socket, source });
            }
            return Some(ClientError::NotRunning { socket, source });
        }
        cause = error.source();
    }
    None
}

fn copy_of(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}
