//! The task of a session: attaches, carries messages both ways, waits, attaches again. What is
//! under way is the memory's to know.

use std::collections::VecDeque;
use std::future::{self, Future};
use std::pin::pin;
use std::time::Duration;

use tokio::select;
use tokio::sync::{mpsc, oneshot};
use tokio::time;

use super::backoff::reconnect_delay;
use super::memory::{Memory, Taken};
use super::{CloseReason, DetachReason, SessionEvent, SessionOptions};
use crate::connection::SessionStream;
use crate::wire::{FromDaemon, ToDaemon};
use crate::{AttemptId, ClientError, Outcome, SocketPath};

/// Events that wait for a reader before the stream is left unread.
const WAITING_EVENTS: usize = 64;
/// A session that lasted so long was a good one: the next loss begins with the shortest delay.
const STEADY: Duration = Duration::from_secs(10);
/// How long the end of a session waits for outcomes to be on disk.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// What the browser's side says.
#[derive(Debug)]
pub(super) enum Command {
    Ready,
    Started(AttemptId),
    Finished { attempt: AttemptId, outcome: Outcome, detail: String, retry_after: Option<Duration> },
}

/// What the browser's side says, and its wish to end.
struct Commands {
    commands: mpsc::Receiver<Command>,
    close: Option<oneshot::Receiver<()>>,
}

enum Input {
    Command(Command),
    /// Nobody can say anything more, or nobody wants to.
    Close,
}

pub(super) struct Driver {
    socket: SocketPath,
    options: SessionOptions,
    memory: Memory,
    events: Events,
    /// Failed or short sessions in a row.
    attempt: u32,
    /// The browser's side was told that there is no session.
    told: bool,
}

/// What happened, on its way to the browser's side.
struct Events {
    channel: mpsc::Sender<SessionEvent>,
    waiting: VecDeque<SessionEvent>,
}

/// Nobody listens to events any more.
struct Unheard;

/// How a stream ended.
enum End {
    /// Attach again.
    Lost { reason: DetachReason, reconnect_after: Option<Duration> },
    /// Do not.
    Final(DetachReason),
    /// Nobody listens, or it was asked for.
    Stop,
}

impl Driver {
    pub(super) fn new(
        socket: SocketPath,
        options: SessionOptions,
        events: mpsc::Sender<SessionEvent>,
    ) -> Self {
        Self {
            socket,
            options,
            memory: Memory::new(),
            events: Events { channel: events, waiting: VecDeque::new() },
            attempt: 0,
            told: false,
        }
    }

    pub(super) async fn run(
        mut self,
        commands: mpsc::Receiver<Command>,
        close: oneshot::Receiver<()>,
    ) {
        let mut commands = Commands { commands, close: Some(close) };
        loop {
            match self.stream(&mut commands).await {
                End::Stop => return,
                End::Final(reason) => {
                    self.events.waiting.push_back(SessionEvent::Closed { reason });
                    while !self.events.waiting.is_empty() {
                        if self.events.deliver().await.is_err() {
                            break;
                        }
                    }
                    return;
                }
                End::Lost { reason, reconnect_after } => {
                    if !self.told {
                        self.told = true;
                        self.events.waiting.push_back(SessionEvent::Detached { reason });
                    }
                    let delay = reconnect_delay(self.attempt, fastrand::f64());
                    self.attempt = self.attempt.saturating_add(1);
                    let delay = delay.max(reconnect_after.unwrap_or_default());
                    if self.meanwhile(&mut commands, time::sleep(delay)).await.is_none() {
                        return;
                    }
                }
            }
        }
    }

    /// One stream, from its Hello to its end.
    async fn stream(&mut self, commands: &mut Commands) -> End {
        let (running, finished) = self.memory.begin_stream();
        let SessionOptions { profile, agent, capacity, launch_token } = self.options.clone();
        let hello = ToDaemon::Hello { profile, agent, capacity, running, finished, launch_token };
        let opening = SessionStream::open(self.socket.clone(), hello);
        let Some(opened) = self.meanwhile(commands, opening).await else { return End::Stop };
        match opened {
            Ok((stream, first)) => match self.welcome(first) {
                Ok(()) => self.attached(stream, commands).await,
                Err(end) => end,
            },
            Err(error) => refused_or_lost(error),
        }
    }

    /// Waits for something without a stream; none: the session is to end.
    async fn meanwhile<T>(
        &mut self,
        commands: &mut Commands,
        something: impl Future<Output = T>,
    ) -> Option<T> {
        let mut something = pin!(something);
        loop {
            select! {
                done = &mut something => return Some(done),
                input = commands.next() => match input {
                    Input::Command(command) => self.handle_command(command),
                    Input::Close => return None,
                },
                delivered = self.events.deliver() => if delivered.is_err() {
                    return None;
                },
            }
        }
    }

    fn welcome(&mut self, first: FromDaemon) -> Result<(), End> {
        match first {
            FromDaemon::Welcome { session_id, daemon_version, limits, abandon, host } => {
                self.memory.handle_welcome(limits, &abandon);
                self.told = false;
                let attached = SessionEvent::Attached { session_id, daemon_version, limits, host };
                self.events.waiting.push_back(attached);
                if !abandon.is_empty() {
                    self.events.waiting.push_back(SessionEvent::Abandon { attempts: abandon });
                }
                Ok(())
            }
            FromDaemon::Closing { reason, reconnect_after, detail } => {
                let error = DetachReason::Closing { reason, detail };
                Err(match reason {
                    // It was the Hello, and the next one would be the same.
                    CloseReason::Superseded | CloseReason::ProtocolError => End::Final(error),
                    CloseReason::ShuttingDown
                    | CloseReason::TooSlow
                    | CloseReason::Restarting
                    | CloseReason::Other(_) => End::Lost { reason: error, reconnect_after },
                })
            }
            FromDaemon::Wake(_)
            | FromDaemon::Cancel { .. }
            | FromDaemon::Recorded { .. }
            | FromDaemon::HostChanged(_) => {
                let problem = "it did not come first".to_owned();
                let reason = ClientError::Malformed { field: "welcome", problem }.into();
                Err(End::Lost { reason, reconnect_after: None })
            }
        }
    }

