//! The table of all keys of the policy: their names, ranges, meanings and rules.
//!
//! The one place that names a number to people: policy files are read by it, what `syncctl policy`
//! prints and the documentation are made of it.

mod engagement;
mod kinds;
mod retry;
mod shares;
mod suspend;
mod traffic;
mod world;

use std::fmt;

use super::{
    NetworkRules, Policy, Rules,
    setting::Lens,
    value::{Kind, Value, ValueError},
};

/// A group of keys: what a table of the file has.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// The name of the table.
    pub name: &'static str,
    /// What its keys are about, as a sentence.
    pub about: &'static str,
    /// Its keys, in the order in which people read them.
    pub keys: &'static [Key],
}

/// A number of the policy, as a policy file names it.
pub struct Key {
    /// With the table: `retry.initial_delay`.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What it means, as a sentence.
    pub about: &'static str,
    /// The constants of Chromium (K, E) and decisions (P) that it stands for; empty: none of them.
    pub rule: &'static str,
    field: Field,
}

/// Whose number it is.
enum Field {
    /// The same for everybody.
    General(Lens<Policy>),
    /// A site's section may have another.
    Site(Lens<Rules>),
    /// A network's section may have another.
    Network(Lens<NetworkRules>),
}

/// Which sections may have a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It is the same for everybody.
    General,
    /// Origins and apps may have another value.
    Site,
    /// Interfaces, Wi-Fis and connections may have another value.
    Network,
}

/// All groups, in the order in which people read them.
pub static GROUPS: [Group; 13] = [
    kinds::ONE_OFF,
    kinds::PERIODIC,
    kinds::BUDGET,
    retry::RETRY,
    retry::EVENT,
    retry::LAUNCH,
    world::NETWORK,
    world::GRID,
    suspend::SUSPEND,
    engagement::ENGAGEMENT,
    shares::SHARES,
    traffic::TRAFFIC,
    shares::LEASE,
];

/// All keys.
pub fn all() -> impl Iterator<Item = &'static Key> {
    GROUPS.iter().flat_map(|group| group.keys)
}

/// The key of this name.
pub fn find(name: &str) -> Option<&'static Key> {
    all().find(|key| key.name == name)
}

impl Key {
    /// Which sections may have it.
    pub fn reach(&self) -> Reach {
        match self.field {
            Field::General(_) => Reach::General,
            Field::Site(_) => Reach::Site,
            Field::Network(_) => Reach::Network,
        }
    }

    /// The value for a site: `rules` are what holds for it.
    pub fn value(&self, policy: &Policy, rules: &Rules) -> Value {
        match &self.field {
            Field::General(lens) => (lens.show)(policy),
            Field::Site(lens) => (lens.show)(rules),
            Field::Network(lens) => (lens.show)(&policy.network),
        }
    }

    /// The value where no file says otherwise.
    pub fn default(&self) -> Value {
        let policy = Policy::default();
        self.value(&policy, &policy.rules)
    }

    /// Sets the general value.
    ///
    /// # Errors
    /// When the value is of another kind, or out of range.
    pub fn set(&self, policy: &mut Policy, value: Value) -> Result<(), ValueError> {
        self.kind.check(value)?;
        match &self.field {
            Field::General(lens) => (lens.set)(policy, value),
            Field::Site(lens) => (lens.set)(&mut policy.rules, value),
            Field::Network(lens) => (lens.set)(&mut policy.network, value),
        }
        .ok_or_else(|| self.kind.mismatch(value))
    }

    /// Sets the value for a site; does nothing with a key that holds for everybody.
    pub(super) fn set_for_site(&self, rules: &mut Rules, value: Value) {
        match &self.field {
            Field::General(_) | Field::Network(_) => {}
            Field::Site(lens) => {
                // A patch has only values that its keys took.
                let _ = (lens.set)(rules, value);
            }
        }
    }

    /// Sets what is said of a network; does nothing with any other key.
    pub(super) fn set_for_network(&self, rules: &mut NetworkRules, value: Value) {
        match &self.field {
            Field::General(_) | Field::Site(_) => {}
            Field::Network(lens) => {
                let _ = (lens.set)(rules, value);
            }
        }
    }
}

/// There is one of each name.
impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.name).finish()
    }
}

#[cfg(test)]
mod tests;
