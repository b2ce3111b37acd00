//! Takes over what was exported: all of it or nothing.
//!
//! Everything is looked at before anything is changed. A daemon that has never registered
//! anything is restored by an import of everything: numbers, history and counters included. Else
//! an import adds to what there is: what it names already is made as it says, and what is new is
//! given new numbers, for those of the import may stand for something else here.

use std::{collections::BTreeMap, sync::Arc};

use super::{Caller, Scheduler, Viewer, behind::catch_up, shares::is_number};
use crate::{
    change::{RegistrationChange, What},
    effect::{Effect, Record},
    holdings::{lease_bytes, profile_bytes, registration_bytes, site_bytes},
    key::{OwnerId, ProfileKey, RegistrationId},
    lease::{Lease, LeaseId, Leased},
    profile::Profile,
    registration::{Registration, State},
    saved::{Counters, Saved},
    site::{Site, SiteKey},
    time::Timestamp,
};

/// So many errors are named; the others are counted.
const NAMED_ERRORS: usize = 20;

/// What is to be taken over.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The records.
    pub saved: Arc<Saved>,
    /// The epoch of the daemon that exported them: attempts of it were given.
    pub epoch: u64,
    /// Whether to.
    pub mode: ImportMode,
}

/// Whether an import changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportMode {
    /// It only says what it would change.
    Try,
    /// It changes it.
    Apply,
}

/// What an import changed, or would.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Registrations.
    pub registrations: Tally,
    /// What is kept of sites.
    pub sites: Tally,
    /// What is kept of profiles.
    pub profiles: Tally,
    /// Pauses and overrides.
    pub leases: Tally,
    /// Entries of the history.
    pub history: Tally,
    /// Owners of something.
    pub owners: Tally,
}

/// What became of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// They were not there.
    pub added: usize,
    /// They were there, otherwise.
    pub changed: usize,
    /// They were there, just so.
    pub unchanged: usize,
    /// Leases that have ended, and the history where there is one already.
    pub left_out: usize,
}

/// An import of which nothing is taken over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportRefused {
    /// The first reasons.
    pub first: Vec<ImportError>,
    /// How many there are.
    pub count: usize,
}

