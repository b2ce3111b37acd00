//! What the simulated host is told.

use std::time::Duration;

use pwasync_core::{
    constraints::Transport,
    facts::{Connectivity, Metered, Power, PowerSaver},
    time::Timestamp,
    wall::UtcOffset,
};

use super::{HostView, Reply};
pub use crate::store::committer::Failure as StoreFailure;

/// A call of the simulation service.
#[derive(Debug)]
pub enum SimulationRequest {
    /// Goes online or offline.
    SetNetwork {
        /// `None`: offline.
        network: Option<SimulatedNetwork>,
        /// The host afterwards.
        reply: Reply<HostView>,
    },
    /// Battery, charger and power saver.
    SetPower {
        /// The facts.
        power: SimulatedPower,
        /// The host afterwards.
        reply: Reply<HostView>,
    },
    /// The machine goes to sleep.
    Suspend {
        /// When done.
        reply: Reply<()>,
    },
    /// Time passes, then the machine is awake.
    Resume {
        /// How long it slept.
        after: Duration,
        /// The instant reached.
        reply: Reply<Timestamp>,
    },
    /// Moves time from deadline to deadline.
    Advance(Advance),
    /// Steps the wall clock.
    StepClock {
        /// By so many milliseconds.
        by_millis: i64,
        /// Where local time is from then on; `None`: where it was.
        utc_offset: Option<UtcOffset>,
        /// Core time, which did not move.
        reply: Reply<Timestamp>,
    },
    /// What is not committed is gone; the engine starts again from the store.
    CutPower {
        /// The machine boots, with a clock that is wrong by so much; `None`: only the engine does.
        clock_error_millis: Option<i64>,
        /// The new epoch.
        reply: Reply<u64>,
    },
    /// Writes fail.
    FailStore {
        /// How; `None`: they work again.
        failure: Option<StoreFailure>,
        /// In simulated time; `None`: until told otherwise.
        for_: Option<Duration>,
        /// When done.
        reply: Reply<()>,
    },
}

/// A network that the simulated host is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatedNetwork {
    /// Tells it from others.
    pub name: String,
    /// How far it reaches.
    pub connectivity: Connectivity,
    /// Whether it costs by volume.
    pub metered: Metered,
    /// It is foreign.
    pub roaming: bool,
    /// The kind of its link.
    pub transport: Transport,
}

/// How the simulated host is powered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SimulatedPower {
    /// Battery and charger.
    pub power: Power,
    /// Whether its user wants power saved.
    pub saver: PowerSaver,
}

/// A wish to move simulated time.
#[derive(Debug)]
pub struct Advance {
    /// How far.
    pub target: AdvanceTarget,
    /// Real time to wait for woken sessions.
    pub patience: Duration,
    /// Whether time stands still while an attempt is out.
    pub attempts_out: AttemptsOut,
    /// The answer.
    pub reply: Reply<Result<Advanced, AdvanceError>>,
}

/// How far to advance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdvanceTarget {
    /// From now.
    By(Duration),
    /// To this wall time, in milliseconds since 1970.
    ToUnixMillis(i64),
}

/// What an advance does while attempts are out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptsOut {
    /// Time stands still.
    HoldTime,
    /// Time goes on: one that stays silent runs into its limit.
    LetTimeOut,
}

/// How an advance ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advanced {
    /// The instant reached.
    pub now: Timestamp,
    /// Wakes sent meanwhile.
    pub wakes: u64,
}

/// Why an advance did not reach its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdvanceError {
    /// Woken sessions did not finish in time.
    #[error("{out} attempts were still out after `{patience:?}` of real time")]
    OutOfPatience {
        /// How many.
        out: usize,
        /// How long was waited.
        patience: Duration,
    },
    /// The target lies in the past.
    #[error("the target lies before the simulated time")]
    Past,
}
