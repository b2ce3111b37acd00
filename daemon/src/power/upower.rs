//! UPower: battery and charger of the whole machine.
//!
//! Its display device sums all batteries up, and leaves mice and headsets out. It tells each time
//! that it has looked, also when nothing has changed but the time of the look; one that does so
//! all the time is listened to no more, but asked now and then.

use std::{convert::Infallible, future::ready, time::Duration};

use pwasync_core::facts::{ChargeWarning, Power, PowerTeller, Source};
use tokio::sync::watch;
use zbus::{Message, names::OwnedUniqueName};

use super::wait::Timer;
use crate::bus::{
    Bus, BusError, Changed, Ended, Interface, Listening, Paths, Properties, Service, Signals,
    Telling, is_true, number, real,
};

const NAME: &str = "org.freedesktop.UPower";
const DAEMON: Interface<'static> = Interface { path: "/org/freedesktop/UPower", name: NAME };
const DISPLAY: Interface<'static> = Interface {
    path: "/org/freedesktop/UPower/devices/DisplayDevice",
    name: "org.freedesktop.UPower.Device",
};

/// Kinds of devices that a machine can run on.
const BATTERY: u32 = 2;
const UPS: u32 = 3;

/// Warning levels: it is critical, and UPower acts on it by turning the machine off.
const CRITICAL: u32 = 4;
const ACTION: u32 = 5;

/// Signals in a row that say nothing new, before the display device is not listened to.
const IDLE_SIGNALS: u32 = 10;
/// Then it is asked so often while the machine runs on its battery.
const LOOK_ON_BATTERY: Duration = Duration::from_secs(60);
/// With a charger nothing depends on the charge.
const LOOK_ON_CHARGER: Duration = Duration::from_secs(600);

pub(super) struct Upower {
    pub(super) said: watch::Sender<Source<Power>>,
    pub(super) timer: Timer,
}

impl Upower {
    /// Says it, where it is new.
    fn say(&self, power: Source<Power>) -> News {
        let new = self.said.send_if_modified(|last| std::mem::replace(last, power) != power);
        if new { News::Some } else { News::None }
    }

    async fn hear(&self, bus: &Bus, service: &OwnedUniqueName) -> Result<Infallible, Ended> {
        // Subscribed first and read then, so that no change falls in between.
        let mut changes = bus.changes(service, Paths::This(DAEMON.path), DAEMON.name).await?;
        let mut display_changes = Some(display_signals(bus, service).await?);
        let mut daemon = bus.read(service, DAEMON).await?;
        let mut display = bus.read(service, DISPLAY).await?;
        self.say(Source::Present(view(&daemon, &display)));
        let mut idle = 0;
        loop {
            let power = view(&daemon, &display);
            tokio::select! {
                signal = changes.next() => {
                    let changed = Changed::of(&signal?)?;
                    take(&mut daemon, changed, bus.read(service, DAEMON)).await?;
                    if display_changes.is_none() {
                        display_changes = Some(display_signals(bus, service).await?);
                        display = bus.read(service, DISPLAY).await?;
                        idle = 0;
                    }
                }
                signal = next(display_changes.as_mut()) => {
                    let changed = Changed::of(&signal?)?;
                    take(&mut display, changed, bus.read(service, DISPLAY)).await?;
                    idle += 1;
                }
                () = self.timer.pass(look_again(power)), if display_changes.is_none() => {
                    display = bus.read(service, DISPLAY).await?;
                }
            }
            match self.say(Source::Present(view(&daemon, &display))) {
                News::Some => idle = 0,
                News::None if idle >= IDLE_SIGNALS && display_changes.is_some() => {
                    tracing::debug!("UPower says nothing new, and is asked now and then");
                    display_changes = None;
                }
                News::None => {}
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    None,
    Some,
}

impl Service for Upower {
    fn name(&self) -> &'static str {
        NAME
    }

    fn listen<'a>(&'a mut self, bus: &'a Bus, owner: &'a OwnedUniqueName) -> Listening<'a> {
        Box::pin(self.hear(bus, owner))
    }

    fn was_heard(&self) -> bool {
        self.said.borrow().value().is_some()
    }

    fn is_absent(&mut self) -> Telling<'_> {
        self.say(Source::Absent);
        Box::pin(ready(Ok(())))
    }
}

async fn display_signals(bus: &Bus, service: &OwnedUniqueName) -> Result<Signals, BusError> {
    bus.changes(service, Paths::This(DISPLAY.path), DISPLAY.name).await
}

/// The next signal; none where it is not listened to.
async fn next(signals: Option<&mut Signals>) -> Result<Message, BusError> {
    match signals {
        Some(signals) => signals.next().await,
        None => std::future::pending().await,
    }
}

/// After what time it is asked; `None`: there is no battery to ask for.
fn look_again(power: Power) -> Option<Duration> {
    match (power.battery_percent, power.on_battery) {
        (None, false) => None,
        (_, true) => Some(LOOK_ON_BATTERY),
        (Some(_), false) => Some(LOOK_ON_CHARGER),
    }
}

/// Takes what has changed, or reads all anew.
async fn take(
    properties: &mut Properties,
    changed: Changed,
    read: impl Future<Output = Result<Properties, BusError>>,
) -> Result<(), BusError> {
    match changed {
        Changed::To(changed) => properties.extend(changed),
        Changed::Unsaid => *properties = read.await?,
    }
    Ok(())
}

/// Without a battery UPower says 0 %.
fn view(daemon: &Properties, display: &Properties) -> Power {
    let battery =
        is_true(display, "IsPresent") && [BATTERY, UPS].contains(&number(display, "Type"));
    Power {
        battery_percent: real(display, "Percentage").filter(|_| battery).and_then(whole_percent),
        on_battery: is_true(daemon, "OnBattery"),
        warning: match number(display, "WarningLevel") {
            CRITICAL | ACTION if battery => ChargeWarning::Critical,
            _ => ChargeWarning::None,
        },
        told_by: PowerTeller::Upower,
    }
}

/// A charge from 0 to 100 %; `None`: it is no number.
pub(super) fn whole_percent(percent: f64) -> Option<u8> {
    // Rounded, it fits: the cast cannot cut anything off.
    percent.is_finite().then(|| percent.clamp(0.0, 100.0).round() as u8)
}
