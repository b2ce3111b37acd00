//! NetworkManager's numbers as the core's words. Pure.

use std::collections::BTreeMap;

use pwasync_core::{
    constraints::Transport,
    facts::{Connection, Connectivity, LinkNames, Managed, Manager, Metered, Others, Recheck},
};

use super::super::naming::Naming;
use super::devices::{ACTIVATED, Active, Device, Devices};
use crate::bus::{Properties, is_true, number, number_pair, text};

/// `NM_STATE_ASLEEP`: it sleeps, or was told to leave the network off.
const ASLEEP: u32 = 10;
/// `NM_DEVICE_STATE_UNMANAGED`.
const UNMANAGED: u32 = 10;
/// `NM_DEVICE_STATE_REASON_SLEEPING`, and `NM_DEVICE_STATE_REASON_UNMANAGED_SLEEPING` from 1.48 on: it lets go
/// of its links for as long as it sleeps.
const SLEEPING: [u32; 2] = [37, 73];
/// The kernel's own limit.
const NAME_BYTES: usize = 15;

/// Whether NetworkManager finds out by itself how far a device reaches.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Check {
    On,
    Off,
}

/// What is to be known beside what it says.
pub(super) struct Look<'a> {
    pub(super) naming: &'a Naming,
    /// Whether a modem is in a foreign network.
    pub(super) modems: &'a dyn Fn(&str) -> Option<bool>,
}

/// What it says, in all.
pub(super) fn view(look: &Look<'_>, manager: &Properties, devices: &Devices) -> Manager {
    let check = match is_true(manager, "ConnectivityCheckEnabled")
        && is_true(manager, "ConnectivityCheckAvailable")
    {
        true => Check::On,
        false => Check::Off,
    };
    let asleep = number(manager, "State") == ASLEEP;
    let (mut links, mut names) = (BTreeMap::new(), BTreeMap::new());
    for device in devices.all() {
        let Some(properties) = device.properties() else { continue };
        let Some(name) = name(properties) else { continue };
        let (state, reason) = number_pair(properties, "StateReason");
        let let_go = number(properties, "State") == UNMANAGED;
        if let_go && !(state == UNMANAGED && SLEEPING.contains(&reason)) {
            continue;
        }
        let connection = if asleep || let_go {
            // What a device said last may be true no more, and it is not taken back. It wakes faster
            // than its word travels: the kernel has a route before a device is said to be its own again.
            Connection::NONE
        } else {
            connection(look, device, properties, check)
        };
        links.insert(name.into(), connection);
        names.extend(device.connection().map(|active| (name.into(), link_names(active))));
    }
    // At its start it does not know yet which links are its own.
    let others = if is_true(manager, "Startup") { Others::Held } else { Others::Free };
    Manager::Present(Managed { links, names, others, recheck: Recheck::Asked })
}

fn link_names(active: &Active) -> LinkNames {
    LinkNames {
        connection: [active.id.as_str().into(), active.uuid.as_str().into()],
        ssid: active.ssid.as_deref().map(Into::into),
    }
}

/// The interface that carries its packets: a modem's is another than the device's own.
fn name(properties: &Properties) -> Option<&str> {
    let names = ["IpInterface", "Interface"].map(|name| text(properties, name));
    names.into_iter().find(|name| !name.is_empty()).filter(|name| name.len() <= NAME_BYTES)
}

fn connection(
    look: &Look<'_>,
    device: &Device,
    properties: &Properties,
    check: Check,
) -> Connection {
    let activated = number(properties, "State") == ACTIVATED;
    let transport = transport(number(properties, "DeviceType"));
    Connection {
        connectivity: match check {
            Check::Off => Connectivity::Unchecked,
            Check::On if activated => connectivity(
                ["Ip4Connectivity", "Ip6Connectivity"].map(|one| number(properties, one)),
            ),
            Check::On => Connectivity::None,
        },
        metered: metered(number(properties, "Metered")),
        roaming: device.modem().and_then(look.modems),
        transport,
        // One profile of a cable serves wherever it is plugged in; that of a Wi-Fi is for that
        // Wi-Fi alone.
        network: match transport {
            Some(Transport::Wifi | Transport::Cellular) => {
                device.connection().map(|one| look.naming.of_connection(&one.uuid))
            }
            Some(Transport::Ethernet | Transport::Other) | None => None,
        },
    }
}

