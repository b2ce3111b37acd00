//! Raw facts of each source, and the one view of the host that they are joined into.
//!
//! Shells send what their own source says and nothing more; what it means is decided here.

mod checks;
mod connection;
mod joined;
mod network;
mod power;
mod queries;
mod rest;
mod settle;
mod source;

pub use checks::CheckNumber;
pub use connection::{
    Connection, Connectivity, LinkNames, Managed, Manager, Metered, NetworkId, Others, Recheck,
};
pub use joined::{Facts, Reach};
pub use network::{DefaultRoute, Family, Link, LinkKind, Netlink, NetworkIdentity, NetworkView};
pub use power::{ChargeWarning, Power, PowerSaver, PowerTeller};
pub use source::Source;

use checks::{Checks, Holds};
use joined::Since;
use rest::Rest;
use settle::Settle;

use crate::{
    policy::{NetworkRules, Policy},
    time::Timestamp,
};

/// What a source has said so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known<T> {
    /// Nothing yet.
    No,
    /// This.
    Yes(T),
}

impl<T> Known<T> {
    /// What it has said.
    pub fn as_option(&self) -> Option<&T> {
        match self {
            Self::No => None,
            Self::Yes(value) => Some(value),
        }
    }
}

/// Where the facts come from: real sources or the simulated host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// netlink, sysfs and so on.
    Host,
    /// The simulated host.
    Simulation,
}

/// Whose word a fact of the network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkTeller {
    /// The kernel's (netlink).
    Kernel,
    /// A connection manager's.
    Manager,
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
    netlink: Known<NetworkView>,
    manager: Manager,
    /// The link that leads out, or led out last.
    link: Option<Box<str>>,
    /// What the manager says of it; `None`: it does not look after it.
    connection: Option<Connection>,
    checks: Checks,
    /// What policy says of the network that it leads into.
    said: NetworkRules,
    power: Source<Power>,
    warned_since: Timestamp,
    power_saver: Source<PowerSaver>,
    facts: Facts,
    since: Since,
    settle: Option<Settle>,
    rest: Rest,
    store: (StoreAccess, Timestamp),
    returned: Returned,
}

/// What a source's word means for which network it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Network {
    /// The same as before, as far as the source knows.
    Same,
    /// Another.
    Other,
    /// The source had not spoken before.
    First,
    /// The source is gone: what it held may go only when it does not come back soon.
    Unwatched,
}

/// The network's returns: from offline to online, or to another network (P-03).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Returned {
    /// When it last returned; kept over restarts.
    pub(crate) at: Option<Timestamp>,
    /// How often since the start.
    pub(crate) times: u64,
}

