//! The daemon of a scene: the built `pwasyncd` with its own socket and state.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{net::UnixDatagram, time::timeout};

use crate::{
    binaries::Binaries,
    error::HarnessError,
    namespace::Namespace,
    process::{Command, Process},
    user::User,
    workdir::Workdir,
};

const POLICY: &str = "pwasyncd.toml";
const NO_BUS: &str = "unix:path=/nonexistent";
const NO_SYSFS: &str = "/nonexistent";
/// Puts a folder over the kernel's, and goes on as what else is named.
const BIND: &str = r#"mount --bind "$1" /sys/class/power_supply && shift && exec "$@""#;
/// Longer than the daemon itself waits for its disk.
const READY_LIMIT: Duration = Duration::from_secs(60);

/// Which host the daemon watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostKind {
    /// The real one.
    Real,
    /// A simulated one whose clock begins at this RFC 3339 instant, or at its own default.
    Simulated {
        /// Start of the simulated time.
        start: Option<String>,
    },
}

/// Which batteries and chargers a daemon finds by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Supplies {
    /// None, so that the machine's own do not count.
    None,
    /// Those below this folder, which it is told to look into for `/sys`.
    At(PathBuf),
    /// Those in this folder, which stands for that of the machine; needs root.
    Bound(PathBuf),
}

/// How to start a daemon; the same setup starts it again on the same state.
#[derive(Clone, Debug)]
pub struct DaemonSetup {
    program: PathBuf,
    folder: PathBuf,
    state: PathBuf,
    user: Option<User>,
    /// Overrides the settle time of the network.
    pub settle: Option<Duration>,
    /// Address of the system bus that it uses; `None`: one that is not there, so that the
    /// machine's own does not count.
    pub bus: Option<String>,
    /// Which batteries and chargers it finds by itself.
    pub supplies: Supplies,
    /// Real or simulated.
    pub host: HostKind,
    /// What it logs, as in `PWASYNC_LOG`.
    pub log: String,
    /// Further words of its command line.
    pub arguments: Vec<String>,
}

impl DaemonSetup {
    /// A daemon with fresh folders below `workdir`; as `user` where one is given.
    ///
    /// # Errors
    /// When `pwasyncd` is not built or a folder cannot be made.
    pub fn new(
        binaries: &Binaries,
        workdir: &Workdir,
        user: Option<User>,
    ) -> Result<Self, HarnessError> {
        let folder = workdir.folder("daemon", None)?;
        if let Some(user) = user {
            std::os::unix::fs::chown(&folder, Some(user.uid()), Some(user.gid()))
                .map_err(|source| HarnessError::system("give the daemon its folder", source))?;
        }
        // Its own, so that the machine's policy does not count.
        fs::write(folder.join(POLICY), "")
            .map_err(|source| HarnessError::system("write the daemon's policy", source))?;
        Ok(Self {
            program: binaries.program("pwasyncd")?,
            folder,
            state: workdir.folder("state", user)?,
            user,
            settle: None,
            bus: None,
            supplies: Supplies::None,
            host: HostKind::Real,
            log: "info".to_owned(),
            arguments: Vec::new(),
        })
    }

