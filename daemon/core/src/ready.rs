//! The registrations that are due, in lanes by what they need of the host, and who comes next:
//! one-offs in registration order inside a scope, round robin between scopes and owners (P-07).
//!
//! A change of facts looks at lanes, never at registrations, and only profiles whose browser can
//! take a wake are looked at: what stays held costs nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound::{Excluded, Unbounded},
    sync::Arc,
};

use crate::{
    key::{OwnerId, ProfileId, ProfileKey, RegistrationId, SyncKind, WorkerKey},
    needs::{Needs, Offer},
};

type Workers = BTreeMap<Arc<WorkerKey>, BTreeSet<RegistrationId>>;

/// Due registrations by needs, profile and worker.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ready {
    lanes: BTreeMap<Arc<Needs>, Lane>,
    /// The lanes in which a profile has something due.
    of_profile: BTreeMap<ProfileKey, BTreeSet<Arc<Needs>>>,
    offer: Option<Offer>,
    /// Lanes whose needs the offer meets.
    met: BTreeSet<Arc<Needs>>,
    /// The owner served last; the next one comes after it.
    last_owner: Option<OwnerId>,
    /// The worker served last, of each owner.
    last_worker: BTreeMap<OwnerId, Arc<WorkerKey>>,
}

/// Registrations with the same needs.
#[derive(Clone, Debug, Default)]
struct Lane {
    due: BTreeMap<ProfileKey, Workers>,
    /// Profiles of `due` whose session can take a wake.
    open: BTreeMap<OwnerId, BTreeSet<ProfileId>>,
    /// Profiles of `due` whose browser could be started.
    startable: BTreeSet<ProfileKey>,
}

/// A registration that is filed here or is to be.
#[derive(Debug)]
pub(crate) struct Due<'a> {
    pub(crate) id: RegistrationId,
    pub(crate) worker: &'a Arc<WorkerKey>,
    /// The lane that it is in, kept with the registration: see [`crate::entries::Filed`].
    pub(crate) kept: &'a mut Option<Arc<Needs>>,
}

/// What stands between a profile's browser and a wake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// Nothing.
    Open,
    /// It is closed, but can be started.
    Startable,
    /// Much.
    Shut,
}

impl Lane {
    fn set_door(&mut self, profile: &ProfileKey, door: Door) {
        let has_due = self.due.contains_key(profile);
        self.show(profile, if has_due { door } else { Door::Shut });
    }

    /// What stands between a wake and a profile that has, or will have, something due here.
    fn show(&mut self, profile: &ProfileKey, door: Door) {
        if door == Door::Open {
            let profiles = self.open.entry(profile.owner).or_default();
            profiles.insert(profile.profile.clone());
        } else if let Some(profiles) = self.open.get_mut(&profile.owner) {
            profiles.remove(&profile.profile);
            if profiles.is_empty() {
                self.open.remove(&profile.owner);
            }
        }
        if door == Door::Startable {
            self.startable.insert(profile.clone());
        } else {
            self.startable.remove(profile);
        }
    }

