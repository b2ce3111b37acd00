//! Each call once as it should be, and as it should not.

use std::time::Duration;

use pwasync_core::policy::Policy;
use pwasync_proto::v1 as wire;
use tonic::{Code, Status};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::{
    v1::{
        ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
    },
    v1alpha,
};

use crate::{
    bed::{Client, Daemon, duration, key, periodic, profile, reason, soon, wrong_field},
    session::Session,
};

const HOUR: Duration = Duration::from_secs(3_600);

fn request(key: wire::RegistrationKey) -> wire::RegisterRequest {
    wire::RegisterRequest { key: Some(key), ..Default::default() }
}

async fn refused(client: &mut Client, request: wire::RegisterRequest) -> (String, String) {
    wrong_field(&client.register(request).await.unwrap_err())
}

async fn status(client: &mut Client) -> wire::GetStatusResponse {
    soon(client.admin.get_status(wire::GetStatusRequest {})).await.unwrap().into_inner()
}

#[tokio::test]
async fn registrations_come_are_shown_and_go() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let created = client.register(request(key("mail"))).await.unwrap();
    assert_eq!(created.change(), wire::RegisterChange::Created);
    let again = client.register(request(key("mail"))).await.unwrap();
    assert_eq!(again.change(), wire::RegisterChange::Unchanged);
    let app_id = "https://example.org/manifest".to_owned();
    let other = wire::RegisterRequest { app_id, ..request(key("mail")) };
    assert_eq!(client.register(other).await.unwrap().change(), wire::RegisterChange::Updated);
    client.one_off("").await;
    let min_interval = Some(duration(HOUR));
    let news = wire::RegisterRequest { min_interval, ..request(periodic("mail")) };
    let news = client.register(news).await.unwrap().registration.unwrap();
    assert_eq!(news.min_interval.unwrap().seconds, 3_600);
    assert_eq!(news.effective_interval.unwrap().seconds, 12 * 3_600, "raised to the floor");

    let get = wire::GetRegistrationRequest { key: Some(key("mail")) };
    let shown = soon(client.sync.get_registration(get)).await.unwrap().into_inner();
    let shown = shown.registration.unwrap();
    assert_eq!((shown.id, shown.key.as_ref()), (1, Some(&key("mail"))));
    assert_eq!(shown.state(), wire::RegistrationState::Pending);
    let codes: Vec<_> = shown.blockers.iter().map(|blocker| blocker.code()).collect();
    let held = [
        wire::BlockerCode::BrowserClosed,
        wire::BlockerCode::NoLauncher,
        wire::BlockerCode::Offline,
    ];
    assert_eq!(codes, held);

    let tags = wire::GetTagsRequest {
        profile: Some(profile()),
        scope: key("").scope,
        kind: wire::SyncKind::OneOff.into(),
    };
    let tags = soon(client.sync.get_tags(tags)).await.unwrap().into_inner().tags;
    assert_eq!(tags, ["mail", ""], "in order of registration");

    for change in [wire::UnregisterChange::Removed, wire::UnregisterChange::Absent] {
        let gone = wire::UnregisterRequest { key: Some(key("mail")) };
        let answer = soon(client.sync.unregister(gone)).await.unwrap().into_inner();
        assert_eq!(answer.change(), change);
    }
    let scope = wire::RemoveScopeRequest { profile: Some(profile()), scope: key("").scope };
    assert_eq!(soon(client.sync.remove_scope(scope)).await.unwrap().into_inner().removed, 2);
    assert_eq!(client.list().await, []);
    daemon.stop().await;
}

#[tokio::test]
async fn what_is_registered_while_it_fires_is_rearmed() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let mut session = Session::ready(&mut client).await;
    client.online().await;
    client.advance(Duration::from_secs(2)).await;
    client.one_off("mail").await;
    session.wake().await;
    let again = client.register(request(key("mail"))).await.unwrap();
    assert_eq!(again.change(), wire::RegisterChange::Rearmed);
    let state = again.registration.unwrap().state();
    assert_eq!(state, wire::RegistrationState::ReregisteredWhileFiring);
}

