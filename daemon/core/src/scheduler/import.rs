//! Takes over what was exported: all of it or nothing.
//!
//! Everything is looked at before anything is changed. A daemon that has never registered
//! anything is restored by an import of everything: numbers, history and counters included. Else
//! an import adds to what there is: what it names already is made as it says, and what is new is
//! given new numbers, for those of the import may stand for something else here.

mod outcome;
mod plan;

use std::sync::Arc;

pub use self::outcome::{Import, ImportError, ImportMode, ImportRefused, Imported, Tally};
use self::plan::{Change, Kind, Plan};
use super::{Caller, Scheduler, Viewer, behind::catch_up};
use crate::{
    change::{RegistrationChange, What},
    effect::{Effect, Record},
    holdings::registration_bytes,
    key::RegistrationId,
    lease::LeaseId,
    saved::{Counters, Saved},
    time::Timestamp,
};

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
        self.do_overdue(now);
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
            one.key.worker = self.registrations.share(one.key.worker);
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
        self.save_counters();
    }
}
