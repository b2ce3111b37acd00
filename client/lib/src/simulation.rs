//! What drives a simulated host.

use std::time::{Duration, SystemTime};

use crate::{Connectivity, Metered, Transport};

/// The network to simulate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkState {
    /// None.
    Down,
    /// One like this.
    Up(SimulatedNetwork),
}

impl NetworkState {
    /// The usual network: full connectivity, unmetered, not roaming, a cable.
    #[must_use]
    pub fn up() -> Self {
        Self::Up(SimulatedNetwork::default())
    }
}

/// A network; what is absent is as usual.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SimulatedNetwork {
    /// Another name is another network; none: the default name.
    pub name: Option<String>,
    /// How far it reaches; none: to the internet.
    pub connectivity: Option<Connectivity>,
    /// Whether it costs by volume; none: it does not.
    pub metered: Option<Metered>,
    /// A foreign network.
    pub roaming: bool,
    /// What it is made of; none: a cable.
    pub transport: Option<Transport>,
}

/// The power to simulate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Power {
    /// Charger and battery.
    pub supply: PowerSupply,
    /// The power saver is on.
    pub saver: bool,
}

/// Charger and battery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerSupply {
    /// No battery at all.
    NoBattery,
    /// A charger, and a battery of so many percent.
    Charging(u32),
    /// On battery, of so many percent.
    OnBattery(u32),
}

/// How far to move time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdvanceTarget {
    /// By so much.
    By(Duration),
    /// To this instant of the simulated wall clock.
    To(SystemTime),
}

/// What to do with attempts that are out while time should move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetTimeOut {
    /// Wait for them.
    No,
    /// Go on: one that stays silent runs into its limit.
    Yes,
}

/// How to move time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advance {
    /// How far.
    pub target: AdvanceTarget,
    /// Real time to wait for woken sessions; none: 10 s.
    pub patience: Option<Duration>,
    /// What to do with attempts that are out.
    pub let_time_out: LetTimeOut,
}

/// Where time stands after a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advanced {
    /// The instant reached.
    pub now: SystemTime,
    /// Wakes that left meanwhile.
    pub wakes: u64,
}

/// A step of the wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockStep {
    /// Later.
    Forward(Duration),
    /// Earlier.
    Back(Duration),
}

/// What to do to the wall clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockChange {
    /// A step; none: it goes on.
    pub step: Option<ClockStep>,
    /// Local time, in seconds east of UTC; none: as it is.
    pub utc_offset_seconds: Option<i32>,
}

/// How writes to the store fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreFailure {
    /// They do not.
    None,
    /// The disk is full.
    NoSpace,
    /// The disk is broken.
    InputOutput,
    /// The file system is read-only.
    ReadOnly,
}
