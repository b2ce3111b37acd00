//! What a score means (E-24) and what that does to a period (K-14).

use super::Points;
use crate::policy::EngagementPolicy;

/// Below this total a level is minimal; not a parameter in Chromium either.
const LOW: f64 = 1.0;

/// How much a user uses a site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nobody said (P-16).
    #[default]
    Unknown,
    /// Not at all.
    None,
    /// Hardly.
    Minimal,
    /// Little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// As much as can be.
    Max,
}

impl Level {
    /// The level of a total score (E-24).
    pub fn of(policy: &EngagementPolicy, total: Points) -> Self {
        let total = total.value();
        if total <= 0.0 {
            Self::None
        } else if total < LOW {
            Self::Minimal
        } else if total < policy.medium {
            Self::Low
        } else if total < policy.high {
            Self::Medium
        } else if total < policy.max_score {
            Self::High
        } else {
            Self::Max
        }
    }

    /// The gap between two events of a periodic, in floors (K-14); `None`: it is suspended.
    pub fn factor(self, policy: &EngagementPolicy) -> Option<u32> {
        match self {
            Self::None => None,
            Self::Minimal => Some(policy.minimal_factor),
            Self::Low | Self::Medium => Some(policy.low_factor),
            Self::High | Self::Max => Some(policy.high_factor),
            Self::Unknown => Some(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e_17_e_18_e_24_levels_begin_at_their_boundaries() {
        let policy = EngagementPolicy::default();
        let level = |total| Level::of(&policy, Points::nearest(total));
        let rows = [
            (0.0, Level::None),
            (0.001, Level::Minimal),
            (0.999, Level::Minimal),
            (1.0, Level::Low),
            (14.999, Level::Low),
            (15.0, Level::Medium),
            (49.999, Level::Medium),
            (50.0, Level::High),
            (99.999, Level::High),
            (100.0, Level::Max),
        ];
        for (total, expected) in rows {
            assert_eq!(level(total), expected, "{total}");
        }
    }

    #[test]
    fn k_14_a_level_stretches_the_gap() {
        let policy = EngagementPolicy::default();
        let factor = |level: Level| level.factor(&policy);
        assert_eq!(factor(Level::None), None);
        assert_eq!(factor(Level::Minimal), Some(3));
        assert_eq!([Level::Low, Level::Medium].map(factor), [Some(2); 2]);
        assert_eq!([Level::High, Level::Max].map(factor), [Some(1); 2]);
    }

    #[test]
    fn p_16_an_unknown_level_neither_stretches_nor_suspends() {
        assert_eq!(Level::default().factor(&EngagementPolicy::default()), Some(1));
    }
}
