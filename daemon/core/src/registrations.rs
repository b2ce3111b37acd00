//! All registrations in memory, and the ways to find one.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound::{Included, Unbounded},
    sync::Arc,
};

use crate::{
    key::{
        OwnerId, ProfileId, ProfileKey, RegistrationId, RegistrationKey, Scope, SyncKind, Tag,
        WorkerKey,
    },
    registration::Registration,
    site::SiteKey,
};

/// Registrations by id and by key, counted by owner and origin.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registrations {
    by_id: BTreeMap<RegistrationId, Registration>,
    by_worker: BTreeMap<Arc<WorkerKey>, BTreeMap<(SyncKind, Tag), RegistrationId>>,
    owner_counts: BTreeMap<OwnerId, usize>,
    profile_counts: BTreeMap<ProfileKey, usize>,
    origin_counts: BTreeMap<(OwnerId, String), usize>,
}

impl Registrations {
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether a profile has any.
    pub(crate) fn has_profile(&self, profile: &ProfileKey) -> bool {
        self.profile_counts.contains_key(profile)
    }

    pub(crate) fn of_owner(&self, owner: OwnerId) -> usize {
        self.owner_counts.get(&owner).copied().unwrap_or(0)
    }

    pub(crate) fn of_origin(&self, owner: OwnerId, scope: &Scope) -> usize {
        self.origin_counts.get(&(owner, scope.origin().to_owned())).copied().unwrap_or(0)
    }

    pub(crate) fn get(&self, id: RegistrationId) -> Option<&Registration> {
        self.by_id.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: RegistrationId) -> Option<&mut Registration> {
        self.by_id.get_mut(&id)
    }

    pub(crate) fn find(&self, key: &RegistrationKey) -> Option<RegistrationId> {
        let tags = self.by_worker.get(&*key.worker)?;
        tags.get(&(key.kind, key.tag.clone())).copied()
    }

    /// The stored worker equal to this one, so that registrations share it.
    pub(crate) fn share(&self, worker: Arc<WorkerKey>) -> Arc<WorkerKey> {
        self.by_worker.get_key_value(&*worker).map_or(worker, |(shared, _)| Arc::clone(shared))
    }

    pub(crate) fn insert(&mut self, mut registration: Registration) {
        registration.key.worker = self.share(registration.key.worker);
        let RegistrationKey { worker, kind, tag } = registration.key.clone();
        let owner = worker.profile.owner;
        *self.profile_counts.entry(worker.profile.clone()).or_default() += 1;
        *self.owner_counts.entry(owner).or_default() += 1;
        *self.origin_counts.entry((owner, worker.scope.origin().to_owned())).or_default() += 1;
        self.by_worker.entry(worker).or_default().insert((kind, tag), registration.id);
        self.by_id.insert(registration.id, registration);
    }

    pub(crate) fn remove(&mut self, id: RegistrationId) -> Option<Registration> {
        let registration = self.by_id.remove(&id)?;
        let RegistrationKey { worker, kind, tag } = &registration.key;
        if let Some(tags) = self.by_worker.get_mut(worker) {
            tags.remove(&(*kind, tag.clone()));
            if tags.is_empty() {
                self.by_worker.remove(worker);
            }
        }
        let owner = worker.profile.owner;
        count_down(&mut self.profile_counts, &worker.profile);
        count_down(&mut self.owner_counts, &owner);
        count_down(&mut self.origin_counts, &(owner, worker.scope.origin().to_owned()));
        Some(registration)
    }

    /// In order of registration.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Registration> {
        self.by_id.values()
    }

    /// Those after an id, in order of registration.
    pub(crate) fn after(&self, id: RegistrationId) -> impl Iterator<Item = &Registration> {
        let from = RegistrationId::new(id.number().saturating_add(1));
        self.by_id.range(from..).map(|(_, registration)| registration)
    }

    /// Of one worker and kind, in order of registration.
    pub(crate) fn of_worker(&self, worker: &WorkerKey, kind: SyncKind) -> Vec<RegistrationId> {
        let tags = self.by_worker.get(worker);
        let ids: BTreeSet<_> = tags
            .into_iter()
            .flatten()
            .filter(|((of, _), _)| *of == kind)
            .map(|(_, id)| *id)
            .collect();
        ids.into_iter().collect()
    }

    /// Of one worker, of both kinds, in order of registration.
    pub(crate) fn of_scope(&self, worker: &WorkerKey) -> Vec<RegistrationId> {
        let tags = self.by_worker.get(worker);
        let ids: BTreeSet<_> = tags.into_iter().flat_map(BTreeMap::values).copied().collect();
        ids.into_iter().collect()
    }

    /// Of one profile, in order of registration.
    pub(crate) fn of_profile(&self, profile: &ProfileKey) -> Vec<RegistrationId> {
        let from = WorkerKey { profile: profile.clone(), scope: Scope::least() };
        in_order(self.tags_from(&from, |worker| worker.profile == *profile))
    }

    /// Of one origin of a profile, in order of registration.
    pub(crate) fn of_origin_ids(&self, profile: &ProfileKey, origin: &str) -> Vec<RegistrationId> {
        let from = WorkerKey { profile: profile.clone(), scope: Scope::least_of(origin) };
        in_order(self.tags_from(&from, |worker| {
            worker.profile == *profile && worker.scope.origin() == origin
        }))
    }

    /// Whether an origin of a profile has any.
    pub(crate) fn has_origin(&self, site: &SiteKey) -> bool {
        let SiteKey { profile, origin } = site;
        let from = WorkerKey { profile: profile.clone(), scope: Scope::least_of(origin) };
        let wanted =
            |worker: &WorkerKey| worker.profile == *profile && worker.scope.origin() == &**origin;
        self.tags_from(&from, wanted).next().is_some()
    }

    /// Of one owner, in order of registration.
    pub(crate) fn of_owner_ids(&self, owner: OwnerId) -> Vec<RegistrationId> {
        let profile = ProfileKey { owner, profile: ProfileId::least() };
        let from = WorkerKey { profile, scope: Scope::least() };
        in_order(self.tags_from(&from, |worker| worker.profile.owner == owner))
    }

    /// Profiles of an owner that have any.
    pub(crate) fn profiles_of(&self, owner: OwnerId) -> Vec<ProfileKey> {
        let from = ProfileKey { owner, profile: ProfileId::least() };
        let profiles = self.profile_counts.range(from..).map(|(profile, _)| profile);
        profiles.take_while(|profile| profile.owner == owner).cloned().collect()
    }

    /// Ids by tag of the workers from one on, as long as `wanted` holds.
    fn tags_from(
        &self,
        from: &WorkerKey,
        wanted: impl Fn(&WorkerKey) -> bool,
    ) -> impl Iterator<Item = RegistrationId> {
        let workers = self.by_worker.range::<WorkerKey, _>((Included(from), Unbounded));
        workers
            .take_while(move |(worker, _)| wanted(worker))
            .flat_map(|(_, tags)| tags.values().copied())
    }
}

fn in_order(ids: impl Iterator<Item = RegistrationId>) -> Vec<RegistrationId> {
    let ids: BTreeSet<_> = ids.collect();
    ids.into_iter().collect()
}

fn count_down<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
