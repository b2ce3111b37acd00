//! A phone: three browsers, a launcher, two hundred registrations, and what becomes of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    sync::Arc,
    time::Duration,
};

use pwasync_core::{
    EngagementReport, NewRegistration, NewSchedule,
    attempt::{Finished, Outcome},
    blocker::BlockerCode,
    change::{Change, RegistrationChange, What},
    constraints::Constraints,
    effect::{Effect, Wake},
    engagement::EventKind,
    event::Event,
    key::{
        AttemptId, LaunchToken, ProfileId, ProfileKey, RegistrationId, RegistrationKey, Scope,
        SyncKind, Tag, WorkerKey,
    },
    policy::Policy,
    site::SiteKey,
    time::Timestamp,
};

use super::life::{self, Happening, NEWS, ORIGINS, READING};
use crate::support::{
    names,
    world::{Hello, Left, World},
};

const BROWSERS: [&str; 3] = ["chromium", "epiphany", "firefox"];
/// The periodic syncs of each origin, in hours. Like most sites, it wants its news each hour.
const INTERVALS: [(&str, u32); 4] = [("news", 1), ("day", 24), ("two days", 48), ("week", 168)];
const HOUR: Duration = Duration::from_secs(3_600);
/// A browser that was started for an event stays for so long without one.
const IDLE: Duration = Duration::from_secs(60);
const ATTACHES_AFTER: Duration = Duration::from_secs(4);

/// What became of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Diary {
    /// All that left the core, boiled down.
    pub(crate) hash: u64,
    pub(crate) days: u64,
    pub(crate) events: u64,
    pub(crate) wakes: u64,
    pub(crate) saved: u64,
    /// Wakes while nobody uses the phone.
    pub(crate) unused_wakes: u64,
    pub(crate) launches: u64,
    pub(crate) held_at_most: Option<(Duration, Timestamp)>,
    pub(crate) late_at_most: Duration,
    /// Minutes since the last fetch of each news origin, by the hour of reading.
    pub(crate) news: BTreeMap<u64, Vec<u64>>,
}

pub(crate) struct Phone {
    world: World,
    later: BTreeSet<(Timestamp, u64, Later)>,
    sequence: u64,
    open: BTreeMap<usize, Browser>,
    /// What something but the grid, the browser or others' turn holds.
    held: BTreeSet<RegistrationId>,
    fetched: BTreeMap<usize, Timestamp>,
    text: String,
    diary: Diary,
}

#[derive(Default)]
struct Browser {
    used: bool,
    running: BTreeSet<AttemptId>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Later {
    Attach(usize, LaunchToken),
    Finish(usize, AttemptId),
    CloseIfIdle(usize),
}

impl Phone {
    /// So many days of a phone under a policy.
    pub(crate) fn live(policy: Policy, days: u64) -> Diary {
        let mut phone = Self {
            world: World::long_lived(policy),
            later: BTreeSet::new(),
            sequence: 0,
            open: BTreeMap::new(),
            held: BTreeSet::new(),
            fetched: BTreeMap::new(),
            text: String::new(),
            diary: Diary {
                hash: 0xcbf2_9ce4_8422_2325,
                days,
                events: 0,
                wakes: 0,
                saved: 0,
                unused_wakes: 0,
                launches: 0,
                held_at_most: None,
                late_at_most: Duration::ZERO,
                news: BTreeMap::new(),
            },
        };
        let profiles = (0..3).map(|browser| profile(browser).profile).collect();
        phone.world.open_launcher(names::owner("ana"), profiles);
        for day in 0..days {
            for (at, what) in life::day(day) {
                phone.run_until(at);
                phone.happen(what);
                phone.collect();
            }
        }
        phone.run_until(life::instant(days, 0));
        phone.diary.wakes = phone.world.scheduler.wakes().wakes;
        phone.diary.saved = phone.world.scheduler.wakes().saved;
        phone.diary
    }

