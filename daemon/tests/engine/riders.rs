//! Records that ride along: reports of use start no commit of their own (design, section 7.1).

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use pwasync_core::{
    Viewer,
    engagement::{EventKind, Points},
    site::SiteKey,
};
use pwasyncd::{
    channel::{AdminRequest, Input, Report, Request, SimulationRequest, SiteFilter, SiteRequest},
    store::{
        Opened, Store, batch::Batch, error::StoreError, frame::ClockFrame, memory::MemoryStore,
    },
};

use crate::bed::{self, Bed, soon};

/// A memory store that counts its commits.
#[derive(Default)]
struct Counting {
    inner: MemoryStore,
    commits: Arc<AtomicUsize>,
}

impl Store for Counting {
    fn open(&mut self, frame: ClockFrame) -> Result<Opened, StoreError> {
        self.inner.open(frame)
    }

    fn commit(&mut self, batch: &Batch, frame: ClockFrame) -> Result<(), StoreError> {
        self.commits.fetch_add(1, Ordering::SeqCst);
        self.inner.commit(batch, frame)
    }

    fn close(&mut self) {
        self.inner.close();
    }
}

#[tokio::test]
async fn a_report_starts_no_commit_and_rides_with_the_next() {
    let store = Counting::default();
    let commits = Arc::clone(&store.commits);
    let bed = Bed::start(store).await;
    bed.register("mail").await.unwrap();
    // A read is answered when all before it is on disk.
    bed.tags().await;
    let before = commits.load(Ordering::SeqCst);
    for _ in 0..3 {
        report(&bed).await;
    }
    bed.register("news").await.unwrap();
    assert_eq!(commits.load(Ordering::SeqCst), before + 1);
    cut_power(&bed).await;
    assert!(total(&bed).await > Points::ZERO, "it rode with the registration");
    bed.stop().await;
}

#[tokio::test]
async fn a_crash_may_lose_a_report_and_nothing_else() {
    let bed = Bed::start(MemoryStore::new()).await;
    bed.register("mail").await.unwrap();
    report(&bed).await;
    assert!(total(&bed).await > Points::ZERO, "it counts at once");
    cut_power(&bed).await;
    assert_eq!(total(&bed).await, Points::ZERO);
    assert_eq!(bed.tags().await, ["mail"]);
    bed.stop().await;
}

#[tokio::test]
async fn a_stop_writes_what_rides() {
    let store = Counting::default();
    let commits = Arc::clone(&store.commits);
    let bed = Bed::start(store).await;
    bed.register("mail").await.unwrap();
    bed.tags().await;
    let before = commits.load(Ordering::SeqCst);
    report(&bed).await;
    bed.stop().await;
    assert_eq!(commits.load(Ordering::SeqCst), before + 1);
}

#[tokio::test]
async fn simulated_time_moves_on_nothing_that_still_rides() {
    let bed = Bed::start(MemoryStore::new()).await;
    bed.register("mail").await.unwrap();
    report(&bed).await;
    bed.advance(std::time::Duration::ZERO, pwasyncd::channel::AttemptsOut::HoldTime).await;
    cut_power(&bed).await;
    assert!(total(&bed).await > Points::ZERO);
    bed.stop().await;
}

fn site() -> SiteKey {
    let worker = bed::worker();
    SiteKey { origin: worker.scope.origin().into(), profile: worker.profile }
}

async fn report(bed: &Bed) {
    let request = |reply| {
        let report = Report::Events(vec![(EventKind::Navigation, None)]);
        let (caller, site) = (bed::ada(), site());
        Input::Request(Request::Site(SiteRequest::ReportEngagement { caller, site, report, reply }))
    };
    soon(bed.engine.ask(request)).await.unwrap().unwrap().value.unwrap();
}

/// The site's score.
async fn total(bed: &Bed) -> Points {
    let request = |reply| {
        let (viewer, filter) = (Viewer::Administrator, SiteFilter::default());
        Input::Request(Request::Admin(AdminRequest::Engagement { viewer, filter, reply }))
    };
    let sites = soon(bed.engine.ask(request)).await.unwrap().unwrap().value;
    sites.first().map_or(Points::ZERO, |engaged| engaged.total)
}

async fn cut_power(bed: &Bed) {
    bed.simulate(|reply| SimulationRequest::CutPower { clock_error_millis: None, reply }).await;
}
