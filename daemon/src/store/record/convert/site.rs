//! What is kept of sites.

use std::{collections::BTreeMap, time::Duration};

use pwasync_core::{
    engagement::{Points, Reported, Score},
    facts::NetworkId,
    hours::{Hour, Hours},
    key::AppId,
    site::{KNOWN_NETWORKS, PermissionSet, Permissions, Site, SiteKey, Spent},
    wall::WallTime,
};

use super::{Clock, lacks, origin, profile, to_millis, too_many};
use crate::store::{
    error::BadRecord,
    frame::ClockFrame,
    record::v2::{self, site},
};

impl site::Site {
    pub(in crate::store::record) fn from_core(
        key: &SiteKey,
        site: &Site,
        frame: ClockFrame,
    ) -> Self {
        let hours = if site.hours == Hours::default() {
            Vec::new()
        } else {
            let stored = |Hour { weight, day }| site::Hour { weight, day };
            site.hours.to_stored().map(stored).to_vec()
        };
        let Permissions { one_off, periodic } = site.permissions;
        Self {
            frame: Some(v2::Frame::of(frame)),
            profile: Some(v2::ProfileName::from_core(&key.profile)),
            origin: key.origin.to_string(),
            score: site.score.map(site::Score::from_core),
            hours,
            one_off: one_off.map(|set| site::Permission::from_core(set, frame)),
            periodic: periodic.map(|set| site::Permission::from_core(set, frame)),
            networks: site.networks.iter().map(|network| network.number()).collect(),
            spent: site
                .spent
                .iter()
                .map(|(app, spent)| site::Spent::from_core(app.as_ref(), spent, frame))
                .collect(),
        }
    }

    pub(in crate::store::record) fn into_core(
        self,
        frame: ClockFrame,
    ) -> Result<(SiteKey, Site), BadRecord> {
        let clock = Clock::new(self.frame, frame)?;
        let key = SiteKey { profile: profile(self.profile)?, origin: origin(&self.origin)? };
        if self.networks.len() > KNOWN_NETWORKS {
            return Err(too_many("networks", KNOWN_NETWORKS));
        }
        let spent = self.spent.into_iter().map(|spent| spent.into_core(clock));
        let set = |stored: Option<site::Permission>| {
            stored.map(|stored| stored.into_core(clock)).transpose()
        };
        let site = Site {
            score: self.score.map(site::Score::into_core).transpose()?,
            hours: hours(self.hours)?,
            permissions: Permissions { one_off: set(self.one_off)?, periodic: set(self.periodic)? },
            networks: self.networks.into_iter().map(NetworkId::new).collect(),
            spent: spent.collect::<Result<BTreeMap<_, _>, _>>()?,
        };
        Ok((key, site))
    }
}

fn hours(stored: Vec<site::Hour>) -> Result<Hours, BadRecord> {
    if stored.is_empty() {
        return Ok(Hours::default());
    }
    let hours: Vec<_> =
        stored.into_iter().map(|site::Hour { weight, day }| Hour { weight, day }).collect();
    Ok(Hours::from_stored(hours.try_into().map_err(|_| lacks("hours"))?))
}

impl site::Score {
    fn from_core(score: Score) -> Self {
        Self {
            points: score.points.value(),
            today: score.today.value(),
            last: score.last.map(WallTime::as_millis),
            launched: score.launched.map(WallTime::as_millis),
            reported: score.reported.map(|reported| match reported {
                Reported::Score => site::Reported::Score(v2::Empty {}),
                Reported::Level(level) => site::Reported::Level(site::Level::from_core(level)),
            }),
        }
    }

    fn into_core(self) -> Result<Score, BadRecord> {
        let reported = match self.reported {
            None => None,
            Some(site::Reported::Score(v2::Empty {})) => Some(Reported::Score),
            Some(site::Reported::Level(level)) => {
                Some(Reported::Level(site::Level::into_core(level)?))
            }
        };
        Ok(Score {
            points: points(self.points)?,
            today: points(self.today)?,
            last: self.last.map(WallTime::from_millis),
            launched: self.launched.map(WallTime::from_millis),
            reported,
        })
    }
}

fn points(stored: f64) -> Result<Points, BadRecord> {
    let good = (0.0..=Points::MAX.value()).contains(&stored);
    if good { Ok(Points::nearest(stored)) } else { Err(lacks("points")) }
}

impl site::Permission {
    fn from_core(set: PermissionSet, frame: ClockFrame) -> Self {
        let state = site::PermissionState::from_core(set.state);
        Self { state, since: frame.stored(set.since) }
    }

    fn into_core(self, clock: Clock) -> Result<PermissionSet, BadRecord> {
        Ok(PermissionSet {
            state: site::PermissionState::into_core(self.state)?,
            since: clock.at(self.since),
        })
    }
}

impl site::Spent {
    fn from_core(app: Option<&AppId>, spent: &Spent, frame: ClockFrame) -> Self {
        Self {
            app: app.map(|app| app.as_str().to_owned()),
            day: spent.day,
            wakes: spent.wakes,
            run_time: to_millis(spent.run_time),
            since: spent.since.map(|at| frame.stored(at)),
        }
    }

    fn into_core(self, clock: Clock) -> Result<(Option<AppId>, Spent), BadRecord> {
        let spent = Spent {
            day: self.day,
            wakes: self.wakes,
            run_time: Duration::from_millis(self.run_time),
            since: self.since.map(|at| clock.at(at)),
        };
        Ok((self.app.map(|app| AppId::parse(&app)).transpose()?, spent))
    }
}
