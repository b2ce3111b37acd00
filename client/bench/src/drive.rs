//! The drivers: whoever calls, in a process and on a thread of their own. Each says what it found
//! as one line of JSON.

mod churn;
mod fan_out;
mod fill;
mod flood;
mod register;
mod sample;

use std::{io::Write as _, path::PathBuf, time::Duration};

pub(crate) use fan_out::{FanOut, go_online};
pub(crate) use flood::{Flooded, Steady};

use anyhow::Context;
use clap::{Args, ValueEnum};
use hyper_util::rt::TokioIo;
use pwasync_proto::v1 as wire;
use serde::Serialize;
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint};

use crate::{
    load::Span,
    peers::{beanstalkd, groupsync, redis},
};

/// What to drive, and how.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// What to do
    what: What,
    /// Where the server listens; for what needs no server, the file to write
    pub(crate) socket: PathBuf,
    /// Callers, each with one call outstanding
    #[arg(long, default_value_t = 1)]
    pub(crate) callers: usize,
    /// Connections that they share, where the protocol lets them
    #[arg(long, default_value_t = 1)]
    pub(crate) connections: usize,
    /// How long to measure
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Rounds of what is done in rounds
    #[arg(long, default_value_t = 1)]
    pub(crate) rounds: usize,
    /// What is counted, of what is done so many times
    #[arg(long, default_value_t = 1)]
    pub(crate) count: usize,
    /// How many users the connections come from
    #[arg(long, default_value_t = 1)]
    pub(crate) owners: u32,
    /// As which user to connect
    #[arg(long)]
    pub(crate) user: Option<u32>,
    /// On which core to stay
    #[arg(long)]
    pub(crate) core: Option<usize>,
    /// Whether the server is the daemon
    #[arg(long, value_enum, default_value_t = Server::Daemon)]
    pub(crate) server: Server,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    /// Register at the daemon or the echo
    Register,
    /// Register so many syncs, and no more
    Fill,
    /// Register, be woken and finish, again and again
    Churn,
    /// Register once, and write the answer
    Sample,
    /// Attach sessions, and wake them all at once
    FanOut,
    /// Register on many connections as fast as the daemon lets one, and come again
    Flood,
    /// Register now and then
    Steady,
    /// `put` at beanstalkd
    Beanstalkd,
    /// RPUSH at Redis
    Redis,
    /// Append what is queued, and one fdatasync
    Groupsync,
    /// Append and fdatasync, one after the other
    Fdatasync,
}

/// Who serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Server {
    /// The daemon
    Daemon,
    /// The echo
    Echo,
}

/// Drives, and says what it found.
///
/// # Errors
/// When a call fails.
pub(crate) async fn drive(arguments: &Arguments) -> anyhow::Result<()> {
    flood::become_another(arguments)?;
    match arguments.what {
        What::Register => say(&register::drive(arguments).await?),
        What::Fill => say(&fill::drive(arguments).await?),
        What::Churn => say(&churn::drive(arguments).await?),
        What::Sample => say(&sample::drive(arguments).await?),
        What::FanOut => say(&fan_out::drive(arguments).await?),
        What::Flood => say(&flood::flood(arguments).await?),
        What::Steady => say(&flood::steady(arguments).await?),
        What::Beanstalkd => say(&beanstalkd::drive(arguments).await?),
        What::Redis => say(&redis::drive(arguments).await?),
        What::Groupsync => say(&groupsync::drive(arguments).await?),
        What::Fdatasync => say(&groupsync::drive_alone(arguments)?),
    }
}

impl Arguments {
    pub(crate) fn span(&self) -> Span {
        Span::of(Duration::from_secs_f64(self.seconds))
    }
}

fn say<T: Serialize>(found: &T) -> anyhow::Result<()> {
    let line = serde_json::to_string(found)?;
    writeln!(std::io::stdout().lock(), "{line}").context("nobody listens")
}

/// A connection of its own to a gRPC server.
pub(crate) async fn connect(socket: PathBuf) -> anyhow::Result<Channel> {
    let connector = tower::service_fn(move |_| {
        let socket = socket.clone();
        async move { UnixStream::connect(socket).await.map(TokioIo::new) }
    });
    let endpoint = Endpoint::from_static("http://localhost");
    endpoint.connect_with_connector(connector).await.context("cannot connect")
}

/// What is registered: an app of a hundred tags, as a mail program with an outbox might have.
pub(crate) fn key(profile: &str, number: usize) -> wire::RegistrationKey {
    let (app, tag) = (number / 100, number % 100);
    wire::RegistrationKey {
        profile: Some(wire::ProfileId { browser: "chromium".into(), profile: profile.into() }),
        scope: format!("https://{profile}-app-{app}.example.org/mail/"),
        kind: wire::SyncKind::OneOff.into(),
        tag: format!("outbox-message-{tag:08}"),
    }
}
