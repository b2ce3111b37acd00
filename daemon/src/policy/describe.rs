//! A policy as people read it: every value with its meaning and where it comes from.

use std::collections::{BTreeMap, BTreeSet};

use pwasync_core::policy::{
    Patch, Section, Value,
    keys::{self, Key},
};

use super::{LoadedPolicy, Place};

/// One value that holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// For whom it holds.
    pub section: Section,
    /// Its key, which knows name, unit, default, range, meaning and rule.
    pub key: &'static Key,
    /// The value.
    pub value: Value,
    /// Where it stands; `None`: it is the default.
    pub place: Option<Place>,
}

/// A value that differs between two policies.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// For whom it holds.
    pub section: Section,
    /// Its key.
    pub key: &'static Key,
    /// `None`: the section did not say.
    pub before: Option<Value>,
    /// `None`: it does not say any more.
    pub after: Option<Value>,
}

impl LoadedPolicy {
    /// Every general value in the order of the table of keys, then what each section says.
    pub fn describe(&self) -> Vec<Described> {
        let policy = &self.policy;
        let described = |section: &Section, key: &'static Key, value| Described {
            section: section.clone(),
            key,
            value,
            place: self.places.get(&(section.clone(), key.name)).cloned(),
        };
        let general = Section::General;
        let mut all: Vec<Described> = keys::all()
            .map(|key| described(&general, key, key.value(policy, &policy.rules)))
            .collect();
        for (section, patch) in self.patches() {
            all.extend(patch.entries().map(|(key, value)| described(&section, key, value)));
        }
        all
    }

    /// What is different from an earlier policy.
    pub fn changes_since(&self, earlier: &Self) -> Vec<Changed> {
        let before = earlier.describe();
        let known: BTreeMap<_, _> =
            before.iter().map(|one| ((&one.section, one.key.name), one.value)).collect();
        let after = self.describe();
        let mut changes = Vec::new();
        for Described { section, key, value, .. } in &after {
            let before = known.get(&(section, key.name)).copied();
            if before != Some(*value) {
                let (section, after) = (section.clone(), Some(*value));
                changes.push(Changed { section, key, before, after });
            }
        }
        let kept: BTreeSet<_> = after.iter().map(|one| (&one.section, one.key.name)).collect();
        for Described { section, key, value, .. } in before {
            if !kept.contains(&(&section, key.name)) {
                changes.push(Changed { section, key, before: Some(value), after: None });
            }
        }
        changes
    }

    fn patches(&self) -> impl Iterator<Item = (Section, &Patch)> {
        let origins = self.policy.origins.iter();
        let origins = origins.map(|(origin, patch)| (Section::Origin(origin.clone()), patch));
        let apps = self.policy.apps.iter();
        let networks = self.policy.networks.iter();
        origins
            .chain(apps.map(|(app, patch)| (Section::App(app.clone()), patch)))
            .chain(networks.map(|(place, patch)| (Section::Network(place.clone()), patch)))
    }
}
