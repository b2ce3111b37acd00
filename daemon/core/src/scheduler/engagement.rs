//! What browsers report of the use of sites, and what it comes to (P-16, P-18).

use std::collections::BTreeMap;

use super::{Caller, Scheduler, SiteError};
use crate::{
    effect::{Effect, Record},
    engagement::{EventKind, Level, Points, Score},
    holdings::profile_bytes,
    key::ProfileKey,
    profile::Profile,
    site::{Site, SiteKey},
    time::Timestamp,
    wall::WallTime,
};

/// What a browser reports of a site.
#[derive(Clone, Debug, PartialEq)]
pub enum EngagementReport {
    /// What the user did, and when; in any order.
    Events(Vec<(EventKind, WallTime)>),
    /// The browser's own score.
    Score(Points),
    /// The browser's own level.
    Level(Level),
}

/// How much a site is used.
#[derive(Clone, Debug, PartialEq)]
pub struct Engaged {
    /// Which.
    pub site: SiteKey,
    /// Total score.
    pub total: Points,
    /// What it means.
    pub level: Level,
    /// Points of the local day of the last engagement.
    pub today: Points,
    /// The last engagement.
    pub last: Option<WallTime>,
    /// The score or level is the browser's own.
    pub reported: bool,
    /// How usual each local hour is, in days of use.
    pub hours: [f64; 24],
}

impl Scheduler {
    /// Takes a report. Of sites without a registration nothing is kept (P-16).
    ///
    /// # Errors
    /// When a share of the owner is spent. Nothing changes then.
    pub fn report_engagement(
        &mut self,
        now: Timestamp,
        caller: &Caller,
        site: &SiteKey,
        report: &EngagementReport,
    ) -> Result<Engaged, SiteError> {
        self.do_overdue(now);
        self.identify(caller);
        self.check_room_for_profile(&site.profile)?;
        self.check_room_for_site(site)?;
        self.check_owner(caller.owner, &caller.name)?;
        self.keep_owner(caller);
        self.freshen(&site.profile);
        let local = self.wall.local(self.now);
        let network = self.facts().network;
        let profile = self.profiles.entry(site.profile.clone()).or_default();
        let reported_before = profile.engagement.reports;
        let mut kept = self.sites.get(site).map_or_else(Site::default, |kept| Site::clone(kept));
        let score = kept.score.get_or_insert_default();
        match report {
            EngagementReport::Events(events) => {
                let mut events = events.clone();
                events.sort_by_key(|(_, at)| *at);
                for (kind, at) in &events {
                    profile.engagement.note_event(*kind, *at, local.wall);
                    score.add(&self.policy.engagement, *kind, *at, local);
                    if kind.shows_presence() {
                        kept.hours.note(local.at((*at).min(local.wall)));
                    }
                }
            }
            EngagementReport::Score(points) => {
                profile.engagement.note_verdict();
                score.report_score(*points, local.wall);
            }
            EngagementReport::Level(level) => {
                profile.engagement.note_verdict();
                score.report_level(*level);
            }
        }
        let reports = profile.engagement.reports;
        self.note_profile(&site.profile);
        let news = network.is_some_and(|network| kept.used_on(network));
        let registered = self.registrations.of_origin_ids(&site.profile, &site.origin);
        let engaged = self.engaged(site, &kept);
        if !registered.is_empty() {
            self.sites.entry(site.clone()).or_default().replace(kept);
            self.note_site(site);
            if news {
                registered.into_iter().for_each(|id| self.file(id));
            }
            if engaged.level != Level::None {
                self.revive(site);
            }
        }
        if reports != reported_before {
            self.revive_all_of(&site.profile);
        }
        self.finish();
        Ok(engaged)
    }

    /// Sets the score of a site, as its owner or an administrator wants it (E-31). `None`: the
    /// site has no registration.
    pub fn set_engagement(
        &mut self,
        now: Timestamp,
        site: &SiteKey,
        points: Points,
    ) -> Option<Engaged> {
        self.do_overdue(now);
        if self.registrations.of_origin_ids(&site.profile, &site.origin).is_empty() {
            return None;
        }
        self.freshen(&site.profile);
        let wall = self.wall.local(self.now).wall;
        let kept = self.sites.entry(site.clone()).or_default();
        kept.score.get_or_insert_default().reset(points, wall);
        self.save_site(site);
        if self.level_of(site) != Level::None {
            self.revive(site);
        }
        self.finish();
        let kept = self.sites.get(site).cloned().unwrap_or_default();
        Some(self.engaged(site, &kept))
    }

