//! One life of NetworkManager: from the moment that it has its name until it loses it.

use std::{
    convert::Infallible,
    pin::{Pin, pin},
    time::Duration,
};

use pwasync_core::facts::{CheckNumber, Manager};
use tokio::time::{sleep, timeout};
use zbus::names::OwnedUniqueName;

use super::{
    Teller,
    devices::{Active, DEVICE, DEVICES, Devices},
    modems::Modems,
    view::{Look, view},
};
use crate::bus::{
    ANSWER_LIMIT, Bus, BusError, Changed, Ended, Interface, Paths, Properties, Signals, lossy_text,
    text,
};

const MANAGER: Interface<'static> =
    Interface { path: "/org/freedesktop/NetworkManager", name: super::NAME };
/// Below it are all access points. What else a connection may be bound to is no Wi-Fi.
const ACCESS_POINTS: &str = "/org/freedesktop/NetworkManager/AccessPoint/";
/// It has its name some milliseconds before its objects are there, and says nothing when they are.
const FIRST_LOOK: Duration = Duration::from_millis(5);
const LAST_LOOK: Duration = Duration::from_secs(2);

/// One that hangs is as none, but is waited for: it answers as soon as it goes on. Signals that come
/// meanwhile are kept, which has an end.
const LONGEST_HANG: Duration = Duration::from_secs(600);
/// Longer than it waits for an answer from outside itself. The core waits less.
const CHECK_LIMIT: Duration = Duration::from_secs(60);

/// A check that it makes, and what came of it.
type Check<'a> = Pin<Box<dyn Future<Output = (CheckNumber, Result<(), BusError>)> + Send + 'a>>;

pub(super) struct Session<'a> {
    bus: &'a Bus,
    service: &'a OwnedUniqueName,
    manager: Properties,
    devices: Devices,
    /// The last one that was asked for.
    check: Option<Check<'a>>,
    /// It has been made; what was found is to be read and told.
    checked: Option<CheckNumber>,
}

impl<'a> Session<'a> {
    pub(super) async fn run(
        bus: &'a Bus,
        service: &'a OwnedUniqueName,
        teller: &mut Teller,
    ) -> Result<Infallible, Ended> {
        // Subscribed first and read then, so that no change falls in between.
        let mut changes = bus.changes(service, Paths::This(MANAGER.path), MANAGER.name).await?;
        let mut device_changes = bus.changes(service, Paths::Below(DEVICES), DEVICE).await?;
        let manager = first_look(bus, service, teller).await?;
        let devices = Devices::default();
        let mut session = Session { bus, service, manager, devices, check: None, checked: None };
        let mut modems = Modems::find(bus).await?;
        loop {
            session.read_devices(teller).await?;
            modems.read(bus, session.devices.modems()).await?;
            let seen = {
                let look = Look { naming: &teller.naming, modems: &|path| modems.roaming(path) };
                view(&look, &session.manager, &session.devices)
            };
            teller.tell(seen).await?;
            if let Some(number) = session.checked.take() {
                teller.tell_checked(number).await?;
            }
            tokio::select! {
                taken = session.take_next(&mut changes, &mut device_changes) => taken?,
                taken = modems.take_next() => taken?,
                number = teller.wishes.next() => session.check = Some(check(bus, service, number)),
            }
        }
    }

    /// Waits for the next change, and takes it.
    async fn take_next(
        &mut self,
        changes: &mut Signals,
        device_changes: &mut Signals,
    ) -> Result<(), BusError> {
        tokio::select! {
            signal = changes.next() => match Changed::of(&signal?)? {
                Changed::To(changed) => self.manager.extend(changed),
                Changed::Unsaid => self.manager = self.bus.read(self.service, MANAGER).await?,
            },
            signal = device_changes.next() => {
                let signal = signal?;
                let changed = Changed::of(&signal)?;
                if let Some(path) = signal.header().path() {
                    self.devices.change(path.as_str(), changed);
                }
            }
            (number, answer) = pending(&mut self.check) => {
                self.check = None;
                match answer {
                    Ok(()) => {
                        // It told of what changed, and said nothing where all is as before.
                        self.devices.doubt_activated();
                        self.checked = Some(number);
                    }
                    Err(error) => report_unchecked(&error),
                }
            }
        }
        Ok(())
    }

