//! Batteries and chargers as the kernel's files give them at one moment.
//!
//! The `battery` crate knows what drivers leave out and get wrong. It always reads the files of the
//! running system, fails for a battery that lacks any of a dozen values, and knows no chargers. So
//! chargers are read here, and the few values of a battery that every driver has, for when the
//! crate cannot tell of all batteries.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
};

use battery::State;

/// Where the crate looks.
pub(super) const SYSTEM: &str = "/sys";
const FOLDER: &str = "class/power_supply";
/// No file of sysfs is longer.
const PAGE: u64 = 4_096;
/// A machine has a handful; more are left out.
const SUPPLIES: usize = 64;

/// What there is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Supplies {
    batteries: Vec<Battery>,
    /// `None`: no charger is told of, which does not mean that there is none.
    charger: Option<Charger>,
}

/// A battery that the machine runs on.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Battery {
    state: State,
    /// `None`: it cannot be read.
    percent: Option<f64>,
    /// How much it holds beside the others.
    weight: f64,
}

/// All chargers together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Charger {
    Unplugged,
    Plugged,
}

/// A supply by its own files.
enum Supply {
    Charger(Charger),
    Battery(Battery),
    /// A bay for one.
    EmptyBay,
}

/// Reads all supplies; where there is no folder of them, there are none.
///
/// # Errors
/// When the folder cannot be read.
pub(super) fn read(sysfs: &Path) -> io::Result<Supplies> {
    let folder = match fs::read_dir(sysfs.join(FOLDER)) {
        Ok(folder) => folder,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Supplies::NONE),
        Err(error) => return Err(error),
    };
    let mut supplies = Supplies::NONE;
    let mut bays = Bays::AllFull;
    for entry in folder.take(SUPPLIES) {
        let folder = entry?.path();
        if supplies.add(&|name| value(&folder.join(name))) == Bays::SomeEmpty {
            bays = Bays::SomeEmpty;
        }
    }
    // The crate takes a bay for a battery.
    if sysfs == Path::new(SYSTEM)
        && bays == Bays::AllFull
        && let Ok(batteries) = by_crate()
        && batteries.len() == supplies.batteries.len()
    {
        supplies.batteries = batteries;
    }
    Ok(supplies)
}

/// Whether a supply was a place for one that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bays {
    AllFull,
    SomeEmpty,
}

/// What the crate says; an error where it cannot tell of each one.
fn by_crate() -> Result<Vec<Battery>, battery::Error> {
    let weigh = |battery: battery::Battery| Battery {
        state: battery.state(),
        percent: Some(f64::from(battery.state_of_charge().value) * 100.0),
        weight: f64::from(battery.energy_full().value),
    };
    battery::Manager::new()?.batteries()?.map(|one| one.map(weigh)).collect()
}

/// By what its files say, by name. `None`: what it is cannot be read, or it is nothing that the
/// machine runs on: a mouse has a battery too.
fn supply(read: &impl Fn(&str) -> Option<String>) -> Option<Supply> {
    let kind = read("type")?;
    if read("scope").is_some_and(|scope| scope.eq_ignore_ascii_case("device")) {
        return None;
    }
    if kind != "Battery" {
        // USB supplies say 2 where the voltage is agreed upon.
        let online = read("online")?;
        let charger = if online == "0" { Charger::Unplugged } else { Charger::Plugged };
        return (kind != "UPS").then_some(Supply::Charger(charger));
    }
    if read("present").is_some_and(|present| present == "0") {
        return Some(Supply::EmptyBay);
    }
    let number = |name: &str| read(name)?.parse::<f64>().ok().filter(|one| one.is_finite());
    let part = |now: &str, full: &str| {
        let (now, full) = (number(now)?, number(full)?);
        (full > 0.0).then(|| now / full * 100.0)
    };
    let percent = number("capacity")
        .or_else(|| part("energy_now", "energy_full"))
        .or_else(|| part("charge_now", "charge_full"));
    let state = read("status").and_then(|status| status.parse().ok()).unwrap_or(State::Unknown);
    Some(Supply::Battery(Battery { state, percent, weight: 1.0 }))
}

/// What stands in a file, without the space around it; `None`: it is not there or cannot be read,
/// as drivers have it for what they cannot tell.
fn value(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(PAGE).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).trim().to_owned())
}

impl Supplies {
    pub(super) const NONE: Self = Self { batteries: Vec::new(), charger: None };

    /// Adds a supply by what its files say, by name.
    pub(super) fn add(&mut self, read: &impl Fn(&str) -> Option<String>) -> Bays {
        match supply(read) {
            Some(Supply::Charger(charger)) => self.charger = self.charger.max(Some(charger)),
            Some(Supply::Battery(battery)) => self.batteries.push(battery),
            Some(Supply::EmptyBay) => return Bays::SomeEmpty,
            None => {}
        }
        Bays::AllFull
    }

    /// There is something to run on but the mains.
    pub(super) fn has_battery(&self) -> bool {
        !self.batteries.is_empty()
    }

    /// The charge of all batteries together, in percent; `None`: it cannot be told.
    pub(super) fn percent(&self) -> Option<f64> {
        let mut charges = Vec::with_capacity(self.batteries.len());
        for battery in &self.batteries {
            charges.push((battery.percent?, battery.weight));
        }
        let whole: f64 = charges.iter().map(|(_, weight)| weight).sum();
        let weighed: f64 = charges.iter().map(|(percent, weight)| percent * weight).sum();
        let plain = charges.iter().map(|(percent, _)| percent).sum::<f64>() / len(&charges);
        let percent = if whole > 0.0 { weighed / whole } else { plain };
        percent.is_finite().then_some(percent)
    }

