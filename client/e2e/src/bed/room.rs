//! A room: namespaces in which the programs of a Debian system run beside those of this machine.
//!
//! Network, mounts and process ids are its own. Its root is the system that
//! `packaging/test-host/root.sh` builds, with a copy in memory laid over it, so that nothing that
//! its programs write is kept. It ends with its first process, and that one with this program,
//! however this one ends.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    time::Duration,
};

use nix::{
    mount::{MsFlags, mount},
    sched::{CloneFlags, setns, unshare},
    unistd::{chdir, chroot},
};
use tokio::runtime::Handle;

use crate::{
    environment::variable,
    error::HarnessError,
    namespace::{Namespace, on_a_thread},
    process::{Command, Ending, Output, Process},
    user::User,
    workdir::Workdir,
};

/// Where `packaging/test-host/root.sh` puts the system.
const SYSTEM: &str = "/var/cache/pwasync-test/root";
/// Names another one.
const SYSTEM_VARIABLE: &str = "PWASYNC_TEST_ROOT";
/// What the daemon's user is called in there.
pub(super) const USER_NAME: &str = "pwasync-test";
const LIMIT: Duration = Duration::from_secs(30);
const DEVICES: [&str; 5] = ["null", "zero", "full", "random", "urandom"];

/// Where the system of the rooms is; `None`: it has not been built.
#[must_use]
pub fn system_root() -> Option<PathBuf> {
    let path = variable(SYSTEM_VARIABLE).map_or_else(|| PathBuf::from(SYSTEM), PathBuf::from);
    path.join("usr/bin/dbus-daemon").is_file().then_some(path)
}

/// See the module.
#[derive(Debug)]
pub(super) struct Room {
    network: Namespace,
    mounts: File,
    processes: File,
    root: PathBuf,
    shared: PathBuf,
    /// All others end with it.
    _first: Process,
}

impl Room {
    /// Makes one. Programs in it know `user` by a name.
    pub(super) async fn create(workdir: &Workdir, user: User) -> Result<Self, HarnessError> {
        let system = system_root().ok_or_else(|| HarnessError::NoProgram {
            name: "dbus-daemon".to_owned(),
            place: SYSTEM.to_owned(),
            hint: "build the system with `sudo packaging/test-host/root.sh`".to_owned(),
        })?;
        let network = Namespace::create()?;
        let memory = workdir.folder("room", None)?;
        let shared = workdir.folder("shared", None)?;
        let root = memory.join("root");
        let handle = Handle::current();
        let made = network.enter(|| -> Result<_, HarnessError> {
            lay_out(&system, &memory, &shared, user)
                .map_err(|source| HarnessError::system("lay out a room", source))?;
            let mounts = File::open("/proc/thread-self/ns/mnt")
                .map_err(|source| HarnessError::system("hold on to the mounts", source))?;
            chroot(&root)
                .and_then(|()| chdir("/"))
                .map_err(|error| HarnessError::system("enter a room", error))?;
            // Its stdin is a pipe of this program: it ends when this program does.
            let _runtime = handle.enter();
            let first = Command::new("/bin/sh")
                .arguments(["-c", "mount -t proc proc /proc && echo ready && exec cat"])
                .spawn_by(tokio::process::Command::spawn)?;
            Ok((first, mounts))
        })?;
        let (first, mounts) = made?;
        let ready = |line: &str| (line == "ready").then_some(());
        first.wait_for_line(0, "the room to be ready", LIMIT, ready).await?;
        let processes = File::open(format!("/proc/{}/ns/pid", first.id()))
            .map_err(|source| HarnessError::system("hold on to the processes", source))?;
        Ok(Self { network, mounts, processes, root, shared, _first: first })
    }

    /// Its network.
    pub(super) fn network(&self) -> &Namespace {
        &self.network
    }

    /// A folder with the same path inside and outside.
    pub(super) fn shared(&self) -> &Path {
        &self.shared
    }

    /// Starts a program of its system.
    pub(super) fn spawn(&self, command: Command) -> Result<Process, HarnessError> {
        self.spawn_at(&self.network, command)
    }

    /// As [`Self::spawn`], with another network.
    pub(super) fn spawn_at(
        &self,
        network: &Namespace,
        command: Command,
    ) -> Result<Process, HarnessError> {
        let handle = Handle::current();
        command.spawn_by(|command| {
            let entered = network.enter(|| {
                self.enter()?;
                let _runtime = handle.enter();
                command.spawn()
            });
            entered.map_err(io::Error::other)?
        })
    }

