//! When the periodic registrations of each site go next.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::{
    key::{ProfileKey, RegistrationId},
    site::SiteKey,
    time::Timestamp,
};

/// Periodic registrations by site, in the order in which they go. The instant of each is also
/// kept with its registration, see [`crate::entries::Filed`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Neighbours {
    by_site: BTreeMap<SiteKey, BTreeSet<(Timestamp, RegistrationId)>>,
}

impl Neighbours {
    /// Sets, moves or clears the instant of a registration, which was `kept`; its site never
    /// changes.
    pub(crate) fn set(
        &mut self,
        site: &SiteKey,
        id: RegistrationId,
        kept: &mut Option<Timestamp>,
        at: Option<Timestamp>,
    ) {
        let before = std::mem::replace(kept, at);
        if before == at {
            return;
        }
        if let (Some(before), Some(instants)) = (before, self.by_site.get_mut(site)) {
            instants.remove(&(before, id));
            if instants.is_empty() {
                self.by_site.remove(site);
            }
        }
        if let Some(at) = at {
            self.by_site.entry(site.clone()).or_default().insert((at, id));
        }
    }

    /// The earliest instant of a site, of another registration than this one.
    pub(crate) fn first_other(&self, site: &SiteKey, id: RegistrationId) -> Option<Timestamp> {
        let mut instants = self.by_site.get(site)?.iter();
        instants.find(|(_, other)| *other != id).map(|(at, _)| *at)
    }

    /// Those of a profile that go after an instant, so soon after it.
    pub(crate) fn going_soon(
        &self,
        profile: &ProfileKey,
        after: Timestamp,
        soon: Duration,
    ) -> impl Iterator<Item = RegistrationId> {
        let from = SiteKey { profile: profile.clone(), origin: "".into() };
        let of_profile = self.by_site.range(from..);
        let of_profile = of_profile.take_while(move |(site, _)| site.profile == *profile);
        let first = (after + Duration::from_millis(1), RegistrationId::new(0));
        let last = (after + soon, RegistrationId::new(u64::MAX));
        let wanted = (first <= last).then_some(first..=last);
        of_profile.flat_map(move |(_, instants)| {
            wanted.clone().into_iter().flat_map(|wanted| instants.range(wanted)).map(|(_, id)| *id)
        })
    }
}

/// Many at once, see [`crate::by_worker`].
impl FromIterator<(SiteKey, Vec<(Timestamp, RegistrationId)>)> for Neighbours {
    fn from_iter<T>(sites: T) -> Self
    where
        T: IntoIterator<Item = (SiteKey, Vec<(Timestamp, RegistrationId)>)>,
    {
        let sites = sites.into_iter().filter(|(_, instants)| !instants.is_empty());
        let by_site = sites.map(|(site, instants)| (site, instants.into_iter().collect()));
        Self { by_site: by_site.collect() }
    }
}
