//! The real power-profiles-daemon.

use std::time::Duration;

use super::{
    bus::{Bus, Place},
    room::Room,
};
use crate::{
    error::HarnessError,
    process::{Command, Process},
};

const LIMIT: Duration = Duration::from_secs(20);

/// Its object.
#[must_use]
pub fn power_profiles() -> Place {
    let name = "net.hadess.PowerProfiles";
    Place::new(name, "/net/hadess/PowerProfiles", name)
}

/// Chooses a profile, as root.
pub(super) async fn choose(room: &Room, bus: &Bus, profile: &str) -> Result<(), HarnessError> {
    let Place { service, path, interface } = power_profiles();
    let command = Command::new("/usr/bin/busctl")
        .arguments(["set-property", &service, &path, &interface, "ActiveProfile", "s", profile])
        .variable("DBUS_SYSTEM_BUS_ADDRESS", bus.address());
    room.run(command).await.map(drop)
}

/// One that runs, on hardware that it knows nothing of.
#[derive(Debug)]
pub struct PowerProfiles {
    process: Process,
}

impl PowerProfiles {
    pub(super) async fn start(room: &Room, bus: &Bus) -> Result<Self, HarnessError> {
        let command = Command::new("/usr/libexec/power-profiles-daemon")
            .variable("DBUS_SYSTEM_BUS_ADDRESS", bus.address());
        let process = room.spawn(command)?;
        let ready = bus.until::<String>(&power_profiles(), "ActiveProfile", |_| true).await;
        ready.map_err(|error| HarnessError::Bus {
            doing: "start power-profiles-daemon".to_owned(),
            answer: format!("{error}{}", process.tail()),
        })?;
        Ok(Self { process })
    }

    /// Stops it.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn stop(mut self) -> Result<(), HarnessError> {
        self.process.stop(LIMIT).await.map(drop)
    }
}
