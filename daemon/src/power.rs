//! Power and sleep as the host tells of them: raw facts, sent when they change.
//!
//! UPower tells of batteries and chargers where it runs; where it does not, the kernel's own files
//! do. power-profiles-daemon tells whether power is to be saved. Each may be absent, come late, go
//! and come back, as may logind, which tells of sleep. What that means for a sync is the core's
//! work.

#[doc(hidden)]
pub mod fuzzing;
mod logind;
mod profiles;
mod supplies;
mod sysfs;
mod uevents;
mod upower;
mod wait;

use std::{io, path::PathBuf};

use profiles::Profiles;
use pwasync_core::facts::{Power, PowerSaver, Source};
use tokio::sync::watch;
use upower::Upower;
use wait::Timer;

use crate::{
    bus::{self, Service},
    channel::{EngineGone, PowerSender},
};

pub use logind::watch_logind;

/// Where the power is told of.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Address of the system bus.
    pub bus: String,
    /// Where the kernel's view of devices is mounted.
    pub sysfs: PathBuf,
}

/// Tells of the power until the engine has ended.
///
/// # Errors
/// When the kernel gives no timers.
pub async fn watch(settings: Settings, engine: PowerSender) -> io::Result<()> {
    let Settings { bus, sysfs } = settings;
    let (files, timer) = (sysfs::Files { sysfs, timer: Timer::new()? }, Timer::new()?);
    let (power, saver, former) = (awaited(), awaited(), awaited());
    let savers = [saver.subscribe(), former.subscribe()];
    let telling = tell_power(files, power.subscribe(), engine.clone());
    let services: &mut [&mut dyn Service] = &mut [
        &mut Upower { said: power, timer },
        &mut Profiles::new(saver),
        &mut Profiles::former(former),
    ];
    tokio::select! {
        _ = telling => {}
        _ = tell_saver(savers, &engine) => {}
        () = bus::watch(&bus, services) => {}
    }
    Ok(())
}

/// What a service on the bus has said last.
fn awaited<T>() -> watch::Sender<Source<T>> {
    watch::Sender::new(Source::Awaited)
}

/// Hands over what UPower says, and what the kernel says while UPower is absent.
async fn tell_power(
    files: sysfs::Files,
    mut upower: watch::Receiver<Source<Power>>,
    engine: PowerSender,
) -> Result<(), EngineGone> {
    let mut teller = PowerTeller { engine, last: Source::Awaited };
    loop {
        let said = *upower.borrow_and_update();
        let changed = match said {
            Source::Absent => tokio::select! {
                changed = upower.changed() => changed,
                gone = sysfs::watch(&files, &mut teller) => return Err(gone),
            },
            Source::Awaited | Source::Present(_) => {
                teller.tell(said).await?;
                upower.changed().await
            }
        };
        if changed.is_err() {
            return Ok(());
        }
    }
}

/// Says what has not been said.
struct PowerTeller {
    engine: PowerSender,
    last: Source<Power>,
}

impl PowerTeller {
    async fn tell(&mut self, power: Source<Power>) -> Result<(), EngineGone> {
        if self.last == power {
            return Ok(());
        }
        tracing::debug!(?power, "power");
        self.engine.send(power).await?;
        self.last = power;
        Ok(())
    }
}

/// Hands over what power-profiles-daemon says.
async fn tell_saver(
    [mut new, mut former]: [watch::Receiver<Source<PowerSaver>>; 2],
    engine: &PowerSender,
) -> Result<(), EngineGone> {
    let mut last = Source::Awaited;
    loop {
        let saver = either(*new.borrow_and_update(), *former.borrow_and_update());
        if saver != last {
            tracing::debug!(?saver, "power saver");
            engine.send_saver(saver).await?;
            last = saver;
        }
        let changed = tokio::select! {
            changed = new.changed() => changed,
            changed = former.changed() => changed,
        };
        if changed.is_err() {
            return Ok(());
        }
    }
}

/// What is known of a service that goes by two names.
fn either(new: Source<PowerSaver>, former: Source<PowerSaver>) -> Source<PowerSaver> {
    match (new, former) {
        (Source::Present(_), _) => new,
        (_, Source::Present(_)) => former,
        (Source::Awaited, _) | (_, Source::Awaited) => Source::Awaited,
        (Source::Absent, Source::Absent) => Source::Absent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_with_two_names_is_absent_when_neither_is_there() {
        let (on, off) = (Source::Present(PowerSaver::On), Source::Present(PowerSaver::Off));
        assert_eq!(either(on, off), on);
        assert_eq!(either(Source::Absent, off), off);
        assert_eq!(either(Source::Awaited, on), on);
        assert_eq!(either(Source::Absent, Source::Awaited), Source::Awaited);
        assert_eq!(either(Source::Awaited, Source::Absent), Source::Awaited);
        assert_eq!(either(Source::Absent, Source::Absent), Source::Absent);
    }
}
