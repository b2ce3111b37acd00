//! Machines that boot with a wrong clock, and clocks that are set (design, section 6).

use std::time::Duration;

use pwasync_core::{NewSchedule, attempt::Outcome, key::SyncKind, time::Timestamp};
use pwasyncd::{
    channel::{AttemptsOut, SimulationRequest},
    store::memory::MemoryStore,
};

use super::{
    SECOND,
    bed::{self, Bed, START},
};

const MINUTE: Duration = SECOND.saturating_mul(60);
const HOUR: Duration = MINUTE.saturating_mul(60);
const DAY: Duration = HOUR.saturating_mul(24);
const DAY_MILLIS: i64 = 86_400_000;
/// A clock without a battery begins in 1970.
const DEAD: i64 = -20_454 * DAY_MILLIS;
const YEAR: i64 = 366 * DAY_MILLIS;

fn after(start: Duration) -> Timestamp {
    Timestamp::from_millis(START) + start
}

impl Bed {
    /// The machine boots, with a clock that is wrong by so much.
    async fn boot(&self, error_millis: i64) {
        let clock_error_millis = Some(error_millis);
        self.simulate(|reply| SimulationRequest::CutPower { clock_error_millis, reply }).await;
    }

    /// Somebody sets the clock, and what comes of that is over.
    async fn set_clock(&self, by_millis: i64) {
        let utc_offset = None;
        self.simulate(|reply| SimulationRequest::StepClock { by_millis, utc_offset, reply }).await;
        self.pass(Duration::ZERO).await;
    }

    async fn pass(&self, time: Duration) {
        self.advance(time, AttemptsOut::LetTimeOut).await;
    }

    /// When the only registration comes due.
    async fn due(&self) -> Option<Timestamp> {
        self.status().await.next_wake.map(|(at, _)| at)
    }

    async fn registrations(&self) -> usize {
        let counts = self.status().await.counts;
        counts.pending + counts.waiting + counts.firing + counts.suspended
    }
}

/// Every 12 h, on the grid.
async fn with_a_periodic() -> Bed {
    let bed = Bed::start(MemoryStore::new()).await;
    let schedule = NewSchedule::Periodic { min_interval: 12 * HOUR };
    bed.register_as(SyncKind::Periodic, schedule).await;
    assert_eq!(bed.due().await, Some(after(12 * HOUR)));
    bed
}

async fn with_a_one_off() -> Bed {
    let bed = Bed::start(MemoryStore::new()).await;
    bed.register_as(SyncKind::OneOff, NewSchedule::OneOff { expires_in: Some(30 * DAY) }).await;
    bed
}

#[tokio::test]
async fn a_dead_clock_that_is_set_in_time_moves_nothing() {
    let bed = with_a_periodic().await;
    bed.pass(5 * HOUR).await;
    bed.boot(DEAD).await;
    // By that clock it has not been registered yet: it comes within its interval.
    assert_eq!(bed.due().await, Some(after(17 * HOUR)));
    bed.pass(5 * MINUTE).await;
    bed.set_clock(-DEAD).await;
    assert_eq!(bed.due().await, Some(after(12 * HOUR)));
    bed.boot(0).await;
    assert_eq!(bed.due().await, Some(after(12 * HOUR)));
    bed.stop().await;
}

/// As on a host without a network: a machine that is switched on each day must get there.
#[tokio::test]
async fn a_dead_clock_that_nobody_sets_starves_nothing() {
    let bed = with_a_periodic().await;
    bed.pass(5 * HOUR).await;
    bed.boot(DEAD).await;
    bed.pass(11 * MINUTE).await;
    assert_eq!(bed.due().await, Some(after(17 * HOUR)));
    // It is set at last, and the next boot finds it right.
    bed.set_clock(-DEAD).await;
    assert_eq!(bed.due().await, Some(after(17 * HOUR)));
    bed.pass(HOUR).await;
    bed.boot(0).await;
    assert_eq!(bed.due().await, Some(after(17 * HOUR)));
    bed.stop().await;
}

