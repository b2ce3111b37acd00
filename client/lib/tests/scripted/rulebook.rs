//! Calls about permissions, engagement, leases, policy, history and forecasts: what is said to the
//! daemon, and what is made of its answer.

use std::future::Future;
use std::time::{Duration, SystemTime};

use pwasync_client::{
    AppsChanged, BlockerCode, Certainty, Client, ClientError, Constraints, Decision,
    EngagementEvent, EngagementEventKind, EngagementFilter, EngagementLevel, EngagementReport,
    FactValue, ForecastQuestion, HistoryFilter, InstalledApp, Leased, Metered, NetworkName,
    NewOverride, NewPause, NewRegistration, NewScore, PermissionState, ProfileId, RegistrationId,
    RegistrationKey, Subject, SyncKind, Transport,
};
use pwasync_proto::v1;

use crate::answers::{self, NOW, at};
use crate::scripted_admin::Asked;
use crate::scripted_daemon::{Call, Place, key, soon};

const ORIGIN: &str = "https://app.example";

/// Makes one call; what was said, and what came of it.
async fn ask<T, Calling>(call: impl FnOnce(Client) -> Calling) -> (Asked, Result<T, ClientError>)
where
    T: Send + 'static,
    Calling: Future<Output = Result<T, ClientError>> + Send + 'static,
{
    let place = Place::new();
    let mut daemon = place.start();
    let calling = tokio::spawn(call(Client::new(place.socket())));
    let Call::Asked(asked) = daemon.call().await else { panic!("another call came") };
    (asked, soon("an answer", calling).await.unwrap())
}

