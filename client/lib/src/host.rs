//! The daemon's view of the host.

use std::time::SystemTime;

/// Where a fact comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fact {
    /// `netlink`, `networkmanager`, `sysfs`, `upower`, `simulation`, `override` …; none: no source
    /// has spoken.
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
    /// How far the network reaches; none: not checked, or not known.
    pub connectivity: Option<Connectivity>,
    /// Who says so.
    pub connectivity_source: Fact,
    /// Whether it costs by volume; none: not known, which counts as no.
    pub metered: Option<Metered>,
    /// Who says so.
    pub metered_source: Fact,
    /// A foreign network; none: not known, which counts as no.
    pub roaming: Option<bool>,
    /// Who says so.
    pub roaming_source: Fact,
    /// What the primary link is; none: not known.
    pub transport: Option<Transport>,
    /// Who says so.
    pub transport_source: Fact,
    /// Which network, as an opaque name; none: no network, or not known.
    pub network: Option<String>,
    /// Who says so.
    pub network_source: Fact,
    /// 0 to 100; none: no battery, or not known.
    pub battery_percent: Option<u32>,
    /// Runs on battery; none: not known.
    pub on_battery: Option<bool>,
    /// Who says so.
    pub power_source: Fact,
    /// The battery is being charged, or is full on external power; none: no battery, or not known.
    pub charging: Option<bool>,
    /// Who says so.
    pub charging_source: Fact,
    /// The power saver is on; none: not known, which counts as no.
    pub power_saver: Option<bool>,
    /// Who says so.
    pub power_saver_source: Fact,
    /// The machine is about to sleep, or sleeps.
    pub suspending: bool,
    /// Who says so.
    pub suspending_source: Fact,
    /// Names of the facts that an override for everybody replaces here.
    pub overridden: Vec<String>,
}

/// How far the network reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connectivity {
    /// Nowhere.
    None,
    /// To a page that wants a person to sign in.
    Portal,
    /// There is a way out, and the check got no answer.
    Limited,
    /// To the internet.
    Full,
}

impl Connectivity {
    /// The stable word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Portal => "portal",
            Self::Limited => "limited",
            Self::Full => "full",
        }
    }
}

/// Whether the network costs by volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metered {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It looks as if it did, and counts as if it did.
    GuessYes,
    /// It looks as if it did not.
    GuessNo,
}

impl Metered {
    /// The stable word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::GuessYes => "guess-yes",
            Self::GuessNo => "guess-no",
        }
    }
}

/// What a network is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Wireless LAN.
    Wifi,
    /// A cable.
    Ethernet,
    /// A modem.
    Cellular,
    /// Something else.
    Other,
}

impl Transport {
    /// The stable word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wifi => "wifi",
            Self::Ethernet => "ethernet",
            Self::Cellular => "cellular",
            Self::Other => "other",
        }
    }
}

/// The host at the moment of a decision, with what overrides for everybody made of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostFacts {
    /// A default route led out; none: not known.
    pub online: Option<bool>,
    /// How far the network reached.
    pub connectivity: Option<Connectivity>,
    /// Whether it cost by volume.
    pub metered: Option<Metered>,
    /// A foreign network.
    pub roaming: Option<bool>,
    /// What the primary link was.
    pub transport: Option<Transport>,
    /// Which network.
    pub network: Option<String>,
    /// 0 to 100.
    pub battery_percent: Option<u32>,
    /// Ran on battery.
    pub on_battery: Option<bool>,
    /// Was being charged.
    pub charging: Option<bool>,
    /// The power saver was on.
    pub power_saver: Option<bool>,
}
