//! Starts with a clock that may be wrong (design, section 6): what was stored in another boot was
//! read by it, and may have to be read again by a better one.
//!
//! Until the clock is trusted nothing of that is lost by it: what it says has expired stays, and
//! what lay ahead of it and was moved back is moved in memory alone.

use std::collections::BTreeSet;

use super::Scheduler;
use crate::{
    effect::{Effect, Record},
    key::RegistrationId,
    registration::{Registration, Schedule},
    time::{Timestamp, WallClock},
};

/// A step of the wall clock that makes what was stored by the former one useless in the next boot.
const FAR_MILLIS: u64 = 3_600_000;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Doubt {
    /// From then on the clock is taken as it is.
    pub(super) until: Timestamp,
    /// The last registration that was loaded.
    pub(super) last: u64,
    /// Those that differ from what is on disk.
    pub(super) unsaved: BTreeSet<RegistrationId>,
}

impl Doubt {
    pub(super) fn new(until: Timestamp) -> Self {
        Self { until, last: 0, unsaved: BTreeSet::new() }
    }
}

impl Scheduler {
    /// When a one-off ends that is not done; `None`: it is periodic.
    pub(super) fn expires_at(&self, registration: &Registration) -> Option<Timestamp> {
        let Schedule::OneOff { expires_at } = registration.schedule else { return None };
        Some(self.not_in_doubt(registration, expires_at))
    }

    /// The instant, or when the clock is trusted that it was read by.
    pub(super) fn not_in_doubt(&self, of: &Registration, at: Timestamp) -> Timestamp {
        let doubt = self.doubt.as_ref().filter(|doubt| of.id.number() <= doubt.last);
        doubt.map_or(at, |doubt| at.max(doubt.until))
    }

    /// The clock is trusted once it has been given the time to be set.
    pub(super) fn end_doubt(&mut self) {
        let Some(doubt) = self.doubt.take_if(|doubt| doubt.until <= self.now) else { return };
        if far(self.wall, WallClock::default()) {
            self.save_all();
            return;
        }
        for id in doubt.unsaved {
            self.save(id);
        }
    }

    /// The wall clock is another from now on. What was saved by a clock that was far from it would
    /// be read wrongly in the next boot.
    pub(super) fn set_wall_clock(&mut self, wall: WallClock) {
        let before = std::mem::replace(&mut self.wall, wall);
        if self.doubt.is_none() && far(before, wall) {
            self.save_all();
        }
    }

    fn save_all(&mut self) {
        let ids: Vec<_> = self.registrations.iter().map(|one| one.id).collect();
        ids.into_iter().for_each(|id| self.save(id));
    }

    fn save(&mut self, id: RegistrationId) {
        if let Some(registration) = self.registrations.get(id) {
            let record = Record::Save(Box::new(registration.clone()));
            self.effects.push_back(Effect::Record(record));
        }
    }
}

fn far(one: WallClock, other: WallClock) -> bool {
    one.offset_millis.abs_diff(other.offset_millis) >= FAR_MILLIS
}
