//! `syncctl status`, from its start to its end.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::Context;
use pwasync_e2e::{Command, Process, Workdir, on_path, until};

use crate::{
    clock::Moment,
    figure::{Bound, Promise, median},
    figures::{Entry, Outcome},
    stage::Stage,
};

const CALLS: usize = 50;
const ROUNDS: usize = 3;
/// Where there is no systemd, `dbus-send` and this many milliseconds stand for twice its tool.
const ABOVE_DBUS: f64 = 3.0;

const SHARE: Promise = Promise {
    name: "status.over_limit",
    what: "`syncctl status`, over twice `systemctl is-active` (without systemd: over `dbus-send` \
           and 3 ms)",
    unit: "×",
    bound: Some(Bound::AtMost(1.0)),
};
const OWN: Promise = Promise::beside("status.time", "`syncctl status`", "ms");
const SYSTEMCTL: Promise = Promise::beside("status.systemctl", "peer: `systemctl is-active`", "ms");
const DBUS: Promise = Promise::beside("status.dbus_send", "peer: `dbus-send` of one call", "ms");
const NOTHING: Promise = Promise::beside("status.true", "limit: `true`", "ms");

pub(super) const ENTRY: Entry = Entry {
    name: "status",
    title: "`syncctl status`, from its start to its end",
    about: "The time from starting the program to its end, output thrown away: 50 calls of each, \
            three rounds in turn, and the median of the rounds' medians. The daemon, and the \
            private bus that `dbus-send` asks, run beside.",
    promises: &[SHARE, OWN, SYSTEMCTL, DBUS, NOTHING],
    measure: |stage| Box::pin(measure(stage)),
};

async fn measure(stage: &Stage<'_>) -> anyhow::Result<Outcome> {
    let daemon = stage.start_daemon(|_| ()).await?;
    let socket = daemon.setup.socket().display().to_string();
    let own = Program::new(stage.binaries.program("syncctl")?, &["--socket", &socket, "status"]);
    let bus = Bus::start().await;
    let dbus_send = bus.as_ref().map(Bus::program).map_err(|error| format!("{error:#}"));
    let systemctl = match (Path::new("/run/systemd/system").is_dir(), on_path("systemctl")) {
        (true, Some(path)) => Ok(Program::new(path, &["is-active", "dbus"])),
        (true, None) => Err("`systemctl` is not installed".to_owned()),
        (false, _) => Err("systemd does not run here".to_owned()),
    };
    let nothing = on_path("true").map(|path| Program::new(path, &[]));
    let mut times = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        let programs =
            [Some(&own), systemctl.as_ref().ok(), dbus_send.as_ref().ok(), nothing.as_ref()];
        for (times, program) in times.iter_mut().zip(programs) {
            if let Some(program) = program {
                times.push(median(&program.times()?));
            }
        }
    }
    let [own, systemctl_times, dbus_times, nothing] = times.map(|times| median(&times));
    let of = |promise: Promise, value: f64, missing: Option<String>| match missing {
        Some(why) => promise.missing(why),
        None => promise.is(value),
    };
    let share = match (&systemctl, &dbus_send) {
        (Ok(_), _) => SHARE.is(own / (2.0 * systemctl_times)),
        (Err(_), Ok(_)) => SHARE.is(own / (dbus_times + ABOVE_DBUS)),
        (Err(no), Err(why)) => SHARE.missing(format!("{no}, and {why}")),
    };
    let figures = vec![
        share,
        OWN.is(own),
        of(SYSTEMCTL, systemctl_times, systemctl.err()),
        of(DBUS, dbus_times, dbus_send.err()),
        NOTHING.is(nothing),
    ];
    Ok(Outcome { figures, notes: Vec::new() })
}

/// A program with what it is called with.
struct Program {
    path: PathBuf,
    words: Vec<String>,
}

impl Program {
    fn new(path: PathBuf, words: &[&str]) -> Self {
        Self { path, words: words.iter().map(|&word| word.to_owned()).collect() }
    }

    /// Milliseconds that each of the calls takes.
    fn times(&self) -> anyhow::Result<Vec<f64>> {
        (0..CALLS).map(|_| self.time()).collect()
    }

    fn time(&self) -> anyhow::Result<f64> {
        let mut command = std::process::Command::new(&self.path);
        command.args(&self.words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begun = Moment::now();
        let ended = command.status();
        let taken = begun.elapsed();
        let status = ended.with_context(|| format!("cannot start `{}`", self.path.display()))?;
        anyhow::ensure!(status.success(), "`{}` failed: {status}", self.path.display());
        Ok(taken.as_secs_f64() * 1e3)
    }
}

/// A bus of our own.
pub(super) struct Bus {
    /// Its process.
    pub(super) process: Process,
    socket: PathBuf,
    _workdir: Workdir,
}

impl Bus {
    /// Starts it.
    ///
    /// # Errors
    /// When it is not installed or does not start.
    pub(super) async fn start() -> anyhow::Result<Self> {
        let workdir = Workdir::create()?;
        let socket = workdir.path().join("bus");
        let program = on_path("dbus-daemon").context("`dbus-daemon` is not installed")?;
        let address = format!("--address=unix:path={}", socket.display());
        let command = Command::new(program).arguments(["--session", "--nofork", "--nopidfile"]);
        let process = command.argument(&address).spawn(None)?;
        let limit = std::time::Duration::from_secs(20);
        until(limit, "the bus to listen", || socket.exists().then_some(())).await?;
        Ok(Self { process, socket, _workdir: workdir })
    }

    fn program(&self) -> Program {
        let bus = format!("--bus=unix:path={}", self.socket.display());
        let path = on_path("dbus-send").unwrap_or_else(|| "dbus-send".into());
        let to = ["--print-reply", "--dest=org.freedesktop.DBus", "/"];
        let words = [&[bus.as_str()], &to[..], &["org.freedesktop.DBus.GetId"]].concat();
        Program::new(path, &words)
    }
}
