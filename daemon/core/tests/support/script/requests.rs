//! What is asked for over gRPC of registrations.

use pwasync_core::{
    Force, NewRegistration, NewSchedule,
    constraints::{Constraints, Transports},
    key::{AppId, SyncKind},
};

use super::{Script, words};
use crate::support::{names, trace};

impl Script {
    /// `register news [every 12h | expires 1h] [app mail] [unmetered charging battery-not-low
    /// known-network wifi ethernet cellular]`, `unregister news [periodic]`, `remove-scope shop`,
    /// `reconcile ana mail news=12h`, `run mail [force]`, `remove mail`; `storm 200 [bob/]`: so many
    /// that come and go, without a word in the trace.
    pub(super) fn request(&mut self, command: &str, rest: &[&str]) -> bool {
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
                let (id, viewer) = (self.id(name), words::viewer(rest));
                self.world.run_now(
                    |scheduler, now, force| {
                        let answer = scheduler.run_now(now, viewer, id, force);
                        Some(trace::run(answer.as_ref()))
                    },
                    force,
                );
            }
            ("storm", [times, place @ ..]) => {
                let place = place.first().unwrap_or(&"");
                for _ in 0..times.parse::<u32>().unwrap() {
                    let storm = format!("{place}storm");
                    self.quietly(|script| {
                        script.request("register", &[&storm]);
                        script.request("unregister", &[&storm]);
                    });
                }
            }
            ("remove", [name, rest @ ..]) => {
                let (id, viewer) = (self.id(name), words::viewer(rest));
                self.world.request(
                    |scheduler, now| scheduler.remove_by_id(now, viewer, id),
                    |view| Some(view.as_ref().map_or("not found", |_| "removed").to_owned()),
                );
            }
            _ => return false,
        }
        true
    }

    fn new_registration(&mut self, name: &str, rest: &[&str]) -> NewRegistration {
        let schedule = match words::after(rest, "every") {
            Some(min_interval) => NewSchedule::Periodic { min_interval },
            None => NewSchedule::OneOff { expires_in: words::after(rest, "expires") },
        };
        let kind = match schedule {
            NewSchedule::Periodic { .. } => SyncKind::Periodic,
            NewSchedule::OneOff { .. } => SyncKind::OneOff,
        };
        self.kinds.insert(name.to_owned(), kind);
        let app = words::value(rest, "app").map(|app| AppId::parse(app).unwrap());
        let transports: Transports =
            rest.iter().filter_map(|word| words::transport(word)).collect();
        let constraints = Constraints {
            unmetered: rest.contains(&"unmetered"),
            transports,
            charging: rest.contains(&"charging"),
            battery_not_low: rest.contains(&"battery-not-low"),
            known_network: rest.contains(&"known-network"),
        };
        NewRegistration { key: names::key(name, kind), app, schedule, constraints }
    }

    /// Entries are `tag`, or `tag=12h` for a periodic one, `tag+unmetered` for what it asks.
    fn reconcile(&mut self, who: &str, entries: &[&str]) {
        let profile = names::profile(who);
        let caller = self.caller(profile.owner);
        let list: Vec<_> = entries
            .iter()
            .map(|entry| {
                let mut words = entry.split('+');
                let entry = words.next().unwrap_or_default();
                let (name, every) = entry.split_once('=').unwrap_or((entry, ""));
                let mut rest: Vec<_> = words.collect();
                if !every.is_empty() {
                    rest.extend(["every", every]);
                }
                self.new_registration(name, &rest)
            })
            .collect();
        let _ = self.world.request(
            |scheduler, now| scheduler.reconcile(now, &caller, &profile, list),
            |result| Some(trace::reconciled(result)),
        );
    }
}
