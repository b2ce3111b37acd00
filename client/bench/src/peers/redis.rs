//! Redis, which syncs its log before it answers (`appendfsync always`).

use std::path::PathBuf;

use anyhow::Context;
use pwasync_e2e::{Command, Process};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

use super::{PAYLOAD, installed, until_it_listens};
use crate::{
    drive::Arguments,
    load::{Caller, Measured, closed_loop},
    stage::Stage,
};

/// Starts it with a log of its own. Its socket.
///
/// # Errors
/// When it is not installed or does not start.
pub(crate) async fn start(stage: &Stage<'_>, name: &str) -> anyhow::Result<(Process, PathBuf)> {
    let folder = stage.workdir.folder(name, None)?;
    let socket = folder.join("socket");
    let command = Command::new(installed("redis-server")?)
        .arguments(["--port", "0", "--appendonly", "yes", "--appendfsync", "always"])
        .arguments(["--save", "", "--daemonize", "no", "--unixsocket"])
        .argument(&socket)
        .argument("--dir")
        .argument(&folder);
    let mut process = command.spawn(None)?;
    until_it_listens(&mut process, &socket).await.context("redis-server")?;
    Ok((process, socket))
}

/// Has callers push to a list, each on a connection of its own.
///
/// # Errors
/// When a call fails.
pub(crate) async fn drive(arguments: &Arguments) -> anyhow::Result<Measured> {
    let mut callers = Vec::new();
    for _ in 0..arguments.callers {
        callers.push(Pushing { stream: UnixStream::connect(&arguments.socket).await? });
    }
    closed_loop(callers, arguments.span()).await
}

struct Pushing {
    stream: UnixStream,
}

impl Caller for Pushing {
    async fn call(&mut self) -> anyhow::Result<()> {
        let head = format!("*3\r\n$5\r\nRPUSH\r\n$5\r\nqueue\r\n${}\r\n", PAYLOAD.len());
        let command = [head.as_bytes(), &PAYLOAD, b"\r\n"].concat();
        self.stream.write_all(&command).await?;
        let mut answer = [0; 64];
        let mut length = 0;
        while !answer[..length].ends_with(b"\r\n") {
            let read = self.stream.read(&mut answer[length..]).await?;
            anyhow::ensure!(read > 0, "Redis closed the connection");
            length += read;
        }
        let answer = String::from_utf8_lossy(&answer[..length]);
        anyhow::ensure!(answer.starts_with(':'), "Redis said `{}`", answer.trim());
        Ok(())
    }
}
