//! The files of a policy laid over one another, and what they contradict one another in.

use std::collections::{BTreeMap, BTreeSet};

use pwasync_core::{
    key::Scope,
    policy::{Contradiction, Policy, Section, Value, keys::Key},
};

use super::{
    document::Entry,
    files::Rank,
    problem::{Collected, Place, Problem},
};

/// Most sections of origins, apps and networks.
const SITES: usize = 1_000;

/// What the files say so far.
#[derive(Debug, Default)]
pub(super) struct Merged {
    values: BTreeMap<(Section, &'static str), Set>,
    sites: BTreeSet<Section>,
    /// Keys with a wrong value: what they were meant to be is not known.
    wrong: BTreeSet<&'static str>,
}

/// What a key is set to.
#[derive(Debug)]
struct Set {
    key: &'static Key,
    value: Value,
    place: Place,
    rank: Rank,
}

impl Merged {
    /// Lays a file's entries over those of the files before it.
    pub(super) fn add(&mut self, entries: Vec<Entry>, rank: Rank, problems: &mut Collected) {
        for Entry { section, key, value, place } in entries {
            if !self.has_room_for(&section) {
                let message = || format!("sites have more sections than the limit {SITES}");
                problems.add(|| problem(&place, key, message()));
                continue;
            }
            let Some(value) = value else {
                self.wrong.insert(key.name);
                continue;
            };
            let name = (section, key.name);
            // To stand over the main file is what drop-ins are for.
            if let Some(before) = self.values.get(&name)
                && before.value != value
                && (before.rank == rank)
            {
                let earlier = &before.place;
                let message = || format!("is `{value}` here and `{}` in {earlier}", before.value);
                problems.add(|| problem(&place, key, message()));
            }
            self.values.insert(name, Set { key, value, place, rank });
        }
    }

    fn has_room_for(&mut self, section: &Section) -> bool {
        if *section == Section::General || self.sites.contains(section) {
            return true;
        }
        self.sites.len() < SITES && self.sites.insert(section.clone())
    }

    /// The policy that the files make, and where its values stand.
    pub(super) fn finish(
        self,
        problems: &mut Collected,
    ) -> (Policy, BTreeMap<(Section, &'static str), Place>) {
        let mut policy = Policy::default();
        for ((section, _), set) in &self.values {
            let refused = match section {
                Section::General => set.key.set(&mut policy, set.value).map_err(|e| e.to_string()),
                Section::Origin(origin) => {
                    let patch = policy.origins.entry(origin.clone()).or_default();
                    patch.set(set.key, set.value).map_err(|error| error.to_string())
                }
                Section::Network(place) => {
                    let patch = policy.networks.entry(place.clone()).or_default();
                    patch.set_of_network(set.key, set.value).map_err(|error| error.to_string())
                }
                Section::App(app) => {
                    let patch = policy.apps.entry(app.clone()).or_default();
                    patch.set(set.key, set.value).map_err(|error| error.to_string())
                }
            };
            if let Err(message) = refused {
                problems.add(|| problem(&set.place, set.key, message));
            }
        }
        for found in policy.contradictions() {
            self.contradiction(&found, problems);
        }
        let places = self.values.into_iter().map(|(name, set)| (name, set.place)).collect();
        (policy, places)
    }

    /// Tells of two keys that contradict one another, at one of those that are set.
    fn contradiction(&self, found: &Contradiction, problems: &mut Collected) {
        if [found.lower, found.upper].iter().any(|key| self.wrong.contains(key.name)) {
            return;
        }
        let lower = self.place(&found.section, found.lower);
        let upper = self.place(&found.section, found.upper);
        // One of the two is set: the defaults do not contradict one another.
        let Some(place) = lower.or(upper) else { return };
        let origin = upper.map_or_else(|| "default".to_owned(), Place::to_string);
        problems.add(|| problem(place, found.lower, format!("{} ({origin})", found.text)));
    }

    /// Where the value stands that holds in a section.
    fn place(&self, section: &Section, key: &Key) -> Option<&Place> {
        let mut sections = vec![section.clone()];
        if let Section::App(app) = section
            && let Ok(scope) = Scope::parse(app.as_str())
        {
            sections.push(Section::Origin(scope.origin().into()));
        }
        sections.push(Section::General);
        sections
            .into_iter()
            .find_map(|section| self.values.get(&(section, key.name)))
            .map(|set| &set.place)
    }
}

fn problem(place: &Place, key: &Key, message: String) -> Problem {
    let (file, line, column) = match place {
        Place::Flag(name) => (name.into(), 0, 0),
        Place::File { path, line, column } => (path.to_path_buf(), *line, *column),
    };
    Problem { file, line, column, key: key.name.to_owned(), message }
}
