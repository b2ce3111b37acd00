//! Runs a script line by line and writes down what left the daemon, and when.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    time::Duration,
};

use pwasync_core::{
    Caller, Filter, Force, NewRegistration, NewSchedule, Viewer,
    attempt::{Finished, Outcome},
    constraints::Constraints,
    effect::{Effect, Wake},
    event::Event,
    facts::{Power, Sleep, StoreAccess},
    key::{AttemptId, OwnerId, ProfileKey, RegistrationId, RegistrationKey, SyncKind},
    policy::Policy,
    time::Timestamp,
};

use super::{
    facts::HostChange,
    names, trace,
    world::{Commits, Hello, Left, World},
};

/// What a script's browsers do with a wake by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Worker {
    /// Nothing: the script says all.
    Silent,
    /// The event starts at once and never ends.
    Starts,
    /// It starts at once and ends so after a while.
    Ends(Outcome, Duration),
}

struct Script {
    world: World,
    worker: Worker,
    /// What the browsers will say, and when.
    answers: BTreeSet<(Timestamp, AttemptId)>,
    wakes: BTreeMap<AttemptId, Wake>,
    kinds: BTreeMap<String, SyncKind>,
    /// Login names that differ from the owner's own.
    logins: BTreeMap<OwnerId, String>,
    trace: String,
}

/// Runs a script under policy's defaults; the same script gives the same trace again.
pub(crate) fn run(script: &str) -> String {
    run_under(&Policy::default(), script)
}

pub(crate) fn run_under(policy: &Policy, script: &str) -> String {
    let trace = run_once(policy, script);
    assert_eq!(trace, run_once(policy, script), "another run of the script gives another trace");
    trace
}

fn run_once(policy: &Policy, text: &str) -> String {
    let mut script = Script {
        world: World::new(policy.clone()),
        worker: Worker::Silent,
        answers: BTreeSet::new(),
        wakes: BTreeMap::new(),
        kinds: BTreeMap::new(),
        logins: BTreeMap::new(),
        trace: String::new(),
    };
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        script.line(line);
    }
    script.trace
}

impl Script {
    /// `[00:05 | 2d 00:05 | +5m] [command]`
    fn line(&mut self, line: &str) {
        let words: Vec<_> = line.split_whitespace().collect();
        let (first, rest) = words.split_first().expect("empty lines are left out");
        let day = first.strip_suffix('d').and_then(|days| days.parse::<u64>().ok());
        let (until, rest) = if let Some(by) = first.strip_prefix('+') {
            (Some(self.world.now + names::duration(by)), rest)
        } else if let (Some(days), Some((time, rest))) = (day, rest.split_first()) {
            let time = names::instant(time).unwrap_or_else(|| panic!("no time in {line}"));
            (Some(time + Duration::from_secs(days * 86_400)), rest)
        } else if let Some(at) = names::instant(first) {
            (Some(at), rest)
        } else {
            (None, &words[..])
        };
        if let Some(until) = until {
            assert!(until >= self.world.now, "{line} goes back");
            self.run_until(until);
        }
        if let Some((command, rest)) = rest.split_first() {
            self.command(command, rest);
            self.collect();
        }
    }

    fn run_until(&mut self, until: Timestamp) {
        loop {
            let answer = self.answers.first().copied().filter(|(at, _)| *at <= until);
            let due = self.world.scheduler.poll_timeout().map(|(at, _)| at);
            match answer {
                Some((at, attempt)) if due.is_none_or(|due| at <= due) => {
                    self.answers.pop_first();
                    self.world.now = at;
                    self.answer(attempt);
                }
                Some(_) | None => {
                    if self.world.step(until).is_none() {
                        break;
                    }
                }
            }
            self.collect();
        }
        self.world.run_until(until);
    }

    fn answer(&mut self, attempt: AttemptId) {
        let Worker::Ends(outcome, _) = self.worker else { return };
        let profile = self.wakes[&attempt].key.worker.profile.clone();
        self.finish(&profile, Finished { attempt, outcome, detail: "".into(), retry_after: None });
    }

