//! Pairs of keys of which one must not be above the other.

use super::{Policy, Rules, Section, keys, keys::Key};
use crate::key::Scope;

/// Lower, upper.
pub(super) const ORDERS: [(&str, &str); 20] = [
    ("retry.initial_delay", "retry.max_delay"),
    ("retry.unavailable_delay", "retry.max_unavailable_delay"),
    ("event.start_limit", "event.launched_start_limit"),
    ("launch.delay", "launch.max_delay"),
    ("one_off.expiry", "one_off.max_expiry"),
    // Work that may wait is held before work that may not.
    ("one_off.battery", "periodic.battery"),
    ("engagement.max_daily", "engagement.max_score"),
    ("engagement.cleanup", "engagement.medium"),
    ("engagement.medium", "engagement.high"),
    ("engagement.high", "engagement.max_score"),
    ("engagement.high_factor", "engagement.low_factor"),
    ("engagement.low_factor", "engagement.minimal_factor"),
    ("shares.owner_slots", "shares.slots"),
    ("shares.origin_registrations", "shares.owner_registrations"),
    ("shares.owner_registrations", "shares.registrations"),
    ("shares.owner_bytes", "shares.bytes"),
    ("shares.unnamed_owners", "shares.owners"),
    ("shares.owner_history", "shares.history"),
    ("traffic.calls_at_once", "traffic.waiting_calls"),
    ("traffic.owner_connections", "traffic.connections"),
];

/// Two keys that contradict one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// In which part of the policy.
    pub section: Section,
    /// The key that is too large.
    pub lower: &'static Key,
    /// The key that it must not be above.
    pub upper: &'static Key,
    /// What is wrong, as the end of a sentence about [`Self::lower`].
    pub text: String,
}

impl Policy {
    /// Finds all keys that contradict one another.
    pub fn contradictions(&self) -> Vec<Contradiction> {
        let general = self.contradictions_of(&Section::General, &self.rules);
        let mut sites = Vec::new();
        for origin in self.origins.keys() {
            let rules = self.rules_for(origin, None);
            sites.extend(self.contradictions_of(&Section::Origin(origin.clone()), &rules));
        }
        for app in self.apps.keys() {
            // The id of most apps is a URL of its origin, whose section it then stands on.
            let scope = Scope::parse(app.as_str());
            let origin = scope.as_ref().map_or("", Scope::origin);
            let rules = self.rules_for(origin, Some(app));
            sites.extend(self.contradictions_of(&Section::App(app.clone()), &rules));
        }
        // A site that only repeats what is wrong for everybody is not named for it.
        let repeats =
            |site: &Contradiction| general.iter().any(|of_all| of_all.words() == site.words());
        sites.retain(|site| !repeats(site));
        [general, sites].concat()
    }

    fn contradictions_of(&self, section: &Section, rules: &Rules) -> Vec<Contradiction> {
        let mut found = Vec::new();
        for (lower, upper) in ORDERS {
            let (Some(lower), Some(upper)) = (keys::find(lower), keys::find(upper)) else {
                continue;
            };
            let (low, high) = (lower.value(self, rules), upper.value(self, rules));
            if low.is_above(high) {
                let text = format!("value `{low}` is above `{}`, which is `{high}`", upper.name);
                found.push(Contradiction { section: section.clone(), lower, upper, text });
            }
        }
        found
    }
}

impl Contradiction {
    fn words(&self) -> (&str, &str) {
        (self.lower.name, &self.text)
    }
}
