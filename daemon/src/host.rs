//! Where time and facts come from: the real host, or the simulated one.

use std::{io, time::Duration};

use pwasync_core::{
    event::Event,
    facts::{
        Connection, DefaultRoute, Family, Known, Link, LinkKind, Manager, Netlink, NetworkId,
        Origin, Power, PowerSaver, Sleep, Source,
    },
    time::{Timestamp, WallClock},
    wall::UtcOffset,
};

use crate::{
    channel::{SimulatedNetwork, SimulatedPower},
    clock::{self, Alarm, AlarmError, SleepWatch, Synchronised, SystemClock, Timer},
    store::frame::ClockFrame,
};

/// Which host the daemon serves.
#[derive(Clone, Copy, Debug)]
pub enum HostKind {
    /// This machine.
    Real(SystemClock),
    /// A simulated one.
    Simulated {
        /// Where its clock starts, in milliseconds since 1970, if the store does not say.
        start_unix_millis: u64,
        /// What is known of its network at the start.
        network: FirstNetwork,
    },
}

/// What a simulated host says of its network before it is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstNetwork {
    /// That there is none.
    Offline,
    /// Nothing, as a host whose sources have not spoken yet.
    Unknown,
}

/// The host as the engine uses it.
#[derive(Debug)]
pub(crate) enum Host {
    Real(RealHost),
    Simulated(SimulatedHost),
}

/// This machine.
#[derive(Debug)]
pub(crate) struct RealHost {
    clock: SystemClock,
    timer: Timer,
    sleep: SleepWatch,
    alarm: Alarm,
}

/// A host that stands still until it is told otherwise.
#[derive(Debug)]
pub(crate) struct SimulatedHost {
    pub(crate) now: Timestamp,
    pub(crate) wall: WallClock,
    pub(crate) network: Known<Option<SimulatedNetwork>>,
    pub(crate) power: SimulatedPower,
    pub(crate) sleep: Sleep,
    /// Boots so far.
    boots: u64,
    booted_at: Option<Timestamp>,
}

