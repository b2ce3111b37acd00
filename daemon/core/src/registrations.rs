//! All registrations in memory, and the ways to find one.

mod builder;

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    ops::Bound::{Included, Unbounded},
    sync::Arc,
};

use crate::{
    entries::{Entries, Entry, Filed},
    key::{
        AppId, OwnerId, ProfileId, ProfileKey, RegistrationId, RegistrationKey, Scope, SyncKind,
        WorkerKey,
    },
    registration::Registration,
    site::SiteKey,
};

pub use builder::RegistrationsBuilder;

/// Registrations by id and by key, counted by owner and origin.
#[derive(Clone, Debug, Default)]
pub struct Registrations {
    entries: Entries,
    by_worker: BTreeMap<Arc<WorkerKey>, OfWorker>,
    owner_counts: BTreeMap<OwnerId, usize>,
    profile_counts: BTreeMap<ProfileKey, usize>,
    origin_counts: BTreeMap<(OwnerId, Arc<str>), usize>,
}

/// The registrations of a worker.
#[derive(Clone, Debug, Default)]
struct OfWorker {
    /// In order, and dense: there are as many as registrations, and a page has few.
    tags: Vec<TagAt>,
    /// The app of one of them: most are for the same, and share it.
    app: Option<AppId>,
}

/// The digest of a kind and a tag, and a registration that has it. The tag itself stands with the
/// registration; a page that makes tags with one digest makes its own ones slow to find, of which
/// its share is small.
type TagAt = (u64, RegistrationId);

impl Registrations {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a profile has any.
    pub(crate) fn has_profile(&self, profile: &ProfileKey) -> bool {
        self.profile_counts.contains_key(profile)
    }

    pub(crate) fn of_owner(&self, owner: OwnerId) -> usize {
        self.owner_counts.get(&owner).copied().unwrap_or(0)
    }

    pub(crate) fn of_origin(&self, owner: OwnerId, scope: &Scope) -> usize {
        self.origin_counts.get(&(owner, scope.shared_origin())).copied().unwrap_or(0)
    }

    pub(crate) fn get(&self, id: RegistrationId) -> Option<&Registration> {
        self.entries.get(id).map(|entry| &entry.registration)
    }

    pub(crate) fn get_mut(&mut self, id: RegistrationId) -> Option<&mut Registration> {
        self.entries.get_mut(id).map(|entry| &mut entry.registration)
    }

    /// A registration, and where it is filed.
    pub(crate) fn entry_mut(&mut self, id: RegistrationId) -> Option<&mut Entry> {
        self.entries.get_mut(id)
    }

    pub(crate) fn find(&self, key: &RegistrationKey) -> Option<RegistrationId> {
        self.find_of(self.by_worker.get(&*key.worker)?, key)
    }

    /// Has a key [share](Self::share) its worker, and finds its registration.
    pub(crate) fn find_shared(&self, key: &mut RegistrationKey) -> Option<RegistrationId> {
        match self.by_worker.get_key_value(&*key.worker) {
            Some((shared, of_worker)) => {
                key.worker = Arc::clone(shared);
                self.find_of(of_worker, key)
            }
            None => {
                key.worker = self.share(Arc::clone(&key.worker));
                None
            }
        }
    }

    fn find_of(
        &self,
        OfWorker { tags, .. }: &OfWorker,
        key: &RegistrationKey,
    ) -> Option<RegistrationId> {
        let digest = digest(key);
        let first = tags.partition_point(|(one, _)| *one < digest);
        let same = tags[first..].iter().take_while(|(one, _)| *one == digest);
        let ids = same.map(|(_, id)| *id).filter(|id| {
            self.get(*id).is_some_and(|one| one.key.kind == key.kind && one.key.tag == key.tag)
        });
        // The newest, should a store have two.
        ids.last()
    }

    /// The stored worker equal to this one, so that registrations share it; of a new one, the
    /// profile.
    pub(crate) fn share(&self, worker: Arc<WorkerKey>) -> Arc<WorkerKey> {
        if let Some((shared, _)) = self.by_worker.get_key_value(&*worker) {
            return Arc::clone(shared);
        }
        match self.profile_counts.get_key_value(&worker.profile) {
            Some((profile, _)) => {
                Arc::new(WorkerKey { profile: profile.clone(), scope: worker.scope.clone() })
            }
            None => worker,
        }
    }

