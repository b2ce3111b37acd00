//! The real NetworkManager on a bed's cables.

use std::time::Duration;

use zbus::ObjectPath;

use super::{
    bus::{Bus, Place, bus_error},
    options::{Addressing, Asking, BedOptions, CheckOptions, LinkOptions, Managed},
    provider::{CHECK_ADDRESS, gateway, static_address},
    room::{Room, USER_NAME},
};
use crate::{
    error::HarnessError,
    process::{Command, Process},
};

const LIMIT: Duration = Duration::from_secs(20);
const CONFIGURATION: &str = "/etc/NetworkManager/NetworkManager.conf";

/// Its main object.
#[must_use]
pub fn network_manager() -> Place {
    let name = "org.freedesktop.NetworkManager";
    Place::new(name, "/org/freedesktop/NetworkManager", name)
}

/// Has it tell so often what was sent over a link, if something was; where it does.
pub(super) async fn tell_of_traffic(
    room: &Room,
    bus: &Bus,
    (link, every): (&str, Duration),
) -> Result<Place, HarnessError> {
    let answer = bus.call(&network_manager(), "GetDeviceByIpIface", &(link,)).await?;
    let body = answer.body();
    let device: ObjectPath<'_> =
        body.deserialize().map_err(|error| bus_error("find the device", &error))?;
    let name = network_manager().service;
    let statistics = Place::new(&name, device.as_str(), &format!("{name}.Device.Statistics"));
    // It wants to see who asks.
    let command = Command::new("/usr/bin/busctl")
        .argument(format!("--address={}", bus.address()))
        .arguments(["set-property", &name, &statistics.path, &statistics.interface])
        .arguments(["RefreshRateMs", "u", &every.as_millis().to_string()]);
    room.run(command).await?;
    Ok(statistics)
}

/// What comes with the daemon, for another user.
const RULES: &str = include_str!("../../../../systemd/pwasyncd.rules");
const RULES_PLACE: &str = "/usr/share/polkit-1/rules.d/10-pwasyncd.rules";

/// Writes what it is to do.
pub(super) fn configure(room: &Room, options: &BedOptions) -> Result<(), HarnessError> {
    room.write(CONFIGURATION, &configuration(options))?;
    for (number, link) in (0_u8..).zip(&options.links) {
        if link.managed == Managed::ByNetworkManager {
            let path = format!("/etc/NetworkManager/system-connections/{}.nmconnection", link.name);
            room.write(&path, &connection(number, link))?;
        }
    }
    Ok(())
}

/// Whom it asks who may do what.
pub(super) async fn start_polkit(room: &Room, bus: &Bus) -> Result<Process, HarnessError> {
    let rules = RULES.replace("\"pwasync\"", &format!("\"{}\"", USER_NAME));
    room.write_public(RULES_PLACE, &rules)?;
    let command = Command::new("/usr/lib/polkit-1/polkitd")
        .argument("--no-debug")
        .variable("DBUS_SYSTEM_BUS_ADDRESS", bus.address());
    let process = room.spawn(command)?;
    let name = "org.freedesktop.PolicyKit1";
    let place = Place::new(
        name,
        "/org/freedesktop/PolicyKit1/Authority",
        "org.freedesktop.PolicyKit1.Authority",
    );
    bus.until::<String>(&place, "BackendName", |_| true).await?;
    Ok(process)
}

pub(super) async fn start(room: &Room, bus: &Bus) -> Result<Process, HarnessError> {
    // In the foreground, with its log on stderr.
    let command = Command::new("/usr/sbin/NetworkManager")
        .argument("--debug")
        .variable("DBUS_SYSTEM_BUS_ADDRESS", bus.address());
    let process = room.spawn(command)?;
    let ready = bus.until::<bool>(&network_manager(), "Startup", |startup| !startup).await;
    match ready {
        Ok(_) => Ok(process),
        Err(error) => Err(HarnessError::Bus {
            doing: "start NetworkManager".to_owned(),
            answer: format!("{error}{}", process.tail()),
        }),
    }
}

/// Tells it something, as root does with its own tool.
pub(super) async fn tell(room: &Room, bus: &Bus, words: &[&str]) -> Result<(), HarnessError> {
    let command = Command::new("/usr/bin/nmcli")
        .arguments(words)
        .variable("DBUS_SYSTEM_BUS_ADDRESS", bus.address());
    room.run(command).await.map(drop)
}

/// Stops it as systemd does.
pub(super) async fn stop(process: &mut Process) -> Result<(), HarnessError> {
    process.stop(LIMIT).await.map(drop)
}

/// Nothing of it touches what is not the bed's: no names are looked up, and links that the bed
/// does not name are left alone.
fn configuration(options: &BedOptions) -> String {
    let managed = options.links.iter().filter(|link| link.managed == Managed::ByNetworkManager);
    let managed: Vec<_> =
        managed.map(|link| format!("except:interface-name:{}", link.name)).collect();
    let check = match options.check {
        CheckOptions::On => format!("enabled=true\nuri=http://{CHECK_ADDRESS}/check\n"),
        CheckOptions::Off => format!("enabled=false\nuri=http://{CHECK_ADDRESS}/check\n"),
        CheckOptions::Nowhere => "enabled=true\n".to_owned(),
    };
    let wait = options.carrier_wait.map_or_else(String::new, |wait| {
        format!("[device-wait]\ncarrier-wait-timeout={}\n", wait.as_millis())
    });
    let interval = options.check_every.as_secs();
    // "false" would allow everybody everything.
    let polkit = match options.asking {
        Asking::Refused => "root-only",
        Asking::Allowed => "true",
    };
    format!(
        "[main]\nplugins=keyfile\ndhcp=internal\ndns=none\nrc-manager=unmanaged\n\
         systemd-resolved=false\nauth-polkit={polkit}\nno-auto-default=*\n\
         [connectivity]\n{check}interval={interval}\n{wait}\
         [keyfile]\nunmanaged-devices=*,{}\n",
        managed.join(",")
    )
}

fn connection(number: u8, link: &LinkOptions) -> String {
    let name = &link.name;
    let address = match &link.addressing {
        Addressing::Static => {
            let (address, gateway) = (static_address(number), gateway(number));
            format!("method=manual\naddress1={address}/24,{gateway}\n")
        }
        Addressing::Dhcp { .. } => "method=auto\n".to_owned(),
    };
    let metric = 100 + u32::from(number);
    format!(
        "[connection]\nid={name}\nuuid=00000000-0000-0000-0000-0000000000{number:02x}\n\
         type=ethernet\ninterface-name={name}\n\
         [ipv4]\n{address}route-metric={metric}\n[ipv6]\nmethod=disabled\n"
    )
}
