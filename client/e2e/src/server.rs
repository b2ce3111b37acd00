//! The server of a scene: `pwasync-demo serve` at the far end of the cable. Its events are JSON
//! lines; commands go to its stdin.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    binaries::Binaries,
    error::HarnessError,
    namespace::Namespace,
    process::{Command, Process},
};

const START_LIMIT: Duration = Duration::from_secs(20);
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// What the server tells, one JSON object per line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ServerEvent {
    /// It takes connections.
    Listening {
        /// Address and port.
        address: String,
        /// Base64 of the SHA-256 of its authority's public key, for Chromium's flag.
        key_hash: String,
    },
    /// A command from stdin is in force.
    Obeyed {
        /// The command, as it was written.
        command: String,
    },
    /// Somebody sent a message.
    Message {
        /// When the request's head was read, in milliseconds since 1970.
        at: f64,
        /// What the server answered, or is going to answer once it is released.
        status: u16,
        /// The id has been accepted before.
        duplicate: bool,
        /// What was sent.
        message: SentMessage,
    },
    /// A request that was refused.
    Refused {
        /// When, in milliseconds since 1970.
        at: f64,
        /// What the server answered.
        status: u16,
        /// Why.
        reason: String,
    },
}

/// A message as the service worker sends it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SentMessage {
    /// Given by the page, the same in every attempt.
    pub id: String,
    /// What the person wrote.
    pub text: String,
    /// When it was written, in milliseconds since 1970.
    pub written_at: f64,
    /// When the worker's event began, in milliseconds since 1970.
    pub started_at: f64,
    /// Counts from 1.
    pub attempts: u32,
    /// What the event said.
    pub last_chance: bool,
}

/// A server that runs.
#[derive(Debug)]
pub struct Server {
    /// Its process.
    pub process: Process,
    /// Base64 of the SHA-256 of its authority's public key.
    pub key_hash: String,
    /// Lines of its stdout that were looked at.
    read: usize,
}

impl Server {
    /// Starts it on `address` (with a port) for the host name `host`.
    ///
    /// # Errors
    /// When it is not built or does not listen in time.
    pub async fn start(
        binaries: &Binaries,
        namespace: Option<&Namespace>,
        address: &str,
        host: &str,
    ) -> Result<Self, HarnessError> {
        let process = Command::new(binaries.program("pwasync-demo")?)
            .args_of_server(address, host)
            .spawn(namespace)?;
        let listening = process.wait_for_line(0, "the server to listen", START_LIMIT, |line| {
            match serde_json::from_str(line) {
                Ok(ServerEvent::Listening { key_hash, .. }) => Some(key_hash),
                Ok(_) | Err(_) => None,
            }
        });
        let (read, key_hash) = listening.await?;
        Ok(Self { process, key_hash, read })
    }

    /// Answers the next `times` messages with 503.
    ///
    /// # Errors
    /// When the server does not obey.
    pub async fn fail(&mut self, times: u32) -> Result<(), HarnessError> {
        self.command(&format!("fail {times}")).await
    }

    /// Takes messages from now on without answering them.
    ///
    /// # Errors
    /// When the server does not obey.
    pub async fn hold(&mut self) -> Result<(), HarnessError> {
        self.command("hold").await
    }

    /// Answers what was held.
    ///
    /// # Errors
    /// When the server does not obey.
    pub async fn release(&mut self) -> Result<(), HarnessError> {
        self.command("release").await
    }

    /// Waits for the next message that was not yet looked at.
    ///
    /// # Errors
    /// When none comes inside `limit`.
    pub async fn next_message(&mut self, limit: Duration) -> Result<ServerEvent, HarnessError> {
        let pick = |line: &str| match serde_json::from_str(line) {
            Ok(event @ ServerEvent::Message { .. }) => Some(event),
            Ok(_) | Err(_) => None,
        };
        let waiting = self.process.wait_for_line(self.read, "a message at the server", limit, pick);
        let (read, event) = waiting.await?;
        self.read = read;
        Ok(event)
    }

    /// All messages so far, looked at or not.
    #[must_use]
    pub fn messages(&self) -> Vec<ServerEvent> {
        let lines = self.process.stdout().all();
        let events = lines.iter().filter_map(|line| serde_json::from_str(&line.text).ok());
        events.filter(|event| matches!(event, ServerEvent::Message { .. })).collect()
    }

    async fn command(&mut self, command: &str) -> Result<(), HarnessError> {
        let from = self.process.stdout().count();
        self.process.write_line(command).await?;
        let what = format!("the server to obey `{command}`");
        let obeyed =
            self.process.wait_for_line(
                from,
                &what,
                ANSWER_LIMIT,
                |line| match serde_json::from_str(line) {
                    Ok(ServerEvent::Obeyed { command: obeyed }) if obeyed == command => Some(()),
                    Ok(_) | Err(_) => None,
                },
            );
        obeyed.await.map(drop)
    }
}

impl Command {
    fn args_of_server(self, address: &str, host: &str) -> Self {
        self.arguments(["serve", "--listen", address, "--host", host, "--control"])
    }
}
