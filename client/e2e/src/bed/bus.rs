//! A system bus of our own: the real dbus-daemon with the system's real policies, but nothing that
//! it could start by itself.

use std::{collections::BTreeMap, fs, time::Duration};

use futures_util::StreamExt as _;
use serde::Serialize;
use tokio::time::{interval, timeout};
use zbus::{
    Connection, DynamicType, MatchRule, Message, MessageStream, OwnedVariant, connection,
    message::Type,
};

use super::room::Room;
use crate::{
    error::HarnessError,
    process::{Command, Process},
};

const LIMIT: Duration = Duration::from_secs(20);
/// A name on the bus has an owner some time before its objects are there, and nobody says when.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
const CONFIGURATION: &str = "/run/dbus/bus.conf";
pub(super) const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// Names that services have which are newer than the system.
const PRETENDED: &str = "/usr/share/dbus-1/system.d/pwasync-test.conf";
const PRETENDED_POLICY: &str = r#"<busconfig>
  <policy user="root">
    <allow own="org.freedesktop.UPower.PowerProfiles"/>
    <allow own="org.freedesktop.ModemManager1"/>
  </policy>
  <policy context="default">
    <allow send_destination="org.freedesktop.UPower.PowerProfiles"/>
    <allow send_destination="org.freedesktop.ModemManager1"/>
  </policy>
</busconfig>
"#;

/// Where a service keeps something.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its name on the bus.
    pub service: String,
    /// Path of the object.
    pub path: String,
    /// The interface.
    pub interface: String,
}

impl Place {
    /// Made of its parts.
    #[must_use]
    pub fn new(service: &str, path: &str, interface: &str) -> Self {
        Self { service: service.into(), path: path.into(), interface: interface.into() }
    }
}

/// A bus that runs.
#[derive(Debug)]
pub struct Bus {
    process: Option<Process>,
    address: String,
    connection: Option<Connection>,
}

impl Bus {
    pub(super) fn new(room: &Room) -> Result<Self, HarnessError> {
        let address = format!("unix:path={}", room.shared().join("bus").display());
        let system = room.read("/usr/share/dbus-1/system.conf")?;
        let mut own = String::new();
        for line in system.lines() {
            let started = ["<standard_system_servicedirs", "<servicehelper", "<fork", "<pidfile"];
            if started.iter().any(|element| line.contains(element)) {
                continue;
            }
            if line.contains("<listen>") {
                own += &format!("<listen>{address}</listen>\n");
            } else {
                // It is relative to the file's own place.
                own += &line.replace(">system.d<", ">/usr/share/dbus-1/system.d<");
                own.push('\n');
            }
        }
        room.write(CONFIGURATION, &own)?;
        room.write(PRETENDED, PRETENDED_POLICY)?;
        Ok(Self { process: None, address, connection: None })
    }

    /// What programs connect to.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// One that others run, at this address.
    pub(super) fn at(address: String) -> Self {
        Self { process: None, address, connection: None }
    }

    /// Connects as soon as it listens. Nobody says when that is.
    pub(super) async fn connect_soon(&mut self) -> Result<(), HarnessError> {
        let mut looks = interval(LOOK_AGAIN);
        let connected = timeout(LIMIT, async {
            loop {
                looks.tick().await;
                let builder = connection::Builder::address(self.address.as_str());
                if let Ok(connection) = builder.method_timeout(LIMIT).build().await {
                    return connection;
                }
            }
        });
        let connected = connected.await.map_err(|_| HarnessError::TimeOut {
            what: format!("a bus at `{}`", self.address),
            limit: LIMIT,
            tail: String::new(),
        })?;
        self.connection = Some(connected);
        Ok(())
    }

    pub(super) async fn start(&mut self, room: &Room) -> Result<(), HarnessError> {
        if let Some(path) = self.address.strip_prefix("unix:path=") {
            // Left by a bus that was killed.
            let _ = fs::remove_file(path);
        }
        let command = Command::new("/usr/bin/dbus-daemon")
            .arguments(["--nofork", "--nopidfile", "--nosyslog", "--print-address"])
            .argument(format!("--config-file={CONFIGURATION}"));
        let process = room.spawn(command)?;
        let listens = |line: &str| line.starts_with("unix:").then_some(());
        process.wait_for_line(0, "the bus to listen", LIMIT, listens).await?;
        self.process = Some(process);
        let connection =
            connection::Builder::address(self.address.as_str()).method_timeout(LIMIT).build().await;
        self.connection = Some(connection.map_err(|error| bus_error("connect", &error))?);
        Ok(())
    }

