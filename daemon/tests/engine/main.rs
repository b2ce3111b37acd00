//! The engine's promises: what leaves, when, and in which order.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bed;
mod clocks;
mod failing;
mod riders;
mod sleep;

use std::{
    sync::mpsc::{Receiver, Sender, channel},
    time::Duration,
};

use bed::{Bed, soon};
use pwasync_core::{Caller, RegisterChange, attempt::Outcome, effect::Counted};
use pwasyncd::{
    channel::{
        AttemptsOut, Closing, FromSession, Input, SimulationRequest, StoreFailure, ToSession,
    },
    store::{
        Opened, Store, batch::Batch, error::StoreError, frame::ClockFrame, memory::MemoryStore,
    },
};

const SECOND: Duration = Duration::from_secs(1);

/// A memory store whose commits wait for the test: it says that one has come, and goes on when
/// told. No real disk can be held up like this.
struct HeldStore {
    inner: MemoryStore,
    come: tokio::sync::mpsc::UnboundedSender<()>,
    go: Receiver<()>,
}

impl Store for HeldStore {
    fn open(&mut self, frame: ClockFrame) -> Result<Opened, StoreError> {
        self.inner.open(frame)
    }

    fn commit(&mut self, batch: &Batch, frame: ClockFrame) -> Result<(), StoreError> {
        let _ = self.come.send(());
        // The test is over when its side is gone.
        let _ = self.go.recv();
        self.inner.commit(batch, frame)
    }

    fn close(&mut self) {
        self.inner.close();
    }
}

fn held() -> (HeldStore, tokio::sync::mpsc::UnboundedReceiver<()>, Sender<()>) {
    let (come, came) = tokio::sync::mpsc::unbounded_channel();
    let (go, gone) = channel();
    (HeldStore { inner: MemoryStore::new(), come, go: gone }, came, go)
}

#[tokio::test]
async fn nothing_leaves_before_its_records_are_on_disk() {
    let (store, mut came, go) = held();
    let bed = Bed::start(store).await;
    let commit = async |came: &mut tokio::sync::mpsc::UnboundedReceiver<()>| {
        soon(came.recv()).await.unwrap();
        go.send(()).unwrap();
    };
    // Simulated time is stored first.
    commit(&mut came).await;
    let mut browser = bed.attach().await;
    // When the network returned is kept (P-03), and so is the time at which it settled.
    let (_, _) = tokio::join!(bed.network(Some("home")), commit(&mut came));
    let settled = bed.advance(SECOND, AttemptsOut::HoldTime);
    let (_, _) = tokio::join!(settled, commit(&mut came));

    let let_go = async {
        soon(came.recv()).await.unwrap();
        // The engine answers this at once if it answers anything.
        assert!(bed.held_up().await, "a read overtook the record that it could have seen");
        assert!(browser.is_quiet(), "a wake left before its record");
        go.send(()).unwrap();
    };
    let (registered, ()) = tokio::join!(bed.register("mail"), let_go);
    assert_eq!(registered.unwrap().change, RegisterChange::Created);
    browser.wake().await;
    drop(go);
    bed.stop().await;
}

#[tokio::test]
async fn p_14_the_answer_leaves_before_the_wake() {
    let bed = Bed::start(MemoryStore::new()).await;
    let mut browser = bed.attach().await;
    bed.network(Some("home")).await;
    bed.advance(SECOND, AttemptsOut::HoldTime).await;
    let mut answer = bed.send_register("mail").await;
    let wake = browser.wake().await;
    assert!(answer.try_recv().is_ok(), "the wake came before the answer");
    browser.finish(&wake, Outcome::Completed).await;
    let recorded = browser.next().await;
    assert!(matches!(recorded, Some(ToSession::Recorded { counted: Counted::Yes, .. })));
    assert_eq!(bed.tags().await, Vec::<String>::new());
    bed.stop().await;
}

#[tokio::test]
async fn a_failed_commit_is_a_crash_of_the_core() {
    let bed = Bed::start(MemoryStore::new()).await;
    let mut browser = bed.attach().await;
    bed.register("kept").await.unwrap();
    let fail = |failure, for_| {
        bed.simulate(move |reply| SimulationRequest::FailStore { failure, for_, reply })
    };
    fail(Some(StoreFailure::NoSpace), Some(60 * SECOND)).await;

    assert!(bed.register("lost").await.is_none(), "an answer that was not recorded");
    let closing = browser.next().await;
    let restarting =
        matches!(closing, Some(ToSession::Closing { reason: Closing::Restarting, .. }));
    assert!(restarting, "{closing:?}");
    assert!(browser.next().await.is_none());
    assert!(bed.register("lost").await.is_none());

    // It recovers by itself when the disk does.
    bed.advance(120 * SECOND, AttemptsOut::HoldTime).await;
    assert_eq!(bed.tags().await, ["kept"]);
    bed.register("more").await.unwrap();
    bed.stop().await;
}

#[tokio::test]
async fn a_power_cut_while_the_store_fails_is_refused() {
    let bed = Bed::start(MemoryStore::new()).await;
    let failure = Some(StoreFailure::InputOutput);
    bed.simulate(|reply| SimulationRequest::FailStore { failure, for_: None, reply }).await;
    let cut =
        |reply| Input::Simulation(SimulationRequest::CutPower { clock_error_millis: None, reply });
    assert!(soon(bed.engine.ask(cut)).await.unwrap().is_none());
    bed.stop().await;
}

