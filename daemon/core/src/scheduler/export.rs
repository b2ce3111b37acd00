//! What is saved, page by page: for exports, snapshots and checks of the store.

use std::{
    ops::Bound::{Excluded, Unbounded},
    sync::Arc,
};

use super::Scheduler;
use crate::{
    key::{OwnerId, ProfileId, ProfileKey, RegistrationId},
    lease::LeaseId,
    profile::Profile,
    saved::Saved,
    site::{Site, SiteKey},
};

/// Where the next page begins. What is registered or decided after the first page is not in any:
/// the pages come to an end, however fast things change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedCursor {
    at: At,
    last_registration: RegistrationId,
    last_lease: LeaseId,
    last_entry: u64,
}

/// What the last page ended with.
#[derive(Clone, Debug, PartialEq, Eq)]
enum At {
    Owners(Option<OwnerId>),
    Registrations(RegistrationId),
    Sites(Option<SiteKey>),
    Profiles(Option<ProfileKey>),
    Leases(LeaseId),
    Entries(u64),
}

/// Some of what is saved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SavedPage {
    /// Records of one or more kinds, in the order of [`Saved`]'s fields; of each kind in the order
    /// of its keys. The counters are those of the moment.
    pub saved: Saved,
    /// `None`: there is no more.
    pub next: Option<SavedCursor>,
    /// Records on all pages, about.
    pub total: usize,
}

impl Scheduler {
    /// The next of what is saved, of one owner or of all, at most `limit` records.
    ///
    /// Each record is as it stands at the moment of its page. Between two pages records change,
    /// and pages that were given stay as they were.
    pub fn saved_page(
        &self,
        whose: Option<OwnerId>,
        from: Option<SavedCursor>,
        limit: usize,
    ) -> SavedPage {
        let mut cursor = from.unwrap_or_else(|| SavedCursor {
            at: At::Owners(None),
            last_registration: RegistrationId::new(self.counters.last_registration),
            last_lease: LeaseId::new(self.counters.last_lease),
            last_entry: self.history.last(),
        });
        let mut saved = Saved { counters: self.counters, ..Saved::default() };
        let total = self.saved_total(whose);
        let mut room = limit.max(1);
        loop {
            let taken = self.fill(&mut saved, whose, &mut cursor, room);
            room -= taken;
            if room == 0 {
                return SavedPage { saved, next: Some(cursor), total };
            }
            cursor.at = match cursor.at {
                At::Owners(_) => At::Registrations(RegistrationId::new(0)),
                At::Registrations(_) => At::Sites(None),
                At::Sites(_) => At::Profiles(None),
                At::Profiles(_) => At::Leases(LeaseId::new(0)),
                At::Leases(_) => At::Entries(0),
                At::Entries(_) => return SavedPage { saved, next: None, total },
            };
        }
    }

    fn saved_total(&self, whose: Option<OwnerId>) -> usize {
        match whose {
            // What else is kept of an owner is small beside these.
            Some(owner) => {
                let entries = self.history.between(Some(owner), 0, u64::MAX).count();
                self.registrations.of_owner(owner) + entries
            }
            None => {
                self.owners.len()
                    + self.registrations.len()
                    + self.sites.len()
                    + self.profiles.len()
                    + self.leases.iter().count()
                    + self.history.iter().count()
            }
        }
    }

    /// What is in memory in the place of these records: the same owners, sites and profiles, and
    /// all that has a number from the lowest of its kind to the highest.
    pub fn saved_beside(&self, records: &Saved) -> Saved {
        let ids = || records.registrations.iter().map(|one| one.id);
        let leases = || records.leases.iter().map(|lease| lease.id);
        let entries = || records.history.iter().map(|entry| entry.sequence);
        let mut beside = Saved { counters: self.counters, ..Saved::default() };
        if let (Some(first), Some(last)) = (ids().min(), ids().max()) {
            let before = RegistrationId::new(first.number().saturating_sub(1));
            let own = self.registrations.after(before).take_while(|one| one.id <= last);
            beside.registrations.extend(own.cloned());
        }
        if let (Some(first), Some(last)) = (leases().min(), leases().max()) {
            let own = self.leases.iter().filter(|lease| (first..=last).contains(&lease.id));
            beside.leases.extend(own.cloned());
        }
        if let (Some(first), Some(last)) = (entries().min(), entries().max()) {
            let own = self.history.between(None, first.saturating_sub(1), last);
            beside.history.extend(own.cloned());
        }
        for owner in records.owners.keys() {
            let name = self.owners.get(owner).map(|name| (*owner, Arc::clone(name)));
            beside.owners.extend(name);
        }
        for key in records.sites.keys() {
            let site = self.sites.get(key).map(|site| (key.clone(), Site::clone(site)));
            beside.sites.extend(site);
        }
        for key in records.profiles.keys() {
            let profile = self.profiles.get(key).map(|one| (key.clone(), Profile::clone(one)));
            beside.profiles.extend(profile);
        }
        beside
    }