impl Host {
    /// A host of which nothing is known yet, but when its network last returned.
    pub(crate) fn new(now: Timestamp, returned_at: Option<Timestamp>) -> Self {
        Self {
            started: now,
            netlink: Known::No,
            manager: Manager::Absent,
            link: None,
            connection: None,
            checks: Checks::default(),
            said: NetworkRules::default(),
            power: Source::Absent,
            warned_since: now,
            power_saver: Source::Absent,
            facts: Facts::unknown(),
            since: Since::new(now),
            settle: None,
            rest: Rest::new(now),
            store: (StoreAccess::Writable, now),
            returned: Returned { at: returned_at, times: 0 },
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
        if self.netlink.as_option() == Some(&view) {
            return false;
        }
        let before = std::mem::replace(&mut self.netlink, Known::Yes(view));
        let network = match (&before, &self.netlink) {
            (Known::Yes(before), Known::Yes(after)) if before.is_same_network(after) => {
                Network::Same
            }
            (Known::Yes(_), _) => Network::Other,
            (Known::No, _) => Network::First,
        };
        self.join(now, policy, network);
        true
    }

    /// Takes what is known of the connection manager; true when that changes something here. Links
    /// of containers come and go all day.
    pub(crate) fn take_manager(
        &mut self,
        now: Timestamp,
        manager: Manager,
        policy: &Policy,
    ) -> bool {
        if self.manager == manager {
            return false;
        }
        let known = self.connection;
        let before = (self.facts, known, self.online(), self.settled_at());
        let called = self.names().cloned();
        let view = self.netlink.as_option();
        self.checks.hear(&manager, |link| view?.behind(link).cloned());
        let former = std::mem::replace(&mut self.manager, manager);
        let new = self.manager.connection(self.link.as_deref());
        let id = |connection: Option<Connection>| connection.and_then(|one| one.network);
        let network = match (&former, &self.manager) {
            (Manager::Present(_), Manager::Absent | Manager::Awaited) => Network::Unwatched,
            (Manager::Absent, Manager::Present(_)) | (Manager::Awaited, _) => Network::First,
            (Manager::Absent, Manager::Absent | Manager::Awaited) => Network::Same,
            // One that stops lets go of its links first.
            (Manager::Present(_), Manager::Present(_)) if known.is_some() && new.is_none() => {
                Network::Unwatched
            }
            (Manager::Present(_), Manager::Present(_)) => match (id(known), id(new)) {
                (Some(known), Some(new)) if known != new => Network::Other,
                (Some(_) | None, _) => Network::Same,
            },
        };
        self.join(now, policy, network);
        before != (self.facts, self.connection, self.online(), self.settled_at())
            || called.as_ref() != self.names()
    }

    /// Takes the manager's word that it has checked what was asked for last; true when that changes
    /// something here.
    pub(crate) fn take_check(
        &mut self,
        now: Timestamp,
        number: CheckNumber,
        policy: &Policy,
    ) -> bool {
        let before = self.settled_at();
        self.checks.answered(number);
        self.join(now, policy, Network::Same);
        before != self.settled_at()
    }

    /// What the manager is to check, once.
    pub(crate) fn take_wanted_check(&mut self) -> Option<CheckNumber> {
        self.checks.take_wanted()
    }

    /// The wait for facts after the start is over: a source that has not spoken is as none. True
    /// when one was still awaited.
    pub(crate) fn stop_waiting(&mut self, now: Timestamp, policy: &Policy) -> bool {
        if now < self.started + policy.starting_limit {
            return false;
        }
        let manager =
            self.manager == Manager::Awaited && self.take_manager(now, Manager::Absent, policy);
        let power = self.power.is_awaited() && self.take_power(now, Source::Absent, policy);
        let saver = self.power_saver.is_awaited();
        let saver = saver && self.take_power_saver(now, Source::Absent, policy);
        manager || power || saver
    }

    /// Takes the power facts; true when they changed.
    pub(crate) fn take_power(
        &mut self,
        now: Timestamp,
        power: Source<Power>,
        policy: &Policy,
    ) -> bool {
        if self.power == power {
            return false;
        }
        let warning = |power: Source<Power>| power.value().map(|power| power.warning);
        if warning(self.power) != warning(power) {
            self.warned_since = now;
        }
        self.power = power;
        self.join(now, policy, Network::Same);
        true
    }

    /// Takes the power saver's state; true when it changed.
    pub(crate) fn take_power_saver(
        &mut self,
        now: Timestamp,
        power_saver: Source<PowerSaver>,
        policy: &Policy,
    ) -> bool {
        if self.power_saver == power_saver {
            return false;
        }
        self.power_saver = power_saver;
        self.join(now, policy, Network::Same);
        true
    }

    /// Takes the machine's going to sleep or waking; true when it changed.
    pub(crate) fn take_sleep(&mut self, now: Timestamp, sleep: Sleep, policy: &Policy) -> bool {
        if self.rest.sleep == sleep {
            return false;
        }
        self.rest.take(now, sleep);
        if sleep == Sleep::Awake {
            self.settle_again(now, policy);
        }
        true
    }

    /// The machine has slept and nobody has told.
    pub(crate) fn take_unannounced_sleep(&mut self, now: Timestamp, policy: &Policy) {
        self.rest.take_resume(now);
        self.settle_again(now, policy);
    }

    fn settle_again(&mut self, now: Timestamp, policy: &Policy) {
        let lasts = self.rest.settle(now, policy);
        self.settle = self.settle.map(|settle| settle.again(now, lasts));
    }

    /// Takes the state of the store; true when it changed.
    pub(crate) fn take_store(&mut self, now: Timestamp, access: StoreAccess) -> bool {
        let changed = self.store.0 != access;
        if changed {
            self.store = (access, now);
        }
        changed
    }

    /// Works the facts out anew from what each source said.
    fn join(&mut self, now: Timestamp, policy: &Policy, network: Network) {
        let mut holds = self.check_link();
        self.said = policy.network_rules(|place| self.is_at(place));
        let view = self.netlink.as_option();
        let online = view.is_some_and(NetworkView::is_online) && self.manager != Manager::Awaited;
        if let Some(link) = view.and_then(NetworkView::link) {
            self.link = Some(link.into());
        }
        self.connection = self.manager.connection(self.link.as_deref());
        let connection = self.connection;
        let reach = match (online, connection.map(|one| one.connectivity)) {
            (false, _) | (true, Some(Connectivity::None)) => Reach::Offline,
            (true, None | Some(Connectivity::Unchecked | Connectivity::Full)) => Reach::Online,
            (true, Some(Connectivity::Portal)) => Reach::CaptivePortal,
            (true, Some(Connectivity::Limited)) => Reach::Limited,
        };
        let reach = match self.said.online.value() {
            Some(true) if online => {
                holds = Holds::Yes;
                Reach::Online
            }
            Some(false) => Reach::Offline,
            Some(true) | None => reach,
        };
        let metered = connection.is_some_and(|one| one.metered.is_metered());
        let power = self.power.value();
        let facts = Facts {
            reach,
            network: connection
                .and_then(|one| one.network)
                .or_else(|| view.filter(|_| online).and_then(NetworkView::network)),
            metered: self.said.metered.value().unwrap_or(metered),
            roaming: connection.and_then(|one| one.roaming) == Some(true),
            transport: connection.and_then(|one| one.transport),
            battery: power.and_then(|power| power.battery_percent),
            charging: power.map(|power| !power.on_battery),
            power_saver: self.power_saver == Source::Present(PowerSaver::On),
        };
        let was_online = self.facts.reach == Reach::Online;
        self.rest.note(now, self.settle);
        self.since.note(now, &self.facts, &facts);
        if network == Network::First {
            self.since.learned_network(now);
        }
        self.facts = facts;
        if reach != Reach::Online {
            self.settle = None;
        } else if !was_online || network != Network::Same {
            let settle = self.rest.settle(now, policy);
            let settle = match network {
                Network::Unwatched => settle.max(policy.resume_settle),
                Network::Same | Network::Other | Network::First => settle,
            };
            self.settle = Some(Settle::new(now, settle));
            if !matches!(network, Network::First | Network::Unwatched) {
                self.returned = Returned { at: Some(now), times: self.returned.times + 1 };
            }
        }
        if let Some(settle) = &mut self.settle {
            settle.note_check(holds, now + policy.check_limit);
        }
    }

    /// Decides by another policy; true when that changes what is so.
    pub(crate) fn take_policy(&mut self, now: Timestamp, policy: &Policy) -> bool {
        let before = (self.facts, self.said);
        self.join(now, policy, Network::Same);
        before != (self.facts, self.said)
    }
}

#[cfg(test)]
mod tests;