    /// Whether the machine runs on its batteries. One that a charge threshold keeps from being
    /// filled does not, and one on a charger does not either, though it be too weak.
    pub(super) fn on_battery(&self) -> bool {
        let any = |states: &[State]| self.batteries.iter().any(|one| states.contains(&one.state));
        if self.charger == Some(Charger::Plugged) || self.batteries.is_empty() {
            false
        } else if any(&[State::Discharging, State::Empty]) {
            true
        } else if any(&[State::Charging]) {
            // By a charger that is not told of.
            false
        } else {
            self.charger.is_some() || any(&[State::Unknown])
        }
    }
}

fn len<T>(list: &[T]) -> f64 {
    u32::try_from(list.len()).map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    /// A folder like the kernel's, with these supplies and their files.
    fn sysfs(supplies: &[(&str, &[(&str, &str)])]) -> TempDir {
        let sysfs = TempDir::new().unwrap();
        for (name, files) in supplies {
            let folder = sysfs.path().join(FOLDER).join(name);
            fs::create_dir_all(&folder).unwrap();
            for (file, value) in *files {
                fs::write(folder.join(file), format!("{value}\n")).unwrap();
            }
        }
        sysfs
    }

    #[track_caller]
    fn check(supplies: &[(&str, &[(&str, &str)])], percent: Option<u8>, on_battery: bool) {
        let sysfs = sysfs(supplies);
        let supplies = read(sysfs.path()).unwrap();
        let seen = supplies.percent().and_then(super::super::upower::whole_percent);
        assert_eq!((seen, supplies.on_battery()), (percent, on_battery), "{supplies:?}");
    }

    const UNPLUGGED: (&str, &[(&str, &str)]) = ("AC", &[("type", "Mains"), ("online", "0")]);
    const PLUGGED: (&str, &[(&str, &str)]) = ("AC", &[("type", "Mains"), ("online", "1")]);

    #[test]
    fn a_host_without_supplies_runs_on_the_mains() {
        check(&[], None, false);
        check(&[PLUGGED], None, false);
        check(&[UNPLUGGED], None, false);
    }

    #[test]
    fn the_charger_decides_before_what_the_battery_says() {
        for (status, alone, unplugged) in [
            ("Discharging", true, true),
            ("Empty", true, true),
            ("Charging", false, false),
            // It has been unplugged just now.
            ("Full", false, true),
            ("Not charging", false, true),
            ("Unknown", true, true),
            ("what no driver says", true, true),
        ] {
            let files = [("type", "Battery"), ("status", status), ("capacity", "42")];
            let battery = ("BAT0", &files[..]);
            check(&[battery], Some(42), alone);
            check(&[battery, UNPLUGGED], Some(42), unplugged);
            check(&[battery, PLUGGED], Some(42), false);
        }
    }

    #[test]
    fn one_charger_of_several_will_do() {
        let battery: (&str, &[_]) =
            ("BAT0", &[("type", "Battery"), ("status", "Discharging"), ("capacity", "7")]);
        let usb: (&str, &[_]) = ("usb", &[("type", "USB"), ("online", "2")]);
        check(&[battery, UNPLUGGED, usb], Some(7), false);
    }

    #[test]
    fn a_charge_is_worked_out_where_it_is_not_given() {
        let of = |files: &[(&str, &str)], percent| {
            let mut all = vec![("type", "Battery"), ("status", "Discharging")];
            all.extend(files);
            check(&[("BAT0", &all)], percent, true);
        };
        of(&[("energy_now", "1"), ("energy_full", "8")], Some(13));
        of(&[("charge_now", "5"), ("charge_full", "4")], Some(100));
        of(&[("capacity", "-1")], Some(0));
        of(&[("capacity", "much"), ("energy_now", "1"), ("energy_full", "0")], None);
        of(&[("capacity", "NaN")], None);
        of(&[("capacity", "inf")], None);
        of(&[], None);
    }

    #[test]
    fn several_batteries_are_one() {
        let battery = |capacity| [("type", "Battery"), ("status", "Discharging"), capacity];
        let (low, high, unread) = (
            battery(("capacity", "10")),
            battery(("capacity", "60")),
            battery(("cycle_count", "")),
        );
        check(&[("BAT0", &low), ("BAT1", &high)], Some(35), true);
        // Half of the truth would be wrong by half.
        check(&[("BAT0", &low), ("BAT1", &unread)], None, true);
        let bay: (&str, &[_]) = ("BAT1", &[("type", "Battery"), ("present", "0")]);
        check(&[("BAT0", &low), bay], Some(10), true);
    }

    #[test]
    fn a_large_battery_weighs_more() {
        let battery =
            |percent, weight| Battery { state: State::Discharging, percent: Some(percent), weight };
        let percent = |batteries| Supplies { batteries, charger: None }.percent();
        assert_eq!(percent(vec![battery(10.0, 3.0), battery(50.0, 1.0)]), Some(20.0));
        assert_eq!(percent(vec![battery(10.0, 0.0), battery(50.0, 0.0)]), Some(30.0));
        assert_eq!(percent(vec![battery(10.0, f64::NAN)]), Some(10.0));
        assert_eq!(percent(Vec::new()), None);
    }

    #[test]
    fn what_others_run_on_does_not_count() {
        let mouse: (&str, &[_]) = (
            "hid",
            &[
                ("type", "Battery"),
                ("scope", "Device"),
                ("status", "Discharging"),
                ("capacity", "3"),
            ],
        );
        let ups: (&str, &[_]) = ("ups", &[("type", "UPS"), ("online", "1")]);
        check(&[mouse, ups], None, false);
        check(&[("odd", &[("capacity", "3")])], None, false);
    }
}
