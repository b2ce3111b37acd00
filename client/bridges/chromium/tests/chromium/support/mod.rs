//! A real Chromium with the bridge in this process, a web app, and a scripted daemon.

pub(crate) mod log;
pub(crate) mod scripted;
pub(crate) mod site;

use std::{ffi::OsString, time::Duration};

use pwasync_chromium::{
    Tuning,
    app::{AppError, Bridge, Ended, Options},
    browser::{Display, FirstPage, Launch, Sandbox, find_program},
    cdp::{Connection, SessionId},
    environment::says_true,
};
use pwasync_client::{ProfileId, SocketPath};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};

use self::{
    log::LIMIT,
    scripted::{Entry, ScriptedDaemon},
    site::Site,
};

/// How long Chromium's network must have been steady before its own dispatch is used.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Network {
    /// At once, as in tests where it never changes.
    Steady,
    /// Never: every event is synthetic.
    Unsteady,
}

/// How long a sign of Chromium's dispatch is waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Proof {
    /// As usual.
    Awaited,
    /// Not at all: each dispatch is taken over at once, if it has not been quicker.
    Impatient,
}

pub(crate) struct World {
    pub(crate) daemon: ScriptedDaemon,
    pub(crate) site: Site,
    pub(crate) folder: TempDir,
    pub(crate) running: Running,
}

/// A bridge that runs.
pub(crate) struct Running {
    pub(crate) connection: Connection,
    pub(crate) browser_pid: u32,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<Ended, AppError>>,
}

/// Without Chromium there is nothing to test: that is a failure where tests must run, and a word
/// elsewhere.
pub(crate) fn chromium_is_missing() -> bool {
    if find_program().is_some() {
        return false;
    }
    assert!(!says_true("CI"), "Chromium is not installed");
    println!("SKIPPED: Chromium is not installed");
    true
}

impl World {
    /// Everything runs, and the page `app` is open with its worker active.
    pub(crate) async fn start(network: Network) -> Self {
        // What the bridge logs stands beside the failure of a test.
        drop(
            tracing_subscriber::fmt()
                .with_env_filter("info,pwasync_chromium=trace")
                .with_test_writer()
                .try_init(),
        );
        let folder = tempfile::tempdir().unwrap();
        let daemon = ScriptedDaemon::start(folder.path());
        let site = Site::start().await;
        let running = Running::start(folder.path(), &daemon, &site.url("app"), network);
        daemon.ready().await;
        let world = Self { daemon, site, folder, running };
        world.site.run("app", "await registered").await;
        world
    }

    pub(crate) fn scope(&self) -> String {
        self.site.url("app")
    }

    /// The same with a new bridge and Chromium on the same profile.
    pub(crate) async fn restart(self, proof: Proof) -> Self {
        let Self { daemon, site, folder, running } = self;
        let readies = daemon.log.count(|entry| *entry == Entry::Ready);
        running.stop().await;
        let url = site.url("app");
        let running = Running::start_with(folder.path(), &daemon, &url, Network::Steady, proof);
        daemon.ready_again(readies).await;
        let world = Self { daemon, site, folder, running };
        world.site.run("app", "await registered").await;
        world
    }

    /// Ends the bridge and Chromium.
    pub(crate) async fn close(self) {
        assert!(matches!(self.running.stop().await, Ended::Asked));
    }
}

impl Running {
    pub(crate) fn start(
        folder: &std::path::Path,
        daemon: &ScriptedDaemon,
        url: &str,
        network: Network,
    ) -> Self {
        Self::start_with(folder, daemon, url, network, Proof::Awaited)
    }

