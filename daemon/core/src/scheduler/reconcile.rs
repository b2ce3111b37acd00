//! Reconciling: a browser's own list of registrations heals what was lost on either side.

use std::collections::BTreeSet;

use super::{Caller, NewRegistration, RegisterError, Scheduler};
use crate::{
    change::RemovalReason,
    constraints::Constraints,
    key::{ProfileKey, RegistrationId},
    time::Timestamp,
};

/// What reconciling did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Registrations that the browser had and the daemon had not.
    pub added: Vec<RegistrationId>,
    /// Registrations that the daemon had and the browser had not.
    pub removed: Vec<RegistrationId>,
}

impl Scheduler {
    /// Makes the daemon's list of a profile equal to the browser's. What both have stays as it
    /// is, but for a changed interval, another app and what it asks of the host.
    ///
    /// # Errors
    /// When a share would be spent. What was added until then stays, and nothing is removed.
    pub fn reconcile(
        &mut self,
        now: Timestamp,
        caller: &Caller,
        profile: &ProfileKey,
        list: Vec<NewRegistration>,
    ) -> Result<Reconciled, RegisterError> {
        self.do_overdue(now);
        self.identify(caller);
        let reconciled = self.reconcile_list(caller, profile, list);
        self.finish();
        reconciled
    }

    fn reconcile_list(
        &mut self,
        caller: &Caller,
        profile: &ProfileKey,
        list: Vec<NewRegistration>,
    ) -> Result<Reconciled, RegisterError> {
        let mut reconciled = Reconciled::default();
        let mut kept = BTreeSet::new();
        for mut new in list {
            let known = self.registrations.find_shared(&mut new.key);
            self.check(&new)?;
            let id = match known {
                Some(id) => {
                    // A list that does not say what they ask of the host takes nothing back.
                    if new.constraints == Constraints::default() {
                        let known = self.registrations.get(id).map(|one| one.constraints);
                        new.constraints = known.unwrap_or_default();
                    }
                    self.check_app(id, &new)?;
                    self.update(id, &new);
                    id
                }
                None => {
                    let id = self.create(caller, new)?;
                    reconciled.added.push(id);
                    id
                }
            };
            kept.insert(id);
        }
        for id in self.registrations.of_profile(profile) {
            if !kept.contains(&id) {
                self.remove(id, RemovalReason::Reconciled);
                reconciled.removed.push(id);
            }
        }
        Ok(reconciled)
    }
}