#[tokio::test]
async fn a_wrong_registration_names_field_value_and_limit() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let client = &mut client;
    client.register(request(key(&"x".repeat(10_240)))).await.unwrap();
    let (field, text) = refused(client, request(key(&"x".repeat(10_241)))).await;
    assert_eq!(field, "tag");
    let shown = "x".repeat(64);
    assert_eq!(text, format!("value `{shown}…` is longer than 10240 bytes (10241)"));

    let scope = |scope: &str| request(wire::RegistrationKey { scope: scope.into(), ..key("t") });
    let (field, text) = refused(client, scope("http://example.org/")).await;
    assert_eq!(field, "scope");
    assert_eq!(
        text,
        "value `http://example.org/` must be an https URL, or http on a loopback host"
    );
    let (field, _) = refused(client, scope("nowhere")).await;
    assert_eq!(field, "scope");

    let (field, text) = refused(client, wire::RegisterRequest::default()).await;
    assert_eq!((field.as_str(), text.as_str()), ("key", "value `` is missing"));
    let kind = request(wire::RegistrationKey { kind: 0, ..key("t") });
    assert_eq!(refused(client, kind).await.0, "kind");
    let min_interval = Some(duration(HOUR));
    let one_off = wire::RegisterRequest { min_interval, ..request(key("t")) };
    let (field, text) = refused(client, one_off).await;
    assert_eq!(field, "min_interval");
    assert_eq!(text, "value `3600s` is for periodic registrations only");
    let expires_in = Some(duration(HOUR));
    let news = wire::RegisterRequest { expires_in, ..request(periodic("t")) };
    assert_eq!(refused(client, news).await.0, "expires_in");
    let expires_in = Some(duration(400 * 24 * HOUR));
    let late = wire::RegisterRequest { expires_in, ..request(key("t")) };
    let (field, text) = refused(client, late).await;
    assert_eq!(field, "expires_in");
    assert_eq!(text, "value `34560000s` must be more than 0 and at most 366 days");
    assert_eq!(client.list().await.len(), 1);
}

/// A registration whose app id is no text.
#[derive(Clone, PartialEq, prost::Message)]
struct RawRegister {
    #[prost(bytes = "vec", tag = "3")]
    app_id: Vec<u8>,
}

#[tokio::test]
async fn what_cannot_be_read_is_the_callers_mistake() {
    let daemon = Daemon::simulated().await;
    let client = daemon.client().await;
    let mut raw = tonic::client::Grpc::new(client.channel.clone());
    let mut send = async |app_id| {
        soon(raw.ready()).await.unwrap();
        let codec = tonic_prost::ProstCodec::<RawRegister, wire::RegisterResponse>::default();
        let path = "/pwasync.v1.BackgroundSync/Register".parse().unwrap();
        soon(raw.unary(tonic::Request::new(RawRegister { app_id }), path, codec)).await.unwrap_err()
    };
    for bytes in [vec![0xff; 4], vec![b'x'; 5 << 20]] {
        let status = send(bytes).await;
        assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
        assert_eq!(reason(&status), "PROTOCOL_ERROR");
    }
}

fn held(tag: &str) -> wire::HeldRegistration {
    wire::HeldRegistration {
        scope: key("").scope,
        kind: wire::SyncKind::OneOff.into(),
        tag: tag.into(),
        ..Default::default()
    }
}

async fn reconcile(
    client: &mut Client,
    parts: Vec<wire::ReconcileRequest>,
) -> Result<wire::ReconcileResponse, Status> {
    Ok(soon(client.sync.reconcile(tokio_stream::iter(parts))).await?.into_inner())
}

