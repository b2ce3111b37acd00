//! Many sessions, each with one sync that is due, and one moment at which all may run.

use std::{
    io,
    os::unix::net::UnixStream as StdUnixStream,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{Context, bail};
use hyper_util::rt::TokioIo;
use pwasync_proto::v1::{
    self as wire, attach_request, attach_response, background_sync_client::BackgroundSyncClient,
    simulation_client::SimulationClient,
};
use rustix::{process::Uid, thread::set_thread_res_uid};
use serde::{Deserialize, Serialize};
use tokio::{net::UnixStream, sync::mpsc, task::JoinSet, time::timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{
    Streaming,
    transport::{Channel, Endpoint},
};

use super::{Arguments, Server, connect, key};
use crate::clock::Moment;

/// Numbers of users that neither login tools nor systemd give away.
const FIRST_OWNER: u32 = 60_600;
/// A wake that takes longer is lost.
const WAKE_LIMIT: Duration = Duration::from_secs(30);
/// What a session may have to say at once: one outcome, and its greeting.
const SAID: usize = 4;

/// What was seen of each moment.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct FanOut {
    /// From the moment to the last message received, in milliseconds, one for each round.
    pub(crate) all_received: Vec<f64>,
    /// From the moment to the middle one.
    pub(crate) half_received: Vec<f64>,
}

/// Attaches `connections` sessions of `owners` users, and has them woken, round after round.
///
/// # Errors
/// When a call fails or a wake does not come.
pub(super) async fn drive(arguments: &Arguments) -> anyhow::Result<FanOut> {
    let (seen, mut wakes) = mpsc::channel(arguments.connections);
    let mut sessions = Vec::new();
    let mut readers = JoinSet::new();
    for number in 0..arguments.connections {
        let owner = u32::try_from(number).unwrap_or_default() % arguments.owners;
        let owner = (arguments.server == Server::Daemon).then_some(FIRST_OWNER + owner);
        let (session, messages) = Session::attach(arguments, owner, number).await?;
        readers.spawn(read(messages, number, seen.clone()));
        sessions.push(session);
    }
    drop(seen);
    let moment = connect(arguments.socket.clone()).await?;
    let mut found = FanOut { all_received: Vec::new(), half_received: Vec::new() };
    for round in 0..arguments.rounds {
        match arguments.server {
            Server::Daemon => {
                set_network(moment.clone(), Online::No).await?;
                for session in &mut sessions {
                    session.register(round).await?;
                }
            }
            Server::Echo => {}
        }
        let (begun, mut times) = (Moment::now(), Vec::new());
        let waking = tokio::spawn(wake_all(moment.clone(), arguments.server));
        let mut attempts = Vec::new();
        while times.len() < sessions.len() {
            match timeout(WAKE_LIMIT, wakes.recv()).await {
                Ok(Some(Woken { number, attempt, at })) => {
                    times.push(at.since(begun));
                    attempts.push((number, attempt));
                }
                Ok(None) => bail!("all sessions have ended"),
                Err(_) => bail!("{} of {} sessions were woken", times.len(), sessions.len()),
            }
        }
        waking.await.context("the waker panicked")??;
        times.sort_unstable();
        let millis = |time: &Duration| time.as_secs_f64() * 1e3;
        found.all_received.extend(times.last().map(millis));
        found.half_received.extend(times.get(times.len() / 2).map(millis));
        if arguments.server == Server::Daemon {
            for (number, attempt) in attempts {
                sessions[number].finish(attempt).await?;
            }
        }
    }
    Ok(found)
}

struct Session {
    client: BackgroundSyncClient<Channel>,
    profile: String,
    said: mpsc::Sender<wire::AttachRequest>,
}

/// A wake that came.
struct Woken {
    number: usize,
    attempt: String,
    at: Moment,
}

impl Session {
    async fn attach(
        arguments: &Arguments,
        owner: Option<u32>,
        number: usize,
    ) -> anyhow::Result<(Self, Streaming<wire::AttachResponse>)> {
        let channel = match owner {
            Some(owner) => connect_as(owner, &arguments.socket).await?,
            None => connect(arguments.socket.clone()).await?,
        };
        let mut client = BackgroundSyncClient::new(channel);
        let profile = format!("p{number}");
        let (said, says) = mpsc::channel(SAID);
        let hello = wire::Hello {
            profile: key(&profile, 0).profile,
            agent: "bench".to_owned(),
            capacity: 4,
            ..Default::default()
        };
        let session = Self { client: client.clone(), profile, said };
        session.say(attach_request::Message::Hello(hello)).await?;
        let mut messages = client.attach(ReceiverStream::new(says)).await?.into_inner();
        let first = messages.message().await?.and_then(|answer| answer.message);
        let Some(attach_response::Message::Welcome(_)) = first else {
            bail!("session {number} was not welcome");
        };
        session.say(attach_request::Message::Ready(wire::Ready {})).await?;
        Ok((session, messages))
    }

    async fn say(&self, message: attach_request::Message) -> anyhow::Result<()> {
        let said = wire::AttachRequest { message: Some(message) };
        self.said.send(said).await.context("a session has ended")
    }

    async fn register(&mut self, round: usize) -> anyhow::Result<()> {
        let key = Some(key(&self.profile, round));
        self.client.register(wire::RegisterRequest { key, ..Default::default() }).await?;
        Ok(())
    }

    async fn finish(&self, attempt_id: String) -> anyhow::Result<()> {
        let outcome = wire::Outcome::Completed.into();
        let finished = wire::Finished { attempt_id, outcome, ..Default::default() };
        self.say(attach_request::Message::Finished(finished)).await
    }
}

/// Passes on each wake with the time at which it came.
async fn read(
    mut messages: Streaming<wire::AttachResponse>,
    number: usize,
    seen: mpsc::Sender<Woken>,
) {
    while let Ok(Some(answer)) = messages.message().await {
        if let Some(attach_response::Message::Wake(wake)) = answer.message {
            let woken = Woken { number, attempt: wake.attempt_id, at: Moment::now() };
            if seen.send(woken).await.is_err() {
                return;
            }
        }
    }
}

async fn wake_all(channel: Channel, server: Server) -> anyhow::Result<()> {
    match server {
        Server::Daemon => set_network(channel, Online::Yes).await,
        Server::Echo => {
            let request = wire::RemoveScopeRequest::default();
            BackgroundSyncClient::new(channel).remove_scope(request).await?;
            Ok(())
        }
    }
}

/// Tells the simulated host that it is online.
///
/// # Errors
/// When the call fails.
pub(crate) async fn go_online(socket: PathBuf) -> anyhow::Result<()> {
    set_network(connect(socket).await?, Online::Yes).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Online {
    No,
    Yes,
}

async fn set_network(channel: Channel, online: Online) -> anyhow::Result<()> {
    let request = wire::SetNetworkRequest { online: online == Online::Yes, ..Default::default() };
    SimulationClient::new(channel).set_network(request).await?;
    Ok(())
}

/// Connects as another user: the kernel notes who called connect.
async fn connect_as(uid: u32, socket: &Path) -> anyhow::Result<Channel> {
    let socket = socket.to_owned();
    // A thread of its own: its user is nobody else's.
    let connected = thread::spawn(move || connect_and_be(uid, socket)).join();
    let stream = connected
        .map_err(|_| anyhow::anyhow!("the thread that connects panicked"))?
        .context("cannot connect as another user")?;
    stream.set_nonblocking(true)?;
    let mut stream = Some(UnixStream::from_std(stream)?);
    let connector = tower::service_fn(move |_| {
        let stream = stream.take().map(TokioIo::new);
        async move { stream.ok_or_else(|| io::Error::other("the connection was lost")) }
    });
    let endpoint = Endpoint::from_static("http://localhost");
    endpoint.connect_with_connector(connector).await.context("cannot connect")
}

fn connect_and_be(uid: u32, socket: PathBuf) -> io::Result<StdUnixStream> {
    let uid = Uid::from_raw(uid);
    set_thread_res_uid(uid, uid, uid)?;
    StdUnixStream::connect(socket)
}
