//! Sessions that lose their daemon and find it again.

use std::time::Duration;

use pwasync_client::{
    AttemptId, CancelReason, ClientError, CloseReason, Counted, DetachReason, Outcome, ProfileId,
    Session, SessionEvent, SessionEvents, SessionHandle, SessionOptions,
};
use pwasync_proto::v1;
use pwasync_proto::v1::attach_request::Message as Said;
use pwasync_proto::v1::attach_response::Message as Say;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::scripted_daemon::{AttachedBrowser, Place, ScriptedDaemon, key, soon, welcome};

#[tokio::test]
async fn a_wake_is_carried_out_and_its_outcome_confirmed() {
    let place = Place::new();
    let mut daemon = place.start();
    let (handle, mut events) = attach(&place);
    let (mut browser, hello) = daemon.welcomed().await;
    assert_eq!((hello.agent.as_str(), hello.capacity), ("test 1", 4));
    assert!(hello.running.is_empty() && hello.finished.is_empty());
    attached(&mut events).await;
    handle.ready().await;
    browser.said_ready().await;

    browser.say(wake("1-1")).await;
    let SessionEvent::Wake(wake) = next(&mut events).await else { panic!() };
    assert_eq!((wake.attempt.as_str(), wake.key.tag.as_str()), ("1-1", "outbox"));
    assert_eq!(wake.time_limit, Duration::from_secs(180));
    handle.started(&wake.attempt).await;
    assert_eq!(browser.said().await, Said::Started(v1::Started { attempt_id: "1-1".to_owned() }));

    let long = "\u{20ac}".repeat(1_000);
    handle.finished(&wake.attempt, Outcome::Rejected, long, Some(Duration::MAX)).await;
    let Said::Finished(finished) = browser.said().await else { panic!() };
    assert_eq!(finished.outcome(), v1::Outcome::Rejected);
    assert_eq!(finished.detail.len(), 1_023);
    assert_eq!(finished.retry_after.unwrap().seconds, 86_400);

    browser.say(recorded("1-1")).await;
    let SessionEvent::Recorded { attempt, counted } = next(&mut events).await else { panic!() };
    assert_eq!((attempt, counted), (wake.attempt, Counted::Yes));
    soon("the end", events.close()).await;
    browser.ended().await;
}

#[tokio::test]
async fn running_attempts_and_unconfirmed_outcomes_are_named_to_the_next_daemon() {
    let place = Place::new();
    let mut daemon = place.start();
    let (handle, mut events) = attach(&place);
    let (mut browser, _) = daemon.welcomed().await;
    attached(&mut events).await;
    handle.ready().await;
    browser.said_ready().await;
    for attempt in ["1-1", "1-2", "1-3"] {
        browser.say(wake(attempt)).await;
        let SessionEvent::Wake(_) = next(&mut events).await else { panic!() };
    }
    handle.started(&id("1-1")).await;
    let Said::Started(_) = browser.said().await else { panic!() };
    handle.finished(&id("1-2"), Outcome::Completed, "", None).await;
    let Said::Finished(_) = browser.said().await else { panic!() };

    daemon.kill().await;
    let SessionEvent::Detached { .. } = next(&mut events).await else { panic!() };
    // Said while there is no daemon: it is told to the next one.
    handle.finished(&id("1-3"), Outcome::Offline, "gone", None).await;

    let mut daemon = place.start();
    let (mut browser, hello) = daemon.welcomed().await;
    assert_eq!(hello.running, ["1-1"]);
    let finished: Vec<_> =
        hello.finished.iter().map(|one| (one.attempt_id.as_str(), one.outcome())).collect();
    assert_eq!(finished, [("1-2", v1::Outcome::Completed), ("1-3", v1::Outcome::Offline)]);
    attached(&mut events).await;
    handle.ready().await;
    browser.said_ready().await;
    // The start may never have reached the daemon that was killed.
    assert_eq!(browser.said().await, Said::Started(v1::Started { attempt_id: "1-1".to_owned() }));
    browser.say(recorded("1-2")).await;
    let SessionEvent::Recorded { .. } = next(&mut events).await else { panic!() };

    daemon.kill().await;
    let SessionEvent::Detached { .. } = next(&mut events).await else { panic!() };
    let mut daemon = place.start();
    let (_browser, hello) = daemon.welcomed().await;
    assert_eq!(hello.running, ["1-1"]);
    assert_eq!(hello.finished.len(), 1, "a confirmed outcome is not said again");
    assert_eq!(hello.finished[0].attempt_id, "1-3");
}