#[tokio::test]
async fn a_uid_that_belongs_to_another_name_cannot_read_what_the_former_left() {
    let bed = Bed::start(MemoryStore::new()).await;
    bed.engine.send(Input::Connected(bed::ada())).await.unwrap();
    bed.register("mail").await.unwrap();
    bed.engine.send(Input::Connected(bed::ada())).await.unwrap();
    assert_eq!(bed.tags().await, ["mail"]);
    let bob = Caller { name: "bob".into(), ..bed::ada() };
    bed.engine.send(Input::Connected(bob)).await.unwrap();
    assert_eq!(bed.tags().await, Vec::<String>::new());
    bed.stop().await;
}

#[tokio::test]
async fn after_a_power_cut_the_store_is_what_there_is() {
    let bed = Bed::start(MemoryStore::new()).await;
    bed.register("mail").await.unwrap();
    let epoch =
        bed.simulate(|reply| SimulationRequest::CutPower { clock_error_millis: None, reply }).await;
    assert_eq!(epoch, 2);
    assert_eq!(bed.tags().await, ["mail"]);
    bed.stop().await;
}

#[tokio::test]
async fn power_cuts_and_failures_may_come_at_once_while_the_disk_is_slow() {
    let (store, mut came, go) = held();
    let bed = Bed::start(store).await;
    // The committer is busy with the first record, the simulated time.
    soon(came.recv()).await.unwrap();
    let mut cuts = Vec::new();
    for _ in 0..20 {
        let (reply, answer) = tokio::sync::oneshot::channel();
        let fail = SimulationRequest::FailStore { failure: None, for_: None, reply };
        bed.engine.send(Input::Simulation(fail)).await.unwrap();
        // It waits for the disk, and is dropped with the power.
        drop(answer);
        let (reply, answer) = tokio::sync::oneshot::channel();
        let cut = SimulationRequest::CutPower { clock_error_millis: None, reply };
        bed.engine.send(Input::Simulation(cut)).await.unwrap();
        cuts.push(answer);
    }
    assert_eq!(bed.status().await.counts.pending, 0, "the engine is there");
    drop(go);
    for cut in cuts {
        let epoch = soon(cut).await.expect("each power cut is answered").value;
        assert_eq!(epoch, 2, "the store was opened once for all of them");
    }
    bed.stop().await;
}

#[tokio::test]
async fn a_session_that_does_not_read_is_cut_off() {
    let bed = Bed::start(MemoryStore::new()).await;
    let mut browser = bed.attach().await;
    bed.network(Some("home")).await;
    // An outcome that does not count is confirmed each time: more than the outbox holds.
    let attempt = pwasync_core::key::AttemptId { epoch: 9, counter: 9 };
    for _ in 0..=pwasyncd::channel::OUTBOX {
        let finished = pwasync_core::attempt::Finished {
            attempt,
            outcome: Outcome::Completed,
            detail: "".into(),
            retry_after: None,
        };
        browser.say(FromSession::Finished(finished)).await;
    }
    soon(&mut browser.cut).await.unwrap();
    bed.stop().await;
}

#[tokio::test]
async fn time_stands_still_while_an_attempt_is_out() {
    let bed = Bed::start(MemoryStore::new()).await;
    let mut browser = bed.attach().await;
    bed.register("mail").await.unwrap();
    bed.network(Some("home")).await;
    let hour = 3_600 * SECOND;
    let work = async {
        let wake = browser.wake().await;
        bed.advance(2 * SECOND, AttemptsOut::LetTimeOut).await;
        browser.finish(&wake, Outcome::Completed).await;
    };
    let (advanced, ()) = tokio::join!(bed.advance(hour, AttemptsOut::HoldTime), work);
    assert_eq!(advanced.wakes, 1);
    assert_eq!(advanced.now.as_millis(), bed::START + 3_600_000);
    assert_eq!(bed.tags().await, Vec::<String>::new());
    bed.stop().await;
}

#[tokio::test]
async fn a_stream_of_the_former_core_that_ends_late_ends_no_session_of_this_one() {
    let bed = Bed::start(MemoryStore::new()).await;
    let former = bed.attach().await;
    bed.simulate(|reply| SimulationRequest::CutPower { clock_error_millis: None, reply }).await;
    let mut browser = bed.attach().await;
    former.say(FromSession::Closed).await;
    bed.network(Some("home")).await;
    bed.register("mail").await.unwrap();
    bed.advance(SECOND, AttemptsOut::LetTimeOut).await;
    browser.wake().await;
    bed.stop().await;
}

#[tokio::test]
async fn an_outcome_that_was_sent_before_the_stop_is_confirmed() {
    let bed = Bed::start(MemoryStore::new()).await;
    let mut browser = bed.attach().await;
    bed.network(Some("home")).await;
    bed.advance(SECOND, AttemptsOut::HoldTime).await;
    bed.register("mail").await.unwrap();
    let wake = browser.wake().await;
    browser.finish(&wake, Outcome::Completed).await;
    bed.stop().await;
    let recorded = browser.next().await;
    assert!(matches!(recorded, Some(ToSession::Recorded { .. })), "{recorded:?}");
    let closing = browser.next().await;
    let stopping =
        matches!(closing, Some(ToSession::Closing { reason: Closing::ShuttingDown, .. }));
    assert!(stopping, "{closing:?}");
}
