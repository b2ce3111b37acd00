//! What the world around the scheduler is like, worked out apart from the scheduler's own view of
//! it.

use std::{net::IpAddr, time::Duration};

use pwasync_core::{
    event::Event,
    facts::{
        Connection, Connectivity, DefaultRoute, Family, Link, LinkKind, Manager, Netlink,
        NetworkId, Power, PowerSaver, Reach, Sleep, Source, StoreAccess,
    },
    policy::Policy,
    time::{Timestamp, WallClock},
};

/// The only link there is.
const LINK: &str = "wlan0";

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
    /// When the machine was last about to sleep.
    pub(crate) slept_at: Timestamp,
    pub(crate) store: StoreAccess,
    /// Since when the core hears of them.
    pub(crate) started: Timestamp,
    /// Since when the network reaches as far as it does.
    pub(crate) reaches_since: Timestamp,
    /// From when on the network counts as settled; `None`: there is none.
    pub(crate) settled_at: Option<Timestamp>,
    /// When the network last came back: online after it was not, or another one (P-03).
    pub(crate) returned_at: Option<Timestamp>,
    woke_at: Option<Timestamp>,
}

/// What a source's word means for which network it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Same,
    Other,
    /// The source had not spoken before: whether it is another, nobody can tell.
    FirstWord,
    /// The source is gone.
    LastWord,
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
            slept_at: Timestamp::ZERO,
            store: StoreAccess::Writable,
            started: Timestamp::ZERO,
            reaches_since: Timestamp::ZERO,
            settled_at: None,
            returned_at: None,
            woke_at: None,
        }
    }

    /// What happens to the host, as the event that the core gets.
    pub(crate) fn change(&mut self, now: Timestamp, change: HostChange, policy: &Policy) -> Event {
        let before = self.reach();
        match change {
            HostChange::Network(network) => {
                let known = self.network.replace(network);
                let which = match known {
                    None => Which::FirstWord,
                    Some(known) if known == network => Which::Same,
                    Some(_) => Which::Other,
                };
                self.moved(now, before, which, policy);
                Event::NetlinkChanged(netlink(network))
            }
            HostChange::Connection(connection) => {
                let known = std::mem::replace(&mut self.connection, connection);
                let id = |connection: Option<Connection>| connection.and_then(|one| one.network);
                let which = match (known, id(known), id(connection)) {
                    (None, _, _) if connection.is_some() => Which::FirstWord,
                    (Some(_), _, _) if connection.is_none() => Which::LastWord,
                    (_, Some(known), Some(new)) if known != new => Which::Other,
                    (_, _, _) => Which::Same,
                };
                self.moved(now, before, which, policy);
                let manager = |connection| Manager::of_link(LINK, connection);
                Event::ManagerChanged(connection.map_or(Manager::Absent, manager))
            }
            HostChange::Power(power) => {
                self.power = Some(power);
                Event::PowerChanged(Source::Present(power))
            }
            HostChange::Saver(saver) => {
                self.saver = saver;
                Event::PowerSaverChanged(saver.map_or(Source::Absent, Source::Present))
            }
            HostChange::PowerAwaited => Event::PowerChanged(Source::Awaited),
            HostChange::SaverAwaited => Event::PowerSaverChanged(Source::Awaited),
            HostChange::Wall(wall) => {
                self.wall = wall;
                Event::WallClockChanged(wall)
            }
            HostChange::Sleep(sleep) => {
                if self.sleep == Sleep::Suspending && sleep == Sleep::Awake {
                    self.resume(now, policy);
                }
                if self.sleep == Sleep::Awake {
                    self.slept_at = now;
                }
                self.sleep = sleep;
                Event::SleepChanged(sleep)
            }
            HostChange::Slept(by) => {
                if self.sleep == Sleep::Awake {
                    self.resume(now, policy);
                }
                Event::Slept(by)
            }
            HostChange::Store(store) => {
                self.store = store;
                Event::StoreChanged(store)
            }
        }
    }

    /// The network may be another, or reach further or less far than before.
    fn moved(&mut self, now: Timestamp, before: Reach, which: Which, policy: &Policy) {
        let reach = self.reach();
        if self.settled_at.is_some_and(|at| at <= now) {
            // It has settled since the machine woke.
            self.woke_at = None;
        }
        if reach != before || which == Which::FirstWord {
            self.reaches_since = now;
        }
        if reach != Reach::Online {
            self.settled_at = None;
        } else if before != Reach::Online || which != Which::Same {
            let soon = self.woke_at.is_some_and(|at| now < at + policy.resume_settle);
            let jitter = self.woke_at.map_or(Duration::ZERO, |_| policy.suspend.resume_offset);
            let settle = if soon { policy.resume_settle } else { policy.settle } + jitter;
            let least = Some(policy.resume_settle).filter(|_| which == Which::LastWord);
            let settle = settle.max(least.unwrap_or_default());
            self.settled_at = Some(now + settle);
            if matches!(which, Which::Same | Which::Other) {
                self.returned_at = Some(now);
            }
        }
    }

    /// The machine has woken.
    fn resume(&mut self, now: Timestamp, policy: &Policy) {
        self.woke_at = Some(now);
        let settle = policy.resume_settle + policy.suspend.resume_offset;
        self.settled_at = self.settled_at.map(|_| now + settle);
    }

    /// The scheduler starts anew: the sources tell it all they know.
    pub(crate) fn tell_again(&mut self, now: Timestamp, policy: &Policy) -> Vec<Event> {
        let known = std::mem::replace(self, Self::new());
        (self.started, self.reaches_since) = (now, now);
        self.returned_at = known.returned_at;
        // The wall clock comes first: the others are judged by it.
        let mut changes = vec![HostChange::Wall(known.wall)];
        changes.extend(known.network.map(HostChange::Network));
        changes.push(HostChange::Connection(known.connection));
        changes.push(HostChange::Saver(known.saver));
        changes.extend(known.power.map(HostChange::Power));
        changes.push(HostChange::Sleep(known.sleep));
        changes.push(HostChange::Store(known.store));
        changes.into_iter().map(|change| self.change(now, change, policy)).collect()
    }

    /// How far the network reaches (design, section 4).
    pub(crate) fn reach(&self) -> Reach {
        let Some(Some(_)) = self.network else { return Reach::Offline };
        match self.connection.map(|one| one.connectivity) {
            Some(Connectivity::None) => Reach::Offline,
            Some(Connectivity::Portal) => Reach::CaptivePortal,
            Some(Connectivity::Limited) => Reach::Limited,
            Some(Connectivity::Unchecked | Connectivity::Full) | None => Reach::Online,
        }
    }

    /// Which network it is, where that is known.
    pub(crate) fn network_id(&self) -> Option<NetworkId> {
        self.connection?.network
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
    /// Somebody may tell of the power, and has not yet.
    PowerAwaited,
    /// The same of the power saver.
    SaverAwaited,
    /// The wall clock stepped, or the local time is another.
    Wall(WallClock),
    Sleep(Sleep),
    /// The machine has slept for so long, and nobody has told before.
    Slept(Duration),
    Store(StoreAccess),
}

/// The facts of a host with one link and one gateway, or none.
fn netlink(network: Option<u8>) -> Netlink {
    let carrier = network.is_some();
    let links = vec![Link {
        index: 2,
        name: LINK.to_owned(),
        kind: LinkKind::Ordinary,
        carrier,
        carrier_losses: 0,
        global_v4: carrier,
        global_v6: false,
    }];
    let default_routes = network.map(|last| DefaultRoute {
        gateway: Some(IpAddr::from([10, 0, 0, last])),
        family: Family::V4,
        link: 2,
        metric: 100,
        link_down: false,
        network: None,
    });
    Netlink { links, default_routes: default_routes.into_iter().collect() }
}
