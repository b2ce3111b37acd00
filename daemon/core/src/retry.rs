//! How long to wait after an attempt that failed.

use std::time::Duration;

use crate::policy::{Policy, Rules};

/// The delay after the `charged`-th charged failure: 5 min, 15 min, 45 min … (K-04, K-05).
pub(crate) fn retry_delay(rules: &Rules, charged: u16) -> Duration {
    let factor = rules.retry_factor.saturating_pow(u32::from(charged.saturating_sub(1)));
    rules.initial_retry_delay.saturating_mul(factor).min(rules.max_retry_delay)
}

/// The delay after the `length`-th time in a row that the worker did not start (P-09).
pub(crate) fn unavailable_delay(policy: &Policy, length: u32) -> Duration {
    let factor = 2_u32.saturating_pow(length.saturating_sub(1));
    policy.unavailable_delay.saturating_mul(factor).min(policy.max_unavailable_delay)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k_04_k_05_the_delay_triples() {
        let rules = Rules::default();
        let minutes = |charged| retry_delay(&rules, charged).as_secs() / 60;
        assert_eq!([1, 2, 3, 4].map(minutes), [5, 15, 45, 135]);
        assert_eq!(retry_delay(&rules, u16::MAX), rules.max_retry_delay);
    }

    #[test]
    fn p_09_the_delay_doubles_up_to_an_hour() {
        let policy = Policy::default();
        let seconds = |length| unavailable_delay(&policy, length).as_secs();
        assert_eq!([1, 2, 3, 7, 8, 99].map(seconds), [30, 60, 120, 1_920, 3_600, 3_600]);
    }
}
