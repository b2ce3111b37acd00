//! The calls of an administrator.

use pwasync_proto::v1;
use pwasync_proto::v1::admin_client::AdminClient;
use tonic::Streaming;
use tonic::transport::Channel;

use super::{Connection, MESSAGE_LIMIT, Repeat};
use crate::wire::{
    daemon_status, into_list_request, registration, run_now, session_info, watched_change,
};
use crate::{
    ClientError, Filter, Follow, Force, Registration, RegistrationId, RunNow, SessionInfo, Status,
    WatchedChange,
};

pub(super) fn client(channel: Channel) -> AdminClient<Channel> {
    AdminClient::new(channel).max_decoding_message_size(MESSAGE_LIMIT)
}

impl Connection {
    pub(crate) async fn status(&self) -> Result<Status, ClientError> {
        let answer = self
            .call(Repeat::Once, |channel| async move {
                client(channel).get_status(v1::GetStatusRequest {}).await
            })
            .await?;
        daemon_status(answer)
    }

    /// A page, and the token of the next; an empty token stands for the first and for no next.
    pub(crate) async fn list_page(
        &self,
        filter: &Filter,
        token: String,
    ) -> Result<(Vec<Registration>, String), ClientError> {
        let request = into_list_request(filter, token);
        let answer = self
            .call(Repeat::Once, |channel| {
                let request = request.clone();
                async move { client(channel).list_registrations(request).await }
            })
            .await?;
        let page = answer.registrations.into_iter().map(|wire| registration(Some(wire)));
        Ok((page.collect::<Result<_, _>>()?, answer.next_page_token))
    }

    pub(crate) async fn sessions(&self) -> Result<Vec<SessionInfo>, ClientError> {
        let answer = self
            .call(Repeat::Once, |channel| async move {
                client(channel).list_sessions(v1::ListSessionsRequest {}).await
            })
            .await?;
        answer.sessions.into_iter().map(session_info).collect()
    }

    pub(crate) async fn run_now(
        &self,
        id: RegistrationId,
        force: Force,
    ) -> Result<RunNow, ClientError> {
        let force = match force {
            Force::No => false,
            Force::Yes => true,
        };
        let answer = self
            .call(Repeat::Never, |channel| async move {
                client(channel).run_now(v1::RunNowRequest { id: id.value(), force }).await
            })
            .await?;
        run_now(answer)
    }

    pub(crate) async fn remove(&self, id: RegistrationId) -> Result<Registration, ClientError> {
        let answer = self
            .call(Repeat::Never, |channel| async move {
                client(channel).remove(v1::RemoveRequest { id: id.value() }).await
            })
            .await?;
        registration(answer.registration)
    }

    pub(crate) async fn watch(
        &self,
        recent: u32,
        follow: Follow,
    ) -> Result<WatchStream, ClientError> {
        let only_recent = match follow {
            Follow::Yes => false,
            Follow::No => true,
        };
        let stream = self
            .call(Repeat::Once, |channel| async move {
                client(channel).watch(v1::WatchRequest { recent, only_recent }).await
            })
            .await?;
        Ok(WatchStream { connection: self.clone(), stream })
    }
}

/// Changes as they come.
#[derive(Debug)]
pub(crate) struct WatchStream {
    connection: Connection,
    stream: Streaming<v1::WatchResponse>,
}

impl WatchStream {
    /// None: the daemon ended the stream.
    pub(crate) async fn next(&mut self) -> Result<Option<WatchedChange>, ClientError> {
        loop {
            let message = self.stream.message().await;
            let Some(wire) = message.map_err(|status| self.connection.error(&status))? else {
                return Ok(None);
            };
            if let Some(change) = watched_change(wire)? {
                return Ok(Some(change));
            }
        }
    }
}