    /// Where its socket is.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.join("pwasyncd.sock")
    }

    /// Its policy file, which is empty at first.
    #[must_use]
    pub fn policy(&self) -> PathBuf {
        self.folder.join(POLICY)
    }

    /// Where its state is.
    #[must_use]
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// Has it keep its state in this folder from the next start on.
    pub fn keep_state_in(&mut self, folder: PathBuf) {
        self.state = folder;
    }

    /// The program as its user.
    fn program(&self) -> Command {
        let plain = || {
            let command = Command::new(&self.program);
            self.user.into_iter().fold(command, Command::user)
        };
        let supplies = match &self.supplies {
            Supplies::None => return plain().argument("--sysfs").argument(NO_SYSFS),
            Supplies::At(sysfs) => return plain().argument("--sysfs").argument(sysfs),
            Supplies::Bound(supplies) => supplies,
        };
        // Only its own mounts are another's; it becomes itself, so that its process is its own.
        let mut command = Command::new("/usr/bin/unshare")
            .arguments(["--mount", "/bin/sh", "-c", BIND, "sh"])
            .argument(supplies);
        if let Some(user) = self.user {
            command = command
                .arguments(["/usr/bin/setpriv", "--clear-groups"])
                .argument(format!("--reuid={}", user.uid()))
                .argument(format!("--regid={}", user.gid()));
        }
        command.argument(&self.program)
    }

    /// Starts it and waits until it says that it is ready.
    ///
    /// # Errors
    /// When it does not start, or is not ready in time.
    pub async fn start(&self, namespace: Option<&Namespace>) -> Result<Daemon, HarnessError> {
        self.start_by(|command| command.spawn(namespace)).await
    }

    /// As [`Self::start`], where `spawn` starts it.
    pub(crate) async fn start_by(
        &self,
        spawn: impl FnOnce(Command) -> Result<Process, HarnessError>,
    ) -> Result<Daemon, HarnessError> {
        let notify = self.folder.join("notify");
        let ready = listen(&notify)?;
        let mut command = self.program();
        command = command
            .argument("--socket")
            .argument(self.socket())
            .argument("--state-dir")
            .argument(&self.state)
            .argument("--config")
            .argument(self.policy())
            .variable("NOTIFY_SOCKET", &notify)
            .variable("DBUS_SYSTEM_BUS_ADDRESS", self.bus.as_deref().unwrap_or(NO_BUS))
            .variable("PWASYNC_LOG", &self.log);
        if let Some(settle) = self.settle {
            command = command.arguments(["--network-settle", &format!("{}ms", settle.as_millis())]);
        }
        if let HostKind::Simulated { start } = &self.host {
            command = command.argument("--simulate");
            if let Some(start) = start {
                command = command.arguments(["--simulate-start", start]);
            }
        }
        for argument in &self.arguments {
            command = command.argument(argument);
        }
        let mut process = spawn(command)?;
        wait_until_ready(&ready, &mut process).await?;
        Ok(Daemon { process })
    }
}

/// A daemon that runs.
#[derive(Debug)]
pub struct Daemon {
    /// Its process: to read its log, stop it or crash it.
    pub process: Process,
}

fn listen(path: &Path) -> Result<UnixDatagram, HarnessError> {
    let _ = fs::remove_file(path);
    UnixDatagram::bind(path)
        .and_then(|socket| {
            fs::set_permissions(path, Permissions::from_mode(0o666))?;
            Ok(socket)
        })
        .map_err(|source| HarnessError::system("listen for the daemon's notice", source))
}

async fn wait_until_ready(
    notices: &UnixDatagram,
    process: &mut Process,
) -> Result<(), HarnessError> {
    let ready = async {
        let mut buffer = [0; 4_096];
        while let Ok(length) = notices.recv(&mut buffer).await {
            if buffer[..length].split(|byte| *byte == b'\n').any(|line| line == b"READY=1") {
                return true;
            }
        }
        false
    };
    let stderr = process.stderr().clone();
    let ended = stderr.find(0, |_| None::<()>);
    let what = "the daemon to be ready".to_owned();
    tokio::select! {
        found = timeout(READY_LIMIT, ready) => match found {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => {
                let tail = process.tail() + &threads(process.id());
                Err(HarnessError::TimeOut { what, limit: READY_LIMIT, tail })
            }
        },
        _ = ended => Err(HarnessError::Ended {
            program: "pwasyncd".to_owned(), what, tail: process.tail(),
        }),
    }
}

/// What each thread of a process waits for in the kernel, a line each, for an error message.
fn threads(process: u32) -> String {
    let tell = |task: fs::DirEntry| {
        let read = |file: &str| fs::read_to_string(task.path().join(file)).unwrap_or_default();
        let (name, waits, call) = (read("comm"), read("wchan"), read("syscall"));
        format!("\n  thread {} waits in {waits}: {}", name.trim_end(), call.trim_end())
    };
    let tasks = fs::read_dir(format!("/proc/{process}/task"));
    tasks.into_iter().flatten().flatten().map(tell).collect()
}
