//! Launchers: asked to start a closed browser when something is due in it, and only then.

use std::time::Duration;

use pwasync_proto::v1 as wire;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};
use wire::{
    BlockerCode, attach_request::Message as FromBrowser, launcher_attach_request::Message as Up,
    launcher_attach_response::Message as Down,
};

use crate::{
    bed::{Client, Daemon, advance_by, key, profile, reason, soon, wrong_field},
    session::{Session, hello},
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// One stream.
struct Agent {
    up: Option<mpsc::Sender<wire::LauncherAttachRequest>>,
    down: Streaming<wire::LauncherAttachResponse>,
}

impl Agent {
    /// Opens the stream and says nothing.
    async fn silent(client: &mut Client) -> Self {
        // As many as a test ever sends before it reads.
        let (up, messages) = mpsc::channel(1_024);
        let down = soon(client.launcher.attach(ReceiverStream::new(messages))).await.unwrap();
        Self { up: Some(up), down: down.into_inner() }
    }

    /// An agent that can start these.
    async fn attached(client: &mut Client, profiles: Vec<wire::ProfileId>) -> (Self, u64) {
        let mut agent = Self::silent(client).await;
        agent.say(Up::Hello(wire::LauncherHello { profiles, agent: "agent 1.0".into() })).await;
        match agent.next().await {
            Ok(Some(Down::Welcome(welcome))) => {
                assert!(!welcome.daemon_version.is_empty());
                (agent, welcome.launcher_id)
            }
            other => panic!("expected a welcome: {other:?}"),
        }
    }

    async fn say(&mut self, message: Up) {
        let message = wire::LauncherAttachRequest { message: Some(message) };
        soon(self.up.as_ref().unwrap().send(message)).await.unwrap();
    }

    async fn failed(&mut self, launch_token: &str) {
        let (launch_token, reason) = (launch_token.to_owned(), "no such program".to_owned());
        self.say(Up::LaunchFailed(wire::LaunchFailed { launch_token, reason })).await;
    }

    async fn next(&mut self) -> Result<Option<Down>, Status> {
        Ok(soon(self.down.message()).await?.and_then(|message| message.message))
    }

    async fn launch(&mut self) -> wire::Launch {
        match self.next().await {
            Ok(Some(Down::Launch(launch))) => launch,
            other => panic!("expected a launch: {other:?}"),
        }
    }

    async fn cancel(&mut self) -> String {
        match self.next().await {
            Ok(Some(Down::LaunchCancel(cancel))) => cancel.launch_token,
            other => panic!("expected a cancel: {other:?}"),
        }
    }

    async fn closed(&mut self) -> (wire::Closing, Status) {
        match self.next().await {
            Ok(Some(Down::Closing(closing))) => (closing, self.next().await.unwrap_err()),
            other => panic!("expected the end: {other:?}"),
        }
    }
}

impl Client {
    /// Waits until the first registration is held by these and nothing else.
    async fn held_by(&mut self, wanted: &[BlockerCode]) {
        let mut held = Vec::new();
        let waited = tokio::time::timeout(Duration::from_secs(20), async {
            while held != wanted {
                let list = self.list().await;
                held = list[0].blockers.iter().map(wire::Blocker::code).collect();
            }
        });
        let waited = waited.await;
        assert!(waited.is_ok(), "held by {held:?}, not by {wanted:?}");
    }
}

/// An online host with a launcher and one sync that is due in a closed browser.
async fn launching() -> (Daemon, Client, Agent, wire::Launch) {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    client.online().await;
    client.advance(MINUTE).await;
    let (mut agent, _) = Agent::attached(&mut client, vec![profile()]).await;
    client.one_off("mail").await;
    let launch = agent.launch().await;
    (daemon, client, agent, launch)
}

#[tokio::test]
async fn a_closed_browser_is_started_when_a_sync_is_due() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let (mut agent, _) = Agent::attached(&mut client, vec![profile()]).await;
    client.one_off("mail").await;
    // Nothing is started for what is held anyway.
    client.held_by(&[BlockerCode::BrowserClosed, BlockerCode::Offline]).await;
    client.online().await;
    client.advance(MINUTE).await;
    let launch = agent.launch().await;
    assert_eq!(launch.profile, Some(profile()));
    assert_eq!(launch.time_limit.unwrap().seconds, 60);
    client.held_by(&[BlockerCode::BrowserLaunching]).await;

    let launch_token = launch.launch_token.clone();
    agent.say(Up::LaunchStarted(wire::LaunchStarted { launch_token })).await;
    let answered = wire::Hello { launch_token: launch.launch_token, ..hello() };
    let (mut session, _) = Session::hello(&mut client, answered).await;
    session.say(FromBrowser::Ready(wire::Ready {})).await;
    let wake = session.wake().await;
    assert_eq!(wake.start_limit.unwrap().seconds, 60, "it was just launched");
    session.finished(&wake.attempt_id, wire::Outcome::Completed).await;
    session.recorded().await;
    daemon.stop().await;
    let (closing, status) = agent.closed().await;
    assert_eq!(closing.reason(), wire::ClosingReason::ShuttingDown);
    assert_eq!(status.code(), Code::Unavailable);
}

