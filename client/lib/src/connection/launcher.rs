//! The stream of a launcher.

use std::time::Duration;

use pwasync_proto::v1;
use pwasync_proto::v1::launcher_client::LauncherClient;
use tokio::sync::mpsc;
use tokio::time;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::{Connection, Repeat};
use crate::wire::{FromLauncher, ToLauncher, into_launcher_request, to_launcher};
use crate::{ClientError, LauncherEvent, ProfileId, SocketPath};

/// Launches are few: one for each closed browser at most.
const OUTGOING: usize = 16;

/// How long the daemon may take to answer a Hello.
const WELCOME_LIMIT: Duration = Duration::from_secs(10);

/// The way to the daemon.
#[derive(Debug)]
pub(crate) struct LauncherOutgoing {
    messages: mpsc::Sender<v1::LauncherAttachRequest>,
}

/// The way from the daemon.
#[derive(Debug)]
pub(crate) struct LauncherIncoming {
    connection: Connection,
    messages: Streaming<v1::LauncherAttachResponse>,
}

/// Connects anew, says Hello, and waits to be welcome: number, daemon's version, both ways.
pub(crate) async fn open_launcher(
    socket: SocketPath,
    profiles: Vec<ProfileId>,
    agent: String,
) -> Result<(u64, String, LauncherOutgoing, LauncherIncoming), ClientError> {
    let connection = Connection::new(socket);
    let hello = into_launcher_request(FromLauncher::Hello { profiles, agent });
    let (sender, messages) = connection
        .call(Repeat::Never, |channel| {
            let (sender, receiver) = mpsc::channel(OUTGOING);
            // The channel is new, so there is room.
            let said = sender.try_send(hello.clone());
            async move {
                said.map_err(|_| Status::internal("no room for a Hello"))?;
                let stream = ReceiverStream::new(receiver);
                let attached = LauncherClient::new(channel).attach(stream).await?;
                Ok(attached.map(|messages| (sender, messages)))
            }
        })
        .await?;
    let mut incoming = LauncherIncoming { connection, messages };
    let limit = WELCOME_LIMIT;
    let first = time::timeout(limit, incoming.message()).await;
    match first.unwrap_or(Err(ClientError::TimedOut { limit }))? {
        ToLauncher::Welcome { launcher_id, daemon_version } => {
            let outgoing = LauncherOutgoing { messages: sender };
            Ok((launcher_id, daemon_version, outgoing, incoming))
        }
        ToLauncher::Event(LauncherEvent::Closing { reason, detail, .. }) => {
            let message = detail.unwrap_or_else(|| reason.as_str().to_owned());
            Err(ClientError::Refused { message })
        }
        ToLauncher::Event(LauncherEvent::Launch { .. } | LauncherEvent::Cancel { .. }) => {
            let problem = "it did not come first".to_owned();
            Err(ClientError::Malformed { field: "welcome", problem })
        }
    }
}

impl LauncherOutgoing {
    pub(crate) async fn started(&self, launch_token: &str) {
        let launch_token = launch_token.to_owned();
        self.say(FromLauncher::Started { launch_token }).await;
    }

    pub(crate) async fn failed(&self, launch_token: &str, reason: &str) {
        let (launch_token, reason) = (launch_token.to_owned(), reason.to_owned());
        self.say(FromLauncher::Failed { launch_token, reason }).await;
    }

    pub(crate) async fn profiles_changed(&self, profiles: Vec<ProfileId>) {
        self.say(FromLauncher::ProfilesChanged { profiles }).await;
    }

    async fn say(&self, message: FromLauncher) {
        // It fails after the end of the stream only, of which the other way tells.
        let _ = self.messages.send(into_launcher_request(message)).await;
    }
}

impl LauncherIncoming {
    pub(crate) async fn next(&mut self) -> Result<LauncherEvent, ClientError> {
        match self.message().await? {
            ToLauncher::Event(event) => Ok(event),
            ToLauncher::Welcome { .. } => {
                let problem = "it came twice".to_owned();
                Err(ClientError::Malformed { field: "welcome", problem })
            }
        }
    }

    /// An end without a reason is an error too.
    async fn message(&mut self) -> Result<ToLauncher, ClientError> {
        loop {
            let message = self.messages.message().await;
            let Some(wire) = message.map_err(|status| self.connection.error(&status))? else {
                let message = "the daemon ended the stream".to_owned();
                return Err(ClientError::Disconnected { message });
            };
            if let Some(message) = to_launcher(wire)? {
                return Ok(message);
            }
        }
    }
}