    /// Writes down what left, and lets the workers take their wakes.
    fn collect(&mut self) {
        loop {
            let left = self.world.take_left();
            if left.is_empty() {
                return;
            }
            for (at, left) in left {
                if let Some(text) = trace::left(&left) {
                    writeln!(self.trace, "{} {text}", names::clock(at)).unwrap();
                }
                if let Left::Effect(Effect::Wake(wake)) = left {
                    self.woken(wake);
                }
            }
        }
    }

    fn woken(&mut self, wake: Wake) {
        let (attempt, session) = (wake.attempt, wake.session);
        self.wakes.insert(attempt, wake);
        match self.worker {
            Worker::Silent => return,
            Worker::Starts => {}
            Worker::Ends(_, after) => {
                self.answers.insert((self.world.now + after, attempt));
            }
        }
        self.world.event(Event::AttemptStarted { session, attempt });
    }

    fn command(&mut self, command: &str, rest: &[&str]) {
        match (command, rest) {
            ("online", []) => self.world.host(HostChange::Network(Some(1))),
            ("online", [network]) => {
                self.world.host(HostChange::Network(Some(network.parse().unwrap())));
            }
            ("offline", []) => self.world.host(HostChange::Network(None)),
            ("battery", [percent]) => self.power(percent, true),
            ("charging", [percent]) => self.power(percent, false),
            ("suspend", []) => self.world.host(HostChange::Sleep(Sleep::Suspending)),
            ("resume", []) => self.world.host(HostChange::Sleep(Sleep::Awake)),
            ("store", ["read-only"]) => {
                self.world.host(HostChange::Store(StoreAccess::ReadOnly));
            }
            ("store", ["writable"]) => {
                self.world.host(HostChange::Store(StoreAccess::Writable));
            }
            ("worker", ["silent"]) => self.worker = Worker::Silent,
            ("worker", ["starts"]) => self.worker = Worker::Starts,
            ("worker", [outcome, "after", after]) => {
                self.worker = Worker::Ends(self::outcome(outcome), names::duration(after));
            }
            ("open", rest) => {
                let profile = self.attach(rest);
                self.world.ready(&profile);
            }
            ("attach", rest) => {
                self.attach(rest);
            }
            ("ready", rest) => self.world.ready(&names::profile(rest.first().unwrap_or(&"ana"))),
            ("close", rest) => self.world.close(&names::profile(rest.first().unwrap_or(&"ana"))),
            ("start", [name]) => self.start(name),
            ("finish", [name, outcome, rest @ ..]) => {
                let attempt = self.attempt(name);
                let retry_after = after_word(rest, "retry");
                let (outcome, detail) = (self::outcome(outcome), "".into());
                let profile = self.wakes[&attempt].key.worker.profile.clone();
                self.finish(&profile, Finished { attempt, outcome, detail, retry_after });
            }
            ("crash", []) => {
                self.world.commits = Commits::AtOnce;
                self.world.crash();
            }
            ("late", [by]) => self.world.now = self.world.now + names::duration(by),
            ("hold", []) => self.world.commits = Commits::Held,
            ("commit", []) => {
                self.world.commits = Commits::AtOnce;
                self.world.commit();
            }
            ("login", [owner, login]) => {
                self.logins.insert(names::owner(owner), (*login).to_owned());
            }
            _ => self.request(command, rest),
        }
    }

