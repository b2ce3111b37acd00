//! What drives a simulated host.

use std::time::{Duration, SystemTime};

/// The network to simulate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkState {
    /// None.
    Down,
    /// One of this name: another name is another network. None: the default name.
    Up(Option<String>),
}

/// The power to simulate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
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
