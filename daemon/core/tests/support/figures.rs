//! What a phone's life was like in figures: wakes, lateness, and how fresh the news were when
//! they were read.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    time::Duration,
};

use pwasync_core::{
    Wakes,
    attempt::Outcome,
    key::{AttemptId, ProfileKey, RegistrationId},
    policy::Policy,
    registration::Registration,
    time::Timestamp,
};

use super::{
    asks::{self, Asks, Overrides},
    facts::Facts,
    life::{self, Onlooker},
    phone::{self, Lived, Site},
    world::World,
};

/// Days until the hours of reading are learned.
const LEARNING: u64 = 7;
const QUARTER: Duration = Duration::from_secs(15 * 60);

/// The figures of a life.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    pub(crate) days: u64,
    pub(crate) attempts: usize,
    pub(crate) wakes: Wakes,
    /// Of each first attempt of a period.
    pub(crate) lateness: Vec<Late>,
    /// For each reading hour, how old each favourite's news were then, youngest first.
    pub(crate) ages: BTreeMap<u64, Vec<Duration>>,
    pub(crate) trace: String,
}

/// How late a periodic event went, apart from the time in which network, battery, suspend or a
/// closed browser held it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Late {
    /// After its interval had passed.
    pub(crate) after_due: Duration,
    /// After the slot of its plan: not for the origin's other events, the grid or a learned hour.
    pub(crate) after_slot: Duration,
    pub(crate) attempt: AttemptId,
}

/// Lives so many days under a policy, and looks on.
pub(crate) fn of(policy: &Policy, days: u64) -> Figures {
    let mut watch = Watch { policy, moments: Vec::new(), moved: BTreeMap::new(), late: vec![] };
    let (lived, wakes) = life::live(policy.clone(), days, &mut watch);
    let mut lateness = watch.late;
    lateness.sort();
    let ages =
        phone::READING_HOURS.into_iter().map(|hour| (hour, ages(&lived, days, hour))).collect();
    let attempts = lived.0.len();
    Figures { days, attempts, wakes, lateness, ages, trace: lived.trace() }
}

impl Figures {
    pub(crate) fn wakes_a_day(&self) -> f64 {
        self.wakes.wakes as f64 / self.days as f64
    }

    /// How old the news were at an hour: in the middle.
    pub(crate) fn median_age(&self, hour: u64) -> Duration {
        let ages = &self.ages[&hour];
        ages[ages.len() / 2]
    }

    /// One line for each figure.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let saved = self.wakes.saved as f64 / self.days as f64;
        writeln!(
            text,
            "  {} attempts, wakes a day {:.1}, saved a day {saved:.1}",
            self.attempts,
            self.wakes_a_day(),
        )
        .unwrap();
        let median = &self.lateness[self.lateness.len() / 2];
        let worst = self.lateness.last().unwrap();
        let slot = self.lateness.iter().max_by_key(|late| late.after_slot).unwrap();
        writeln!(
            text,
            "  after due: median {}, worst {} ({}); after its slot: worst {} ({})",
            minutes(median.after_due),
            minutes(worst.after_due),
            worst.attempt,
            minutes(slot.after_slot),
            slot.attempt,
        )
        .unwrap();
        for (hour, ages) in &self.ages {
            writeln!(
                text,
                "  news at {hour:02}:00, fetched before: median {}, worst {}; {}% within 15 min",
                minutes(self.median_age(*hour)),
                minutes(*ages.last().unwrap()),
                ages.partition_point(|age| *age <= QUARTER) * 100 / ages.len(),
            )
            .unwrap();
        }
        text
    }
}

fn minutes(duration: Duration) -> String {
    format!("{:.1} min", duration.as_secs_f64() / 60.0)
}

