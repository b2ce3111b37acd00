//! The built daemon on a simulated host, driven by the client crate: days in milliseconds.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, time::Duration};

use pwasync_client::{
    Advance, AdvanceTarget, AttemptId, Change, Client, Filter, Follow, LastChance, LetTimeOut,
    NetworkState, NewRegistration, Outcome, ProfileId, RegistrationEvent, RegistrationKey,
    RemovalReason, Session, SessionEvent, SessionEvents, SessionHandle, SessionOptions, SocketPath,
    SyncKind, Wake,
};
use pwasync_e2e::{Binaries, Daemon, DaemonSetup, HostKind, Workdir};

const LIMIT: Duration = Duration::from_secs(60);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// A daemon on a simulated host that is online, and an attached browser.
struct Bed {
    client: Client,
    browser: ScriptedBrowser,
    setup: DaemonSetup,
    daemon: Option<Daemon>,
    _workdir: Workdir,
}

/// Speaks the protocol as a browser does, and runs no worker.
struct ScriptedBrowser {
    handle: SessionHandle,
    events: SessionEvents,
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
        let options = SessionOptions {
            profile: profile(),
            agent: "scripted".into(),
            capacity: 4,
            launch_token: None,
        };
        let (handle, events) = Session::attach(socket, options);
        let mut browser = ScriptedBrowser { handle, events };
        browser.attached().await;
        Self { client, browser, setup, daemon: Some(daemon), _workdir: workdir }
    }
}

impl ScriptedBrowser {
    async fn next(&mut self) -> SessionEvent {
        tokio::time::timeout(LIMIT, self.events.next()).await.unwrap().unwrap()
    }

    async fn attached(&mut self) {
        while !matches!(self.next().await, SessionEvent::Attached { .. }) {}
        self.handle.ready().await;
    }

    async fn wake(&mut self) -> Wake {
        loop {
            if let SessionEvent::Wake(wake) = self.next().await {
                return wake;
            }
        }
    }

    async fn finish(&self, attempt: &AttemptId, outcome: Outcome) {
        self.handle.started(attempt).await;
        self.handle.finished(attempt, outcome, "as the script says", None).await;
    }
}

fn profile() -> ProfileId {
    ProfileId { browser: "scripted".into(), profile: "Default".into() }
}

fn new(kind: SyncKind, tag: &str) -> NewRegistration {
    let scope = "https://example.org/".into();
    NewRegistration::new(RegistrationKey { profile: profile(), scope, kind, tag: tag.into() })
}

fn advance(by: Duration, let_time_out: LetTimeOut) -> Advance {
    Advance { target: AdvanceTarget::By(by), patience: Some(LIMIT), let_time_out }
}

#[tokio::test]
async fn thirty_days_of_a_12_h_tag_are_60_events() {
    let Bed { client, mut browser, daemon, .. } = Bed::start().await;
    client.advance(advance(Duration::from_secs(1), LetTimeOut::No)).await.unwrap();
    let mut news = new(SyncKind::Periodic, "news");
    news.min_interval = Some(12 * HOUR);
    client.register(&news).await.unwrap();

    // Its slots are those of the wake grid: up to 15 min after its time, and then 12 h apart.
    let slot = Duration::from_secs(15 * 60);
    let month = client.advance(advance(30 * 24 * HOUR + slot, LetTimeOut::No));
    let events = async {
        for event in 1..=60 {
            let wake = browser.wake().await;
            assert_eq!(wake.last_chance, LastChance::No, "event {event}");
            browser.handle.started(&wake.attempt).await;
            // The event itself takes two seconds of simulated time.
            let two = advance(Duration::from_secs(2), LetTimeOut::Yes);
            client.advance(two).await.unwrap();
            browser.handle.finished(&wake.attempt, Outcome::Completed, "", None).await;
        }
    };
    let (month, ()) = tokio::join!(month, events);
    assert_eq!(month.unwrap().wakes, 60);
    drop(daemon);
}

