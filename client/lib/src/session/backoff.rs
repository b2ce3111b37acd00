//! How long to wait before attaching again. Pure: the random draw is passed in.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(30);

/// The delay before attempt number `attempt`, from 0, to attach again.
///
/// Doubles from 50 ms to 30 s. `random` is from 0 to 1 and spreads it over the upper half, so that
/// the browsers of a host do not come back all at once.
#[must_use]
pub fn reconnect_delay(attempt: u32, random: f64) -> Duration {
    // At 2^10 the longest delay is reached, so a higher power changes nothing.
    let low = (FIRST * 2_u32.pow(attempt.min(10))).min(LONGEST / 2);
    let random = if random.is_finite() { random.clamp(0.0, 1.0) } else { 1.0 };
    low + low.mul_f64(random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_longest() {
        let low: Vec<u128> = (0..12).map(|n| reconnect_delay(n, 0.0).as_millis()).collect();
        let grow = [50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 15_000, 15_000, 15_000];
        assert_eq!(low, grow);
        assert_eq!(reconnect_delay(0, 1.0), Duration::from_millis(100));
        assert_eq!(reconnect_delay(u32::MAX, 1.0), LONGEST);
    }

    #[test]
    fn no_draw_leaves_the_range() {
        for random in [-1.0, 0.0, 0.5, 1.0, 2.0, f64::NAN, f64::INFINITY] {
            for attempt in [0, 5, 40, u32::MAX] {
                let delay = reconnect_delay(attempt, random);
                assert!((FIRST..=LONGEST).contains(&delay), "{attempt}, {random}: {delay:?}");
            }
        }
    }
}
