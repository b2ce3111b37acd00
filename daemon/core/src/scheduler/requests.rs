//! What browsers ask for: register, unregister, remove a scope.

use std::{sync::Arc, time::Duration};

use super::{Denial, RegistrationView, Scheduler, ShareSpent, shares::is_number};
use crate::{
    change::{RegistrationChange, RemovalReason},
    constraints::Constraints,
    effect::{Effect, Record},
    field::FieldError,
    holdings::registration_bytes,
    key::{AppId, OwnerId, RegistrationId, RegistrationKey, SyncKind, WorkerKey},
    period::Plan,
    registration::{Registration, Schedule, State},
    site::SiteKey,
    time::Timestamp,
};

/// Who asks: the kernel's word for it, and the login name of that uid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The uid.
    pub owner: OwnerId,
    /// Its login name, or `#uid` where NSS knows none.
    pub name: Arc<str>,
}

/// What is to be registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRegistration {
    /// What names it; the owner is the caller.
    pub key: RegistrationKey,
    /// The web app, where the browser knows it.
    pub app: Option<AppId>,
    /// When it is to run.
    pub schedule: NewSchedule,
    /// What it asks of the host.
    pub constraints: Constraints,
}

/// When a new registration is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewSchedule {
    /// Once.
    OneOff {
        /// Given up after this time; `None`: policy's default.
        expires_in: Option<Duration>,
    },
    /// Again and again.
    Periodic {
        /// At least so long from event to event.
        min_interval: Duration,
    },
}

/// The answer to a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// As it is now.
    pub view: RegistrationView,
    /// What the call did.
    pub change: RegisterChange,
}

/// What a registration did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterChange {
    /// It is new.
    Created,
    /// Another interval, app or expiry.
    Updated,
    /// It was there already, just so.
    Unchanged,
    /// It was firing or backing off, and will run (again).
    Rearmed,
}

/// Why a registration is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// A value breaks a rule.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The owner's share is spent.
    #[error("owner `{uid}` has {limit} registrations, as many as one owner may have")]
    OwnerFull {
        /// Whose.
        uid: u32,
        /// The share.
        limit: usize,
    },
    /// The origin's share is spent.
    #[error("origin `{origin}` has {limit} registrations, as many as one origin may have")]
    OriginFull {
        /// Which.
        origin: String,
        /// The share.
        limit: usize,
    },
    /// The kind of sync is not permitted to the origin.
    #[error("origin `{origin}` has no permission for {} syncs: {}", kind_word(*.kind), .denial)]
    Denied {
        /// Which.
        origin: String,
        /// Which kind.
        kind: SyncKind,
        /// Which rule says so.
        denial: Denial,
    },
    /// Another share is spent.
    #[error(transparent)]
    Share(#[from] ShareSpent),
    /// There is room for no more.
    #[error("the queue holds {limit} registrations, as many as it may hold")]
    Full {
        /// How many.
        limit: usize,
    },
}

/// What unregistering did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unregistered {
    /// It is gone.
    Removed,
    /// There was none.
    Absent,
}

impl Scheduler {
    /// Registers a sync: S-O-13, S-O-14, S-P-14 to S-P-16, P-01, P-05.
    ///
    /// # Errors
    /// When an expiry is out of range, or a share is spent. Nothing changes then.
    pub fn register(
        &mut self,
        now: Timestamp,
        caller: &Caller,
        new: NewRegistration,
    ) -> Result<Registered, RegisterError> {
        self.do_overdue(now);
        self.identify(caller);
        let registered = self.create_or_rearm(caller, new);
        self.finish();
        registered
    }

    fn create_or_rearm(
        &mut self,
        caller: &Caller,
        mut new: NewRegistration,
    ) -> Result<Registered, RegisterError> {
        let known = self.registrations.find_shared(&mut new.key);
        self.check(&new)?;
        self.check_permission(&new)?;
        let site = SiteKey::of(&new.key);
        let (id, change) = match known {
            Some(id) => {
                self.check_app(id, &new)?;
                (id, self.register_again(id, &new))
            }
            None => (self.create(caller, new)?, RegisterChange::Created),
        };
        self.note_network(&site);
        Ok(Registered { view: self.view_of(id), change })
    }

