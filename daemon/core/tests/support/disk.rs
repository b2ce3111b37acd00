//! The disk of a [`World`](super::world::World): what survives a crash.

use std::{collections::BTreeMap, sync::Arc};

use pwasync_core::{
    effect::Effect,
    key::{OwnerId, RegistrationId, RegistrationKey},
    registration::Registration,
    saved::{Counters, Saved},
};

/// Records as they were last flushed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    registrations: BTreeMap<RegistrationId, Registration>,
    counters: Counters,
    owners: BTreeMap<OwnerId, Arc<str>>,
    /// Whose each id ever was: an id is never given to another key.
    ever: BTreeMap<RegistrationId, RegistrationKey>,
}

impl Disk {
    /// Writes a record; false: the effect is none.
    pub(crate) fn write(&mut self, effect: &Effect) -> bool {
        match effect {
            Effect::Save(registration) => {
                let Registration { id, key, .. } = &**registration;
                let first = self.ever.entry(*id).or_insert_with(|| key.clone());
                assert_eq!(first, key, "registration id {id} was given twice");
                self.registrations.insert(*id, (**registration).clone());
            }
            Effect::Delete(id) => {
                self.registrations.remove(id);
            }
            Effect::SaveCounters(counters) => self.counters = *counters,
            Effect::SaveOwner { owner, name } => {
                self.owners.insert(*owner, Arc::clone(name));
            }
            Effect::Wake(_)
            | Effect::Cancel { .. }
            | Effect::Recorded { .. }
            | Effect::CloseSession { .. }
            | Effect::Notify(_)
            | Effect::HostChanged => return false,
        }
        true
    }

    pub(crate) fn read(&self) -> Saved {
        Saved {
            registrations: self.registrations.values().cloned().collect(),
            counters: self.counters,
            owners: self.owners.clone(),
        }
    }
}
