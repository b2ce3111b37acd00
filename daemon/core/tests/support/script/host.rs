//! What happens to the host.

use std::time::Duration;

use pwasync_core::{
    facts::{
        ChargeWarning, Connection, Connectivity, Metered, NetworkId, Power, PowerSaver, Sleep,
        StoreAccess,
    },
    time::WallClock,
    wall::UtcOffset,
};

use super::{Script, words};
use crate::support::{facts::HostChange, names};

impl Script {
    /// `online [2]`, `offline`; `battery 20% [warned]`, `charging 20%`, `power awaited`, `saver on`;
    /// `suspend`, `resume`;
    /// `store read-only`; `wall -2h`, `utc +1h`. What a connection manager says, word by word:
    /// `full limited portal unchecked no-network`, `metered guess-metered unmetered`, `roaming
    /// home`, `wifi ethernet cellular`, `network 7`; `manager gone`.
    pub(super) fn host(&mut self, command: &str, rest: &[&str]) -> bool {
        let change = match (command, rest) {
            ("online", []) => HostChange::Network(Some(1)),
            ("online", [network]) => HostChange::Network(Some(network.parse().unwrap())),
            ("offline", []) => HostChange::Network(None),
            ("battery", [percent]) => power(percent, true),
            ("battery", [percent, "warned"]) => {
                let HostChange::Power(power) = power(percent, true) else { return false };
                HostChange::Power(Power { warning: ChargeWarning::Critical, ..power })
            }
            ("charging", [percent]) => power(percent, false),
            ("power", ["awaited"]) => HostChange::PowerAwaited,
            ("saver", ["awaited"]) => HostChange::SaverAwaited,
            ("saver", ["on"]) => HostChange::Saver(Some(PowerSaver::On)),
            ("saver", ["off"]) => HostChange::Saver(Some(PowerSaver::Off)),
            ("saver", ["gone"]) => HostChange::Saver(None),
            ("suspend", []) => HostChange::Sleep(Sleep::Suspending),
            ("resume", []) => HostChange::Sleep(Sleep::Awake),
            ("store", ["read-only"]) => HostChange::Store(StoreAccess::ReadOnly),
            ("store", ["writable"]) => HostChange::Store(StoreAccess::Writable),
            ("wall", [step]) => {
                let wall = self.world.facts.wall;
                let offset_millis = wall.offset_millis + signed_millis(step);
                HostChange::Wall(WallClock { offset_millis, ..wall })
            }
            ("utc", [offset]) => {
                let seconds = i32::try_from(signed_millis(offset) / 1_000).unwrap();
                let utc_offset = UtcOffset::from_seconds(seconds);
                HostChange::Wall(WallClock { utc_offset, ..self.world.facts.wall })
            }
            ("manager", ["gone"]) => HostChange::Connection(None),
            _ => {
                let Some(connection) = self.connection(command, rest) else { return false };
                HostChange::Connection(Some(connection))
            }
        };
        self.world.host(change);
        true
    }

    /// The connection as it was, but for what a command and the words after it say.
    fn connection(&self, command: &str, rest: &[&str]) -> Option<Connection> {
        let unchecked = Connection {
            connectivity: Connectivity::Unchecked,
            metered: Metered::Unknown,
            roaming: None,
            transport: None,
            network: None,
        };
        let mut connection = self.world.facts.connection.unwrap_or(unchecked);
        let mut said = Vec::from([command]);
        said.extend(rest);
        let mut said = said.into_iter();
        while let Some(word) = said.next() {
            match word {
                "full" => connection.connectivity = Connectivity::Full,
                "limited" => connection.connectivity = Connectivity::Limited,
                "portal" => connection.connectivity = Connectivity::Portal,
                "unchecked" => connection.connectivity = Connectivity::Unchecked,
                "no-network" => connection.connectivity = Connectivity::None,
                "metered" => connection.metered = Metered::Yes,
                "guess-metered" => connection.metered = Metered::GuessYes,
                "unmetered" => connection.metered = Metered::No,
                "guess-unmetered" => connection.metered = Metered::GuessNo,
                "roaming" => connection.roaming = Some(true),
                "home" => connection.roaming = Some(false),
                "network" => {
                    let number = said.next()?.parse().ok()?;
                    connection.network = Some(NetworkId::new(number));
                }
                _ => connection.transport = Some(words::transport(word)?),
            }
        }
        Some(connection)
    }
}

fn power(percent: &str, on_battery: bool) -> HostChange {
    let battery_percent = Some(percent.trim_end_matches('%').parse().unwrap());
    HostChange::Power(Power { battery_percent, on_battery, ..Power::MAINS })
}

/// `+2h`, `-30m`.
fn signed_millis(text: &str) -> i64 {
    let length: Duration = names::duration(text.trim_start_matches(['+', '-']));
    let millis = i64::try_from(length.as_millis()).unwrap();
    if text.starts_with('-') { -millis } else { millis }
}