    fn run_until(&mut self, until: Timestamp) {
        loop {
            let due = self.world.scheduler.poll_timeout().map(|(at, _)| at);
            let later = self.later.first().map(|(at, _, _)| *at).filter(|at| *at <= until);
            match later {
                Some(at) if due.is_none_or(|due| at <= due) => {
                    let Some((_, _, what)) = self.later.pop_first() else { break };
                    self.world.now = self.world.now.max(at);
                    self.do_later(what);
                }
                Some(_) | None => {
                    if self.world.step(until).is_none() {
                        break;
                    }
                }
            }
            self.collect();
        }
        self.world.now = self.world.now.max(until);
    }

    fn after(&mut self, by: Duration, what: Later) {
        self.sequence += 1;
        self.later.insert((self.world.now + by, self.sequence, what));
    }

    fn do_later(&mut self, what: Later) {
        match what {
            Later::Attach(browser, token) => self.attach(browser, Some(token)),
            Later::CloseIfIdle(place) => {
                let browser = self.open.get(&place);
                if browser.is_some_and(|browser| !browser.used && browser.running.is_empty()) {
                    self.open.remove(&place);
                    self.world.close(&profile(place));
                }
            }
            Later::Finish(place, attempt) => {
                let Some(browser) = self.open.get_mut(&place) else { return };
                browser.running.remove(&attempt);
                // One event in forty fails.
                let fails = attempt.counter.is_multiple_of(40);
                let outcome = if fails { Outcome::Rejected } else { Outcome::Completed };
                let finished = Finished { attempt, outcome, detail: "".into(), retry_after: None };
                if let Some(session) = self.world.browsers.get(&profile(place)) {
                    let session = session.id;
                    self.world.event(Event::AttemptFinished { session, finished });
                }
                if outcome == Outcome::Completed {
                    self.note_fetched(attempt);
                }
                self.after(IDLE, Later::CloseIfIdle(place));
            }
        }
    }

    fn attach(&mut self, place: usize, launch: Option<LaunchToken>) {
        if self.open.contains_key(&place) {
            return;
        }
        self.open.insert(place, Browser::default());
        let hello = Hello { launch, ..Hello::default() };
        self.world.attach(&profile(place), hello, |_| None);
        self.world.ready(&profile(place));
        self.after(IDLE, Later::CloseIfIdle(place));
    }

    fn happen(&mut self, what: Happening) {
        match what {
            Happening::Host(change) => self.world.host(change),
            Happening::Open(place) => {
                self.attach(place, None);
                self.open.entry(place).or_default().used = true;
                if place == 0 {
                    self.note_reading();
                }
            }
            Happening::Leave(place) => {
                self.open.entry(place).or_default().used = false;
                self.after(IDLE, Later::CloseIfIdle(place));
            }
            Happening::Use(origin, inputs) => self.use_origin(origin, inputs),
        }
    }

    /// The user opens a page and does something there; the page registers what it wants.
    fn use_origin(&mut self, origin: usize, inputs: usize) {
        let caller = names::caller(names::owner("ana"));
        let key = |kind, tag: &str| RegistrationKey {
            worker: worker(origin),
            kind,
            tag: Tag::parse(tag).unwrap(),
        };
        let new = |key, schedule| NewRegistration {
            key,
            app: None,
            schedule,
            constraints: Constraints::default(),
        };
        let mut all =
            vec![new(key(SyncKind::OneOff, "outbox"), NewSchedule::OneOff { expires_in: None })];
        all.extend(INTERVALS.map(|(tag, hours)| {
            let schedule = NewSchedule::Periodic { min_interval: HOUR * hours };
            new(key(SyncKind::Periodic, tag), schedule)
        }));
        for new in all {
            let _ = self.world.input(|core, now| core.register(now, &caller, new)).unwrap();
        }
        let wall = self.world.facts.wall.local(self.world.now).wall;
        let mut events = vec![(EventKind::ShortcutLaunch, wall), (EventKind::Navigation, wall)];
        events.extend(std::iter::repeat_n((EventKind::UserInput, wall), inputs));
        let report = EngagementReport::Events(events);
        let worker = worker(origin);
        let (profile, origin) = (worker.profile.clone(), worker.scope.origin().into());
        let site = SiteKey { profile, origin };
        let report =
            self.world.input(|core, now| core.report_engagement(now, &caller, &site, &report));
        report.unwrap();
    }