    /// What is asked for over gRPC.
    fn request(&mut self, command: &str, rest: &[&str]) {
        match (command, rest) {
            ("register", [name, rest @ ..]) => {
                let new = self.new_registration(name, rest);
                let caller = self.caller(new.key.owner());
                // The answer is in the trace.
                let _ = self.world.request(
                    |scheduler, now| scheduler.register(now, &caller, new),
                    |result| Some(trace::registered(result)),
                );
            }
            ("unregister", [name, kind @ ..]) => {
                let key = self.key(name, kind);
                let caller = self.caller(key.owner());
                self.world.request(
                    |scheduler, now| scheduler.unregister(now, &caller, &key),
                    |result| Some(trace::unregistered(*result)),
                );
            }
            ("remove-scope", [name]) => {
                let worker = names::worker(name);
                let caller = self.caller(worker.profile.owner);
                self.world.request(
                    |scheduler, now| scheduler.remove_scope(now, &caller, &worker),
                    |count| Some(format!("removed {count} of the scope")),
                );
            }
            ("reconcile", [who, names @ ..]) => self.reconcile(who, names),
            ("run", [name, rest @ ..]) => {
                let force = if rest.contains(&"force") { Force::Yes } else { Force::No };
                let (id, viewer) = (self.id(name), viewer(rest));
                self.world.run_now(
                    |scheduler, now, force| {
                        let answer = scheduler.run_now(now, viewer, id, force);
                        Some(trace::run(answer.as_ref()))
                    },
                    force,
                );
            }
            ("remove", [name, rest @ ..]) => {
                let (id, viewer) = (self.id(name), viewer(rest));
                self.world.request(
                    |scheduler, now| scheduler.remove_by_id(now, viewer, id),
                    |view| Some(view.as_ref().map_or("not found", |_| "removed").to_owned()),
                );
            }
            ("show" | "list" | "tags", rest) => {
                let text = self.read(command, rest);
                writeln!(self.trace, "{} {text}", names::clock(self.world.now)).unwrap();
            }
            _ => panic!("no such command: {command} {rest:?}"),
        }
    }

    fn read(&self, command: &str, rest: &[&str]) -> String {
        let (scheduler, now) = (&self.world.scheduler, self.world.now);
        match (command, rest) {
            ("show", [name, kind @ ..]) => {
                let view = scheduler.registration(now, &self.key(name, kind));
                view.map_or(format!("{name}: none"), |view| trace::view(&view))
            }
            ("tags", [worker, rest @ ..]) => {
                let kind = rest.first().map_or(SyncKind::OneOff, |word| kind(word));
                let tags = scheduler.tags(&names::worker(worker), kind);
                let tags: Vec<_> = tags.iter().map(|tag| format!("`{}`", tag.as_str())).collect();
                if tags.is_empty() {
                    "no tags".to_owned()
                } else {
                    format!("tags {}", tags.join(" "))
                }
            }
            ("list", rest) => {
                let first = RegistrationId::new(0);
                let page = scheduler.list(now, viewer(rest), &Filter::default(), first, 100);
                let names: Vec<_> =
                    page.views.iter().map(|view| names::key_name(&view.registration.key)).collect();
                if names.is_empty() { "nothing".to_owned() } else { names.join(" ") }
            }
            _ => panic!("{command} what?"),
        }
    }

    fn power(&mut self, percent: &str, on_battery: bool) {
        let battery_percent = Some(percent.trim_end_matches('%').parse().unwrap());
        self.world.host(HostChange::Power(Power { battery_percent, on_battery }));
    }

    /// `[who] [capacity 2] [running 1-1,1-2] [finished 1-1 completed]...`
    fn attach(&mut self, rest: &[&str]) -> ProfileKey {
        const WORDS: [&str; 3] = ["capacity", "running", "finished"];
        let (who, mut rest) = match rest.split_first() {
            Some((who, rest)) if !WORDS.contains(who) => (*who, rest),
            Some(_) | None => ("ana", rest),
        };
        let mut hello = Hello::default();
        while let Some((word, after)) = rest.split_first() {
            rest = match (*word, after) {
                ("capacity", [number, after @ ..]) => {
                    hello.capacity = Some(number.parse().unwrap());
                    after
                }
                ("running", [ids, after @ ..]) => {
                    let ids = ids.split(',').map(|id| AttemptId::parse(id).unwrap());
                    hello.running.extend(ids);
                    after
                }
                ("finished", [id, outcome, after @ ..]) => {
                    let attempt = AttemptId::parse(id).unwrap();
                    let (outcome, detail) = (self::outcome(outcome), "".into());
                    hello.finished.push(Finished { attempt, outcome, detail, retry_after: None });
                    after
                }
                _ => panic!("attach {rest:?}?"),
            };
        }
        let profile = names::profile(who);
        self.world.attach(&profile, hello, |opened| {
            let abandon: Vec<_> = opened.abandon.iter().map(ToString::to_string).collect();
            (!abandon.is_empty()).then(|| format!("abandon {}", abandon.join(" ")))
        });
        profile
    }

