//! What is read, without changing anything.

use pwasync_core::{
    Filter, Viewer, Wakes,
    history::{Entry, EntryFilter},
    key::{RegistrationId, SyncKind},
};

use super::{Script, words};
use crate::support::{names, trace};

impl Script {
    /// `show mail`, `why mail`, `tags shop [periodic]`, `list`, `history [mail]`, `decisions`, `leases`, `engagement`,
    /// `wakes`, `timeout`, `kept shop`; each but the last three also `as bob`.
    pub(super) fn read(&mut self, command: &str, rest: &[&str]) -> bool {
        let (scheduler, now) = (&self.world.scheduler, self.world.now);
        let text = match (command, rest) {
            ("show", [name, kind @ ..]) => {
                let view = scheduler.registration(now, &self.key(name, kind));
                view.map_or(format!("{name}: none"), |view| trace::view(&view))
            }
            ("why", [name]) => {
                let said = scheduler.sentences(now, Viewer::Administrator, self.id(name));
                said.unwrap_or_default().join("\n            ")
            }
            ("tags", [worker, rest @ ..]) => {
                let kind = rest.first().map_or(SyncKind::OneOff, |word| words::kind(word));
                let tags = scheduler.tags(&names::worker(worker), kind);
                let tags: Vec<_> = tags.iter().map(|tag| format!("`{}`", tag.as_str())).collect();
                said_or("no tags", &tags, "tags ")
            }
            ("list", rest) => {
                let first = RegistrationId::new(0);
                let viewer = words::viewer(rest);
                let page = scheduler.list(now, viewer, &Filter::default(), first, 100);
                let names: Vec<_> =
                    page.views.iter().map(|view| names::key_name(&view.registration.key)).collect();
                said_or("nothing", &names, "")
            }
            ("history", rest) => {
                let name = rest.first().filter(|word| **word != "as");
                let registration = name.map(|name| self.id(name));
                let filter = EntryFilter { registration, ..EntryFilter::default() };
                let entries = scheduler.history(words::viewer(rest), &filter, 100);
                trace::history(&entries)
            }
            ("decisions", rest) => {
                let entries =
                    scheduler.history(words::viewer(rest), &EntryFilter::default(), usize::MAX);
                let number = |entry: &Entry| entry.sequence.to_string();
                let [first, last] = [entries.last(), entries.first()]
                    .map(|entry| entry.map_or("none".to_owned(), number));
                format!("{} decisions, from {first} to {last}", entries.len())
            }
            ("leases", rest) => {
                let leases = scheduler.leases(words::viewer(rest));
                let leases: Vec<_> = leases.iter().map(trace::lease).collect();
                said_or("no leases", &leases, "")
            }
            ("engagement", []) => {
                let all = scheduler.engagement(now, |_| true);
                let all: Vec<_> = all.iter().map(trace::engaged).collect();
                said_or("no engagement", &all, "")
            }
            ("wakes", []) => {
                let Wakes { wakes, saved, .. } = scheduler.wakes();
                format!("{wakes} wakes, {saved} saved")
            }
            ("timeout", []) => match scheduler.poll_timeout() {
                Some((at, reason)) => format!("next at {}: {reason:?}", names::clock(at)),
                None => "nothing is due".to_owned(),
            },
            ("kept", [place]) => self.kept(&words::site(place).origin),
            _ => return false,
        };
        self.say(&text);
        true
    }

    /// What is on disk that names an origin.
    fn kept(&self, origin: &str) -> String {
        let saved = self.world.scheduler.to_saved();
        let parts = [
            ("registrations", format!("{:?}", saved.registrations)),
            ("sites", format!("{:?}", saved.sites)),
            ("profiles", format!("{:?}", saved.profiles)),
            ("leases", format!("{:?}", saved.leases)),
            ("history", format!("{:?}", saved.history)),
        ];
        let parts = parts.iter().filter(|(_, text)| text.contains(origin));
        let parts: Vec<_> = parts.map(|(part, _)| (*part).to_owned()).collect();
        said_or("nothing is kept", &parts, "kept in ")
    }
}

fn said_or(none: &str, some: &[String], lead: &str) -> String {
    if some.is_empty() { none.to_owned() } else { format!("{lead}{}", some.join(" ")) }
}
