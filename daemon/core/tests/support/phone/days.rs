//! Days of the phone: where it is, what it runs on, and what its user does.

use std::time::Duration;

use pwasync_core::{
    constraints::Transport,
    engagement::EventKind,
    facts::{Connectivity, Metered, Power, PowerSaver},
    time::Timestamp,
    wall::UtcOffset,
};

use super::{
    Browser, Does, Network, START, Site, Step,
    random::Random,
    sites::{self, Habit},
};

const MINUTE: u64 = 60;
/// The local hours at which the favourites are read.
pub(crate) const READING_HOURS: [u64; 2] = [7, 21];
const READS: [EventKind; 6] = [
    EventKind::ShortcutLaunch,
    EventKind::Navigation,
    EventKind::UserInput,
    EventKind::UserInput,
    EventKind::UserInput,
    EventKind::UserInput,
];
const VISITS: [EventKind; 3] = [EventKind::Navigation, EventKind::UserInput, EventKind::UserInput];

const HOME: Network = Network {
    name: "home",
    connectivity: Connectivity::Full,
    metered: Metered::No,
    roaming: false,
    transport: Transport::Wifi,
};
const OFFICE: Network = Network { name: "office", ..HOME };
const HOTEL: Network = Network { name: "hotel", ..HOME };
const CELLULAR: Network =
    Network { name: "cellular", metered: Metered::Yes, transport: Transport::Cellular, ..HOME };

/// What kind of day it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Day {
    Office,
    /// At home, but for some hours.
    Weekend,
    /// In the mountains: no network from morning to evening of the next day.
    Away,
    /// In another country, at night in a hotel.
    Travel,
}

/// The first so many days. Fewer days are the beginning of more.
pub(crate) fn steps(days: u64) -> Vec<Step> {
    let mut steps: Vec<Step> = (0..days).flat_map(day).collect();
    // Stable: what comes at the same instant stays in the order in which it was made up.
    steps.sort_by_key(|step| step.at);
    steps
}

/// When the favourites begin to be read on a day.
pub(crate) fn reading(day: u64, hour: u64) -> Timestamp {
    at(day, hour, 0)
}

fn kind_of(day: u64) -> Day {
    // The 1st of January 2026 is a Thursday.
    let weekend = (day + 3) % 7 >= 5;
    match day {
        200..=213 => Day::Travel,
        _ if matches!(day % 37, 18..=20) => Day::Travel,
        _ if matches!(day % 30, 9 | 10) => Day::Away,
        _ if weekend => Day::Weekend,
        _ => Day::Office,
    }
}

/// Whether there is any network on a day.
pub(crate) fn has_network(day: u64) -> bool {
    kind_of(day) != Day::Away
}

/// Central Europe; on travels one hour less.
fn utc_offset(day: u64) -> i32 {
    let summer = if (87..297).contains(&day) { 3_600 } else { 0 };
    let away = if kind_of(day) == Day::Travel { -3_600 } else { 0 };
    3_600 + summer + away
}

/// A local time of a day; on the first morning not before the phone exists.
fn at(day: u64, hour: u64, minute: u64) -> Timestamp {
    let local = Duration::from_secs(day * 86_400 + (hour * 60 + minute) * MINUTE);
    let offset = u64::try_from(utc_offset(day)).unwrap_or(0);
    (START + local).saturating_sub(Duration::from_secs(offset)).max(START)
}

fn day(day: u64) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut add = |hour, minute, does| steps.push(Step { at: at(day, hour, minute), does });
    let first = day == 0;
    if first || utc_offset(day) != utc_offset(day - 1) {
        let hour = if first { 0 } else { 6 };
        add(hour, 30, Does::Clock(UtcOffset::from_seconds(utc_offset(day))));
    }
    networks(day, &mut add);
    power(day, &mut add);
    browsers(day, &mut add);
    use_of_sites(day, &mut add);
    if first {
        for (minute, site) in (0..).zip(sites::all()) {
            for ask in sites::standing(site) {
                add(9, minute, Does::Register(ask));
            }
        }
    }
    add(23, 30, Does::Suspend);
    // What runs has ended by then.
    add(23, 35, Does::SleepUntil(at(day + 1, 6, 30)));
    steps
}

