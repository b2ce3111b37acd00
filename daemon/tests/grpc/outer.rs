//! The daemon as a program: its socket, its end, and a second one.

use std::{
    fs,
    os::unix::{fs::PermissionsExt, net::UnixDatagram},
    path::{Path, PathBuf},
    process::Stdio,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use pwasync_proto::v1::{self as wire, admin_client::AdminClient};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tonic::{
    Streaming,
    transport::{Channel, Endpoint},
};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse, health_client::HealthClient};

use crate::bed::soon;

/// A place for a daemon: it says when it is ready, as to a service manager.
pub(crate) struct Place {
    directory: TempDir,
    manager: tokio::net::UnixDatagram,
}

impl Place {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let manager = UnixDatagram::bind(directory.path().join("notify")).unwrap();
        manager.set_nonblocking(true).unwrap();
        let manager = tokio::net::UnixDatagram::from_std(manager).unwrap();
        let place = Self { directory, manager };
        // The machine's own policy must not decide what a test sees.
        fs::write(place.policy(), "").unwrap();
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn policy(&self) -> PathBuf {
        self.path("policy.toml")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.path("run/pwasyncd.sock")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pwasyncd"));
        command
            .args(["--simulate", "--socket"])
            .arg(self.socket())
            .arg("--state-dir")
            .arg(self.path("state"))
            .arg("--config")
            .arg(self.policy())
            .args(arguments)
            .env("NOTIFY_SOCKET", self.path("notify"))
            .env_remove("PWASYNC_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    pub(crate) async fn start(&self, arguments: &[&str]) -> Child {
        let child = self.command(arguments).spawn().unwrap();
        assert!(self.told().await.starts_with("READY=1\nSTATUS="));
        child
    }

    async fn told(&self) -> String {
        let mut bytes = [0; 256];
        let length = soon(self.manager.recv(&mut bytes)).await.unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    pub(crate) async fn connect(&self) -> Channel {
        let endpoint = Endpoint::from_shared(format!("unix:{}", self.socket().display())).unwrap();
        soon(endpoint.connect()).await.unwrap()
    }

    pub(crate) async fn admin(&self) -> AdminClient<Channel> {
        AdminClient::new(self.connect().await)
    }

    /// A call that never ends by itself.
    async fn watch_of_health(&self) -> Streaming<HealthCheckResponse> {
        let mut health = HealthClient::new(self.connect().await);
        let unknown = HealthCheckRequest { service: "none".into() };
        soon(health.watch(unknown)).await.unwrap().into_inner()
    }
}

pub(crate) fn signal(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id().unwrap()).unwrap();
    kill(Pid::from_raw(pid), signal).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

async fn output(mut command: Command) -> (Option<i32>, String) {
    let output = soon(command.output()).await.unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[tokio::test]
async fn it_says_ready_answers_and_leaves_no_socket() {
    let place = Place::new();
    let child = place.start(&[]).await;
    assert_eq!((mode(&place.socket()), mode(&place.path("run"))), (0o666, 0o755));
    let mut admin = place.admin().await;
    let status = soon(admin.get_status(wire::GetStatusRequest {})).await.unwrap().into_inner();
    assert_eq!(Some(status.process_id), child.id());
    signal(&child, Signal::SIGTERM);
    assert!(place.told().await.starts_with("STOPPING=1"));
    let output = soon(child.wait_with_output()).await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!place.socket().exists());
}

#[tokio::test]
async fn a_session_daemon_keeps_others_out() {
    let place = Place::new();
    let _child = place.start(&["--session"]).await;
    assert_eq!((mode(&place.socket()), mode(&place.path("run"))), (0o600, 0o700));
}

#[tokio::test]
async fn a_second_daemon_says_so_and_a_killed_one_is_followed() {
    let place = Place::new();
    let mut first = place.start(&[]).await;
    let (code, said) = output(place.command(&[])).await;
    assert_eq!(code, Some(69));
    let socket = place.socket().display().to_string();
    let wanted = format!("pwasyncd: another daemon listens at `{socket}`\nhint: `syncctl status`");
    assert!(said.starts_with(&wanted), "{said}");
    place.admin().await.get_status(wire::GetStatusRequest {}).await.unwrap();

    first.kill().await.unwrap();
    assert!(place.socket().exists(), "a killed daemon leaves its socket");
    let _next = place.start(&[]).await;
    let mut admin = place.admin().await;
    let status = soon(admin.get_status(wire::GetStatusRequest {})).await.unwrap().into_inner();
    assert_eq!(status.epoch, 2);
}

#[tokio::test]
async fn a_watch_that_stays_does_not_hold_up_the_end() {
    let place = Place::new();
    let child = place.start(&[]).await;
    let mut admin = place.admin().await;
    let request = wire::WatchRequest { recent: 0, only_recent: false };
    let mut watch = soon(admin.watch(request)).await.unwrap().into_inner();
    let _health = place.watch_of_health().await;
    signal(&child, Signal::SIGINT);
    while let Ok(Some(_)) = soon(watch.message()).await {}
    let output = soon(child.wait_with_output()).await.unwrap();
    assert_eq!(output.status.code(), Some(0));
}

#[tokio::test]
async fn mistakes_are_named_with_the_next_step() {
    let place = Place::new();
    let (code, said) = output(place.command(&["--network-settle", "soon"])).await;
    assert_eq!(code, Some(2));
    assert!(said.contains("'soon' for '--network-settle <DURATION>'"), "{said}");
    let (code, said) = output(place.command(&["--log", "a=b=c"])).await;
    assert_eq!(code, Some(2));
    assert!(said.starts_with("pwasyncd: log filter `a=b=c`:"), "{said}");
    assert!(said.contains("\nhint: a filter is a level"), "{said}");

    let mut session = Command::new(env!("CARGO_BIN_EXE_pwasyncd"));
    session.arg("--session").env_remove("XDG_RUNTIME_DIR");
    let (code, said) = output(session).await;
    assert_eq!(code, Some(2));
    assert!(said.ends_with("hint: name one with `--socket PATH`\n"), "{said}");

    fs::create_dir(place.path("run")).unwrap();
    fs::write(place.socket(), "precious").unwrap();
    let (code, said) = output(place.command(&[])).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("is in the way: it is not a socket\nhint: move it away"), "{said}");
    assert_eq!(fs::read_to_string(place.socket()).unwrap(), "precious");
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let place = Place::new();
    let child = place.start(&[]).await;
    // It keeps the stop from being instant.
    let _health = place.watch_of_health().await;
    // Both are there before it can do anything about the first.
    for one in [Signal::SIGSTOP, Signal::SIGTERM, Signal::SIGINT, Signal::SIGCONT] {
        signal(&child, one);
    }
    let output = soon(child.wait_with_output()).await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.ends_with("pwasyncd: ended by a second signal\n"), "{said}");
    assert!(!place.socket().exists());
}
