//! Builds the daemon and ends it: the only module that builds shells.
//!
//! Start: the socket's path is claimed, the store opened, the engine runs, the monitors start,
//! the socket listens, the service manager is told. Stop: nothing new is accepted, the engine
//! tells the sessions and records what forms, the store is closed, the socket removed.

use std::{io, time::Duration};

use pwasync_core::effect::Inhibition;
use tokio::{
    net::UnixListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::{mpsc, watch},
    task::{JoinError, JoinSet},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{
    channel::{self, Checks, Commits, EngineSender, Input, ReloadReply, Transfer},
    clock::{self, SystemClock},
    config::{Config, HostChoice},
    engine::{Engine, EngineError, EngineParts},
    grpc::{self, Behind, ServeError, Simulation},
    host::HostKind,
    network::{self, Naming},
    policy::{GridOffset, LoadedPolicy, PolicyProblems, PolicySource, reload},
    power,
    socket::{self, SocketError},
    store::{disk::SledStore, snapshot},
    systemd,
};

/// A stop that takes longer is ended anyway: what was answered is on disk in any case.
const STOP_LIMIT: Duration = Duration::from_secs(10);
/// A disk that spins up, or that others keep busy, takes seconds; one that takes longer has failed.
const STORE_PATIENCE: Duration = Duration::from_secs(30);
/// Calls that are still open once the engine has ended, such as a watch on the daemon's health,
/// have so long to end.
const CALLS_LIMIT: Duration = Duration::from_secs(1);

/// Why the daemon did not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The policy files are wrong.
    #[error(transparent)]
    Policy(#[from] PolicyProblems),
    /// No socket.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The system gives no clock.
    #[error("cannot read the clock")]
    Clock(#[source] io::Error),
    /// The system gives no signals.
    #[error("cannot take signals")]
    Signals(#[source] io::Error),
    /// The engine did not start, or failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The services could not be offered.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// A part of the daemon panicked.
    #[error("a part of the daemon failed")]
    Part(#[from] JoinError),
    /// The stop took too long.
    #[error("the stop took longer than {} s", STOP_LIMIT.as_secs())]
    SlowStop,
    /// A second signal came while the daemon was stopping.
    #[error("ended by a second signal")]
    Impatient,
}

impl AppError {
    /// What to do about it, where that is known here.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Policy(_) => Some("try what you change with `pwasyncd --check-config`"),
            Self::Socket(error) => Some(error.hint()),
            // The store's errors bring their own.
            Self::Engine(_)
            | Self::Clock(_)
            | Self::Signals(_)
            | Self::Serve(_)
            | Self::Part(_)
            | Self::SlowStop
            | Self::Impatient => None,
        }
    }
}

/// Runs the daemon until a signal ends it.
///
/// # Errors
/// When it cannot start, or a part of it fails.
pub async fn run(config: Config) -> Result<(), AppError> {
    let mut signals = Signals::new().map_err(AppError::Signals)?;
    let hangups = signal(SignalKind::hangup()).map_err(AppError::Signals)?;
    let source = policy_source(&config);
    let policy = source.load()?;
    let claim = socket::claim(&config.socket, config.access).await?;
    for path in &policy.files {
        tracing::info!(path = %path.display(), "policy read");
    }
    let clock = SystemClock::start(config.zone).map_err(AppError::Clock)?;
    let (sender, inputs) = channel::channel();
    let (host, simulation) = match config.host {
        HostChoice::Real => (HostKind::Real(clock), Simulation::Absent),
        HostChoice::Simulated { start_unix_millis, network } => {
            (HostKind::Simulated { start_unix_millis, network }, Simulation::Offered)
        }
    };
    let store = Box::new(SledStore::new(config.state_dir.clone()));
    let patience = STORE_PATIENCE;
    let commits = Commits::default();
    let (inhibitions, wishes) = channel::inhibitions();
    let checks = Checks::default();
    let parts = EngineParts {
        inputs,
        store,
        host,
        policy,
        patience,
        commits: commits.clone(),
        checks: checks.clone(),
        inhibitions,
    };
    let engine = Engine::start(parts).await?;
    let stop = CancellationToken::new();
    let mut parts = Parts::default();
    parts.main.spawn(async { Ok(engine.run().await.map(|()| Part::Engine)?) });
    let (reloads, asked) = channel::reloads();
    parts.spawn_policy(source, hangups, asked, &sender);
    if simulation == Simulation::Absent {
        parts.spawn_login_watch(config.bus.clone(), wishes, &sender);
        let supplies = power::Settings { bus: config.bus.clone(), sysfs: config.sysfs };
        parts.spawn_power(supplies, &sender);
        parts.spawn_monitors(clock, config.bus, checks, &sender);
    }
    let (transfers, asked) = channel::transfers();
    let snapshots = snapshot::Settings { state: config.state_dir, gap: config.snapshot_gap };
    parts.spawn_snapshots(snapshots, commits, asked, &sender);
    let (listener, file) = claim.listen()?;
    let behind = Behind { engine: sender.clone(), reloads, transfers, simulation };
    parts.main.spawn(serve(listener, behind, stop.clone()));
    systemd::ready("keeping background syncs");
    tracing::info!(socket = %config.socket.display(), version = env!("CARGO_PKG_VERSION"), "ready");
    let ended = tokio::select! {
        name = signals.next() => {
            tracing::info!(signal = name, "stopping");
            Ok(())
        }
        ended = parts.any_ended() => ended,
    };
    systemd::stopping();
    stop.cancel();
    let stopped = tokio::select! {
        stopped = timeout(STOP_LIMIT, parts.finish(sender)) => {
            stopped.unwrap_or(Err(AppError::SlowStop))
        }
        _ = signals.next() => Err(AppError::Impatient),
    };
    drop(file);
    ended.and(stopped)
}

/// Reads the policy as the daemon does at its start.
///
/// # Errors
/// Everything that is wrong with it.
pub fn check_policy(config: &Config) -> Result<LoadedPolicy, PolicyProblems> {
    policy_source(config).load()
}

/// Where the policy comes from, at the start and whenever it is read again.
fn policy_source(config: &Config) -> PolicySource {
    let grid_offset = match (config.grid_offset, config.host) {
        (Some(offset), _) => GridOffset::Fixed(offset),
        (None, HostChoice::Simulated { .. }) => GridOffset::Fixed(Duration::ZERO),
        (None, HostChoice::Real) => GridOffset::of_machine().unwrap_or_else(|error| {
            tracing::warn!(%error, "no machine id: the wake grid begins as on other machines");
            GridOffset::Fixed(Duration::ZERO)
        }),
    };
    let (file, network_settle) = (config.policy_file.clone(), config.network_settle);
    PolicySource { file, network_settle, grid_offset }
}

/// Ends when it is told to stop and the last call has ended.
async fn serve(
    listener: UnixListener,
    behind: Behind,
    stop: CancellationToken,
) -> Result<Part, AppError> {
    grpc::serve(listener, behind, stop.cancelled_owned()).await?;
    Ok(Part::Services)
}

/// What runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Engine,
    Services,
    Monitor,
}

/// All that runs.
#[derive(Default)]
struct Parts {
    /// Engine and services: they end by themselves once they are told to stop.
    main: JoinSet<Result<Part, AppError>>,
    /// They wait for the kernel and are ended.
    monitors: JoinSet<Result<Part, AppError>>,
}

impl Parts {
    fn spawn_policy(
        &mut self,
        source: PolicySource,
        hangups: Signal,
        wishes: mpsc::Receiver<ReloadReply>,
        sender: &EngineSender,
    ) {
        let watch = reload::watch(source, hangups, wishes, sender.policy());
        self.monitors.spawn(async {
            watch.await?;
            Ok(Part::Monitor)
        });
    }

    fn spawn_snapshots(
        &mut self,
        settings: snapshot::Settings,
        commits: Commits,
        transfers: mpsc::Receiver<Transfer>,
        sender: &EngineSender,
    ) {
        let (state, engine) = (settings.state.clone(), sender.saved());
        self.monitors.spawn(async move {
            snapshot::serve(state, transfers, engine, snapshot::UNREAD).await;
            Ok(Part::Monitor)
        });
        let engine = sender.saved();
        self.monitors.spawn(async move {
            snapshot::keep(settings, commits, engine).await;
            Ok(Part::Monitor)
        });
    }

    fn spawn_power(&mut self, settings: power::Settings, sender: &EngineSender) {
        let engine = sender.power();
        self.monitors.spawn(async move {
            power::watch(settings, engine).await.map_err(AppError::Clock)?;
            Ok(Part::Monitor)
        });
    }

    fn spawn_monitors(
        &mut self,
        clock: SystemClock,
        bus: String,
        checks: Checks,
        sender: &EngineSender,
    ) {
        let (network, wall_clock) = (sender.network(), sender.wall_clock());
        let manager = sender.manager();
        let naming = Naming::of_machine().unwrap_or_else(|error| {
            tracing::warn!(%error, "no machine id: networks are named as on other machines");
            Naming::default()
        });
        let settings = network::Settings { naming, ..network::Settings::default() };
        self.monitors.spawn(async move {
            network::watch_manager(&bus, naming, &checks, manager).await;
            Ok(Part::Monitor)
        });
        self.monitors.spawn(async move {
            network::watch(settings, network).await;
            Ok(Part::Monitor)
        });
        self.monitors.spawn(async move {
            clock::watch_wall_clock(clock, wall_clock).await.map_err(AppError::Clock)?;
            Ok(Part::Monitor)
        });
    }

    fn spawn_login_watch(
        &mut self,
        bus: String,
        wishes: watch::Receiver<Inhibition>,
        sender: &EngineSender,
    ) {
        let sleep = sender.sleep();
        self.monitors.spawn(async move {
            power::watch_logind(&bus, wishes, sleep).await;
            Ok(Part::Monitor)
        });
    }

    /// Waits until a part ends that should run.
    async fn any_ended(&mut self) -> Result<(), AppError> {
        let ended = tokio::select! {
            Some(ended) = self.main.join_next() => ended,
            Some(ended) = self.monitors.join_next() => ended,
            else => return Ok(()),
        };
        let part = ended??;
        tracing::error!(?part, "a part of the daemon ended by itself");
        Ok(())
    }

    /// Waits until the engine has recorded everything and the calls have ended.
    async fn finish(mut self, sender: EngineSender) -> Result<(), AppError> {
        self.monitors.shutdown().await;
        let mut engine_runs = sender.send(Input::Stop).await.is_ok();
        let mut result = Ok(());
        loop {
            let next = if engine_runs {
                self.main.join_next().await
            } else {
                timeout(CALLS_LIMIT, self.main.join_next()).await.unwrap_or(None)
            };
            match next {
                None => return result,
                Some(Ok(Ok(part))) => engine_runs &= part != Part::Engine,
                Some(Ok(Err(error))) => {
                    engine_runs &= !matches!(error, AppError::Engine(_));
                    result = result.and(Err(error));
                }
                Some(Err(error)) => result = result.and(Err(error.into())),
            }
        }
    }
}

/// SIGTERM and SIGINT, which end the daemon.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
