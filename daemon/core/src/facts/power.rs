//! What the power sources say.

/// Battery and charger, as one source gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Power {
    /// Charge in percent, 0 to 100; `None`: no battery.
    pub battery_percent: Option<u8>,
    /// The machine runs on its battery.
    pub on_battery: bool,
}

/// Whether the user wants power saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerSaver {
    /// No.
    Off,
    /// Yes.
    On,
}
