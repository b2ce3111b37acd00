//! What is kept of sites.

use std::{collections::BTreeMap, time::Duration};

use pwasync_core::{
    FieldError,
    engagement::{Points, Reported as CoreReported, Score as CoreScore},
    hours::{Hour, Hours},
    key::AppId,
    site::{
        KNOWN_NETWORKS, PermissionSet, Permissions, Site as CoreSite, SiteKey, Spent as CoreSpent,
    },
};
use serde::{Deserialize, Serialize};

use super::{
    names::{Level, PermissionState},
    shared::{network, network_text, no_more, origin, profile_key, to_millis},
    time::{Clock, Text, Wall},
};

/// Apps of one site of which something is spent.
const SPENDERS: usize = 10_000;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::store::snapshot) struct Site<'a> {
    owner_uid: u32,
    browser: Text<'a>,
    profile: Text<'a>,
    origin: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    score: Option<Score>,
    /// Weight and day of each of the 24 hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hours: Option<Vec<(u32, i64)>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    one_off: Option<Permission>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    periodic: Option<Permission>,
    /// The latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    networks: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    spent: Vec<Spent<'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Score {
    points: f64,
    today: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_at: Option<Wall>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    launched_at: Option<Wall>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reported: Option<Reported>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Reported {
    Score,
    Level(Level),
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Permission {
    state: PermissionState,
    since: Wall,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spent<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    app_id: Option<Text<'a>>,
    day: i64,
    wakes: u32,
    run_time_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<Wall>,
}

impl<'a> Site<'a> {
    pub(in crate::store::snapshot) fn from_core(
        key: &'a SiteKey,
        site: &'a CoreSite,
        clock: Clock,
    ) -> Self {
        let hours = (site.hours != Hours::default())
            .then(|| site.hours.to_stored().map(|hour| (hour.weight, hour.day)).to_vec());
        let set = |set: PermissionSet| Permission {
            state: set.state.into(),
            since: clock.wall(set.since),
        };
        let spent = site.spent.iter().map(|(app, spent)| Spent {
            app_id: app.as_ref().map(|app| app.as_str().into()),
            day: spent.day,
            wakes: spent.wakes,
            run_time_ms: to_millis(spent.run_time),
            since: spent.since.map(|at| clock.wall(at)),
        });
        Self {
            owner_uid: key.profile.owner.uid(),
            browser: key.profile.profile.browser().into(),
            profile: key.profile.profile.profile().into(),
            origin: (&*key.origin).into(),
            score: site.score.map(Score::from_core),
            hours,
            one_off: site.permissions.one_off.map(set),
            periodic: site.permissions.periodic.map(set),
            networks: site.networks.iter().copied().map(network_text).collect(),
            spent: spent.collect(),
        }
    }

    pub(in crate::store::snapshot) fn into_core(
        self,
        clock: Clock,
    ) -> Result<(SiteKey, CoreSite), FieldError> {
        let profile = profile_key(self.owner_uid, &self.browser, &self.profile)?;
        let key = SiteKey { profile, origin: origin(&self.origin)? };
        no_more("networks", self.networks.len(), KNOWN_NETWORKS)?;
        no_more("spent", self.spent.len(), SPENDERS)?;
        let networks = self.networks.iter().map(|text| network(text));
        let spent = self.spent.into_iter().map(|spent| spent.into_core(clock));
        let set =
            |set: Permission| PermissionSet { state: set.state.into(), since: clock.at(set.since) };
        let site = CoreSite {
            score: self.score.map(Score::into_core).transpose()?,
            hours: self.hours.map(hours).transpose()?.unwrap_or_default(),
            permissions: Permissions {
                one_off: self.one_off.map(set),
                periodic: self.periodic.map(set),
            },
            networks: networks.collect::<Result<_, _>>()?,
            spent: spent.collect::<Result<BTreeMap<_, _>, _>>()?,
        };
        Ok((key, site))
    }
}

fn hours(written: Vec<(u32, i64)>) -> Result<Hours, FieldError> {
    let hours: Vec<_> = written.into_iter().map(|(weight, day)| Hour { weight, day }).collect();
    let wrong = |hours: Vec<Hour>| FieldError::plain("hours", hours.len(), "is not 24 hours");
    Ok(Hours::from_stored(hours.try_into().map_err(wrong)?))
}

impl Score {
    fn from_core(score: CoreScore) -> Self {
        Self {
            points: score.points.value(),
            today: score.today.value(),
            last_at: score.last.map(Wall::from),
            launched_at: score.launched.map(Wall::from),
            reported: score.reported.map(|reported| match reported {
                CoreReported::Score => Reported::Score,
                CoreReported::Level(level) => Reported::Level(level.into()),
            }),
        }
    }

    fn into_core(self) -> Result<CoreScore, FieldError> {
        Ok(CoreScore {
            points: Points::parse("points", self.points, Points::MAX.value())?,
            today: Points::parse("today", self.today, Points::MAX.value())?,
            last: self.last_at.map(Into::into),
            launched: self.launched_at.map(Into::into),
            reported: self.reported.map(|reported| match reported {
                Reported::Score => CoreReported::Score,
                Reported::Level(level) => CoreReported::Level(level.into()),
            }),
        })
    }
}

impl Spent<'_> {
    fn into_core(self, clock: Clock) -> Result<(Option<AppId>, CoreSpent), FieldError> {
        let spent = CoreSpent {
            day: self.day,
            wakes: self.wakes,
            run_time: Duration::from_millis(self.run_time_ms),
            since: self.since.map(|at| clock.at(at)),
        };
        Ok((self.app_id.map(|app| AppId::parse(&app)).transpose()?, spent))
    }
}
