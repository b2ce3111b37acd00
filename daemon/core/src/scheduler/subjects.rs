//! What people hold against registrations: pauses, permissions, installation, budgets.

use super::Scheduler;
use crate::{
    blocker::{Blocker, BlockerCode},
    effect::{Effect, Record},
    holdings::site_bytes,
    key::{AppId, RegistrationId, RegistrationKey, SyncKind},
    lease::Lease,
    policy::{Permission, Rules},
    profile::Apps,
    registration::Registration,
    site::{PermissionState, Site, SiteKey, Spent},
    time::Timestamp,
};

/// Why a kind of sync is not permitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// The administrator's policy denies it.
    #[error("the administrator's policy denies it")]
    Policy,
    /// The browser says that the user denied it.
    #[error("the user denied it in the browser")]
    Browser,
    /// Periodic: neither an installed app nor an explicit grant.
    #[error("no app of it is installed, and it was not granted")]
    NotGranted,
}

impl Scheduler {
    /// All of it that holds a registration.
    pub(super) fn subject_blockers(
        &self,
        registration: &Registration,
        now: Timestamp,
    ) -> Vec<Blocker> {
        let everybody = self.leases.pause_of_all();
        let own = self.leases.pauses(&registration.key, registration.app.as_ref());
        let mut blockers = Vec::from_iter(paused(everybody.into_iter().chain(own)));
        blockers.extend(self.held_by_subject(registration, now));
        blockers
    }

    /// What of it keeps a registration out of the lanes. A pause of everybody does not: it shuts
    /// them all at once.
    pub(super) fn out_of_lane(&self, registration: &Registration, now: Timestamp) -> Vec<Blocker> {
        let own = self.leases.pauses(&registration.key, registration.app.as_ref());
        let mut blockers = Vec::from_iter(paused(own));
        blockers.extend(self.held_by_subject(registration, now));
        blockers
    }

    fn held_by_subject(&self, registration: &Registration, now: Timestamp) -> Vec<Blocker> {
        let mut blockers = Vec::new();
        let mut add = |code, since, earliest| blockers.push(Blocker { code, since, earliest });
        let rules = self.rules_of(registration);
        if let Some((_, since)) = self.denied(&registration.key, &rules) {
            add(BlockerCode::PermissionDenied, since, None);
        }
        if let Some(since) = self.uninstalled_since(registration) {
            add(BlockerCode::NotInstalled, since, None);
        }
        if let Some(since) = self.budget_spent(registration, &rules, now) {
            add(BlockerCode::BudgetSpent, since, Some(self.next_midnight(now)));
        }
        blockers
    }

    /// Whether a kind of sync is denied, and since when.
    pub(super) fn denied(
        &self,
        key: &RegistrationKey,
        rules: &Rules,
    ) -> Option<(Denial, Timestamp)> {
        if rules.of(key.kind).permission == Permission::Denied {
            return Some((Denial::Policy, self.policy_since));
        }
        let site = self.sites.get(&SiteKey::of(key));
        let set = site.and_then(|site| site.permissions.of(key.kind))?;
        match (set.state, key.kind) {
            (PermissionState::Denied, _) => Some((Denial::Browser, set.since)),
            (PermissionState::Prompt, SyncKind::Periodic) if !self.has_installed_app(key) => {
                Some((Denial::NotGranted, set.since))
            }
            (PermissionState::Prompt | PermissionState::Granted, _) => None,
        }
    }

    fn apps_of(&self, key: &RegistrationKey) -> Option<&Apps> {
        self.profiles.get(&key.worker.profile)?.apps.as_ref()
    }

    fn has_installed_app(&self, key: &RegistrationKey) -> bool {
        let origin = key.worker.scope.origin();
        self.apps_of(key)
            .is_some_and(|apps| apps.installed.values().any(|scope| scope.origin() == origin))
    }

    /// Whether a new periodic registration has no installed app and no grant (S-P-12).
    pub(super) fn lacks_app(&self, key: &RegistrationKey) -> bool {
        let site = self.sites.get(&SiteKey::of(key));
        let granted = site.and_then(|site| site.permissions.of(key.kind));
        let granted = granted.is_some_and(|set| set.state == PermissionState::Granted);
        key.kind == SyncKind::Periodic
            && !granted
            && self.apps_of(key).is_some()
            && !self.has_installed_app(key)
    }

    /// Since when a registration's app is not installed any more; `None`: it is, or nobody knows.
    fn uninstalled_since(&self, registration: &Registration) -> Option<Timestamp> {
        let key = &registration.key;
        let apps = self.apps_of(key)?;
        let app: Option<&AppId> = registration.app.as_ref();
        let removed = app.and_then(|app| apps.removed.get(app));
        // A page in a tab may register a one-off without its app (S-O-06).
        let held = removed.filter(|removed| {
            key.kind == SyncKind::Periodic || registration.registered_at <= removed.at
        });
        if let Some(removed) = held {
            // Who registers it later may be installing it anew.
            return Some(removed.at.max(registration.registered_at));
        }
        if !self.lacks_app(key) {
            return None;
        }
        let origin = key.worker.scope.origin();
        let gone = apps.removed.values().filter(|removed| removed.scope.origin() == origin);
        let gone = gone.map(|removed| removed.at).max().unwrap_or(apps.since);
        // Until then it was granted, or nobody had registered it.
        let site = self.sites.get(&SiteKey::of(key));
        let asked = site.and_then(|site| site.permissions.of(key.kind)).map(|set| set.since);
        Some(gone.max(registration.registered_at).max(asked.unwrap_or(gone)))
    }

