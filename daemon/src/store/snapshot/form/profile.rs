//! What is kept of profiles.

use std::collections::BTreeMap;

use pwasync_core::{
    FieldError,
    engagement::ProfileEngagement,
    key::{AppId, ProfileKey, Scope},
    profile::{Apps as CoreApps, INSTALLED_APPS, Profile as CoreProfile, Removed},
};
use serde::{Deserialize, Serialize};

use super::{
    names::Reports,
    shared::{no_more, profile_key},
    time::{Clock, Text, Wall},
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::store::snapshot) struct Profile<'a> {
    owner_uid: u32,
    browser: Text<'a>,
    profile: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_at: Option<Wall>,
    reports: Reports,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    apps: Option<Apps<'a>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Apps<'a> {
    since: Wall,
    installed: Vec<App<'a>>,
    removed: Vec<RemovedApp<'a>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct App<'a> {
    app_id: Text<'a>,
    scope: Text<'a>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RemovedApp<'a> {
    app_id: Text<'a>,
    scope: Text<'a>,
    at: Wall,
}

impl<'a> Profile<'a> {
    pub(in crate::store::snapshot) fn from_core(
        key: &'a ProfileKey,
        profile: &'a CoreProfile,
        clock: Clock,
    ) -> Self {
        Self {
            owner_uid: key.owner.uid(),
            browser: key.profile.browser().into(),
            profile: key.profile.profile().into(),
            last_at: profile.engagement.last.map(Wall::from),
            reports: profile.engagement.reports.into(),
            apps: profile.apps.as_ref().map(|apps| Apps::from_core(apps, clock)),
        }
    }

    pub(in crate::store::snapshot) fn into_core(
        self,
        clock: Clock,
    ) -> Result<(ProfileKey, CoreProfile), FieldError> {
        let key = profile_key(self.owner_uid, &self.browser, &self.profile)?;
        let (last, reports) = (self.last_at.map(Into::into), self.reports.into());
        let apps = self.apps.map(|apps| apps.into_core(clock)).transpose()?;
        Ok((key, CoreProfile { engagement: ProfileEngagement { last, reports }, apps }))
    }
}

impl<'a> Apps<'a> {
    fn from_core(apps: &'a CoreApps, clock: Clock) -> Self {
        let installed = apps
            .installed
            .iter()
            .map(|(id, scope)| App { app_id: id.as_str().into(), scope: scope.as_str().into() });
        let removed = apps.removed.iter().map(|(id, removed)| RemovedApp {
            app_id: id.as_str().into(),
            scope: removed.scope.as_str().into(),
            at: clock.wall(removed.at),
        });
        let since = clock.wall(apps.since);
        Self { since, installed: installed.collect(), removed: removed.collect() }
    }

    fn into_core(self, clock: Clock) -> Result<CoreApps, FieldError> {
        no_more("installed", self.installed.len(), INSTALLED_APPS)?;
        no_more("removed", self.removed.len(), INSTALLED_APPS)?;
        let installed = self
            .installed
            .into_iter()
            .map(|app| Ok((AppId::parse(&app.app_id)?, Scope::parse(&app.scope)?)));
        let removed = self.removed.into_iter().map(|app| {
            let removed = Removed { scope: Scope::parse(&app.scope)?, at: clock.at(app.at) };
            Ok((AppId::parse(&app.app_id)?, removed))
        });
        Ok(CoreApps {
            since: clock.at(self.since),
            installed: installed.collect::<Result<BTreeMap<_, _>, FieldError>>()?,
            removed: removed.collect::<Result<BTreeMap<_, _>, FieldError>>()?,
        })
    }
}