#[tokio::test]
async fn what_was_registered_by_a_dead_clock_is_there_after_the_next_boot() {
    let bed = Bed::start(MemoryStore::new()).await;
    bed.boot(DEAD).await;
    bed.pass(HOUR).await;
    bed.register_as(SyncKind::OneOff, NewSchedule::OneOff { expires_in: Some(30 * DAY) }).await;
    bed.set_clock(-DEAD).await;
    bed.boot(0).await;
    bed.pass(29 * DAY).await;
    assert_eq!(bed.registrations().await, 1);
    bed.pass(2 * DAY).await;
    assert_eq!(bed.registrations().await, 0, "it has expired");
    bed.stop().await;
}

#[tokio::test]
async fn a_clock_that_is_ahead_loses_nothing_before_it_is_set() {
    let bed = with_a_one_off().await;
    bed.pass(HOUR).await;
    bed.boot(YEAR).await;
    bed.pass(9 * MINUTE).await;
    assert_eq!(bed.registrations().await, 1);
    bed.set_clock(-YEAR).await;
    bed.pass(28 * DAY).await;
    assert_eq!(bed.registrations().await, 1);
    bed.pass(2 * DAY).await;
    assert_eq!(bed.registrations().await, 0, "it has expired");
    bed.stop().await;
}

#[tokio::test]
async fn a_clock_that_nobody_sets_is_taken_as_it_is() {
    let bed = with_a_one_off().await;
    bed.boot(YEAR).await;
    bed.pass(9 * MINUTE).await;
    assert_eq!(bed.registrations().await, 1);
    bed.pass(2 * MINUTE).await;
    assert_eq!(bed.registrations().await, 0, "a year has passed, for all anybody knows");
    bed.stop().await;
}

/// Forward a year, back a day, and a boot after each.
#[tokio::test]
async fn a_clock_that_is_set_moves_nothing_that_is_due() {
    for step in [YEAR, -DAY_MILLIS, 3_599_000, -YEAR] {
        let bed = with_a_periodic().await;
        bed.pass(HOUR).await;
        bed.set_clock(step).await;
        assert_eq!(bed.due().await, Some(after(12 * HOUR)), "{step}");
        bed.pass(HOUR).await;
        bed.boot(0).await;
        let due = bed.due().await.unwrap();
        // A step that is not worth writing everything anew shifts it by itself at most.
        let error = due.as_millis().abs_diff(after(12 * HOUR).as_millis());
        assert!(error <= 3_600_000, "{step}: {error} ms");
        assert!(error == 0 || step == 3_599_000, "{step}: {error} ms");
        bed.stop().await;
    }
}

/// One event comes early at most, and not one for each interval that has passed by that clock.
#[tokio::test]
async fn a_clock_that_is_ahead_brings_one_event() {
    let bed = with_a_periodic().await;
    bed.pass(HOUR).await;
    bed.boot(YEAR).await;
    bed.network(Some("home")).await;
    let mut browser = bed.attach().await;
    let passing = bed.advance(MINUTE, AttemptsOut::HoldTime);
    let running = async {
        let wake = browser.wake().await;
        browser.finish(&wake, Outcome::Completed).await;
    };
    let (advanced, ()) = tokio::join!(passing, running);
    assert_eq!(advanced.wakes, 1);
    bed.set_clock(-YEAR).await;
    let due = bed.due().await.unwrap();
    assert!(due <= after(14 * HOUR) && due >= after(13 * HOUR), "{due:?}");
    bed.stop().await;
}

#[tokio::test]
async fn what_runs_while_the_clock_is_set_goes_on() {
    let bed = with_a_one_off().await;
    bed.boot(DEAD).await;
    bed.network(Some("home")).await;
    let mut browser = bed.attach().await;
    bed.pass(SECOND).await;
    let wake = browser.wake().await;
    bed.set_clock(-DEAD).await;
    assert_eq!(bed.status().await.counts.firing, 1);
    let mut browser = bed.attach_again(&[wake.attempt]).await;
    browser.finish(&wake, Outcome::Completed).await;
    let recorded = browser.next().await;
    assert!(bed::counts(recorded.as_ref()), "{recorded:?}");
    assert_eq!(bed.registrations().await, 0);
    bed.stop().await;
}