    pub(crate) fn start_with(
        folder: &std::path::Path,
        daemon: &ScriptedDaemon,
        url: &str,
        network: Network,
        proof: Proof,
    ) -> Self {
        let mut tuning = Tuning::default();
        if matches!(proof, Proof::Impatient) {
            tuning.proof_limit = Duration::from_millis(2);
        }
        let network_settle = match network {
            Network::Steady => Duration::ZERO,
            Network::Unsteady => Duration::MAX,
        };
        let options = Options {
            launch: launch(folder),
            url: Some(url.to_owned()),
            profile: ProfileId { browser: "chromium".to_owned(), profile: "Default".to_owned() },
            launch_token: None,
            tuning: Tuning { network_settle, ..tuning },
        };
        let bridge = Bridge::start(options, SocketPath::at(&daemon.socket)).unwrap();
        let (stop, stopped) = oneshot::channel();
        let connection = bridge.connection();
        let browser_pid = bridge.browser_pid().unwrap();
        let asked = async { drop(stopped.await) };
        let task = tokio::spawn(bridge.run(asked));
        Self { connection, browser_pid, stop: Some(stop), task }
    }

    /// Asks it to end.
    pub(crate) async fn stop(mut self) -> Ended {
        drop(self.stop.take());
        self.ended().await
    }

    /// Waits until it ends by itself.
    pub(crate) async fn ended(self) -> Ended {
        let _stop = self.stop;
        tokio::time::timeout(LIMIT, self.task).await.expect("the bridge ends").unwrap().unwrap()
    }

    /// A session of the test's own, where the ServiceWorker domain answers.
    pub(crate) async fn control(&self) -> SessionId {
        let params = json!({ "url": "about:blank", "hidden": true, "background": true });
        let target = self.call(None, "Target.createTarget", params).await;
        let session = self.attach(target["targetId"].as_str().unwrap()).await;
        self.call(Some(&session), "ServiceWorker.enable", json!({})).await;
        session
    }

    pub(crate) async fn attach(&self, target: &str) -> SessionId {
        let params = json!({ "targetId": target, "flatten": true });
        let reply = self.call(None, "Target.attachToTarget", params).await;
        SessionId::from(reply["sessionId"].as_str().unwrap())
    }

    /// The targets of running service workers.
    pub(crate) async fn workers(&self) -> Vec<String> {
        let targets = self.call(None, "Target.getTargets", json!({})).await;
        let targets = targets["targetInfos"].as_array().unwrap();
        let workers = targets.iter().filter(|target| target["type"] == "service_worker");
        workers.map(|target| target["targetId"].as_str().unwrap().to_owned()).collect()
    }

    /// Stops all workers and waits until they are gone.
    pub(crate) async fn stop_workers(&self) {
        let control = self.control().await;
        self.call(Some(&control), "ServiceWorker.stopAllWorkers", json!({})).await;
        let gone = async { while !self.workers().await.is_empty() {} };
        tokio::time::timeout(LIMIT, gone).await.expect("workers stop");
    }

    /// Waits until Chromium itself has stopped all workers.
    pub(crate) async fn workers_stopped(&self, limit: Duration) {
        let control = self.control().await;
        let stopped = async {
            while !self.workers().await.is_empty() {
                // Chromium tells it to the bridge alone; asking without a pause would slow it down.
                let pause = "new Promise((done) => setTimeout(done, 250))".to_owned();
                self.connection.evaluate(&control, pause, LIMIT).await.unwrap();
            }
        };
        tokio::time::timeout(limit, stopped).await.expect("workers stop by themselves");
    }

    pub(crate) async fn call(
        &self,
        s: Option<&SessionId>,
        method: &'static str,
        params: Value,
    ) -> Value {
        self.connection.call(s, method, params, LIMIT).await.unwrap()
    }
}

pub(crate) fn launch(folder: &std::path::Path) -> Launch {
    let extra = [
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ];
    let sandbox =
        if nix::unistd::Uid::effective().is_root() { Sandbox::Off } else { Sandbox::Default };
    Launch {
        program: None,
        profile_dir: folder.join("profile"),
        display: Display::Headless,
        sandbox,
        first_page: FirstPage::Blank,
        extra: extra.into_iter().map(OsString::from).collect(),
    }
}