    async fn attached(&mut self, stream: SessionStream, commands: &mut Commands) -> End {
        let SessionStream { outgoing, mut incoming } = stream;
        let mut steady = pin!(time::sleep(STEADY));
        let mut close_limit = pin!(time::sleep(CLOSE_LIMIT));
        let mut closing = false;
        let mut sendable = true;
        loop {
            if closing && !self.memory.has_message() && !self.memory.has_unconfirmed() {
                return End::Stop;
            }
            select! {
                message = incoming.next(), if self.events.waiting.len() < WAITING_EVENTS => {
                    let handled = match message {
                        Ok(message) => self.handle_message(message),
                        Err(error) => {
                            Err(End::Lost { reason: error.into(), reconnect_after: None })
                        }
                    };
                    if let Err(end) = handled {
                        return if closing { End::Stop } else { end };
                    }
                }
                room = outgoing.room(), if sendable && self.memory.has_message() => {
                    // Without room the stream is over, and what it ended with is to be read.
                    match room {
                        None => sendable = false,
                        Some(room) => if let Some(message) = self.memory.poll_message() {
                            room.send(message);
                        },
                    }
                }
                delivered = self.events.deliver() => if delivered.is_err() {
                    return End::Stop;
                },
                input = commands.next(), if !closing => match input {
                    Input::Command(command) => self.handle_command(command),
                    Input::Close => {
                        closing = true;
                        close_limit.set(time::sleep(CLOSE_LIMIT));
                    }
                },
                () = &mut close_limit, if closing => return End::Stop,
                () = &mut steady, if self.attempt > 0 => self.attempt = 0,
            }
        }
    }

    fn handle_message(&mut self, message: FromDaemon) -> Result<(), End> {
        let event = match message {
            FromDaemon::Wake(wake) => {
                self.attempt = 0;
                match self.memory.handle_wake(&wake.attempt) {
                    Taken::Yes => SessionEvent::Wake(wake),
                    Taken::No => return Ok(()),
                }
            }
            FromDaemon::Recorded { attempt, counted } => {
                self.attempt = 0;
                self.memory.handle_recorded(&attempt);
                SessionEvent::Recorded { attempt, counted }
            }
            FromDaemon::Cancel { attempt, reason } => SessionEvent::Cancel { attempt, reason },
            FromDaemon::HostChanged(host) => SessionEvent::HostChanged(host),
            FromDaemon::Closing { reason, reconnect_after, detail } => {
                let why = DetachReason::Closing { reason, detail };
                return Err(match reason {
                    CloseReason::Superseded => End::Final(why),
                    CloseReason::ShuttingDown
                    | CloseReason::TooSlow
                    | CloseReason::ProtocolError
                    | CloseReason::Restarting
                    | CloseReason::Other(_) => End::Lost { reason: why, reconnect_after },
                });
            }
            FromDaemon::Welcome { .. } => {
                let problem = "it came twice".to_owned();
                let reason = ClientError::Malformed { field: "welcome", problem }.into();
                return Err(End::Lost { reason, reconnect_after: None });
            }
        };
        self.events.waiting.push_back(event);
        Ok(())
    }

    fn handle_command(&mut self, command: Command) {
        match command {
            Command::Ready => self.memory.handle_ready(),
            Command::Started(attempt) => self.memory.handle_started(&attempt),
            Command::Finished { attempt, outcome, detail, retry_after } => {
                self.memory.handle_finished(attempt, outcome, detail, retry_after);
            }
        }
    }
}

impl Commands {
    /// Harmless to drop half-way. After a Close it never comes back.
    async fn next(&mut self) -> Input {
        let Some(close) = &mut self.close else { return future::pending().await };
        let input = select! {
            // What was said before the end counts.
            biased;
            command = self.commands.recv() => command.map_or(Input::Close, Input::Command),
            _ = close => Input::Close,
        };
        if matches!(input, Input::Close) {
            self.close = None;
        }
        input
    }
}

impl Events {
    /// Hands the next event over, once there is one and room for it. Harmless to drop half-way.
    async fn deliver(&mut self) -> Result<(), Unheard> {
        if self.waiting.is_empty() {
            self.channel.closed().await;
            return Err(Unheard);
        }
        let room = self.channel.reserve().await.map_err(|_| Unheard)?;
        if let Some(event) = self.waiting.pop_front() {
            room.send(event);
        }
        Ok(())
    }
}

/// A daemon that refuses the Hello itself would refuse the next one too.
fn refused_or_lost(error: ClientError) -> End {
    match error {
        ClientError::Invalid { .. }
        | ClientError::PermissionDenied { .. }
        | ClientError::Unsupported { .. } => End::Final(error.into()),
        ClientError::Exhausted { retry_after, .. }
        | ClientError::Unavailable { retry_after, .. } => {
            End::Lost { reason: error.into(), reconnect_after: retry_after }
        }
        ClientError::NotRunning { .. }
        | ClientError::SocketRefused { .. }
        | ClientError::Disconnected { .. }
        | ClientError::TimedOut { .. }
        | ClientError::DeadlineExceeded { .. }
        | ClientError::NotFound { .. }
        | ClientError::Refused { .. }
        | ClientError::Internal { .. }
        | ClientError::Malformed { .. } => {
            End::Lost { reason: error.into(), reconnect_after: None }
        }
    }
}
