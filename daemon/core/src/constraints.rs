//! What a registration asks of the host on its own account; never weaker than policy.

/// Conditions that came with a registration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Constraints {
    /// Only on networks that are not metered.
    pub unmetered: bool,
    /// Only on networks of these kinds; empty: of any.
    pub transports: Transports,
    /// Only while the charger is plugged in.
    pub charging: bool,
    /// Not while the battery is low.
    pub battery_not_low: bool,
    /// Only on networks on which the app was used.
    pub known_network: bool,
}

/// The kind of the primary link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// Wireless LAN.
    Wifi,
    /// Cable.
    Ethernet,
    /// Mobile network.
    Cellular,
    /// Anything else, such as Bluetooth.
    Other,
}

impl Transport {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Wifi, Self::Ethernet, Self::Cellular, Self::Other];

    /// Its name, for people and for the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wifi => "wifi",
            Self::Ethernet => "ethernet",
            Self::Cellular => "cellular",
            Self::Other => "other",
        }
    }
}

/// A set of kinds of links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Transports(u8);

impl Transports {
    /// The set with this one too.
    #[must_use]
    pub const fn with(self, transport: Transport) -> Self {
        Self(self.0 | 1 << transport as u8)
    }

    /// Nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether this one is in it.
    pub const fn contains(self, transport: Transport) -> bool {
        self.0 & (1 << transport as u8) != 0
    }

    /// Those in it, in the order of [`Transport::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Transport> {
        Transport::ALL.into_iter().filter(move |transport| self.contains(*transport))
    }
}

impl FromIterator<Transport> for Transports {
    fn from_iter<I: IntoIterator<Item = Transport>>(transports: I) -> Self {
        transports.into_iter().fold(Self::default(), Self::with)
    }
}
