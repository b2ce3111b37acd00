//! What browsers say of origins and apps: permissions, installation, clearing.

use std::{collections::BTreeMap, sync::Arc};

use super::{Caller, Scheduler, ShareSpent};
use crate::{
    change::RemovalReason,
    effect::{Effect, Record},
    history::Entry,
    holdings::{new_site_bytes, profile_bytes},
    key::{AppId, OwnerId, ProfileId, ProfileKey, Scope, SyncKind},
    profile::{Apps, INSTALLED_APPS, Profile, Removed},
    site::{PermissionSet, PermissionState, Site, SiteKey},
    time::Timestamp,
};

/// Why nothing is kept of a site or a profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SiteError {
    /// There is no room for another origin.
    #[error("something is kept of {limit} origins, as many as one owner may have")]
    Sites {
        /// How many.
        limit: usize,
    },
    /// Another share is spent.
    #[error(transparent)]
    Share(#[from] ShareSpent),
    /// There is no room for another profile.
    #[error("something is kept of {limit} profiles, as many as one owner may have")]
    Profiles {
        /// How many.
        limit: usize,
    },
}

/// What a new list of installed apps changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AppsChanged {
    /// Apps that were not there before.
    pub added: usize,
    /// Apps that are not there any more.
    pub removed: usize,
}

impl Scheduler {
    /// Takes the browser's word on a permission. Revoking removes the origin's registrations of
    /// that kind, at once and for good (P-10, S-P-50); how many.
    ///
    /// # Errors
    /// When the owner's share of sites is spent. Nothing changes then.
    pub fn set_permission(
        &mut self,
        now: Timestamp,
        caller: &Caller,
        site: &SiteKey,
        kind: SyncKind,
        state: PermissionState,
    ) -> Result<usize, SiteError> {
        self.do_overdue(now);
        self.identify(caller);
        let ids = self.registrations.of_origin_ids(&site.profile, &site.origin);
        // There is always room for the revocation of what is registered.
        if ids.is_empty() || state != PermissionState::Denied {
            self.check_room_for_site(site)?;
            self.check_owner(caller.owner, &caller.name)?;
        }
        self.keep_owner(caller);
        let kept = self.sites.entry(site.clone()).or_default();
        if kept.permissions.of(kind).is_none_or(|set| set.state != state) {
            kept.permissions.set(kind, PermissionSet { state, since: self.now });
            self.save_site(site);
        }
        let of_kind = |id: &_| self.registrations.get(*id).is_some_and(|one| one.kind() == kind);
        let (meant, _): (Vec<_>, Vec<_>) = ids.into_iter().partition(of_kind);
        let mut removed = 0;
        for id in meant {
            match state {
                PermissionState::Denied => {
                    self.remove(id, RemovalReason::Revoked);
                    removed += 1;
                }
                PermissionState::Granted | PermissionState::Prompt => self.file(id),
            }
        }
        self.finish();
        Ok(removed)
    }

    /// Takes a profile's whole list of installed apps. The registrations of one that is not in
    /// it any more are held, and removed after a while (P-10). At most [`INSTALLED_APPS`].
    ///
    /// # Errors
    /// When the owner's share of profiles is spent. Nothing changes then.
    pub fn set_installed_apps(
        &mut self,
        now: Timestamp,
        caller: &Caller,
        profile: &ProfileKey,
        installed: BTreeMap<AppId, Scope>,
    ) -> Result<AppsChanged, SiteError> {
        self.do_overdue(now);
        self.identify(caller);
        self.check_room_for_profile(profile)?;
        self.check_owner(caller.owner, &caller.name)?;
        let at = self.now;
        let known = self.profiles.get(profile);
        let first = known.is_none_or(|known| known.apps.is_none());
        let (counted, mut kept) =
            known.map_or((0, Profile::default()), |known| (known.counted(), Profile::clone(known)));
        let apps = kept.apps.get_or_insert_with(|| Apps {
            since: at,
            installed: BTreeMap::new(),
            removed: BTreeMap::new(),
        });
        let before = apps.clone();
        for (app, scope) in &before.installed {
            if !installed.contains_key(app) {
                apps.removed.insert(app.clone(), Removed { scope: scope.clone(), at });
            }
        }
        apps.removed.retain(|app, _| !installed.contains_key(app));
        forget_oldest(&mut apps.removed);
        let added = installed.keys().filter(|app| !before.installed.contains_key(app)).count();
        apps.installed = installed;
        let removed =
            before.installed.keys().filter(|app| !apps.installed.contains_key(app)).count();
        if first || *apps != before {
            self.check_bytes(caller.owner, profile_bytes(profile, &kept).saturating_sub(counted))?;
            self.keep_owner(caller);
            self.profiles.entry(profile.clone()).or_default().replace(kept);
            self.save_profile(profile);
            for id in self.registrations.of_profile(profile) {
                self.file(id);
            }
        }
        self.finish();
        Ok(AppsChanged { added, removed })
    }

