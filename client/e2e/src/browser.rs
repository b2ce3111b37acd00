//! The browser of a scene: Chromium as an ordinary user, with the bridge or alone.

use std::{path::PathBuf, time::Duration};

use crate::{
    binaries::{Binaries, on_path},
    chromium::Chromium,
    error::HarnessError,
    namespace::Namespace,
    process::{Command, Process},
    user::User,
    workdir::Workdir,
};

/// A first start of Chromium on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Chromium's own sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sandbox {
    /// As users have it.
    Kept,
    /// `--no-sandbox`: for kernels that do not let ordinary users build one.
    Off,
}

/// Where the browser draws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Screen {
    /// Nowhere.
    Headless,
    /// On the desktop, whose variables (`DISPLAY` and others) are handed on.
    Window(Vec<(String, std::ffi::OsString)>),
}

/// Who decides when a sync runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scheduler {
    /// The daemon behind this socket, through the bridge.
    Daemon(PathBuf),
    /// Chromium itself: no bridge.
    Chromium,
}

/// How to start a browser; the same setup starts it again on the same profile.
#[derive(Clone, Debug)]
pub struct BrowserSetup {
    bridge: PathBuf,
    chromium: PathBuf,
    user: User,
    home: PathBuf,
    /// Who schedules.
    pub scheduler: Scheduler,
    /// Chromium's sandbox.
    pub sandbox: Sandbox,
    /// Where it draws.
    pub screen: Screen,
    /// The page to open; `None` opens none.
    pub url: Option<String>,
    /// Further arguments for Chromium.
    pub arguments: Vec<String>,
}

impl BrowserSetup {
    /// A browser of `user` with a fresh home below `workdir`.
    ///
    /// # Errors
    /// When Chromium or the bridge is missing, or the home cannot be made.
    pub fn new(
        binaries: &Binaries,
        workdir: &Workdir,
        user: User,
        scheduler: Scheduler,
    ) -> Result<Self, HarnessError> {
        let chromium = on_path("chromium").ok_or_else(|| HarnessError::NoProgram {
            name: "chromium".to_owned(),
            place: "$PATH".to_owned(),
            hint: "install it with `apt-get install chromium`".to_owned(),
        })?;
        let bridge = match scheduler {
            Scheduler::Daemon(_) => binaries.program("pwasync-chromium")?,
            Scheduler::Chromium => PathBuf::new(),
        };
        Ok(Self {
            bridge,
            chromium,
            user,
            home: workdir.folder(&format!("home-{}", user.uid()), Some(user))?,
            scheduler,
            sandbox: Sandbox::Kept,
            screen: Screen::Headless,
            url: None,
            arguments: Vec::new(),
        })
    }

    /// Makes Chromium take `host` for the machine at `address`, and trust the key whose hash
    /// is `key_hash` (base64 of the SHA-256 of its SPKI).
    #[must_use]
    pub fn trusting(mut self, host: &str, address: &str, key_hash: &str) -> Self {
        self.arguments.push(format!("--host-resolver-rules=MAP {host} {address}"));
        self.arguments.push(format!("--ignore-certificate-errors-spki-list={key_hash}"));
        self
    }

    /// Where the profile is.
    #[must_use]
    pub fn profile(&self) -> PathBuf {
        self.home.join("profile")
    }

    /// Starts it.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&self, namespace: &Namespace) -> Result<Browser, HarnessError> {
        let command = match &self.scheduler {
            Scheduler::Daemon(socket) => self.bridge_command(socket),
            Scheduler::Chromium => self.chromium_command(),
        };
        let mut command = command.home_of(self.user, &self.home);
        if let Screen::Window(variables) = &self.screen {
            for (name, value) in variables {
                command = command.variable(name, value);
            }
        }
        Ok(Browser { process: command.spawn(Some(namespace))?, profile: self.profile() })
    }

    fn bridge_command(&self, socket: &PathBuf) -> Command {
        let mut command = Command::new(&self.bridge)
            .argument("--profile-dir")
            .argument(self.profile())
            .argument("--socket")
            .argument(socket)
            .argument("--chromium")
            .argument(&self.chromium)
            .variable("RUST_LOG", "info");
        if self.screen == Screen::Headless {
            command = command.argument("--headless");
        }
        if self.sandbox == Sandbox::Off {
            command = command.argument("--no-sandbox");
        }
        command.arguments(&self.url).argument("--").arguments(self.chromium_arguments())
    }

    fn chromium_command(&self) -> Command {
        let mut command = Command::new(&self.chromium)
            .argument(format!("--user-data-dir={}", self.profile().display()))
            .arguments(self.chromium_arguments());
        if self.screen == Screen::Headless {
            command = command.argument("--headless=new");
        }
        if self.sandbox == Sandbox::Off {
            command = command.argument("--no-sandbox");
        }
        command.arguments(&self.url)
    }

    /// The debugging port is for the scene alone, which types and clicks through it. It is on
    /// the namespace's own loopback, where nobody else is.
    fn chromium_arguments(&self) -> Vec<String> {
        let mut arguments = vec![
            "--remote-debugging-port=0".to_owned(),
            "--no-first-run".to_owned(),
            "--no-default-browser-check".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-quic".to_owned(),
        ];
        arguments.extend(self.arguments.iter().cloned());
        arguments
    }
}

/// A browser that runs.
#[derive(Debug)]
pub struct Browser {
    /// The bridge, whose child Chromium is, or Chromium itself.
    pub process: Process,
    profile: PathBuf,
}

impl Browser {
    /// Connects to Chromium, to type, click and look.
    ///
    /// # Errors
    /// When Chromium does not listen in time.
    pub async fn chromium(&mut self, namespace: &Namespace) -> Result<Chromium, HarnessError> {
        match Chromium::connect(namespace, &self.profile, START_LIMIT).await {
            Ok(chromium) => Ok(chromium),
            Err(HarnessError::TimeOut { what, limit, .. }) => {
                Err(HarnessError::TimeOut { what, limit, tail: self.process.tail() })
            }
            Err(other) => Err(other),
        }
    }
}
