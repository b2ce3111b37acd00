//! When a periodic registration is due (S-P-32, P-11, P-17).

use std::time::Duration;

use crate::{policy::Policy, time::Timestamp};

/// An event that starts this much after its slot still belongs to it (P-17).
const GRAIN: Duration = Duration::from_secs(1);

/// The interval as granted: a shorter one is raised to the floor, never refused (P-11).
pub(crate) fn effective_interval(policy: &Policy, min_interval: Duration) -> Duration {
    min_interval.max(policy.rules.min_interval_floor)
}

/// The anchor after an event that started at `started`: the slot it belongs to, so that a 12 h
/// tag does not creep by the length of its events (P-17).
pub(crate) fn next_anchor(anchor: Timestamp, interval: Duration, started: Timestamp) -> Timestamp {
    let slot = anchor + interval;
    if started >= slot && started.saturating_since(slot) <= GRAIN { slot } else { started }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn at(hours: u64, millis: u64) -> Timestamp {
        Timestamp::from_millis(hours * 3_600_000 + millis)
    }

    #[test]
    fn p_17_a_start_within_the_grain_keeps_the_slot() {
        assert_eq!(next_anchor(at(0, 0), 12 * HOUR, at(12, 0)), at(12, 0));
        assert_eq!(next_anchor(at(0, 0), 12 * HOUR, at(12, 1_000)), at(12, 0));
        assert_eq!(next_anchor(at(0, 0), 12 * HOUR, at(12, 1_001)), at(12, 1_001));
    }

    #[test]
    fn p_15_missed_periods_collapse_into_the_start() {
        assert_eq!(next_anchor(at(0, 0), 12 * HOUR, at(40, 7)), at(40, 7));
    }

    #[test]
    fn an_event_before_its_slot_anchors_at_its_start() {
        assert_eq!(next_anchor(at(0, 0), 12 * HOUR, at(3, 0)), at(3, 0));
    }

    #[test]
    fn p_11_a_short_interval_is_raised() {
        let policy = Policy::default();
        assert_eq!(effective_interval(&policy, Duration::ZERO), 12 * HOUR);
        assert_eq!(effective_interval(&policy, 13 * HOUR), 13 * HOUR);
    }
}