#[tokio::test]
async fn three_rejections_come_at_0_5_and_20_minutes_and_the_last_is_final() {
    let mut bed = Bed::start().await;
    bed.client.register(&new(SyncKind::OneOff, "mail")).await.unwrap();
    let start = bed.client.status().await.unwrap().now.unwrap();
    let by = advance(HOUR, LetTimeOut::No);
    let attempts = async {
        let mut attempts = Vec::new();
        for _ in 0..3 {
            let wake = bed.browser.wake().await;
            bed.browser.finish(&wake.attempt, Outcome::Rejected).await;
            attempts.push(wake);
        }
        attempts
    };
    let (advanced, attempts) = tokio::join!(bed.client.advance(by), attempts);
    assert_eq!(advanced.unwrap().wakes, 3);
    let last: Vec<_> = attempts.iter().map(|wake| wake.last_chance).collect();
    assert_eq!(last, [LastChance::No, LastChance::No, LastChance::Yes]);

    let mut watch = bed.client.watch(1_000, Follow::No).await.unwrap();
    let (mut sent, mut removed) = (Vec::new(), None);
    while let Some(past) = watch.next().await.unwrap() {
        let Change::Registration(change) = past.change else { continue };
        match change.event {
            RegistrationEvent::Woken(attempt) => sent.push(attempt.sent_at.unwrap()),
            RegistrationEvent::Removed(reason) => removed = Some(reason),
            RegistrationEvent::Created
            | RegistrationEvent::Updated
            | RegistrationEvent::Rearmed
            | RegistrationEvent::Started(_)
            | RegistrationEvent::Finished { .. }
            | RegistrationEvent::Suspended
            | RegistrationEvent::Revived { .. }
            | RegistrationEvent::BroughtForward(_) => {}
        }
    }
    // The network settles first.
    let first = start + Duration::from_secs(1);
    assert_eq!(sent, [first, first + 5 * MINUTE, first + 20 * MINUTE]);
    assert_eq!(removed, Some(RemovalReason::GaveUp));
}

/// Shares that a crowd does not spend.
const CROWDED: &str = "[shares]\nslots = 1024\nowner_slots = 1024\norigin_registrations = 1024\n\
                       [traffic]\nowner_calls = \"unlimited\"\norigin_calls = \"unlimited\"\n";

/// What wakes hundreds is written in parts. The daemon is killed as soon as the first wake is seen.
#[tokio::test]
async fn of_a_crowd_only_those_are_woken_whose_attempts_are_on_disk() {
    let mut bed = Bed::start().await;
    fs::write(bed.setup.policy(), CROWDED).unwrap();
    assert!(bed.client.reload_policy().await.unwrap().problems.is_empty());
    bed.client.advance(advance(MINUTE, LetTimeOut::No)).await.unwrap();
    bed.client.set_network(NetworkState::Down).await.unwrap();
    let mut crowd = Vec::new();
    for number in 0..10 {
        let profile = ProfileId { browser: "scripted".into(), profile: number.to_string() };
        for tag in 0..64 {
            let mut mail = new(SyncKind::OneOff, &tag.to_string());
            mail.key.profile = profile.clone();
            bed.client.register(&mail).await.unwrap();
        }
        let agent = "scripted".into();
        let options = SessionOptions { profile, agent, capacity: 64, launch_token: None };
        let (handle, events) = Session::attach(SocketPath::at(bed.setup.socket()), options);
        let mut browser = ScriptedBrowser { handle, events };
        browser.attached().await;
        crowd.push(browser);
    }
    bed.client.set_network(NetworkState::up()).await.unwrap();
    let settled = bed.client.advance(advance(MINUTE, LetTimeOut::No));
    let mut woken = Vec::new();
    tokio::select! {
        ended = settled => panic!("it ended before a wake: {ended:?}"),
        wake = crowd[0].wake() => woken.push(wake),
    }
    bed.daemon.take().unwrap().process.crash().await.unwrap();
    for browser in &mut crowd {
        loop {
            let event = browser.next().await;
            if let SessionEvent::Wake(wake) = event {
                woken.push(wake);
            } else if matches!(event, SessionEvent::Detached { .. }) {
                break;
            }
        }
    }
    let daemon = bed.setup.start(None).await.unwrap();
    let recorded = bed.client.list_all(Filter::default()).await.unwrap();
    assert_eq!(recorded.len(), 640);
    for wake in &woken {
        let registration = recorded.iter().find(|one| one.id == wake.registration_id).unwrap();
        let attempt = registration.last_attempt.as_ref().map(|attempt| &attempt.id);
        assert_eq!(attempt, Some(&wake.attempt), "one of {} woken", woken.len());
    }
    drop(daemon);
}

#[tokio::test]
async fn a_killed_simulation_goes_on_where_it_stood() {
    let mut bed = Bed::start().await;
    bed.client.register(&new(SyncKind::OneOff, "mail")).await.unwrap();
    bed.client.set_network(NetworkState::Down).await.unwrap();
    bed.client.advance(advance(5 * HOUR, LetTimeOut::No)).await.unwrap();
    let before = bed.client.status().await.unwrap();
    bed.daemon.take().unwrap().process.crash().await.unwrap();
    bed.daemon = Some(bed.setup.start(None).await.unwrap());
    let after = bed.client.status().await.unwrap();
    assert_eq!(after.now, before.now);
    assert_eq!(after.epoch, before.epoch + 1);
    bed.browser.attached().await;
    bed.client.set_network(NetworkState::up()).await.unwrap();
    let by = advance(MINUTE, LetTimeOut::No);
    let event = async {
        let wake = bed.browser.wake().await;
        bed.browser.finish(&wake.attempt, Outcome::Completed).await;
    };
    let (advanced, ()) = tokio::join!(bed.client.advance(by), event);
    assert_eq!(advanced.unwrap().wakes, 1);
}
