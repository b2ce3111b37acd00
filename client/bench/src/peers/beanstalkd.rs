//! beanstalkd, which syncs its log after each job (`-f 0`).

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
pub(crate) async fn start(
    stage: &Stage<'_>,
    name: &str,
) -> anyhow::Result<(Process, std::path::PathBuf)> {
    let folder = stage.workdir.folder(name, None)?;
    let socket = folder.join("socket");
    let command = Command::new(installed("beanstalkd")?)
        .argument("-l")
        .argument(format!("unix:{}", socket.display()))
        .argument("-b")
        .argument(&folder)
        .arguments(["-f", "0"]);
    let mut process = command.spawn(None)?;
    until_it_listens(&mut process, &socket).await.context("beanstalkd")?;
    Ok((process, socket))
}

/// Has callers put jobs, each on a connection of its own, since its protocol answers in order.
///
/// # Errors
/// When a call fails.
pub(crate) async fn drive(arguments: &Arguments) -> anyhow::Result<Measured> {
    let mut callers = Vec::new();
    for _ in 0..arguments.callers {
        callers.push(Putting { stream: UnixStream::connect(&arguments.socket).await? });
    }
    closed_loop(callers, arguments.span()).await
}

struct Putting {
    stream: UnixStream,
}

impl Caller for Putting {
    async fn call(&mut self) -> anyhow::Result<()> {
        let head = format!("put 1024 0 60 {}\r\n", PAYLOAD.len());
        let job = [head.as_bytes(), &PAYLOAD, b"\r\n"].concat();
        self.stream.write_all(&job).await?;
        let mut answer = [0; 64];
        let mut length = 0;
        while !answer[..length].ends_with(b"\r\n") {
            let read = self.stream.read(&mut answer[length..]).await?;
            anyhow::ensure!(read > 0, "beanstalkd closed the connection");
            length += read;
        }
        let answer = String::from_utf8_lossy(&answer[..length]);
        anyhow::ensure!(answer.starts_with("INSERTED "), "beanstalkd said `{}`", answer.trim());
        Ok(())
    }
}