    /// Its worker is to be [shared](Self::share).
    pub(crate) fn insert(&mut self, mut registration: Registration) {
        let (id, worker) = (registration.id, Arc::clone(&registration.key.worker));
        self.count(&worker, 1);
        let OfWorker { tags, app } = self.by_worker.entry(worker).or_default();
        share_app(&mut registration, app);
        let tag = (digest(&registration.key), id);
        if let Err(at) = tags.binary_search(&tag) {
            tags.insert(at, tag);
        }
        self.entries.insert(registration.into());
    }

    /// The registration, and where it is filed still.
    pub(crate) fn remove(&mut self, id: RegistrationId) -> Option<(Registration, Filed)> {
        let Entry { registration, filed } = self.entries.remove(id)?;
        let worker = &registration.key.worker;
        if let Some(OfWorker { tags, .. }) = self.by_worker.get_mut(worker) {
            if let Ok(at) = tags.binary_search(&(digest(&registration.key), id)) {
                tags.remove(at);
            }
            if tags.is_empty() {
                self.by_worker.remove(worker);
            }
        }
        let owner = worker.profile.owner;
        count_down(&mut self.profile_counts, &worker.profile);
        count_down(&mut self.owner_counts, &owner);
        count_down(&mut self.origin_counts, &(owner, worker.scope.shared_origin()));
        Some((registration, filed))
    }

    /// So many more of a worker.
    fn count(&mut self, worker: &WorkerKey, more: usize) {
        let owner = worker.profile.owner;
        *self.profile_counts.entry(worker.profile.clone()).or_default() += more;
        *self.owner_counts.entry(owner).or_default() += more;
        *self.origin_counts.entry((owner, worker.scope.shared_origin())).or_default() += more;
    }

    /// In order of registration.
    pub fn iter(&self) -> impl Iterator<Item = &Registration> {
        self.entries.iter().map(|entry| &entry.registration)
    }

    /// In order of registration. No key may be changed.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Registration> {
        self.entries.iter_mut().map(|entry| &mut entry.registration)
    }

    /// In order of registration, with where each is filed. No key may be changed.
    pub(crate) fn entries_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.entries.iter_mut()
    }

    /// Those after an id, in order of registration.
    pub(crate) fn after(&self, id: RegistrationId) -> impl Iterator<Item = &Registration> {
        self.entries.after(id).map(|entry| &entry.registration)
    }

    /// Of one worker and kind, in order of registration.
    pub(crate) fn of_worker(&self, worker: &WorkerKey, kind: SyncKind) -> Vec<RegistrationId> {
        let of_kind = |id: &RegistrationId| self.get(*id).is_some_and(|one| one.kind() == kind);
        self.of_scope(worker).into_iter().filter(of_kind).collect()
    }

    /// Of one worker, of both kinds, in order of registration.
    pub(crate) fn of_scope(&self, worker: &WorkerKey) -> Vec<RegistrationId> {
        let tags = self.by_worker.get(worker).into_iter().flat_map(|of| &of.tags);
        in_order(tags.map(|(_, id)| *id))
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
            .flat_map(|(_, of)| of.tags.iter().map(|(_, id)| *id))
    }
}

impl Extend<Registration> for Registrations {
    fn extend<T: IntoIterator<Item = Registration>>(&mut self, registrations: T) {
        for mut registration in registrations {
            registration.key.worker = self.share(Arc::clone(&registration.key.worker));
            self.remove(registration.id);
            self.insert(registration);
        }
    }
}

impl FromIterator<Registration> for Registrations {
    fn from_iter<T: IntoIterator<Item = Registration>>(registrations: T) -> Self {
        let mut builder = RegistrationsBuilder::default();
        registrations.into_iter().for_each(|one| builder.push(one));
        builder.finish()
    }
}

impl IntoIterator for Registrations {
    type Item = Registration;
    type IntoIter = Box<dyn Iterator<Item = Registration>>;

    /// In order of registration.
    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.entries.into_registrations())
    }
}

impl PartialEq for Registrations {
    /// Where each is filed does not count.
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

fn share_app(registration: &mut Registration, shared: &mut Option<AppId>) {
    match &registration.app {
        None => {}
        Some(_) if registration.app == *shared => registration.app.clone_from(shared),
        Some(_) => shared.clone_from(&registration.app),
    }
}

/// The same for the same kind and tag; of no meaning to anybody else.
fn digest(key: &RegistrationKey) -> u64 {
    let mut hasher = DefaultHasher::new();
    (key.kind, key.tag.as_str()).hash(&mut hasher);
    hasher.finish()
}

fn in_order(ids: impl Iterator<Item = RegistrationId>) -> Vec<RegistrationId> {
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    ids
}

fn count_down<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
