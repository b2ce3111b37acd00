//! The power goes: what had not reached the device is lost, the file system's journal included.

use std::time::Duration;

use pwasync_e2e::{HarnessError, LoopDisk, Moment, Workdir};
use tokio::time::sleep;

use crate::{
    bed::{Bed, Until, running},
    caller::Diet,
    run::{Run, Tally},
};

/// Rounds on one state.
const ROUNDS_OF_A_LIFE: u64 = 50;
const DISK_MEBIBYTES: u64 = 256;
const SHORTEST: u64 = 20;

/// How long the daemon writes before the power goes, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spans {
    /// Usually at most.
    pub(crate) usual: u64,
    /// One round in so many is longer, so that the store's log turns over.
    pub(crate) long_every: u64,
    /// That long.
    pub(crate) long: u64,
}

/// Cuts the power so many times.
pub(crate) async fn cuts(run: &mut Run, rounds: u64, spans: Spans) -> Result<Tally, HarnessError> {
    let mut tally = Tally::new("power loss");
    while tally.rounds < rounds {
        let workdir = Workdir::create()?;
        let disk = LoopDisk::create(workdir.folder("loop", None)?, DISK_MEBIBYTES)?;
        let state = Some(disk.mounted().join("state"));
        let mut bed = Bed::new(run.random.u64(..), Diet::Mixed, state)?;
        bed.start().await?;
        let life = ROUNDS_OF_A_LIFE.min(rounds - tally.rounds);
        for _ in 0..life {
            let span = if (tally.rounds + 1).is_multiple_of(spans.long_every) {
                spans.long
            } else {
                run.random.u64(SHORTEST..=spans.usual)
            };
            let ended = round(&mut bed, &disk, Duration::from_millis(span)).await;
            ended.inspect_err(|error| bed.keep_state(error))?;
            tally.round(run, &mut bed);
        }
        tally.end(bed);
    }
    Ok(tally)
}

async fn round(bed: &mut Bed, disk: &LoopDisk, span: Duration) -> Result<(), HarnessError> {
    let mut daemon = bed.daemon.take();
    let cut = bed
        .load(Until::SceneEnds, async {
            let process = &mut running(&mut daemon)?.process;
            sleep(span).await;
            let cut = Moment::now();
            disk.cut_power()?;
            process.crash().await?;
            Ok::<_, HarnessError>(cut)
        })
        .await;
    let cut = cut.transpose()?;
    if let Some(daemon) = daemon {
        // It may have noticed.
        bed.bury(daemon, cut);
    }
    disk.unmount().await?;
    disk.mount()?;
    bed.start().await
}
