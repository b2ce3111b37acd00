//! The disk of a [`World`](super::world::World): what survives a crash.

use std::collections::BTreeMap;

use pwasync_core::{
    effect::Record,
    history::Entry,
    key::{OwnerId, ProfileKey, RegistrationId, RegistrationKey},
    lease::{Lease, LeaseId},
    profile::Profile,
    registration::Registration,
    saved::{Counters, Saved},
    site::{Site, SiteKey},
};

/// Records as they were last flushed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    registrations: BTreeMap<RegistrationId, Registration>,
    counters: Counters,
    owners: BTreeMap<OwnerId, std::sync::Arc<str>>,
    sites: BTreeMap<SiteKey, Site>,
    profiles: BTreeMap<ProfileKey, Profile>,
    leases: BTreeMap<LeaseId, Lease>,
    history: BTreeMap<u64, Entry>,
    /// Whose each id ever was: an id is never given to another key.
    ever: BTreeMap<RegistrationId, RegistrationKey>,
}

impl Disk {
    pub(crate) fn write(&mut self, record: Record) {
        match record {
            Record::Save(registration) => {
                let Registration { id, key, .. } = &*registration;
                let first = self.ever.entry(*id).or_insert_with(|| key.clone());
                assert_eq!(first, key, "registration id {id} was given twice");
                self.registrations.insert(*id, *registration);
            }
            Record::Delete(id) => {
                self.registrations.remove(&id);
            }
            Record::SaveCounters(counters) => self.counters = counters,
            Record::SaveOwner { owner, name } => {
                self.owners.insert(owner, name);
            }
            Record::SaveSite(site) => {
                let (key, site) = *site;
                self.sites.insert(key, site);
            }
            Record::NoteSite(site) => {
                let (key, site) = *site;
                // It may come late, and with a crash not at all.
                let said = |site: &Site| (site.permissions, site.spent.clone());
                let before = self.sites.get(&key).map(said).unwrap_or_default();
                assert_eq!(said(&site), before, "more of {key:?} is news than its use");
                self.sites.insert(key, site);
            }
            Record::DeleteSite(key) => {
                self.sites.remove(&key);
            }
            Record::SaveProfile(profile) => {
                let (key, profile) = *profile;
                self.profiles.insert(key, profile);
            }
            Record::NoteProfile(profile) => {
                let (key, profile) = *profile;
                let before = self.profiles.get(&key).and_then(|before| before.apps.clone());
                assert_eq!(profile.apps, before, "more of {key:?} is news than its use");
                self.profiles.insert(key, profile);
            }
            Record::DeleteProfile(key) => {
                self.profiles.remove(&key);
            }
            Record::SaveLease(lease) => {
                self.leases.insert(lease.id, lease);
            }
            Record::DeleteLease(id) => {
                self.leases.remove(&id);
            }
            Record::SaveEntry(entry) => {
                self.history.insert(entry.sequence, *entry);
            }
            Record::DeleteEntry(sequence) => {
                self.history.remove(&sequence);
            }
            // Its epochs are counted by the world, and it has no copies.
            Record::SaveEpoch(_) | Record::EraseCopies => {}
        }
    }

    pub(crate) fn registration(&self, id: RegistrationId) -> Option<&Registration> {
        self.registrations.get(&id)
    }

    pub(crate) fn site(&self, key: &SiteKey) -> Option<&Site> {
        self.sites.get(key)
    }

    pub(crate) fn read(&self) -> Saved {
        // As a store does: what is there has been counted.
        let highest = self.registrations.keys().next_back().map_or(0, |id| id.number());
        let last_registration = self.counters.last_registration.max(highest);
        Saved {
            registrations: self.registrations.values().cloned().collect(),
            counters: Counters { last_registration, ..self.counters },
            owners: self.owners.clone(),
            sites: self.sites.clone(),
            profiles: self.profiles.clone(),
            leases: self.leases.values().cloned().collect(),
            history: self.history.values().cloned().collect(),
        }
    }
}