    /// Unregisters a sync; an unknown one is no error (S-P-21).
    pub fn unregister(
        &mut self,
        now: Timestamp,
        caller: &Caller,
        key: &RegistrationKey,
    ) -> Unregistered {
        self.do_overdue(now);
        self.identify(caller);
        let found = self.registrations.find(key);
        if let Some(id) = found {
            self.remove(id, RemovalReason::Unregistered);
        }
        self.finish();
        found.map_or(Unregistered::Absent, |_| Unregistered::Removed)
    }

    /// Removes all of a service worker's registrations; how many there were.
    pub fn remove_scope(&mut self, now: Timestamp, caller: &Caller, worker: &WorkerKey) -> usize {
        self.do_overdue(now);
        self.identify(caller);
        let ids = self.registrations.of_scope(worker);
        for id in &ids {
            self.remove(*id, RemovalReason::ScopeRemoved);
        }
        self.finish();
        ids.len()
    }

    /// A uid that has come to belong to another login name starts empty. A name that NSS does
    /// not know (for the moment) is no other name.
    pub fn identify(&mut self, caller: &Caller) {
        let Some(known) = self.owners.get(&caller.owner) else { return };
        if *known == caller.name || is_number(&caller.name) {
            return;
        }
        if !is_number(known) {
            self.forget_owner(caller.owner);
        }
        self.save_owner(caller);
    }

    /// Everything that is kept of an owner goes.
    fn forget_owner(&mut self, owner: OwnerId) {
        self.effects.push_back(Effect::Record(Record::EraseCopies));
        for id in self.registrations.of_owner_ids(owner) {
            self.remove(id, RemovalReason::OwnerChanged);
        }
        let mut gone = Vec::new();
        for (site, kept) in self.sites.extract_if(.., |site, _| site.profile.owner == owner) {
            self.holdings.change(owner, kept.counted(), 0);
            gone.push(Record::DeleteSite(site));
        }
        for (profile, kept) in self.profiles.extract_if(.., |profile, _| profile.owner == owner) {
            self.holdings.change(owner, kept.counted(), 0);
            gone.push(Record::DeleteProfile(profile));
        }
        let leases: Vec<_> = self.leases.of(Some(owner)).map(|lease| lease.id).collect();
        for lease in leases.into_iter().filter_map(|id| self.leases.remove(id)) {
            self.holdings.drop_lease(&lease);
            gone.push(Record::DeleteLease(lease.id));
        }
        self.effects.extend(gone.into_iter().map(Effect::Record));
        self.forget_history(owner, |_| true);
    }

    /// Something of an owner is kept: so is who it is.
    pub(super) fn keep_owner(&mut self, caller: &Caller) {
        if !self.owners.contains_key(&caller.owner) {
            self.save_owner(caller);
        }
    }

    fn save_owner(&mut self, caller: &Caller) {
        let Caller { owner, name } = caller.clone();
        self.owners.insert(owner, Arc::clone(&name));
        self.effects.push_back(Effect::Record(Record::SaveOwner { owner, name }));
    }

    pub(super) fn check(&self, new: &NewRegistration) -> Result<(), FieldError> {
        let NewSchedule::OneOff { expires_in: Some(expires_in) } = new.schedule else {
            return Ok(());
        };
        if expires_in.is_zero() || expires_in > self.policy.max_expiry {
            let days = self.policy.max_expiry.as_secs() / 86_400;
            let shown = format!("{expires_in:?}");
            let rule = format!("must be more than 0 and at most {days} days");
            return Err(FieldError::plain("expires_in", shown, rule));
        }
        Ok(())
    }