#[tokio::test]
async fn a_reconciled_list_is_the_browsers_own() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let (kept, gone) = (client.one_off("kept").await, client.one_off("gone").await);
    let part = |profile, tags: &[&str]| wire::ReconcileRequest {
        profile,
        registrations: tags.iter().map(|tag| held(tag)).collect(),
    };
    let parts = vec![part(Some(profile()), &["kept"]), part(None, &["new"])];
    let answer = reconcile(&mut client, parts).await.unwrap();
    assert_eq!(answer, wire::ReconcileResponse { added: vec![3], removed: vec![gone] });
    let ids: Vec<_> = client.list().await.iter().map(|one| one.id).collect();
    assert_eq!(ids, [kept, 3]);

    let nameless = reconcile(&mut client, vec![part(None, &["kept"])]).await.unwrap_err();
    assert_eq!(wrong_field(&nameless), ("profile".into(), "value `` is missing".into()));
    let empty = reconcile(&mut client, vec![]).await.unwrap_err();
    assert_eq!(wrong_field(&empty).0, "profile");
    let other = wire::ProfileId { profile: "Other".into(), ..profile() };
    let parts = vec![part(Some(profile()), &["kept"]), part(Some(other), &[])];
    let status = reconcile(&mut client, parts).await.unwrap_err();
    assert_eq!(wrong_field(&status).1, "value `Other` differs from that of the first message");
    let tags = vec!["t"; 1_001];
    let status = reconcile(&mut client, vec![part(Some(profile()), &tags)]).await.unwrap_err();
    assert_eq!(
        wrong_field(&status),
        ("registrations".into(), "value `1001` is more than 1000 entries".into())
    );
    let thousand = part(Some(profile()), &vec!["t"; 1_000]);
    let status = reconcile(&mut client, vec![thousand; 11]).await.unwrap_err();
    assert_eq!(wrong_field(&status).1, "value `11000` is more than 10000 entries");
    assert_eq!(client.list().await.len(), 2, "a refused list changes nothing");
}

#[tokio::test]
async fn lists_are_filtered_and_come_in_pages() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    for tag in ["a", "b", "c"] {
        client.one_off(tag).await;
    }
    client.register(request(periodic("d"))).await.unwrap();
    let mut list = async |request: wire::ListRegistrationsRequest| {
        let page = soon(client.admin.list_registrations(request)).await?.into_inner();
        let ids: Vec<_> = page.registrations.iter().map(|one| one.id).collect();
        Ok::<_, Status>((ids, page.next_page_token))
    };
    let page = |token: &str| wire::ListRegistrationsRequest {
        page_size: 3,
        page_token: token.into(),
        ..Default::default()
    };
    let (first, token) = list(page("")).await.unwrap();
    assert_eq!((first, list(page(&token)).await.unwrap()), (vec![1, 2, 3], (vec![4], "".into())));
    let kind = wire::SyncKind::Periodic.into();
    let only = wire::ListRegistrationsRequest { kind, ..Default::default() };
    assert_eq!(list(only).await.unwrap().0, [4]);
    let only = wire::ListRegistrationsRequest { id: 2, ..Default::default() };
    assert_eq!(list(only).await.unwrap().0, [2]);
    let origin = "https://example.org".to_owned();
    let only = wire::ListRegistrationsRequest { origin, ..Default::default() };
    assert_eq!(list(only).await.unwrap().0.len(), 4);
    let state = wire::RegistrationState::Firing.into();
    let only = wire::ListRegistrationsRequest { state, ..Default::default() };
    assert!(list(only).await.unwrap().0.is_empty());
    let wrong = wire::ListRegistrationsRequest { page_size: 1_001, ..Default::default() };
    assert_eq!(wrong_field(&list(wrong).await.unwrap_err()).0, "page_size");
    let wrong = wire::ListRegistrationsRequest { page_token: "x".into(), ..Default::default() };
    assert_eq!(wrong_field(&list(wrong).await.unwrap_err()).0, "page_token");
}

