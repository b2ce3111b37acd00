//! What the reference keeps of sites and profiles: permissions, apps, use, budgets.

use std::collections::{BTreeMap, BTreeSet};

use pwasync_core::{
    engagement::Level,
    key::SyncKind,
    profile::{Apps, Removed},
    site::{PermissionSet, PermissionState, Site, SiteKey, Spent},
    time::Timestamp,
};

use super::{Reference, entry::Entry, requests::Tell};
use crate::model::transition::{Key, Report, app_id, app_scope, owner, real_profile, site};

impl Reference {
    fn keep(&mut self, key: &SiteKey, change: impl FnOnce(&mut Site)) {
        let mut site = self.book.sites.remove(key).unwrap_or_default();
        change(&mut site);
        if site != Site::default() {
            self.book.sites.insert(key.clone(), site);
        }
    }

    fn has_registrations(&self, key: &SiteKey) -> bool {
        self.book.entries.iter().any(|one| one.site() == *key)
    }

    /// P-16: of a site without registrations only permissions and what it spent stay.
    pub(super) fn forget_unused(&mut self, key: &SiteKey) {
        if !self.has_registrations(key) {
            self.keep(key, |site| {
                let (permissions, spent) = (site.permissions, std::mem::take(&mut site.spent));
                *site = Site { permissions, spent, ..Site::default() };
            });
        }
    }

    /// The site was used on this network: of the last sixteen, the latest is last.
    pub(super) fn note_network(&mut self, key: &SiteKey) {
        let Some(network) = self.facts.network_id() else { return };
        self.keep(key, |site| {
            site.networks.retain(|one| *one != network);
            site.networks.push(network);
            let over = site.networks.len().saturating_sub(16);
            site.networks.drain(..over);
        });
    }

    /// P-10: revoked syncs go at once.
    pub(super) fn permission(
        &mut self,
        at: (usize, usize),
        kind: SyncKind,
        state: PermissionState,
    ) {
        self.identify(owner(at.0));
        self.keep_owner(owner(at.0));
        let (key, since) = (site(at.0, at.1), self.now);
        self.keep(&key, |site| {
            if site.permissions.of(kind).is_none_or(|set| set.state != state) {
                site.permissions.set(kind, PermissionSet { state, since });
            }
        });
        let revoked = state == PermissionState::Denied;
        let gone = |one: Key| revoked && one.site() == key && one.kind == kind;
        let removed = self.remove_where(gone, Tell::Revoked);
        self.reply = removed.to_string();
    }

    pub(super) fn is_denied_by_browser(&self, key: Key) -> bool {
        let site = self.book.sites.get(&key.site());
        let state = site.and_then(|site| site.permissions.of(key.kind)).map(|set| set.state);
        match (state, key.kind) {
            (Some(PermissionState::Denied), _) => true,
            (Some(PermissionState::Prompt), SyncKind::Periodic) => !self.has_app(key),
            (Some(PermissionState::Prompt | PermissionState::Granted) | None, _) => false,
        }
    }

    fn apps(&self, key: Key) -> Option<&Apps> {
        self.book.profiles.get(&real_profile(key.profile))?.apps.as_ref()
    }

    fn has_app(&self, key: Key) -> bool {
        let apps = self.apps(key).into_iter().flat_map(|apps| apps.installed.values());
        apps.into_iter().any(|scope| *scope.origin() == *key.site().origin)
    }

    /// S-P-12: neither an installed app nor a grant.
    pub(super) fn lacks_app(&self, key: Key) -> bool {
        let set = self.book.sites.get(&key.site()).and_then(|site| site.permissions.of(key.kind));
        let granted = set.is_some_and(|set| set.state == PermissionState::Granted);
        key.kind == SyncKind::Periodic && self.apps(key).is_some() && !granted && !self.has_app(key)
    }

