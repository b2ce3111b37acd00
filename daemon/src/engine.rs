//! The engine: the only owner of the scheduler. Takes inputs, calls the core with the time, and
//! carries out its effects in order, each when the records before it are on disk.
//!
//! It never waits for the disk: while the committer writes one batch, the next one grows.

mod admin;
mod clock;
mod effects;
mod error;
mod facts;
mod fault;
mod launchers;
mod lines;
mod pipeline;
mod policy;
mod requests;
mod saved;
mod sessions;
mod simulation;
mod sites;
mod sleep;
mod watch;

use std::time::Duration;

use pwasync_core::{
    Loaded, Scheduler, WakeReason,
    event::Event,
    facts::{Manager, Netlink, Power, PowerSaver, Source},
    time::{Timestamp, WallClock},
};
use tokio::sync::mpsc;

use crate::{
    channel::{Checks, Closing, Commits, Inhibitions, Input},
    host::{Host, HostKind},
    policy::LoadedPolicy,
    recording::{CoreCall, Happened, Identify, RecordedCore, TimePassed},
    store::{
        Opened, Store,
        batch::Batch,
        committer::{Answer, COMMANDS, Command, Committer, Disk},
    },
};
use clock::Trust;
pub use error::EngineError;
use fault::{Down, First, Losses};
use launchers::LauncherTable;
use pipeline::{Pipeline, Release};
use policy::HeldPolicy;
use sessions::SessionTable;
use simulation::Simulation;
use sleep::Sleeping;
use watch::Watchers;

/// Answers of the committer that may wait: as many as commands that may, so that its thread never
/// waits for the engine.
const ANSWERS: usize = COMMANDS + 1;

/// Inputs taken before the committer has what they wrote, so that it does not wait for a flood.
const INPUTS_AT_ONCE: usize = 32;

/// Sessions are told of the host at most so often (protocol.md).
const HOST_UPDATE_GAP: Duration = Duration::from_secs(1);

/// What the engine is made of.
pub struct EngineParts {
    /// What it takes.
    pub inputs: mpsc::Receiver<Input>,
    /// Where records go.
    pub store: Box<dyn Store>,
    /// Where time comes from.
    pub host: HostKind,
    /// What the core decides by.
    pub policy: LoadedPolicy,
    /// How long the store may take to open or to write a batch, in real time, before it counts as
    /// failed.
    pub patience: Duration,
    /// Whom to tell that something was recorded.
    pub commits: Commits,
    /// Whom to ask what a connection manager is to find out.
    pub checks: Checks,
    /// Whom to tell that the machine's sleep is to be delayed.
    pub inhibitions: Inhibitions,
}

/// See the module.
pub struct Engine {
    inputs: mpsc::Receiver<Input>,
    answers: mpsc::Receiver<Answer>,
    committer: Committer,
    policy: HeldPolicy,
    host: Host,
    core: RecordedCore,
    pipeline: Pipeline,
    sessions: SessionTable,
    launchers: LauncherTable,
    watchers: Watchers,
    simulation: Simulation,
    commits: Commits,
    checks: Checks,
    /// There while the core is down, as after a failed commit.
    down: Option<Down>,
    patience: Duration,
    losses: Losses,
    started_at: Timestamp,
    wall: WallClock,
    /// What netlink said last: a new core is told again.
    netlink: Option<Netlink>,
    /// The same of the connection manager; `None`: nobody has looked for one yet.
    manager: Option<Manager>,
    power: Source<Power>,
    power_saver: Source<PowerSaver>,
    sleeping: Sleeping,
    trust: Trust,
    /// When sessions may be told of the host again; due when `host_changed`.
    next_host_update: Timestamp,
    host_changed: bool,
    /// Why a part could not be handed over.
    failed: Option<EngineError>,
    stopping: bool,
}