#[tokio::test]
async fn a_page_of_long_tags_is_one_that_each_client_takes() {
    let daemon = Daemon::under(Policy { owner_bytes: 8 << 20, ..Policy::default() }).await;
    let mut client = daemon.client().await;
    let registered = (0..500).map(|number| {
        let mut client = client.clone();
        let scope = format!("https://app{}.example.org/", number / 250);
        let tag = format!("{number:010240}");
        let key = wire::RegistrationKey { scope, ..key(&tag) };
        async move { client.register(request(key)).await.unwrap() }
    });
    futures_util::future::join_all(registered).await;
    let (mut listed, mut page_token) = (Vec::new(), String::new());
    while listed.is_empty() || !page_token.is_empty() {
        let request = wire::ListRegistrationsRequest { page_token, ..Default::default() };
        let page = soon(client.admin.list_registrations(request)).await.unwrap().into_inner();
        listed.extend(page.registrations.into_iter().map(|one| one.id));
        page_token = page.next_page_token;
    }
    assert!(listed.is_sorted());
    assert_eq!(listed.len(), 500);
}

#[tokio::test]
async fn an_administrator_runs_and_removes() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let id = client.one_off("mail").await;
    let run = |force| wire::RunNowRequest { id, force };
    let answer = soon(client.admin.run_now(run(true))).await.unwrap().into_inner();
    assert_eq!(answer.result(), wire::RunNowResult::Held);
    let codes: Vec<_> = answer.blockers.iter().map(|blocker| blocker.code()).collect();
    let held = [wire::BlockerCode::BrowserClosed, wire::BlockerCode::NoLauncher];
    assert_eq!(codes, held, "what no force passes over");

    let mut session = Session::ready(&mut client).await;
    let answer = soon(client.admin.run_now(run(false))).await.unwrap().into_inner();
    assert_eq!(answer.result(), wire::RunNowResult::Held);
    let answer = soon(client.admin.run_now(run(true))).await.unwrap().into_inner();
    assert_eq!(answer.result(), wire::RunNowResult::Woken);
    assert_eq!(answer.bypassed[0].code(), wire::BlockerCode::Offline);
    assert_eq!(session.wake().await.attempt_id, answer.attempt_id);
    let answer = soon(client.admin.run_now(run(false))).await.unwrap().into_inner();
    assert_eq!(answer.result(), wire::RunNowResult::AlreadyRunning);

    let removed = soon(client.admin.remove(wire::RemoveRequest { id })).await.unwrap();
    assert_eq!(removed.into_inner().registration.unwrap().id, id);
    let status = soon(client.admin.remove(wire::RemoveRequest { id })).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(status.message(), format!("registration `{id}` does not exist"));
}

#[tokio::test]
async fn a_watch_begins_with_what_was() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    client.one_off("mail").await;
    let recent = wire::WatchRequest { recent: 1, only_recent: true };
    let mut past = soon(client.admin.watch(recent)).await.unwrap().into_inner();
    let change = soon(past.message()).await.unwrap().unwrap().change.unwrap();
    let wire::watch_response::Change::Registration(change) = change else { panic!("{change:?}") };
    assert_eq!(change.kind(), wire::RegistrationChangeKind::Created);
    assert_eq!(change.key, Some(key("mail")));
    assert!(soon(past.message()).await.unwrap().is_none());
    let wrong = wire::WatchRequest { recent: 1_001, only_recent: false };
    let status = soon(client.admin.watch(wrong)).await.unwrap_err();
    assert_eq!(wrong_field(&status), ("recent".into(), "value `1001` is more than 1000".into()));
}

#[tokio::test]
async fn the_status_counts_and_says_what_is_next() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let id = client.one_off("mail").await;
    let status = status(&mut client).await;
    assert_eq!((status.pending, status.waiting, status.firing, status.sessions), (1, 0, 0, 0));
    assert_eq!((status.epoch, status.process_id), (1, std::process::id()));
    assert_eq!(status.daemon_version, env!("CARGO_PKG_VERSION"));
    assert_eq!(status.store(), wire::StoreState::Writable);
    assert_eq!(status.next_wake_reason, format!("registration {id} is due"));
    assert!(status.next_wake_at.is_some());
}

