//! What happens to a phone and what its user does, day by day: the same on each run.

use std::time::Duration;

use pwasync_core::{
    constraints::Transport,
    facts::{Connection, Connectivity, Metered, NetworkId, Power, PowerSaver, Sleep},
    time::{Timestamp, WallClock},
    wall::UtcOffset,
};

use crate::support::facts::HostChange;

pub(crate) const ORIGINS: usize = 40;
/// Those that are read each morning and each evening.
pub(crate) const NEWS: usize = 10;
/// Local hours of the day at which the user reads.
pub(crate) const READING: [u64; 2] = [7, 21];
const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;
pub(crate) const DAY: u64 = 24 * HOUR;
/// 2026-01-01, an hour east of Greenwich; core time begins at local midnight.
const FIRST_MIDNIGHT_MILLIS: i64 = 1_767_222_000_000;

/// Something that happens from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Happening {
    Host(HostChange),
    /// The user opens this browser.
    Open(usize),
    /// The user leaves this browser.
    Leave(usize),
    /// The user uses an origin: so many inputs.
    Use(usize, usize),
}

/// All that happens on a day, in order.
pub(crate) fn day(day: u64) -> Vec<(Timestamp, Happening)> {
    let mut all = Vec::new();
    let mut at = |seconds: u64, what| all.push((instant(day, seconds), what));
    if day == 0 {
        let utc_offset = UtcOffset::from_seconds(3_600);
        let wall = WallClock { offset_millis: FIRST_MIDNIGHT_MILLIS, utc_offset };
        at(0, Happening::Host(HostChange::Wall(wall)));
        at(0, Happening::Host(HostChange::Saver(Some(PowerSaver::Off))));
    }
    // It lies on its charger, and sleeps most of the night.
    at(0, power(90, false));
    at(32 * MINUTE, Happening::Host(HostChange::Sleep(Sleep::Suspending)));
    at(6 * HOUR, Happening::Host(HostChange::Sleep(Sleep::Awake)));
    for (hour, percent) in discharge(day) {
        at(hour * HOUR + 5 * MINUTE, power(percent, true));
    }
    at(23 * HOUR + 30 * MINUTE, power(60, false));
    if has_low_battery(day) {
        at(19 * HOUR, Happening::Host(HostChange::Saver(Some(PowerSaver::On))));
        at(23 * HOUR + 30 * MINUTE, Happening::Host(HostChange::Saver(Some(PowerSaver::Off))));
    }
    for (seconds, network) in networks(day) {
        at(seconds, Happening::Host(HostChange::Network(network.map(Network::gateway))));
        if let Some(network) = network {
            at(seconds, Happening::Host(HostChange::Connection(Some(network.connection()))));
        }
    }
    for (turn, hour) in READING.into_iter().enumerate() {
        for browser in 0..3 {
            at(hour * HOUR, Happening::Open(browser));
            at(hour * HOUR + 40 * MINUTE, Happening::Leave(browser));
        }
        let read = (0..ORIGINS).filter(|origin| is_read(*origin, day, turn));
        for (place, origin) in (0_u64..).zip(read) {
            at(hour * HOUR + 60 + place * 45, Happening::Use(origin, 3 + origin % 4));
        }
    }
    all.sort_by_key(|(at, _)| *at);
    all
}

pub(crate) fn instant(day: u64, seconds: u64) -> Timestamp {
    Timestamp::ZERO + Duration::from_secs(day * DAY + seconds)
}

/// Of forty origins ten are read twice a day, fifteen on some evenings, and fifteen hardly ever.
fn is_read(origin: usize, day: u64, turn: usize) -> bool {
    let place = u64::try_from(origin).unwrap();
    if origin < NEWS {
        true
    } else if origin < 25 {
        turn == 1 && (day + place).is_multiple_of(3)
    } else {
        turn == 1 && (day + 3 * place).is_multiple_of(29)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Network {
    Home,
    Work,
    Mobile,
    Abroad,
}

impl Network {
    fn gateway(self) -> u8 {
        match self {
            Self::Home => 1,
            Self::Work => 2,
            Self::Mobile => 3,
            Self::Abroad => 4,
        }
    }

    fn connection(self) -> Connection {
        let (metered, transport) = match self {
            Self::Home | Self::Work => (Metered::No, Transport::Wifi),
            Self::Mobile | Self::Abroad => (Metered::GuessYes, Transport::Cellular),
        };
        Connection {
            connectivity: Connectivity::Full,
            metered,
            roaming: Some(self == Self::Abroad),
            transport: Some(transport),
            network: Some(NetworkId::new(u64::from(self.gateway()))),
        }
    }
}

/// Each 17th day there is no network; one week in nine is spent abroad; weekends at home.
fn networks(day: u64) -> Vec<(u64, Option<Network>)> {
    if day % 17 == 11 {
        return vec![(7 * MINUTE, None)];
    }
    if day / 7 % 9 == 5 {
        return vec![(7 * MINUTE, Some(Network::Abroad))];
    }
    let mut all = vec![(7 * MINUTE, Some(Network::Home))];
    match day % 7 {
        2 | 3 => all.push((14 * HOUR, Some(Network::Mobile))),
        _ => all.extend([
            (8 * HOUR, Some(Network::Mobile)),
            (8 * HOUR + 20 * MINUTE, None),
            (8 * HOUR + 32 * MINUTE, Some(Network::Mobile)),
            (9 * HOUR, Some(Network::Work)),
            (17 * HOUR, Some(Network::Mobile)),
        ]),
    }
    all.push((18 * HOUR + 10 * MINUTE, Some(Network::Home)));
    all
}

fn has_low_battery(day: u64) -> bool {
    day % 5 == 1
}

/// Charge by the hour.
fn discharge(day: u64) -> impl Iterator<Item = (u64, u8)> {
    let an_hour: u64 = if has_low_battery(day) { 6 } else { 4 };
    (7..23).map(move |hour| (hour, u8::try_from(100 - (hour - 7) * an_hour).unwrap()))
}

fn power(percent: u8, on_battery: bool) -> Happening {
    Happening::Host(HostChange::Power(Power { battery_percent: Some(percent), on_battery }))
}
