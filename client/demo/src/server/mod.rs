//! The demo's server: https, the files of the web app, and a desk that takes messages.
//!
//! It trusts nothing that comes in: connections, heads, bodies and times are limited.

mod authority;
mod desk;
mod files;
mod http;

use std::{net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};

use anyhow::Context;
use clap::Args;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use pwasync_e2e::ServerEvent;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

use desk::DeskInput;

const CONNECTIONS: usize = 64;
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(5);
const HEAD_LIMIT: Duration = Duration::from_secs(10);
/// A browser keeps its connection open between messages; nobody else needs longer.
const CONNECTION_LIMIT: Duration = Duration::from_secs(60 * 60);
/// After a failed accept, so that a lasting cause does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const HEAD_BYTES: usize = 16 * 1_024;

/// Options of `serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// Address and port
    #[arg(long, default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// Host name in the certificate
    #[arg(long, default_value = "localhost")]
    host: String,
    /// Take commands from stdin (`fail N`, `hold`, `release`), and end with it
    #[arg(long)]
    control: bool,
}

/// Serves until it is told to end.
///
/// # Errors
/// When the address cannot be listened on or the certificate not be made.
pub(crate) fn serve(arguments: ServeArguments) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("could not start the runtime")?;
    runtime.block_on(run(arguments))?;
    // A read of stdin may still wait on its thread.
    runtime.shutdown_background();
    Ok(ExitCode::SUCCESS)
}

async fn run(arguments: ServeArguments) -> anyhow::Result<()> {
    let authority = authority::make(&arguments.host)?;
    let acceptor = TlsAcceptor::from(authority.configuration);
    let listener = TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("could not listen on `{}`", arguments.listen))?;
    let address = listener.local_addr().context("could not read the own address")?.to_string();
    // Each connection has one message under way; commands come one by one.
    let (desk, inputs) = mpsc::channel(CONNECTIONS);
    let first = ServerEvent::Listening { address, key_hash: authority.key_hash };
    let mut tasks = JoinSet::new();
    tasks.spawn(desk::run(first, inputs));
    tasks.spawn(accept(listener, acceptor, desk.clone()));
    if arguments.control {
        tasks.spawn(control(desk));
    }
    tokio::select! {
        ended = tasks.join_next() => ended.context("nothing to do")?.context("a part panicked")?,
        signal = tokio::signal::ctrl_c() => signal.context("could not wait for signals"),
    }
}

async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    desk: mpsc::Sender<DeskInput>,
) -> anyhow::Result<()> {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let place = Arc::clone(&places).acquire_owned().await.context("no places")?;
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            // The peer went before it was accepted, or descriptors are short: others may come.
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let (acceptor, desk) = (acceptor.clone(), desk.clone());
        connections.spawn(async move {
            // How a browser ends its connection is its own affair.
            let _ = timeout(CONNECTION_LIMIT, converse(stream, acceptor, desk)).await;
            drop(place);
        });
    }
}

async fn converse(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    desk: mpsc::Sender<DeskInput>,
) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let stream = timeout(HANDSHAKE_LIMIT, acceptor.accept(stream)).await??;
    let service = service_fn(move |request| http::answer(request, desk.clone()));
    hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .await?;
    Ok(())
}

/// Hands commands on until stdin ends.
async fn control(desk: mpsc::Sender<DeskInput>) -> anyhow::Result<()> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await.context("could not read commands")? {
        desk.send(DeskInput::Command(line)).await.context("the desk has closed")?;
    }
    Ok(())
}