    /// Starts a program of this machine among its processes, so that its services see whom they
    /// talk to, and in its network.
    pub(super) fn spawn_guest(&self, command: Command) -> Result<Process, HarnessError> {
        let handle = Handle::current();
        command.spawn_by(|command| {
            let entered = self.network.enter(|| {
                setns(&self.processes, CloneFlags::CLONE_NEWPID)?;
                let _runtime = handle.enter();
                command.spawn()
            });
            entered.map_err(io::Error::other)?
        })
    }

    /// Runs a program of its system to its good end; what it wrote to stdout.
    pub(super) async fn run(&self, command: Command) -> Result<String, HarnessError> {
        let name = format!("{command:?}");
        let Output { ending, stdout, stderr } = self.spawn(command)?.output(LIMIT).await?;
        if ending == Ending::Good {
            return Ok(stdout);
        }
        Err(HarnessError::Command { command: name, output: stderr.trim().to_owned() })
    }

    /// Writes a file of its system, for its root alone.
    pub(super) fn write(&self, path: &str, text: &str) -> Result<(), HarnessError> {
        // Its mounts are seen in there only.
        let written = on_a_thread(|| {
            self.enter()?;
            if let Some(folder) = Path::new(path).parent() {
                fs::create_dir_all(folder)?;
            }
            write_private(Path::new(path), text)
        });
        written.map_err(|source| HarnessError::system(format!("write `{path}`"), source))
    }

    /// As [`Self::write`], for all to read.
    pub(super) fn write_public(&self, path: &str, text: &str) -> Result<(), HarnessError> {
        self.write(path, text)?;
        let opened = on_a_thread(|| {
            self.enter()?;
            fs::set_permissions(path, fs::Permissions::from_mode(0o644))
        });
        opened.map_err(|source| HarnessError::system(format!("open `{path}`"), source))
    }

    /// Reads a file of its system.
    pub(super) fn read(&self, path: &str) -> Result<String, HarnessError> {
        let read = on_a_thread(|| {
            self.enter()?;
            fs::read_to_string(path)
        });
        read.map_err(|source| HarnessError::system(format!("read `{path}`"), source))
    }

    /// Puts this thread into the room, but for its network.
    fn enter(&self) -> io::Result<()> {
        // Root and working directory are shared with all threads of a program at first.
        unshare(CloneFlags::CLONE_FS)?;
        setns(&self.processes, CloneFlags::CLONE_NEWPID)?;
        setns(&self.mounts, CloneFlags::CLONE_NEWNS)?;
        chroot(&self.root)?;
        chdir("/")?;
        Ok(())
    }
}

/// Gives this thread mounts of its own, and its children process ids of theirs.
fn lay_out(system: &Path, memory: &Path, shared: &Path, user: User) -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWPID)?;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
    in_memory(memory)?;
    let part = |name: &str| -> io::Result<PathBuf> {
        let path = memory.join(name);
        fs::create_dir(&path)?;
        Ok(path)
    };
    let (root, upper, work) = (part("root")?, part("upper")?, part("work")?);
    let layers = format!(
        "lowerdir={},upperdir={},workdir={}",
        system.display(),
        upper.display(),
        work.display()
    );
    mount(Some("overlay"), &root, Some("overlay"), MsFlags::empty(), Some(layers.as_str()))?;
    // Where it can be written, NetworkManager waits for udev, which does not run here.
    mount(Some("sysfs"), &root.join("sys"), Some("sysfs"), MsFlags::MS_RDONLY, None::<&str>)?;
    for folder in ["dev", "run", "tmp"] {
        in_memory(&root.join(folder))?;
    }
    for name in DEVICES {
        let (here, there) = (Path::new("/dev").join(name), root.join("dev").join(name));
        File::create(&there)?;
        bind(&here, &there)?;
    }
    fs::create_dir(root.join("dev/shm"))?;
    symlink("/proc/self/fd", root.join("dev/fd"))?;
    let inside = root.join(shared.strip_prefix("/").unwrap_or(shared));
    fs::create_dir_all(&inside)?;
    bind(shared, &inside)?;
    fs::create_dir_all(root.join("run/dbus"))?;
    fs::write(root.join("etc/machine-id"), "0123456789abcdef0123456789abcdef\n")?;
    let (uid, gid) = (user.uid(), user.gid());
    let entry = format!("{USER_NAME}:x:{uid}:{gid}::/:/usr/sbin/nologin\n");
    OpenOptions::new().append(true).open(root.join("etc/passwd"))?.write_all(entry.as_bytes())
}

fn in_memory(path: &Path) -> nix::Result<()> {
    mount(Some("tmpfs"), path, Some("tmpfs"), MsFlags::empty(), Some("mode=755"))
}

fn bind(from: &Path, to: &Path) -> nix::Result<()> {
    mount(Some(from), to, None::<&str>, MsFlags::MS_BIND, None::<&str>)
}

/// Programs refuse secrets that others can read.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    file.write_all(text.as_bytes())
}
