//! What a connection manager says of the links that it looks after.

use std::collections::BTreeMap;

use crate::{constraints::Transport, dense::Dense};

/// What is known of a connection manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manager {
    /// There is none.
    Absent,
    /// There may be one, and it has not spoken yet: nothing counts as a network before it has, or
    /// the wait for facts after the start is over.
    Awaited,
    /// It says this.
    Present(Managed),
}

/// What a connection manager looks after. Which link counts is not its to say: of a lost carrier
/// it tells seconds later than netlink does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Managed {
    /// Its links, by name.
    pub links: BTreeMap<Box<str>, Connection>,
    /// What people call the connections of its links.
    pub names: BTreeMap<Box<str>, LinkNames>,
    /// What holds for the others.
    pub others: Others,
    /// Whether it can be asked to check a link.
    pub recheck: Recheck,
}

/// What people call a link's connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkNames {
    /// The manager's names of it: the one that people see, and the one that stays.
    pub connection: [Box<str>; 2],
    /// The name of the Wi-Fi.
    pub ssid: Option<Box<str>>,
}

/// Whether a connection manager can be asked to find out anew how far its links reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recheck {
    /// It can. It may refuse or be silent.
    Asked,
    /// What it says is so, and there is nothing to ask.
    Never,
}

/// What a connection manager says of links that it does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// It leaves them alone: they are as they would be without it.
    Free,
    /// It has not found out yet which of them are its own: none counts.
    Held,
}

impl Manager {
    /// One that looks after a single link and knows of no other.
    pub fn of_link(name: &str, connection: Connection) -> Self {
        let links = BTreeMap::from([(name.into(), connection)]);
        Self::Present(Managed {
            links,
            names: BTreeMap::new(),
            others: Others::Free,
            recheck: Recheck::Never,
        })
    }

    /// What it says of a link; without one, of the only one that it has.
    pub(crate) fn connection(&self, link: Option<&str>) -> Option<Connection> {
        let Self::Present(managed) = self else { return None };
        let Some(link) = link else {
            let mut all = managed.links.values();
            return all.next().filter(|_| managed.links.len() == 1).copied();
        };
        let held = match managed.others {
            Others::Free => None,
            Others::Held => Some(Connection::NONE),
        };
        managed.links.get(link).copied().or(held)
    }
}

impl Connection {
    /// One that reaches nowhere, and of which nothing else is known.
    pub const NONE: Self = Self {
        connectivity: Connectivity::None,
        metered: Metered::Unknown,
        roaming: None,
        transport: None,
        network: None,
    };
}

/// A link's connection, as a connection manager sees it.
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
