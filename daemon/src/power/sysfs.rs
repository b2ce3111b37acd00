//! Battery and charger by the kernel's files: read at the start, when the kernel says that they
//! have changed, and now and then while there is a battery, since not all firmware tells of a
//! falling charge. Without a battery nothing wakes this but the kernel.

use std::{io, path::PathBuf, time::Duration};

use pwasync_core::facts::{ChargeWarning, Power, PowerTeller as Teller, Source};
use tokio::{
    task::{JoinError, spawn_blocking},
    time::timeout,
};

use super::{
    PowerTeller,
    supplies::{self, Supplies},
    uevents::Uevents,
    upower::whole_percent,
    wait::Timer,
};
use crate::{channel::EngineGone, pause::Pause};

/// A battery loses a percent in some minutes.
const LOOK_ON_BATTERY: Duration = Duration::from_secs(120);
/// With a charger nothing depends on the charge.
const LOOK_ON_CHARGER: Duration = Duration::from_secs(600);
/// Firmware answers in milliseconds, and some in seconds.
const READ_LIMIT: Duration = Duration::from_secs(5);

/// Where the kernel's files are, and what the next look at them is waited for with.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) sysfs: PathBuf,
    pub(super) timer: Timer,
}

#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("power supplies could not be read")]
    Read(#[source] io::Error),
    #[error("the reader of power supplies failed")]
    Failed(#[source] JoinError),
}

/// Tells of the power until the engine has ended, which it says.
pub(super) async fn watch(files: &Files, teller: &mut PowerTeller) -> EngineGone {
    let mut pause = Pause::new();
    loop {
        let error = match Uevents::open() {
            Ok(mut uevents) => match follow(files, &mut uevents, teller, &mut pause).await {
                Ok(gone) => return gone,
                Err(error) => error,
            },
            Err(error) => error,
        };
        tracing::warn!(%error, "the kernel's messages of devices are not heard");
        if let Err(gone) = look(files, teller).await {
            return gone;
        }
        pause.wait().await;
    }
}

/// Follows the kernel's messages until they cannot be heard.
async fn follow(
    files: &Files,
    uevents: &mut Uevents,
    teller: &mut PowerTeller,
    pause: &mut Pause,
) -> io::Result<EngineGone> {
    loop {
        let next = match look(files, teller).await {
            Ok(next) => next,
            Err(gone) => return Ok(gone),
        };
        tokio::select! {
            changed = uevents.changed() => {
                changed?;
                *pause = Pause::new();
            }
            () = files.timer.pass(next) => {}
        }
    }
}

/// Reads, and tells what is new. After what time to look again; `None`: when the kernel says so.
async fn look(files: &Files, teller: &mut PowerTeller) -> Result<Option<Duration>, EngineGone> {
    let supplies = match read(files.sysfs.clone()).await {
        Ok(supplies) => supplies,
        Err(error) => {
            report(&error);
            teller.tell(Source::Absent).await?;
            return Ok(Some(LOOK_ON_CHARGER));
        }
    };
    let known = teller.last.value().and_then(|power| power.battery_percent);
    let percent = supplies.percent().and_then(whole_percent);
    let power = Power {
        // One that cannot be read for the moment has not been filled.
        battery_percent: percent.or(known.filter(|_| supplies.has_battery())),
        on_battery: supplies.on_battery(),
        warning: ChargeWarning::None,
        told_by: Teller::Sysfs,
    };
    teller.tell(Source::Present(power)).await?;
    let next = if power.on_battery { LOOK_ON_BATTERY } else { LOOK_ON_CHARGER };
    Ok(supplies.has_battery().then_some(next))
}

fn report(error: &ReadError) {
    let error: &(dyn std::error::Error + 'static) = error;
    tracing::warn!(error, "the power is not known");
}

/// Some firmware takes its time, and the daemon is not to stand still meanwhile.
async fn read(sysfs: PathBuf) -> Result<Supplies, ReadError> {
    let mut reading = spawn_blocking(move || supplies::read(&sysfs));
    let read = match timeout(READ_LIMIT, &mut reading).await {
        Ok(read) => read,
        Err(_) => {
            tracing::warn!("power supplies have not been read within {READ_LIMIT:?}");
            // Another reader would stand behind this one.
            reading.await
        }
    };
    read.map_err(ReadError::Failed)?.map_err(ReadError::Read)
}
