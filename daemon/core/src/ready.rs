//! The registrations that are due, and who comes next: one-offs in registration order inside a
//! scope, round robin between scopes and owners (P-07).
//!
//! Only profiles whose session can take a wake are looked at, so a change of facts costs nothing
//! for those that stay held.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound::{Excluded, Unbounded},
    sync::Arc,
};

use crate::key::{
    OwnerId, ProfileId, ProfileKey, RegistrationId, RegistrationKey, SyncKind, WorkerKey,
};

type Workers = BTreeMap<Arc<WorkerKey>, BTreeSet<RegistrationId>>;

/// Due registrations by kind, profile and worker.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ready {
    due: BTreeMap<(SyncKind, ProfileKey), Workers>,
    /// Profiles of `due` whose session can take a wake.
    open: BTreeMap<(SyncKind, OwnerId), BTreeSet<ProfileId>>,
    /// The owner served last; the next one comes after it.
    last_owner: Option<OwnerId>,
    /// The worker served last, of each owner.
    last_worker: BTreeMap<OwnerId, Arc<WorkerKey>>,
}

/// Whether a profile's session can take a wake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Open,
    Shut,
}

impl Ready {
    pub(crate) fn is_empty(&self) -> bool {
        self.due.is_empty()
    }

    pub(crate) fn insert(&mut self, id: RegistrationId, key: &RegistrationKey, door: Door) {
        let place = (key.kind, key.worker.profile.clone());
        let workers = self.due.entry(place).or_default();
        workers.entry(Arc::clone(&key.worker)).or_default().insert(id);
        self.set_door(&key.worker.profile, door);
    }

    pub(crate) fn remove(&mut self, id: RegistrationId, key: &RegistrationKey) {
        let place = (key.kind, key.worker.profile.clone());
        let Some(workers) = self.due.get_mut(&place) else { return };
        if let Some(ids) = workers.get_mut(&key.worker) {
            ids.remove(&id);
            if ids.is_empty() {
                workers.remove(&key.worker);
            }
        }
        if workers.is_empty() {
            self.due.remove(&place);
            self.close(key.kind, &key.worker.profile);
        }
    }

    /// Notes whether a profile's session can take a wake.
    pub(crate) fn set_door(&mut self, profile: &ProfileKey, door: Door) {
        for kind in [SyncKind::OneOff, SyncKind::Periodic] {
            let has_due = self.due.contains_key(&(kind, profile.clone()));
            if door == Door::Open && has_due {
                let profiles = self.open.entry((kind, profile.owner)).or_default();
                profiles.insert(profile.profile.clone());
            } else {
                self.close(kind, profile);
            }
        }
    }

    fn close(&mut self, kind: SyncKind, profile: &ProfileKey) {
        let place = (kind, profile.owner);
        let Some(profiles) = self.open.get_mut(&place) else { return };
        profiles.remove(&profile.profile);
        if profiles.is_empty() {
            self.open.remove(&place);
        }
    }

    /// Lets the owners after this one come first, as after a time-out of its event (P-08).
    pub(crate) fn move_behind(&mut self, owner: OwnerId) {
        self.last_owner = Some(owner);
    }

    /// The next registration of one of these kinds, of an owner for whom `may` holds. Kinds have
    /// no turn of their own: the first named comes first with the same worker.
    pub(crate) fn next(
        &self,
        kinds: &[SyncKind],
        may: impl Fn(OwnerId) -> bool,
    ) -> Option<RegistrationId> {
        let owner = self.owner_in_turn(kinds, may)?;
        let last = self.last_worker.get(&owner);
        let (worker, kind) = kinds
            .iter()
            .filter_map(|kind| Some((self.worker_in_turn(*kind, owner)?, *kind)))
            .min_by_key(|(worker, _)| (Some(*worker) <= last, *worker))?;
        let workers = self.due.get(&(kind, worker.profile.clone()))?;
        workers.get(worker)?.first().copied()
    }

    /// Notes that a registration of this worker was served.
    pub(crate) fn served(&mut self, worker: &Arc<WorkerKey>) {
        let owner = worker.profile.owner;
        self.last_owner = Some(owner);
        self.last_worker.insert(owner, Arc::clone(worker));
    }

    fn owner_in_turn(&self, kinds: &[SyncKind], may: impl Fn(OwnerId) -> bool) -> Option<OwnerId> {
        let owners = self.open.keys().filter(|(kind, _)| kinds.contains(kind));
        owners
            .map(|(_, owner)| *owner)
            .filter(|owner| may(*owner))
            .min_by_key(|owner| (Some(*owner) <= self.last_owner, *owner))
    }

    fn worker_in_turn(&self, kind: SyncKind, owner: OwnerId) -> Option<&Arc<WorkerKey>> {
        let profiles = self.open.get(&(kind, owner))?;
        let workers = |profile: &ProfileId| {
            self.due.get(&(kind, ProfileKey { owner, profile: profile.clone() }))
        };
        let Some(last) = self.last_worker.get(&owner) else {
            return Some(workers(profiles.first()?)?.first_key_value()?.0);
        };
        let same = &last.profile.profile;
        let later_scope =
            profiles.contains(same).then(|| workers(same)).flatten().and_then(|due| {
                let mut after = due.range::<WorkerKey, _>((Excluded(&**last), Unbounded));
                after.next()
            });
        if let Some((worker, _)) = later_scope {
            return Some(worker);
        }
        let mut after = profiles.range::<ProfileId, _>((Excluded(same), Unbounded));
        let profile = after.next().or_else(|| profiles.first())?;
        Some(workers(profile)?.first_key_value()?.0)
    }
}