    /// Takes records of the cursor's kind, and moves it behind them; how many.
    fn fill(
        &self,
        saved: &mut Saved,
        whose: Option<OwnerId>,
        cursor: &mut SavedCursor,
        room: usize,
    ) -> usize {
        let mut taken = 0;
        match &mut cursor.at {
            At::Owners(after) => {
                let from = after.map_or(Unbounded, Excluded);
                let wanted = |owner: OwnerId| whose.is_none_or(|whose| whose == owner);
                let owners = self.owners.range((from, Unbounded));
                for (owner, name) in owners.filter(|(owner, _)| wanted(**owner)).take(room) {
                    saved.owners.insert(*owner, Arc::clone(name));
                    *after = Some(*owner);
                    taken += 1;
                }
            }
            At::Registrations(after) => {
                let last = cursor.last_registration;
                for id in self.saved_registrations(whose, *after, last, room) {
                    saved.registrations.extend(self.registrations.get(id).cloned());
                    *after = id;
                    taken += 1;
                }
            }
            At::Sites(after) => {
                let from = match (&*after, whose) {
                    (Some(after), _) => Excluded(after.clone()),
                    (None, Some(owner)) => {
                        let profile = ProfileKey { owner, profile: ProfileId::least() };
                        Excluded(SiteKey { profile, origin: "".into() })
                    }
                    (None, None) => Unbounded,
                };
                let sites = self.sites.range((from, Unbounded));
                let own = |key: &SiteKey| whose.is_none_or(|whose| whose == key.profile.owner);
                for (key, site) in sites.take_while(|(key, _)| own(key)).take(room) {
                    saved.sites.insert(key.clone(), Site::clone(site));
                    *after = Some(key.clone());
                    taken += 1;
                }
            }
            At::Profiles(after) => {
                let from = match (&*after, whose) {
                    (Some(after), _) => Excluded(after.clone()),
                    (None, Some(owner)) => {
                        Excluded(ProfileKey { owner, profile: ProfileId::least() })
                    }
                    (None, None) => Unbounded,
                };
                let profiles = self.profiles.range((from, Unbounded));
                let own = |key: &ProfileKey| whose.is_none_or(|whose| whose == key.owner);
                for (key, profile) in profiles.take_while(|(key, _)| own(key)).take(room) {
                    saved.profiles.insert(key.clone(), Profile::clone(profile));
                    *after = Some(key.clone());
                    taken += 1;
                }
            }
            At::Leases(after) => {
                let last = cursor.last_lease;
                let own = |owner: Option<OwnerId>| whose.is_none_or(|whose| Some(whose) == owner);
                let leases = self.leases.iter().filter(|lease| {
                    lease.id > *after && lease.id <= last && own(lease.subject.owner())
                });
                saved.leases.extend(leases.take(room).cloned());
                taken = saved.leases.len();
                *after = saved.leases.last().map_or(*after, |lease| lease.id);
            }
            At::Entries(after) => {
                let entries = self.history.between(whose, *after, cursor.last_entry);
                saved.history.extend(entries.take(room).cloned());
                taken = saved.history.len();
                *after = saved.history.last().map_or(*after, |entry| entry.sequence);
            }
        }
        taken
    }

    fn saved_registrations(
        &self,
        whose: Option<OwnerId>,
        after: RegistrationId,
        last: RegistrationId,
        room: usize,
    ) -> Vec<RegistrationId> {
        let wanted = |id: &RegistrationId| *id > after && *id <= last;
        match whose {
            Some(owner) => {
                let own = self.registrations.of_owner_ids(owner).into_iter();
                own.filter(wanted).take(room).collect()
            }
            None => {
                let all = self.registrations.after(after).map(|one| one.id);
                all.take_while(wanted).take(room).collect()
            }
        }
    }
}
