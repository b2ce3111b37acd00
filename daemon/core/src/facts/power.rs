//! What the power sources say.

/// Battery and charger, as one source gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Power {
    /// Charge in percent, 0 to 100; `None`: no battery, or one whose charge cannot be read.
    pub battery_percent: Option<u8>,
    /// The machine runs on its battery.
    pub on_battery: bool,
    /// Who says so.
    pub told_by: PowerTeller,
}

/// Who tells of battery and charger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerTeller {
    /// UPower, where it runs.
    Upower,
    /// The kernel itself.
    Sysfs,
}

/// Whether the user wants power saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerSaver {
    /// No.
    Off,
    /// Yes.
    On,
}
