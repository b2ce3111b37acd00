//! Works out what an import changes, and what speaks against it. Changes nothing.

use std::{collections::BTreeMap, sync::Arc};

use super::{ImportError, ImportRefused, Imported};
use crate::{
    holdings::{lease_bytes, profile_bytes, registration_bytes, site_bytes},
    key::{OwnerId, ProfileKey, RegistrationId},
    lease::{Lease, LeaseId, Leased},
    profile::Profile,
    registration::{Registration, State},
    registrations::Registrations,
    saved::Saved,
    scheduler::{Caller, Scheduler, Viewer, shares::is_number},
    site::{Site, SiteKey},
};

/// So many errors are named; the others are counted.
const NAMED_ERRORS: usize = 20;

/// What an import does, worked out before it does anything.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) imported: Imported,
    pub(super) refused: ImportRefused,
    pub(super) owners: Vec<(OwnerId, Arc<str>)>,
    pub(super) sites: Vec<(SiteKey, Site)>,
    pub(super) profiles: Vec<(ProfileKey, Profile)>,
    pub(super) leases: Vec<(Option<LeaseId>, Lease)>,
    pub(super) registrations: Vec<(Change, Registration)>,
    /// What the records of each owner would hold more, and less, in bytes.
    bytes: BTreeMap<OwnerId, (usize, usize)>,
}

/// What is done with a registration.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Add,
    Replace,
}

/// How an import is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing was ever registered here: as it is, numbers included.
    Restore,
    /// Beside what there is.
    Merge,
}

impl Plan {
    fn weigh(&mut self, owner: OwnerId, before: usize, after: usize) {
        let (more, less) = self.bytes.entry(owner).or_default();
        *more += after;
        *less += before;
    }

    fn refuse(&mut self, error: ImportError) {
        if self.refused.first.len() < NAMED_ERRORS {
            self.refused.first.push(error);
        }
        self.refused.count += 1;
    }
}

impl Scheduler {
    pub(super) fn plan_owners(
        &self,
        plan: &mut Plan,
        viewer: Viewer,
        caller: &Caller,
        saved: &Saved,
    ) {
        for (owner, there) in &saved.owners {
            let here = match viewer {
                Viewer::Owner(own) if own != *owner => {
                    plan.refuse(ImportError::NotYours {
                        what: "an owner's name",
                        uid: owner.uid(),
                    });
                    continue;
                }
                Viewer::Owner(_) => Some(&caller.name),
                Viewer::Administrator => self.owners.get(owner),
            };
            match here {
                Some(here) if !is_number(here) && !is_number(there) && here != there => {
                    plan.refuse(ImportError::OtherName {
                        uid: owner.uid(),
                        here: Arc::clone(here),
                        there: Arc::clone(there),
                    });
                }
                Some(_) => plan.imported.owners.unchanged += 1,
                None => {
                    plan.imported.owners.added += 1;
                    plan.owners.push((*owner, Arc::clone(there)));
                }
            }
        }
    }

    pub(super) fn plan_sites(
        &self,
        plan: &mut Plan,
        viewer: Viewer,
        sites: BTreeMap<SiteKey, Site>,
    ) {
        let mut added: BTreeMap<OwnerId, usize> = BTreeMap::new();
        for (key, site) in sites {
            let owner = key.profile.owner;
            if !viewer.sees(owner) {
                plan.refuse(ImportError::NotYours { what: "a site", uid: owner.uid() });
                continue;
            }
            match self.sites.get(&key) {
                Some(here) if **here == site => plan.imported.sites.unchanged += 1,
                Some(here) => {
                    plan.weigh(owner, here.counted(), site_bytes(&key, &site));
                    plan.imported.sites.changed += 1;
                    plan.sites.push((key, site));
                }
                None => {
                    plan.weigh(owner, 0, site_bytes(&key, &site));
                    plan.imported.sites.added += 1;
                    *added.entry(owner).or_default() += 1;
                    plan.sites.push((key, site));
                }
            }
        }
        let limit = self.policy.owner_sites;
        for (owner, added) in added {
            let here = self.sites.keys().filter(|key| key.profile.owner == owner).count();
            check_share(plan, "sites", (owner, here + added, limit));
        }
    }

