//! The devices as NetworkManager has told of them. Pure: properties in, devices out.

use std::collections::BTreeMap;

use crate::bus::{Changed, Properties, number, text};

/// Below it are all devices.
pub(super) const DEVICES: &str = "/org/freedesktop/NetworkManager/Devices";
/// What all devices have in common. Their counters, and what a Wi-Fi sees, are other interfaces.
pub(super) const DEVICE: &str = "org.freedesktop.NetworkManager.Device";

/// More are left out: a host of containers has hundreds, and its way out is among the first.
const MOST: usize = 256;
/// `NM_DEVICE_STATE_ACTIVATED`.
pub(super) const ACTIVATED: u32 = 100;
/// `NM_DEVICE_TYPE_MODEM`.
const MODEM: u32 = 8;
/// What stands for no object.
pub(super) const NO_PATH: &str = "/";

/// One of them.
#[derive(Debug, Default)]
pub(super) struct Device {
    /// `None`: to be read.
    properties: Option<Properties>,
    /// Its connection, as far as it was read.
    connection: Option<Active>,
}

/// A connection that a device has.
#[derive(Debug, Default)]
pub(super) struct Active {
    path: String,
    /// Stays the same over restarts.
    pub(super) uuid: String,
    /// What people call it.
    pub(super) id: String,
    /// Name of the Wi-Fi.
    pub(super) ssid: Option<String>,
}

impl Active {
    pub(super) fn new(path: &str, connection: &Properties, ssid: Option<String>) -> Self {
        let text = |name| text(connection, name).to_owned();
        Self { path: path.to_owned(), uuid: text("Uuid"), id: text("Id"), ssid }
    }
}

impl Device {
    pub(super) fn properties(&self) -> Option<&Properties> {
        self.properties.as_ref()
    }

    /// The connection that it has.
    pub(super) fn connection(&self) -> Option<&Active> {
        let current = text(self.properties.as_ref()?, "ActiveConnection");
        self.connection.as_ref().filter(|known| known.path == current && !known.uuid.is_empty())
    }

    /// The object of its modem.
    pub(super) fn modem(&self) -> Option<&str> {
        let properties = self.properties.as_ref()?;
        let modem = text(properties, "Udi");
        (number(properties, "DeviceType") == MODEM && modem.starts_with('/')).then_some(modem)
    }
}

/// All of them, by the path of their objects.
#[derive(Debug, Default)]
pub(super) struct Devices(BTreeMap<String, Device>);

impl Devices {
    pub(super) fn all(&self) -> impl Iterator<Item = &Device> {
        self.0.values()
    }

    /// Drops those that the manager does not list, and adds those that it does.
    pub(super) fn keep(&mut self, manager: &Properties) {
        let listed: Vec<_> = crate::bus::paths(manager, "Devices").take(MOST).collect();
        self.0.retain(|path, _| listed.contains(&path.as_str()));
        for path in listed {
            if !self.0.contains_key(path) {
                self.0.insert(path.to_owned(), Device::default());
            }
        }
    }

    pub(super) fn change(&mut self, path: &str, changed: Changed) {
        // One that is not listed yet is read when it is.
        let Some(device) = self.0.get_mut(path) else { return };
        match (changed, &mut device.properties) {
            (Changed::To(changed), Some(properties)) => properties.extend(changed),
            (Changed::To(_) | Changed::Unsaid, properties) => *properties = None,
        }
    }

    /// What was found out about those that are in use is to be read anew.
    pub(super) fn doubt_activated(&mut self) {
        for device in self.0.values_mut() {
            device.properties.take_if(|known| number(known, "State") == ACTIVATED);
        }
    }

    pub(super) fn next_unread(&self) -> Option<String> {
        let mut unread = self.0.iter().filter(|(_, device)| device.properties.is_none());
        unread.next().map(|(path, _)| path.clone())
    }

    pub(super) fn set(&mut self, path: &str, properties: Properties) {
        if let Some(device) = self.0.get_mut(path) {
            device.properties = Some(properties);
        }
    }

    /// A device and the path of its connection, which was not read.
    pub(super) fn next_unread_connection(&self) -> Option<(String, String)> {
        self.0.iter().find_map(|(path, device)| {
            let current = text(device.properties.as_ref()?, "ActiveConnection");
            let read = device.connection.as_ref().is_some_and(|known| known.path == current);
            let wanted = !current.is_empty() && current != NO_PATH && !read;
            wanted.then(|| (path.clone(), current.to_owned()))
        })
    }

    pub(super) fn set_connection(&mut self, device: &str, connection: Active) {
        if let Some(device) = self.0.get_mut(device) {
            device.connection = Some(connection);
        }
    }

    pub(super) fn modems(&self) -> Vec<String> {
        self.all().filter_map(Device::modem).map(str::to_owned).collect()
    }
}
