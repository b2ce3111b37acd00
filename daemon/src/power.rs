//! Power and sleep as the host tells of them: raw facts, sent when they change.
//!
//! UPower tells of batteries and chargers where it runs; where it does not, the kernel's own files
//! do. power-profiles-daemon tells whether power is to be saved. Each may be absent, come late, go
//! and come back, as may logind, which tells of sleep. What that means for a sync is the core's
//! work.

#[doc(hidden)]
pub mod fuzzing;
mod life;
mod logind;
mod profiles;
mod supplies;
mod sysfs;
mod uevents;
mod upower;
mod wait;

use std::{io, path::PathBuf};

use pwasync_core::facts::{Power, PowerSaver, Source};
use tokio::sync::watch;
use wait::Timer;

use crate::{
    bus::{Bus, BusError, Retry},
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

/// What the services on the bus have said last.
struct Services {
    upower: watch::Sender<Source<Power>>,
    /// Of power-profiles-daemon, by its name of today and by its former one.
    savers: [watch::Sender<Source<PowerSaver>>; 2],
}

/// Tells of the power until the engine has ended.
///
/// # Errors
/// When the kernel gives no timers.
pub async fn watch(settings: Settings, engine: PowerSender) -> io::Result<()> {
    let Settings { bus, sysfs } = settings;
    let (files, timer) = (sysfs::Files { sysfs, timer: Timer::new()? }, Timer::new()?);
    let services = Services {
        upower: watch::Sender::new(Source::Awaited),
        savers: [watch::Sender::new(Source::Awaited), watch::Sender::new(Source::Awaited)],
    };
    tokio::select! {
        _ = tell_power(files, services.upower.subscribe(), engine.clone()) => {}
        _ = tell_saver(services.savers.each_ref().map(watch::Sender::subscribe), &engine) => {}
        () = listen(&bus, &services, &timer) => {}
    }
    Ok(())
}

/// Listens to the services for good, whatever becomes of the bus.
async fn listen(address: &str, services: &Services, timer: &Timer) {
    let mut retry = Retry::new(address);
    loop {
        let error = match Bus::connect(address).await {
            Ok(bus) => services.follow(&bus, timer).await,
            Err(error) => error,
        };
        report(&error);
        if matches!(error, BusError::Gone) {
            retry.reset();
        }
        services.are_gone();
        retry.wait(&error).await;
    }
}

fn report(error: &BusError) {
    let error: &(dyn std::error::Error + 'static) = error;
    tracing::debug!(error, "the power's services are not heard");
}

impl Services {
    /// Follows all of them until the bus is gone.
    async fn follow(&self, bus: &Bus, timer: &Timer) -> BusError {
        let upower = upower::Upower { said: &self.upower, timer };
        let [saver, former] = &self.savers;
        let (saver, former) = (profiles::Profiles::new(saver), profiles::Profiles::former(former));
        tokio::select! {
            error = life::follow(bus, &upower) => error,
            error = life::follow(bus, &saver) => error,
            error = life::follow(bus, &former) => error,
        }
    }

    fn are_gone(&self) {
        self.upower.send_replace(Source::Absent);
        for saver in &self.savers {
            saver.send_replace(Source::Absent);
        }
    }
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
