//! Periodic registrations by profile and origin: those that the grid alone holds, and when each
//! one's neighbours go.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    key::{ProfileKey, RegistrationId},
    site::SiteKey,
    time::Timestamp,
};

/// Moments of registrations, by a place that many share.
#[derive(Clone, Debug)]
pub(crate) struct Moments<K> {
    by_place: BTreeMap<K, BTreeSet<(Timestamp, RegistrationId)>>,
    by_id: BTreeMap<RegistrationId, Timestamp>,
}

/// From when on those that the grid alone holds may go with their browser's other events.
pub(crate) type Joiners = Moments<ProfileKey>;

/// When the periodic registrations of a site go next.
pub(crate) type Neighbours = Moments<SiteKey>;

impl<K> Default for Moments<K> {
    fn default() -> Self {
        Self { by_place: BTreeMap::new(), by_id: BTreeMap::new() }
    }
}

impl<K: Ord + Clone> Moments<K> {
    /// Sets, moves or clears the instant of a registration; its place never changes.
    pub(crate) fn set(&mut self, place: &K, id: RegistrationId, at: Option<Timestamp>) {
        let before = match at {
            Some(at) => self.by_id.insert(id, at),
            None => self.by_id.remove(&id),
        };
        if before == at {
            return;
        }
        if let (Some(before), Some(instants)) = (before, self.by_place.get_mut(place)) {
            instants.remove(&(before, id));
            if instants.is_empty() {
                self.by_place.remove(place);
            }
        }
        if let Some(at) = at {
            self.by_place.entry(place.clone()).or_default().insert((at, id));
        }
    }

    /// The earliest instant of a place, of another registration than this one.
    pub(crate) fn first_other(&self, place: &K, id: RegistrationId) -> Option<Timestamp> {
        let mut instants = self.by_place.get(place)?.iter();
        instants.find(|(_, other)| *other != id).map(|(at, _)| *at)
    }

    /// The registrations of a place whose instant has come.
    pub(crate) fn due(&self, place: &K, now: Timestamp) -> Vec<RegistrationId> {
        let instants = self.by_place.get(place).into_iter().flatten();
        instants.take_while(|(at, _)| *at <= now).map(|(_, id)| *id).collect()
    }
}
