//! Days in milliseconds, over gRPC.

use std::time::Duration;

use pwasync_proto::v1 as wire;
use tonic::{Code, Streaming};
use wire::{RegistrationChangeKind as Kind, watch_response::Change};

use crate::{
    bed::{Client, Daemon, START, advance_by, duration, key, periodic, reason, soon, wrong_field},
    session::Session,
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// The next change of a registration, and when it was, in seconds from the start.
async fn next(watch: &mut Streaming<wire::WatchResponse>) -> (i64, wire::RegistrationChange) {
    loop {
        let seen = soon(watch.message()).await.unwrap().unwrap();
        if let Some(Change::Registration(change)) = seen.change {
            return (seconds(seen.at.unwrap()), change);
        }
    }
}

fn seconds(at: prost_types::Timestamp) -> i64 {
    at.seconds - i64::try_from(START / 1_000).unwrap()
}

/// A daemon whose network has settled at 0 s of the returned base.
async fn settled() -> (Daemon, Client, Session, i64) {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let session = Session::ready(&mut client).await;
    client.online().await;
    client.advance(60 * SECOND).await;
    (daemon, client, session, 60)
}

#[tokio::test]
async fn three_rejections_come_at_0_5_and_20_minutes_and_end_it() {
    let (_daemon, mut client, mut session, base) = settled().await;
    let mut watch = client.watch(0).await;
    client.one_off("mail").await;
    let mut advancing = client.clone();
    let hours = tokio::spawn(async move { advancing.advance(2 * HOUR).await });
    for last_chance in [false, false, true] {
        let wake = session.wake().await;
        assert_eq!(wake.last_chance, last_chance);
        session.started(&wake).await;
        session.finished(&wake.attempt_id, wire::Outcome::Rejected).await;
        assert!(session.recorded().await.counted);
    }
    assert_eq!(soon(hours).await.unwrap() + 1, 3, "the first wake went before the advance");

    let minute = |number: i64| base + number * 60;
    let mut seen = Vec::new();
    while seen.last() != Some(&(minute(20), Kind::Removed)) {
        let (at, change) = next(&mut watch).await;
        let attempt = change.attempt.clone();
        match change.kind() {
            Kind::Woken => {
                let attempt = attempt.unwrap();
                let number = i64::from(attempt.number);
                assert_eq!(attempt.last_chance, number == 3);
            }
            Kind::Finished => {
                assert_eq!(attempt.unwrap().outcome(), wire::Outcome::Rejected);
                assert!(change.charged);
            }
            Kind::Removed => assert_eq!(change.removal_reason(), wire::RemovalReason::GaveUp),
            Kind::Created | Kind::Started => {}
            Kind::Unspecified
            | Kind::Updated
            | Kind::Rearmed
            | Kind::Suspended
            | Kind::Revived
            | Kind::BroughtForward => panic!("{change:?}"),
        }
        seen.push((at, change.kind()));
    }
    let woken: Vec<i64> =
        seen.iter().filter(|(_, kind)| *kind == Kind::Woken).map(|(at, _)| *at).collect();
    assert_eq!(woken, [minute(0), minute(5), minute(20)]);
    assert_eq!(client.list().await, []);
}

#[tokio::test]
async fn thirty_days_of_a_12_h_tag_are_60_events() {
    let (_daemon, mut client, mut session, _) = settled().await;
    let mut watch = client.watch(0).await;
    let min_interval = Some(duration(12 * HOUR));
    let request =
        wire::RegisterRequest { key: Some(periodic("news")), min_interval, ..Default::default() };
    let registered = client.register(request).await.unwrap().registration.unwrap();
    assert_eq!(registered.effective_interval.unwrap().seconds, 12 * 3_600);
    let mut advancing = client.clone();
    // Each waits for its slot of the wake grid, which for 12 h comes every 15 min.
    let days = tokio::spawn(async move { advancing.advance(30 * 24 * HOUR + 15 * MINUTE).await });
    let mut events = 0;
    let mut last: Option<i64> = None;
    // The days may end with the last event's outcome: it is said before they do.
    while events < 60 {
        let wake = session.wake().await;
        session.started(&wake).await;
        let started = loop {
            let (at, change) = next(&mut watch).await;
            if change.kind() == Kind::Started {
                break at;
            }
        };
        assert!(last.is_none_or(|last| started - last == 12 * 3_600), "{last:?} {started}");
        last = Some(started);
        // The event takes 2 s, while the outer advance waits for it.
        soon(client.simulation.advance(advance_by(2 * SECOND, true))).await.unwrap();
        session.finished(&wake.attempt_id, wire::Outcome::Completed).await;
        assert!(session.recorded().await.counted);
        events += 1;
    }
    assert_eq!(soon(days).await.unwrap(), 60);
    assert_eq!(client.list().await.len(), 1);
}

#[tokio::test]
async fn time_stands_still_while_an_attempt_is_out() {
    let (_daemon, mut client, mut session, _) = settled().await;
    client.one_off("mail").await;
    session.wake().await;
    let patience = Some(duration(Duration::from_millis(50)));
    let request = wire::AdvanceRequest { patience, ..advance_by(MINUTE, false) };
    let status = soon(client.simulation.advance(request)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::DeadlineExceeded, "ATTEMPTS_OUT".into()));
    assert_eq!(status.message(), "1 attempts were still out after `50ms` of real time");
}