fn networks(day: u64, add: &mut impl FnMut(u64, u64, Does)) {
    let mut random = Random::of("network", day);
    let mut go = |hour, minute, network| add(hour, minute, Does::Network(network));
    match kind_of(day) {
        Day::Office => {
            go(6, 30, Some(HOME));
            go(8, 0, Some(CELLULAR));
            // The tube.
            go(8, 20, None);
            go(8, 35, Some(CELLULAR));
            go(8, 50, Some(OFFICE));
            if random.percent(15) {
                go(10, 0, Some(Network { connectivity: Connectivity::Limited, ..OFFICE }));
                go(11, 0, Some(OFFICE));
            }
            go(17, 0, Some(CELLULAR));
            go(17, 20, None);
            go(17, 35, Some(CELLULAR));
            go(17, 50, Some(HOME));
        }
        Day::Weekend => {
            go(6, 30, Some(HOME));
            let metered = if random.percent(50) { Metered::Yes } else { Metered::GuessYes };
            go(11, random.below(60), Some(Network { metered, ..CELLULAR }));
            go(15, random.below(60), Some(HOME));
        }
        Day::Away => go(6, 30, None),
        Day::Travel => {
            let abroad = Network { roaming: true, name: "abroad", ..CELLULAR };
            go(6, 30, Some(HOTEL));
            go(9, 0, Some(abroad));
            go(18, 0, Some(Network { connectivity: Connectivity::Portal, ..HOTEL }));
            go(18, 40, Some(HOTEL));
        }
    }
}

/// Whether the charger was forgotten in the evening.
fn forgot_charger(day: u64) -> bool {
    Random::of("charger", day).percent(18)
}

fn power(day: u64, add: &mut impl FnMut(u64, u64, Does)) {
    let forgotten = day > 0 && forgot_charger(day - 1);
    let mut percent: u8 = if forgotten { 40 } else { 100 };
    let mut set = |hour, minute, percent: u8, on_battery| {
        let saver = if on_battery && percent <= 15 { PowerSaver::On } else { PowerSaver::Off };
        let power = Power { battery_percent: Some(percent), on_battery, ..Power::MAINS };
        add(hour, minute, Does::Power(power, saver));
    };
    set(6, 30, percent, forgotten);
    for hour in 8..22 {
        // An empty phone is plugged in at home.
        if forgotten && hour >= 19 {
            percent = (percent + 20).min(100);
            set(hour, 10, percent, false);
        } else {
            percent = percent.saturating_sub(4).max(2);
            set(hour, 10, percent, true);
        }
    }
    set(22, 30, percent, forgot_charger(day));
}

fn browsers(day: u64, add: &mut impl FnMut(u64, u64, Does)) {
    let mut random = Random::of("browsers", day);
    if day == 0 {
        add(6, 40, Does::Open(Browser::Main));
    }
    if random.percent(30) {
        add(12, 0, Does::Close(Browser::Main));
        add(13, 40, Does::Open(Browser::Main));
    }
    if random.percent(8) {
        // It crashes, just when it fetches what will be read.
        add(20, 45, Does::Close(Browser::Main));
        add(20, 47, Does::Open(Browser::Main));
    }
    let kind = kind_of(day);
    let opens = if kind == Day::Weekend { 12 } else { 19 };
    add(opens, random.below(60), Does::Open(Browser::Second));
    add(22, random.below(60), Does::Close(Browser::Second));
    if kind == Day::Office {
        add(9, random.below(30), Does::Open(Browser::Work));
        add(16, 30 + random.below(30), Does::Close(Browser::Work));
    }
}

fn use_of_sites(day: u64, add: &mut impl FnMut(u64, u64, Does)) {
    let mut random = Random::of("use", day);
    for site in sites::all() {
        let visited = match sites::habit(site) {
            Habit::Favourite => {
                for hour in READING_HOURS {
                    read(site, hour, &mut random, add);
                }
                continue;
            }
            Habit::Often => random.percent(30),
            Habit::Seldom => random.percent(4),
            Habit::Never => false,
        };
        // All were used once, when they were installed.
        if visited || day == 0 {
            let (hour, minute) = match sites::browser(site) {
                Browser::Main => (14 + random.below(6), random.below(60)),
                Browser::Second => (20, random.below(60)),
                Browser::Work => (10 + random.below(6), random.below(60)),
            };
            add(hour, minute, Does::Use(sites::browser(site), site, &VISITS));
            if random.percent(40) {
                add(hour, minute, Does::Register(sites::outgoing(site, &mut random)));
            }
        }
    }
}

/// A favourite is read: one after the other, on most days.
fn read(site: Site, hour: u64, random: &mut Random, add: &mut impl FnMut(u64, u64, Does)) {
    if random.percent(5) {
        return;
    }
    let minute = 2 * u64::try_from(site.0).unwrap_or(0) + random.below(2);
    add(hour, minute, Does::Use(sites::browser(site), site, &READS));
    if random.percent(15) {
        add(hour, minute + 1, Does::Register(sites::outgoing(site, random)));
    }
    if random.percent(5) {
        add(hour, minute + 1, Does::Register(sites::again(site, random)));
    }
}
