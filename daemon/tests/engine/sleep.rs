//! The machine's sleep, between logind and the core.

use pwasync_core::{attempt::Outcome, effect::Inhibition, facts::Sleep};
use pwasyncd::{
    channel::{AttemptsOut, Inhibitor, Input, Logind, SimulationRequest, StoreFailure, ToSession},
    store::memory::MemoryStore,
};
use tokio::sync::watch;

use super::{
    SECOND,
    bed::{Bed, soon},
};

const WANTED: Inhibition = Inhibition::Wanted { limit: SECOND.saturating_mul(4) };

async fn becomes(wishes: &mut watch::Receiver<Inhibition>, wanted: Inhibition) {
    soon(wishes.wait_for(|wish| *wish == wanted)).await.unwrap();
}

/// An engine whose network has settled.
async fn settled() -> Bed {
    let bed = Bed::start(MemoryStore::new()).await;
    bed.network(Some("home")).await;
    bed.advance(SECOND, AttemptsOut::HoldTime).await;
    bed
}

#[tokio::test]
async fn sleep_is_delayed_until_the_outcome_is_on_disk() {
    let mut bed = settled().await;
    let mut browser = bed.attach().await;
    assert_eq!(*bed.wishes.borrow(), Inhibition::Free);
    bed.register("mail").await.unwrap();
    let wake = browser.wake().await;
    becomes(&mut bed.wishes, WANTED).await;
    browser.finish(&wake, Outcome::Completed).await;
    let recorded = browser.next().await;
    assert!(matches!(recorded, Some(ToSession::Recorded { .. })), "{recorded:?}");
    becomes(&mut bed.wishes, Inhibition::Free).await;
    bed.stop().await;
}

/// The sessions end with the core, and nobody could be told any more.
#[tokio::test]
async fn a_core_that_falls_delays_no_sleep() {
    let mut bed = settled().await;
    let mut browser = bed.attach().await;
    bed.register("mail").await.unwrap();
    browser.wake().await;
    becomes(&mut bed.wishes, WANTED).await;
    let failure = Some(StoreFailure::NoSpace);
    bed.simulate(|reply| SimulationRequest::FailStore { failure, for_: None, reply }).await;
    assert!(bed.register("lost").await.is_none());
    becomes(&mut bed.wishes, Inhibition::Free).await;
    bed.stop().await;
}

#[tokio::test]
async fn nobody_tells_of_the_end_of_sleep_once_logind_is_gone() {
    let bed = settled().await;
    let present = |sleep| Logind::Present { sleep, inhibitor: Inhibitor::Free };
    let told = [
        (present(Sleep::Suspending), Sleep::Suspending),
        (present(Sleep::Awake), Sleep::Awake),
        (present(Sleep::Suspending), Sleep::Suspending),
        (Logind::Absent, Sleep::Awake),
    ];
    for (logind, sleep) in told {
        bed.engine.send(Input::Logind(logind)).await.unwrap();
        assert_eq!(bed.status().await.host.host.sleep().0, sleep);
    }
    bed.stop().await;
}
