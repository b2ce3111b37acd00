//! What each owner's share is, and whether there is room for more.

use std::time::Duration;

use super::{NewRegistration, RegisterError, Scheduler};
use crate::{
    calls::Rate,
    holdings::{Holdings, Weighed, app_bytes, new_registration_bytes},
    key::{OwnerId, ProfileKey, RegistrationId, Scope},
    registration::Registration,
    site::SiteKey,
    time::Timestamp,
};

/// A share that is spent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareSpent {
    /// The owner's records hold all that they may.
    #[error(
        "what is kept of owner `{uid}` may hold {limit} bytes: there is no room for {wanted} more"
    )]
    OwnerBytes {
        /// Whose.
        uid: u32,
        /// The share.
        limit: usize,
        /// What was asked for.
        wanted: usize,
    },
    /// All records hold all that they may.
    #[error("all that is kept may hold {limit} bytes: there is no room for {wanted} more")]
    Bytes {
        /// How much.
        limit: usize,
        /// What was asked for.
        wanted: usize,
    },
    /// There are as many owners as there may be.
    #[error("something is kept of {limit} owners, as many as there may be")]
    Owners {
        /// How many.
        limit: usize,
    },
    /// There are as many owners without a login name as there may be.
    #[error("something is kept of {limit} owners without a login name, as many as there may be")]
    UnnamedOwners {
        /// How many.
        limit: usize,
    },
    /// The pages of an origin call too often.
    #[error(
        "origin `{origin}` has made its {limit} calls a minute: the next is in {} s",
        .retry_after.as_millis().div_ceil(1_000)
    )]
    Calls {
        /// Which.
        origin: String,
        /// The share.
        limit: u32,
        /// There is another call after this time.
        retry_after: Duration,
    },
}

impl Scheduler {
    /// Takes a call from the share of an origin: one that its pages can cause.
    ///
    /// # Errors
    /// When none is left.
    pub fn take_call(
        &mut self,
        now: Timestamp,
        owner: OwnerId,
        scope: &Scope,
    ) -> Result<(), ShareSpent> {
        let traffic = &self.policy.traffic;
        let (Some(a_minute), burst) = (traffic.origin_calls, traffic.origin_burst) else {
            return Ok(());
        };
        let (now, rate) = (now.max(self.now), Rate { a_minute, burst });
        self.calls.take(now, owner, scope.origin(), rate).map_err(|retry_after| ShareSpent::Calls {
            origin: scope.origin().to_owned(),
            limit: a_minute,
            retry_after,
        })
    }

    /// What each owner's records hold.
    pub fn holdings(&self) -> &Holdings {
        &self.holdings
    }

    /// Whether an owner's records may grow.
    pub(super) fn check_bytes(&self, owner: OwnerId, wanted: usize) -> Result<(), ShareSpent> {
        let (limit, uid) = (self.policy.owner_bytes, owner.uid());
        if self.holdings.of(owner) + wanted > limit {
            return Err(ShareSpent::OwnerBytes { uid, limit, wanted });
        }
        let limit = self.policy.bytes;
        if self.holdings.all() + wanted > limit {
            return Err(ShareSpent::Bytes { limit, wanted });
        }
        Ok(())
    }

    /// Whether something may be kept of an owner, of whom perhaps nothing is kept yet.
    pub(super) fn check_owner(&self, owner: OwnerId, name: &str) -> Result<(), ShareSpent> {
        let owners = self.holdings.owners();
        if self.holdings.of(owner) > 0 {
            return Ok(());
        }
        let limit = self.policy.owners;
        if owners.len() >= limit {
            return Err(ShareSpent::Owners { limit });
        }
        let limit = self.policy.unnamed_owners;
        let is_unnamed = |one: &OwnerId| self.owners.get(one).is_some_and(|name| is_number(name));
        if is_number(name) && owners.filter(is_unnamed).count() >= limit {
            return Err(ShareSpent::UnnamedOwners { limit });
        }
        Ok(())
    }

    /// Whether one more registration may be kept.
    pub(super) fn check_shares(&self, new: &NewRegistration) -> Result<(), RegisterError> {
        let (owner, scope) = (new.key.owner(), &new.key.worker.scope);
        if self.registrations.len() >= self.policy.registrations {
            return Err(RegisterError::Full { limit: self.policy.registrations });
        }
        if self.registrations.of_owner(owner) >= self.policy.owner_registrations {
            let limit = self.policy.owner_registrations;
            return Err(RegisterError::OwnerFull { uid: owner.uid(), limit });
        }
        if self.registrations.of_origin(owner, scope) >= self.policy.origin_registrations {
            let limit = self.policy.origin_registrations;
            return Err(RegisterError::OriginFull { origin: scope.origin().to_owned(), limit });
        }
        Ok(self.check_bytes(owner, new_registration_bytes(&new.key, new.app.as_ref()))?)
    }

    /// Whether a registration may have another app.
    pub(super) fn check_app(
        &self,
        id: RegistrationId,
        new: &NewRegistration,
    ) -> Result<(), ShareSpent> {
        let known = self.registrations.get(id).and_then(|one| one.app.as_ref());
        let (before, after) = (app_bytes(known), app_bytes(new.app.as_ref()));
        match after.checked_sub(before) {
            Some(more) if more > 0 => self.check_bytes(new.key.owner(), more),
            Some(_) | None => Ok(()),
        }
    }

    /// A registration weighs something else than before.
    pub(super) fn reweigh(&mut self, key: &Registration, before: usize, after: usize) {
        self.holdings.change(key.key.owner(), before, after);
    }

    /// A site weighs so much from now on.
    pub(super) fn weigh_site(&mut self, key: &SiteKey, weight: usize) {
        let before = self.sites.get_mut(key).map_or(0, |site| site.recount(weight));
        self.holdings.change(key.profile.owner, before, weight);
    }

    /// A profile weighs so much from now on.
    pub(super) fn weigh_profile(&mut self, key: &ProfileKey, weight: usize) {
        let before = self.profiles.get_mut(key).map_or(0, |one| one.recount(weight));
        self.holdings.change(key.owner, before, weight);
    }

    /// What was kept under a key is gone.
    pub(super) fn weigh_gone<T>(&mut self, owner: OwnerId, gone: &Weighed<T>) {
        self.holdings.change(owner, gone.counted(), 0);
    }
}

/// `#uid` stands for a uid without a name; no login name begins like this (useradd(8)).
pub(super) fn is_number(name: &str) -> bool {
    name.starts_with('#')
}