    /// When a registration whose app is not installed any more is removed (P-10).
    pub(super) fn uninstalled_ends(&self, registration: &Registration) -> Option<Timestamp> {
        let ends = self.uninstalled_since(registration)? + self.policy.uninstalled_hold;
        Some(self.not_in_doubt(registration, ends))
    }

    /// Since when the day's budget of a registration's app is spent (P-19).
    fn budget_spent(
        &self,
        registration: &Registration,
        rules: &Rules,
        now: Timestamp,
    ) -> Option<Timestamp> {
        if rules.wakes_a_day.is_none() && rules.run_time_a_day.is_none() {
            return None;
        }
        let site = self.sites.get(&SiteKey::of(&registration.key))?;
        let spent = site.spent.get(&registration.app)?;
        let today = spent.day == self.wall.local(now).day();
        (today && is_over(spent, rules)).then(|| spent.since.unwrap_or(self.policy_since))
    }

    /// Whether a registration's app has a budget.
    pub(super) fn is_budgeted(&self, registration: &Registration) -> bool {
        let rules = self.rules_of(registration);
        rules.wakes_a_day.is_some() || rules.run_time_a_day.is_some()
    }

    /// When the local day ends.
    pub(super) fn next_midnight(&self, now: Timestamp) -> Timestamp {
        self.wall.local(now).next_midnight().to_core(self.wall)
    }

    /// Counts what an app spends, where it has a budget.
    pub(super) fn spend(&mut self, id: RegistrationId, spend: impl Fn(&mut Spent)) {
        let Some(registration) = self.registrations.get(id) else { return };
        if !self.is_budgeted(registration) {
            return;
        }
        let rules = self.rules_of(registration);
        let (now, day) = (self.now, self.wall.local(self.now).day());
        let (key, app) = (SiteKey::of(&registration.key), registration.app.clone());
        if self.spent_day != Some(day) {
            self.spent_day = Some(day);
            self.forget_spent(|_, spent| spent.day != day);
        } else if self.check_room_for_site(&key).is_err() {
            let owner = key.profile.owner;
            self.forget_spent(|site, _| site.profile.owner == owner);
        }
        let site = self.sites.entry(key.clone()).or_default();
        site.spent.retain(|_, spent| spent.day == day);
        let fresh = Spent { day, ..Spent::default() };
        let spent = site.spent.entry(app.clone()).or_insert(fresh);
        let before = is_over(spent, &rules);
        spend(spent);
        if is_over(spent, &rules) && !before {
            spent.since = Some(now);
        }
        let over = is_over(spent, &rules);
        self.save_site(&key);
        if over && !before {
            for id in self.registrations.of_origin_ids(&key.profile, &key.origin) {
                self.file(id);
            }
        }
    }

    /// Forgets what was spent of sites without a registration, of those for which `wanted` holds:
    /// of the days before, and of today where an owner's share of sites is spent.
    fn forget_spent(&mut self, wanted: impl Fn(&SiteKey, &Spent) -> bool) {
        let mut changed = Vec::new();
        for (key, site) in &mut self.sites {
            let before = site.spent.len();
            if before > 0 && !self.registrations.has_origin(key) {
                site.spent.retain(|_, spent| !wanted(key, spent));
            }
            if site.spent.len() != before {
                changed.push(key.clone());
            }
        }
        changed.iter().for_each(|key| self.save_site(key));
    }

    /// The local day may have changed: what a budget holds is looked at again.
    pub(super) fn file_budget_held(&mut self) {
        for id in std::mem::take(&mut self.budget_held) {
            self.file(id);
        }
    }

    /// Writes what is kept of a site, or deletes its record when that is nothing.
    pub(super) fn save_site(&mut self, key: &SiteKey) {
        self.write_site(key, Record::SaveSite);
    }

    /// The same where only its use is news.
    pub(super) fn note_site(&mut self, key: &SiteKey) {
        self.write_site(key, Record::NoteSite);
    }

    fn write_site(&mut self, key: &SiteKey, record: fn(Box<(SiteKey, Site)>) -> Record) {
        let kept = self.sites.get(key).filter(|site| !site.is_empty());
        let weight = kept.map_or(0, |site| site_bytes(key, site));
        let record = match kept {
            Some(site) => record(Box::new((key.clone(), Site::clone(site)))),
            None => Record::DeleteSite(key.clone()),
        };
        self.weigh_site(key, weight);
        if weight == 0 {
            self.sites.remove(key);
        }
        self.effects.push_back(Effect::Record(record));
    }
}

/// The pauses that hold something, as one reason: until the last of them ends.
fn paused<'a>(pauses: impl Iterator<Item = &'a Lease>) -> Option<Blocker> {
    pauses.fold(None, |paused, lease| {
        let Lease { since, until, .. } = lease;
        let (since, earliest) = match paused {
            None => (*since, Some(*until)),
            Some(Blocker { since: first, earliest, .. }) => {
                (first.min(*since), earliest.max(Some(*until)))
            }
        };
        Some(Blocker { code: BlockerCode::Paused, since, earliest })
    })
}

fn is_over(spent: &Spent, rules: &Rules) -> bool {
    rules.wakes_a_day.is_some_and(|wakes| spent.wakes >= wakes)
        || rules.run_time_a_day.is_some_and(|time| spent.run_time >= time)
}
