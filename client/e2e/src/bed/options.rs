//! What a bed is to be like.

use std::time::Duration;

/// What a bed is to be like.
#[derive(Clone, Debug)]
pub struct BedOptions {
    /// Its cables, all plugged in. The first is preferred.
    pub links: Vec<LinkOptions>,
    /// Whether NetworkManager checks connections.
    pub check: CheckOptions,
    /// How long NetworkManager waits between two checks of its own.
    pub check_every: Duration,
    /// Whether the daemon may have it check.
    pub asking: Asking,
    /// How long NetworkManager waits for a carrier to come back; `None`: as long as it does by
    /// itself, which is about 6 s.
    pub carrier_wait: Option<Duration>,
}

impl Default for BedOptions {
    /// One cable, connections are checked, and a carrier that is gone is believed soon.
    fn default() -> Self {
        Self {
            links: vec![LinkOptions::new("eth0")],
            check: CheckOptions::On,
            check_every: Duration::from_secs(3),
            asking: Asking::Refused,
            carrier_wait: Some(Duration::from_millis(200)),
        }
    }
}

/// Whether NetworkManager checks connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckOptions {
    /// It does.
    On,
    /// It could, and is told not to.
    Off,
    /// It knows nobody to ask.
    Nowhere,
}

/// Whether the daemon may have NetworkManager check a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// It may not, as on a Debian system where nobody says otherwise.
    Refused,
    /// polkit runs, with the rule for it that comes with the daemon.
    Allowed,
}

/// A cable.
#[derive(Clone, Debug)]
pub struct LinkOptions {
    /// Name of its interface.
    pub name: String,
    /// Where its address comes from.
    pub addressing: Addressing,
    /// Who looks after it.
    pub managed: Managed,
}

impl LinkOptions {
    /// An ordinary one, with a fixed address.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let (addressing, managed) = (Addressing::Static, Managed::ByNetworkManager);
        Self { name: name.to_owned(), addressing, managed }
    }
}

/// Where a link's address comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Addressing {
    /// It is given.
    Static,
    /// It is asked for; the server gets these further arguments.
    Dhcp {
        /// In dnsmasq's words.
        options: Vec<String>,
    },
}

/// Who looks after a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Managed {
    /// NetworkManager, when it runs.
    ByNetworkManager,
    /// Nobody: it has its address from the start, and NetworkManager is told to leave it alone.
    ByNobody,
}