    /// How much sites are used, of those for which `wanted` holds, in order.
    pub fn engagement(&self, now: Timestamp, wanted: impl Fn(&SiteKey) -> bool) -> Vec<Engaged> {
        let now = now.max(self.now);
        let stale: BTreeMap<&ProfileKey, BTreeMap<SiteKey, Score>> = self
            .profiles
            .keys()
            .filter_map(|profile| Some((profile, self.freshened(now, profile)?)))
            .collect();
        let sites = self.sites.iter().filter(|(key, _)| wanted(key));
        let engaged = sites.map(|(key, site)| match stale.get(&key.profile) {
            Some(scores) => {
                let score = scores.get(key).copied();
                self.engaged_at(now, key, &Site { score, ..Site::clone(site) })
            }
            None => self.engaged_at(now, key, site),
        });
        engaged.collect()
    }

    /// The scores of a profile that was not used for long, as the next report will find them
    /// (E-25); `None`: it is in use.
    fn freshened(&self, now: Timestamp, key: &ProfileKey) -> Option<BTreeMap<SiteKey, Score>> {
        let (policy, local) = (&self.policy.engagement, self.wall.local(now));
        let mut engagement = self.profiles.get(key)?.engagement;
        if !engagement.is_stale(policy, local.wall) {
            return None;
        }
        let from = SiteKey { profile: key.clone(), origin: "".into() };
        let own = self.sites.range(from..).take_while(|(site, _)| site.profile == *key);
        let mut scores: BTreeMap<SiteKey, Score> =
            own.filter_map(|(site, kept)| Some((site.clone(), kept.score?))).collect();
        let each = scores.iter_mut().map(|(site, score)| (site.clone(), score));
        for spent in engagement.freshen(policy, local, each).spent {
            scores.remove(&spent);
        }
        Some(scores)
    }

    fn engaged(&self, key: &SiteKey, site: &Site) -> Engaged {
        self.engaged_at(self.now, key, site)
    }

    fn engaged_at(&self, now: Timestamp, key: &SiteKey, site: &Site) -> Engaged {
        let (policy, local) = (&self.policy.engagement, self.wall.local(now));
        let score = site.score.unwrap_or_default();
        Engaged {
            site: key.clone(),
            total: score.total(policy, local.wall),
            level: self.level_at(now, &key.profile, site.score.as_ref()),
            today: score.today,
            last: score.last,
            reported: score.reported.is_some(),
            hours: site.hours.weights(local),
        }
    }

    /// The level of a site as it is to be acted on.
    pub(super) fn level_of(&mut self, site: &SiteKey) -> Level {
        self.freshen(&site.profile);
        let score = self.sites.get(site).and_then(|site| site.score);
        self.level_at(self.now, &site.profile, score.as_ref())
    }

    fn level_at(&self, now: Timestamp, profile: &ProfileKey, score: Option<&Score>) -> Level {
        let wall = self.wall.local(now).wall;
        let profile = self.profiles.get(profile);
        let engagement = profile.map(|profile| profile.engagement).unwrap_or_default();
        engagement.level(&self.policy.engagement, score, wall)
    }

    /// Rebases and cleans up the scores of a profile that was not used for long (E-25, E-26).
    fn freshen(&mut self, key: &ProfileKey) {
        let local = self.wall.local(self.now);
        let Some(profile) = self.profiles.get_mut(key) else { return };
        if !profile.engagement.is_stale(&self.policy.engagement, local.wall) {
            return;
        }
        let from = SiteKey { profile: key.clone(), origin: "".into() };
        let own = self.sites.range_mut(from..).take_while(|(site, _)| site.profile == *key);
        let scores = own.filter_map(|(site, kept)| Some((site.clone(), kept.score.as_mut()?)));
        let done = profile.engagement.freshen(&self.policy.engagement, local, scores);
        for site in &done.spent {
            if let Some(kept) = self.sites.get_mut(site) {
                kept.score = None;
            }
        }
        for site in done.changed.iter().chain(&done.spent) {
            self.note_site(site);
        }
        self.note_profile(key);
    }

    /// Writes what is kept of a profile, or deletes its record when that is nothing.
    pub(super) fn save_profile(&mut self, key: &ProfileKey) {
        self.write_profile(key, Record::SaveProfile);
    }

    /// The same where only its use is news.
    fn note_profile(&mut self, key: &ProfileKey) {
        self.write_profile(key, Record::NoteProfile);
    }

    fn write_profile(
        &mut self,
        key: &ProfileKey,
        record: fn(Box<(ProfileKey, Profile)>) -> Record,
    ) {
        let kept = self.profiles.get(key).filter(|profile| !profile.is_empty());
        let weight = kept.map_or(0, |profile| profile_bytes(key, profile));
        let record = match kept {
            Some(profile) => record(Box::new((key.clone(), Profile::clone(profile)))),
            None => Record::DeleteProfile(key.clone()),
        };
        self.weigh_profile(key, weight);
        if weight == 0 {
            self.profiles.remove(key);
        }
        self.effects.push_back(Effect::Record(record));
    }
}
