//! The Chromium process: started with its debugging pipe, ended properly.
//!
//! Owns the child and nothing of what is said to it. When this process dies in any way, the pipe
//! closes and Chromium ends by itself.

use std::{
    ffi::OsString,
    io,
    os::fd::OwnedFd,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use command_fds::{CommandFdExt, FdMapping, FdMappingCollision};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::json;
use tokio::{
    net::unix::pipe,
    process::{Child, Command},
    sync::mpsc,
    task::JoinHandle,
    time::timeout,
};

use crate::{
    cdp::{Connection, Event},
    environment,
};

/// Chromium writes its profile when it is closed; a slow disk may need this long.
const CLOSE_LIMIT: Duration = Duration::from_secs(10);
const TERMINATE_LIMIT: Duration = Duration::from_secs(5);
const KILL_LIMIT: Duration = Duration::from_secs(5);
/// Looked for in PATH, in this order.
const NAMES: [&str; 2] = ["chromium", "chromium-browser"];

/// How to start Chromium.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The program; none: `chromium` from PATH.
    pub program: Option<PathBuf>,
    /// The user data directory.
    pub profile_dir: PathBuf,
    /// Whether there are windows.
    pub display: Display,
    /// Whether Chromium's own sandbox is used.
    pub sandbox: Sandbox,
    /// Opened at once, before the bridge could prepare it: a blank page or nothing.
    pub first_page: FirstPage,
    /// Further arguments, as given.
    pub extra: Vec<OsString>,
}

/// Whether there are windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Display {
    /// Ordinary windows.
    Windows,
    /// None at all.
    Headless,
}

/// Whether Chromium's own sandbox is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sandbox {
    /// As Chromium decides.
    Default,
    /// Off; root needs that.
    Off,
}

/// What Chromium opens by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstPage {
    /// What its settings say.
    Default,
    /// A blank page, which the bridge prepares and then navigates.
    Blank,
}

/// A running Chromium.
#[derive(Debug)]
pub struct Browser {
    child: Child,
    driver: JoinHandle<io::Result<()>>,
    /// To call it.
    pub connection: Connection,
}

/// Why Chromium did not start.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// The program is not there.
    #[error("`{}`: Chromium was not found\nhint: install it, or name it with `--chromium`", program.display())]
    Missing {
        /// What was looked for.
        program: PathBuf,
    },
    /// The program could not be started.
    #[error("`{}`: Chromium could not be started", program.display())]
    Start {
        /// What was started.
        program: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The pipes could not be made.
    #[error("the debugging pipe of Chromium could not be made")]
    Pipe(#[source] io::Error),
    /// The descriptors could not be given to it.
    #[error("the debugging pipe of Chromium could not be passed on")]
    Descriptors(#[from] FdMappingCollision),
}

impl Browser {
    /// Starts Chromium and returns it with the events that it sends.
    ///
    /// # Errors
    ///
    /// When it is not there or cannot be started. That it ends at once, for example because the
    /// profile is in use, shows in [`Browser::ended`].
    pub fn launch(launch: &Launch) -> Result<(Self, mpsc::Receiver<Event>), BrowserError> {
        let program = program(launch)?;
        let (chromium_reads, we_write) = io::pipe().map_err(BrowserError::Pipe)?;
        let (we_read, chromium_writes) = io::pipe().map_err(BrowserError::Pipe)?;
        let mut command = Command::new(&program);
        command
            .args(arguments(launch))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .fd_mappings(vec![
                FdMapping { parent_fd: OwnedFd::from(chromium_reads), child_fd: 3 },
                FdMapping { parent_fd: OwnedFd::from(chromium_writes), child_fd: 4 },
            ])?;
        let child = command.spawn().map_err(|source| BrowserError::Start { program, source })?;
        // The command holds Chromium's ends of the pipes: without this they would never close.
        drop(command);
        let writer =
            pipe::Sender::from_owned_fd(OwnedFd::from(we_write)).map_err(BrowserError::Pipe)?;
        let reader =
            pipe::Receiver::from_owned_fd(OwnedFd::from(we_read)).map_err(BrowserError::Pipe)?;
        let (connection, driver, events) = Connection::new();
        let driver = tokio::spawn(driver.run(reader, writer));
        Ok((Self { child, driver, connection }, events))
    }

    /// The process id while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits until Chromium has ended.
    ///
    /// # Errors
    ///
    /// When its status cannot be read.
    pub async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Ends Chromium: it is asked to close, then to terminate, then killed.
    ///
    /// # Errors
    ///
    /// When it is still there after all that.
    pub async fn close(mut self) -> io::Result<ExitStatus> {
        let close = self.connection.call(None, "Browser.close", json!({}), CLOSE_LIMIT);
        if let Err(error) = close.await {
            tracing::debug!(%error, "Chromium did not answer to closing");
        }
        let status = self.end().await;
        self.driver.abort();
        status
    }

    async fn end(&mut self) -> io::Result<ExitStatus> {
        if let Ok(status) = timeout(CLOSE_LIMIT, self.child.wait()).await {
            return status;
        }
        tracing::warn!("Chromium did not close in time and is terminated");
        self.terminate();
        if let Ok(status) = timeout(TERMINATE_LIMIT, self.child.wait()).await {
            return status;
        }
        tracing::warn!("Chromium did not terminate in time and is killed");
        self.child.start_kill()?;
        match timeout(KILL_LIMIT, self.child.wait()).await {
            Ok(status) => status,
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "Chromium survived SIGKILL")),
        }
    }

    fn terminate(&self) {
        let Some(pid) = self.child.id().and_then(|pid| i32::try_from(pid).ok()) else { return };
        if let Err(error) = kill(Pid::from_raw(pid), Signal::SIGTERM) {
            tracing::warn!(%error, "SIGTERM could not be sent to Chromium");
        }
    }
}

