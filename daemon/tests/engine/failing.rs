//! What is told while the store fails, and that it comes back.

use std::time::Duration;

use pwasync_core::facts::StoreAccess;
use pwasyncd::{
    channel::{AttemptsOut, StoreFailure},
    store::{
        Opened, Store,
        batch::Batch,
        disk::SledStore,
        error::{Doing, StoreError},
        frame::ClockFrame,
        memory::MemoryStore,
    },
};

use super::{
    SECOND,
    bed::{Bed, soon},
    held,
};

/// How long these stores may take.
const PATIENCE: Duration = Duration::from_millis(200);

/// A memory store that opens at the second attempt.
struct LateStore {
    inner: MemoryStore,
    failures: u32,
}

impl Store for LateStore {
    fn open(&mut self, frame: ClockFrame) -> Result<Opened, StoreError> {
        let Some(left) = self.failures.checked_sub(1) else { return self.inner.open(frame) };
        self.failures = left;
        Err(StoreError::stalled(Doing::Open, PATIENCE))
    }

    fn commit(&mut self, batch: &Batch, frame: ClockFrame) -> Result<(), StoreError> {
        self.inner.commit(batch, frame)
    }

    fn close(&mut self) {
        self.inner.close();
    }
}

#[tokio::test]
async fn nothing_new_is_shown_that_was_not_recorded() {
    let bed = Bed::start(MemoryStore::new()).await;
    bed.register("kept").await.unwrap();
    bed.fail_store(Some(StoreFailure::NoSpace)).await;
    assert!(bed.register("lost").await.is_none());
    assert_eq!(bed.status().await.store, StoreAccess::ReadOnly);
    assert_eq!(bed.listed().await, ["kept"]);
    assert_eq!(bed.status().await.counts.pending, 1);
    bed.stop().await;
}

/// Memory may be ahead of the disk then, as after an unregistering that was not recorded.
#[tokio::test]
async fn pages_are_not_answered_from_what_may_not_be_recorded() {
    let bed = Bed::start(MemoryStore::new()).await;
    bed.register("kept").await.unwrap();
    bed.fail_store(Some(StoreFailure::NoSpace)).await;
    assert!(bed.reconcile_if_answered(&[]).await.is_none());
    assert_eq!(bed.status().await.store, StoreAccess::ReadOnly);
    assert_eq!(bed.tags_if_answered().await, None);
    bed.fail_store(None).await;
    bed.advance(5 * SECOND, AttemptsOut::HoldTime).await;
    assert_eq!(bed.tags().await, ["kept"]);
    bed.stop().await;
}

#[tokio::test]
async fn a_disk_that_does_not_answer_is_a_failed_one_that_heals() {
    let (store, mut came, go) = held();
    let bed = Bed::start_with(store, PATIENCE).await;
    // Simulated time is stored first.
    soon(came.recv()).await.unwrap();
    go.send(()).unwrap();
    assert!(bed.register("mail").await.is_none(), "answered before it was on disk");
    soon(came.recv()).await.unwrap();
    let status = bed.status().await;
    assert_eq!(status.store, StoreAccess::ReadOnly);
    assert_eq!(status.counts.pending, 0);
    let problem = status.store_problem.unwrap();
    assert!(problem.ends_with("its disk has not answered for 0 s"), "{problem}");
    assert_eq!(bed.tags_if_answered().await, None);
    // It answers after all: what it did is what there is.
    drop(go);
    let heals = async {
        while bed.status().await.store == StoreAccess::ReadOnly {
            tokio::task::yield_now().await;
        }
    };
    soon(heals).await;
    assert_eq!(bed.status().await.epoch, 2);
    assert_eq!(bed.tags().await, ["mail"]);
    bed.register("more").await.unwrap();
    bed.stop().await;
}

#[tokio::test]
async fn a_disk_that_does_not_answer_does_not_keep_the_daemon_from_ending() {
    let (store, mut came, go) = held();
    let bed = Bed::start_with(store, PATIENCE).await;
    soon(came.recv()).await.unwrap();
    assert!(bed.register("mail").await.is_none());
    bed.stop().await;
    // The test's runtime waits for its threads.
    drop(go);
}

#[tokio::test]
async fn a_store_that_does_not_open_at_the_start_is_awaited() {
    let store = LateStore { inner: MemoryStore::new(), failures: 2 };
    let bed = Bed::start_with(store, PATIENCE).await;
    assert_eq!(bed.status().await.store, StoreAccess::ReadOnly);
    assert!(bed.register("lost").await.is_none());
    // An empty list would be a lie.
    assert_eq!(bed.tags_if_answered().await, None);
    bed.advance(5 * SECOND, AttemptsOut::HoldTime).await;
    assert_eq!(bed.status().await.store, StoreAccess::Writable);
    bed.register("mail").await.unwrap();
    assert_eq!(bed.tags().await, ["mail"]);
    bed.stop().await;
}

#[tokio::test]
async fn what_a_browser_reconciles_after_its_store_rotted_is_whole_again() {
    const TAGS: [&str; 3] = ["mail", "notes", "photos"];
    let state = tempfile::tempdir().unwrap();
    let bed = Bed::start(SledStore::new(state.path().to_owned())).await;
    for tag in TAGS {
        bed.register(tag).await.unwrap();
    }
    bed.stop().await;
    let log = state.path().join("store/db");
    let mut bytes = std::fs::read(&log).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&log, bytes).unwrap();

    let bed = Bed::start(SledStore::new(state.path().to_owned())).await;
    let status = bed.status().await;
    assert_eq!(status.store, StoreAccess::Writable);
    let [loss] = status.store_losses.as_slice() else { panic!("{:?}", status.store_losses) };
    assert!(loss.contains("store.damaged-1"), "{loss}");
    assert_eq!(bed.tags().await, Vec::<String>::new());
    bed.reconcile(&TAGS).await;
    assert_eq!(bed.tags().await, TAGS);
    bed.stop().await;
    let bed = Bed::start(SledStore::new(state.path().to_owned())).await;
    assert_eq!(bed.tags().await, TAGS);
    bed.stop().await;
}

#[tokio::test]
async fn a_disk_that_is_unmounted_is_told_of_and_awaited() {
    let disk = tempfile::tempdir().unwrap();
    let (state, mounted) = (disk.path().join("state"), disk.path().join("mounted"));
    let bed = Bed::start(SledStore::new(state.clone())).await;
    bed.register("mail").await.unwrap();
    bed.fail_store(Some(StoreFailure::InputOutput)).await;
    assert!(bed.register("lost").await.is_none());
    std::fs::rename(&state, &mounted).unwrap();
    bed.fail_store(None).await;
    bed.advance(5 * SECOND, AttemptsOut::HoldTime).await;
    let status = bed.status().await;
    assert_eq!(status.store, StoreAccess::ReadOnly);
    let problem = status.store_problem.unwrap();
    assert!(problem.contains("its files are not there any more"), "{problem}");
    assert!(bed.register("lost").await.is_none());
    assert!(!state.exists());

    std::fs::rename(&mounted, &state).unwrap();
    bed.advance(5 * SECOND, AttemptsOut::HoldTime).await;
    assert_eq!(bed.status().await.store, StoreAccess::Writable);
    assert_eq!(bed.tags().await, ["mail"]);
    bed.stop().await;
}
