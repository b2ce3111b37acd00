//! The built daemon on a simulated host, `syncctl`, and a browser that does as it is told.

use std::{
    fs,
    time::{Duration, SystemTime},
};

use pwasync_client::{
    Advance, AdvanceTarget, Client, LetTimeOut, NetworkState, NewRegistration, Outcome, ProfileId,
    RegistrationId, RegistrationKey, Session, SessionEvent, SessionEvents, SessionHandle,
    SessionOptions, SimulatedNetwork, SocketPath, SyncKind, Wake,
};
use pwasync_e2e::{Binaries, Command, Daemon, DaemonSetup, Ending, HostKind, Workdir};
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(60);
pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);
pub(crate) const ORIGIN: &str = "https://example.org";
pub(crate) const APP: &str = "https://example.org/manifest";

/// A daemon, and at most one browser.
pub(crate) struct Bed {
    pub(crate) client: Client,
    pub(crate) browser: Option<Browser>,
    binaries: Binaries,
    setup: DaemonSetup,
    _daemon: Daemon,
    _workdir: Workdir,
}

/// A browser that runs no worker.
pub(crate) struct Browser {
    handle: SessionHandle,
    events: SessionEvents,
}

/// What `syncctl why --json` says of one code.
#[derive(Debug)]
pub(crate) struct Why {
    /// All that holds the registration.
    pub(crate) codes: Vec<String>,
    /// When the code can end at the earliest.
    pub(crate) earliest: Option<SystemTime>,
    /// When the registration will run, where that is certain.
    pub(crate) runs_at: Option<SystemTime>,
}

impl Bed {
    /// A daemon whose host is offline and whose browsers are closed.
    pub(crate) async fn start() -> Self {
        Self::with("", &[]).await
    }

    /// One with a policy, and with further words on its command line.
    pub(crate) async fn with(policy: &str, words: &[&str]) -> Self {
        let (binaries, workdir) = (Binaries::find().unwrap(), Workdir::create().unwrap());
        let mut setup = DaemonSetup::new(&binaries, &workdir, None).unwrap();
        setup.host = HostKind::Simulated { start: Some("2026-01-01T00:00:00Z".into()) };
        setup.arguments = words.iter().map(|word| (*word).to_owned()).collect();
        fs::write(setup.policy(), policy).unwrap();
        let daemon = setup.start(None).await.unwrap();
        let client = Client::new(SocketPath::at(setup.socket()));
        Self { client, browser: None, binaries, setup, _daemon: daemon, _workdir: workdir }
    }

    /// A daemon whose network has settled, with an open browser.
    pub(crate) async fn ready() -> Self {
        let mut bed = Self::start().await;
        bed.settle(SimulatedNetwork::default()).await;
        bed.open(4, None).await;
        bed
    }

    pub(crate) fn socket(&self) -> SocketPath {
        SocketPath::at(self.setup.socket())
    }

    /// Starts the browser.
    pub(crate) async fn open(&mut self, capacity: u32, launch_token: Option<String>) {
        let agent = "scripted".into();
        let options = SessionOptions { profile: profile(), agent, capacity, launch_token };
        let (handle, events) = Session::attach(self.socket(), options);
        let mut browser = Browser { handle, events };
        while !matches!(browser.next().await, SessionEvent::Attached { .. }) {}
        browser.handle.ready().await;
        self.browser = Some(browser);
        let ready = async {
            while !self.client.sessions().await.unwrap().iter().any(|session| session.ready) {}
        };
        tokio::time::timeout(LIMIT, ready).await.unwrap();
    }

    pub(crate) async fn network(&self, network: SimulatedNetwork) {
        self.client.set_network(NetworkState::Up(network)).await.unwrap();
    }

    /// Goes on a network and lets it settle.
    pub(crate) async fn settle(&mut self, network: SimulatedNetwork) -> Vec<RegistrationId> {
        self.network(network).await;
        self.advance(SECOND).await
    }

    pub(crate) async fn register(&self, new: &NewRegistration) -> RegistrationId {
        self.client.register(new).await.unwrap().registration.id
    }

    pub(crate) async fn one_off(&self) -> RegistrationId {
        self.register(&one_off("mail")).await
    }

    pub(crate) async fn periodic(&self) -> RegistrationId {
        self.register(&periodic("news")).await
    }

    pub(crate) async fn now(&self) -> SystemTime {
        self.client.status().await.unwrap().now.unwrap()
    }

    /// Lets time pass; each event that comes is fulfilled. What ran.
    pub(crate) async fn advance(&mut self, by: Duration) -> Vec<RegistrationId> {
        let to = self.now().await + by;
        self.advance_to(to).await
    }

    pub(crate) async fn advance_to(&mut self, to: SystemTime) -> Vec<RegistrationId> {
        let client = self.client.clone();
        let target = AdvanceTarget::To(to);
        let advance = Advance { target, patience: Some(LIMIT), let_time_out: LetTimeOut::No };
        let advanced = client.advance(advance);
        tokio::pin!(advanced);
        let mut ran = Vec::new();
        loop {
            let Some(browser) = &mut self.browser else {
                advanced.await.unwrap();
                return ran;
            };
            tokio::select! {
                done = &mut advanced => {
                    done.unwrap();
                    return ran;
                }
                event = browser.next() => if let SessionEvent::Wake(wake) = event {
                    browser.finish(&wake, Outcome::Completed).await;
                    ran.push(wake.registration_id);
                },
            }
        }
    }

