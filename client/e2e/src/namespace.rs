//! Network namespaces without a name: each lives as long as its descriptor or a process in it,
//! so nothing is left behind however the program ends.

use std::{fs::File, io, path::PathBuf, process::id, thread};

use nix::sched::{CloneFlags, setns, unshare};
use std::os::fd::AsRawFd;

use crate::error::HarnessError;

/// A network namespace of our own. Needs root.
#[derive(Debug)]
pub struct Namespace {
    descriptor: File,
}

impl Namespace {
    /// Makes a namespace whose only link is a loopback, which is up.
    ///
    /// # Errors
    /// When the kernel refuses (no root), or `ip` is missing.
    pub fn create() -> Result<Self, HarnessError> {
        let made = on_a_thread(|| {
            unshare(CloneFlags::CLONE_NEWNET)?;
            File::open("/proc/thread-self/ns/net")
        });
        let descriptor =
            made.map_err(|source| HarnessError::system("make a network namespace", source))?;
        let namespace = Self { descriptor };
        namespace.ip(&["link", "set", "lo", "up"])?;
        Ok(namespace)
    }

    /// Runs `work` on a thread inside the namespace. Sockets and processes that it makes stay in
    /// there.
    ///
    /// # Errors
    /// When the namespace cannot be entered.
    pub fn enter<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, HarnessError> {
        on_a_thread(|| {
            setns(&self.descriptor, CloneFlags::CLONE_NEWNET)?;
            Ok(work())
        })
        .map_err(|source| HarnessError::system("enter a network namespace", source))
    }

    /// Runs `ip` (of iproute2) inside the namespace.
    ///
    /// # Errors
    /// When `ip` is missing or fails.
    pub fn ip(&self, arguments: &[&str]) -> Result<(), HarnessError> {
        let ran = self.enter(|| std::process::Command::new("ip").args(arguments).output())?;
        let output = ran.map_err(|source| HarnessError::system("run `ip`", source))?;
        if output.status.success() {
            return Ok(());
        }
        Err(HarnessError::Command {
            command: format!("ip {}", arguments.join(" ")),
            output: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        })
    }

    /// A path by which other programs of this user can open the namespace.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/fd/{}", id(), self.descriptor.as_raw_fd()))
    }
}

/// A namespace is a property of the thread, so the work gets a thread that ends with it.
pub(crate) fn on_a_thread<T: Send>(work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    thread::scope(|scope| {
        thread::Builder::new()
            .name("namespace".to_owned())
            .spawn_scoped(scope, work)?
            .join()
            .map_err(|_| io::Error::other("the thread in the namespace panicked"))?
    })
}
