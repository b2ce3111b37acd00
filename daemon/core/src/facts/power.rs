//! What the power sources say.

/// Battery and charger, as one source gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Power {
    /// Charge in percent, 0 to 100; `None`: no battery, or one whose charge cannot be read.
    pub battery_percent: Option<u8>,
    /// The machine runs on its battery.
    pub on_battery: bool,
    /// What the host itself thinks of that charge.
    pub warning: ChargeWarning,
    /// Who says so.
    pub told_by: PowerTeller,
}

impl Power {
    /// A host without a battery, as the kernel tells of it.
    pub const MAINS: Self = Self {
        battery_percent: None,
        on_battery: false,
        warning: ChargeWarning::None,
        told_by: PowerTeller::Sysfs,
    };
}

/// What the host itself thinks of its charge: it may know how long that lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChargeWarning {
    /// That it will do.
    None,
    /// That it is nearly spent, and that the host will soon turn itself off.
    Critical,
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