#[tokio::test]
async fn the_past_and_the_far_future_are_out_of_reach() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let start = i64::try_from(START / 1_000).unwrap();
    let mut to = async |seconds| {
        let to = wire::advance_request::Target::To(prost_types::Timestamp { seconds, nanos: 0 });
        let request = wire::AdvanceRequest { target: Some(to), ..Default::default() };
        soon(client.simulation.advance(request)).await
    };
    let reached = to(start + 5).await.unwrap().into_inner();
    assert_eq!(reached.now.unwrap().seconds, start + 5);
    let (field, text) = wrong_field(&to(start + 4).await.unwrap_err());
    assert_eq!(
        (field.as_str(), text.as_str()),
        ("to", "the target lies before the simulated time")
    );
    let (field, text) = wrong_field(&to(start + 6 + 3_660 * 86_400).await.unwrap_err());
    assert_eq!(field, "to");
    assert!(text.ends_with("lies more than 3660 days ahead"), "{text}");
}

#[tokio::test]
async fn the_host_is_driven() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let power =
        wire::SetPowerRequest { battery_percent: Some(15), on_battery: true, ..Default::default() };
    let host = soon(client.simulation.set_power(power)).await.unwrap().into_inner().host.unwrap();
    assert_eq!((host.battery_percent, host.on_battery), (Some(15), Some(true)));
    assert_eq!(host.power_source.unwrap().source, "simulation");
    soon(client.simulation.suspend(wire::SuspendRequest {})).await.unwrap();
    let status = async |client: &mut Client| {
        soon(client.admin.get_status(wire::GetStatusRequest {})).await.unwrap().into_inner()
    };
    assert!(status(&mut client).await.host.unwrap().suspending);
    let request = wire::ResumeRequest { after: Some(duration(HOUR)) };
    let now = soon(client.simulation.resume(request)).await.unwrap().into_inner().now.unwrap();
    assert_eq!(seconds(now), 3_600);
    let by = Some(prost_types::Duration { seconds: -60, nanos: 0 });
    let request = wire::StepClockRequest { by, utc_offset_seconds: None };
    let now = soon(client.simulation.step_clock(request)).await.unwrap().into_inner().now.unwrap();
    assert_eq!(seconds(now), 3_540);
    let status = status(&mut client).await;
    assert!(status.simulated && !status.host.unwrap().suspending);
    assert_eq!(status.now, Some(now));
}

#[tokio::test]
async fn what_cannot_be_recorded_is_unavailable_until_the_store_is_back() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    client.one_off("kept").await;
    let fail = |kind: wire::StoreFailure| wire::FailStoreRequest { kind: kind.into(), r#for: None };
    soon(client.simulation.fail_store(fail(wire::StoreFailure::NoSpace))).await.unwrap();
    let request = wire::RegisterRequest { key: Some(key("lost")), ..Default::default() };
    let status = client.register(request.clone()).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::Unavailable, "NOT_RECORDED".into()));
    let shown = soon(client.admin.get_status(wire::GetStatusRequest {})).await.unwrap();
    let shown = shown.into_inner();
    assert_eq!(shown.store(), wire::StoreState::ReadOnly);
    assert!(shown.store_problem.contains("no space is left"), "{}", shown.store_problem);
    soon(client.simulation.fail_store(fail(wire::StoreFailure::Unspecified))).await.unwrap();
    client.advance(MINUTE).await;
    client.register(request).await.unwrap();
    let tags: Vec<_> = client.list().await.into_iter().map(|one| one.key.unwrap().tag).collect();
    assert_eq!(tags, ["kept", "lost"]);
}
