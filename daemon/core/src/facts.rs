//! Raw facts of each source, and the one view of the host that they are joined into.
//!
//! Shells send what their own source says and nothing more; what it means is decided here.

mod network;
mod power;

pub use network::{DefaultRoute, Family, Link, LinkKind, Netlink, NetworkIdentity, NetworkView};
pub use power::{BatteryLevel, Power};

use crate::{policy::Policy, time::Timestamp};

/// What a source has said so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known<T> {
    /// Nothing yet.
    No,
    /// This, since then.
    Yes {
        /// The value.
        value: T,
        /// Since when it has held.
        since: Timestamp,
    },
}

/// Where the facts come from: real sources or the simulated host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// netlink, sysfs and so on.
    Host,
    /// The simulated host.
    Simulation,
}

/// Whether the machine is awake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sleep {
    /// It is awake.
    Awake,
    /// It is about to sleep, or sleeps.
    Suspending,
}

/// Whether records can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreAccess {
    /// They can.
    Writable,
    /// They cannot: no wake may leave, since none could be recorded.
    ReadOnly,
}

/// The joined view of the host.
#[derive(Clone, Debug)]
pub struct Host {
    started: Timestamp,
    network: Known<NetworkView>,
    settle: Option<Settle>,
    power: Known<Power>,
    sleep: (Sleep, Timestamp),
    resumed_at: Option<Timestamp>,
    store: (StoreAccess, Timestamp),
}

/// The wait until a network counts.
#[derive(Clone, Copy, Debug)]
struct Settle {
    since: Timestamp,
    ends: Timestamp,
}

impl Host {
    /// A host of which nothing is known yet.
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            started: now,
            network: Known::No,
            settle: None,
            power: Known::No,
            sleep: (Sleep::Awake, now),
            resumed_at: None,
            store: (StoreAccess::Writable, now),
        }
    }

    /// Takes netlink's snapshot; true when the view changed.
    pub(crate) fn take_netlink(
        &mut self,
        now: Timestamp,
        facts: &Netlink,
        policy: &Policy,
    ) -> bool {
        let view = NetworkView::from_netlink(facts);
        let before = match &self.network {
            Known::No => None,
            Known::Yes { value, .. } => Some(value),
        };
        if before == Some(&view) {
            return false;
        }
        let was_online = before.is_some_and(NetworkView::is_online);
        let same_network = before.is_some_and(|before| before.is_same_network(&view));
        let since = match &self.network {
            Known::Yes { since, .. } if was_online == view.is_online() => *since,
            Known::Yes { .. } | Known::No => now,
        };
        if !view.is_online() {
            self.settle = None;
        } else if !same_network {
            let resuming = self.resuming(now, policy);
            let settle = if resuming { policy.resume_settle } else { policy.settle };
            self.settle = Some(Settle { since: now, ends: now + settle });
        }
        self.network = Known::Yes { value: view, since };
        true
    }

    /// Takes the power facts; true when they changed.
    pub(crate) fn take_power(&mut self, now: Timestamp, power: Power) -> bool {
        if matches!(self.power, Known::Yes { value, .. } if value == power) {
            return false;
        }
        self.power = Known::Yes { value: power, since: now };
        true
    }

    /// Takes the machine's going to sleep or waking; true when it changed.
    pub(crate) fn take_sleep(&mut self, now: Timestamp, sleep: Sleep, policy: &Policy) -> bool {
        if self.sleep.0 == sleep {
            return false;
        }
        self.sleep = (sleep, now);
        if sleep == Sleep::Awake {
            self.resumed_at = Some(now);
            let settle = Settle { since: now, ends: now + policy.resume_settle };
            self.settle = self.settle.map(|_| settle);
        }
        true
    }

    /// Takes the state of the store; true when it changed.
    pub(crate) fn take_store(&mut self, now: Timestamp, access: StoreAccess) -> bool {
        let changed = self.store.0 != access;
        if changed {
            self.store = (access, now);
        }
        changed
    }

    /// Shortly after a resume the network is given longer to settle.
    fn resuming(&self, now: Timestamp, policy: &Policy) -> bool {
        self.resumed_at.is_some_and(|at| now.saturating_since(at) < policy.resume_settle)
    }

    /// Online or not; `None` while netlink has not spoken.
    pub fn online(&self) -> Option<bool> {
        match &self.network {
            Known::No => None,
            Known::Yes { value, .. } => Some(value.is_online()),
        }
    }

    /// Since when the host has been online or offline.
    pub fn online_since(&self) -> Option<Timestamp> {
        match &self.network {
            Known::No => None,
            Known::Yes { since, .. } => Some(*since),
        }
    }

    /// When the network counts as settled; `None` while offline.
    pub fn settled_at(&self) -> Option<Timestamp> {
        self.settle.map(|settle| settle.ends)
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
        match self.power {
            Known::No => None,
            Known::Yes { value, since } => Some((value, since)),
        }
    }

    /// Awake or going to sleep, and since when.
    pub fn sleep(&self) -> (Sleep, Timestamp) {
        self.sleep
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
