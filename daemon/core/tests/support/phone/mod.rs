//! The life of a phone, day by day, as data: what its user, its browsers and its surroundings do,
//! and when. It knows nothing of who plays it; the same days come out on every machine.
//!
//! Its user gets up at 06:30, reads the favourites at 07:00 and 21:00 and puts it away at 23:30.
//! Times are those of the place.

mod agenda;
mod days;
mod random;
mod sites;
mod trace;

use std::time::Duration;

use pwasync_core::{
    attempt::Outcome,
    constraints::{Constraints, Transport},
    engagement::EventKind,
    facts::{Connectivity, Metered, Power, PowerSaver},
    key::SyncKind,
    time::Timestamp,
    wall::UtcOffset,
};

pub(crate) use agenda::{Act, Agenda, Starts};
pub(crate) use days::{READING_HOURS, has_network, reading, steps};
pub(crate) use sites::{NEWS, favourites};
pub(crate) use trace::{Attempted, Lived};

/// When its first day begins: 2026-01-01 00:00 UTC.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// Something that happens at an instant.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) at: Timestamp,
    pub(crate) does: Does,
}

/// What happens.
#[derive(Clone, Debug)]
pub(crate) enum Does {
    /// The local time is another.
    Clock(UtcOffset),
    /// The network is this one, or there is none.
    Network(Option<Network>),
    Power(Power, PowerSaver),
    /// It is put away: nothing new starts.
    Suspend,
    /// It sleeps until then.
    SleepUntil(Timestamp),
    Open(Browser),
    Close(Browser),
    Register(Ask),
    /// The user uses a site.
    Use(Browser, Site, &'static [EventKind]),
}

/// A network that the phone is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    pub(crate) name: &'static str,
    pub(crate) connectivity: Connectivity,
    pub(crate) metered: Metered,
    pub(crate) roaming: bool,
    pub(crate) transport: Transport,
}

/// One of the phone's browsers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Browser {
    /// Open from morning to night, but for some midday hours.
    Main,
    /// Open in the evening, and at weekends from noon on.
    Second,
    /// Open during office hours.
    Work,
}

impl Browser {
    const ALL: [Self; 3] = [Self::Main, Self::Second, Self::Work];

    /// Its program and its profile.
    pub(crate) fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Main => ("chromium", "Default"),
            Self::Second => ("firefox", "default-release"),
            Self::Work => ("chromium", "Profile 1"),
        }
    }

    /// The browser of a program and its profile.
    pub(crate) fn of(names: (&str, &str)) -> Self {
        *Self::ALL.iter().find(|one| one.names() == names).expect("the phone has three browsers")
    }
}

/// One of the 40 origins that are used on the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Site(pub(crate) usize);

impl Site {
    pub(crate) fn origin(self) -> String {
        format!("https://site-{:02}.example", self.0)
    }

    pub(crate) fn scope(self) -> String {
        self.origin() + "/"
    }
}

/// A page registers a sync.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) browser: Browser,
    pub(crate) site: Site,
    pub(crate) tag: &'static str,
    /// `None`: once.
    pub(crate) min_interval: Option<Duration>,
    pub(crate) constraints: Constraints,
}

impl Ask {
    pub(crate) fn kind(&self) -> SyncKind {
        match self.min_interval {
            None => SyncKind::OneOff,
            Some(_) => SyncKind::Periodic,
        }
    }
}

/// A registration's short name: `site-07/news`.
pub(crate) fn name(scope: &str, tag: &str) -> String {
    let host = scope.trim_start_matches("https://");
    format!("{}/{tag}", host.trim_end_matches(".example/"))
}

/// What a worker does with a wake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It does not even start.
    Silent,
    /// It starts and never ends.
    Hangs,
    Ends {
        outcome: Outcome,
        after: Duration,
        retry_after: Option<Duration>,
    },
}

/// What the worker of a registration does the so-manieth time that it is woken.
pub(crate) fn answer(name: &str, time: u64) -> Answer {
    let mut random = random::Random::of(name, time);
    let after = Duration::from_secs(1 + random.below(12));
    let ends = |outcome, retry_after| Answer::Ends { outcome, after, retry_after };
    match random.below(100) {
        0 => Answer::Silent,
        1 => Answer::Hangs,
        2..=3 => ends(Outcome::Unavailable, None),
        4..=6 => ends(Outcome::Offline, None),
        7 => ends(Outcome::Rejected, Some(Duration::from_secs(3_600))),
        8..=12 => ends(Outcome::Rejected, None),
        _ => ends(Outcome::Completed, None),
    }
}
