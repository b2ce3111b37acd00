//! When a periodic registration is due, and when its event goes (S-P-32, A-09, P-11, P-15, P-17,
//! P-18, and the wake grid).
//!
//! Everything here is worked out from what is passed in; who is suspended or held is decided
//! elsewhere.

use std::time::Duration;

use crate::{
    hours::Hours,
    policy::{LearnedHours, Policy, Rules},
    time::{Span, Timestamp, WallClock},
};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
/// An event that starts this much after its slot still belongs to it (P-17).
const GRAIN: Duration = Duration::from_secs(1);
/// Without a grid, so long before a usual hour (P-18: read at 07:00, synced at 06:50).
const HEAD_START: Duration = Duration::from_secs(600);

/// Whether an event that started at `started` belongs to a slot.
fn belongs(started: Timestamp, slot: Timestamp) -> bool {
    started >= slot && started.saturating_since(slot) <= GRAIN
}

/// When a periodic registration's next event comes, and by which steps that was decided.
///
/// Each is at or after the one before: `due`, `spaced`, `goes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The interval as granted: a multiple of the origin's gap, or longer (P-11, A-09).
    pub interval: Span,
    /// The interval has passed (`NOT_DUE` until then).
    pub due: Timestamp,
    /// The origin's other events are far enough (`ORIGIN_GAP` until then).
    pub spaced: Timestamp,
    /// The event's slot (`GRID` or `LEARNED_HOUR` until then).
    pub goes: Timestamp,
    /// Why that slot.
    pub slot: Slot,
}

/// Why a slot was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// It is the next one.
    Next,
    /// It is the last one before the user usually comes (P-18).
    BeforeUsualHour,
}

/// All that a [`Plan`] depends on.
#[derive(Clone, Copy, Debug)]
pub struct Planning<'a> {
    /// The slot of the last event, or when the registration was made (P-17).
    pub anchor: Timestamp,
    /// As asked for.
    pub min_interval: Duration,
    /// What holds for its site.
    pub rules: &'a Rules,
    /// The gap in floors, by the level of engagement (K-14).
    pub factor: u32,
    /// When the soonest other periodic event of its origin goes, if there is one.
    pub other: Option<Timestamp>,
    /// The wake grid.
    pub grid: Grid,
    /// The hours at which the user uses the site; empty where nobody reports them.
    pub hours: &'a Hours,
    /// The wall clock.
    pub clock: WallClock,
}

impl Plan {
    /// The plan of the next event.
    pub fn new(planning: &Planning<'_>) -> Self {
        let Planning { anchor, min_interval, rules, factor, other, grid, .. } = *planning;
        let floor = rules.min_interval_floor;
        let interval = snapped(floor, factor, min_interval);
        let until_other = other.map(|other| other.saturating_since(anchor));
        let spaced = anchor + spaced(interval, until_other, floor);
        let slot = grid.slot(interval);
        let next = next_slot(spaced, slot, grid.offset);
        let learned = planning.slot_before_usual_hour(spaced, interval, next);
        Self {
            interval: interval.into(),
            due: anchor + interval,
            spaced,
            goes: learned.unwrap_or(next),
            slot: if learned.is_some() { Slot::BeforeUsualHour } else { Slot::Next },
        }
    }

    /// A plan for want of a better one: the event goes when its interval has passed.
    pub(crate) fn at_once(anchor: Timestamp, interval: Duration) -> Self {
        let due = anchor + interval;
        Self { interval: interval.into(), due, spaced: due, goes: due, slot: Slot::Next }
    }

    /// The same plan so much earlier.
    pub(crate) fn earlier(self, by: Duration) -> Self {
        let Self { due, spaced, goes, .. } = self;
        let [due, spaced, goes] = [due, spaced, goes].map(|at| at.saturating_sub(by));
        Self { due, spaced, goes, ..self }
    }

    /// The anchor after its event started: the instant of the plan it belongs to (P-17).
    pub fn anchor_after(&self, started: Timestamp) -> Timestamp {
        let slots = [self.goes, self.spaced, self.due];
        slots.into_iter().find(|slot| belongs(started, *slot)).unwrap_or(started)
    }
}