#[tokio::test]
async fn what_the_daemon_abandons_is_told_and_forgotten() {
    let place = Place::new();
    let mut daemon = place.start();
    let (handle, mut events) = attach(&place);
    let (mut browser, _) = daemon.welcomed().await;
    attached(&mut events).await;
    handle.ready().await;
    browser.said_ready().await;
    browser.say(wake("1-1")).await;
    let SessionEvent::Wake(_) = next(&mut events).await else { panic!() };
    daemon.kill().await;
    let SessionEvent::Detached { .. } = next(&mut events).await else { panic!() };

    let mut daemon = place.start();
    let (mut browser, _) = daemon.attached().await;
    browser.say(welcome(&["1-1"])).await;
    attached(&mut events).await;
    let SessionEvent::Abandon { attempts } = next(&mut events).await else { panic!() };
    assert_eq!(attempts, [id("1-1")]);
    handle.finished(&id("1-1"), Outcome::Completed, "", None).await;
    handle.ready().await;
    browser.said_ready().await;
    soon("the end", events.close()).await;
    browser.ended().await;
}

#[tokio::test]
async fn a_superseded_session_is_over() {
    let place = Place::new();
    let mut daemon = place.start();
    let (_handle, mut events) = attach(&place);
    let (browser, _) = daemon.welcomed().await;
    attached(&mut events).await;
    browser.say(closing(v1::ClosingReason::Superseded, None)).await;
    browser.end(Status::aborted("superseded")).await;
    let SessionEvent::Closed { reason } = next(&mut events).await else { panic!() };
    let DetachReason::Closing { reason, .. } = reason else { panic!() };
    assert_eq!(reason, CloseReason::Superseded);
    assert!(soon("the end", events.next()).await.is_none());
}

#[tokio::test]
async fn a_daemon_that_stops_is_found_again() {
    let place = Place::new();
    let mut daemon = place.start();
    let (_handle, mut events) = attach(&place);
    let (browser, _) = daemon.welcomed().await;
    attached(&mut events).await;
    let delay = prost_types::Duration { seconds: 0, nanos: 20_000_000 };
    browser.say(closing(v1::ClosingReason::ShuttingDown, Some(delay))).await;
    let SessionEvent::Detached { reason } = next(&mut events).await else { panic!() };
    let text = "session was closed: the daemon stops: more of it";
    assert_eq!(reason.to_string(), text);
    let (_browser, _) = daemon.welcomed().await;
    attached(&mut events).await;
}

#[tokio::test]
async fn a_session_waits_for_a_daemon_that_is_not_there_and_says_so_once() {
    let place = Place::new();
    let (_handle, mut events) = attach(&place);
    let SessionEvent::Detached { reason } = next(&mut events).await else { panic!() };
    let DetachReason::Failed(ClientError::NotRunning { socket, .. }) = reason else { panic!() };
    assert_eq!(socket, place.socket());
    let mut daemon = place.start();
    let (_browser, _) = daemon.welcomed().await;
    attached(&mut events).await;
}