/// How old the favourites' news were at an hour of the days on which there was a network.
fn ages(lived: &Lived, days: u64, hour: u64) -> Vec<Duration> {
    let mut fetched: BTreeMap<&str, BTreeSet<Timestamp>> = BTreeMap::new();
    for one in lived.0.values() {
        if let Some((Outcome::Completed, at)) = one.ended {
            fetched.entry(&one.name).or_default().insert(at);
        }
    }
    let online = |day: &u64| phone::has_network(*day) && phone::has_network(day - 1);
    let mut ages: Vec<Duration> = (LEARNING..days)
        .filter(online)
        .flat_map(|day| {
            let read_at = phone::reading(day, hour);
            let news = phone::favourites().map(news_of);
            let fetched = &fetched;
            let last = move |news: String| fetched[&*news].range(..read_at).next_back().copied();
            news.filter_map(last).map(move |at| read_at.saturating_since(at)).collect::<Vec<_>>()
        })
        .collect();
    ages.sort();
    ages
}

fn news_of(site: Site) -> String {
    let host = site.origin();
    let host = host.trim_start_matches("https://").trim_end_matches(".example");
    format!("{host}/{}", phone::NEWS)
}

/// Looks on while a phone lives.
struct Watch<'a> {
    policy: &'a Policy,
    /// What host and browsers were like from an instant on.
    moments: Vec<Moment>,
    /// When each registration's plan was last moved by the user: what had to go then could not
    /// have gone before.
    moved: BTreeMap<RegistrationId, Timestamp>,
    late: Vec<Late>,
}

struct Moment {
    from: Timestamp,
    facts: Facts,
    open: BTreeSet<ProfileKey>,
}

impl Onlooker for Watch<'_> {
    fn changed(&mut self, world: &World) {
        let open = world.browsers.keys().cloned().collect();
        self.moments.push(Moment { from: world.now, facts: world.facts.clone(), open });
    }

    fn sent(&mut self, now: Timestamp, attempt: AttemptId, registration: &Registration) {
        let (Some(plan), 0, None) =
            (registration.plan(), registration.attempts, registration.streak)
        else {
            return;
        };
        let moved = self.moved.get(&registration.id).copied().unwrap_or(Timestamp::ZERO);
        let free_since = |at: Timestamp| self.free(registration, at.max(moved), now);
        let (after_due, after_slot) = (free_since(plan.due), free_since(plan.goes));
        self.late.push(Late { after_due, after_slot, attempt });
    }

    fn moved(&mut self, now: Timestamp, registration: RegistrationId) {
        self.moved.insert(registration, now);
    }
}

impl Watch<'_> {
    /// For how long of that time nothing outside held the registration.
    fn free(&self, one: &Registration, from: Timestamp, until: Timestamp) -> Duration {
        if until <= from {
            return Duration::ZERO;
        }
        let rules = self.policy.rules_for(one.key.worker.scope.origin(), one.app.as_ref());
        let asks = Asks {
            kind: one.kind(),
            rules,
            constraints: one.constraints,
            stale_at: asks::stale_at(one, &rules),
            last_sent: one.last_attempt.as_ref().map(|ended| ended.sent_at),
            registered_on: one.network,
            used_on: &[],
            overrides: Overrides::new(),
        };
        let mut free = Duration::ZERO;
        let mut end = until;
        for moment in self.moments.iter().rev() {
            let begin = moment.from.max(from);
            // What comes by itself: the network settles, and costs count no more.
            let cuts = [moment.facts.settled_at, asks.stale_at].into_iter().flatten();
            let mut edges: Vec<_> = cuts.filter(|at| begin < *at && *at < end).collect();
            edges.extend([begin, end]);
            edges.sort();
            let open = moment.open.contains(&one.key.worker.profile);
            for edge in edges.windows(2).filter(|_| open) {
                if asks.unmet(&moment.facts, edge[0], self.policy).is_empty() {
                    free += edge[1].saturating_since(edge[0]);
                }
            }
            end = end.min(moment.from);
            if end <= from {
                break;
            }
        }
        free
    }
}
