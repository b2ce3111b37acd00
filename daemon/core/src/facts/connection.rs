//! What a connection manager says of the primary connection.

use crate::{constraints::Transport, dense::Dense};

/// The primary connection, as a connection manager sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection {
    /// How far it reaches.
    pub connectivity: Connectivity,
    /// Whether it costs by volume.
    pub metered: Metered,
    /// Whether it is in a foreign mobile network; `None`: not known.
    pub roaming: Option<bool>,
    /// The kind of its link; `None`: not known.
    pub transport: Option<Transport>,
    /// Which network it is; `None`: not known.
    pub network: Option<NetworkId>,
}

/// How far a connection reaches, by the manager's own check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connectivity {
    /// The check is off: what netlink says decides.
    Unchecked,
    /// No network.
    None,
    /// Behind a captive portal.
    Portal,
    /// A network, but no answer to the check.
    Limited,
    /// The check was answered.
    Full,
}

/// Whether a connection costs by volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metered {
    /// Not known: counts as not metered.
    Unknown,
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It probably does.
    GuessYes,
    /// It probably does not.
    GuessNo,
}

impl Metered {
    /// Whether it counts as metered.
    pub fn is_metered(self) -> bool {
        match self {
            Self::Yes | Self::GuessYes => true,
            Self::Unknown | Self::No | Self::GuessNo => false,
        }
    }
}

/// An opaque hash that stands for a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NetworkId(Dense);

impl NetworkId {
    /// The id with this number.
    pub const fn new(number: u64) -> Self {
        Self(Dense::new(number))
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0.get()
    }
}