    /// P-10. What is held has been since its app went, or since it came to need one.
    pub(super) fn uninstalled_since(&self, one: &Entry) -> Option<Timestamp> {
        let apps = self.apps(one.key)?;
        let own = one.app.and_then(|app| apps.removed.get(&app_id(app)));
        let of_use = |removed: &&Removed| {
            one.key.kind == SyncKind::Periodic || one.registered_at <= removed.at
        };
        if let Some(removed) = own.filter(of_use) {
            return Some(removed.at.max(one.registered_at));
        }
        if !self.lacks_app(one.key) {
            return None;
        }
        let origin = one.site().origin;
        let gone = apps.removed.values().filter(|removed| *removed.scope.origin() == *origin);
        let since = gone.map(|removed| removed.at).max().unwrap_or(apps.since);
        let site = self.book.sites.get(&one.site());
        let set = site.and_then(|site| site.permissions.of(one.key.kind)).map(|set| set.since);
        Some(since.max(one.registered_at).max(set.unwrap_or(since)))
    }

    pub(super) fn uninstalled_ends(&self, one: &Entry) -> Option<Timestamp> {
        self.uninstalled_since(one).map(|since| since + self.policy.uninstalled_hold)
    }

    pub(super) fn installed(&mut self, profile: usize, list: &BTreeSet<usize>) {
        self.identify(owner(profile));
        self.keep_owner(owner(profile));
        let now = self.now;
        let kept = self.book.profiles.entry(real_profile(profile)).or_default();
        let before = kept.apps.clone();
        let (since, was, mut removed) = match before {
            Some(Apps { since, installed, removed }) => (since, installed, removed),
            None => (now, BTreeMap::new(), BTreeMap::new()),
        };
        let installed: BTreeMap<_, _> =
            list.iter().map(|app| (app_id(*app), app_scope(*app))).collect();
        let added = installed.keys().filter(|app| !was.contains_key(app)).count();
        let mut gone = 0;
        for (app, scope) in was {
            if !installed.contains_key(&app) {
                gone += 1;
                removed.insert(app, Removed { scope, at: now });
            }
        }
        removed.retain(|app, _| !installed.contains_key(app));
        kept.apps = Some(Apps { since, installed, removed });
        self.reply = format!("added {added}, removed {gone}");
    }

    pub(super) fn clear_origin(&mut self, profile: usize, origin: usize) {
        self.identify(owner(profile));
        let key = site(profile, origin);
        let removed = self.remove_where(|one| one.site() == key, Tell::Yes);
        self.book.sites.remove(&key);
        if let Some(profile) = self.book.profiles.get_mut(&key.profile)
            && let Some(apps) = &mut profile.apps
        {
            apps.removed.retain(|_, removed| *removed.scope.origin() != *key.origin);
        }
        self.reply = removed.to_string();
    }

    /// E-25, E-26: a profile that was not used for long is rebased before its scores are read.
    fn freshen(&mut self, key: &SiteKey) {
        let local = self.facts.wall.local(self.now);
        let Some(profile) = self.book.profiles.get_mut(&key.profile) else { return };
        let own = self.book.sites.iter_mut().filter(|(site, _)| site.profile == key.profile);
        let scores = own.filter_map(|(site, kept)| Some((site.clone(), kept.score.as_mut()?)));
        let done = profile.engagement.freshen(&self.policy.engagement, local, scores);
        for spent in done.spent {
            self.keep(&spent, |site| site.score = None);
        }
    }

    pub(super) fn level(&mut self, key: &SiteKey) -> Level {
        self.freshen(key);
        self.level_as_it_stands(key)
    }

    fn level_as_it_stands(&self, key: &SiteKey) -> Level {
        let wall = self.facts.wall.local(self.now).wall;
        let score = self.book.sites.get(key).and_then(|site| site.score);
        let profile = self.book.profiles.get(&key.profile).cloned().unwrap_or_default();
        profile.engagement.level(&self.policy.engagement, score.as_ref(), wall)
    }

