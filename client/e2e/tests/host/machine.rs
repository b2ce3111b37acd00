//! A machine with the daemon as its own unit runs it, and a browser outside that runs no worker.

use std::time::Duration;

use futures_util::FutureExt as _;
use pwasync_client::{
    CancelReason, Client, Counted, HostState, NewRegistration, Outcome, ProfileId, RegistrationId,
    RegistrationKey, Session, SessionEvent, SessionEvents, SessionHandle, SessionOptions,
    SocketPath, Status, SyncKind, Wake,
};
use pwasync_e2e::{
    Binaries,
    bed::{Machine, MachineOptions, missing_for_machines},
    missing_root,
};
use tokio::time::{interval, timeout};

/// Much longer than anything takes: other work on this machine may have the processor.
const LIMIT: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Times that would only be waited for.
const POLICY: &str = "[network]\nsettle = \"0s\"\nresume_settle = \"1s\"\n\
    [suspend]\nresume_jitter = \"1s\"\n";

/// Whether this machine can run another; says what is missing, and fails where all must run.
pub(crate) fn can_run() -> bool {
    pwasync_e2e::can_run(missing_root().or_else(missing_for_machines))
}

/// See the module.
pub(crate) struct Desktop {
    pub(crate) client: Client,
    pub(crate) browser: SessionHandle,
    events: SessionEvents,
    pub(crate) machine: Machine,
}

impl Desktop {
    /// Boots it, with these further lines of the policy's table of sleep.
    pub(crate) async fn boot(policy: &str) -> Self {
        let options = MachineOptions { policy: policy.to_owned(), ..MachineOptions::default() };
        Self::boot_with(options).await
    }

    pub(crate) async fn boot_with(options: MachineOptions) -> Self {
        let binaries = Binaries::find().unwrap();
        let policy = format!("{POLICY}{}", options.policy);
        let options = MachineOptions { policy, ..options };
        let machine = Machine::boot(&binaries, options).await.unwrap();
        let socket = SocketPath::at(machine.socket());
        let options = SessionOptions {
            profile: profile(),
            agent: "scripted".into(),
            capacity: 4,
            launch_token: None,
        };
        let (browser, events) = Session::attach(socket.clone(), options);
        let mut desktop = Self { client: Client::new(socket), browser, events, machine };
        desktop.attached().await;
        desktop
    }

    /// Waits until the browser is attached, also anew, and says that it is ready.
    pub(crate) async fn attached(&mut self) {
        while !matches!(self.next().await, SessionEvent::Attached { .. }) {}
        self.browser.ready().await;
    }

    /// Registers a one-off sync.
    pub(crate) async fn register(&self, tag: &str) -> RegistrationId {
        let key = RegistrationKey {
            profile: profile(),
            scope: "https://example.org/".into(),
            kind: SyncKind::OneOff,
            tag: tag.into(),
        };
        self.client.register(&NewRegistration::new(key)).await.unwrap().registration.id
    }

    /// The next wake; the browser starts its event.
    pub(crate) async fn starts(&mut self) -> Wake {
        loop {
            if let SessionEvent::Wake(wake) = self.next().await {
                self.browser.started(&wake.attempt).await;
                return wake;
            }
        }
    }

    /// The event of a wake completes, and the daemon has it on disk.
    pub(crate) async fn completes(&mut self, wake: &Wake) {
        self.browser.finished(&wake.attempt, Outcome::Completed, "as the script says", None).await;
        loop {
            if let SessionEvent::Recorded { attempt, counted } = self.next().await {
                assert_eq!((&attempt, counted), (&wake.attempt, Counted::Yes));
                return;
            }
        }
    }

    /// The event of a wake is to end, since the machine goes to sleep.
    pub(crate) async fn is_cut(&mut self, wake: &Wake) {
        loop {
            if let SessionEvent::Cancel { attempt, reason } = self.next().await {
                assert_eq!((&attempt, reason), (&wake.attempt, CancelReason::Suspending));
                return;
            }
        }
    }

    /// Waits until the daemon is as wanted.
    pub(crate) async fn until(&self, what: &str, wanted: impl Fn(&Status) -> bool) -> Status {
        let mut looks = interval(LOOK_EVERY);
        let mut last = None;
        let seen = timeout(LIMIT, async {
            loop {
                looks.tick().await;
                let status = self.client.status().await.unwrap();
                if wanted(&status) {
                    return status;
                }
                last = Some(status);
            }
        });
        let seen = seen.await;
        seen.unwrap_or_else(|_| panic!("not {what}: {last:?}{}", self.machine.tail()))
    }

    /// Waits until the host is as wanted, in the daemon's eyes.
    pub(crate) async fn host(&self, what: &str, wanted: impl Fn(&HostState) -> bool) {
        self.until(what, |status| wanted(&status.host)).await;
    }

    /// Waits until nobody but these delays the machine's sleep.
    pub(crate) async fn delayed_by(&self, wanted: &[&str]) {
        let mut looks = interval(LOOK_EVERY);
        let mut last = Vec::new();
        let seen = timeout(LIMIT, async {
            loop {
                looks.tick().await;
                last = self.machine.delayers().await.unwrap();
                if last == wanted {
                    return;
                }
            }
        });
        let seen = seen.await;
        assert!(seen.is_ok(), "sleep is delayed by {last:?}{}", self.machine.tail());
    }

    /// The registration is held by these and nothing else. Nothing has run.
    pub(crate) async fn held(&mut self, id: RegistrationId, codes: &[&str]) {
        let blockers = self.client.explain(id, 1).await.unwrap().registration.blockers;
        let told: Vec<_> = blockers.iter().map(|one| one.code.as_str()).collect();
        assert_eq!(told, codes);
        self.nothing_ran();
    }

    /// No wake has come.
    pub(crate) fn nothing_ran(&mut self) {
        while let Some(event) = self.events.next().now_or_never().flatten() {
            assert!(!matches!(event, SessionEvent::Wake(_)), "{event:?}");
        }
    }

    async fn next(&mut self) -> SessionEvent {
        match timeout(LIMIT, self.events.next()).await {
            Ok(event) => event.unwrap(),
            Err(_) => panic!("the browser hears nothing{}", self.machine.tail()),
        }
    }
}

fn profile() -> ProfileId {
    ProfileId { browser: "scripted".into(), profile: "Default".into() }
}
