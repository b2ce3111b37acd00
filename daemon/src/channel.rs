//! The inputs of the engine, and the narrowed senders by which shells reach it.
//!
//! A shell gets a sender that can say only what its own source knows; none of them can reach
//! another shell.

mod admin;
mod checks;
mod commits;
mod launcher;
mod policy;
mod request;
mod saved;
mod session;
mod simulation;
mod site;
mod sleep;
mod transfer;

use std::collections::BTreeMap;

use pwasync_core::{
    Caller,
    facts::{CheckNumber, Host, Manager, Netlink, Origin, Power, PowerSaver, Source},
    key::{LauncherId, SessionId},
    lease::{Fact, FactValue},
    policy::Traffic,
    time::{Timestamp, WallClock},
};
use tokio::sync::{mpsc, oneshot, watch};

pub use crate::clock::Synchronised;

pub use admin::{AdminRequest, Explanation, GivenBack, SiteFilter, Taken, Told};
pub(crate) use checks::CheckWishes;
pub use checks::Checks;
pub use commits::Commits;
pub use launcher::{FromLauncher, OpenLauncher, ToLauncher};
pub use policy::{
    PolicyRead, PolicySender, PolicyView, ReloadReply, ReloadSender, Reloaded, reloads,
};
pub use request::{Follow, Request, Status, WATCH, Watched};
pub use saved::{SavedPart, SavedRequest, SavedSender, StoredPiece};
pub use session::{Closing, FromSession, OUTBOX, OpenSession, SessionInfo, ToSession, Welcome};
pub use simulation::{
    Advance, AdvanceError, AdvanceTarget, Advanced, AttemptsOut, SimulatedNetwork, SimulatedPower,
    SimulationRequest, StoreFailure,
};
pub use site::{Report, ReportError, SiteRequest};
pub use sleep::{Inhibitions, Inhibitor, Logind, SleepSender, SleepView, inhibitions};
pub use transfer::{
    CheckReport, Checked, Interrupted, PARTS, Transfer, TransferError, TransferSender, transfers,
};

/// Inputs that may wait for the engine. It takes them all before it commits, so this is about
/// one batch; a full channel makes callers wait, which is the back-pressure wanted.
const INPUTS: usize = 1_024;

/// What the engine takes.
#[derive(Debug)]
pub enum Input {
    /// netlink's snapshot changed.
    Network(Netlink),
    /// A connection manager came, went, or says something else.
    Manager(Manager),
    /// A connection manager has checked what it was asked to, and what it found was told before.
    Checked(CheckNumber),
    /// Battery or charger changed, or who tells of them.
    Power(Source<Power>),
    /// The power saver was turned on or off, or its service came or went.
    PowerSaver(Source<PowerSaver>),
    /// logind came, went, or says something else.
    Logind(Logind),
    /// The wall clock moved against core time.
    WallClock(WallClock),
    /// The policy files were read again.
    Policy(PolicyRead),
    /// Somebody wants to know how much the socket may carry, from now on.
    Traffic(oneshot::Sender<watch::Receiver<Traffic>>),
    /// Somebody has connected: a uid that now belongs to another login name starts empty, before
    /// it can read anything.
    Connected(Caller),
    /// A caller asks for something.
    Request(Request),
    /// All that is saved is asked for, or taken over.
    Saved(SavedRequest),
    /// A browser attaches.
    OpenSession(OpenSession),
    /// An attached browser says something.
    Session(SessionId, FromSession),
    /// A launcher attaches.
    OpenLauncher(OpenLauncher),
    /// An attached launcher says something.
    Launcher(LauncherId, FromLauncher),
    /// The simulated host is driven.
    Simulation(SimulationRequest),
    /// The daemon is to stop: sessions are told, and what is forming is committed.
    Stop,
}

/// An answer with the wall clock that its instants are to be shown by.
#[derive(Debug)]
pub struct Answered<T> {
    /// The answer.
    pub value: T,
    /// See [`WallClock`].
    pub wall: WallClock,
}

/// Where an answer goes. Dropped unsent when what it depends on could not be recorded.
pub type Reply<T> = oneshot::Sender<Answered<T>>;

/// The host as it is to be shown.
#[derive(Clone, Debug)]
pub struct HostView {
    /// The joined facts.
    pub host: Host,
    /// What an override for everybody puts in the place of a fact, and since when.
    pub overrides: BTreeMap<Fact, (FactValue, Timestamp)>,
    /// When.
    pub now: Timestamp,
    /// Real sources or the simulated host.
    pub origin: Origin,
    /// What is known of its sleep.
    pub sleep: SleepView,
    /// What is known of its wall clock besides how it stands.
    pub clock: ClockView,
    /// What its instants are to be shown by.
    pub wall: WallClock,
}

