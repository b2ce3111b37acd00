//! Sessions: who may say what and when, and what an end does.

use pwasync_proto::v1 as wire;
use tonic::Code;
use tonic_types::StatusExt;
use wire::{attach_request::Message as Up, attach_response::Message as Down};

use crate::{
    bed::{Client, Daemon, reason, soon, wrong_field},
    session::{Session, finished, hello},
};

use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// A daemon that is online, with one registration, and a browser that was woken for it.
async fn woken() -> (Daemon, Client, Session, wire::Wake) {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let mut session = Session::ready(&mut client).await;
    client.online().await;
    client.advance(2 * SECOND).await;
    client.one_off("mail").await;
    let wake = session.wake().await;
    (daemon, client, session, wake)
}

async fn sessions(client: &mut Client) -> Vec<wire::Session> {
    let request = wire::ListSessionsRequest {};
    soon(client.admin.list_sessions(request)).await.unwrap().into_inner().sessions
}

/// Ends when the browser before has been noticed to be gone.
async fn until_no_session(client: &mut Client, watch: &mut tonic::Streaming<wire::WatchResponse>) {
    loop {
        let change = soon(watch.message()).await.unwrap().unwrap().change;
        if let Some(wire::watch_response::Change::Session(change)) = change
            && change.kind() == wire::SessionChangeKind::Detached
        {
            break;
        }
    }
    assert_eq!(sessions(client).await, []);
}

#[tokio::test]
async fn headers_come_before_hello_and_a_late_hello_is_refused() {
    let daemon = Daemon::simulated().await;
    // `silent` returns only once the headers are there.
    let mut session = Session::silent(&mut daemon.client().await).await;
    let status = session.next().await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(status.message(), "`Hello` did not come within 5 s");
    assert_eq!(reason(&status), "HELLO_LATE");
    daemon.stop().await;
}

#[tokio::test]
async fn a_welcome_says_limits_and_host() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let (_session, welcome) = Session::hello(&mut client, hello()).await;
    assert_eq!(welcome.session_id, 1);
    let limits = welcome.limits.unwrap();
    assert_eq!((limits.tag_bytes, limits.scope_bytes, limits.detail_bytes), (10_240, 2_048, 1_024));
    assert_eq!(limits.retry_after.unwrap().seconds, 86_400);
    let host = welcome.host_state.unwrap();
    assert_eq!((host.online, host.settled), (Some(false), false));
    assert_eq!(host.online_source.unwrap().source, "simulation");
    let listed = &sessions(&mut client).await[0];
    assert_eq!((listed.agent.as_str(), listed.capacity, listed.ready), ("test 1.0", 4, false));
    assert_eq!(listed.process_id, std::process::id());
}

#[tokio::test]
async fn the_order_of_messages_is_kept() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let ready = || Up::Ready(wire::Ready {});
    let cases: [(Vec<Option<Up>>, &str); 4] = [
        (vec![Some(ready())], "protocol error: `Ready` came before `Hello`"),
        (vec![None], "protocol error: an unknown message came before `Hello`"),
        (
            vec![Some(Up::Hello(hello())), Some(Up::Hello(hello()))],
            "protocol error: `Hello` came twice",
        ),
        (vec![Some(Up::Hello(hello())), None], "protocol error: an unknown message came"),
    ];
    for (messages, wanted) in cases {
        let mut session = Session::silent(&mut client).await;
        let welcomed = messages.len() > 1;
        for message in messages {
            session.send(wire::AttachRequest { message }).await;
        }
        if welcomed {
            assert!(matches!(session.next().await, Ok(Some(Down::Welcome(_)))));
        }
        let (closing, status) = session.closed().await;
        assert_eq!(closing.reason(), wire::ClosingReason::ProtocolError);
        assert_eq!((closing.detail.as_str(), closing.reconnect_after), (wanted, None));
        assert_eq!((status.code(), status.message()), (Code::InvalidArgument, wanted));
        assert_eq!(reason(&status), "PROTOCOL_ERROR");
    }
    daemon.stop().await;
}

