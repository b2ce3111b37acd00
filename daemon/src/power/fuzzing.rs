//! What fuzz targets call: bytes as the kernel might give them.

use super::{supplies::Supplies, uevents, upower::whole_percent};

/// Looks whether a message tells of a power supply.
///
/// # Panics
/// When it does by the answer, and nothing in it says so.
pub fn uevent(bytes: &[u8]) {
    let wanted = b"SUBSYSTEM=power_supply";
    let named = bytes.windows(wanted.len()).any(|part| part == wanted);
    assert!(named || !uevents::is_of_power(bytes));
}

/// Reads supplies from `name=value` lines, with an empty line between two supplies.
///
/// # Panics
/// When a machine without batteries runs on one, or a charge is none.
pub fn supplies(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut supplies = Supplies::NONE;
    for files in text.split("\n\n") {
        supplies.add(&|name| {
            let mut files = files.lines().filter_map(|line| line.split_once('='));
            files.find(|(file, _)| *file == name).map(|(_, value)| value.trim().to_owned())
        });
    }
    assert!(supplies.has_battery() || !supplies.on_battery());
    let percent = supplies.percent();
    assert!(percent.is_none() || supplies.has_battery());
    if let Some(percent) = percent.and_then(whole_percent) {
        assert!(percent <= 100);
    }
}
