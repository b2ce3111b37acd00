//! A disk that is unmounted lazily under the daemon: what it has open goes on, nothing is made in the
//! disk's place, and with the disk back in everything that was acknowledged is there.

use std::{fs, time::Duration};

use pwasync_e2e::{HarnessError, LoopDisk, Workdir};
use tokio::time::sleep;

use crate::{
    bed::{Bed, Until, running},
    caller::Diet,
    run::{Run, Tally},
};

const DISK_MEBIBYTES: u64 = 64;
const ROUNDS: u64 = 3;
const LOAD: Duration = Duration::from_millis(300);

/// See the module.
pub(crate) async fn detached(run: &mut Run) -> Result<Tally, HarnessError> {
    let mut tally = Tally::new("detached disks");
    let workdir = Workdir::create()?;
    let disk = LoopDisk::create(workdir.folder("loop", None)?, DISK_MEBIBYTES)?;
    let state = Some(disk.mounted().join("state"));
    let mut bed = Bed::new(run.random.u64(..), Diet::Mixed, state)?;
    // So that it looks for its folder all the time.
    bed.setup.arguments = vec!["--snapshot-gap".into(), "0s".into()];
    bed.start().await?;
    for _ in 0..ROUNDS {
        let mut daemon = bed.daemon.take();
        let ended = bed
            .load(Until::SceneEnds, async {
                sleep(LOAD).await;
                disk.detach()?;
                sleep(LOAD).await;
                running(&mut daemon)?.process.crash().await
            })
            .await;
        ended.transpose().inspect_err(|error| bed.keep_state(error))?;
        let made = fs::read_dir(disk.mounted()).map(Iterator::count);
        if !matches!(made, Ok(0)) {
            bed.ledger.lose(format!("something was made in the disk's place: {made:?}"));
        }
        disk.mount()?;
        bed.start().await.inspect_err(|error| bed.keep_state(error))?;
        tally.round(run, &mut bed);
    }
    tally.end(bed);
    Ok(tally)
}