/// What is known of the wall clock besides how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockView {
    /// Since when it is as it is: it was set then, or local time changed.
    pub since: Timestamp,
    /// Whether it is known to be right.
    pub synchronised: Synchronised,
    /// The name of the time zone, such as `Europe/Berlin`; `None`: it has none.
    pub zone: Option<String>,
}

/// Makes the engine's channel.
pub fn channel() -> (EngineSender, mpsc::Receiver<Input>) {
    let (sender, receiver) = mpsc::channel(INPUTS);
    (EngineSender(sender), receiver)
}

/// The engine is gone: the daemon is stopping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the daemon is stopping")]
pub struct EngineGone;

/// Says anything; for `app` and `grpc`, which narrow it further for others.
#[derive(Clone, Debug)]
pub struct EngineSender(mpsc::Sender<Input>);

impl EngineSender {
    /// Waits for room, then hands the input over.
    ///
    /// # Errors
    /// When the engine has ended.
    pub async fn send(&self, input: Input) -> Result<(), EngineGone> {
        self.0.send(input).await.map_err(|_| EngineGone)
    }

    /// Asks, and waits for the answer; `None`: what it depends on could not be recorded.
    ///
    /// # Errors
    /// When the engine has ended.
    pub async fn ask<T>(
        &self,
        input: impl FnOnce(Reply<T>) -> Input,
    ) -> Result<Option<Answered<T>>, EngineGone> {
        let (reply, answer) = oneshot::channel();
        self.send(input(reply)).await?;
        Ok(answer.await.ok())
    }

    /// For the network monitor.
    pub fn network(&self) -> NetworkSender {
        NetworkSender(self.0.clone())
    }

    /// For the watch on the connection manager.
    pub fn manager(&self) -> ManagerSender {
        ManagerSender(self.0.clone())
    }

    /// For the watch on logind.
    pub fn sleep(&self) -> SleepSender {
        SleepSender(self.0.clone())
    }

    /// For the watch on battery, charger and power saver.
    pub fn power(&self) -> PowerSender {
        PowerSender(self.0.clone())
    }

    /// For whoever reads the policy again.
    pub fn policy(&self) -> PolicySender {
        PolicySender(self.0.clone())
    }

    /// For whoever writes exports and snapshots.
    pub fn saved(&self) -> SavedSender {
        SavedSender(self.0.clone())
    }

    /// For the watch on the wall clock.
    pub fn wall_clock(&self) -> WallClockSender {
        WallClockSender(self.0.clone())
    }
}

/// Says only what netlink knows.
#[derive(Clone, Debug)]
pub struct NetworkSender(mpsc::Sender<Input>);

impl NetworkSender {
    /// Waits for room, then hands the snapshot over.
    ///
    /// # Errors
    /// When the engine has ended.
    pub async fn send(&self, facts: Netlink) -> Result<(), EngineGone> {
        self.0.send(Input::Network(facts)).await.map_err(|_| EngineGone)
    }
}

/// Says only what a connection manager knows.
#[derive(Clone, Debug)]
pub struct ManagerSender(mpsc::Sender<Input>);

impl ManagerSender {
    /// Waits for room, then hands over what the manager says.
    ///
    /// # Errors
    /// When the engine has ended.
    pub async fn send(&self, manager: Manager) -> Result<(), EngineGone> {
        self.0.send(Input::Manager(manager)).await.map_err(|_| EngineGone)
    }

    /// Says that it has checked, after what it found.
    ///
    /// # Errors
    /// When the engine has ended.
    pub async fn checked(&self, number: CheckNumber) -> Result<(), EngineGone> {
        self.0.send(Input::Checked(number)).await.map_err(|_| EngineGone)
    }
}

/// Says only what the power sources know.
#[derive(Clone, Debug)]
pub struct PowerSender(mpsc::Sender<Input>);

impl PowerSender {
    /// Waits for room, then hands over what is known of battery and charger.
    ///
    /// # Errors
    /// When the engine has ended.
    pub async fn send(&self, power: Source<Power>) -> Result<(), EngineGone> {
        self.0.send(Input::Power(power)).await.map_err(|_| EngineGone)
    }

    /// Waits for room, then hands over what is known of the power saver.
    ///
    /// # Errors
    /// When the engine has ended.
    pub async fn send_saver(&self, saver: Source<PowerSaver>) -> Result<(), EngineGone> {
        self.0.send(Input::PowerSaver(saver)).await.map_err(|_| EngineGone)
    }
}

/// Says only how the wall clock stands.
#[derive(Clone, Debug)]
pub struct WallClockSender(mpsc::Sender<Input>);

impl WallClockSender {
    /// Waits for room, then hands the wall clock over.
    ///
    /// # Errors
    /// When the engine has ended.
    pub async fn send(&self, wall: WallClock) -> Result<(), EngineGone> {
        self.0.send(Input::WallClock(wall)).await.map_err(|_| EngineGone)
    }
}
