//! The main job on real parts: a sync registered while the link is gone runs when it is back,
//! whatever was killed meanwhile.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod stage;

use std::time::Duration;

use pwasync_client::{
    AttemptEnd, BlockerCode, Outcome, RegistrationEvent, RegistrationState, RemovalReason,
};
use pwasync_e2e::{CableEnd, CarrierState, descendants_of};
use rustix::process::{Pid, Signal, kill_process};
use stage::{LIMIT, Stage, can_run};

/// What the scenario says, not a wait for something: so soon after the link went a page
/// registers a sync. Chromium alone still believes that it is online then.
const SOON_AFTER: Duration = Duration::from_millis(200);

#[tokio::test]
async fn a_sync_registered_200_ms_after_the_link_went_is_held_ten_times_of_ten() {
    if !can_run() {
        return;
    }
    let mut stage = Stage::build().await;
    let (mut chromium, page) = stage.open_page().await;
    for round in 1..=10 {
        let text = format!("message {round}");
        pull_out(&mut stage).await;
        tokio::time::sleep(SOON_AFTER).await;
        stage.write(&mut chromium, &page, &text).await;

        let held = stage.registrations().await;
        let [registration] = held.as_slice() else { panic!("{held:?}") };
        assert_eq!(registration.state, RegistrationState::Pending);
        assert!(registration.last_attempt.is_none(), "{registration:?}");
        let codes: Vec<_> = registration.blockers.iter().map(|blocker| blocker.code).collect();
        assert_eq!(codes, [BlockerCode::Offline]);

        stage.cable.up(CableEnd::Far).unwrap();
        assert_eq!(stage.arrival().await, (text, 1), "round {round}");
        completed_once(&stage, round).await;
    }
}

#[tokio::test]
async fn a_daemon_killed_before_link_up_still_wakes_the_worker() {
    if !can_run() {
        return;
    }
    let mut stage = Stage::build().await;
    let (mut chromium, page) = stage.open_page().await;
    pull_out(&mut stage).await;
    stage.write(&mut chromium, &page, "before the crash").await;
    stage.crash_daemon().await;
    stage.cable.up(CableEnd::Far).unwrap();
    stage.carrier.carrier(CarrierState::Present, LIMIT).await.unwrap();
    stage.start_daemon().await;
    assert_eq!(stage.arrival().await.0, "before the crash");
    completed_once(&stage, 1).await;
}

#[tokio::test]
async fn a_chromium_killed_before_link_up_is_woken_when_it_is_back() {
    if !can_run() {
        return;
    }
    let mut stage = Stage::build().await;
    let (mut chromium, page) = stage.open_page().await;
    pull_out(&mut stage).await;
    stage.write(&mut chromium, &page, "before the crash").await;
    drop(chromium);
    kill_chromium(&mut stage).await;
    stage.cable.up(CableEnd::Far).unwrap();
    stage.carrier.carrier(CarrierState::Present, LIMIT).await.unwrap();
    assert_eq!(stage.registrations().await.len(), 1);
    stage.start_browser();
    assert_eq!(stage.arrival().await.0, "before the crash");
    completed_once(&stage, 1).await;
}

#[tokio::test]
async fn a_daemon_killed_while_the_event_runs_records_its_outcome_once() {
    if !can_run() {
        return;
    }
    let mut stage = Stage::build().await;
    let (mut chromium, page) = stage.open_page().await;
    stage.server.hold().await.unwrap();
    pull_out(&mut stage).await;
    stage.write(&mut chromium, &page, "half-way").await;
    stage.cable.up(CableEnd::Far).unwrap();
    assert_eq!(stage.arrival().await.0, "half-way");

    stage.crash_daemon().await;
    stage.start_daemon().await;
    // The session that comes back names the attempt: it goes on under its own id.
    stage.attached().await;
    stage.server.release().await.unwrap();
    completed_once(&stage, 1).await;
    assert_eq!(stage.server.messages().len(), 1, "the event ran twice");
    assert_eq!(stage.registrations().await, []);
}

/// Takes the cable out and waits until the kernel has noticed.
async fn pull_out(stage: &mut Stage) {
    stage.cable.down(CableEnd::Far).unwrap();
    stage.carrier.carrier(CarrierState::Absent, LIMIT).await.unwrap();
}

/// `kill -9` of Chromium itself; the bridge then ends too.
async fn kill_chromium(stage: &mut Stage) {
    let mut browser = stage.browser.take().unwrap();
    let chromium = descendants_of(browser.process.id())[0];
    let chromium = Pid::from_raw(i32::try_from(chromium).unwrap()).unwrap();
    kill_process(chromium, Signal::KILL).unwrap();
    browser.process.ended(LIMIT).await.unwrap();
}

/// So many registrations were completed since the daemon's start, each by one attempt, and
/// nothing else became of any attempt.
async fn completed_once(stage: &Stage, times: usize) {
    let removed = std::cell::Cell::new(0);
    let events = stage
        .happened_until(|event| {
            let gone = matches!(event, RegistrationEvent::Removed(_));
            removed.set(removed.get() + usize::from(gone));
            removed.get() == times
        })
        .await;
    let ends: Vec<_> = events.iter().filter_map(end).collect();
    let completed = Some(AttemptEnd::Outcome(Outcome::Completed));
    assert_eq!(ends, vec![completed; times], "{events:?}");
    let last = events.last();
    let removed = Some(&RegistrationEvent::Removed(RemovalReason::Completed));
    assert_eq!(last, removed);
}

fn end(event: &RegistrationEvent) -> Option<Option<AttemptEnd>> {
    match event {
        RegistrationEvent::Finished { attempt, .. } => Some(attempt.end),
        RegistrationEvent::Created
        | RegistrationEvent::Updated
        | RegistrationEvent::Rearmed
        | RegistrationEvent::Woken(_)
        | RegistrationEvent::Started(_)
        | RegistrationEvent::Removed(_)
        | RegistrationEvent::Suspended
        | RegistrationEvent::Revived { .. }
        | RegistrationEvent::BroughtForward(_) => None,
    }
}
