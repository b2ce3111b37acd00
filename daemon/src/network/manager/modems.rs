//! ModemManager: whether a modem is in a foreign network. Only where there is a modem is it listened
//! to.

use std::{collections::BTreeMap, future::pending};

use zbus::names::OwnedUniqueName;

use crate::bus::{Bus, BusError, Changed, Interface, Paths, Properties, Signals, number};

const NAME: &str = "org.freedesktop.ModemManager1";
/// Below it are all modems.
const MODEMS: &str = "/org/freedesktop/ModemManager1/Modem";
const CELLULAR: &str = "org.freedesktop.ModemManager1.Modem.Modem3gpp";

/// `MMModem3gppRegistrationState`: home, also for short messages alone, or without calls.
const HOME: [u32; 3] = [1, 6, 9];
/// The same in a foreign network.
const ROAMING: [u32; 3] = [5, 7, 10];

/// A modem, as far as it was read.
#[derive(Debug)]
enum Modem {
    Unread,
    Read(Properties),
}

/// The modems that NetworkManager names, by the path of their objects.
pub(super) struct Modems {
    owners: Signals,
    service: Option<OwnedUniqueName>,
    changes: Option<Signals>,
    modems: BTreeMap<String, Modem>,
}

impl Modems {
    pub(super) async fn find(bus: &Bus) -> Result<Self, BusError> {
        let (service, owners) = bus.owner(NAME).await?;
        Ok(Self { owners, service, changes: None, modems: BTreeMap::new() })
    }

    /// Whether one of them is in a foreign network; `None`: not known.
    pub(super) fn roaming(&self, path: &str) -> Option<bool> {
        let Some(Modem::Read(properties)) = self.modems.get(path) else { return None };
        let state = number(properties, "RegistrationState");
        let known = HOME.contains(&state) || ROAMING.contains(&state);
        known.then(|| ROAMING.contains(&state))
    }

    /// Reads those of these that were not read, and forgets all others.
    pub(super) async fn read(&mut self, bus: &Bus, paths: Vec<String>) -> Result<(), BusError> {
        self.modems.retain(|path, _| paths.contains(path));
        for path in paths {
            self.modems.entry(path).or_insert(Modem::Unread);
        }
        let Some(service) = &self.service else { return Ok(()) };
        if self.modems.is_empty() {
            self.changes = None;
            return Ok(());
        }
        if self.changes.is_none() {
            self.changes = Some(bus.changes(service, Paths::Below(MODEMS), CELLULAR).await?);
        }
        for (path, modem) in &mut self.modems {
            if let Modem::Unread = modem {
                let read = bus.read(service, Interface { path, name: CELLULAR }).await;
                *modem = Modem::Read(read.unwrap_or_else(|error| {
                    let error: &(dyn std::error::Error + 'static) = &error;
                    tracing::debug!(error, "a modem is not known");
                    Properties::new()
                }));
            }
        }
        Ok(())
    }

    /// Waits for the next change, and takes it.
    pub(super) async fn take_next(&mut self) -> Result<(), BusError> {
        let change = async {
            match &mut self.changes {
                Some(changes) => changes.next().await,
                None => pending().await,
            }
        };
        tokio::select! {
            owner = self.owners.next_owner() => {
                (self.service, self.changes) = (owner?, None);
                for modem in self.modems.values_mut() {
                    *modem = Modem::Unread;
                }
            }
            signal = change => {
                let signal = signal?;
                let changed = Changed::of(&signal)?;
                let header = signal.header();
                let modem = header.path().and_then(|path| self.modems.get_mut(path.as_str()));
                let Some(modem) = modem else { return Ok(()) };
                match (changed, &mut *modem) {
                    (Changed::To(changed), Modem::Read(known)) => known.extend(changed),
                    (Changed::To(_) | Changed::Unsaid, _) => *modem = Modem::Unread,
                }
            }
        }
        Ok(())
    }
}
