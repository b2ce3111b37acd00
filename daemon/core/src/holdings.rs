//! How many bytes each owner's records hold, as running sums.
//!
//! A record weighs what its texts hold and a round sum for the rest of it. Whatever is changed is
//! told here with its weight before and after, so that a share is checked without counting.

use std::{
    collections::BTreeMap,
    ops::{Deref, DerefMut},
};

use crate::{
    attempt::Ended,
    key::{AppId, OwnerId, ProfileId, ProfileKey, RegistrationKey},
    lease::{Lease, Subject},
    place::Place,
    profile::Profile,
    registration::Registration,
    site::{Site, SiteKey},
};

/// What a registration holds beside its texts, roughly, in memory and on disk.
const REGISTRATION: usize = 128;
/// The same of a site: its hours and networks are most of it.
const SITE: usize = 256;
/// The same of a profile.
const PROFILE: usize = 128;
/// The same of an app of a profile's list.
const APP: usize = 32;
/// The same of a pause or an override.
const LEASE: usize = 128;

/// The sums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    of_owner: BTreeMap<OwnerId, usize>,
    all: usize,
}

impl Holdings {
    /// Bytes of one owner's records.
    pub fn of(&self, owner: OwnerId) -> usize {
        self.of_owner.get(&owner).copied().unwrap_or(0)
    }

    /// Bytes of all records.
    pub fn all(&self) -> usize {
        self.all
    }

    /// Those of whom something is kept.
    pub fn owners(&self) -> impl ExactSizeIterator<Item = OwnerId> {
        self.of_owner.keys().copied()
    }

    /// A record of an owner's weighs something else than before.
    pub(crate) fn change(&mut self, owner: OwnerId, before: usize, after: usize) {
        if before == after {
            return;
        }
        self.all = (self.all + after).saturating_sub(before);
        let own = self.of_owner.entry(owner).or_default();
        *own = (*own + after).saturating_sub(before);
        if *own == 0 {
            self.of_owner.remove(&owner);
        }
    }

    /// Something of a lease's owner is kept; everybody's lease is nobody's.
    pub(crate) fn add_lease(&mut self, lease: &Lease) {
        if let Some(owner) = lease.subject.owner() {
            self.change(owner, 0, lease_bytes(&lease.subject, lease.place.as_ref(), &lease.reason));
        }
    }

    /// See [`Self::add_lease`].
    pub(crate) fn drop_lease(&mut self, lease: &Lease) {
        if let Some(owner) = lease.subject.owner() {
            self.change(owner, lease_bytes(&lease.subject, lease.place.as_ref(), &lease.reason), 0);
        }
    }
}

/// Sums up what each record weighs.
impl FromIterator<(OwnerId, usize)> for Holdings {
    fn from_iter<T: IntoIterator<Item = (OwnerId, usize)>>(records: T) -> Self {
        let mut holdings = Self::default();
        for (owner, bytes) in records {
            holdings.change(owner, 0, bytes);
        }
        holdings
    }
}

/// Something that is kept under a key, with the weight at which it is counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Weighed<T> {
    value: T,
    counted: usize,
}

impl<T> Weighed<T> {
    /// Takes another value, which is yet to be weighed.
    pub(crate) fn replace(&mut self, value: T) {
        self.value = value;
    }

    /// Counts it at another weight; the weight before.
    pub(crate) fn recount(&mut self, weight: usize) -> usize {
        std::mem::replace(&mut self.counted, weight)
    }

    /// The weight at which it is counted.
    pub(crate) fn counted(&self) -> usize {
        self.counted
    }
}

impl<T> From<T> for Weighed<T> {
    fn from(value: T) -> Self {
        Self { value, counted: 0 }
    }
}

impl<T> Deref for Weighed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Weighed<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

/// What a registration weighs.
pub fn registration_bytes(registration: &Registration) -> usize {
    let detail = registration.last_attempt.as_deref().map_or(0, ended_bytes);
    new_registration_bytes(&registration.key, registration.app.as_ref()) + detail
}

/// What a registration weighs that has not run yet.
pub(crate) fn new_registration_bytes(key: &RegistrationKey, app: Option<&AppId>) -> usize {
    let worker = &key.worker;
    let names = profile_name_bytes(&worker.profile.profile) + worker.scope.as_str().len();
    REGISTRATION + names + key.tag.as_str().len() + app_bytes(app)
}

pub(crate) fn ended_bytes(ended: &Ended) -> usize {
    ended.detail.len()
}

pub(crate) fn app_bytes(app: Option<&AppId>) -> usize {
    app.map_or(0, |app| app.as_str().len())
}

/// What a site weighs.
pub fn site_bytes(key: &SiteKey, site: &Site) -> usize {
    let spent: usize = site.spent.keys().map(|app| APP + app_bytes(app.as_ref())).sum();
    new_site_bytes(key) + spent
}

/// What a site weighs at first.
pub(crate) fn new_site_bytes(key: &SiteKey) -> usize {
    SITE + profile_name_bytes(&key.profile.profile) + key.origin.len()
}

/// What a profile weighs.
pub fn profile_bytes(key: &ProfileKey, profile: &Profile) -> usize {
    let apps = profile.apps.iter().flat_map(|apps| {
        let installed = apps.installed.iter();
        installed.chain(apps.removed.iter().map(|(app, removed)| (app, &removed.scope)))
    });
    let apps: usize =
        apps.map(|(app, scope)| APP + app.as_str().len() + scope.as_str().len()).sum();
    PROFILE + profile_name_bytes(&key.profile) + apps
}

/// What a lease weighs.
pub fn lease_bytes(subject: &Subject, place: Option<&Place>, reason: &str) -> usize {
    let subject = match subject {
        Subject::All | Subject::Owner(_) => 0,
        Subject::Origin(_, origin) => origin.len(),
        Subject::App(_, app) => app.as_str().len(),
    };
    LEASE + subject + place.map_or(0, |place| place.name().len()) + reason.len()
}

fn profile_name_bytes(profile: &ProfileId) -> usize {
    profile.browser().len() + profile.profile().len()
}