#[tokio::test]
async fn a_wrong_field_ends_the_session_and_is_named() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let mut session = Session::silent(&mut client).await;
    session.say(Up::Hello(wire::Hello { capacity: 65, ..hello() })).await;
    let (closing, status) = session.closed().await;
    assert_eq!(closing.detail, "field `capacity`: value `65` is more than 64");
    assert_eq!(wrong_field(&status), ("capacity".into(), "value `65` is more than 64".into()));

    let mut session = Session::ready(&mut client).await;
    session.finished("1-1", wire::Outcome::Lost).await;
    let (closing, status) = session.closed().await;
    assert_eq!(closing.reason(), wire::ClosingReason::ProtocolError);
    assert_eq!(wrong_field(&status).0, "outcome");
}

#[tokio::test]
async fn a_newer_session_supersedes_and_the_older_stays_away() {
    let (_daemon, mut client, mut older, wake) = woken().await;
    older.started(&wake).await;
    let running = vec![wake.attempt_id.clone()];
    let (mut newer, welcome) =
        Session::hello(&mut client, wire::Hello { running, ..hello() }).await;
    assert!(welcome.abandon.is_empty());
    let (closing, status) = older.closed().await;
    assert_eq!(closing.reason(), wire::ClosingReason::Superseded);
    assert_eq!(closing.reconnect_after, None);
    assert_eq!((status.code(), reason(&status)), (Code::Aborted, "SUPERSEDED".into()));
    assert!(status.get_details_retry_info().is_none());

    // The event runs on in the newer one.
    newer.finished(&wake.attempt_id, wire::Outcome::Completed).await;
    assert!(newer.recorded().await.counted);
    assert_eq!(client.list().await, []);
}

#[tokio::test]
async fn an_outcome_is_recorded_once() {
    let (_daemon, mut client, mut session, wake) = woken().await;
    let mut watch = client.watch(0).await;
    for counted in [true, false] {
        session.finished(&wake.attempt_id, wire::Outcome::Completed).await;
        let attempt_id = wake.attempt_id.clone();
        assert_eq!(session.recorded().await, wire::Recorded { attempt_id, counted });
    }
    drop(session);
    until_no_session(&mut client, &mut watch).await;
    // It is said again after a loss of the connection, and still counts once.
    let finished = vec![finished(&wake.attempt_id, wire::Outcome::Completed)];
    let (mut session, _) = Session::hello(&mut client, wire::Hello { finished, ..hello() }).await;
    assert!(!session.recorded().await.counted);
}

#[tokio::test]
async fn an_unconfirmed_outcome_counts_when_the_browser_comes_back() {
    let (_daemon, mut client, session, wake) = woken().await;
    let mut watch = client.watch(0).await;
    drop(session);
    until_no_session(&mut client, &mut watch).await;
    let finished = vec![finished(&wake.attempt_id, wire::Outcome::Completed)];
    let (mut session, _) = Session::hello(&mut client, wire::Hello { finished, ..hello() }).await;
    assert!(session.recorded().await.counted);
    assert_eq!(client.list().await, []);
}

#[tokio::test]
async fn an_attempt_that_is_named_goes_on() {
    let (_daemon, mut client, mut session, wake) = woken().await;
    let mut watch = client.watch(0).await;
    session.started(&wake).await;
    session.hang_up();
    assert!(matches!(session.next().await, Ok(None)));
    until_no_session(&mut client, &mut watch).await;
    let running = vec![wake.attempt_id.clone()];
    let (mut session, welcome) =
        Session::hello(&mut client, wire::Hello { running, ..hello() }).await;
    assert_eq!(welcome.abandon, Vec::<String>::new());
    session.say(Up::Ready(wire::Ready {})).await;
    session.finished(&wake.attempt_id, wire::Outcome::Completed).await;
    // No second wake comes before it.
    assert!(session.recorded().await.counted);
}

