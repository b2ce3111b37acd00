//! The sites on the phone, and what they ask for.

use std::time::Duration;

use pwasync_core::constraints::{Constraints, Transport, Transports};

use super::{Ask, Browser, Site, random::Random};

const HOUR: Duration = Duration::from_secs(3_600);
const SITES: usize = 40;
/// The tag that fetches what is read in the morning and in the evening.
pub(crate) const NEWS: &str = "news";
/// What a page registers when something could not be sent.
const OUTBOX: &str = "outbox";

/// How much a site is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    /// At each reading hour.
    Favourite,
    /// Every few days.
    Often,
    /// About once a month.
    Seldom,
    /// Not once after it was installed.
    Never,
}

pub(super) fn all() -> impl Iterator<Item = Site> {
    (0..SITES).map(Site)
}

pub(super) fn habit(site: Site) -> Habit {
    match site.0 {
        0..8 => Habit::Favourite,
        8..20 => Habit::Often,
        20..34 => Habit::Seldom,
        _ => Habit::Never,
    }
}

pub(crate) fn favourites() -> impl Iterator<Item = Site> {
    all().filter(|site| habit(*site) == Habit::Favourite)
}

/// The favourites are read where the user reads; the others are spread.
pub(super) fn browser(site: Site) -> Browser {
    match (habit(site), site.0 % 3) {
        (Habit::Favourite, _) | (_, 0) => Browser::Main,
        (_, 1) => Browser::Second,
        (_, _) => Browser::Work,
    }
}

/// The five registrations of a site that stand from the first day on.
pub(super) fn standing(site: Site) -> [Ask; 5] {
    let plain = Constraints::default();
    let wifi = Transports::default().with(Transport::Wifi);
    let large = match site.0 % 3 {
        0 => Constraints { unmetered: true, ..plain },
        1 => Constraints { charging: true, ..plain },
        _ => Constraints { transports: wifi, battery_not_low: true, ..plain },
    };
    let ask = |tag, hours: u32, constraints| Ask {
        browser: browser(site),
        site,
        tag,
        min_interval: Some(hours * HOUR),
        constraints,
    };
    [
        ask(NEWS, 6, plain),
        ask("digest", 12, plain),
        ask("media", 12, large),
        ask("weather", 24, plain),
        ask("archive", 48, plain),
    ]
}

/// Something to send: now and then a large one, that waits for a network without a price.
pub(super) fn outgoing(site: Site, random: &mut Random) -> Ask {
    let constraints = Constraints { unmetered: random.percent(20), ..Constraints::default() };
    Ask { browser: browser(site), site, tag: OUTBOX, min_interval: None, constraints }
}

/// What a page registers again when it is used: mostly what stands already, sometimes with
/// another interval.
pub(super) fn again(site: Site, random: &mut Random) -> Ask {
    let [_, _, _, weather, archive] = standing(site);
    let mut ask = if random.percent(50) { weather } else { archive };
    if random.percent(25) {
        ask.min_interval = Some((24 + random.below(25) as u32) * HOUR);
    }
    ask
}