impl Host {
    pub(crate) fn new(kind: HostKind) -> io::Result<Self> {
        Ok(match kind {
            HostKind::Real(clock) => Self::Real(RealHost {
                clock,
                timer: Timer::new(clock)?,
                sleep: SleepWatch::new(),
                alarm: Alarm::new(clock),
            }),
            HostKind::Simulated { start_unix_millis, network } => Self::Simulated(SimulatedHost {
                now: Timestamp::from_millis(start_unix_millis),
                wall: WallClock::default(),
                network: match network {
                    FirstNetwork::Offline => Known::Yes(None),
                    FirstNetwork::Unknown => Known::No,
                },
                power: SimulatedPower { power: Power::MAINS, saver: PowerSaver::Off },
                sleep: Sleep::Awake,
                boots: 0,
                booted_at: None,
            }),
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        match self {
            Self::Real(real) => real.clock.now(),
            Self::Simulated(simulated) => simulated.now,
        }
    }

    /// The wall clock that everybody begins with: core time is Unix time when the daemon starts.
    pub(crate) fn wall(&self) -> WallClock {
        match self {
            Self::Real(real) => WallClock { offset_millis: 0, ..real.clock.wall() },
            Self::Simulated(simulated) => simulated.wall,
        }
    }

    pub(crate) fn origin(&self) -> Origin {
        match self {
            Self::Real(_) => Origin::Host,
            Self::Simulated(_) => Origin::Simulation,
        }
    }

    pub(crate) fn simulated(&mut self) -> Option<&mut SimulatedHost> {
        match self {
            Self::Real(_) => None,
            Self::Simulated(simulated) => Some(simulated),
        }
    }

    /// When the machine booted; `None`: a simulated one was always there.
    pub(crate) fn booted_at(&self) -> Option<Timestamp> {
        match self {
            Self::Real(real) => Some(real.clock.booted_at()),
            Self::Simulated(simulated) => simulated.booted_at,
        }
    }

    /// The name of the time zone; the simulated host's has none.
    pub(crate) fn zone_name(&self) -> Option<String> {
        match self {
            Self::Real(_) => clock::zone_name(),
            Self::Simulated(_) => None,
        }
    }

    /// Whether the wall clock is known to be right.
    pub(crate) fn synchronised(&self) -> Synchronised {
        match self {
            Self::Real(_) => clock::synchronised(),
            Self::Simulated(simulated) => match simulated.booted_at {
                Some(_) => Synchronised::Unknown,
                None => Synchronised::Yes,
            },
        }
    }

    /// How long the machine has slept since the last call, as its clocks tell; the simulated host
    /// says so itself.
    pub(crate) fn slept(&mut self) -> Option<Duration> {
        match self {
            Self::Real(real) => real.sleep.slept(),
            Self::Simulated(_) => None,
        }
    }

    /// Whether the machine can be woken; the simulated one is never asleep by itself.
    pub(crate) fn check_alarm(&mut self) -> Result<(), AlarmError> {
        match self {
            Self::Real(real) => real.alarm.check(),
            Self::Simulated(_) => Ok(()),
        }
    }

    /// Wakes the machine then if it sleeps.
    pub(crate) fn set_alarm(&mut self, at: Option<Timestamp>) -> Result<(), AlarmError> {
        match self {
            Self::Real(real) => real.alarm.set(at),
            Self::Simulated(_) => Ok(()),
        }
    }

    /// Waits for an instant; the simulated host waits for nothing by itself.
    pub(crate) async fn wait(&self, until: Option<Timestamp>) -> io::Result<()> {
        match self {
            Self::Real(real) => real.timer.wait(until).await,
            Self::Simulated(_) => std::future::pending().await,
        }
    }

    /// How records written now keep their instants.
    pub(crate) fn frame(&self, wall: WallClock) -> ClockFrame {
        let wall_offset_millis = wall.offset_millis;
        match self {
            Self::Real(real) => ClockFrame {
                boot_id: real.clock.boot_id(),
                offset_millis: real.clock.offset_millis(),
                wall_offset_millis,
            },
            // Simulated time goes on over restarts: all of it is one boot unless it is told.
            Self::Simulated(simulated) => {
                let boot_id = u128::from(simulated.boots).to_be_bytes();
                ClockFrame { boot_id, offset_millis: 0, wall_offset_millis }
            }
        }
    }
}

impl SimulatedHost {
    /// The machine starts anew, with a clock that is wrong by so much.
    pub(crate) fn boot(&mut self, error_millis: i64) {
        self.boots += 1;
        self.booted_at = Some(self.now);
        self.wall.offset_millis = self.wall.offset_millis.saturating_add(error_millis);
    }

    /// Somebody sets the clock, and it is right from then on.
    pub(crate) fn set_clock(&mut self, by_millis: i64, utc_offset: Option<UtcOffset>) {
        self.wall.offset_millis = self.wall.offset_millis.saturating_add(by_millis);
        self.wall.utc_offset = utc_offset.unwrap_or(self.wall.utc_offset);
        if by_millis != 0 {
            self.booted_at = None;
        }
    }

    /// What all of its sources would say.
    pub(crate) fn facts(&self) -> Vec<Event> {
        let mut facts = self.network_facts();
        facts.extend(self.power_facts());
        facts.push(Event::SleepChanged(self.sleep));
        facts
    }

    /// What netlink and a connection manager would say. The latter speaks first: between the two
    /// the host is on the former network or offline, and never on the new one by the old terms.
    pub(crate) fn network_facts(&self) -> Vec<Event> {
        let Some(network) = self.network.as_option() else { return Vec::new() };
        let connection = network.as_ref().map_or(Connection::NONE, |network| Connection {
            connectivity: network.connectivity,
            metered: network.metered,
            roaming: Some(network.roaming),
            transport: Some(network.transport),
            network: Some(NetworkId::new(crc32fast::hash(network.name.as_bytes()).into())),
        });
        let manager = Event::ManagerChanged(Manager::of_link(LINK, connection));
        vec![manager, Event::NetlinkChanged(netlink(network.as_ref()))]
    }

    /// What battery, charger and power saver would say. What holds more speaks first, so that
    /// nothing runs on half of the news.
    pub(crate) fn power_facts(&self) -> Vec<Event> {
        let SimulatedPower { power, saver } = self.power;
        let power = Event::PowerChanged(Source::Present(power));
        let saved = Event::PowerSaverChanged(Source::Present(saver));
        match saver {
            PowerSaver::On => vec![saved, power],
            PowerSaver::Off => vec![power, saved],
        }
    }
}

/// The only link.
const LINK: &str = "sim0";

/// What netlink would say: one link, and while online a default route whose gateway tells one
/// network from another.
fn netlink(network: Option<&SimulatedNetwork>) -> Netlink {
    let online = network.is_some();
    let link = Link {
        index: 2,
        name: LINK.into(),
        kind: LinkKind::Ordinary,
        carrier: online,
        carrier_losses: 0,
        global_v4: online,
        global_v6: false,
    };
    let route = network.map(|network| DefaultRoute {
        gateway: Some(gateway(&network.name)),
        family: Family::V4,
        link: 2,
        metric: 100,
        link_down: false,
        network: None,
    });
    Netlink { links: vec![link], default_routes: route.into_iter().collect() }
}

/// A gateway of the network with this name; networks of other names have other gateways.
fn gateway(name: &str) -> std::net::IpAddr {
    let [a, b, c, d] = crc32fast::hash(name.as_bytes()).to_be_bytes();
    std::net::Ipv6Addr::from([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d]).into()
}
