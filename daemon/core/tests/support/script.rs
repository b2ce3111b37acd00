//! Runs a script line by line and writes down what left the daemon, and when.
//!
//! A line is `[00:05 | 2d 00:05 | +5m] [command]`; what commands there are, each file says.

mod browsers;
mod host;
mod leases;
mod reads;
mod requests;
mod sites;
mod words;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    time::Duration,
};

use pwasync_core::{
    Caller,
    attempt::{Finished, Outcome},
    effect::{Effect, Wake},
    event::Event,
    key::{AttemptId, LaunchToken, OwnerId, ProfileKey, RegistrationId, RegistrationKey, SyncKind},
    policy::Policy,
    time::Timestamp,
};

use super::{
    names, trace,
    world::{Commits, Left, World},
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
    /// Who each launch was for.
    launches: BTreeMap<LaunchToken, ProfileKey>,
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
        launches: BTreeMap::new(),
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
                match left {
                    Left::Effect(Effect::Wake(wake)) => self.woken(wake),
                    Left::Effect(Effect::Launch { profile, token, .. }) => {
                        self.launches.insert(token, profile);
                    }
                    Left::Effect(_) | Left::Reply(_) => {}
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
        let known = self.host(command, rest)
            || self.browser(command, rest)
            || self.lease(command, rest)
            || self.site(command, rest)
            || self.request(command, rest)
            || self.read(command, rest)
            || self.itself(command, rest);
        assert!(known, "no such command: {command} {rest:?}");
    }

    /// What happens to the daemon itself: `crash`, `crash back 5h` (the machine
    /// starts again with a clock that is behind), `late 5m`, `hold`, `commit`, `login ana anna`,
    /// `policy [origin shop | app mail] retry.max_attempts=5 ...`.
    fn itself(&mut self, command: &str, rest: &[&str]) -> bool {
        match (command, rest) {
            ("crash", []) => {
                self.world.commits = Commits::AtOnce;
                self.world.crash();
            }
            ("sleep", [by]) => self.world.sleep(names::duration(by)),
            ("late", [by]) => self.world.now = self.world.now + names::duration(by),
            ("crash", ["back", by]) => {
                self.world.now = self.world.now.saturating_sub(names::duration(by));
                self.world.crash();
            }
            ("hold", []) => self.world.commits = Commits::Held,
            ("commit", []) => {
                self.world.commits = Commits::AtOnce;
                self.world.commit();
            }
            ("login", [owner, login]) => {
                self.logins.insert(names::owner(owner), (*login).to_owned());
            }
            ("policy", rest) => {
                let mut policy = self.world.policy.clone();
                words::set_keys(&mut policy, rest);
                self.world.set_policy(policy);
            }
            _ => return false,
        }
        true
    }

    /// Does something of which the trace is to say nothing.
    fn quietly(&mut self, what: impl FnOnce(&mut Self)) {
        what(self);
        self.world.take_left();
    }

    /// Writes a line of its own into the trace.
    fn say(&mut self, text: &str) {
        writeln!(self.trace, "{} {text}", names::clock(self.world.now)).unwrap();
    }

    fn caller(&self, owner: OwnerId) -> Caller {
        let mut caller = names::caller(owner);
        if let Some(login) = self.logins.get(&owner) {
            caller.name = login.as_str().into();
        }
        caller
    }

    /// A tag's kind is that of its last registration, unless a word says it.
    fn key(&self, name: &str, rest: &[&str]) -> RegistrationKey {
        let said = rest.first().map(|word| words::kind(word));
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
