//! A launcher of the client crate and the built daemon: closed browsers are started for what is due.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use pwasync_client::{
    Advance, AdvanceTarget, BlockerCode, Client, CloseReason, Launcher, LauncherEvent,
    LauncherOptions, LetTimeOut, NetworkState, NewRegistration, Outcome, ProfileId, Registration,
    RegistrationKey, Session, SessionEvent, SessionOptions, SocketPath, SyncKind,
};
use pwasync_e2e::{Binaries, Daemon, DaemonSetup, HostKind, Workdir};

const LIMIT: Duration = Duration::from_secs(60);

/// A daemon on a simulated host that is online, one registration, and a launcher for its browser.
struct Bed {
    client: Client,
    socket: SocketPath,
    launcher: Launcher,
    key: RegistrationKey,
    _daemon: Daemon,
    _workdir: Workdir,
}

impl Bed {
    async fn start() -> Self {
        let (binaries, workdir) = (Binaries::find().unwrap(), Workdir::create().unwrap());
        let mut setup = DaemonSetup::new(&binaries, &workdir, None).unwrap();
        setup.host = HostKind::Simulated { start: Some("2026-01-01T00:00:00Z".into()) };
        let daemon = setup.start(None).await.unwrap();
        let socket = SocketPath::at(setup.socket());
        let client = Client::new(socket.clone());
        client.set_network(NetworkState::up()).await.unwrap();
        let launcher = Launcher::attach(socket.clone(), options()).await.unwrap();
        let key = RegistrationKey {
            profile: profile(),
            scope: "https://app.example/".into(),
            kind: SyncKind::OneOff,
            tag: "outbox".into(),
        };
        client.register(&NewRegistration::new(key.clone())).await.unwrap();
        Self { client, socket, launcher, key, _daemon: daemon, _workdir: workdir }
    }

    async fn advance(&self, seconds: u64) {
        let target = AdvanceTarget::By(Duration::from_secs(seconds));
        let advance = Advance { target, patience: Some(LIMIT), let_time_out: LetTimeOut::No };
        self.client.advance(advance).await.unwrap();
    }

    async fn hear(&mut self) -> LauncherEvent {
        tokio::time::timeout(LIMIT, self.launcher.next()).await.unwrap().unwrap()
    }

    async fn launch(&mut self) -> String {
        let LauncherEvent::Launch { profile: of, launch_token, time_limit } = self.hear().await
        else {
            panic!("another message came")
        };
        assert_eq!((of, time_limit), (profile(), Duration::from_secs(60)));
        launch_token
    }

    async fn registration(&self) -> Option<Registration> {
        self.client.get_registration(&self.key).await.unwrap()
    }

    async fn held_by(&self) -> Vec<BlockerCode> {
        self.registration().await.unwrap().blockers.iter().map(|one| one.code).collect()
    }
}

fn profile() -> ProfileId {
    ProfileId { browser: "scripted".into(), profile: "Default".into() }
}

fn options() -> LauncherOptions {
    LauncherOptions { profiles: vec![profile()], agent: "scripted 1".into() }
}

#[tokio::test]
async fn a_closed_browser_is_started_and_woken() {
    let mut bed = Bed::start().await;
    bed.advance(2).await;
    let token = bed.launch().await;
    assert!(bed.held_by().await.contains(&BlockerCode::BrowserLaunching));
    bed.launcher.started(&token).await;
    let options = SessionOptions {
        profile: profile(),
        agent: "scripted".into(),
        capacity: 1,
        launch_token: Some(token),
    };
    let (handle, mut events) = Session::attach(bed.socket.clone(), options);
    let woken = async {
        while let Some(event) = events.next().await {
            match event {
                SessionEvent::Attached { .. } => handle.ready().await,
                SessionEvent::Wake(wake) => {
                    // A browser that was started for it may take longer.
                    assert_eq!(wake.start_limit, Duration::from_secs(60));
                    handle.started(&wake.attempt).await;
                    handle.finished(&wake.attempt, Outcome::Completed, "", None).await;
                }
                SessionEvent::Recorded { .. } => return,
                SessionEvent::HostChanged(_) => {}
                other @ (SessionEvent::Abandon { .. }
                | SessionEvent::Cancel { .. }
                | SessionEvent::Detached { .. }
                | SessionEvent::Closed { .. }) => panic!("{other:?}"),
            }
        }
    };
    tokio::time::timeout(LIMIT, woken).await.unwrap();
    assert_eq!(bed.registration().await, None);
}

#[tokio::test]
async fn a_start_that_fails_is_tried_again_and_the_newest_launcher_wins() {
    let mut bed = Bed::start().await;
    bed.advance(2).await;
    let first = bed.launch().await;
    bed.launcher.failed(&first, "no such file").await;
    // The next try comes after a minute; what was said comes before that.
    let failed = async {
        while bed.held_by().await.contains(&BlockerCode::BrowserLaunching) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, failed).await.unwrap();
    bed.advance(61).await;
    assert_ne!(bed.launch().await, first);

    let newer = Launcher::attach(bed.socket.clone(), options()).await.unwrap();
    assert!(newer.id() > bed.launcher.id());
    let LauncherEvent::Closing { reason, .. } = bed.hear().await else { panic!("not closed") };
    assert_eq!(reason, CloseReason::Superseded);
}
