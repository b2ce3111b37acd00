//! What browsers and launchers do.

use std::collections::BTreeSet;

use pwasync_core::{
    attempt::Finished,
    event::Event,
    key::{AttemptId, LaunchToken, OwnerId, ProfileId, ProfileKey},
};

use super::{Script, Worker, words};
use crate::support::{names, world::Hello};

impl Script {
    /// `open [who] [capacity 2] [running 1-1,1-2] [finished 1-1 completed] [launch 1-3]`, or
    /// `attach ...` and then `ready [who]`; `close [who]`; `start mail`, `finish mail rejected
    /// [retry 1h]`; `worker silent | starts | rejected after 5s`: what workers do by themselves;
    /// `launcher open | profiles [who...]`, `launcher close [who]`, `launcher failed 1-3 why`.
    pub(super) fn browser(&mut self, command: &str, rest: &[&str]) -> bool {
        match (command, rest) {
            ("worker", ["silent"]) => self.worker = Worker::Silent,
            ("worker", ["starts"]) => self.worker = Worker::Starts,
            ("worker", [outcome, "after", after]) => {
                self.worker = Worker::Ends(words::outcome(outcome), names::duration(after));
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
                let retry_after = words::after(rest, "retry");
                let (outcome, detail) = (words::outcome(outcome), "".into());
                let profile = self.wakes[&attempt].key.worker.profile.clone();
                self.finish(&profile, Finished { attempt, outcome, detail, retry_after });
            }
            ("launcher", [what, rest @ ..]) => self.launcher(what, rest),
            _ => return false,
        }
        true
    }

    fn attach(&mut self, rest: &[&str]) -> ProfileKey {
        const WORDS: [&str; 4] = ["capacity", "running", "finished", "launch"];
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
                    let (outcome, detail) = (words::outcome(outcome), "".into());
                    hello.finished.push(Finished { attempt, outcome, detail, retry_after: None });
                    after
                }
                ("launch", [token, after @ ..]) => {
                    hello.launch = Some(LaunchToken(AttemptId::parse(token).unwrap()));
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

    pub(super) fn finish(&mut self, profile: &ProfileKey, finished: Finished) {
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

    fn launcher(&mut self, what: &str, rest: &[&str]) {
        match (what, rest) {
            ("open", who) => {
                let (owner, profiles) = startable(who);
                self.world.open_launcher(owner, profiles);
            }
            ("profiles", who) => {
                let (owner, profiles) = startable(who);
                self.world.launcher_profiles(owner, profiles);
            }
            ("close", who) => {
                self.world.close_launcher(names::owner(who.first().unwrap_or(&"ana")));
            }
            ("failed", [token, why @ ..]) => {
                let token = LaunchToken(AttemptId::parse(token).unwrap());
                let owner = self.launches[&token].owner;
                let launcher = self.world.launchers[&owner];
                let reason = why.join(" ").into();
                self.world.event(Event::LaunchFailed { launcher, token, reason });
            }
            _ => panic!("launcher {what} {rest:?}?"),
        }
    }
}

/// Profiles of one owner that a launcher can start: `ana ana.work`; none said: `ana`. `bob none`
/// is a launcher of bob's that can start nothing.
fn startable(who: &[&str]) -> (OwnerId, BTreeSet<ProfileId>) {
    let first = who.first().unwrap_or(&"ana");
    let owner = names::profile(first).owner;
    let profiles = match who {
        [] => BTreeSet::from([names::profile("ana").profile]),
        [_, "none"] => BTreeSet::new(),
        who => who.iter().map(|one| names::profile(one).profile).collect(),
    };
    (owner, profiles)
}