    /// Reads the devices that are new or have changed in an unsaid way, and what is to be known
    /// of their connections.
    async fn read_devices(&mut self, teller: &mut Teller) -> Result<(), Ended> {
        self.devices.keep(&self.manager);
        while let Some(path) = self.devices.next_unread() {
            let interface = Interface { path: &path, name: DEVICE };
            // One that has gone meanwhile is left out until the list says so.
            match read(self.bus, self.service, interface, teller).await {
                Ok(properties) => self.devices.set(&path, properties),
                Err(error) if is_refusal(&error) => self.devices.set(&path, Properties::new()),
                Err(error) => return Err(error),
            }
        }
        while let Some((device, path)) = self.devices.next_unread_connection() {
            let name = "org.freedesktop.NetworkManager.Connection.Active";
            match read(self.bus, self.service, Interface { path: &path, name }, teller).await {
                Ok(properties) => {
                    let point = text(&properties, "SpecificObject");
                    let ssid = read_ssid(self.bus, self.service, point, teller).await?;
                    let connection = Active::new(&path, &properties, ssid);
                    self.devices.set_connection(&device, connection);
                }
                Err(error) if is_refusal(&error) => {
                    let none = Active::new(&path, &Properties::new(), None);
                    self.devices.set_connection(&device, none);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// The name of a Wi-Fi, by the access point that its connection began with.
async fn read_ssid(
    bus: &Bus,
    service: &OwnedUniqueName,
    access_point: &str,
    teller: &mut Teller,
) -> Result<Option<String>, Ended> {
    if !access_point.starts_with(ACCESS_POINTS) {
        return Ok(None);
    }
    let name = "org.freedesktop.NetworkManager.AccessPoint";
    match read(bus, service, Interface { path: access_point, name }, teller).await {
        Ok(properties) => Ok(Some(lossy_text(&properties, "Ssid")).filter(|ssid| !ssid.is_empty())),
        Err(error) if is_refusal(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn check<'a>(bus: &'a Bus, service: &'a OwnedUniqueName, number: CheckNumber) -> Check<'a> {
    Box::pin(
        async move { (number, bus.call(service, MANAGER, "CheckConnectivity", CHECK_LIMIT).await) },
    )
}

async fn pending(check: &mut Option<Check<'_>>) -> (CheckNumber, Result<(), BusError>) {
    match check {
        Some(check) => check.await,
        None => std::future::pending().await,
    }
}

/// The core goes on without an answer after a while.
fn report_unchecked(error: &BusError) {
    let error: &(dyn std::error::Error + 'static) = error;
    tracing::info!(
        error,
        "NetworkManager has not checked where a link leads (hint: systemd/pwasyncd.rules)"
    );
}

/// Reads the manager's own object, once it is there.
async fn first_look(
    bus: &Bus,
    service: &OwnedUniqueName,
    teller: &mut Teller,
) -> Result<Properties, Ended> {
    let mut pause = FIRST_LOOK;
    loop {
        match read(bus, service, MANAGER, teller).await {
            Err(error) if is_refusal(&error) => {
                sleep(pause).await;
                pause = (pause * 2).min(LAST_LOOK);
            }
            read => return read,
        }
    }
}

/// Reads properties; where it takes long it is told that there is no manager.
async fn read(
    bus: &Bus,
    service: &OwnedUniqueName,
    interface: Interface<'_>,
    teller: &mut Teller,
) -> Result<Properties, Ended> {
    let mut reading = pin!(bus.read_within(LONGEST_HANG, service, interface));
    if let Ok(read) = timeout(ANSWER_LIMIT, &mut reading).await {
        return Ok(read?);
    }
    tracing::info!("NetworkManager hangs");
    teller.tell(Manager::Absent).await?;
    Ok(reading.await?)
}

/// The service answered, with an error.
fn is_refusal(ended: &Ended) -> bool {
    matches!(ended, Ended::Bus(BusError::Bus(zbus::Error::MethodError(..) | zbus::Error::FDO(_))))
}