    fn start(&mut self, name: &str) {
        let attempt = self.attempt(name);
        let profile = &self.wakes[&attempt].key.worker.profile;
        let session = self.world.browsers[profile].id;
        self.world.event(Event::AttemptStarted { session, attempt });
    }

    fn finish(&mut self, profile: &ProfileKey, finished: Finished) {
        let session = self.world.browsers[profile].id;
        self.world.event(Event::AttemptFinished { session, finished });
    }

    /// The newest attempt of a registration that reached a browser, or the one with this id.
    fn attempt(&self, name: &str) -> AttemptId {
        if let Ok(id) = AttemptId::parse(name) {
            return id;
        }
        let key = self.key(name, &[]);
        let found = self.wakes.iter().rev().find(|(_, wake)| wake.key == key);
        *found.unwrap_or_else(|| panic!("{name} never ran")).0
    }

    fn new_registration(&mut self, name: &str, rest: &[&str]) -> NewRegistration {
        let schedule = match after_word(rest, "every") {
            Some(min_interval) => NewSchedule::Periodic { min_interval },
            None => NewSchedule::OneOff { expires_in: after_word(rest, "expires") },
        };
        let kind = match schedule {
            NewSchedule::Periodic { .. } => SyncKind::Periodic,
            NewSchedule::OneOff { .. } => SyncKind::OneOff,
        };
        self.kinds.insert(name.to_owned(), kind);
        NewRegistration {
            key: names::key(name, kind),
            app: None,
            schedule,
            constraints: Constraints::default(),
        }
    }

    /// Entries are `tag`, or `tag=12h` for a periodic one.
    fn reconcile(&mut self, who: &str, entries: &[&str]) {
        let profile = names::profile(who);
        let caller = self.caller(profile.owner);
        let list: Vec<_> = entries
            .iter()
            .map(|entry| match entry.split_once('=') {
                Some((name, every)) => self.new_registration(name, &["every", every]),
                None => self.new_registration(entry, &[]),
            })
            .collect();
        let _ = self.world.request(
            |scheduler, now| scheduler.reconcile(now, &caller, &profile, list),
            |result| Some(trace::reconciled(result)),
        );
    }

    fn caller(&self, owner: OwnerId) -> Caller {
        let mut caller = names::caller(owner);
        if let Some(login) = self.logins.get(&owner) {
            caller.name = login.as_str().into();
        }
        caller
    }

    /// A tag's kind is that of its last registration, unless a word says it.
    fn key(&self, name: &str, words: &[&str]) -> RegistrationKey {
        let said = words.first().map(|word| kind(word));
        let kind = said.or_else(|| self.kinds.get(name).copied()).unwrap_or(SyncKind::OneOff);
        names::key(name, kind)
    }

    /// The id of a registration by name, or the number itself.
    fn id(&self, name: &str) -> RegistrationId {
        if let Ok(number) = name.parse() {
            return RegistrationId::new(number);
        }
        let view = self.world.scheduler.registration(self.world.now, &self.key(name, &[]));
        view.unwrap_or_else(|| panic!("{name} is not registered")).registration.id
    }
}

/// The duration after a word.
fn after_word(words: &[&str], word: &str) -> Option<Duration> {
    let at = words.iter().position(|one| *one == word)?;
    Some(names::duration(words[at + 1]))
}

/// `as bob`; otherwise the administrator.
fn viewer(words: &[&str]) -> Viewer {
    match words {
        [.., "as", who] => Viewer::Owner(names::owner(who)),
        _ => Viewer::Administrator,
    }
}

fn kind(word: &str) -> SyncKind {
    match word {
        "one-off" => SyncKind::OneOff,
        "periodic" => SyncKind::Periodic,
        _ => panic!("{word} is no kind"),
    }
}

fn outcome(word: &str) -> Outcome {
    match word {
        "completed" => Outcome::Completed,
        "rejected" => Outcome::Rejected,
        "timed-out" => Outcome::TimedOut,
        "offline" => Outcome::Offline,
        "aborted" => Outcome::Aborted,
        "unavailable" => Outcome::Unavailable,
        "scope-gone" => Outcome::ScopeGone,
        _ => panic!("{word} is no outcome"),
    }
}
