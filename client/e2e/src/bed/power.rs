//! The real UPower on power supplies that the kernel does not have.

use std::time::Duration;

use super::{
    bus::{Bus, Place},
    provider::Plug,
    room::Room,
};
use crate::{
    error::HarnessError,
    process::{Command, Process},
};

const LIMIT: Duration = Duration::from_secs(20);
const SCRIPT: &str = include_str!("power.py");
const SCRIPT_PATH: &str = "/run/power.py";
/// What a full battery holds, in microwatt hours.
const FULL: u64 = 50_000_000;
const CHARGER: &str = "AC";

/// UPower's view of all batteries together.
#[must_use]
pub fn upower() -> Place {
    let path = "/org/freedesktop/UPower/devices/DisplayDevice";
    Place::new("org.freedesktop.UPower", path, "org.freedesktop.UPower.Device")
}

/// UPower's main object.
#[must_use]
pub fn upower_daemon() -> Place {
    let name = "org.freedesktop.UPower";
    Place::new(name, "/org/freedesktop/UPower", name)
}

/// What a battery does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charge {
    /// It is filled.
    Charging,
    /// It is used.
    Discharging,
    /// It is kept as it is, by a charge threshold.
    Paused,
    /// Nothing goes in any more.
    Full,
}

impl Charge {
    fn status(self) -> &'static str {
        match self {
            Self::Charging => "Charging",
            Self::Discharging => "Discharging",
            // A space would part the words of a command.
            Self::Paused => "Not_charging",
            Self::Full => "Full",
        }
    }
}

/// Power supplies of a bed.
#[derive(Debug)]
pub struct PowerSupplies {
    process: Process,
    said: usize,
    batteries: Vec<String>,
}

impl PowerSupplies {
    pub(super) async fn create(room: &Room, bus: &Bus) -> Result<Self, HarnessError> {
        room.write(SCRIPT_PATH, SCRIPT)?;
        let command = Command::new("/usr/bin/umockdev-wrapper")
            .arguments(["/usr/bin/python3", SCRIPT_PATH])
            .variable("DBUS_SYSTEM_BUS_ADDRESS", bus.address());
        let process = room.spawn(command)?;
        let ready = |line: &str| (line == "ready").then_some(());
        let what = "the power supplies to be ready";
        let (said, ()) = process.wait_for_line(0, what, LIMIT, ready).await?;
        let mut supplies = Self { process, said, batteries: Vec::new() };
        supplies.tell(&format!("add {CHARGER} type Mains online 1")).await?;
        Ok(supplies)
    }

    /// Sets how full a battery is and what it does; it comes when it is not there.
    ///
    /// # Errors
    /// When the script fails.
    pub async fn battery(
        &mut self,
        name: &str,
        percent: u64,
        charge: Charge,
    ) -> Result<(), HarnessError> {
        let (energy, status) = (FULL * percent / 100, charge.status());
        let changes = format!("status {status} energy_now {energy} capacity {percent}");
        if self.batteries.iter().any(|known| known == name) {
            return self.tell(&format!("set {name} {changes}")).await;
        }
        self.batteries.push(name.to_owned());
        self.tell(&format!(
            "add {name} type Battery present 1 energy_full {FULL} energy_full_design {FULL} \
             power_now 10000000 voltage_now 12000000 {changes}"
        ))
        .await
    }

    /// Takes a battery out.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn pull(&mut self, name: &str) -> Result<(), HarnessError> {
        self.batteries.retain(|known| known != name);
        self.tell(&format!("remove {name}")).await
    }

    /// Plugs the charger in or out.
    ///
    /// # Errors
    /// When the script fails.
    pub async fn charger(&mut self, plug: Plug) -> Result<(), HarnessError> {
        let online = match plug {
            Plug::In => 1,
            Plug::Out => 0,
        };
        self.tell(&format!("set {CHARGER} online {online}")).await
    }

    /// Starts UPower.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_upower(&mut self, bus: &Bus) -> Result<(), HarnessError> {
        self.tell("start").await?;
        bus.until::<bool>(&upower_daemon(), "OnBattery", |_| true).await.map(drop)
    }

    /// Stops UPower; the supplies stay.
    ///
    /// # Errors
    /// When it does not run.
    pub async fn stop_upower(&mut self) -> Result<(), HarnessError> {
        self.tell("stop").await
    }

    async fn tell(&mut self, command: &str) -> Result<(), HarnessError> {
        self.process.write_line(command).await?;
        let answer = format!("done {command}");
        let done = |line: &str| (line == answer).then_some(());
        let waiting = self.process.wait_for_line(self.said, &answer, LIMIT, done);
        (self.said, ()) = waiting.await?;
        Ok(())
    }
}
