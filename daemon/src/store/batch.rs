//! What is written together.

use std::{collections::BTreeMap, sync::Arc};

use pwasync_core::{
    key::{OwnerId, RegistrationId},
    registration::Registration,
    saved::Counters,
    time::Timestamp,
};

/// One thing to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// This registration.
    Save(Box<Registration>),
    /// That this registration is gone.
    Delete(RegistrationId),
    /// The counters.
    SaveCounters(Counters),
    /// Who an owner is.
    SaveOwner {
        /// Whose uid.
        owner: OwnerId,
        /// The login name it belongs to.
        name: Arc<str>,
    },
    /// Where the simulated clock stands.
    SaveSimulatedNow(Timestamp),
}

/// Writes that become durable together, or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    writes: BTreeMap<Target, Write>,
}

/// What a write is to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Registration(RegistrationId),
    Counters,
    Owner(OwnerId),
    SimulatedNow,
}

impl Batch {
    /// Adds a write; it takes the place of an earlier one to the same thing.
    pub fn push(&mut self, write: Write) {
        let target = match &write {
            Write::Save(registration) => Target::Registration(registration.id),
            Write::Delete(id) => Target::Registration(*id),
            Write::SaveCounters(_) => Target::Counters,
            Write::SaveOwner { owner, .. } => Target::Owner(*owner),
            Write::SaveSimulatedNow(_) => Target::SimulatedNow,
        };
        self.writes.insert(target, write);
    }

    /// There is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// How many things are written.
    pub fn len(&self) -> usize {
        self.writes.len()
    }

    /// The writes, one for each thing.
    pub(super) fn writes(&self) -> impl Iterator<Item = &Write> {
        self.writes.values()
    }
}

impl FromIterator<Write> for Batch {
    fn from_iter<I: IntoIterator<Item = Write>>(writes: I) -> Self {
        let mut batch = Self::default();
        writes.into_iter().for_each(|write| batch.push(write));
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_write_to_the_same_thing_replaces_the_earlier() {
        let counters = |last_registration| Write::SaveCounters(Counters { last_registration });
        let batch: Batch = [
            counters(1),
            Write::Delete(RegistrationId::new(7)),
            counters(2),
            Write::Delete(RegistrationId::new(7)),
        ]
        .into_iter()
        .collect();
        assert_eq!(batch.len(), 2);
        assert!(batch.writes().any(|write| *write == counters(2)));
    }
}
