//! The daemon's view of the host.

use std::time::SystemTime;

/// Where a fact comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fact {
    /// `netlink`, `sysfs`, `simulation`; none: no source has spoken.
    pub source: Option<String>,
    /// Since when it has its value.
    pub since: Option<SystemTime>,
}

/// The host as the daemon sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostState {
    /// A default route leads out; none: not known yet.
    pub online: Option<bool>,
    /// Who says so.
    pub online_source: Fact,
    /// Online, and for long enough that syncs may run.
    pub settled: bool,
    /// 0 to 100; none: no battery, or not known.
    pub battery_percent: Option<u32>,
    /// Runs on battery; none: not known.
    pub on_battery: Option<bool>,
    /// Who says so.
    pub power_source: Fact,
    /// The machine is about to sleep, or sleeps.
    pub suspending: bool,
}
