//! A machine: systemd as the first process of a container, with the real logind, the daemon as its
//! own unit runs it, and a sleep that lasts until the test ends it.
//!
//! Of the sleep only the last step is not the real one: the kernel is not asked, so clocks run on
//! and no process stands still. It boots in half a second, and is on the near end of a cable.

use std::{
    fs,
    path::{Path, PathBuf},
};

use nix::{sys::stat::Mode, unistd::mkfifo};

use super::{
    bus::{Bus, Place},
    room::system_root,
};
use crate::{
    binaries::Binaries,
    error::HarnessError,
    link::Cable,
    process::{Command, Process},
    workdir::Workdir,
};

const SCRIPT: &str = include_str!("machine.sh");
/// What systemd-sleep(8) would find where the kernel can sleep.
const POWER_STATES: &str = "freeze mem\n";
/// In the place of the call to the kernel: it waits until somebody wakes it.
const SLEEP: &str = "[Service]\nExecStart=\nExecStart=/bin/cat /shared/wake\n";
/// logind itself waits longer than any test takes.
const PATIENCE: &str = "[Login]\nInhibitDelayMaxSec=1h\n";
/// What the test wants to see of the daemon.
const DROP_IN: &str = "[Service]\nEnvironment=PWASYNC_LOG=info,pwasyncd=debug\n\
    StandardError=append:/shared/pwasyncd.log\n";
const UNIT: &str = include_str!("../../../../systemd/pwasyncd.service");
const USERS: &str = include_str!("../../../../systemd/pwasync.sysusers.conf");

/// See the module.
#[derive(Debug)]
pub struct Machine {
    bus: Bus,
    process: Option<Process>,
    cgroup: PathBuf,
    cable: Cable,
    workdir: Workdir,
}

/// What a machine is to be like.
#[derive(Clone, Debug, Default)]
pub struct MachineOptions {
    /// The daemon's policy.
    pub policy: String,
    /// Units of the system that it has not got.
    pub masked: &'static [&'static str],
    /// What stands over the daemon's unit.
    pub drop_in: &'static str,
}

/// Why there can be no machine here; none: there can.
#[must_use]
pub fn missing_for_machines() -> Option<&'static str> {
    if system_root().is_none() {
        return Some("what packaging/test-host/root.sh builds");
    }
    cgroups().is_none().then_some("a cgroup2 file system")
}

impl Machine {
    /// Boots, with logind and the daemon. Needs root.
    ///
    /// # Errors
    /// When a part of the system is missing, or does not start.
    pub async fn boot(binaries: &Binaries, options: MachineOptions) -> Result<Self, HarnessError> {
        let system = system_root().ok_or_else(|| HarnessError::NoProgram {
            name: "systemd".to_owned(),
            place: "the system of the tests".to_owned(),
            hint: "build the system with `sudo packaging/test-host/root.sh`".to_owned(),
        })?;
        let workdir = Workdir::create()?;
        let shared = workdir.folder("shared", None)?;
        lay_out(&workdir, &shared, &options)
            .map_err(|source| HarnessError::system("lay out a machine", source))?;
        let name = workdir.path().file_name().unwrap_or_default();
        let cgroup = cgroups()
            .map(|all| all.join(name))
            .ok_or_else(|| HarnessError::system("find cgroups", std::io::ErrorKind::NotFound))?;
        fs::create_dir(&cgroup).map_err(|source| HarnessError::system("make a cgroup", source))?;
        let cable = Cable::create()?;
        let command = Command::new("/bin/sh")
            .argument(workdir.path().join("machine.sh"))
            .argument(&cgroup)
            .argument(&system)
            .argument(workdir.path())
            .argument(binaries.program("pwasyncd")?);
        let address = format!("unix:path={}", shared.join("dbus/system_bus_socket").display());
        let process = Some(command.spawn(Some(cable.near()))?);
        let mut machine = Self { bus: Bus::at(address), process, cgroup, cable, workdir };
        let booted = machine.boot_up().await;
        booted.map_err(|error| HarnessError::Bus {
            doing: "boot a machine".to_owned(),
            answer: format!("{error}{}", machine.tail()),
        })?;
        Ok(machine)
    }

