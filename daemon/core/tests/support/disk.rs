//! The disk of a [`World`](super::world::World): what survives a crash.

use std::collections::BTreeMap;

use pwasync_core::{
    effect::{Effect, Record},
    key::{RegistrationId, RegistrationKey},
    registration::Registration,
    saved::Saved,
};

/// Records as they were last flushed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    saved: Saved,
    registrations: BTreeMap<RegistrationId, Registration>,
    /// Whose each id ever was: an id is never given to another key.
    ever: BTreeMap<RegistrationId, RegistrationKey>,
}

impl Disk {
    /// Writes a record; false: the effect is none.
    pub(crate) fn write(&mut self, effect: &Effect) -> bool {
        let Effect::Record(record) = effect else { return false };
        let saved = &mut self.saved;
        match record.clone() {
            Record::Save(registration) => {
                let Registration { id, key, .. } = &*registration;
                let first = self.ever.entry(*id).or_insert_with(|| key.clone());
                assert_eq!(first, key, "registration id {id} was given twice");
                self.registrations.insert(*id, *registration);
            }
            Record::Delete(id) => {
                self.registrations.remove(&id);
            }
            Record::SaveCounters(counters) => saved.counters = counters,
            Record::SaveOwner { owner, name } => {
                saved.owners.insert(owner, name);
            }
            Record::SaveSite(site) => {
                let (key, site) = *site;
                saved.sites.insert(key, site);
            }
            Record::DeleteSite(key) => {
                saved.sites.remove(&key);
            }
            Record::SaveProfile(profile) => {
                let (key, profile) = *profile;
                saved.profiles.insert(key, profile);
            }
            Record::DeleteProfile(key) => {
                saved.profiles.remove(&key);
            }
            Record::SaveLease(lease) => {
                saved.leases.retain(|one| one.id != lease.id);
                saved.leases.push(lease);
                saved.leases.sort_by_key(|lease| lease.id);
            }
            Record::DeleteLease(id) => saved.leases.retain(|lease| lease.id != id),
            Record::SaveEntry(entry) => saved.history.push(*entry),
            Record::DeleteEntry(sequence) => {
                saved.history.retain(|entry| entry.sequence != sequence);
            }
        }
        true
    }

    pub(crate) fn read(&self) -> Saved {
        Saved {
            registrations: self.registrations.values().cloned().collect(),
            ..self.saved.clone()
        }
    }
}
