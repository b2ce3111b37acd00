//! A bed with the built daemon in it, as an ordinary user, and a browser that runs no worker.

use std::{fs, time::Duration};

use futures_util::FutureExt as _;
use pwasync_client::{
    Client, Constraints, HostState, NewRegistration, Outcome, ProfileId, RegistrationId,
    RegistrationKey, Session, SessionEvent, SessionEvents, SessionHandle, SessionOptions,
    SocketPath, SyncKind,
};
use pwasync_e2e::{
    Binaries, Command, Daemon, DaemonSetup, Ending, Switches,
    bed::{Bed, system_root},
    missing_root,
};
use serde_json::Value;
use tokio::time::{interval, timeout};

pub(crate) const LIMIT: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Times that would only be waited for.
const POLICY: &str = "[network]\nsettle = \"0s\"\nresume_settle = \"2s\"\n";

/// Further lines of a policy by which periodic syncs may run each second.
pub(crate) const OFTEN: &str = "[periodic]\nmin_interval = \"1s\"\n[grid]\nshort = \"0s\"\n";

/// Whether this machine can build a bed; says what is missing, and fails where all must run.
pub(crate) fn can_run() -> bool {
    let root = || system_root().is_none().then_some("what packaging/test-host/root.sh builds");
    pwasync_e2e::can_run(missing_root().or_else(root))
}

/// See the module.
pub(crate) struct Scene {
    pub(crate) client: Client,
    handle: SessionHandle,
    events: SessionEvents,
    binaries: Binaries,
    setup: DaemonSetup,
    daemon: Daemon,
    /// Wakes that came before the browser was back at a daemon that started again.
    unseen: usize,
    pub(crate) bed: Bed,
}

impl Scene {
    /// Starts the daemon and the browser.
    pub(crate) async fn start(bed: Bed) -> Self {
        Self::with_policy(bed, "").await
    }

    /// With further lines of the policy's table of the network.
    pub(crate) async fn with_policy(bed: Bed, policy: &str) -> Self {
        Self::with_setup(bed, policy, |_| {}).await
    }

    /// With further lines of the policy's table of the network, and a daemon that is set up in
    /// another way.
    pub(crate) async fn with_setup(
        bed: Bed,
        policy: &str,
        set_up: impl FnOnce(&mut DaemonSetup),
    ) -> Self {
        let binaries = Binaries::find().unwrap();
        let mut setup = bed.daemon(&binaries).unwrap();
        setup.log = "info,pwasyncd=debug".into();
        set_up(&mut setup);
        fs::write(setup.policy(), format!("{POLICY}{policy}")).unwrap();
        let daemon = bed.start(&setup).await.unwrap();
        let socket = SocketPath::at(setup.socket());
        let options = SessionOptions {
            profile: profile(),
            agent: "scripted".into(),
            capacity: 4,
            launch_token: None,
        };
        let (handle, events) = Session::attach(socket.clone(), options);
        let client = Client::new(socket);
        let mut scene = Self { client, handle, events, binaries, setup, daemon, unseen: 0, bed };
        while !matches!(scene.next().await, SessionEvent::Attached { .. }) {}
        scene.handle.ready().await;
        scene
    }

    /// `kill -9`, and a start with the same records; the browser comes back by itself.
    pub(crate) async fn restart_daemon(&mut self) {
        self.daemon.process.crash().await.unwrap();
        self.daemon = self.bed.start(&self.setup).await.unwrap();
        loop {
            let event = self.next().await;
            self.unseen += usize::from(matches!(event, SessionEvent::Wake(_)));
            if matches!(event, SessionEvent::Attached { .. }) {
                break;
            }
        }
        self.handle.ready().await;
    }

    /// Puts other lines after those of the policy that all scenes have, and has it read again.
    pub(crate) async fn set_policy(&self, policy: &str) {
        fs::write(self.setup.policy(), format!("{POLICY}{policy}")).unwrap();
        let read = self.client.reload_policy().await.unwrap();
        assert!(read.problems.is_empty(), "{read:?}");
    }

    /// Registers a one-off sync.
    pub(crate) async fn one_off(&self) -> RegistrationId {
        self.register(Constraints::default()).await
    }

    /// Registers one that costs nothing.
    pub(crate) async fn unmetered(&self) -> RegistrationId {
        self.register(Constraints { unmetered: true, ..Constraints::default() }).await
    }

    async fn register(&self, constraints: Constraints) -> RegistrationId {
        let mut new = NewRegistration::new(key(SyncKind::OneOff));
        new.constraints = constraints;
        self.client.register(&new).await.unwrap().registration.id
    }

    /// Registers a periodic sync; with [`OFTEN`] it is due in a second, and each second.
    pub(crate) async fn periodic(&self) -> RegistrationId {
        let mut new = NewRegistration::new(key(SyncKind::Periodic));
        new.min_interval = Some(Duration::from_secs(1));
        self.client.register(&new).await.unwrap().registration.id
    }

    /// Ends the periodic sync.
    pub(crate) async fn end_periodic(&self) {
        self.client.unregister(&key(SyncKind::Periodic)).await.unwrap();
    }

    /// Waits until the host is as wanted, in the daemon's eyes.
    pub(crate) async fn until(&self, what: &str, wanted: impl Fn(&HostState) -> bool) {
        let mut looks = interval(LOOK_EVERY);
        let mut last = None;
        let seen = timeout(LIMIT, async {
            loop {
                looks.tick().await;
                let host = self.client.status().await.unwrap().host;
                if wanted(&host) {
                    return;
                }
                last = Some(host);
            }
        });
        let seen = seen.await;
        assert!(seen.is_ok(), "not {what}: {last:?}{}", self.daemon.process.tail());
    }