    /// S-O-11, S-P-12: what is denied is not registered.
    fn check_permission(&self, new: &NewRegistration) -> Result<(), RegisterError> {
        let origin = new.key.worker.scope.origin();
        let rules = self.policy.rules_for(origin, new.app.as_ref());
        let denied = self.denied(&new.key, &rules).map(|(denial, _)| denial);
        let denied = denied.or_else(|| self.lacks_app(&new.key).then_some(Denial::NotGranted));
        match denied {
            None => Ok(()),
            Some(denial) => {
                let (origin, kind) = (origin.to_owned(), new.key.kind);
                Err(RegisterError::Denied { origin, kind, denial })
            }
        }
    }

    pub(super) fn create(
        &mut self,
        caller: &Caller,
        new: NewRegistration,
    ) -> Result<RegistrationId, RegisterError> {
        self.check_shares(&new)?;
        self.check_owner(caller.owner, &caller.name)?;
        self.keep_owner(caller);
        self.counters.last_registration += 1;
        let id = RegistrationId::new(self.counters.last_registration);
        let rules = self.policy.rules_for(new.key.worker.scope.origin(), new.app.as_ref());
        let schedule = match new.schedule {
            NewSchedule::OneOff { expires_in } => {
                Schedule::OneOff { expires_at: self.now + expires_in.unwrap_or(rules.expiry) }
            }
            NewSchedule::Periodic { min_interval } => {
                let plan = Plan::at_once(self.now, rules.min_interval_floor.max(min_interval));
                Schedule::Periodic { min_interval: min_interval.into(), anchor: self.now, plan }
            }
        };
        let registration = Registration {
            id,
            key: new.key,
            app: new.app,
            constraints: new.constraints,
            network: self.facts().network,
            schedule,
            registered_at: self.now,
            state: State::Pending,
            attempts: 0,
            max_attempts: rules.max_attempts,
            streak: None,
            brought_forward: 0,
            last_attempt: None,
        };
        let kind = registration.kind();
        self.reweigh(&registration, 0, registration_bytes(&registration));
        self.registrations.insert(registration);
        if kind == SyncKind::Periodic {
            let state = self.plan_from(id, self.now);
            if let Some(registration) = self.registrations.get_mut(id) {
                registration.state = state;
            }
        }
        self.settle(id);
        self.tell(id, RegistrationChange::Created);
        self.tell_suspended(id);
        self.came_due.insert(id);
        Ok(id)
    }
}

fn kind_word(kind: SyncKind) -> &'static str {
    match kind {
        SyncKind::OneOff => "one-off",
        SyncKind::Periodic => "periodic",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        key::{ProfileId, ProfileKey, Scope, Tag},
        policy::Policy,
        saved::Saved,
    };

    fn caller(name: &str) -> Caller {
        Caller { owner: OwnerId::from_uid(1_000).unwrap(), name: name.into() }
    }

    /// Registrations left after `first` registered one and `then` called.
    fn left(first: &str, then: &str) -> usize {
        let profile = ProfileId::parse("chromium", "Default").unwrap();
        let profile = ProfileKey { owner: caller(first).owner, profile };
        let scope = Scope::parse("https://example.org/").unwrap();
        let worker = Arc::new(WorkerKey { profile, scope });
        let (kind, tag) = (SyncKind::OneOff, Tag::parse("mail").unwrap());
        let key = RegistrationKey { worker, kind, tag };
        let schedule = NewSchedule::OneOff { expires_in: None };
        let constraints = Constraints::default();
        let new = NewRegistration { key, app: None, schedule, constraints };
        let policy = Policy::default();
        let mut core = Scheduler::restore(Timestamp::ZERO, policy, 1, Saved::default());
        core.register(Timestamp::ZERO, &caller(first), new).unwrap();
        core.identify(&caller(then));
        core.len()
    }

    #[test]
    fn a_uid_with_another_login_name_starts_empty() {
        assert_eq!(left("ada", "ada"), 1);
        assert_eq!(left("ada", "bob"), 0);
    }

    #[test]
    fn a_name_that_nss_does_not_know_for_the_moment_is_no_other_name() {
        assert_eq!(left("ada", "#1000"), 1);
        assert_eq!(left("#1000", "ada"), 1);
    }
}
