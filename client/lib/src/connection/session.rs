//! The stream of one session, from its Hello to its end.

use std::time::Duration;

use pwasync_proto::v1;
use tokio::sync::mpsc;
use tokio::time;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::background_sync::client;
use super::{Connection, Repeat};
use crate::wire::{FromDaemon, ToDaemon, from_daemon, into_attach_request};
use crate::{ClientError, SocketPath};

/// Messages on their way out. What does not fit waits with its owner, so a few are enough to keep
/// the transport busy.
const OUTGOING: usize = 16;

/// How long the daemon may take to answer a Hello.
const WELCOME_LIMIT: Duration = Duration::from_secs(10);

/// An attached stream.
#[derive(Debug)]
pub(crate) struct SessionStream {
    pub(crate) outgoing: Outgoing,
    pub(crate) incoming: Incoming,
}

/// The way to the daemon.
#[derive(Debug)]
pub(crate) struct Outgoing {
    messages: mpsc::Sender<v1::AttachRequest>,
}

/// The way from the daemon.
#[derive(Debug)]
pub(crate) struct Incoming {
    connection: Connection,
    messages: Streaming<v1::AttachResponse>,
}

/// Room for one message.
pub(crate) struct Room<'a>(mpsc::Permit<'a, v1::AttachRequest>);

impl SessionStream {
    /// Connects anew, says Hello, and waits for the first answer.
    pub(crate) async fn open(
        socket: SocketPath,
        hello: ToDaemon,
    ) -> Result<(Self, FromDaemon), ClientError> {
        let connection = Connection::new(socket);
        let hello = into_attach_request(hello);
        let (sender, messages) = connection
            .call(Repeat::Never, |channel| {
                let (sender, receiver) = mpsc::channel(OUTGOING);
                // The channel is new, so there is room.
                let said = sender.try_send(hello.clone());
                async move {
                    said.map_err(|_| Status::internal("no room for a Hello"))?;
                    let attached = client(channel).attach(ReceiverStream::new(receiver)).await?;
                    Ok(attached.map(|messages| (sender, messages)))
                }
            })
            .await?;
        let mut incoming = Incoming { connection, messages };
        let limit = WELCOME_LIMIT;
        let first = time::timeout(limit, incoming.next())
            .await
            .unwrap_or(Err(ClientError::TimedOut { limit }))?;
        Ok((Self { outgoing: Outgoing { messages: sender }, incoming }, first))
    }
}

impl Outgoing {
    /// Waits for room; none: the stream is over. Harmless to drop half-way.
    pub(crate) async fn room(&self) -> Option<Room<'_>> {
        self.messages.reserve().await.ok().map(Room)
    }
}

impl Room<'_> {
    pub(crate) fn send(self, message: ToDaemon) {
        self.0.send(into_attach_request(message));
    }
}

impl Incoming {
    /// The next message; an end without a reason is an error too. Harmless to drop half-way.
    pub(crate) async fn next(&mut self) -> Result<FromDaemon, ClientError> {
        loop {
            let message = self.messages.message().await;
            let Some(wire) = message.map_err(|status| self.connection.error(&status))? else {
                let message = "the daemon ended the session".to_owned();
                return Err(ClientError::Disconnected { message });
            };
            if let Some(message) = from_daemon(wire)? {
                return Ok(message);
            }
        }
    }
}