#[tokio::test]
async fn an_attempt_that_is_not_named_is_lost_and_what_is_unknown_is_abandoned() {
    let (_daemon, mut client, session, wake) = woken().await;
    let mut watch = client.watch(0).await;
    drop(session);
    until_no_session(&mut client, &mut watch).await;
    let running = vec!["1-77".to_owned()];
    let (mut session, welcome) =
        Session::hello(&mut client, wire::Hello { running: running.clone(), ..hello() }).await;
    assert_eq!(welcome.abandon, running);
    session.say(Up::Ready(wire::Ready {})).await;
    let again = session.wake().await;
    assert_ne!(again.attempt_id, wake.attempt_id);
    session.finished(&wake.attempt_id, wire::Outcome::Completed).await;
    assert!(!session.recorded().await.counted, "the lost attempt no longer counts");
}

#[tokio::test]
async fn an_attempt_that_stays_silent_is_cancelled() {
    let (_daemon, mut client, mut session, wake) = woken().await;
    session.started(&wake).await;
    let request = crate::bed::advance_by(4 * MINUTE, true);
    soon(client.simulation.advance(request)).await.unwrap();
    match session.next().await {
        Ok(Some(Down::Cancel(cancel))) => {
            assert_eq!(cancel.attempt_id, wake.attempt_id);
            assert_eq!(cancel.reason(), wire::CancelReason::TimeLimit);
        }
        other => panic!("expected a cancel: {other:?}"),
    }
    session.finished(&wake.attempt_id, wire::Outcome::Aborted).await;
    assert!(!session.recorded().await.counted);
}

#[tokio::test]
async fn a_browser_that_does_not_read_is_cut_off() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let mut watch = client.watch(0).await;
    // Some forty answers fit into the window, 256 into the outbox.
    let mut slow = Session::ready(&mut daemon.narrow_client(1_000).await).await;
    for _ in 0..1_000 {
        slow.finished("1-1", wire::Outcome::Completed).await;
    }
    until_no_session(&mut client, &mut watch).await;
    let mut answers = 0;
    let (closing, status) = loop {
        match slow.next().await {
            Ok(Some(Down::Recorded(_))) => answers += 1,
            Ok(Some(Down::Closing(closing))) => break (closing, slow.next().await.unwrap_err()),
            other => panic!("expected answers and an end: {other:?}"),
        }
    };
    assert!(answers < 1_000);
    assert_eq!(closing.reason(), wire::ClosingReason::TooSlow);
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(status.message(), "256 messages wait unread: the session is closed");
    assert_eq!(reason(&status), "TOO_SLOW");
}

#[tokio::test]
async fn a_user_has_64_sessions_at_once() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let mut held = Vec::new();
    for _ in 0..64 {
        held.push(Session::silent(&mut client).await);
    }
    let status = soon(client.sync.attach(tokio_stream::pending())).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::ResourceExhausted, "BUSY".into()));
    assert_eq!(status.message(), "sessions of one user: 64 at once is the limit");
    assert!(status.get_details_retry_info().is_some());
    let mut last = held.pop().unwrap();
    last.hang_up();
    assert!(matches!(last.next().await, Ok(None)));
    Session::ready(&mut client).await;
}

#[tokio::test]
async fn sessions_are_told_when_the_daemon_stops() {
    let daemon = Daemon::simulated().await;
    let mut session = Session::ready(&mut daemon.client().await).await;
    let stopped = tokio::spawn(daemon.stop());
    let (closing, status) = session.closed().await;
    assert_eq!(closing.reason(), wire::ClosingReason::ShuttingDown);
    assert!(closing.reconnect_after.is_some());
    assert_eq!((status.code(), reason(&status)), (Code::Unavailable, "STOPPING".into()));
    assert!(status.get_details_retry_info().unwrap().retry_delay.is_some());
    soon(stopped).await.unwrap();
}

#[tokio::test]
async fn sessions_are_told_when_the_core_starts_again() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let mut session = Session::ready(&mut client).await;
    let epoch = soon(client.simulation.cut_power(wire::CutPowerRequest::default())).await.unwrap();
    assert_eq!(epoch.into_inner().epoch, 2);
    let (closing, status) = session.closed().await;
    assert_eq!(closing.reason(), wire::ClosingReason::Restarting);
    assert_eq!((status.code(), reason(&status)), (Code::Unavailable, "RESTARTING".into()));
    Session::ready(&mut client).await;
}
