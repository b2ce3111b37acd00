//! How fast something may go on: so often at once, and then evenly.
//!
//! Whoever is too fast is not refused but waits for a turn of its own, which it takes when it
//! asks. Time is tokio's, which passes also on a simulated host: this is about the machine that
//! does the work.

use std::time::Duration;

use tokio::time::Instant;

/// A rate with a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    /// Times a minute, in the long run; `None`: any number.
    pub(super) a_minute: Option<u32>,
    /// Times at once.
    pub(super) burst: u32,
}

/// What was taken of a rate.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    /// When nothing of what was taken is missing any more; `None`: nothing ever was taken.
    whole_at: Option<Instant>,
}

impl Pace {
    /// Takes a turn: how long to wait for it.
    pub(super) fn take(&mut self, now: Instant, rate: Rate) -> Duration {
        let Some(a_minute) = rate.a_minute else { return Duration::ZERO };
        let each = Duration::from_secs(60) / a_minute.max(1);
        let taken = self.missing(now) + each;
        self.whole_at = Some(now + taken);
        taken.saturating_sub(each * rate.burst)
    }

    /// Takes a turn if there is one at once.
    pub(super) fn try_take(&mut self, now: Instant, rate: Rate) -> bool {
        let before = self.whole_at;
        let is_free = self.take(now, rate).is_zero();
        if !is_free {
            self.whole_at = before;
        }
        is_free
    }

    /// Nothing of what was taken is missing any more.
    pub(super) fn is_whole(&self, now: Instant) -> bool {
        self.missing(now).is_zero()
    }

    fn missing(&self, now: Instant) -> Duration {
        self.whole_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { a_minute: Some(600), burst: 5 };
    const TURN: Duration = Duration::from_millis(100);

    #[test]
    fn a_burst_goes_at_once_and_what_follows_waits_its_turn() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        for _ in 0..5 {
            assert_eq!(pace.take(now, RATE), Duration::ZERO);
        }
        assert!(!pace.try_take(now, RATE));
        assert_eq!(pace.take(now, RATE), TURN);
        assert_eq!(pace.take(now, RATE), 2 * TURN);
        assert!(!pace.is_whole(now + 6 * TURN));
        assert!(pace.is_whole(now + 7 * TURN));
        assert!(pace.try_take(now + 3 * TURN, RATE));
    }

    #[test]
    fn without_a_rate_nothing_waits() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        let rate = Rate { a_minute: None, burst: 1 };
        assert!((0..1_000).all(|_| pace.take(now, rate).is_zero()));
        assert!(pace.is_whole(now));
    }
}