    /// How old the news is that the user finds.
    fn note_reading(&mut self) {
        let now = self.world.now;
        let hour = now.as_millis() / 3_600_000 % 24;
        assert!(READING.contains(&hour));
        for fetched in self.fetched.values() {
            let minutes = now.saturating_since(*fetched).as_secs() / 60;
            self.diary.news.entry(hour).or_default().push(minutes);
        }
    }

    fn note_fetched(&mut self, attempt: AttemptId) {
        let key = self.world.key_of(attempt);
        let origin = key.worker.scope.origin();
        let place = (0..NEWS).find(|place| self::origin(*place) == origin);
        if let (Some(place), "news") = (place, key.tag.as_str()) {
            self.fetched.insert(place, self.world.now);
        }
    }

    /// Writes down what left, and lets browsers do what they are told.
    fn collect(&mut self) {
        loop {
            let left = self.world.take_left();
            if left.is_empty() {
                return;
            }
            for (at, left) in left {
                self.text.clear();
                write!(self.text, "{at:?} {left:?}").unwrap();
                for byte in self.text.bytes() {
                    self.diary.hash =
                        (self.diary.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
                }
                if let Left::Effect(effect) = left {
                    self.take(effect);
                }
            }
        }
    }

    fn take(&mut self, effect: Effect) {
        match effect {
            Effect::Wake(wake) => self.woken(&wake),
            Effect::Launch { profile, token, .. } => {
                self.diary.launches += 1;
                let place = BROWSERS.iter().position(|one| *one == profile.profile.browser());
                self.after(ATTACHES_AFTER, Later::Attach(place.unwrap(), token));
            }
            Effect::Notify(Change { what: What::Registration { id, what, .. }, .. }) => {
                if let RegistrationChange::Held(codes) = what {
                    let passing = [
                        BlockerCode::BrowserClosed,
                        BlockerCode::BrowserLaunching,
                        BlockerCode::Concurrency,
                    ];
                    if codes.iter().any(|code| !passing.contains(code)) {
                        self.held.insert(id);
                    }
                }
            }
            Effect::Notify(_)
            | Effect::Record(_)
            | Effect::Cancel { .. }
            | Effect::Recorded { .. }
            | Effect::CloseSession { .. }
            | Effect::LaunchCancel { .. }
            | Effect::CloseLauncher(_)
            | Effect::HostChanged => {}
        }
    }

    fn woken(&mut self, wake: &Wake) {
        let browser = wake.key.worker.profile.profile.browser();
        let place = BROWSERS.iter().position(|one| *one == browser).unwrap();
        let rests = |browser: &Browser| !browser.used && browser.running.is_empty();
        if self.open.values().all(rests) {
            self.diary.unused_wakes += 1;
        }
        let Some(browser) = self.open.get_mut(&place) else { return };
        browser.running.insert(wake.attempt);
        self.diary.events += 1;
        let view = self.world.scheduler.registration(self.world.now, &wake.key).unwrap();
        if let (Some(plan), 0) = (view.registration.plan(), view.registration.attempts) {
            let late = self.world.now.saturating_since(plan.goes);
            if !self.held.remove(&wake.registration) {
                self.diary.late_at_most = self.diary.late_at_most.max(late);
            }
            let longest = self.diary.held_at_most.map(|(late, _)| late);
            if longest.is_none_or(|longest| longest < late) {
                self.diary.held_at_most = Some((late, self.world.now));
            }
        }
        let (session, attempt) = (wake.session, wake.attempt);
        self.world.event(Event::AttemptStarted { session, attempt });
        let takes = Duration::from_secs(2 + attempt.counter % 15);
        self.after(takes, Later::Finish(place, attempt));
    }
}

fn profile(browser: usize) -> ProfileKey {
    let profile = ProfileId::parse(BROWSERS[browser], "Default").unwrap();
    ProfileKey { owner: names::owner("ana"), profile }
}

pub(crate) fn origin(place: usize) -> String {
    format!("https://site-{place}.example")
}

fn worker(place: usize) -> Arc<WorkerKey> {
    assert!(place < ORIGINS);
    let scope = Scope::parse(&format!("{}/", origin(place))).unwrap();
    Arc::new(WorkerKey { profile: profile(place % BROWSERS.len()), scope })
}