#[tokio::test]
async fn a_real_host_has_no_simulation() {
    let daemon = Daemon::real().await;
    let mut client = daemon.client().await;
    let suspend = wire::SuspendRequest {};
    let status_of = soon(client.simulation.suspend(suspend)).await.unwrap_err();
    assert_eq!(status_of.code(), Code::Unimplemented);
    let status = status(&mut client).await;
    assert!(!status.simulated);
    assert_eq!(status.host.unwrap().online, None, "nothing has spoken yet");
    assert_eq!(reflected(&client).await.len(), 6);
    daemon.stop().await;
}

#[tokio::test]
async fn health_is_that_of_the_store() {
    let mut daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let mut health = HealthClient::new(client.channel.clone());
    let of = |service: &str| HealthCheckRequest { service: service.into() };
    for service in ["", "pwasync.v1.BackgroundSync", "pwasync.v1.Admin", "pwasync.v1.Simulation"] {
        let answer = soon(health.check(of(service))).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving);
    }
    let status = soon(health.check(of("pwasync.v1.Nothing"))).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let mut unknown = soon(health.watch(of("pwasync.v1.Nothing"))).await.unwrap().into_inner();
    let answer = soon(unknown.message()).await.unwrap().unwrap();
    assert_eq!(answer.status(), ServingStatus::ServiceUnknown);
    let mut watch = soon(health.watch(of(""))).await.unwrap().into_inner();
    let answer = soon(watch.message()).await.unwrap().unwrap();
    assert_eq!(answer.status(), ServingStatus::Serving);

    let kind = wire::StoreFailure::InputOutput.into();
    let fail = wire::FailStoreRequest { kind, r#for: None };
    soon(client.simulation.fail_store(fail)).await.unwrap();
    client.register(request(key("mail"))).await.unwrap_err();
    let answer = soon(health.check(of(""))).await.unwrap().into_inner();
    assert_eq!(answer.status(), ServingStatus::NotServing);

    daemon.stop_engine().await;
    let status = soon(health.check(of(""))).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
}

/// The services that reflection names.
async fn reflected(client: &Client) -> Vec<String> {
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut reflection = ServerReflectionClient::new(client.channel.clone());
    let stream = tokio_stream::iter([request]);
    let mut answers = soon(reflection.server_reflection_info(stream)).await.unwrap().into_inner();
    let answer = soon(answers.message()).await.unwrap().unwrap().message_response;
    let Some(MessageResponse::ListServicesResponse(list)) = answer else { panic!("{answer:?}") };
    list.service.into_iter().map(|service| service.name).collect()
}

#[tokio::test]
async fn reflection_names_the_services() {
    let daemon = Daemon::simulated().await;
    let client = daemon.client().await;
    let mut names = reflected(&client).await;
    names.sort();
    assert_eq!(
        names,
        [
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "pwasync.v1.Admin",
            "pwasync.v1.BackgroundSync",
            "pwasync.v1.Launcher",
            "pwasync.v1.Simulation",
        ]
    );
    // Older tools ask by the older name.
    use v1alpha::server_reflection_client::ServerReflectionClient;
    let mut older = ServerReflectionClient::new(client.channel.clone());
    let symbol = "pwasync.v1.Hello".to_owned();
    let symbol = v1alpha::server_reflection_request::MessageRequest::FileContainingSymbol(symbol);
    let request =
        v1alpha::ServerReflectionRequest { host: String::new(), message_request: Some(symbol) };
    let stream = tokio_stream::iter([request]);
    let mut answers = soon(older.server_reflection_info(stream)).await.unwrap().into_inner();
    let answer = soon(answers.message()).await.unwrap().unwrap().message_response.unwrap();
    use v1alpha::server_reflection_response::MessageResponse as Answer;
    assert!(matches!(answer, Answer::FileDescriptorResponse(_)), "{answer:?}");
}

#[tokio::test]
async fn a_daemon_that_stops_is_unavailable() {
    let mut daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    client.one_off("mail").await;
    daemon.stop_engine().await;
    let status = client.register(request(key("mail"))).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Unavailable, "the daemon is stopping"));
}