    pub(super) async fn stop(&mut self) -> Result<(), HarnessError> {
        self.connection = None;
        let Some(mut process) = self.process.take() else { return Ok(()) };
        process.stop(LIMIT).await.map(drop)
    }

    /// Reads a property.
    ///
    /// # Errors
    /// When it is not there, or of another type.
    pub async fn property<T>(&self, place: &Place, property: &str) -> Result<T, HarnessError>
    where
        T: TryFrom<OwnedVariant>,
    {
        let (service, path) = (place.service.as_str(), place.path.as_str());
        let arguments = (place.interface.as_str(), property);
        let connection = self.connection()?;
        let read =
            connection.call_method(Some(service), path, Some(PROPERTIES), "Get", &arguments).await;
        let value = read.and_then(|answer| answer.body().deserialize::<OwnedVariant>());
        let value = value.map_err(|error| bus_error(property, &error))?;
        T::try_from(value).map_err(|_| HarnessError::Bus {
            doing: format!("read `{property}`"),
            answer: "it is of another type".to_owned(),
        })
    }

    /// Calls a method.
    ///
    /// # Errors
    /// When the service refuses, or is not there.
    pub async fn call(
        &self,
        place: &Place,
        method: &str,
        arguments: &(impl Serialize + DynamicType),
    ) -> Result<Message, HarnessError> {
        let (service, path) = (place.service.as_str(), place.path.as_str());
        let interface = Some(place.interface.as_str());
        let connection = self.connection()?;
        let called =
            connection.call_method(Some(service), path, interface, method, arguments).await;
        called.map_err(|error| bus_error(method, &error))
    }

    /// Waits until a property is as wanted.
    ///
    /// # Errors
    /// When it does not become so in time.
    pub async fn until<T>(
        &self,
        place: &Place,
        property: &str,
        wanted: impl Fn(&T) -> bool,
    ) -> Result<T, HarnessError>
    where
        T: TryFrom<OwnedVariant> + std::fmt::Debug,
    {
        let mut changes = self.changes(place).await?;
        let mut looks = interval(LOOK_AGAIN);
        let mut last = String::new();
        let found = timeout(LIMIT, async {
            loop {
                match self.property::<T>(place, property).await {
                    Ok(value) if wanted(&value) => return value,
                    Ok(value) => {
                        last = format!("{value:?}");
                        changes.next().await;
                    }
                    Err(error) => {
                        last = error.to_string();
                        looks.tick().await;
                    }
                }
            }
        });
        let found = found.await;
        found.map_err(|_| HarnessError::TimeOut {
            what: format!("`{property}` of `{}`, which is {last}", place.path),
            limit: LIMIT,
            tail: String::new(),
        })
    }

    /// Signals that a property of an interface has changed.
    ///
    /// # Errors
    /// When the bus refuses.
    pub async fn changes(&self, place: &Place) -> Result<MessageStream, HarnessError> {
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .path(place.path.as_str())
            .interface(PROPERTIES)
            .member("PropertiesChanged")
            .arg(0, place.interface.as_str())
            .build()
            .map_err(|error| bus_error("watch", &error))?;
        let stream = MessageStream::for_match_rule(rule, self.connection()?, None);
        stream.await.map_err(|error| bus_error("watch", &error))
    }

    fn connection(&self) -> Result<&Connection, HarnessError> {
        self.connection.as_ref().ok_or_else(|| HarnessError::Bus {
            doing: "use the bus".to_owned(),
            answer: "it does not run".to_owned(),
        })
    }
}

/// The properties that such a signal tells, with their values.
///
/// # Errors
/// When it is another signal.
pub fn changed(signal: &Message) -> Result<BTreeMap<String, OwnedVariant>, HarnessError> {
    let body = signal.body();
    let read = body.deserialize::<(String, BTreeMap<String, OwnedVariant>, Vec<String>)>();
    let (_, changed, _) = read.map_err(|error| bus_error("read a signal", &error))?;
    Ok(changed)
}

pub(super) fn bus_error(doing: &str, error: &zbus::Error) -> HarnessError {
    HarnessError::Bus { doing: doing.to_owned(), answer: error.to_string() }
}
