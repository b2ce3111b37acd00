//! A million syncs come and go: disk and memory level off.

use std::time::Duration;

use pwasync_e2e::HostKind;
use tokio::time::{MissedTickBehavior, interval};

use crate::{
    clock::Moment,
    drive::go_online,
    figure::{Bound, Promise, median, number},
    figures::{Entry, Outcome},
    process::{disk, memory},
    stage::Stage,
};

const LIVE: &str = "10000";
const CYCLES: usize = 1_000_000;
const BROWSERS: &str = "8";
/// Points of the curves.
const POINTS: usize = 12;
/// Where the daemon keeps its snapshots, below its state.
const SNAPSHOTS: &str = "snapshots";
const SAMPLE_EVERY: Duration = Duration::from_millis(250);

const MEMORY: Promise = Promise {
    name: "churn.memory_growth",
    what: "anonymous memory in the last quarter, over the second quarter",
    unit: "×",
    bound: Some(Bound::AtMost(1.1)),
};
const DISK: Promise = Promise {
    name: "churn.disk_growth",
    what: "disk of the queue in the last quarter, over the second quarter",
    unit: "×",
    bound: Some(Bound::AtMost(1.1)),
};
const RATE: Promise = Promise { name: "churn.rate", what: "cycles", unit: "/s", bound: None };
const MOST_DISK: Promise = Promise {
    name: "churn.disk",
    what: "most on disk, snapshots and all",
    unit: "MiB",
    bound: None,
};

pub(super) const ENTRY: Entry = Entry {
    name: "churn",
    title: "A million syncs come and go",
    about: "10,000 registrations of a closed browser stay; eight browsers register, are woken, \
            finish, and read that the outcome is on disk, a million times in all, on a simulated \
            host that is online. Of what is on disk up to three are snapshots, which are made once a \
            minute at most: they are counted apart.",
    promises: &[MEMORY, DISK, RATE, MOST_DISK],
    measure: |stage| Box::pin(measure(stage)),
};

/// What was seen at a moment.
#[derive(Clone, Copy, Debug)]
struct Sample {
    seconds: f64,
    memory: f64,
    /// Without the snapshots.
    disk: f64,
    snapshots: f64,
}

async fn measure(stage: &Stage<'_>) -> anyhow::Result<Outcome> {
    stage.needs_a_disk()?;
    let (mut setup, _workdir) = stage.daemon()?;
    setup.host = HostKind::Simulated { start: None };
    setup.settle = Some(Duration::ZERO);
    let daemon = setup.start(None).await?;
    let socket = setup.socket();
    let words = ["--count", LIVE, "--connections", "1", "--callers", "64"];
    let _: usize = stage.drive("fill", &socket, &words).await?;
    go_online(socket.clone()).await?;
    let cycles = CYCLES / stage.pace.scale;
    let count = cycles.to_string();
    let words = ["--count", &count, "--connections", BROWSERS];
    let churn = stage.drive::<usize>("churn", &socket, &words);
    tokio::pin!(churn);
    let (begun, mut samples) = (Moment::now(), Vec::new());
    let mut ticks = interval(SAMPLE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            ended = &mut churn => {
                ended?;
                break;
            }
            _ = ticks.tick() => {
                let snapshots = match setup.state().join(SNAPSHOTS) {
                    made if made.exists() => disk(&made)? / 1_024.0,
                    _ => 0.0,
                };
                samples.push(Sample {
                    seconds: begun.elapsed().as_secs_f64(),
                    memory: memory(daemon.process.id())?.anonymous / 1_024.0,
                    disk: disk(setup.state())? / 1_024.0 - snapshots,
                    snapshots,
                });
            }
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    let quarter = samples.len() / 4;
    anyhow::ensure!(quarter > 1, "it ended too soon to be looked at");
    let (second, last) = (&samples[quarter..2 * quarter], &samples[3 * quarter..]);
    let growth = |of: fn(&Sample) -> f64| {
        let middle = |part: &[Sample]| median(&part.iter().map(of).collect::<Vec<_>>());
        middle(last) / middle(second)
    };
    let figures = vec![
        MEMORY.is(growth(|sample| sample.memory)),
        DISK.is(growth(|sample| sample.disk)),
        RATE.is(f64::from(u32::try_from(cycles)?) / seconds),
        MOST_DISK.is(samples.iter().map(|one| one.disk + one.snapshots).fold(0.0, f64::max)),
    ];
    Ok(Outcome { figures, notes: vec![curves(&samples, f64::from(u32::try_from(cycles)?))] })
}

/// Both curves as a table.
fn curves(samples: &[Sample], cycles: f64) -> String {
    let end = samples.last().map_or(1.0, |sample| sample.seconds);
    let mut text =
        "| cycles, about | anonymous memory, MiB | queue on disk, MiB | snapshots, MiB |\n\
         | ---: | ---: | ---: | ---: |\n"
            .to_owned();
    for point in 0..=POINTS {
        let Some(sample) = samples.get((samples.len() - 1) * point / POINTS) else { continue };
        let at = number((cycles * sample.seconds / end / 1_000.0).round() * 1_000.0);
        let Sample { memory, disk, snapshots, .. } = sample;
        text += &format!("| {at} | {memory:.1} | {disk:.1} | {snapshots:.1} |\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curves_go_from_the_first_sample_to_the_last() {
        let sample = |seconds| Sample { seconds, memory: 3.25, disk: seconds, snapshots: 1.0 };
        let samples: Vec<_> = (0..=48_u32).map(f64::from).map(sample).collect();
        let table = curves(&samples, 1_000_000.0);
        assert_eq!(table.lines().count(), 2 + POINTS + 1);
        assert!(table.contains("| 0 | 3.2 | 0.0 | 1.0 |\n"), "{table}");
        assert!(table.ends_with("| 1,000,000 | 3.2 | 48.0 | 1.0 |\n"), "{table}");
    }
}