    fn worker_in_turn(
        &self,
        owner: OwnerId,
        last: Option<&Arc<WorkerKey>>,
    ) -> Option<&Arc<WorkerKey>> {
        let profiles = self.open.get(&owner)?;
        let workers =
            |profile: &ProfileId| self.due.get(&ProfileKey { owner, profile: profile.clone() });
        let Some(last) = last else {
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

    fn first_of(&self, worker: &Arc<WorkerKey>) -> Option<RegistrationId> {
        self.due.get(&worker.profile)?.get(worker)?.first().copied()
    }
}

impl Ready {
    /// Nothing is due.
    pub(crate) fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    /// Files a registration in the lane of its needs; it was in the one that is `kept`.
    pub(crate) fn insert(&mut self, Due { id, worker, kept }: Due<'_>, needs: Needs, door: Door) {
        if kept.as_deref() == Some(&needs) {
            self.set_door(&worker.profile, door);
            return;
        }
        self.remove(Due { id, worker, kept });
        let needs = self.share(needs);
        *kept = Some(Arc::clone(&needs));
        self.lane_with(worker, needs, door).insert(id);
    }

    /// The stored needs equal to these, so that registrations share them.
    pub(crate) fn share(&mut self, needs: Needs) -> Arc<Needs> {
        if let Some((shared, _)) = self.lanes.get_key_value(&needs) {
            return Arc::clone(shared);
        }
        let needs = Arc::new(needs);
        self.lanes.insert(Arc::clone(&needs), Lane::default());
        needs
    }

    /// Files registrations of a worker that were in no lane, by [shared](Self::share) needs and in
    /// their order.
    pub(crate) fn insert_all(
        &mut self,
        worker: &Arc<WorkerKey>,
        mut due: Vec<(Arc<Needs>, RegistrationId)>,
        door: Door,
    ) {
        due.sort_by_key(|(needs, _)| Arc::as_ptr(needs));
        for same in due.chunk_by(|(one, _), (other, _)| Arc::ptr_eq(one, other)) {
            let Some((needs, _)) = same.first() else { continue };
            let ids = self.lane_with(worker, Arc::clone(needs), door);
            // All at once leaves no room to spare.
            ids.append(&mut same.iter().map(|(_, id)| *id).collect());
        }
    }

    /// What a worker has due in a lane.
    fn lane_with(
        &mut self,
        worker: &Arc<WorkerKey>,
        needs: Arc<Needs>,
        door: Door,
    ) -> &mut BTreeSet<RegistrationId> {
        let profile = &worker.profile;
        if self.offer.is_some_and(|offer| needs.met_by(&offer)) {
            self.met.insert(Arc::clone(&needs));
        }
        self.of_profile.entry(profile.clone()).or_default().insert(Arc::clone(&needs));
        let lane = self.lanes.entry(needs).or_default();
        lane.show(profile, door);
        let workers = lane.due.entry(profile.clone()).or_default();
        workers.entry(Arc::clone(worker)).or_default()
    }

    /// Takes a registration out of the lane that it is in, if it is in one.
    pub(crate) fn remove(&mut self, Due { id, worker, kept }: Due<'_>) {
        let Some(needs) = kept.take() else { return };
        let Some(lane) = self.lanes.get_mut(&needs) else { return };
        let profile = &worker.profile;
        let Some(workers) = lane.due.get_mut(profile) else { return };
        if let Some(ids) = workers.get_mut(worker) {
            ids.remove(&id);
            if ids.is_empty() {
                workers.remove(worker);
            }
        }
        if !workers.is_empty() {
            return;
        }
        lane.due.remove(profile);
        lane.set_door(profile, Door::Shut);
        if lane.due.is_empty() {
            self.lanes.remove(&needs);
            self.met.remove(&needs);
        }
        if let Some(lanes) = self.of_profile.get_mut(profile) {
            lanes.remove(&needs);
            if lanes.is_empty() {
                self.of_profile.remove(profile);
            }
        }
    }

    /// Notes what stands between a profile's browser and a wake.
    pub(crate) fn set_door(&mut self, profile: &ProfileKey, door: Door) {
        for needs in self.of_profile.get(profile).into_iter().flatten() {
            if let Some(lane) = self.lanes.get_mut(needs) {
                lane.set_door(profile, door);
            }
        }
    }

    /// Notes what the host offers.
    pub(crate) fn set_offer(&mut self, offer: Offer) {
        if self.offer == Some(offer) {
            return;
        }
        self.offer = Some(offer);
        let met = self.lanes.keys().filter(|needs| needs.met_by(&offer));
        self.met = met.cloned().collect();
    }

    /// Lets the owners after this one come first, as after a time-out of its event (P-08).
    pub(crate) fn move_behind(&mut self, owner: OwnerId) {
        self.last_owner = Some(owner);
    }

    fn met_lanes(&self) -> impl Iterator<Item = (&Arc<Needs>, &Lane)> {
        self.met.iter().filter_map(|needs| self.lanes.get_key_value(needs))
    }

    /// The next registration whose needs are met, of an owner for whom `may` holds. Kinds have
    /// no turn of their own: one-offs come first with the same worker.
    pub(crate) fn next(&self, may: impl Fn(OwnerId) -> bool) -> Option<RegistrationId> {
        let owner = self.owner_in_turn(may)?;
        let last = self.last_worker.get(&owner);
        let candidates = self.met_lanes().filter_map(|(needs, lane)| {
            let worker = lane.worker_in_turn(owner, last)?;
            let id = lane.first_of(worker)?;
            Some((Some(worker) <= last, worker, needs.kind, id))
        });
        candidates.min().map(|(_, _, _, id): (_, _, SyncKind, _)| id)
    }

    /// The next profile whose browser is to be started for what it has due.
    pub(crate) fn next_to_start(&self) -> Option<&ProfileKey> {
        self.met_lanes().find_map(|(_, lane)| lane.startable.first())
    }

    /// What a closed browser could be started for; `None`: a one-off is among it.
    pub(crate) fn periodic_alone(&self, profile: &ProfileKey) -> Option<Vec<RegistrationId>> {
        let mut ids = Vec::new();
        for (needs, lane) in self.met_lanes() {
            let Some(workers) = lane.due.get(profile) else { continue };
            if needs.kind == SyncKind::OneOff {
                return None;
            }
            ids.extend(workers.values().flatten().copied());
        }
        Some(ids)
    }

    /// Notes that a registration of this worker was served.
    pub(crate) fn served(&mut self, worker: &Arc<WorkerKey>) {
        let owner = worker.profile.owner;
        self.last_owner = Some(owner);
        self.last_worker.insert(owner, Arc::clone(worker));
    }

    /// The owner whose turn it is: the first after the one that was served last, and round again.
    fn owner_in_turn(&self, may: impl Fn(OwnerId) -> bool) -> Option<OwnerId> {
        let after = self.last_owner.map_or(Unbounded, Excluded);
        let first_of = |lane: &Lane| {
            let later = lane.open.range((after, Unbounded));
            let earlier = self.last_owner.map(|last| lane.open.range(..=last));
            let in_turn = later.chain(earlier.into_iter().flatten());
            in_turn.map(|(owner, _)| *owner).find(|owner| may(*owner))
        };
        let owners = self.met_lanes().filter_map(|(_, lane)| first_of(lane));
        owners.min_by_key(|owner| (Some(*owner) <= self.last_owner, *owner))
    }
}
