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
/// What stands for no object.
const NO_PATH: &str = "/";

/// One of them.
#[derive(Debug, Default)]
pub(super) struct Device {
    /// `None`: to be read.
    properties: Option<Properties>,
    /// Path and id of its connection, as far as it was read.
    connection: Option<(String, String)>,
}

impl Device {
    pub(super) fn properties(&self) -> Option<&Properties> {
        self.properties.as_ref()
    }

    /// The id of the connection that it has, which stays the same over restarts.
    pub(super) fn connection_id(&self) -> Option<&str> {
        let (path, id) = self.connection.as_ref()?;
        let current = text(self.properties.as_ref()?, "ActiveConnection");
        (path == current && !id.is_empty()).then_some(id.as_str())
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
            let read = device.connection.as_ref().is_some_and(|(path, _)| path == current);
            let wanted = !current.is_empty() && current != NO_PATH && !read;
            wanted.then(|| (path.clone(), current.to_owned()))
        })
    }

    pub(super) fn set_connection(&mut self, device: &str, path: &str, connection: &Properties) {
        if let Some(device) = self.0.get_mut(device) {
            device.connection = Some((path.to_owned(), text(connection, "Uuid").to_owned()));
        }
    }
}