fn arguments(launch: &Launch) -> Vec<OsString> {
    let mut profile = OsString::from("--user-data-dir=");
    profile.push(&launch.profile_dir);
    let mut arguments = vec![OsString::from("--remote-debugging-pipe"), profile];
    if launch.display == Display::Headless {
        arguments.push(OsString::from("--headless=new"));
    }
    if launch.sandbox == Sandbox::Off {
        arguments.push(OsString::from("--no-sandbox"));
    }
    arguments.extend(launch.extra.iter().cloned());
    if launch.first_page == FirstPage::Blank {
        arguments.push(OsString::from("about:blank"));
    }
    arguments
}

fn program(launch: &Launch) -> Result<PathBuf, BrowserError> {
    if let Some(program) = &launch.program {
        return if program.is_file() {
            Ok(program.clone())
        } else {
            Err(BrowserError::Missing { program: program.clone() })
        };
    }
    find_program().ok_or_else(|| BrowserError::Missing { program: PathBuf::from(NAMES[0]) })
}

/// Chromium as PATH has it.
#[must_use]
pub fn find_program() -> Option<PathBuf> {
    let folders = environment::search_path();
    NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|candidate| candidate.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pipe_and_the_profile_are_always_given() {
        let arguments = arguments(&launch());
        assert_eq!(arguments, ["--remote-debugging-pipe", "--user-data-dir=/p", "--mute-audio"]);
    }

    #[test]
    fn a_blank_page_comes_last_where_the_bridge_opens_a_page() {
        let arguments = arguments(&Launch { first_page: FirstPage::Blank, ..launch() });
        assert_eq!(arguments.last().unwrap(), "about:blank");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let program = PathBuf::from("/nowhere/chromium");
        let error = Browser::launch(&Launch { program: Some(program), ..launch() }).unwrap_err();
        assert!(error.to_string().starts_with("`/nowhere/chromium`: Chromium was not found"));
    }

    fn launch() -> Launch {
        Launch {
            program: None,
            profile_dir: PathBuf::from("/p"),
            display: Display::Windows,
            sandbox: Sandbox::Default,
            first_page: FirstPage::Default,
            extra: vec![OsString::from("--mute-audio")],
        }
    }
}
