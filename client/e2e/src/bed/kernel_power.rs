//! Power supplies as the kernel shows them, in a folder, and its messages that they have changed.
//!
//! The messages are the kernel's own: who may manage a network namespace can have the kernel send
//! one inside of it. Nothing outside the bed hears of it.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_KOBJECT_UEVENT};

use crate::{error::HarnessError, namespace::Namespace, workdir::Workdir};

/// The group of the kernel's messages.
const GROUP: u32 = 1;
/// What a full battery holds, in microwatt hours.
const FULL: u64 = 50_000_000;

/// Who sends a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The kernel.
    Kernel,
    /// A program that has the right to.
    Program,
}

/// See the module.
#[derive(Debug)]
pub struct KernelPower {
    sysfs: PathBuf,
}

impl KernelPower {
    pub(super) fn create(workdir: &Workdir) -> Result<Self, HarnessError> {
        let sysfs = workdir.folder("sysfs", None)?;
        let made = fs::create_dir_all(sysfs.join("class/power_supply"))
            .and_then(|()| fs::set_permissions(&sysfs, fs::Permissions::from_mode(0o755)));
        made.map_err(|source| HarnessError::system("make power supplies", source))?;
        Ok(Self { sysfs })
    }

    /// What stands for `/sys`.
    #[must_use]
    pub fn sysfs(&self) -> &Path {
        &self.sysfs
    }

    /// What stands for `/sys/class/power_supply`.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.sysfs.join("class/power_supply")
    }

    /// Sets a battery; it comes when it is not there. Nobody is told.
    ///
    /// # Errors
    /// When its files cannot be written.
    pub fn battery(&self, name: &str, percent: u64, status: &str) -> Result<(), HarnessError> {
        let energy = (FULL * percent / 100).to_string();
        let (percent, full) = (percent.to_string(), FULL.to_string());
        self.set(
            name,
            &BTreeMap::from([
                ("type", "Battery"),
                ("present", "1"),
                ("status", status),
                ("capacity", &percent),
                ("energy_now", &energy),
                ("energy_full", &full),
                ("energy_full_design", &full),
                ("power_now", "10000000"),
                ("voltage_now", "12000000"),
            ]),
        )
    }

    /// Sets files of a supply. Nobody is told.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn set(&self, name: &str, files: &BTreeMap<&str, &str>) -> Result<(), HarnessError> {
        let folder = self.folder().join(name);
        let written = fs::create_dir_all(&folder).and_then(|()| {
            files.iter().try_for_each(|(file, value)| {
                // In one step, as the kernel has it.
                let forming = self.sysfs.join("forming");
                fs::write(&forming, format!("{value}\n"))?;
                fs::rename(&forming, folder.join(file))
            })
        });
        written.map_err(|source| HarnessError::system(format!("set `{name}`"), source))
    }

    /// Plugs the charger in (`1`) or out (`0`). Nobody is told.
    ///
    /// # Errors
    /// When its files cannot be written.
    pub fn charger(&self, online: &str) -> Result<(), HarnessError> {
        self.set("AC", &BTreeMap::from([("type", "Mains"), ("online", online)]))
    }

    /// Takes a supply away. Nobody is told.
    ///
    /// # Errors
    /// When it is not there.
    pub fn remove(&self, name: &str) -> Result<(), HarnessError> {
        fs::remove_dir_all(self.folder().join(name))
            .map_err(|source| HarnessError::system(format!("remove `{name}`"), source))
    }

    /// Tells all who listen in a namespace that a power supply has changed.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn tell(&self, sender: Sender, namespace: &Namespace) -> Result<(), HarnessError> {
        tell(sender, "power_supply", namespace)
    }

    /// The same of another kind of device.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn tell_of_others(&self, namespace: &Namespace) -> Result<(), HarnessError> {
        tell(Sender::Kernel, "net", namespace)
    }
}

fn tell(sender: Sender, subsystem: &str, namespace: &Namespace) -> Result<(), HarnessError> {
    let path = "/devices/virtual/x";
    let text = format!("change@{path}\0ACTION=change\0DEVPATH={path}\0SUBSYSTEM={subsystem}\0");
    let sent = namespace.enter(|| send(sender, text.as_bytes()))?;
    sent.map_err(|source| HarnessError::system("send a message of devices", source))
}

fn send(sender: Sender, text: &[u8]) -> io::Result<()> {
    let mut socket = Socket::new(NETLINK_KOBJECT_UEVENT)?;
    socket.bind_auto()?;
    match sender {
        Sender::Program => socket.send_to(text, &SocketAddr::new(0, GROUP), 0)?,
        Sender::Kernel => socket.send_to(&wrapped(text), &SocketAddr::new(0, 0), 0)?,
    };
    Ok(())
}

/// As the kernel takes a message that it is to send on.
fn wrapped(text: &[u8]) -> Vec<u8> {
    const HEADER: usize = 16;
    const KIND: u16 = 0x10;
    const REQUEST: u16 = 1;
    let length = u32::try_from(HEADER + text.len()).unwrap_or(u32::MAX);
    let mut message = Vec::from(length.to_ne_bytes());
    message.extend(KIND.to_ne_bytes());
    message.extend(REQUEST.to_ne_bytes());
    message.extend([0; 8]);
    message.extend(text);
    message
}
