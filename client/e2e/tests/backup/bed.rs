//! The built daemon on a simulated host, and the built `syncctl` for it.

use std::{fs, path::PathBuf, time::Duration};

use pwasync_client::{Client, NewRegistration, ProfileId, RegistrationKey, SocketPath, SyncKind};
use pwasync_e2e::{Binaries, Command, Daemon, DaemonSetup, Ending, HostKind, Output, Workdir};
use serde_json::Value;

pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// A daemon on a simulated host, and `syncctl` for it.
pub(crate) struct Bed {
    binaries: Binaries,
    pub(crate) setup: DaemonSetup,
    pub(crate) workdir: Workdir,
}

impl Bed {
    pub(crate) fn new() -> Self {
        let (binaries, workdir) = (Binaries::find().unwrap(), Workdir::create().unwrap());
        let mut setup = DaemonSetup::new(&binaries, &workdir, None).unwrap();
        setup.host = HostKind::Simulated { start: None };
        Self { binaries, setup, workdir }
    }

    pub(crate) async fn start(&self) -> Daemon {
        self.setup.start(None).await.unwrap()
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let program = self.binaries.program("syncctl").unwrap();
        Command::new(program).argument("--socket").argument(self.setup.socket()).arguments(words)
    }

    pub(crate) async fn syncctl(&self, words: &[&str]) -> Output {
        self.command(words).run(None, LIMIT).await.unwrap()
    }

    pub(crate) async fn json(&self, words: &[&str]) -> Value {
        let output = self.syncctl(words).await;
        assert_eq!(output.ending, Ending::Good, "{words:?}: {output:?}");
        serde_json::from_str(&output.stdout).unwrap()
    }

    pub(crate) async fn register(&self, scope: &str, tag: &str, kind: SyncKind) {
        let client = self.client();
        let mut new = NewRegistration::new(key(scope, tag, kind));
        if kind == SyncKind::Periodic {
            new.min_interval = Some(Duration::from_secs(86_400));
            let state = pwasync_client::PermissionState::Granted;
            let origin = scope.trim_end_matches('/');
            client.set_permission(&profile(), origin, kind, state).await.unwrap();
        }
        client.register(&new).await.unwrap();
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(SocketPath::at(self.setup.socket()))
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.workdir.path().join(name)
    }

    pub(crate) fn snapshots(&self) -> Vec<PathBuf> {
        let folder = fs::read_dir(self.setup.state().join("snapshots"));
        folder.into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
    }
}

pub(crate) fn key(scope: &str, tag: &str, kind: SyncKind) -> RegistrationKey {
    RegistrationKey { profile: profile(), scope: scope.into(), kind, tag: tag.into() }
}

pub(crate) fn profile() -> ProfileId {
    ProfileId { browser: "chromium".into(), profile: "Default".into() }
}