/// `NMConnectivityState` of both families: none 1, portal 2, limited 3, full 4. The manager's own
/// is not asked: after a fail-over it stays that of the link that was lost, until the next check.
fn connectivity(families: [u32; 2]) -> Connectivity {
    let any = |state| families.contains(&state);
    if any(4) {
        Connectivity::Full
    } else if any(2) {
        Connectivity::Portal
    } else if any(3) || families == [0, 0] {
        // Where nothing was found out, there was no answer.
        Connectivity::Limited
    } else {
        Connectivity::None
    }
}

/// `NMMetered`.
fn metered(value: u32) -> Metered {
    match value {
        1 => Metered::Yes,
        2 => Metered::No,
        3 => Metered::GuessYes,
        4 => Metered::GuessNo,
        _ => Metered::Unknown,
    }
}

/// `NMDeviceType`. What is built of others (bridges, bonds, teams, VLANs) is made of cables.
fn transport(device_type: u32) -> Option<Transport> {
    match device_type {
        1 | 10 | 11 | 13 | 15 | 20 => Some(Transport::Ethernet),
        2 => Some(Transport::Wifi),
        8 => Some(Transport::Cellular),
        0 => None,
        _ => Some(Transport::Other),
    }
}

#[cfg(test)]
mod tests {
    use zbus::{ObjectPath, OwnedVariant, Variant};

    use super::*;
    use crate::bus::Changed;

    const MODEM: &str = "/org/freedesktop/ModemManager1/Modem/0";
    const PATH: &str = "/org/freedesktop/NetworkManager/Devices/2";

    fn owned(value: impl Into<Variant<'static>>) -> OwnedVariant {
        OwnedVariant::try_from(value.into()).unwrap()
    }

    fn manager() -> Properties {
        let devices = vec![ObjectPath::try_from(PATH).unwrap()];
        Properties::from([
            ("State".to_owned(), owned(70_u32)),
            ("ConnectivityCheckEnabled".to_owned(), owned(true)),
            ("ConnectivityCheckAvailable".to_owned(), owned(true)),
            ("Startup".to_owned(), owned(false)),
            ("Devices".to_owned(), owned(devices)),
        ])
    }

    /// A cable that was checked, and the same with one number changed.
    fn device(changed: &[(&str, u32)]) -> Properties {
        let numbers = [
            ("State", ACTIVATED),
            ("Metered", 4),
            ("Ip4Connectivity", 4),
            ("Ip6Connectivity", 1),
            ("DeviceType", 1),
        ];
        let numbers = numbers.iter().chain(changed);
        let mut properties: Properties =
            numbers.map(|(name, value)| ((*name).to_owned(), owned(*value))).collect();
        properties.insert("Interface".to_owned(), owned("eth0"));
        properties.insert("IpInterface".to_owned(), owned(""));
        properties
    }

