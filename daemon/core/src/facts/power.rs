//! What the power sources say.

/// Battery and charger, as one source gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Power {
    /// Charge in percent, 0 to 100; `None`: no battery.
    pub battery_percent: Option<u8>,
    /// The machine runs on its battery.
    pub on_battery: bool,
}

/// What a level of charge means for syncs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BatteryLevel {
    /// Charging, or no battery, or enough.
    Enough,
    /// Periodic events wait.
    Low,
    /// One-off events wait too.
    Critical,
}

impl Power {
    /// The level under the given limits in percent; a limit itself still counts as reached.
    pub(crate) fn level(self, low: u8, critical: u8) -> BatteryLevel {
        match self.battery_percent {
            Some(percent) if self.on_battery && percent <= critical => BatteryLevel::Critical,
            Some(percent) if self.on_battery && percent <= low => BatteryLevel::Low,
            Some(_) | None => BatteryLevel::Enough,
        }
    }
}
