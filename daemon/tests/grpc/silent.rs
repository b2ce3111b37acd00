//! Clients that leave others waiting: they do not begin, do not finish, do not read, or answer for
//! somebody else. Nobody else may notice, and each is told why it is cut off.

use std::time::Duration;

use prost::Message;
use pwasync_core::policy::{Policy, Traffic};
use pwasync_proto::v1 as wire;
use tonic::{
    Code, Status, Streaming,
    body::Body,
    codegen::{Service, http},
};
use wire::{attach_request::Message as Up, attach_response::Message as Down};

use crate::{
    bed::{Client, Daemon, advance_by, key, profile, reason, soon},
    root::have_root,
    session::{Session, hello},
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Another profile of the same user.
fn other_profile() -> wire::ProfileId {
    wire::ProfileId { profile: "Other".into(), ..profile() }
}

fn other_key(tag: &str) -> wire::RegistrationKey {
    wire::RegistrationKey { profile: Some(other_profile()), ..key(tag) }
}

async fn register(client: &mut Client, key: wire::RegistrationKey) -> u64 {
    let request = wire::RegisterRequest { key: Some(key), ..Default::default() };
    client.register(request).await.unwrap().registration.unwrap().id
}

/// A session of the other profile that takes wakes.
async fn other_session(client: &mut Client) -> Session {
    let hello = wire::Hello { profile: Some(other_profile()), ..hello() };
    let (mut session, _) = Session::hello(client, hello).await;
    session.say(Up::Ready(wire::Ready {})).await;
    session
}

/// Until a listed session has said `Ready`.
async fn until_ready(client: &mut Client, count: usize) {
    let all = async {
        loop {
            let request = wire::ListSessionsRequest {};
            let listed = client.admin.list_sessions(request).await.unwrap().into_inner().sessions;
            if listed.iter().filter(|session| session.ready).count() == count {
                return;
            }
        }
    };
    soon(all).await;
}

async fn found(client: &mut Client, id: u64) -> wire::Registration {
    client.list().await.into_iter().find(|one| one.id == id).unwrap()
}

#[tokio::test]
async fn who_never_says_ready_is_not_woken_and_holds_up_nobody() {
    // One event at a time: a wake for the silent one would take the only slot.
    let daemon = Daemon::under(Policy { slots: 1, owner_slots: 1, ..Policy::default() }).await;
    let mut client = daemon.client().await;
    let (mut silent, _) = Session::hello(&mut client, hello()).await;
    let mut other = other_session(&mut client).await;
    until_ready(&mut client, 1).await;
    let first = client.one_off("mail").await;
    register(&mut client, other_key("mail")).await;
    client.online().await;
    // Waits until what was woken has finished.
    let advancing = soon(client.simulation.advance(advance_by(10 * MINUTE, false)));
    let serving = async {
        let wake = other.wake().await;
        other.started(&wake).await;
        other.finished(&wake.attempt_id, wire::Outcome::Completed).await;
        assert!(other.recorded().await.counted);
    };
    let (advanced, ()) = tokio::join!(advancing, serving);
    assert_eq!(advanced.unwrap().into_inner().wakes, 1);
    let held = found(&mut client, first).await;
    assert_eq!(held.attempts, 0);
    assert_eq!(held.blockers[0].code(), wire::BlockerCode::BrowserClosed);
    // It is not too late.
    silent.say(Up::Ready(wire::Ready {})).await;
    let wake = silent.wake().await;
    assert_eq!(wake.registration_id, first);
}

#[tokio::test]
async fn an_attempt_that_is_never_finished_costs_its_slot_for_its_time_only() {
    let daemon = Daemon::under(Policy { slots: 1, owner_slots: 1, ..Policy::default() }).await;
    let mut client = daemon.client().await;
    let mut silent = Session::ready(&mut client).await;
    let mut other = other_session(&mut client).await;
    until_ready(&mut client, 2).await;
    client.online().await;
    client.advance(2 * SECOND).await;
    let first = client.one_off("mail").await;
    let wake = silent.wake().await;
    silent.started(&wake).await;
    let second = register(&mut client, other_key("mail")).await;
    let waits = found(&mut client, second).await;
    let blockers: Vec<_> = waits.blockers.iter().map(wire::Blocker::code).collect();
    assert_eq!(blockers, [wire::BlockerCode::Concurrency]);

    // To the moment at which its time is up.
    soon(client.simulation.advance(advance_by(3 * MINUTE, true))).await.unwrap();
    assert!(matches!(silent.next().await, Ok(Some(Down::Cancel(_)))));
    let freed = other.wake().await;
    assert_eq!(freed.registration_id, second);
    other.started(&freed).await;
    other.finished(&freed.attempt_id, wire::Outcome::Completed).await;
    assert!(other.recorded().await.counted);
    let backs_off = found(&mut client, first).await;
    assert_eq!((backs_off.state(), backs_off.attempts), (wire::RegistrationState::Waiting, 1));
    let last = backs_off.last_attempt.unwrap();
    assert_eq!((last.id.as_str(), last.outcome()), (&*wake.attempt_id, wire::Outcome::TimedOut));

    // By the policy: again and again, though it never says a word, and at last given up.
    let (mut wakes, mut last_chance) = (0, false);
    while !client.list().await.is_empty() {
        let advanced = soon(client.simulation.advance(advance_by(60 * MINUTE, true))).await;
        for _ in 0..advanced.unwrap().into_inner().wakes {
            assert!(!last_chance, "an attempt after the last one");
            let again = silent.wake().await;
            assert_eq!(again.registration_id, first);
            last_chance = again.last_chance;
            wakes += 1;
            assert!(matches!(silent.next().await, Ok(Some(Down::Cancel(_)))));
        }
    }
    assert!(last_chance, "after {wakes} wakes");
}

#[tokio::test]
async fn an_answer_for_somebody_elses_attempt_changes_nothing() {
    if !have_root("only root may connect as other users") {
        return;
    }
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let mut session = Session::ready(&mut client).await;
    let mut other = other_session(&mut client).await;
    let mut stranger = Session::ready(&mut daemon.client_of(61_234).await).await;
    client.online().await;
    client.advance(2 * SECOND).await;
    let id = client.one_off("mail").await;
    let wake = session.wake().await;
    for liar in [&mut other, &mut stranger] {
        liar.started(&wake).await;
        for outcome in [wire::Outcome::ScopeGone, wire::Outcome::Completed, wire::Outcome::Rejected]
        {
            liar.finished(&wake.attempt_id, outcome).await;
        }
        for _ in 0..4 {
            let answer = liar.recorded().await;
            assert_eq!((&answer.attempt_id, answer.counted), (&wake.attempt_id, false));
        }
        let firing = found(&mut client, id).await;
        assert_eq!((firing.state(), firing.attempts), (wire::RegistrationState::Firing, 0));
    }
    session.started(&wake).await;
    session.finished(&wake.attempt_id, wire::Outcome::Completed).await;
    assert!(session.recorded().await.counted);
    assert_eq!(client.list().await, []);
}

/// All parts that can still be read of an export, and how it ended.
async fn rest(export: &mut Streaming<wire::ExportResponse>) -> (usize, Result<(), Status>) {
    let mut bytes = 0;
    loop {
        match soon(export.message()).await {
            Ok(Some(part)) => bytes += part.part.len(),
            Ok(None) => return (bytes, Ok(())),
            Err(status) => return (bytes, Err(status)),
        }
    }
}

#[tokio::test]
async fn an_export_that_nobody_reads_is_cut_off_and_told_why() {
    if !have_root("only root may connect as other users") {
        return;
    }
    let traffic = Traffic { origin_calls: None, ..Policy::default().traffic };
    let daemon = Daemon::under(Policy { traffic, ..Policy::default() }).await;
    let mut client = daemon.client_of(61_234).await;
    for number in 0..100 {
        client.one_off(&format!("{number:010240}")).await;
    }
    let mut narrow = daemon.narrow_client_of(61_234, 1_000).await;
    let mut unread = Vec::new();
    for _ in 0..2 {
        let request = wire::ExportRequest::default();
        unread.push(soon(narrow.admin.export(request)).await.unwrap().into_inner());
    }
    // A user has two at once; the others have theirs meanwhile.
    let busy = async |client: &mut Client| {
        let mut export = soon(client.admin.export(wire::ExportRequest::default())).await.unwrap();
        rest(export.get_mut()).await
    };
    let (bytes, ended) = busy(&mut client).await;
    let status = ended.unwrap_err();
    assert_eq!((bytes, status.code()), (0, Code::ResourceExhausted), "{status:?}");
    assert_eq!(reason(&status), "BUSY");
    let (bytes, ended) = busy(&mut daemon.client().await).await;
    assert!(bytes > 100 * 10_240 && ended.is_ok(), "{bytes} bytes: {ended:?}");
    // Their places come back without a word of the reader.
    let freed = async {
        loop {
            match busy(&mut client).await {
                (bytes, Ok(())) => return bytes,
                (_, Err(status)) => assert_eq!(reason(&status), "BUSY"),
            }
        }
    };
    let whole = soon(freed).await;
    for export in &mut unread {
        let (bytes, ended) = rest(export).await;
        assert!(bytes < whole, "{bytes} of {whole}");
        let status = ended.unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
        assert_eq!(status.message(), "nothing was read for 1 s: the rest is not sent");
        assert_eq!(reason(&status), "TOO_SLOW");
    }
}

#[tokio::test]
async fn a_watcher_that_does_not_read_is_told_how_much_it_missed() {
    // More than wait for a reader, on the way and before it.
    const CHANGES: u32 = 1_600;
    let traffic = Traffic { origin_calls: None, owner_calls: None, ..Policy::default().traffic };
    let daemon = Daemon::under(Policy { traffic, ..Policy::default() }).await;
    let mut narrow = daemon.narrow_client(1_000).await;
    let mut watch = narrow.watch(0).await;
    let mut client = daemon.client().await;
    for _ in 0..CHANGES / 2 {
        client.one_off("mail").await;
        let request = wire::UnregisterRequest { key: Some(key("mail")) };
        soon(client.sync.unregister(request)).await.unwrap();
    }
    let mut told = 0;
    let skipped = loop {
        match soon(watch.message()).await.unwrap().unwrap().change.unwrap() {
            wire::watch_response::Change::Registration(_) => told += 1,
            wire::watch_response::Change::Skipped(count) => break count,
            wire::watch_response::Change::Session(_) | wire::watch_response::Change::Host(_) => {}
        }
        // There is room again: with the next change comes the word of those that are missing.
        if told == 1_000 {
            client.one_off("the last").await;
        }
    };
    assert_eq!(told + skipped, CHANGES);
    let last = soon(watch.message()).await.unwrap().unwrap().change.unwrap();
    let wire::watch_response::Change::Registration(last) = last else { panic!("{last:?}") };
    assert_eq!(last.key, Some(key("the last")));
}

#[tokio::test]
async fn what_is_no_grpc_is_refused_by_its_type() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let request = wire::RegisterRequest { key: Some(key("mail")), ..Default::default() };
    let message = request.encode_to_vec();
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let framed: Vec<u8> = [&[0][..], &length, &message].concat();
    let mut answer = async |content_type: Option<&str>| {
        let mut request = http::Request::post("/pwasync.v1.BackgroundSync/Register");
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let body = Body::new(http_body_util::Full::new(framed.clone().into()));
        let request = request.body(body).unwrap();
        let answered = async {
            std::future::poll_fn(|context| client.channel.poll_ready(context)).await.unwrap();
            client.channel.call(request).await.unwrap()
        };
        soon(answered).await.status().as_u16()
    };
    assert_eq!(answer(None).await, 415);
    for wrong in ["", "application/json", "application/grpc-web+proto", "application/grpc+json"] {
        assert_eq!(answer(Some(wrong)).await, 415, "{wrong}");
    }
    let mut reader = daemon.client().await;
    assert_eq!(reader.list().await, []);
    for right in ["application/grpc", "application/grpc+proto", "application/grpc; charset=utf-8"] {
        assert_eq!(answer(Some(right)).await, 200, "{right}");
        assert_eq!(reader.list().await.len(), 1);
    }
}
