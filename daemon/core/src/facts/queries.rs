//! What is asked of the host.

use super::{
    ChargeWarning, Connection, Connectivity, Facts, Host, LinkNames, NetworkTeller, NetworkView,
    Power, PowerSaver, Reach, Returned, Settle, Sleep, StoreAccess,
};
use crate::{facts::Manager, lease::Fact, place::Place, policy::NetworkRules, time::Timestamp};

impl Host {
    /// What the sources say, joined; before they have spoken, what is the safe assumption.
    pub fn facts(&self) -> Facts {
        self.facts
    }

    /// Since when a fact has been so.
    pub fn since(&self, fact: Fact) -> Timestamp {
        self.since.of(fact)
    }

    /// Since when the host has been on this network, or on one without a name.
    pub(crate) fn network_since(&self) -> Timestamp {
        self.since.identity()
    }

    /// Since when the charge has been this low, while it is.
    pub(crate) fn charge_since(&self, percent: u8) -> Timestamp {
        self.since.charge(percent)
    }

    /// What the host itself thinks of its charge, and since when.
    pub(crate) fn charge_warning(&self) -> (ChargeWarning, Timestamp) {
        let warning = self.power.value().map_or(ChargeWarning::None, |power| power.warning);
        (warning, self.warned_since)
    }

    /// What the connection manager says of the link that leads out; `None`: it does not look
    /// after it, or there is none.
    pub fn connection(&self) -> Option<Connection> {
        self.connection
    }

    /// What policy says of the network that the host is on.
    pub fn said(&self) -> NetworkRules {
        self.said
    }

    /// The link that leads out.
    fn way_out(&self) -> Option<&str> {
        self.netlink.as_option().and_then(NetworkView::link)
    }

    /// What people call its connection.
    pub(super) fn names(&self) -> Option<&LinkNames> {
        match &self.manager {
            Manager::Present(managed) => managed.names.get(self.way_out()?),
            Manager::Absent | Manager::Awaited => None,
        }
    }

    /// Whether the link that leads out is this one, or in this network.
    pub fn is_at(&self, place: &Place) -> bool {
        let names = self.names();
        match place {
            Place::Interface(name) => self.way_out() == Some(name),
            Place::Ssid(name) => names.is_some_and(|names| names.ssid.as_ref() == Some(name)),
            Place::Connection(name) => names.is_some_and(|names| names.connection.contains(name)),
        }
    }

    /// The state of the power saver; `None`: there is none.
    pub fn power_saver(&self) -> Option<PowerSaver> {
        self.power_saver.value()
    }

    /// Battery and charger may be told of yet.
    pub(crate) fn expects_power(&self) -> bool {
        self.power.is_awaited()
    }

    /// The power saver may be told of yet.
    pub(crate) fn expects_power_saver(&self) -> bool {
        self.power_saver.is_awaited()
    }

    /// The network's returns.
    pub(crate) fn returned(&self) -> Returned {
        self.returned
    }

    /// Online or not; `None` while a source has not spoken.
    pub fn online(&self) -> Option<bool> {
        let known = self.manager != Manager::Awaited;
        self.netlink.as_option().filter(|_| known).map(|_| self.facts.reach == Reach::Online)
    }

    /// Whose word it is that the host is online or offline; `None` while that is not known.
    pub fn online_source(&self) -> Option<NetworkTeller> {
        self.online()?;
        let checked = |connection: Connection| match connection.connectivity {
            Connectivity::Unchecked => false,
            Connectivity::None
            | Connectivity::Portal
            | Connectivity::Limited
            | Connectivity::Full => true,
        };
        let leads_out = self.netlink.as_option().is_some_and(NetworkView::is_online);
        let asked = leads_out && self.connection.is_some_and(checked);
        Some(if asked { NetworkTeller::Manager } else { NetworkTeller::Kernel })
    }

    /// Whose word it is which network it is, and since when; `None` while that is not known.
    pub fn network_source(&self) -> Option<(NetworkTeller, Timestamp)> {
        self.facts.network?;
        let named = self.connection.is_some_and(|one| one.network.is_some());
        let source = if named { NetworkTeller::Manager } else { NetworkTeller::Kernel };
        Some((source, self.network_since()))
    }

    /// Since when the host has been online or offline.
    pub fn online_since(&self) -> Option<Timestamp> {
        self.online().map(|_| self.since(Fact::Network))
    }

    /// When the network counts as settled; `None` while offline.
    pub fn settled_at(&self) -> Option<Timestamp> {
        self.settle.map(Settle::ends)
    }

    /// Since when the network has been settling, or had to; `None` while offline.
    pub fn settling_since(&self) -> Option<Timestamp> {
        self.settle.map(|settle| settle.since)
    }

    /// Online for long enough.
    pub fn is_settled(&self, now: Timestamp) -> bool {
        self.settled_at().is_some_and(|at| at <= now)
    }

    /// Power facts and since when they hold.
    pub fn power(&self) -> Option<(Power, Timestamp)> {
        self.power.value().map(|power| (power, self.since(Fact::Battery)))
    }

    /// Awake or going to sleep, and since when.
    pub fn sleep(&self) -> (Sleep, Timestamp) {
        (self.rest.sleep, self.rest.since)
    }

    /// The state of the store, and since when.
    pub fn store(&self) -> (StoreAccess, Timestamp) {
        self.store
    }

    /// When the core started.
    pub fn started(&self) -> Timestamp {
        self.started
    }
}