/// Why an import is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// It is about somebody else.
    #[error("{what} belongs to owner `{uid}`: only an administrator may import it")]
    NotYours {
        /// What.
        what: &'static str,
        /// Whose.
        uid: u32,
    },
    /// It is about everybody.
    #[error("lease `{id}` is for everybody: only an administrator may import it")]
    Everybodys {
        /// Which.
        id: u64,
    },
    /// The uid belongs to another name.
    #[error("owner `{uid}` is `{there}` in the import and `{here}` here")]
    OtherName {
        /// Which uid.
        uid: u32,
        /// Its name here.
        here: Arc<str>,
        /// Its name there.
        there: Arc<str>,
    },
    /// Two registrations have the same name.
    #[error("registration `{id}` names what registration `{other}` names")]
    Twice {
        /// Which.
        id: u64,
        /// The one before.
        other: u64,
    },
    /// There is no room.
    #[error("{what} of owner `{uid}`: {count} is more than the limit {limit}")]
    OwnerShare {
        /// Of what.
        what: &'static str,
        /// Whose.
        uid: u32,
        /// How many there would be.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// There is no room for an origin.
    #[error(
        "registrations of origin `{origin}` of owner `{uid}`: {count} is more than the limit {limit}"
    )]
    OriginShare {
        /// Which.
        origin: String,
        /// Whose.
        uid: u32,
        /// How many there would be.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// There is no room for so much.
    #[error("bytes of all records: {count} is more than the limit {limit}")]
    Bytes {
        /// How many there would be.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// There is no room at all.
    #[error("registrations: {count} is more than the limit {limit}")]
    Full {
        /// How many there would be.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
}

/// What an import does, worked out before it does anything.
#[derive(Default)]
struct Plan {
    imported: Imported,
    refused: ImportRefused,
    owners: Vec<(OwnerId, Arc<str>)>,
    sites: Vec<(SiteKey, Site)>,
    profiles: Vec<(ProfileKey, Profile)>,
    leases: Vec<(Option<LeaseId>, Lease)>,
    registrations: Vec<(Change, Registration)>,
    /// What the records of each owner would hold more, and less, in bytes.
    bytes: BTreeMap<OwnerId, (usize, usize)>,
}

/// What is done with a registration.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Add,
    Replace,
}

/// How an import is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
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
    /// Takes over what was exported, or says what that would change.
    ///
    /// What ran where it was exported is delivered again. No more than policy allows is taken
    /// over: attempts, limits and ends are those that a registration could have here.
    ///
    /// # Errors
    /// Everything that speaks against it. Nothing changes then.
    pub fn import(
        &mut self,
        now: Timestamp,
        viewer: Viewer,
        caller: &Caller,
        import: &Import,
    ) -> Result<Imported, ImportRefused> {
        self.handle_timeout(now);
        self.identify(caller);
        let fresh = self.counters.last_registration == 0 && self.history.last() == 0;
        let kind = match viewer {
            Viewer::Administrator if fresh => Kind::Restore,
            Viewer::Administrator | Viewer::Owner(_) => Kind::Merge,
        };
        let mut saved = Saved::clone(&import.saved);
        // Written where the clock was ahead of ours: the core wants nothing from the future.
        drop(catch_up(&mut saved, self.now));
        let history = std::mem::take(&mut saved.history);
        let counters = saved.counters;
        let mut plan = Plan::default();
        self.plan_owners(&mut plan, viewer, caller, &saved);
        self.plan_sites(&mut plan, viewer, saved.sites);
        self.plan_profiles(&mut plan, viewer, saved.profiles);
        self.plan_leases(&mut plan, (viewer, kind), saved.leases);
        self.plan_registrations(&mut plan, (viewer, kind), saved.registrations);
        match kind {
            Kind::Restore => plan.imported.history.added = history.len(),
            Kind::Merge => plan.imported.history.left_out = history.len(),
        }
        self.plan_bytes(&mut plan);
        let imported = plan.imported;
        if plan.refused.count > 0 {
            self.finish();
            return Err(plan.refused);
        }
        if import.mode == ImportMode::Apply {
            if kind == Kind::Restore {
                self.take_numbers(counters, import.epoch);
                for entry in history {
                    let record = Record::SaveEntry(Box::new(entry.clone()));
                    self.effects.push_back(Effect::Record(record));
                    self.history.adopt(entry);
                }
                self.counters.last_entry = self.counters.last_entry.max(self.history.last());
            }
            self.apply(plan, kind, caller);
        }
        self.finish();
        Ok(imported)
    }

    fn plan_owners(&self, plan: &mut Plan, viewer: Viewer, caller: &Caller, saved: &Saved) {
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

    fn plan_sites(&self, plan: &mut Plan, viewer: Viewer, sites: BTreeMap<SiteKey, Site>) {
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

    fn plan_profiles(
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

    fn plan_leases(&self, plan: &mut Plan, (viewer, kind): (Viewer, Kind), leases: Vec<Lease>) {
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
            let here = self.leases.find(&lease.subject, lease.what);
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
                    plan.weigh(owner, 0, lease_bytes(&lease.subject, &lease.reason));
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

    fn plan_registrations(
        &self,
        plan: &mut Plan,
        (viewer, kind): (Viewer, Kind),
        registrations: Vec<Registration>,
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

    fn plan_bytes(&self, plan: &mut Plan) {
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

    /// Nothing was ever given a number here: those that were given there are not given again.
    fn take_numbers(&mut self, counters: Counters, epoch: u64) {
        let Counters { last_registration, last_lease, last_entry, returned_at: _ } = counters;
        let own = &mut self.counters;
        own.last_registration = own.last_registration.max(last_registration);
        own.last_lease = own.last_lease.max(last_lease);
        own.last_entry = own.last_entry.max(last_entry);
        self.history.number_after(last_entry);
        if epoch >= self.epoch {
            self.epoch = epoch.saturating_add(1);
            self.effects.push_back(Effect::Record(Record::SaveEpoch(self.epoch)));
        }
    }

    fn apply(&mut self, plan: Plan, kind: Kind, caller: &Caller) {
        let Plan { owners, sites, profiles, leases, registrations, .. } = plan;
        for (owner, name) in owners {
            self.owners.insert(owner, Arc::clone(&name));
            self.effects.push_back(Effect::Record(Record::SaveOwner { owner, name }));
        }
        let mut own = registrations.iter().map(|(_, one)| one.key.owner());
        let own = own.any(|owner| owner == caller.owner)
            || sites.iter().any(|(key, _)| key.profile.owner == caller.owner)
            || profiles.iter().any(|(key, _)| key.owner == caller.owner);
        if own {
            self.keep_owner(caller);
        }
        let mut changed = Vec::new();
        for (key, site) in sites {
            self.sites.entry(key.clone()).or_default().replace(site);
            self.save_site(&key);
            changed.extend(self.registrations.of_origin_ids(&key.profile, &key.origin));
        }
        for (key, profile) in profiles {
            self.profiles.entry(key.clone()).or_default().replace(profile);
            self.save_profile(&key);
            changed.extend(self.registrations.of_profile(&key));
        }
        for (here, mut lease) in leases {
            if let Some(here) = here {
                self.drop_lease(here);
            }
            let last = &mut self.counters.last_lease;
            if lease.id == LeaseId::new(0) {
                lease.id = LeaseId::new(*last + 1);
            }
            *last = (*last).max(lease.id.number());
            self.effects.push_back(Effect::Record(Record::SaveLease(lease.clone())));
            self.holdings.add_lease(&lease);
            self.leases.insert(lease.clone());
            self.leases_changed(&lease);
        }
        for (change, mut one) in registrations {
            if one.id == RegistrationId::new(0) {
                one.id = RegistrationId::new(self.counters.last_registration + 1);
            }
            let (id, key) = (one.id, one.key.clone());
            let last = &mut self.counters.last_registration;
            *last = (*last).max(id.number());
            if change == Change::Replace
                && let Some((before, filed)) = self.registrations.remove(id)
            {
                self.holdings.change(key.owner(), registration_bytes(&before), 0);
                self.unfile(&before, filed);
            }
            if self.is_budgeted(&one) {
                self.budget_held.insert(id);
            }
            self.holdings.change(key.owner(), 0, registration_bytes(&one));
            self.registrations.insert(one);
            self.settle(id);
            let what = match change {
                Change::Add => RegistrationChange::Created,
                Change::Replace => RegistrationChange::Updated,
            };
            match kind {
                // The history is that of where it comes from.
                Kind::Restore => self.notify(What::Registration { id, key, what }),
                Kind::Merge => self.tell_of(id, &key, what),
            }
        }
        for id in changed {
            self.file(id);
        }
        self.effects.push_back(Effect::Record(Record::SaveCounters(self.counters)));
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