    pub(super) fn plan_profiles(
        &self,
        plan: &mut Plan,
        viewer: Viewer,
        profiles: BTreeMap<ProfileKey, Profile>,
    ) {
        let mut added: BTreeMap<OwnerId, usize> = BTreeMap::new();
        for (key, profile) in profiles {
            if !viewer.sees(key.owner) {
                plan.refuse(ImportError::NotYours { what: "a profile", uid: key.owner.uid() });
                continue;
            }
            match self.profiles.get(&key) {
                Some(here) if **here == profile => plan.imported.profiles.unchanged += 1,
                Some(here) => {
                    plan.weigh(key.owner, here.counted(), profile_bytes(&key, &profile));
                    plan.imported.profiles.changed += 1;
                    plan.profiles.push((key, profile));
                }
                None => {
                    plan.weigh(key.owner, 0, profile_bytes(&key, &profile));
                    plan.imported.profiles.added += 1;
                    *added.entry(key.owner).or_default() += 1;
                    plan.profiles.push((key, profile));
                }
            }
        }
        let limit = self.policy.owner_profiles;
        for (owner, added) in added {
            let here = self.profiles.keys().filter(|key| key.owner == owner).count();
            check_share(plan, "profiles", (owner, here + added, limit));
        }
    }

    pub(super) fn plan_leases(
        &self,
        plan: &mut Plan,
        (viewer, kind): (Viewer, Kind),
        leases: Vec<Lease>,
    ) {
        let mut added: BTreeMap<Option<OwnerId>, usize> = BTreeMap::new();
        for mut lease in leases {
            let owner = lease.subject.owner();
            match (viewer, owner) {
                (Viewer::Owner(_), None) => {
                    plan.refuse(ImportError::Everybodys { id: lease.id.number() });
                    continue;
                }
                (Viewer::Owner(own), Some(owner)) if own != owner => {
                    plan.refuse(ImportError::NotYours { what: "a lease", uid: owner.uid() });
                    continue;
                }
                (Viewer::Owner(_) | Viewer::Administrator, _) => {}
            }
            let longest = match lease.what {
                Leased::Pause => self.policy.max_pause,
                Leased::Override(_) => self.policy.max_override,
            };
            lease.until = lease.until.min(self.now + longest);
            if lease.until <= self.now {
                plan.imported.leases.left_out += 1;
                continue;
            }
            let here = self.leases.find(&lease.subject, lease.what, lease.place.as_ref());
            let same = self
                .leases
                .iter()
                .find(|one| Some(one.id) == here)
                .is_some_and(|here| Lease { id: here.id, ..lease.clone() } == *here);
            if same {
                plan.imported.leases.unchanged += 1;
                continue;
            }
            if here.is_some() {
                plan.imported.leases.changed += 1;
            } else {
                plan.imported.leases.added += 1;
                if let Some(owner) = owner {
                    plan.weigh(
                        owner,
                        0,
                        lease_bytes(&lease.subject, lease.place.as_ref(), &lease.reason),
                    );
                }
                *added.entry(owner).or_default() += 1;
            }
            if kind == Kind::Merge {
                lease.id = LeaseId::new(0);
            }
            plan.leases.push((here, lease));
        }
        let limit = self.policy.owner_leases;
        for (owner, added) in added {
            let count = self.leases.count_of(owner) + added;
            // What is for everybody is nobody's share, and has the same limit.
            match owner {
                Some(owner) => check_share(plan, "leases", (owner, count, limit)),
                None if count > limit => plan.refuse(ImportError::Full { count, limit }),
                None => {}
            }
        }
    }