#[tokio::test]
async fn a_hello_that_is_refused_is_not_said_again() {
    let place = Place::new();
    let mut daemon = place.start();
    let (_handle, mut events) = attach(&place);
    let (browser, _) = daemon.attached().await;
    let details = ErrorDetails::with_bad_request_violation("hello.capacity", "65 is above 64");
    browser.end(Status::with_error_details(Code::InvalidArgument, "", details)).await;
    let SessionEvent::Closed { reason } = next(&mut events).await else { panic!() };
    let DetachReason::Failed(ClientError::Invalid { field, message }) = reason else { panic!() };
    assert_eq!((field.as_str(), message.as_str()), ("hello.capacity", "65 is above 64"));
    assert!(soon("the end", events.next()).await.is_none());
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_ends_the_stream_alone() {
    let place = Place::new();
    let mut daemon = place.start();
    let (_handle, mut events) = attach(&place);
    let (browser, _) = daemon.welcomed().await;
    attached(&mut events).await;
    let nameless = v1::Wake { attempt_id: "1-1".to_owned(), ..v1::Wake::default() };
    browser.say(Say::Wake(nameless)).await;
    let SessionEvent::Detached { reason } = next(&mut events).await else { panic!() };
    assert_eq!(reason.to_string(), "answer of pwasyncd: field `key`: it is missing");
    let (_browser, hello) = daemon.welcomed().await;
    assert!(hello.running.is_empty());
}

#[tokio::test]
async fn a_cancel_reaches_the_browser_and_its_abort_the_daemon() {
    let place = Place::new();
    let mut daemon = place.start();
    let (handle, mut events) = attach(&place);
    let (mut browser, _) = daemon.welcomed().await;
    attached(&mut events).await;
    handle.ready().await;
    browser.said_ready().await;
    browser.say(wake("1-1")).await;
    let SessionEvent::Wake(_) = next(&mut events).await else { panic!() };
    let reason = v1::CancelReason::Removed.into();
    browser.say(Say::Cancel(v1::Cancel { attempt_id: "1-1".to_owned(), reason })).await;
    let SessionEvent::Cancel { attempt, reason } = next(&mut events).await else { panic!() };
    assert_eq!(reason, CancelReason::Removed);
    handle.finished(&attempt, Outcome::Aborted, "", None).await;
    // The end of the session waits for this outcome to be on disk.
    let close = tokio::spawn(events.close());
    let Said::Finished(finished) = browser.said().await else { panic!() };
    assert_eq!(finished.outcome(), v1::Outcome::Aborted);
    browser.say(recorded("1-1")).await;
    soon("the end", close).await.unwrap();
    browser.ended().await;
}

#[tokio::test]
async fn a_session_without_handles_ends() {
    let place = Place::new();
    let mut daemon: ScriptedDaemon = place.start();
    let (handle, mut events) = attach(&place);
    let (mut browser, _): (AttachedBrowser, _) = daemon.welcomed().await;
    attached(&mut events).await;
    drop(handle);
    browser.ended().await;
    assert!(soon("the end", events.next()).await.is_none());
}

fn attach(place: &Place) -> (SessionHandle, SessionEvents) {
    let options = SessionOptions {
        profile: ProfileId { browser: "test".to_owned(), profile: "p".to_owned() },
        agent: "test 1".to_owned(),
        capacity: 4,
        launch_token: None,
    };
    Session::attach(place.socket(), options)
}

async fn next(events: &mut SessionEvents) -> SessionEvent {
    soon("an event", events.next()).await.unwrap()
}

async fn attached(events: &mut SessionEvents) {
    let event = next(events).await;
    assert!(matches!(event, SessionEvent::Attached { session_id: 1, .. }), "{event:?}");
}

fn id(attempt: &str) -> AttemptId {
    AttemptId::new(attempt)
}

fn wake(attempt: &str) -> Say {
    Say::Wake(v1::Wake {
        attempt_id: attempt.to_owned(),
        registration_id: 7,
        key: Some(key("outbox")),
        last_chance: false,
        time_limit: Some(prost_types::Duration { seconds: 180, nanos: 0 }),
        start_limit: Some(prost_types::Duration { seconds: 30, nanos: 0 }),
    })
}

fn recorded(attempt: &str) -> Say {
    Say::Recorded(v1::Recorded { attempt_id: attempt.to_owned(), counted: true })
}

fn closing(reason: v1::ClosingReason, reconnect_after: Option<prost_types::Duration>) -> Say {
    let detail = "more of it".to_owned();
    Say::Closing(v1::Closing { reason: reason.into(), reconnect_after, detail })
}
