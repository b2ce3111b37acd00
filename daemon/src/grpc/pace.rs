//! How fast something may go on: so often at once, and then evenly.
//!
//! Whoever is too fast is not refused but waits in a line, and takes its turn when it is first and
//! there is one: who gives up has taken nothing from those behind. Time is tokio's, which passes also on a simulated host: this is about the machine that
//! does the work.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};

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
    /// Takes a turn.
    ///
    /// # Errors
    /// How soon there is one, where there is none now. Nothing is taken then.
    pub(super) fn take(&mut self, now: Instant, rate: Rate) -> Result<(), Duration> {
        let Some(a_minute) = rate.a_minute else { return Ok(()) };
        let each = Duration::from_secs(60) / a_minute.max(1);
        let taken = self.missing(now) + each;
        let wait = taken.saturating_sub(each * rate.burst);
        if wait.is_zero() {
            self.whole_at = Some(now + taken);
            return Ok(());
        }
        Err(wait)
    }

    /// Nothing of what was taken is missing any more.
    pub(super) fn is_whole(&self, now: Instant) -> bool {
        self.missing(now).is_zero()
    }

    fn missing(&self, now: Instant) -> Duration {
        self.whole_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(now))
    }
}

/// Those who wait, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Line(Arc<Mutex<()>>);

impl Line {
    /// Waits until all before have taken their turns, then until `take` has taken one.
    pub(super) async fn wait(self, mut take: impl FnMut(Instant) -> Result<(), Duration>) {
        let _first = self.0.lock().await;
        while let Err(wait) = take(Instant::now()) {
            sleep(wait).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::poll;

    use super::*;

    const RATE: Rate = Rate { a_minute: Some(600), burst: 5 };
    const TURN: Duration = Duration::from_millis(100);

    #[test]
    fn a_burst_goes_at_once_and_what_follows_waits_its_turn() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        for _ in 0..5 {
            assert_eq!(pace.take(now, RATE), Ok(()));
        }
        assert_eq!(pace.take(now, RATE), Err(TURN));
        assert_eq!(pace.take(now + TURN / 2, RATE), Err(TURN / 2));
        assert_eq!(pace.take(now + TURN, RATE), Ok(()));
        assert_eq!(pace.take(now + TURN, RATE), Err(TURN));
        assert!(!pace.is_whole(now + 5 * TURN));
        assert!(pace.is_whole(now + 6 * TURN));
    }

    #[test]
    fn without_a_rate_nothing_waits() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        let rate = Rate { a_minute: None, burst: 1 };
        assert!((0..1_000).all(|_| pace.take(now, rate).is_ok()));
        assert!(pace.is_whole(now));
    }

    #[tokio::test]
    async fn who_gives_up_has_taken_nothing() {
        let (line, mut pace, now) = (Line::default(), Pace::default(), Instant::now());
        let rate = Rate { a_minute: Some(1), burst: 1 };
        assert_eq!(pace.take(now, rate), Ok(()));
        for _ in 0..100 {
            let waiting = pin!(line.clone().wait(|now| pace.take(now, rate)));
            assert!(poll!(waiting).is_pending());
        }
        assert_eq!(pace.take(now + Duration::from_secs(60), rate), Ok(()));
    }

    #[tokio::test]
    async fn who_came_first_is_first() {
        let line = Line::default();
        let mut first = Box::pin(line.clone().wait(|_| Err(TURN)));
        assert!(poll!(&mut first).is_pending());
        let mut second = Box::pin(line.wait(|_| Ok(())));
        assert!(poll!(&mut second).is_pending());
        drop(first);
        assert!(poll!(second).is_ready());
    }
}