    fn look(naming: &Naming) -> Look<'_> {
        Look { naming, modems: &|path| (path == MODEM).then_some(true) }
    }

    fn seen(manager: &Properties, device: Properties) -> Managed {
        let mut devices = Devices::default();
        devices.keep(manager);
        devices.set(PATH, device);
        match view(&look(&Naming::default()), manager, &devices) {
            Manager::Present(managed) => managed,
            other @ (Manager::Absent | Manager::Awaited) => panic!("{other:?}"),
        }
    }

    fn connectivity_of(changed: &[(&str, u32)]) -> Connectivity {
        seen(&manager(), device(changed)).links["eth0"].connectivity
    }

    #[test]
    fn a_checked_cable_is_full() {
        let link = seen(&manager(), device(&[])).links["eth0"];
        assert_eq!(link.connectivity, Connectivity::Full);
        assert_eq!(link.metered, Metered::GuessNo);
        assert_eq!(link.transport, Some(Transport::Ethernet));
    }

    #[test]
    fn a_portal_in_either_family_is_one() {
        let both =
            |four, six| connectivity_of(&[("Ip4Connectivity", four), ("Ip6Connectivity", six)]);
        assert_eq!(both(2, 3), Connectivity::Portal);
        assert_eq!(both(3, 2), Connectivity::Portal);
        assert_eq!(both(1, 4), Connectivity::Full);
        assert_eq!(both(3, 1), Connectivity::Limited);
        assert_eq!(both(1, 1), Connectivity::None);
        assert_eq!(both(0, 0), Connectivity::Limited, "nothing was found out");
    }

    #[test]
    fn a_device_that_is_not_activated_reaches_nowhere() {
        for state in [20, 40, 70, 90, 110] {
            assert_eq!(connectivity_of(&[("State", state)]), Connectivity::None);
        }
    }

    #[test]
    fn a_device_that_it_leaves_alone_is_not_named() {
        assert!(seen(&manager(), device(&[("State", UNMANAGED)])).links.is_empty());
    }

    #[test]
    fn asleep_nothing_reaches_anywhere() {
        let mut manager = manager();
        manager.insert("State".to_owned(), owned(ASLEEP));
        assert_eq!(seen(&manager, device(&[])).links["eth0"], Connection::NONE);
        let others = seen(&manager, device(&[("State", UNMANAGED)]));
        assert!(others.links.is_empty(), "what it never looked after goes on");
    }

    #[test]
    fn what_it_lets_go_of_to_sleep_stays_its_own() {
        for reason in SLEEPING {
            let mut device = device(&[("State", UNMANAGED)]);
            device.insert("StateReason".to_owned(), owned((UNMANAGED, reason)));
            assert_eq!(seen(&manager(), device).links["eth0"], Connection::NONE);
        }
        let mut alone = device(&[("State", UNMANAGED)]);
        alone.insert("StateReason".to_owned(), owned((UNMANAGED, 75)));
        assert!(seen(&manager(), alone).links.is_empty());
    }

    #[test]
    fn without_a_check_nothing_was_checked() {
        for name in ["ConnectivityCheckEnabled", "ConnectivityCheckAvailable"] {
            let mut manager = manager();
            manager.insert(name.to_owned(), owned(false));
            let link = seen(&manager, device(&[("Ip4Connectivity", 1)])).links["eth0"];
            assert_eq!(link.connectivity, Connectivity::Unchecked);
        }
    }

    #[test]
    fn while_it_starts_it_holds_the_others() {
        let mut manager = manager();
        assert_eq!(seen(&manager, device(&[])).others, Others::Free);
        manager.insert("Startup".to_owned(), owned(true));
        assert_eq!(seen(&manager, device(&[])).others, Others::Held);
    }

    #[test]
    fn a_modem_is_known_by_the_interface_of_its_packets() {
        let mut modem = device(&[("DeviceType", 8)]);
        modem.insert("IpInterface".to_owned(), owned("wwan0"));
        modem.insert("Udi".to_owned(), owned(MODEM));
        let managed = seen(&manager(), modem);
        let link = managed.links["wwan0"];
        assert_eq!((link.transport, link.roaming), (Some(Transport::Cellular), Some(true)));
    }

    #[test]
    fn only_a_modem_roams() {
        let mut cable = device(&[]);
        cable.insert("Udi".to_owned(), owned(MODEM));
        assert_eq!(seen(&manager(), cable).links["eth0"].roaming, None);
    }

    /// The profile of a Wi-Fi says which it is, as long as it is that one's.
    #[test]
    fn the_network_is_that_of_the_connection_that_it_has() {
        let path = |number: u32| owned(ObjectPath::try_from(format!("/active/{number}")).unwrap());
        let mut wifi = device(&[("DeviceType", 2)]);
        wifi.insert("ActiveConnection".to_owned(), path(1));
        let manager = manager();
        let mut devices = Devices::default();
        devices.keep(&manager);
        devices.set(PATH, wifi);
        assert_eq!(devices.next_unread_connection().unwrap().1, "/active/1");
        let id = Properties::from([("Uuid".to_owned(), owned("home"))]);
        devices.set_connection(PATH, Active::new("/active/1", &id, None));
        assert_eq!(devices.next_unread_connection(), None);
        let naming = Naming::default();
        let network = |devices: &Devices| match view(&look(&naming), &manager, devices) {
            Manager::Present(managed) => managed.links["eth0"].network,
            Manager::Absent | Manager::Awaited => None,
        };
        assert_eq!(network(&devices), Some(naming.of_connection("home")));
        let changed = Properties::from([("ActiveConnection".to_owned(), path(2))]);
        devices.change(PATH, Changed::To(changed));
        assert_eq!(network(&devices), None);
        assert_eq!(devices.next_unread_connection().unwrap().1, "/active/2");
    }
}