    pub(super) fn plan_registrations(
        &self,
        plan: &mut Plan,
        (viewer, kind): (Viewer, Kind),
        registrations: Registrations,
    ) {
        let mut owners: BTreeMap<OwnerId, usize> = BTreeMap::new();
        let mut origins: BTreeMap<(OwnerId, String), (usize, usize)> = BTreeMap::new();
        let mut seen = BTreeMap::new();
        let mut added = 0;
        for mut one in registrations {
            let owner = one.key.owner();
            if !viewer.sees(owner) {
                plan.refuse(ImportError::NotYours { what: "a registration", uid: owner.uid() });
                continue;
            }
            let id = one.id.number();
            let names = (Arc::clone(&one.key.worker), one.key.kind, one.key.tag.clone());
            if let Some(other) = seen.insert(names, id) {
                plan.refuse(ImportError::Twice { id, other });
                continue;
            }
            self.make_usual(&mut one);
            let here = self.registrations.find(&one.key).and_then(|id| self.registrations.get(id));
            let Some(here) = here else {
                *owners.entry(owner).or_default() += 1;
                let scope = &one.key.worker.scope;
                let origin = origins.entry((owner, scope.origin().to_owned()));
                let here = || (self.registrations.of_origin(owner, scope), 0);
                origin.or_insert_with(here).1 += 1;
                added += 1;
                if kind == Kind::Merge {
                    one.id = RegistrationId::new(0);
                }
                plan.weigh(owner, 0, registration_bytes(&one));
                plan.registrations.push((Change::Add, one));
                continue;
            };
            one.id = here.id;
            if let State::Firing { .. } = here.state {
                // What runs here goes on.
                one.state = here.state.clone();
                one.attempts = here.attempts;
                one.streak = here.streak;
                one.brought_forward = here.brought_forward;
                one.last_attempt = here.last_attempt.clone();
            }
            if one == *here {
                plan.imported.registrations.unchanged += 1;
            } else {
                plan.weigh(owner, registration_bytes(here), registration_bytes(&one));
                plan.imported.registrations.changed += 1;
                plan.registrations.push((Change::Replace, one));
            }
        }
        plan.imported.registrations.added = added;
        for (owner, added) in owners {
            let count = self.registrations.of_owner(owner) + added;
            let limit = self.policy.owner_registrations;
            check_share(plan, "registrations", (owner, count, limit));
        }
        for ((owner, origin), (here, added)) in origins {
            let (count, limit) = (here + added, self.policy.origin_registrations);
            if count > limit {
                plan.refuse(ImportError::OriginShare { origin, uid: owner.uid(), count, limit });
            }
        }
        let (count, limit) = (self.registrations.len() + added, self.policy.registrations);
        if added > 0 && count > limit {
            plan.refuse(ImportError::Full { count, limit });
        }
    }

    pub(super) fn plan_bytes(&self, plan: &mut Plan) {
        let bytes = std::mem::take(&mut plan.bytes);
        let mut all = self.holdings.all();
        for (owner, (more, less)) in bytes {
            let count = (self.holdings.of(owner) + more).saturating_sub(less);
            if more > less {
                let limit = self.policy.owner_bytes;
                check_share(plan, "bytes of records", (owner, count, limit));
            }
            all = (all + more).saturating_sub(less);
        }
        if all > self.holdings.all() && all > self.policy.bytes {
            plan.refuse(ImportError::Bytes { count: all, limit: self.policy.bytes });
        }
    }

    /// As it could have come about here.
    fn make_usual(&self, one: &mut Registration) {
        if let State::Firing { .. } = one.state {
            one.state = State::Pending;
        }
        self.clamp(one);
        one.registered_at = one.registered_at.min(self.now);
        let rules = self.rules_of_key(&one.key, one.app.as_ref());
        one.max_attempts = rules.max_attempts;
        one.attempts = one.attempts.min(rules.max_attempts.saturating_sub(1));
    }
}

fn check_share(
    plan: &mut Plan,
    what: &'static str,
    (owner, count, limit): (OwnerId, usize, usize),
) {
    if count > limit {
        plan.refuse(ImportError::OwnerShare { what, uid: owner.uid(), count, limit });
    }
}
