//! Calls to a daemon that is there, is not, was restarted, or refuses.

use std::time::Duration;

use pwasync_client::{
    Client, ClientError, Constraints, HeldRegistration, NewRegistration, ProfileId, RegisterChange,
    RegistrationKey, RegistrationState, SocketPath, SyncKind,
};
use pwasync_proto::v1;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::scripted_daemon::{Call, Place, ScriptedDaemon, key, soon};

type Answer = Result<v1::RegisterResponse, Status>;

#[tokio::test]
async fn a_daemon_that_is_not_there_is_said_with_its_socket_and_the_next_command() {
    let place = Place::new();
    let client = Client::new(place.socket());
    let error = soon("an answer", client.register(&new())).await.unwrap_err();
    let path = place.path();
    let text = format!("pwasyncd is not running: no daemon listens at `{}`", path.display());
    assert_eq!(error.to_string(), text);
    let hint = format!("start it with `pwasyncd --socket {}`", path.display());
    assert_eq!(error.hint(), Some(hint));
}

#[tokio::test]
async fn a_socket_file_that_was_left_behind_is_no_daemon() {
    let place = Place::new();
    place.start().kill().await;
    assert!(place.path().exists());
    let client = Client::new(place.socket());
    let error = soon("an answer", client.register(&new())).await.unwrap_err();
    assert!(matches!(error, ClientError::NotRunning { .. }), "{error:?}");
}

