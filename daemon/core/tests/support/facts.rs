//! What the world around the scheduler is like, kept apart from the scheduler's own view of it.

use std::net::IpAddr;

use pwasync_core::{
    event::Event,
    facts::{
        Connection, DefaultRoute, Family, Link, LinkKind, Netlink, Power, PowerSaver, Sleep,
        StoreAccess,
    },
    key::SyncKind,
    policy::Policy,
    time::{Timestamp, WallClock},
};

/// The facts, as far as the sources have told them.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// `None`: netlink has not spoken. `Some(None)`: no network.
    pub(crate) network: Option<Option<u8>>,
    /// `None`: there is no connection manager.
    pub(crate) connection: Option<Connection>,
    pub(crate) power: Option<Power>,
    /// `None`: there is none.
    pub(crate) saver: Option<PowerSaver>,
    pub(crate) wall: WallClock,
    pub(crate) sleep: Sleep,
    pub(crate) store: StoreAccess,
    /// From when on the network counts as settled.
    settled_at: Timestamp,
    woke_at: Option<Timestamp>,
}

impl Facts {
    pub(crate) fn new() -> Self {
        Self {
            network: None,
            connection: None,
            power: None,
            saver: None,
            wall: WallClock::default(),
            sleep: Sleep::Awake,
            store: StoreAccess::Writable,
            settled_at: Timestamp::ZERO,
            woke_at: None,
        }
    }

    /// What happens to the host, as the event that the core gets.
    pub(crate) fn change(&mut self, now: Timestamp, change: HostChange, policy: &Policy) -> Event {
        match change {
            HostChange::Network(network) => {
                if network.is_some() && self.network != Some(network) {
                    let resumed = self.woke_at.is_some_and(|at| now < at + policy.resume_settle);
                    let settle = if resumed { policy.resume_settle } else { policy.settle };
                    self.settled_at = now + settle;
                }
                self.network = Some(network);
                Event::NetlinkChanged(netlink(network))
            }
            HostChange::Connection(connection) => {
                self.connection = connection;
                Event::ConnectionChanged(connection)
            }
            HostChange::Saver(saver) => {
                self.saver = saver;
                Event::PowerSaverChanged(saver)
            }
            HostChange::Wall(wall) => {
                self.wall = wall;
                Event::WallClockChanged(wall)
            }
            HostChange::Power(power) => {
                self.power = Some(power);
                Event::PowerChanged(power)
            }
            HostChange::Sleep(sleep) => {
                if self.sleep == Sleep::Suspending && sleep == Sleep::Awake {
                    self.woke_at = Some(now);
                    self.settled_at = now + policy.resume_settle;
                }
                self.sleep = sleep;
                Event::SleepChanged(sleep)
            }
            HostChange::Store(store) => {
                self.store = store;
                Event::StoreChanged(store)
            }
        }
    }

    /// The scheduler starts anew: the sources tell it all they know.
    pub(crate) fn tell_again(&mut self, now: Timestamp, policy: &Policy) -> Vec<Event> {
        let mut changes = Vec::new();
        let (network, power) = (self.network.take(), self.power);
        self.woke_at = None;
        // The wall clock comes first: the others are judged by it.
        changes.push(HostChange::Wall(self.wall));
        changes.extend(network.map(HostChange::Network));
        changes.push(HostChange::Connection(self.connection));
        changes.push(HostChange::Saver(self.saver));
        changes.extend(power.map(HostChange::Power));
        changes.push(HostChange::Sleep(self.sleep));
        changes.push(HostChange::Store(self.store));
        changes.into_iter().map(|change| self.change(now, change, policy)).collect()
    }

    /// Whether the host's standing facts let an event of this kind run (design, section 4).
    pub(crate) fn allow(&self, now: Timestamp, kind: SyncKind) -> bool {
        let percent = match self.power {
            Some(Power { battery_percent: Some(percent), on_battery: true }) => percent,
            Some(_) | None => 100,
        };
        let least = match kind {
            SyncKind::OneOff => 6,
            SyncKind::Periodic => 21,
        };
        matches!(self.network, Some(Some(_)))
            && now >= self.settled_at
            && percent >= least
            && self.sleep == Sleep::Awake
            && self.store == StoreAccess::Writable
    }

    pub(crate) fn settled_at(&self) -> Timestamp {
        self.settled_at
    }
}

/// Something that happens to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostChange {
    /// The network with this number, or none.
    Network(Option<u8>),
    /// What the connection manager says; `None`: it is gone.
    Connection(Option<Connection>),
    Power(Power),
    Saver(Option<PowerSaver>),
    /// The wall clock stepped, or the local time is another.
    Wall(WallClock),
    Sleep(Sleep),
    Store(StoreAccess),
}

/// The facts of a host with one link and one gateway, or none.
fn netlink(network: Option<u8>) -> Netlink {
    let carrier = network.is_some();
    let links = vec![Link {
        index: 2,
        name: "wlan0".to_owned(),
        kind: LinkKind::Ordinary,
        carrier,
        global_v4: carrier,
        global_v6: false,
    }];
    let default_routes = network.map(|last| DefaultRoute {
        gateway: Some(IpAddr::from([10, 0, 0, last])),
        family: Family::V4,
        link: 2,
        metric: 100,
        link_down: false,
    });
    Netlink { links, default_routes: default_routes.into_iter().collect() }
}