#[tokio::test]
async fn a_browser_that_its_user_starts_ends_the_launch() {
    let (_daemon, mut client, mut agent, launch) = launching().await;
    let mut session = Session::ready(&mut client).await;
    assert_eq!(agent.cancel().await, launch.launch_token);
    assert_eq!(session.wake().await.start_limit.unwrap().seconds, 30);
}

#[tokio::test]
async fn a_launch_that_fails_is_tried_again_after_longer_and_longer() {
    let (_daemon, mut client, mut agent, mut launch) = launching().await;
    for minutes in [1, 2, 4] {
        agent.failed(&launch.launch_token).await;
        client.held_by(&[BlockerCode::BrowserClosed]).await;
        client.advance(minutes * MINUTE - SECOND).await;
        client.held_by(&[BlockerCode::BrowserClosed]).await;
        client.advance(SECOND).await;
        let next = agent.launch().await;
        assert_ne!(next.launch_token, launch.launch_token, "tokens are never used again");
        launch = next;
    }
    // A token that is not under way changes nothing.
    agent.failed("1-999").await;
    client.held_by(&[BlockerCode::BrowserLaunching]).await;
}

#[tokio::test]
async fn a_browser_that_does_not_attach_in_time_counts_as_failed() {
    let (_daemon, mut client, mut agent, launch) = launching().await;
    client.advance(MINUTE).await;
    assert_eq!(agent.cancel().await, launch.launch_token);
    client.held_by(&[BlockerCode::BrowserClosed]).await;
}

#[tokio::test]
async fn the_newest_launcher_of_an_owner_wins() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let (mut older, first) = Agent::attached(&mut client, vec![profile()]).await;
    let (mut newer, second) = Agent::attached(&mut client, vec![profile()]).await;
    assert!(second > first);
    let (closing, status) = older.closed().await;
    assert_eq!(closing.reason(), wire::ClosingReason::Superseded);
    assert_eq!(closing.reconnect_after, None);
    assert_eq!((status.code(), reason(&status)), (Code::Aborted, "SUPERSEDED".into()));
    client.one_off("mail").await;
    client.online().await;
    client.advance(MINUTE).await;
    newer.launch().await;
}

#[tokio::test]
async fn without_a_launcher_nothing_is_started() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    client.online().await;
    client.advance(MINUTE).await;
    client.one_off("mail").await;
    let nothing = [BlockerCode::BrowserClosed, BlockerCode::NoLauncher];
    client.held_by(&nothing).await;
    let other = wire::ProfileId { profile: "Other".into(), ..profile() };
    let (mut agent, _) = Agent::attached(&mut client, vec![other.clone()]).await;
    client.held_by(&nothing).await;
    let profiles = vec![other, profile()];
    agent.say(Up::ProfilesChanged(wire::ProfilesChanged { profiles })).await;
    let launch = agent.launch().await;
    assert_eq!(launch.profile, Some(profile()));
    // The agent goes while the browser is starting: it may come all the same, in time.
    agent.up = None;
    assert!(matches!(agent.next().await, Ok(None)));
    client.held_by(&[BlockerCode::BrowserLaunching]).await;
    // A minute for the launch, and another of back-off.
    client.advance(2 * MINUTE).await;
    client.held_by(&nothing).await;
}

#[tokio::test]
async fn launchers_are_told_when_the_core_starts_again() {
    let (_daemon, mut client, mut agent, launch) = launching().await;
    soon(client.simulation.cut_power(wire::CutPowerRequest::default())).await.unwrap();
    let (closing, status) = agent.closed().await;
    assert_eq!(closing.reason(), wire::ClosingReason::Restarting);
    assert!(closing.reconnect_after.is_some());
    assert_eq!((status.code(), reason(&status)), (Code::Unavailable, "RESTARTING".into()));
    client.advance(MINUTE).await;
    let (mut again, _) = Agent::attached(&mut client, vec![profile()]).await;
    let next = again.launch().await;
    assert_ne!(next.launch_token, launch.launch_token);
    // A stream of the core before cannot end the launcher of this one.
    drop(agent);
    again.failed(&next.launch_token).await;
    client.held_by(&[BlockerCode::BrowserClosed]).await;
}