    /// What holds a registration; it must be held by this code.
    pub(crate) async fn why(&self, id: RegistrationId, code: &str) -> Why {
        let program = self.binaries.program("syncctl").unwrap();
        let command = Command::new(program).argument("--socket").argument(self.setup.socket());
        let command = command.arguments(["why", &id.to_string(), "--json"]);
        let output = command.run(None, LIMIT).await.unwrap();
        assert_eq!(output.ending, Ending::Good, "{output:?}");
        let said: Value = serde_json::from_str(&output.stdout).unwrap();
        let blockers = said["registration"]["blockers"].as_array().unwrap();
        let codes: Vec<_> =
            blockers.iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect();
        let Some(place) = codes.iter().position(|one| one == code) else {
            panic!("held by {codes:?}, not by {code}");
        };
        let held = &blockers[place];
        let now = self.now().await;
        let since = instant(&held["since"]).unwrap();
        assert!(since <= now, "{code} since {since:?}, which is after {now:?}");
        let earliest = instant(&held["earliest"]);
        assert!(earliest.is_none_or(|at| at > now), "{code} until {earliest:?}, and it is {now:?}");
        assert!(!held["clears"].as_str().unwrap().is_empty(), "{code} ends by nothing");
        let sentence = said["sentences"][place].as_str().unwrap();
        assert!(sentence.contains(' '), "{code}: {sentence}");
        let forecast = &said["forecast"];
        let at = instant(&forecast["at"]);
        let certain = forecast["certain"].as_bool().unwrap();
        assert!(at.is_some() || !forecast["text"].as_str().unwrap().is_empty(), "{forecast}");
        Why { codes, earliest, runs_at: at.filter(|_| certain) }
    }

    /// The same, where nothing else holds it.
    pub(crate) async fn only(&self, id: RegistrationId, code: &str) -> Why {
        let why = self.why(id, code).await;
        assert_eq!(why.codes, [code]);
        why
    }

    /// What holds a registration.
    pub(crate) async fn codes(&self, id: RegistrationId) -> Vec<String> {
        let explained = self.client.explain(id, 1).await.unwrap();
        let blockers = explained.registration.blockers;
        blockers.iter().map(|one| one.code.as_str().to_owned()).collect()
    }

    /// The time that `why` named is when it runs, and not before.
    pub(crate) async fn comes_true(&mut self, id: RegistrationId, why: &Why) {
        let at = why.runs_at.unwrap_or_else(|| panic!("no certain time is named: {why:?}"));
        let before = self.advance_to(at - Duration::from_millis(1)).await;
        assert!(!before.contains(&id), "it ran before {at:?}");
        let then = self.advance_to(at).await;
        assert!(then.contains(&id), "it did not run at {at:?}: {:?}", self.codes(id).await);
    }

    /// The code stands until the earliest instant that `why` named, and then no more.
    pub(crate) async fn ends(&mut self, id: RegistrationId, code: &str, why: &Why) {
        let at = why.earliest.unwrap();
        self.advance_to(at - Duration::from_millis(1)).await;
        assert!(self.codes(id).await.iter().any(|one| one == code), "{code} ended early");
        self.advance_to(at).await;
        assert!(!self.codes(id).await.iter().any(|one| one == code), "{code} goes on");
    }

    /// It runs by now.
    pub(crate) async fn runs(&mut self, id: RegistrationId) {
        let ran = self.advance(Duration::ZERO).await;
        assert!(ran.contains(&id), "it does not run: {:?}", self.codes(id).await);
    }
}

impl Browser {
    pub(crate) async fn next(&mut self) -> SessionEvent {
        tokio::time::timeout(LIMIT, self.events.next()).await.unwrap().unwrap()
    }

    pub(crate) async fn wake(&mut self) -> Wake {
        loop {
            if let SessionEvent::Wake(wake) = self.next().await {
                return wake;
            }
        }
    }

    pub(crate) async fn finish(&self, wake: &Wake, outcome: Outcome) {
        self.handle.started(&wake.attempt).await;
        self.handle.finished(&wake.attempt, outcome, "as the script says", None).await;
    }

    /// Until the outcome is on disk.
    pub(crate) async fn recorded(&mut self) {
        while !matches!(self.next().await, SessionEvent::Recorded { .. }) {}
    }
}

fn instant(value: &Value) -> Option<SystemTime> {
    Some(humantime::parse_rfc3339(value.as_str()?).unwrap())
}

pub(crate) fn profile() -> ProfileId {
    ProfileId { browser: "scripted".into(), profile: "Default".into() }
}

fn key(kind: SyncKind, tag: &str) -> RegistrationKey {
    RegistrationKey { profile: profile(), scope: format!("{ORIGIN}/"), kind, tag: tag.into() }
}

pub(crate) fn one_off(tag: &str) -> NewRegistration {
    NewRegistration::new(key(SyncKind::OneOff, tag))
}

/// Every 12 h.
pub(crate) fn periodic(tag: &str) -> NewRegistration {
    let mut new = NewRegistration::new(key(SyncKind::Periodic, tag));
    new.min_interval = Some(12 * HOUR);
    new
}