impl Engine {
    /// Opens the store and restores the scheduler from it.
    ///
    /// # Errors
    /// When the store does not open, or the system has no thread or timer.
    pub async fn start(parts: EngineParts) -> Result<Self, EngineError> {
        let mut host = Host::new(parts.host).map_err(EngineError::Timer)?;
        let (sender, mut answers) = mpsc::channel(ANSWERS);
        // The engine is gone when its receiver is: then nobody wants the answer.
        let answer = move |answer| drop(sender.blocking_send(answer));
        let committer =
            Committer::start(parts.store, answer).map_err(|_| EngineError::Committer)?;
        let wall = host.wall();
        committer.send(Command::Open(host.frame(wall), Disk::Works))?;
        let (opened, down) = match First::wait(&mut answers, host.now(), parts.patience).await? {
            First::Open(opened) => (*opened, None),
            First::Down(down) => (Opened::default(), Some(down)),
        };
        if let (Some(simulated), Some(now)) = (host.simulated(), opened.simulated_now) {
            simulated.now = now;
        }
        let mut losses = Losses::default();
        losses.note(&opened);
        let now = host.now();
        let last_registration = opened.saved.counters.last_registration;
        let trust = Trust::at_start(&host);
        let policy = parts.policy.policy.clone();
        let loaded = Loaded { saved: opened.saved, doubt_until: trust.doubt_until };
        let core = Scheduler::restore_by_clock(now, policy, opened.epoch, loaded);
        let mut engine = Self {
            inputs: parts.inputs,
            answers,
            committer,
            policy: HeldPolicy::new(parts.policy),
            host,
            core: RecordedCore::new(core),
            pipeline: Pipeline::restored(last_registration),
            sessions: SessionTable::default(),
            launchers: LauncherTable::default(),
            watchers: Watchers::default(),
            simulation: Simulation::default(),
            commits: parts.commits,
            checks: parts.checks,
            down,
            patience: parts.patience,
            losses,
            started_at: now,
            wall,
            netlink: None,
            manager: None,
            power: Source::Awaited,
            power_saver: Source::Awaited,
            sleeping: Sleeping::new(now, parts.inhibitions),
            trust,
            next_host_update: now,
            host_changed: false,
            failed: None,
            stopping: false,
        };
        engine.feed_facts();
        engine.check_alarm();
        Ok(engine)
    }

    /// Runs until it is told to stop, or nobody can tell it anything any more.
    ///
    /// # Errors
    /// When the timer or the store's thread fails: nothing could be done on time, or at all.
    pub async fn run(mut self) -> Result<(), EngineError> {
        loop {
            self.settle().await?;
            if self.stopping && (self.pipeline.is_idle() || self.down.is_some()) {
                self.sessions.close_all(Closing::ShuttingDown, HOST_UPDATE_GAP);
                self.launchers.close_all(Closing::ShuttingDown, HOST_UPDATE_GAP);
                break;
            }
            let deadline = self.next_deadline().map(|(at, _)| at);
            tokio::select! {
                // Answers first: what is on disk leaves before more is asked for.
                biased;
                answer = self.answers.recv() => match answer {
                    Some(answer) => self.take_answer(answer)?,
                    None => return Err(EngineError::Committer),
                },
                input = self.inputs.recv(), if !self.stopping => match input {
                    Some(input) => self.take_inputs(input)?,
                    None => self.stop(),
                },
                waited = self.host.wait(deadline) => waited.map_err(EngineError::Timer)?,
                () = self.pipeline.stalled(self.patience) => self.stall()?,
                () = self.simulation.out_of_patience() => self.lose_patience(),
            }
        }
        fault::close(self.committer, self.patience).await;
        Ok(())
    }

    /// Does all that can be done without waiting: what is due, what may leave, the next batch,
    /// and, on a simulated host, the next step of time.
    async fn settle(&mut self) -> Result<(), EngineError> {
        loop {
            self.do_due()?;
            self.report_lost_sessions();
            self.report_lost_launchers();
            self.release()?;
            self.read_again()?;
            if !self.step_simulation() {
                return Ok(());
            }
            // Simulated days must not starve other tasks of the runtime.
            tokio::task::yield_now().await;
        }
    }

    fn take_inputs(&mut self, first: Input) -> Result<(), EngineError> {
        self.notice_sleep();
        self.take(first)?;
        for _ in 1..INPUTS_AT_ONCE {
            let Ok(input) = self.inputs.try_recv() else { break };
            self.take(input)?;
        }
        Ok(())
    }

