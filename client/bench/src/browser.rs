//! A browser of one profile: a session that is attached, and calls beside it on the same
//! connection.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, bail};
use pwasync_proto::v1::{
    self as wire, attach_request, attach_response, background_sync_client::BackgroundSyncClient,
};
use tokio::{sync::mpsc, time::timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Streaming, transport::Channel};

use crate::drive::{connect, key};

/// What does not come within this time does not come.
const LIMIT: Duration = Duration::from_secs(30);
/// Outcomes that may wait to be sent.
const SAID: usize = 64;

/// See the module.
pub(crate) struct Browser {
    /// To make calls.
    pub(crate) client: BackgroundSyncClient<Channel>,
    /// The name of its profile.
    pub(crate) profile: String,
    said: mpsc::Sender<wire::AttachRequest>,
    messages: Streaming<wire::AttachResponse>,
}

impl Browser {
    /// Attaches, and is ready for so many events at once.
    ///
    /// # Errors
    /// When it is not welcome.
    pub(crate) async fn attach(
        socket: PathBuf,
        profile: &str,
        capacity: u32,
    ) -> anyhow::Result<Self> {
        let mut client = BackgroundSyncClient::new(connect(socket).await?);
        let (said, says) = mpsc::channel(SAID);
        let hello = wire::Hello {
            profile: key(profile, 0).profile,
            agent: "bench".to_owned(),
            capacity,
            ..Default::default()
        };
        let hello = wire::AttachRequest { message: Some(attach_request::Message::Hello(hello)) };
        said.send(hello).await?;
        let messages = client.attach(ReceiverStream::new(says)).await?.into_inner();
        let mut browser = Self { client, profile: profile.to_owned(), said, messages };
        let attach_response::Message::Welcome(_) = browser.message().await? else {
            bail!("profile `{profile}` was not welcome");
        };
        browser.say(attach_request::Message::Ready(wire::Ready {})).await?;
        Ok(browser)
    }

    /// Registers a sync of this profile.
    ///
    /// # Errors
    /// When it is refused.
    pub(crate) async fn register(&mut self, number: usize) -> anyhow::Result<wire::Registration> {
        let key = Some(key(&self.profile, number));
        let request = wire::RegisterRequest { key, ..Default::default() };
        let answer = self.client.register(request).await?.into_inner();
        answer.registration.context("an answer without a registration")
    }

    /// The next message.
    ///
    /// # Errors
    /// When none comes.
    pub(crate) async fn message(&mut self) -> anyhow::Result<attach_response::Message> {
        let next = timeout(LIMIT, self.messages.message()).await;
        let next = next.context("no message came")??.context("the session has ended")?;
        next.message.context("an empty message")
    }

    /// The next wake.
    ///
    /// # Errors
    /// When none comes.
    pub(crate) async fn wake(&mut self) -> anyhow::Result<wire::Wake> {
        loop {
            if let attach_response::Message::Wake(wake) = self.message().await? {
                return Ok(wake);
            }
        }
    }

    /// Says that an event has completed.
    ///
    /// # Errors
    /// When the session has ended.
    pub(crate) async fn complete(&self, attempt_id: String) -> anyhow::Result<()> {
        let outcome = wire::Outcome::Completed.into();
        let finished = wire::Finished { attempt_id, outcome, ..Default::default() };
        self.say(attach_request::Message::Finished(finished)).await
    }

    async fn say(&self, message: attach_request::Message) -> anyhow::Result<()> {
        let said = wire::AttachRequest { message: Some(message) };
        self.said.send(said).await.context("the session has ended")
    }
}
