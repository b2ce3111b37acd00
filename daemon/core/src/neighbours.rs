//! When the periodic registrations of each site go next.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    key::{ProfileKey, RegistrationId},
    site::SiteKey,
    time::Timestamp,
};

/// Periodic registrations by site, in the order in which they go. The instant of each is also
/// kept with its registration, see [`crate::entries::Filed`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Neighbours {
    by_site: BTreeMap<SiteKey, Calendar>,
}

/// When registrations go, and how long before that each could.
type Calendar = BTreeMap<(Timestamp, RegistrationId), OnGrid>;

/// How long the grid holds a registration, in milliseconds: at most 49 days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OnGrid(u32);

/// When a registration goes, and how long the grid holds it then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Going {
    pub(crate) at: Timestamp,
    pub(crate) on_grid: OnGrid,
}

impl From<Duration> for OnGrid {
    fn from(held: Duration) -> Self {
        Self(held.as_millis().try_into().unwrap_or(u32::MAX))
    }
}

impl OnGrid {
    fn joins_from(self, goes: Timestamp) -> Timestamp {
        goes.saturating_sub(Duration::from_millis(self.0.into()))
    }
}

impl Neighbours {
    /// Sets, moves or clears the instant of a registration, which was `kept`; its site never
    /// changes.
    pub(crate) fn set(
        &mut self,
        site: &SiteKey,
        id: RegistrationId,
        kept: &mut Option<Timestamp>,
        going: Option<Going>,
    ) {
        let at = going.map(|going| going.at);
        let before = std::mem::replace(kept, at).filter(|before| Some(*before) != at);
        if let (Some(before), Some(instants)) = (before, self.by_site.get_mut(site)) {
            instants.remove(&(before, id));
            if instants.is_empty() {
                self.by_site.remove(site);
            }
        }
        if let Some(Going { at, on_grid }) = going {
            self.by_site.entry(site.clone()).or_default().insert((at, id), on_grid);
        }
    }

    /// The earliest instant of a site, of another registration than this one.
    pub(crate) fn first_other(&self, site: &SiteKey, id: RegistrationId) -> Option<Timestamp> {
        let mut instants = self.by_site.get(site)?.keys();
        instants.find(|(_, other)| *other != id).map(|(at, _)| *at)
    }

    /// Those of a profile that the grid holds at an instant, which it does for so long at most; each
    /// with the instant since which it is held by nothing else.
    pub(crate) fn on_grid(
        &self,
        profile: &ProfileKey,
        now: Timestamp,
        longest: Duration,
    ) -> impl Iterator<Item = (Timestamp, RegistrationId)> {
        let from = SiteKey { profile: profile.clone(), origin: "".into() };
        let of_profile = self.by_site.range(from..);
        let of_profile = of_profile.take_while(move |(site, _)| site.profile == *profile);
        let first = (now + Duration::from_millis(1), RegistrationId::new(0));
        let last = (now + longest, RegistrationId::new(u64::MAX));
        let wanted = (first <= last).then_some(first..=last);
        let soon = of_profile.flat_map(move |(_, instants)| {
            wanted.clone().into_iter().flat_map(|wanted| instants.range(wanted))
        });
        let held = soon.map(|((at, id), on_grid)| (on_grid.joins_from(*at), *id));
        held.filter(move |(from, _)| *from <= now)
    }
}

/// Many at once, see [`crate::by_worker`].
impl FromIterator<(SiteKey, Vec<(RegistrationId, Going)>)> for Neighbours {
    fn from_iter<T>(sites: T) -> Self
    where
        T: IntoIterator<Item = (SiteKey, Vec<(RegistrationId, Going)>)>,
    {
        let sites = sites.into_iter().filter(|(_, going)| !going.is_empty());
        let by_site = sites.map(|(site, going)| {
            let instants = going.into_iter().map(|(id, one)| ((one.at, id), one.on_grid));
            (site, instants.collect())
        });
        Self { by_site: by_site.collect() }
    }
}