    fn take(&mut self, input: Input) -> Result<(), EngineError> {
        match input {
            Input::Network(facts) => self.take_netlink(facts),
            Input::Manager(manager) => self.take_manager(manager),
            Input::Checked(number) => self.happened(Event::ConnectionChecked(number)),
            Input::Power(power) => self.take_power(power),
            Input::PowerSaver(saver) => self.take_power_saver(saver),
            Input::Logind(logind) => self.take_logind(logind),
            Input::WallClock(wall) => self.take_wall_clock(wall),
            Input::Policy(read) => self.take_policy(read),
            Input::Traffic(reply) => drop(reply.send(self.policy.traffic())),
            Input::Connected(caller) => {
                if self.down.is_none() {
                    self.call(Identify(caller));
                }
            }
            Input::Request(request) => self.take_request(request),
            Input::Saved(request) => self.take_saved(request)?,
            Input::OpenSession(open) => self.open_session(open),
            Input::Session(session, said) => self.session_says(session, said),
            Input::OpenLauncher(open) => self.open_launcher(open),
            Input::Launcher(launcher, said) => self.launcher_says(launcher, said),
            Input::Simulation(request) => self.simulate(request)?,
            Input::Stop => self.stop(),
        }
        Ok(())
    }

    /// Calls the core and takes what it wants done. While the core is down nothing may change.
    fn call<C: CoreCall>(&mut self, call: C) -> C::Output {
        let output = self.core.call(self.host.now(), call);
        self.take_effects();
        output
    }

    fn happened(&mut self, event: Event) {
        if self.down.is_none() {
            self.call(Happened(event));
        }
    }

    /// Everything whose time has come.
    fn do_due(&mut self) -> Result<(), EngineError> {
        self.notice_sleep();
        while let Some((at, due)) = self.next_deadline()
            && at <= self.host.now()
        {
            match due {
                Due::Core(why) => {
                    tracing::debug!(?why, "the core's time has come");
                    self.call(TimePassed());
                }
                Due::HostUpdate => self.update_host(),
                Due::Riders => self.pipeline.hurry(),
                Due::Reopen => self.reopen()?,
                Due::StoreMended => self.simulation.mend_store(),
            }
        }
        Ok(())
    }

    /// When something is to be done next, and what.
    fn next_deadline(&mut self) -> Option<(Timestamp, Due)> {
        let update = self.host_changed.then_some((self.next_host_update, Due::HostUpdate));
        let mended = self.simulation.store_mended_at().map(|at| (at, Due::StoreMended));
        let own = match &self.down {
            Some(down) => down.reopen_at.map(|at| (at, Due::Reopen)),
            None => self.core.scheduler().poll_timeout().map(|(at, why)| (at, Due::Core(why))),
        };
        let riders = self.pipeline.goes_at().map(|at| (at, Due::Riders));
        [own, update, mended, riders].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    fn release(&mut self) -> Result<(), EngineError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if self.stopping || self.simulation.is_advancing() || self.reads_again() {
            self.pipeline.hurry();
        }
        loop {
            self.note_simulated_now();
            match self.pipeline.release(self.host.now(), lines::gap(self.host.origin())) {
                Release::Nothing => return Ok(()),
                Release::CarryOut(gated) => self.carry_out(gated),
                Release::Commit(batch) => self.commit(batch)?,
            }
        }
    }

    fn commit(&mut self, batch: Batch) -> Result<(), EngineError> {
        let frame = self.host.frame(self.wall);
        let disk = self.simulation.disk();
        if batch.erases_copies() {
            self.commits.tell_erased();
        }
        let handed = self.committer.commit(batch, frame, disk)?;
        self.pipeline.handed(handed);
        Ok(())
    }

    fn take_answer(&mut self, answer: Answer) -> Result<(), EngineError> {
        match answer {
            Answer::Committed(Ok(_written)) => {
                self.commits.tell_recorded();
                let gated = self.pipeline.committed();
                self.carry_out(gated);
            }
            Answer::Committed(Err(error)) => self.fall(&error)?,
            Answer::Opened(opened) => self.rise(*opened),
        }
        Ok(())
    }

    /// Takes nothing more; the run ends when what forms is on disk and has been told.
    fn stop(&mut self) {
        self.stopping = true;
        self.inputs.close();
    }
}

/// Something whose time comes.
#[derive(Clone, Copy, Debug)]
enum Due {
    /// The core's own.
    Core(WakeReason),
    /// Sessions are to be told of the host.
    HostUpdate,
    /// Records that ride along have waited long enough.
    Riders,
    /// The store is to be opened again.
    Reopen,
    /// The simulated failure of the store ends.
    StoreMended,
}