    async fn boot_up(&mut self) -> Result<(), HarnessError> {
        self.bus.connect_soon().await?;
        let manager = systemd();
        self.bus.until::<String>(&manager, "SystemState", |state| state == "running").await?;
        // It tells of changes of units only to those who have asked.
        self.bus.call(&manager, "Subscribe", &()).await?;
        self.start("systemd-logind.service").await?;
        self.start("pwasyncd.service").await
    }

    /// Its bus, to look at what the services say.
    #[must_use]
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Its only cable, plugged in.
    #[must_use]
    pub fn cable(&self) -> &Cable {
        &self.cable
    }

    /// Where the daemon's socket is, from outside.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.shared().join("pwasync/pwasyncd.sock")
    }

    /// What the daemon has written to its log.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.shared().join("pwasyncd.log")).unwrap_or_default()
    }

    /// Starts a unit and waits until it runs.
    ///
    /// # Errors
    /// When it does not.
    pub async fn start(&self, unit: &str) -> Result<(), HarnessError> {
        self.bus.call(&systemd(), "StartUnit", &(unit, "replace")).await?;
        self.unit_becomes(unit, "active").await
    }

    /// Stops a unit and waits until it has ended.
    ///
    /// # Errors
    /// When it does not.
    pub async fn stop(&self, unit: &str) -> Result<(), HarnessError> {
        self.bus.call(&systemd(), "StopUnit", &(unit, "replace")).await?;
        self.unit_becomes(unit, "inactive").await
    }

    /// `kill -9` of all that a unit runs; whoever starts it again is systemd.
    ///
    /// # Errors
    /// When nothing runs.
    pub async fn kill(&self, unit: &str) -> Result<(), HarnessError> {
        self.bus.call(&systemd(), "KillUnit", &(unit, "all", 9)).await.map(drop)
    }

    /// Has the machine go to sleep, as closing its lid does. It sleeps some time later.
    ///
    /// # Errors
    /// When logind refuses.
    pub async fn suspend(&self) -> Result<(), HarnessError> {
        self.bus.call(&login_manager(), "Suspend", &(false,)).await.map(drop)
    }

    /// Waits until the machine sleeps.
    ///
    /// # Errors
    /// When it does not.
    pub async fn sleeps(&self) -> Result<(), HarnessError> {
        self.unit_becomes("systemd-suspend.service", "activating").await
    }

    /// Whether it sleeps now.
    ///
    /// # Errors
    /// When systemd does not say.
    pub async fn is_asleep(&self) -> Result<bool, HarnessError> {
        let place = unit_place("systemd-suspend.service");
        Ok(self.bus.property::<String>(&place, "ActiveState").await? == "activating")
    }

    /// Wakes the machine, and waits until it has woken.
    ///
    /// # Errors
    /// When it does not sleep, or does not wake.
    pub async fn wake(&self) -> Result<(), HarnessError> {
        let wake = self.shared().join("wake");
        // It sleeps as long as nobody has opened this to write.
        tokio::task::spawn_blocking(move || fs::OpenOptions::new().write(true).open(wake))
            .await
            .map_err(|error| {
                HarnessError::system("wake the machine", std::io::Error::other(error))
            })?
            .map_err(|source| HarnessError::system("wake the machine", source))?;
        self.unit_becomes("systemd-suspend.service", "inactive").await
    }

    /// Who delays sleep: programs by the names that they gave.
    ///
    /// # Errors
    /// When logind does not say.
    pub async fn delayers(&self) -> Result<Vec<String>, HarnessError> {
        let answer = self.bus.call(&login_manager(), "ListInhibitors", &()).await?;
        let body = answer.body();
        let all = body.deserialize::<Vec<(String, String, String, String, u32, u32)>>();
        let all = all.map_err(|error| HarnessError::Bus {
            doing: "list inhibitors".to_owned(),
            answer: error.to_string(),
        })?;
        let delays =
            all.into_iter().filter(|(what, _, _, mode, _, _)| what == "sleep" && mode == "delay");
        Ok(delays.map(|(_, who, _, _, _, _)| who).collect())
    }

    /// The last lines that it wrote, for an error message.
    #[must_use]
    pub fn tail(&self) -> String {
        let process = self.process.as_ref().map_or_else(String::new, Process::tail);
        let log = self.log();
        let lines: Vec<_> = log.lines().rev().take(40).collect();
        let lines: String = lines.into_iter().rev().map(|line| format!("\n  {line}")).collect();
        process + &lines
    }

    async fn unit_becomes(&self, unit: &str, state: &str) -> Result<(), HarnessError> {
        // It has no object before it is loaded.
        self.bus.call(&systemd(), "LoadUnit", &(unit,)).await?;
        let place = unit_place(unit);
        self.bus.until::<String>(&place, "ActiveState", |now| now == state).await.map(drop)
    }

    fn shared(&self) -> PathBuf {
        self.workdir.path().join("shared")
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // All its processes end with it.
        drop(self.process.take());
        remove_cgroup(&self.cgroup);
    }
}

