//! `kill -9` at any moment: under load, while it starts, while it stops, while it is frozen.

use std::time::Duration;

use pwasync_e2e::{HarnessError, Signal};
use tokio::time::{sleep, timeout};

use crate::{
    bed::{Bed, LIMIT, Until, running, well},
    caller::Diet,
    cleared::export_for_ever,
    run::{Run, Tally},
};

/// Rounds on one state.
const ROUNDS_OF_A_LIFE: u64 = 50;
const LONGEST_LOAD: u64 = 300;
/// Half of the rounds go on for so many answers, however slow the machine is.
const MOST_ANSWERS: u64 = 150;
const LONGEST_STOP: u64 = 30;
const LONGEST_START: u64 = 120;
const LONGEST_FROST: u64 = 200;

/// How a round ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Death {
    Kill,
    /// Killed once more, and again, before it is ready.
    KillTwiceAtStart,
    /// Asked to stop, and killed while it does.
    KillAtStop,
    /// Asked to stop.
    Stop,
    /// Frozen for a while, and killed some time later.
    FreezeAndKill,
    /// Killed while frozen.
    KillFrozen,
}

/// Kills the daemon so many times.
pub(crate) async fn kills(run: &mut Run, rounds: u64) -> Result<Tally, HarnessError> {
    let mut tally = Tally::new("kill -9");
    while tally.rounds < rounds {
        let mut bed = Bed::new(run.random.u64(..), Diet::Mixed, None)?;
        // In every second life snapshots come one after the other.
        if (tally.rounds / ROUNDS_OF_A_LIFE).is_multiple_of(2) {
            bed.setup.arguments = vec!["--snapshot-gap".into(), "0s".into()];
        }
        bed.start().await?;
        let life = ROUNDS_OF_A_LIFE.min(rounds - tally.rounds);
        for _ in 0..life {
            let ended = round(run, &mut bed).await;
            ended.inspect_err(|error| bed.keep_state(error))?;
            tally.round(run, &mut bed);
        }
        tally.end(bed);
    }
    Ok(tally)
}

async fn round(run: &mut Run, bed: &mut Bed) -> Result<(), HarnessError> {
    let random = &mut run.random;
    let mut upto = |millis| Duration::from_millis(random.u64(0..=millis));
    let (load, stop, frost) = (upto(LONGEST_LOAD), upto(LONGEST_STOP), upto(LONGEST_FROST));
    let answers = random.bool().then(|| random.u64(1..=MOST_ANSWERS));
    let mut upto = |millis| Duration::from_millis(random.u64(0..=millis));
    let starts = [upto(LONGEST_START), upto(LONGEST_START)];
    let death = match random.u32(0..20) {
        0..=10 => Death::Kill,
        11..=13 => Death::KillTwiceAtStart,
        14..=15 => Death::KillAtStop,
        16 => Death::Stop,
        17..=18 => Death::FreezeAndKill,
        _ => Death::KillFrozen,
    };
    let mut answered = bed.answers();
    let wanted = answers.map(|more| bed.ledger.counts().writes + more);
    let mut daemon = bed.daemon.take();
    let exporting = tokio::spawn(export_for_ever(bed.client.clone()));
    let ended = bed
        .load(Until::SceneEnds, async {
            let process = &mut running(&mut daemon)?.process;
            match wanted {
                None => sleep(load).await,
                Some(wanted) => {
                    let counted = answered.wait_for(|count| *count >= wanted);
                    let counted = timeout(LIMIT, counted).await;
                    counted.map(drop).map_err(|_| HarnessError::TimeOut {
                        what: "answers".to_owned(),
                        limit: LIMIT,
                        tail: process.tail(),
                    })?;
                }
            }
            match death {
                Death::Kill | Death::KillTwiceAtStart => process.crash().await?,
                Death::KillAtStop => {
                    process.signal(Signal::Terminate)?;
                    sleep(stop).await;
                    // It may have ended already.
                    let _ = process.signal(Signal::Kill);
                    process.ended(LIMIT).await?;
                }
                Death::Stop => {
                    process.signal(Signal::Terminate)?;
                    return Ok(Some(process.ended(LIMIT).await?));
                }
                Death::FreezeAndKill => {
                    process.signal(Signal::Freeze)?;
                    sleep(frost).await;
                    process.signal(Signal::Thaw)?;
                    sleep(load).await;
                    process.crash().await?;
                }
                Death::KillFrozen => {
                    process.signal(Signal::Freeze)?;
                    sleep(frost).await;
                    process.crash().await?;
                }
            }
            Ok::<_, HarnessError>(None)
        })
        .await;
    exporting.abort();
    if let Some(ending) = ended.transpose()?.flatten()
        && let Err(what) = well(ending)
    {
        bed.ledger.lose(what);
    }
    if let Some(daemon) = daemon {
        bed.bury(daemon, None);
    }
    if death == Death::KillTwiceAtStart {
        for after in starts {
            bed.start_and_kill(after).await?;
        }
    }
    bed.start().await
}