    /// Forgets all of an origin: registrations, use, permissions, history; how many
    /// registrations there were.
    pub fn clear_origin(&mut self, now: Timestamp, caller: &Caller, site: &SiteKey) -> usize {
        self.do_overdue(now);
        self.identify(caller);
        // Also where nothing is kept now: a copy may be older.
        self.effects.push_back(Effect::Record(Record::EraseCopies));
        let ids = self.registrations.of_origin_ids(&site.profile, &site.origin);
        for id in &ids {
            self.remove(*id, RemovalReason::OriginCleared);
        }
        if let Some(gone) = self.sites.remove(site) {
            self.weigh_gone(site.profile.owner, &gone);
            self.effects.push_back(Effect::Record(Record::DeleteSite(site.clone())));
        }
        self.forget_removed_apps(site);
        let profile = &site.profile;
        self.forget_history(profile.owner, |entry| {
            entry.worker.profile == *profile && entry.worker.scope.origin() == &*site.origin
        });
        self.finish();
        ids.len()
    }

    /// Forgets what the history has of an owner's; its numbers are not given again.
    pub(super) fn forget_history(&mut self, owner: OwnerId, of: impl Fn(&Entry) -> bool) {
        let gone = self.history.forget_all(of, owner);
        if gone.is_empty() {
            return;
        }
        self.counters.last_entry = self.history.last();
        self.save_counters();
        self.effects.extend(gone.into_iter().map(|one| Effect::Record(Record::DeleteEntry(one))));
    }

    /// Whether something may be kept of one more site of an owner.
    pub(super) fn check_room_for_site(&self, site: &SiteKey) -> Result<(), SiteError> {
        let owner = site.profile.owner;
        let profile = ProfileKey { owner, profile: ProfileId::least() };
        let own = self.sites.range(SiteKey { profile, origin: "".into() }..);
        let own = own.take_while(|(site, _)| site.profile.owner == owner);
        let limit = self.policy.owner_sites;
        if self.sites.contains_key(site) {
            return Ok(());
        }
        if own.take(limit).count() >= limit {
            return Err(SiteError::Sites { limit });
        }
        Ok(self.check_bytes(owner, new_site_bytes(site))?)
    }

    /// Whether something may be kept of one more profile of an owner.
    pub(super) fn check_room_for_profile(&self, profile: &ProfileKey) -> Result<(), SiteError> {
        let owner = profile.owner;
        let own = self.profiles.range(ProfileKey { owner, profile: ProfileId::least() }..);
        let own = own.take_while(|(profile, _)| profile.owner == owner);
        let limit = self.policy.owner_profiles;
        if !self.profiles.contains_key(profile) && own.take(limit).count() >= limit {
            return Err(SiteError::Profiles { limit });
        }
        Ok(())
    }

    /// Nothing waits for the return of an origin's apps.
    fn forget_removed_apps(&mut self, site: &SiteKey) {
        let profile = self.profiles.get_mut(&site.profile);
        let Some(apps) = profile.and_then(|profile| profile.apps.as_mut()) else { return };
        let before = apps.removed.len();
        apps.removed.retain(|_, removed| removed.scope.origin() != &*site.origin);
        if apps.removed.len() != before {
            self.save_profile(&site.profile);
        }
    }

    /// Of a site without registrations only permissions are kept (P-16).
    pub(super) fn forget_unused(&mut self, key: &SiteKey) {
        let Some(site) = self.sites.get(key) else { return };
        if !self.registrations.of_origin_ids(&key.profile, &key.origin).is_empty() {
            return;
        }
        let spent = site.spent.clone();
        let bare = Site { permissions: site.permissions, spent, ..Site::default() };
        if **site != bare {
            self.sites.entry(key.clone()).or_default().replace(bare);
            self.save_site(key);
        }
    }

    /// Notes that a site was used on the network that the host is on.
    pub(super) fn note_network(&mut self, site: &SiteKey) {
        let Some(network) = self.facts().network else { return };
        if self.check_room_for_site(site).is_err() {
            return;
        }
        let kept = self.sites.entry(site.clone()).or_default();
        let before = kept.networks.last().copied();
        let news = kept.used_on(network);
        if before != Some(network) {
            self.note_site(site);
        }
        if news {
            for id in self.registrations.of_origin_ids(&site.profile, &Arc::clone(&site.origin)) {
                self.file(id);
            }
        }
    }
}

/// Keeps the latest.
fn forget_oldest(removed: &mut BTreeMap<AppId, Removed>) {
    while removed.len() > INSTALLED_APPS {
        let oldest = removed.iter().min_by_key(|(_, removed)| removed.at);
        let Some(oldest) = oldest.map(|(app, _)| app.clone()) else { return };
        removed.remove(&oldest);
    }
}
