//! What a measurement stands on: folders, the built programs, daemons, drivers, and its pace.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use pwasync_e2e::{Binaries, Command, Daemon, DaemonSetup, Ending, Process, Workdir};
use serde::de::DeserializeOwned;

use crate::{load::Measured, machine};

/// The policy that the daemon runs with.
pub(crate) const POLICY: &str = include_str!("../policy.toml");
/// A server that is not ready after it does not start.
const READY_LIMIT: Duration = Duration::from_secs(20);
/// What a driver may take: a million cycles are a matter of minutes.
const DRIVE_LIMIT: Duration = Duration::from_secs(1_500);

/// How thorough a run is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Rounds of interleaved measurements.
    pub(crate) rounds: usize,
    /// How long one of them is measured.
    pub(crate) span: Duration,
    /// Counts such as a million are divided by it.
    pub(crate) scale: usize,
}

impl Pace {
    /// So many repetitions in a thorough run, and fewer in a short one.
    pub(crate) fn of(&self, times: usize) -> usize {
        (times / self.scale).max(3)
    }
}

/// The stage of one entry.
#[derive(Debug)]
pub(crate) struct Stage<'a> {
    /// The built programs.
    pub(crate) binaries: &'a Binaries,
    /// Goes away with the entry.
    pub(crate) workdir: &'a Workdir,
    /// How thorough the run is.
    pub(crate) pace: Pace,
    entry: &'static str,
}

/// A daemon with state of its own, which goes away with it.
#[derive(Debug)]
pub(crate) struct Running {
    /// How it was started; it can be started so again once it has ended.
    pub(crate) setup: DaemonSetup,
    // They end with this value: first the process, then its folders.
    _daemon: Daemon,
    _workdir: Workdir,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(
        binaries: &'a Binaries,
        workdir: &'a Workdir,
        pace: Pace,
        entry: &'static str,
    ) -> Self {
        Self { binaries, workdir, pace, entry }
    }

    /// Says how far it is.
    pub(crate) fn says(&self, text: &str) {
        // A closed stderr is no failure.
        let _ = writeln!(std::io::stderr().lock(), "{}: {text}", self.entry);
    }

    /// Refuses to call anything durable that is written to memory.
    ///
    /// # Errors
    /// When the folder for temporary files is in memory.
    pub(crate) fn needs_a_disk(&self) -> anyhow::Result<()> {
        match machine::forgets(self.workdir.path()) {
            Some(why) => anyhow::bail!("{why}\nhint: set TMPDIR to a folder on a disk"),
            None => Ok(()),
        }
    }

    /// A daemon that is not started yet, with folders of its own; the policy is the benchmarks'.
    ///
    /// # Errors
    /// When it is not built, or a folder cannot be made.
    pub(crate) fn daemon(&self) -> anyhow::Result<(DaemonSetup, Workdir)> {
        let workdir = Workdir::create()?;
        let mut setup = DaemonSetup::new(self.binaries, &workdir, None)?;
        fs::write(setup.policy(), POLICY).context("cannot write the policy")?;
        setup.log = "warn".to_owned();
        Ok((setup, workdir))
    }

    /// Starts a daemon, prepared by `prepare`.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) async fn start_daemon(
        &self,
        prepare: impl FnOnce(&mut DaemonSetup),
    ) -> anyhow::Result<Running> {
        let (mut setup, workdir) = self.daemon()?;
        prepare(&mut setup);
        let daemon = setup.start(None).await?;
        Ok(Running { setup, _daemon: daemon, _workdir: workdir })
    }

    /// Starts the echo, whose answers are as long as the daemon's. Its socket.
    ///
    /// # Errors
    /// When it, or the daemon whose answer it takes, does not start.
    pub(crate) async fn start_echo(&self) -> anyhow::Result<(Process, PathBuf)> {
        let folder = self.workdir.folder("echo", None)?;
        let (socket, answer) = (folder.join("socket"), folder.join("answer"));
        let running = self.start_daemon(|_| ()).await?;
        let sample: Vec<u8> = self.drive("sample", &running.setup.socket(), &[]).await?;
        fs::write(&answer, sample).context("cannot write the answer")?;
        let role = self.role(&["echo"])?.argument(&socket).argument("--answer").argument(&answer);
        let process = role.spawn(None)?;
        let ready = |line: &str| (line == "ready").then_some(());
        process.wait_for_line(0, "the echo to be ready", READY_LIMIT, ready).await?;
        Ok((process, socket))
    }

    /// Runs a driver to its end; what it found is its last line.
    ///
    /// # Errors
    /// When it fails.
    pub(crate) async fn drive<T: DeserializeOwned>(
        &self,
        what: &str,
        socket: &Path,
        words: &[&str],
    ) -> anyhow::Result<T> {
        let socket = socket.to_str().context("a socket whose path is not UTF-8")?;
        let command = self.role(&["drive", what, socket])?.arguments(words);
        let output = command.run(None, DRIVE_LIMIT).await?;
        let done = output.ending == Ending::Good;
        anyhow::ensure!(done, "driver `{what}` failed: {}", output.stderr.trim());
        let last = output.stdout.lines().last().unwrap_or_default();
        serde_json::from_str(last).with_context(|| format!("driver `{what}` said `{last}`"))
    }

    /// Puts callers in a loop for the span of a round.
    ///
    /// # Errors
    /// When a call fails.
    pub(crate) async fn load(
        &self,
        what: &str,
        socket: &Path,
        connections: usize,
        callers: usize,
    ) -> anyhow::Result<Measured> {
        let seconds = self.pace.span.as_secs_f64().to_string();
        let (connections, callers) = (connections.to_string(), callers.to_string());
        let words = ["--connections", &connections, "--callers", &callers, "--seconds", &seconds];
        self.drive(what, socket, &words).await
    }

    fn role(&self, words: &[&str]) -> anyhow::Result<Command> {
        Ok(Command::new(self.binaries.program("pwasync-bench")?).arguments(words))
    }
}