impl Planning<'_> {
    /// The slot before the user usually comes, if it is later than the next one and waiting for
    /// it is allowed (P-18).
    fn slot_before_usual_hour(
        &self,
        spaced: Timestamp,
        interval: Duration,
        next: Timestamp,
    ) -> Option<Timestamp> {
        match self.rules.learned_hours {
            LearnedHours::On => {}
            LearnedHours::Off => return None,
        }
        let from = self.clock.local(spaced);
        // What comes once a day or less must come before the first hour of use, or it would stay
        // in the midst of the use for good; what comes more often serves the next hour.
        let usual = if interval < DAY {
            self.hours.next_usual(from)?
        } else {
            self.hours.next_stretch(from)?
        };
        let slot = self.grid.slot(interval);
        let last = last_slot_before(usual.to_core(self.clock), slot, self.grid.offset)?;
        (last > next && last <= spaced + interval).then_some(last)
    }
}

/// The instants to which periodic events are moved, so that one wake serves many of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Slots of intervals under 1 h; zero: none.
    pub short: Duration,
    /// Slots of intervals under 12 h; zero: none.
    pub middle: Duration,
    /// Slots of longer intervals; zero: none.
    pub long: Duration,
    /// Where the slots of this machine begin.
    pub offset: Duration,
}

impl Grid {
    /// The grid of the policy.
    pub fn of(policy: &Policy) -> Self {
        Self {
            short: policy.grid_short,
            middle: policy.grid_middle,
            long: policy.grid_long,
            offset: policy.grid_offset,
        }
    }

    /// The length of the slots for an interval; zero: there is no grid for it.
    pub fn slot(&self, interval: Duration) -> Duration {
        if interval < HOUR {
            self.short
        } else if interval < 12 * HOUR {
            self.middle
        } else {
            self.long
        }
    }
}

/// The interval as granted: a whole number of the origin's gaps, which is `factor` floors
///
pub fn snapped(floor: Duration, factor: u32, min_interval: Duration) -> Duration {
    let gap = floor.saturating_mul(factor.max(1));
    let over = min_interval.as_nanos().checked_rem(gap.as_nanos()).unwrap_or(0);
    if min_interval < gap {
        gap
    } else if over == 0 {
        // A floor of zero would let an event follow itself at once.
        min_interval.max(GRAIN)
    } else {
        let gaps = min_interval.as_nanos() / gap.as_nanos() + 1;
        u32::try_from(gaps).map_or(Duration::MAX, |gaps| gap.saturating_mul(gaps))
    }
}

/// The delay from the anchor that keeps an event `floor` away from the origin's soonest other
/// periodic event, which is `other` after the anchor.
pub fn spaced(snapped: Duration, other: Option<Duration>, floor: Duration) -> Duration {
    let Some(other) = other else { return snapped };
    let far_enough = other.saturating_add(floor);
    if snapped.saturating_add(floor) <= other {
        snapped
    } else if snapped <= other {
        other
    } else if snapped <= far_enough {
        far_enough
    } else {
        snapped
    }
}

/// The first slot at or after an instant. Slots are at `offset` and each `slot` from there on.
pub fn next_slot(at: Timestamp, slot: Duration, offset: Duration) -> Timestamp {
    match into_slot(at, slot, offset) {
        Some(0) | None => at,
        Some(millis) => at + slot.saturating_sub(Duration::from_millis(millis)),
    }
}

/// The last slot before an instant; without a grid, a head start before it.
pub fn last_slot_before(at: Timestamp, slot: Duration, offset: Duration) -> Option<Timestamp> {
    let back = match into_slot(at, slot, offset) {
        None => HEAD_START,
        Some(0) => slot,
        Some(millis) => Duration::from_millis(millis),
    };
    let last = at.saturating_sub(back);
    (last + back == at).then_some(last)
}

/// Milliseconds since the slot began that an instant lies in; `None`: there is no grid.
fn into_slot(at: Timestamp, slot: Duration, offset: Duration) -> Option<u64> {
    let slot = slot.as_millis();
    let begins = offset.as_millis().checked_rem(slot)?;
    let into = (u128::from(at.as_millis()) + slot - begins) % slot;
    Some(u64::try_from(into).unwrap_or(0))
}

#[cfg(test)]
mod tests;