    pub(super) fn engage(&mut self, at: (usize, usize), report: &Report) {
        self.identify(owner(at.0));
        self.keep_owner(owner(at.0));
        let key = site(at.0, at.1);
        self.freshen(&key);
        let local = self.facts.wall.local(self.now);
        let mut profile = self.book.profiles.remove(&key.profile).unwrap_or_default();
        let reported = profile.engagement.reports;
        let mut kept = self.book.sites.get(&key).cloned().unwrap_or_default();
        let mut score = kept.score.unwrap_or_default();
        match report {
            Report::Events(events) => {
                let mut events: Vec<_> = events.iter().map(|one| one.real(local.wall)).collect();
                events.sort_by_key(|(_, at)| *at);
                for (kind, at) in events {
                    profile.engagement.note_event(kind, at, local.wall);
                    score.add(&self.policy.engagement, kind, at, local);
                    if kind.shows_presence() {
                        kept.hours.note(local.at(at.min(local.wall)));
                    }
                }
            }
            Report::Score(points) => {
                profile.engagement.note_verdict();
                score.report_score(*points, local.wall);
            }
            Report::Level(level) => {
                profile.engagement.note_verdict();
                score.report_level(*level);
            }
        }
        let otherwise = profile.engagement.reports != reported;
        if !profile.is_empty() {
            self.book.profiles.insert(key.profile.clone(), profile);
        }
        if self.has_registrations(&key) {
            kept.score = Some(score);
            self.book.sites.insert(key.clone(), kept);
            self.note_network(&key);
            if self.level_as_it_stands(&key) != Level::None {
                self.revive(&key);
            }
        }
        // P-16: what was not used may be unknown from here on.
        if otherwise {
            let sites = self.book.entries.iter().map(Entry::site);
            let sites: BTreeSet<_> = sites.filter(|site| site.profile == key.profile).collect();
            for site in sites {
                self.revive(&site);
            }
        }
    }

    /// The score is set by hand.
    pub(super) fn set_engagement(&mut self, at: (usize, usize), points: f64) {
        let key = site(at.0, at.1);
        if !self.has_registrations(&key) {
            return;
        }
        self.freshen(&key);
        let wall = self.facts.wall.local(self.now).wall;
        let points = pwasync_core::engagement::Points::nearest(points);
        self.keep(&key, |site| site.score.get_or_insert_default().reset(points, wall));
        if self.level(&key) != Level::None {
            self.revive(&key);
        }
    }

    /// P-19: what an app spends today, where it has a budget.
    pub(super) fn spend(&mut self, key: Key, spend: impl Fn(&mut Spent)) {
        let Some(one) = self.find(key) else { return };
        let (rules, app) = (self.rules(one), one.app.map(app_id));
        if rules.wakes_a_day.is_none() && rules.run_time_a_day.is_none() {
            return;
        }
        let (now, day) = (self.now, self.facts.wall.local(self.now).day());
        let over = |spent: &Spent| {
            rules.wakes_a_day.is_some_and(|most| spent.wakes >= most)
                || rules.run_time_a_day.is_some_and(|most| spent.run_time >= most)
        };
        // On a new day, what was spent for nothing that is still there is forgotten.
        if self.spent_day.replace(day) != Some(day) {
            for (site, mut kept) in std::mem::take(&mut self.book.sites) {
                if !self.has_registrations(&site) {
                    kept.spent.retain(|_, spent| spent.day == day);
                }
                self.keep(&site, |site| *site = kept);
            }
        }
        self.keep(&key.site(), |site| {
            site.spent.retain(|_, spent| spent.day == day);
            let spent = site.spent.entry(app).or_insert(Spent { day, ..Spent::default() });
            let before = over(spent);
            spend(spent);
            if over(spent) && !before {
                spent.since = Some(now);
            }
        });
    }

    pub(super) fn is_budget_spent(&self, one: &Entry) -> bool {
        let (rules, day) = (self.rules(one), self.facts.wall.local(self.now).day());
        let site = self.book.sites.get(&one.site());
        let spent = site.and_then(|site| site.spent.get(&one.app.map(app_id)));
        spent.is_some_and(|spent| {
            let wakes = rules.wakes_a_day.is_some_and(|most| spent.wakes >= most);
            let time = rules.run_time_a_day.is_some_and(|most| spent.run_time >= most);
            spent.day == day && (wakes || time)
        })
    }

    pub(super) fn forget_owner(&mut self, owner: usize) {
        self.remove_where(|key| key.owner() == owner, Tell::Yes);
        let id = real_profile(if owner == 0 { 0 } else { 2 }).owner;
        self.book.sites.retain(|site, _| site.profile.owner != id);
        self.book.profiles.retain(|profile, _| profile.owner != id);
        self.book.leases.retain(|lease| lease.subject.owner() != Some(id));
    }
}