#[tokio::test]
async fn one_client_outlives_its_daemon() {
    let place = Place::new();
    let client = Client::new(place.socket());
    for _ in 0..3 {
        let daemon = place.start();
        let (daemon, registered) = registered(daemon, &client, Ok(response())).await;
        let registered = registered.unwrap();
        assert_eq!(registered.change, RegisterChange::Created);
        assert_eq!(registered.registration.state, RegistrationState::Pending);
        daemon.kill().await;
        let error = soon("an answer", client.register(&new())).await.unwrap_err();
        assert!(matches!(error, ClientError::NotRunning { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_daemon_that_dies_in_a_call_is_asked_again_when_it_is_back() {
    let place = Place::new();
    let mut daemon = place.start();
    let client = Client::new(place.socket());
    let calling = tokio::spawn(async move { client.register(&new()).await });
    let Call::Register(_, unanswered) = daemon.call().await else { panic!() };
    // The next daemon listens before the first one's connections end, so the repeat finds it.
    let mut next = place.start();
    daemon.kill().await;
    drop(unanswered);
    let Call::Register(_, answer) = next.call().await else { panic!() };
    answer.send(Ok(response())).unwrap();
    assert!(soon("an answer", calling).await.unwrap().is_ok());
}

#[tokio::test]
async fn refusals_name_field_and_rule() {
    let details = ErrorDetails::with_bad_request_violation("key.tag", "over the limit");
    let refusal = Status::with_error_details(Code::InvalidArgument, "tag: too long", details);
    let ClientError::Invalid { field, message } = refused(refusal).await else { panic!() };
    assert_eq!((field.as_str(), message.as_str()), ("key.tag", "tag: too long"));

    let details = ErrorDetails::with_error_info("DENIED", "pwasync", []);
    let refusal = Status::with_error_details(Code::PermissionDenied, "no", details);
    let ClientError::PermissionDenied { rule, .. } = refused(refusal).await else { panic!() };
    assert_eq!(rule.as_deref(), Some("DENIED"));

    let details = ErrorDetails::with_retry_info(Some(Duration::from_secs(3_600)));
    let refusal = Status::with_error_details(Code::ResourceExhausted, "share spent", details);
    let error = refused(refusal).await;
    assert_eq!(error.hint().as_deref(), Some("try again in 3600 s"));
    assert!(matches!(error, ClientError::Exhausted { .. }), "{error:?}");
}

#[tokio::test]
async fn a_spent_share_of_calls_is_waited_for_once() {
    let place = Place::new();
    let mut daemon = place.start();
    let client = Client::new(place.socket());
    let calling = tokio::spawn(async move { client.register(&new()).await });
    let details = ErrorDetails::with_retry_info(Some(Duration::from_millis(5)));
    let spent =
        || Status::with_error_details(Code::ResourceExhausted, "calls a minute", details.clone());
    for _ in 0..2 {
        let Call::Register(_, answer) = daemon.call().await else { panic!() };
        answer.send(Err(spent())).unwrap();
    }
    let error = soon("an answer", calling).await.unwrap().unwrap_err();
    assert!(matches!(error, ClientError::Exhausted { .. }), "{error:?}");
}

#[tokio::test]
async fn answers_are_plain_values() {
    let place = Place::new();
    let _daemon = place.start();
    let client = Client::new(place.socket());
    let profile = plain_key().profile;
    let tags = client.get_tags(&profile, "https://app.example/", SyncKind::OneOff).await;
    assert_eq!(tags.unwrap(), ["b", "a"]);
    assert_eq!(client.get_registration(&plain_key()).await.unwrap(), None);
    assert_eq!(client.remove_scope(&profile, "https://app.example/").await.unwrap(), 3);
    let error = client.unregister(&plain_key()).await.unwrap_err();
    assert_eq!(error.to_string(), "answer of pwasyncd: field `change`: value 99 is unknown");
    let error = client.status().await.unwrap_err();
    assert!(matches!(error, ClientError::Unsupported { .. }), "{error:?}");
}

#[tokio::test]
async fn a_long_list_is_reconciled_in_pieces() {
    let place = Place::new();
    let mut daemon = place.start();
    let client = Client::new(place.socket());
    let held = HeldRegistration {
        scope: "https://app.example/".to_owned(),
        kind: SyncKind::Periodic,
        tag: "t".repeat(10_240),
        min_interval: Some(Duration::from_secs(60)),
        app_id: None,
        constraints: Constraints::default(),
    };
    let calling =
        tokio::spawn(
            async move { client.reconcile(&plain_key().profile, &vec![held; 1_500]).await },
        );
    let Call::Reconcile(messages, answer) = daemon.call().await else { panic!() };
    let entries: usize = messages.iter().map(|message| message.registrations.len()).sum();
    assert_eq!(entries, 1_500);
    assert!(messages.len() > 10);
    answer.send(v1::ReconcileResponse { added: vec![1], removed: vec![2, 3] }).unwrap();
    let reconciled = soon("an answer", calling).await.unwrap().unwrap();
    assert_eq!((reconciled.added.len(), reconciled.removed.len()), (1, 2));
}

#[tokio::test]
async fn no_daemon_listens_at_a_path_that_cannot_be() {
    let place = Place::new();
    std::fs::write(place.path(), "").unwrap();
    let below = SocketPath::at(place.path().join("pwasyncd.sock"));
    let error = soon("an answer", Client::new(below).register(&new())).await.unwrap_err();
    assert!(matches!(error, ClientError::NotRunning { .. }), "{error:?}");
}

async fn refused(refusal: Status) -> ClientError {
    let place = Place::new();
    let daemon = place.start();
    let client = Client::new(place.socket());
    let (_daemon, answer) = registered(daemon, &client, Err(refusal)).await;
    answer.unwrap_err()
}

async fn registered(
    mut daemon: ScriptedDaemon,
    client: &Client,
    answer: Answer,
) -> (ScriptedDaemon, Result<pwasync_client::Registered, ClientError>) {
    let client = client.clone();
    let calling = tokio::spawn(async move { client.register(&new()).await });
    let Call::Register(request, reply) = daemon.call().await else { panic!() };
    assert_eq!(request.key, Some(key("outbox")));
    reply.send(answer).unwrap();
    (daemon, soon("an answer", calling).await.unwrap())
}

fn response() -> v1::RegisterResponse {
    let registration = v1::Registration {
        id: 7,
        key: Some(key("outbox")),
        state: v1::RegistrationState::Pending.into(),
        ..v1::Registration::default()
    };
    let change = v1::RegisterChange::Created.into();
    v1::RegisterResponse { registration: Some(registration), change }
}

fn new() -> NewRegistration {
    NewRegistration::new(plain_key())
}

fn plain_key() -> RegistrationKey {
    RegistrationKey {
        profile: ProfileId { browser: "test".to_owned(), profile: "p".to_owned() },
        scope: "https://app.example/".to_owned(),
        kind: SyncKind::OneOff,
        tag: "outbox".to_owned(),
    }
}