fn wall(seconds: i64) -> Option<SystemTime> {
    let seconds = u64::try_from(NOW + seconds).unwrap();
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

fn wire_duration(seconds: i64) -> Option<prost_types::Duration> {
    Some(prost_types::Duration { seconds, nanos: 0 })
}

fn profile() -> ProfileId {
    ProfileId { browser: "test".to_owned(), profile: "p".to_owned() }
}

fn fact(fact: &str, value: &str) -> FactValue {
    FactValue { fact: fact.to_owned(), value: value.to_owned() }
}

fn wire_fact(fact: &str, value: &str) -> v1::FactValue {
    v1::FactValue { fact: fact.to_owned(), value: value.to_owned() }
}

#[tokio::test]
async fn constraints_go_with_a_registration() {
    let place = Place::new();
    let mut daemon = place.start();
    let client = Client::new(place.socket());
    let name = RegistrationKey {
        profile: profile(),
        scope: "https://app.example/".to_owned(),
        kind: SyncKind::OneOff,
        tag: "outbox".to_owned(),
    };
    let constraints = Constraints {
        unmetered: true,
        transports: vec![Transport::Wifi, Transport::Other],
        ..Constraints::default()
    };
    let new = NewRegistration { constraints: constraints.clone(), ..NewRegistration::new(name) };
    let calling = tokio::spawn(async move { client.register(&new).await });
    let Call::Register(request, answer) = daemon.call().await else { panic!() };
    let wanted = v1::Constraints {
        unmetered: true,
        transports: vec![v1::Transport::Wifi.into(), v1::Transport::Other.into()],
        ..v1::Constraints::default()
    };
    assert_eq!(request.constraints, Some(wanted));
    let registration = Some(answers::registration());
    let change = v1::RegisterChange::Created.into();
    answer.send(Ok(v1::RegisterResponse { registration, change })).unwrap();
    let registered = soon("an answer", calling).await.unwrap().unwrap();
    // A transport that this client does not know came back as another one.
    assert_eq!(registered.registration.constraints, constraints);
    assert_eq!(registered.registration.due_at, wall(5));
}

#[tokio::test]
async fn origins_permissions_and_apps_are_told() {
    let (asked, removed) =
        ask(|client| async move { client.clear_origin(&profile(), ORIGIN).await }).await;
    let (of, origin) = (key("").profile, ORIGIN.to_owned());
    let wanted = v1::ClearOriginRequest { profile: of.clone(), origin: origin.clone() };
    assert_eq!((asked, removed.unwrap()), (Asked::ClearOrigin(wanted), 4));

    let (asked, removed) = ask(|client| async move {
        let (kind, state) = (SyncKind::Periodic, PermissionState::Denied);
        client.set_permission(&profile(), ORIGIN, kind, state).await
    })
    .await;
    let wanted = v1::SetPermissionRequest {
        profile: of.clone(),
        origin,
        kind: v1::SyncKind::Periodic.into(),
        state: v1::PermissionState::Denied.into(),
    };
    assert_eq!((asked, removed.unwrap()), (Asked::SetPermission(wanted), 5));

    let (asked, changed) = ask(|client| async move {
        let app = InstalledApp { app_id: "a".to_owned(), scope: "https://a.example/".to_owned() };
        client.set_installed_apps(&profile(), &[app]).await
    })
    .await;
    let app = v1::InstalledApp { app_id: "a".to_owned(), scope: "https://a.example/".to_owned() };
    let wanted = v1::SetInstalledAppsRequest { profile: of, apps: vec![app] };
    assert_eq!(asked, Asked::SetInstalledApps(wanted));
    assert_eq!(changed.unwrap(), AppsChanged { added: 6, removed: 7 });
}

#[tokio::test]
async fn engagement_is_told_as_events_score_or_level() {
    use v1::report_engagement_request::Report;
    let event = EngagementEvent { kind: EngagementEventKind::ShortcutLaunch, at: wall(1) };
    let kind = v1::EngagementEventKind::ShortcutLaunch.into();
    let events = vec![v1::EngagementEvent { kind, at: at(1) }];
    let reports = [
        (EngagementReport::Events(vec![event]), Report::Events(v1::EngagementEvents { events })),
        (EngagementReport::Score(3.5), Report::Score(3.5)),
        (
            EngagementReport::Level(EngagementLevel::High),
            Report::Level(v1::EngagementLevel::High.into()),
        ),
    ];
    for (report, wanted) in reports {
        let (asked, score) =
            ask(
                |client| async move { client.report_engagement(&profile(), ORIGIN, &report).await },
            )
            .await;
        let (profile, origin) = (key("").profile, ORIGIN.to_owned());
        let wanted = v1::ReportEngagementRequest { profile, origin, report: Some(wanted) };
        assert_eq!(asked, Asked::ReportEngagement(wanted));
        let score = score.unwrap();
        assert_eq!((score.score, score.level), (4.5, EngagementLevel::Minimal));
    }
}

#[tokio::test]
async fn engagement_is_read_and_set() {
    let filter = EngagementFilter { origin: Some(ORIGIN.to_owned()), ..Default::default() };
    let (asked, list) = ask(|client| async move { client.engagement(&filter).await }).await;
    let origin = ORIGIN.to_owned();
    let wanted = v1::GetEngagementRequest { origin: origin.clone(), ..Default::default() };
    assert_eq!(asked, Asked::GetEngagement(wanted));
    let list = list.unwrap();
    assert_eq!((list[0].score, list[0].level), (12.5, EngagementLevel::Low));
    assert_eq!((list[0].hours.len(), list[0].last_at), (24, wall(-60)));

    let new = NewScore {
        profile: profile(),
        origin: origin.clone(),
        score: 50.0,
        owner_uid: Some(1_000),
    };
    let (asked, engagement) = ask(|client| async move { client.set_engagement(&new).await }).await;
    let (profile, owner_uid) = (key("").profile, Some(1_000));
    let wanted = v1::SetEngagementRequest { profile, origin, score: 50.0, owner_uid };
    assert_eq!((asked, engagement.unwrap().score), (Asked::SetEngagement(wanted), 12.5));
}

#[tokio::test]
async fn an_explanation_has_blockers_outlook_and_trail() {
    let id = RegistrationId::new(7);
    let (asked, explained) = ask(|client| async move { client.explain(id, 5).await }).await;
    assert_eq!(asked, Asked::Explain(v1::ExplainRequest { id: 7, trail: 5 }));
    let explained = explained.unwrap();
    assert_eq!(explained.registration.id, id);
    assert_eq!(explained.sentences, ["the network costs by volume"]);
    let outlook = explained.outlook;
    assert_eq!((outlook.at, outlook.certainty), (wall(60), Certainty::Certain));
    let entry = &explained.trail[0];
    assert_eq!((entry.decision, entry.registration_id), (Decision::Held, Some(id)));
    assert_eq!(entry.reasons, [BlockerCode::Metered, BlockerCode::Other(99)]);
    assert_eq!(entry.facts.metered, Some(Metered::GuessYes));
    assert_eq!((entry.facts.battery_percent, entry.facts.roaming), (Some(15), None));
}

#[tokio::test]
async fn history_comes_in_pages() {
    let place = Place::new();
    let mut daemon = place.start();
    let client = Client::new(place.socket());
    let filter = HistoryFilter { since: wall(-60), ..HistoryFilter::default() };
    let mut pages = client.history(filter, 2);
    let mut read = Vec::new();
    for token in ["", "2"] {
        let page = soon("a page", pages.next()).await.unwrap().unwrap();
        read.extend(page.iter().map(|entry| entry.seq));
        let page_token = token.to_owned();
        let wanted =
            v1::ListHistoryRequest { since: at(-60), limit: 2, page_token, ..Default::default() };
        let Call::Asked(asked) = daemon.call().await else { panic!("another call came") };
        assert_eq!(asked, Asked::ListHistory(wanted));
    }
    assert!(soon("the end", pages.next()).await.unwrap().is_none());
    assert_eq!(read, [3, 2, 1]);
}

#[tokio::test]
async fn a_forecast_is_asked_with_conditions() {
    let question = ForecastQuestion {
        conditions: vec![fact("metered", "yes"), fact("battery_percent", "15")],
        advance: Some(Duration::from_secs(28_800)),
        horizon: None,
        id: Some(RegistrationId::new(7)),
    };
    let (asked, forecast) = ask(|client| async move { client.forecast(&question).await }).await;
    let wanted = v1::ForecastRequest {
        conditions: vec![wire_fact("metered", "yes"), wire_fact("battery_percent", "15")],
        advance: wire_duration(28_800),
        horizon: None,
        id: 7,
    };
    assert_eq!(asked, Asked::Forecast(wanted));
    let forecast = forecast.unwrap();
    assert_eq!((forecast.from, forecast.until), (wall(0), wall(3_600)));
    assert!(forecast.truncated);
    let item = &forecast.items[0];
    assert_eq!((item.at, item.last_chance), (wall(60), true));
    assert_eq!(item.held, [BlockerCode::Grid]);
}

#[tokio::test]
async fn pauses_and_overrides_are_leases() {
    let subject = Subject::Origin { owner_uid: None, origin: ORIGIN.to_owned() };
    let origin = ORIGIN.to_owned();
    let wire_subject = Some(v1::Subject { origin, ..v1::Subject::default() });
    let new = NewPause {
        subject: subject.clone(),
        lease: Some(Duration::from_secs(7_200)),
        reason: Some("on a train".to_owned()),
    };
    let (asked, paused) = ask(|client| async move { client.pause(&new).await }).await;
    let wanted = v1::PauseRequest {
        subject: wire_subject.clone(),
        lease: wire_duration(7_200),
        reason: "on a train".to_owned(),
    };
    assert_eq!(asked, Asked::Pause(wanted));
    let paused = paused.unwrap();
    assert_eq!((paused.registrations, paused.lease.ends_at), (3, wall(7_200)));
    assert_eq!(paused.lease.subject, Subject::Everything);

    let whose = subject.clone();
    let (asked, resumed) = ask(|client| async move { client.end_pause(&whose).await }).await;
    let wanted = v1::AdminResumeRequest { subject: wire_subject.clone() };
    assert_eq!(asked, Asked::AdminResume(wanted));
    let resumed = resumed.unwrap();
    assert_eq!((resumed.ended, resumed.remaining.len()), (true, 1));

    let new = NewOverride {
        subject: subject.clone(),
        fact: fact("metered", "yes"),
        network: Some(NetworkName::Ssid("Home".to_owned())),
        lease: None,
    };
    let (asked, lease) = ask(|client| async move { client.set_override(&new).await }).await;
    let wanted = v1::SetOverrideRequest {
        subject: wire_subject.clone(),
        fact: Some(wire_fact("metered", "yes")),
        lease: None,
        network: Some(v1::NetworkName { name: Some(v1::network_name::Name::Ssid("Home".into())) }),
    };
    assert_eq!(asked, Asked::SetOverride(wanted));
    let lease = lease.unwrap();
    assert_eq!(lease.what, Leased::Override(fact("metered", "yes")));
    assert_eq!(lease.subject, Subject::Owner { owner_uid: Some(1_000) });

    let (asked, cleared) =
        ask(|client| async move { client.clear_override(&subject, None).await }).await;
    let wanted = v1::ClearOverrideRequest { subject: wire_subject, fact: String::new() };
    assert_eq!((asked, cleared.unwrap()), (Asked::ClearOverride(wanted), 2));

    let (asked, leases) = ask(|client| async move { client.leases().await }).await;
    assert_eq!(asked, Asked::ListLeases(v1::ListLeasesRequest {}));
    let reason = Some("on a train".to_owned());
    assert_eq!(leases.unwrap()[0].what, Leased::Pause { reason });
}

#[tokio::test]
async fn policy_is_read_and_reloaded() {
    let (asked, policy) = ask(|client| async move { client.policy(Some("network")).await }).await;
    assert_eq!(asked, Asked::GetPolicy(v1::GetPolicyRequest { key: "network".to_owned() }));
    let policy = policy.unwrap();
    let value = &policy.values[0];
    assert_eq!((value.value.as_str(), value.default_value.as_str()), ("2s", "1s"));
    assert_eq!((&value.range, &value.rule, &value.section), (&None, &None, &None));
    assert_eq!(policy.files, ["pwasyncd.toml"]);

    let (asked, reload) = ask(|client| async move { client.reload_policy().await }).await;
    assert_eq!(asked, Asked::ReloadPolicy(v1::ReloadPolicyRequest {}));
    let reload = reload.unwrap();
    assert_eq!(reload.problems, policy.problems);
    let problem = &reload.problems[0];
    assert_eq!((problem.line, problem.column), (3, 7));
    let change = &reload.changed[0];
    assert_eq!((change.before.as_deref(), change.after.as_deref()), (Some("1s"), None));
}
