//! What a launcher says and hears.

use std::time::Duration;

use pwasync_client::{
    ClientError, CloseReason, Launcher, LauncherEvent, LauncherOptions, ProfileId,
};
use pwasync_proto::v1;
use pwasync_proto::v1::launcher_attach_request::Message as Said;
use pwasync_proto::v1::launcher_attach_response::Message as Says;

use crate::scripted_daemon::{Call, Place, ScriptedDaemon, soon};
use crate::scripted_launcher::AttachedLauncher;

#[tokio::test]
async fn a_launcher_hears_launches_and_says_what_became_of_them() {
    let (attaching, mut daemon, _running) = attaching().await;
    let hello = v1::LauncherHello { profiles: vec![wire_profile()], agent: "agent 1".to_owned() };
    assert_eq!(daemon.said().await, Said::Hello(hello));
    daemon.say(welcome()).await;
    let mut launcher = soon("a welcome", attaching).await.unwrap().unwrap();
    assert_eq!((launcher.id(), launcher.daemon_version()), (7, "0.1.0"));

    daemon.say(launch("one")).await;
    let wanted = LauncherEvent::Launch {
        profile: profile(),
        launch_token: "one".to_owned(),
        time_limit: Duration::from_secs(60),
    };
    assert_eq!(soon("a launch", launcher.next()).await.unwrap(), wanted);
    launcher.started("one").await;
    launcher.failed("two", "no such file").await;
    launcher.profiles_changed(vec![]).await;
    let said = [daemon.said().await, daemon.said().await, daemon.said().await];
    let (started, failed) = ("one".to_owned(), "two".to_owned());
    let wanted = [
        Said::LaunchStarted(v1::LaunchStarted { launch_token: started }),
        Said::LaunchFailed(v1::LaunchFailed {
            launch_token: failed,
            reason: "no such file".to_owned(),
        }),
        Said::ProfilesChanged(v1::ProfilesChanged { profiles: vec![] }),
    ];
    assert_eq!(said, wanted);

    let launch_token = "one".to_owned();
    daemon.say(Says::LaunchCancel(v1::LaunchCancel { launch_token: launch_token.clone() })).await;
    let cancel = LauncherEvent::Cancel { launch_token };
    assert_eq!(soon("a cancel", launcher.next()).await.unwrap(), cancel);
    daemon.say(superseded()).await;
    let closing = LauncherEvent::Closing {
        reason: CloseReason::Superseded,
        reconnect_after: None,
        detail: None,
    };
    assert_eq!(soon("the end", launcher.next()).await.unwrap(), closing);
    drop(daemon);
    let error = soon("the end", launcher.next()).await.unwrap_err();
    assert!(matches!(error, ClientError::Disconnected { .. }), "{error:?}");
}

#[tokio::test]
async fn a_launcher_that_is_not_welcome_is_told_why() {
    let (attaching, daemon, _running) = attaching().await;
    daemon.say(superseded()).await;
    let error = soon("an answer", attaching).await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), CloseReason::Superseded.as_str());

    let (attaching, daemon, _running) = self::attaching().await;
    daemon.say(launch("early")).await;
    let error = soon("an answer", attaching).await.unwrap().unwrap_err();
    let text = "answer of pwasyncd: field `welcome`: it did not come first";
    assert_eq!(error.to_string(), text);
}

#[tokio::test]
async fn a_second_welcome_is_malformed() {
    let (attaching, daemon, _running) = attaching().await;
    daemon.say(welcome()).await;
    let mut launcher = soon("a welcome", attaching).await.unwrap().unwrap();
    daemon.say(welcome()).await;
    let error = soon("an answer", launcher.next()).await.unwrap_err();
    assert_eq!(error.to_string(), "answer of pwasyncd: field `welcome`: it came twice");
}

type Attaching = tokio::task::JoinHandle<Result<Launcher, ClientError>>;

/// A launcher that said Hello, and the daemon's end of it, which lives as long as the daemon.
async fn attaching() -> (Attaching, AttachedLauncher, ScriptedDaemon) {
    let place = Place::new();
    let mut daemon = place.start();
    let options = LauncherOptions { profiles: vec![profile()], agent: "agent 1".to_owned() };
    let attaching = tokio::spawn(Launcher::attach(place.socket(), options));
    let Call::Launcher(launcher) = daemon.call().await else { panic!("another call came") };
    (attaching, *launcher, daemon)
}

fn welcome() -> Says {
    let daemon_version = "0.1.0".to_owned();
    Says::Welcome(v1::LauncherWelcome { launcher_id: 7, daemon_version })
}

fn launch(token: &str) -> Says {
    Says::Launch(v1::Launch {
        profile: Some(wire_profile()),
        launch_token: token.to_owned(),
        time_limit: Some(prost_types::Duration { seconds: 60, nanos: 0 }),
    })
}

fn superseded() -> Says {
    let reason = v1::ClosingReason::Superseded.into();
    Says::Closing(v1::Closing { reason, ..v1::Closing::default() })
}

fn profile() -> ProfileId {
    ProfileId { browser: "test".to_owned(), profile: "p".to_owned() }
}

fn wire_profile() -> v1::ProfileId {
    v1::ProfileId { browser: "test".to_owned(), profile: "p".to_owned() }
}