    /// Waits until the registration is held by these and nothing else.
    pub(crate) async fn until_held(&self, id: RegistrationId, codes: &[&str]) {
        let mut looks = interval(LOOK_EVERY);
        let mut last = Vec::new();
        let seen = timeout(LIMIT, async {
            while last != codes {
                looks.tick().await;
                let blockers = self.client.explain(id, 1).await.unwrap().registration.blockers;
                last = blockers.iter().map(|one| one.code.as_str().to_owned()).collect();
            }
        });
        let seen = seen.await;
        assert!(seen.is_ok(), "held by {last:?}, not {codes:?}{}", self.daemon.process.tail());
    }

    /// The registration is held by these and nothing else, or is soon; `syncctl why` says so, and
    /// in sentences. Nothing has run.
    pub(crate) async fn held(&mut self, id: RegistrationId, codes: &[&str]) {
        self.until_held(id, codes).await;
        let said = self.syncctl(&["why", &id.to_string()]).await;
        let blockers = said["registration"]["blockers"].as_array().unwrap();
        let told: Vec<_> = blockers.iter().map(|one| one["code"].as_str().unwrap()).collect();
        assert_eq!(told, codes);
        for sentence in said["sentences"].as_array().unwrap() {
            assert!(sentence.as_str().unwrap().contains(' '), "{said}");
        }
        self.nothing_ran();
    }

    /// What `syncctl doctor` says of a part: verdict and sentence of each of its checks.
    pub(crate) async fn doctor(&self, part: &str) -> Vec<(String, String)> {
        let said = self.syncctl(&["doctor"]).await;
        let checks = said["checks"].as_array().unwrap().iter();
        let text = |check: &Value, field: &str| check[field].as_str().unwrap().to_owned();
        let of_part = checks.filter(|check| check["name"] == part);
        of_part.map(|check| (text(check, "verdict"), text(check, "says"))).collect()
    }

    /// What `syncctl` says.
    pub(crate) async fn syncctl(&self, words: &[&str]) -> Value {
        let program = self.binaries.program("syncctl").unwrap();
        let command = Command::new(program).argument("--socket").argument(self.setup.socket());
        let bus = self.setup.bus.clone().unwrap_or_else(|| "unix:path=/nonexistent".into());
        let command = command.variable("DBUS_SYSTEM_BUS_ADDRESS", bus);
        let command = command.arguments(words).argument("--json");
        let output = command.run(None, LIMIT).await.unwrap();
        assert_eq!(output.ending, Ending::Good, "{output:?}");
        serde_json::from_str(&output.stdout).unwrap()
    }

    /// How many lines of the daemon's log have this in them.
    pub(crate) fn logged(&self, text: &str) -> usize {
        let lines = self.daemon.process.stderr().all();
        lines.iter().filter(|line| line.text.contains(text)).count()
    }

    /// Waits until the daemon's log has a line with this in it.
    pub(crate) async fn until_logged(&self, text: &str) {
        let has = |line: &str| line.contains(text).then_some(());
        self.daemon.process.wait_for_error_line(0, text, LIMIT, has).await.unwrap();
    }

    /// How often the daemon has run so far.
    pub(crate) fn switches(&self) -> Switches {
        Switches::of(self.daemon.process.id()).unwrap()
    }

    /// Waits until the daemon has done nothing for a while.
    pub(crate) async fn until_at_rest(&self) {
        let mut looks = interval(Duration::from_millis(200));
        let rest = timeout(LIMIT, async {
            let mut last = self.switches();
            // The first comes at once.
            looks.tick().await;
            loop {
                looks.tick().await;
                let switches = self.switches();
                if switches.since(&last).all() == 0 {
                    return;
                }
                last = switches;
            }
        });
        assert!(rest.await.is_ok(), "it is busy{}", self.daemon.process.tail());
    }

    /// No wake has come.
    pub(crate) fn nothing_ran(&mut self) {
        assert_eq!(self.wakes(), 0);
    }

    /// So many wakes have come and were not answered.
    pub(crate) fn wakes(&mut self) -> usize {
        let mut wakes = std::mem::take(&mut self.unseen);
        while let Some(event) = self.events.next().now_or_never().flatten() {
            wakes += usize::from(matches!(event, SessionEvent::Wake(_)));
        }
        wakes
    }

    /// The registration runs, or does soon.
    pub(crate) async fn runs(&mut self, id: RegistrationId) {
        let wake = loop {
            if let SessionEvent::Wake(wake) = self.next().await {
                break wake;
            }
        };
        assert_eq!(wake.registration_id, id);
        self.handle.started(&wake.attempt).await;
        self.handle.finished(&wake.attempt, Outcome::Completed, "as the script says", None).await;
        while !matches!(self.next().await, SessionEvent::Recorded { .. }) {}
    }

    async fn next(&mut self) -> SessionEvent {
        match timeout(LIMIT, self.events.next()).await {
            Ok(event) => event.unwrap(),
            Err(_) => panic!("the browser hears nothing{}", self.daemon.process.tail()),
        }
    }
}

fn key(kind: SyncKind) -> RegistrationKey {
    let (scope, tag) = ("https://example.org/".into(), "mail".into());
    RegistrationKey { profile: profile(), scope, kind, tag }
}

fn profile() -> ProfileId {
    ProfileId { browser: "scripted".into(), profile: "Default".into() }
}
