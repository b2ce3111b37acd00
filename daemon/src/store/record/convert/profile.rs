//! What is kept of profiles.

use std::collections::BTreeMap;

use pwasync_core::{
    engagement::ProfileEngagement,
    key::{AppId, ProfileKey, Scope},
    profile::{Apps, INSTALLED_APPS, Profile, Removed},
    wall::WallTime,
};

use super::{Clock, lacks, too_many};
use crate::store::{
    error::BadRecord,
    frame::ClockFrame,
    record::v2::{self, profile},
};

impl profile::Profile {
    pub(in crate::store::record) fn from_core(
        key: &ProfileKey,
        profile: &Profile,
        frame: ClockFrame,
    ) -> Self {
        let ProfileEngagement { last, reports } = profile.engagement;
        Self {
            frame: Some(v2::Frame::of(frame)),
            name: Some(v2::ProfileName::from_core(key)),
            last: last.map(WallTime::as_millis),
            reports: profile::Reports::from_core(reports),
            apps: profile.apps.as_ref().map(|apps| profile::Apps::from_core(apps, frame)),
        }
    }

    pub(in crate::store::record) fn into_core(
        self,
        frame: ClockFrame,
    ) -> Result<(ProfileKey, Profile), BadRecord> {
        let reports = profile::Reports::into_core(self.reports)?;
        let clock = Clock::new(self.frame, frame)?;
        let key = super::profile(self.name)?;
        let last = self.last.map(WallTime::from_millis);
        let profile = Profile {
            engagement: ProfileEngagement { last, reports },
            apps: self.apps.map(|apps| apps.into_core(clock)).transpose()?,
        };
        Ok((key, profile))
    }
}

impl profile::Apps {
    fn from_core(apps: &Apps, frame: ClockFrame) -> Self {
        let at = |instant| frame.stored(instant);
        Self {
            since: at(apps.since),
            installed: apps
                .installed
                .iter()
                .map(|(id, scope)| profile::App::from_core(id, scope))
                .collect(),
            removed: apps
                .removed
                .iter()
                .map(|(id, removed)| profile::RemovedApp {
                    app: Some(profile::App::from_core(id, &removed.scope)),
                    at: at(removed.at),
                })
                .collect(),
        }
    }

    fn into_core(self, clock: Clock) -> Result<Apps, BadRecord> {
        if self.installed.len().max(self.removed.len()) > INSTALLED_APPS {
            return Err(too_many("apps", INSTALLED_APPS));
        }
        let installed = self.installed.into_iter().map(|app| app.into_core());
        let removed = self.removed.into_iter().map(|profile::RemovedApp { app, at }| {
            let (id, scope) = app.ok_or_else(|| lacks("app"))?.into_core()?;
            Ok((id, Removed { scope, at: clock.at(at) }))
        });
        Ok(Apps {
            since: clock.at(self.since),
            installed: installed.collect::<Result<BTreeMap<_, _>, BadRecord>>()?,
            removed: removed.collect::<Result<BTreeMap<_, _>, BadRecord>>()?,
        })
    }
}

impl profile::App {
    fn from_core(id: &AppId, scope: &Scope) -> Self {
        Self { id: id.as_str().to_owned(), scope: scope.as_str().to_owned() }
    }

    fn into_core(self) -> Result<(AppId, Scope), BadRecord> {
        Ok((AppId::parse(&self.id)?, Scope::parse(&self.scope)?))
    }
}