/// logind's main object.
fn login_manager() -> Place {
    let interface = "org.freedesktop.login1.Manager";
    Place::new("org.freedesktop.login1", "/org/freedesktop/login1", interface)
}

fn systemd() -> Place {
    let interface = "org.freedesktop.systemd1.Manager";
    Place::new("org.freedesktop.systemd1", "/org/freedesktop/systemd1", interface)
}

fn unit_place(unit: &str) -> Place {
    let escaped: String = unit
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            other => format!("_{other:02x}"),
        })
        .collect();
    let path = format!("/org/freedesktop/systemd1/unit/{escaped}");
    Place::new("org.freedesktop.systemd1", &path, "org.freedesktop.systemd1.Unit")
}

/// Where the kernel's own kind of cgroups is; `None`: nowhere.
fn cgroups() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let mut mounts = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let place = mounts.find(|words| words.get(2) == Some(&"cgroup2"))?.get(1)?.to_owned();
    Some(place.into())
}

/// Removes what its systemd has made, from the leaves on.
fn remove_cgroup(cgroup: &Path) {
    for below in fs::read_dir(cgroup).into_iter().flatten().flatten() {
        if below.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_cgroup(&below.path());
        }
    }
    let _ = fs::remove_dir(cgroup);
}

/// What the machine's files are besides those of its system.
fn lay_out(workdir: &Workdir, shared: &Path, options: &MachineOptions) -> std::io::Result<()> {
    fs::write(workdir.path().join("machine.sh"), SCRIPT)?;
    for folder in ["pwasync", "dbus"] {
        fs::create_dir(shared.join(folder))?;
    }
    mkfifo(&shared.join("wake"), Mode::S_IRUSR | Mode::S_IWUSR)?;
    fs::write(shared.join("power-state"), POWER_STATES)?;
    // The program is laid over it.
    fs::write(shared.join("pwasyncd"), "")?;
    let files = [
        ("etc/machine-id", "0123456789abcdef0123456789abcdef\n"),
        ("etc/pwasync/pwasyncd.toml", &options.policy),
        ("etc/systemd/logind.conf.d/test.conf", PATIENCE),
        ("etc/systemd/system/systemd-suspend.service.d/test.conf", SLEEP),
        ("etc/systemd/system/pwasyncd.service.d/test.conf", DROP_IN),
        ("etc/systemd/system/pwasyncd.service.d/told.conf", options.drop_in),
        ("usr/lib/systemd/system/pwasyncd.service", UNIT),
        ("usr/lib/sysusers.d/pwasync.conf", USERS),
    ];
    for (path, text) in files {
        let path = shared.join("files").join(path);
        fs::create_dir_all(path.parent().unwrap_or(shared))?;
        fs::write(path, text)?;
    }
    for unit in options.masked {
        std::os::unix::fs::symlink(
            "/dev/null",
            shared.join("files/etc/systemd/system").join(unit),
        )?;
    }
    Ok(())
}