#[tokio::test]
async fn a_launcher_that_breaks_the_rules_is_told_which() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let started =
        |token: &str| Up::LaunchStarted(wire::LaunchStarted { launch_token: token.to_owned() });
    let mut agent = Agent::silent(&mut client).await;
    agent.say(started("1-1")).await;
    let (closing, status) = agent.closed().await;
    assert_eq!(closing.reason(), wire::ClosingReason::ProtocolError);
    assert_eq!(status.message(), "protocol error: `LaunchStarted` came before `LauncherHello`");
    assert_eq!(reason(&status), "PROTOCOL_ERROR");

    let (mut agent, _) = Agent::attached(&mut client, vec![]).await;
    agent.say(Up::Hello(wire::LauncherHello::default())).await;
    let (_, status) = agent.closed().await;
    assert_eq!(status.message(), "protocol error: `LauncherHello` came twice");

    let (mut agent, _) = Agent::attached(&mut client, vec![]).await;
    agent.say(started("seven")).await;
    let (closing, status) = agent.closed().await;
    assert_eq!(closing.reason(), wire::ClosingReason::ProtocolError);
    let rule = "value `seven` is not `epoch-counter`";
    assert_eq!(wrong_field(&status), ("launch_token".into(), rule.into()));

    let mut agent = Agent::silent(&mut client).await;
    let profiles = vec![profile(); 65];
    agent.say(Up::Hello(wire::LauncherHello { profiles, agent: String::new() })).await;
    let (_, status) = agent.closed().await;
    let rule = "value `65` is more than 64 entries";
    assert_eq!(wrong_field(&status), ("profiles".into(), rule.into()));

    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(Agent::silent(&mut client).await);
    }
    let status = soon(client.launcher.attach(tokio_stream::pending())).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::ResourceExhausted, "BUSY".into()));
    assert_eq!(status.message(), "launchers of one user: 8 at once is the limit");
}

#[tokio::test]
async fn a_bad_token_ends_a_session() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let mut session = Session::silent(&mut client).await;
    let hello = wire::Hello { launch_token: "seven".into(), ..hello() };
    session.say(FromBrowser::Hello(hello)).await;
    let (_, status) = session.closed().await;
    assert_eq!(wrong_field(&status).0, "launch_token");
}

#[tokio::test]
async fn a_launcher_that_does_not_read_is_cut_off() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    client.online().await;
    client.advance(MINUTE).await;
    // Some answers fit into the window, 256 into the outbox.
    let mut narrow = daemon.narrow_client(1_000).await;
    let (mut slow, _) = Agent::attached(&mut narrow, vec![profile()]).await;
    client.one_off("mail").await;
    // Each hour or so it is asked again, and cancelled a minute later.
    soon(client.simulation.advance(advance_by(600 * 60 * MINUTE, false))).await.unwrap();
    client.held_by(&[BlockerCode::BrowserClosed, BlockerCode::NoLauncher]).await;
    let mut messages = 0;
    let (closing, status) = loop {
        match slow.next().await {
            Ok(Some(Down::Launch(_) | Down::LaunchCancel(_))) => messages += 1,
            Ok(Some(Down::Closing(closing))) => break (closing, slow.next().await.unwrap_err()),
            other => panic!("expected launches and an end: {other:?}"),
        }
    };
    assert!(messages < 1_000);
    assert_eq!(closing.reason(), wire::ClosingReason::TooSlow);
    assert_eq!((status.code(), reason(&status)), (Code::ResourceExhausted, "TOO_SLOW".into()));
    assert_eq!(client.list().await[0].key, Some(key("mail")));
}

#[tokio::test]
async fn launchers_of_other_users_start_nothing_of_mine() {
    if !crate::root::have_root("only root may become another user") {
        return;
    }
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let mut other = daemon.client_of(4_242).await;
    let (_agent, _) = Agent::attached(&mut other, vec![profile()]).await;
    client.online().await;
    client.advance(MINUTE).await;
    client.one_off("mail").await;
    client.held_by(&[BlockerCode::BrowserClosed, BlockerCode::NoLauncher]).await;
}
