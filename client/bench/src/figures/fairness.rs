//! What one user's flood does to another user's calls.

use std::fs;

use anyhow::Context;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::{
    drive::{Flooded, Steady},
    figure::{Bound, Promise},
    figures::{Entry, Outcome},
    stage::Stage,
};

const RATIO: Promise = Promise {
    name: "fairness.p99_over_quiet",
    what: "99th percentile of a user's Register while another user floods, over that in quiet",
    unit: "×",
    bound: Some(Bound::AtMost(3.0)),
};
const QUIET: Promise = Promise::beside("fairness.quiet_p99", "in quiet, 99th percentile", "µs");
const QUIET_MEDIAN: Promise = Promise::beside("fairness.quiet_p50", "in quiet, median", "µs");
const FLOOD: Promise =
    Promise::beside("fairness.flood_p99", "during the flood, 99th percentile", "µs");
const FLOOD_MEDIAN: Promise =
    Promise::beside("fairness.flood_p50", "during the flood, median", "µs");

pub(super) const ENTRY: Entry = Entry {
    name: "fairness",
    title: "One user floods: the time of another user's registration",
    about: "With the default shares. One user's 64 connections register as fast as the daemon \
            lets them, 16 calls outstanding on each, and come again when they are told to go; \
            they have one core. Daemon and another user, who registers every 15 ms, have the \
            other. Quiet and flood alternate; percentiles are of all rounds together.",
    promises: &[RATIO, QUIET, QUIET_MEDIAN, FLOOD, FLOOD_MEDIAN],
    measure: |stage| Box::pin(measure(stage)),
};

/// Numbers of users that neither login tools nor systemd give away.
const FLOODER: &str = "60600";
const OTHER: &str = "60601";

async fn measure(stage: &Stage<'_>) -> anyhow::Result<Outcome> {
    stage.needs_a_disk()?;
    anyhow::ensure!(pwasync_e2e::is_root(), "only root can be two users");
    let all = sched_getaffinity(None).context("cannot see the cores")?;
    let cores: Vec<_> = (0..CpuSet::MAX_CPU).filter(|core| all.is_set(*core)).collect();
    let [own, floods, ..] = cores[..] else { anyhow::bail!("there is one core only") };
    let mut one = CpuSet::new();
    one.set(own);
    // Children stay where this process is.
    sched_setaffinity(None, &one).context("cannot stay on one core")?;
    let measured = alternate(stage, floods).await;
    sched_setaffinity(None, &all).context("cannot go back to all cores")?;
    let (quiet, flood, flooded) = measured?;
    stage.says(&format!("{flooded:?}"));
    let figures = vec![
        RATIO.is(percentile(&flood, 99) / percentile(&quiet, 99)),
        QUIET.is(percentile(&quiet, 99)),
        QUIET_MEDIAN.is(percentile(&quiet, 50)),
        FLOOD.is(percentile(&flood, 99)),
        FLOOD_MEDIAN.is(percentile(&flood, 50)),
    ];
    Ok(Outcome { figures, notes: Vec::new() })
}

/// Times in quiet and during the flood, and what the flood saw.
async fn alternate(
    stage: &Stage<'_>,
    core: usize,
) -> anyhow::Result<(Vec<f64>, Vec<f64>, Flooded)> {
    let daemon = stage
        .start_daemon(|setup| {
            // The default shares. What cannot be written is seen by the daemon, too.
            let _ = fs::write(setup.policy(), "");
        })
        .await?;
    let socket = daemon.setup.socket();
    let seconds = (2.0 * stage.pace.span.as_secs_f64()).to_string();
    let core = core.to_string();
    let (mut quiet, mut flood) = (Vec::new(), Vec::new());
    let mut flooded = Flooded::default();
    for round in 0..stage.pace.rounds {
        let (before, during) = ((2 * round).to_string(), (2 * round + 1).to_string());
        let words = ["--seconds", &seconds, "--user", OTHER, "--rounds", &before];
        let alone: Steady = stage.drive("steady", &socket, &words).await?;
        quiet.extend(alone.times);
        let words = ["--seconds", &seconds, "--user", OTHER, "--rounds", &during];
        let flooding =
            ["--seconds", &seconds, "--user", FLOODER, "--connections", "64", "--core", &core];
        let (beside, flooding) = tokio::join!(
            stage.drive::<Steady>("steady", &socket, &words),
            stage.drive::<Flooded>("flood", &socket, &flooding),
        );
        flood.extend(beside?.times);
        let flooding = flooding?;
        // Where nobody floods nothing is shown.
        anyhow::ensure!(
            flooding.served + flooding.refused > 0,
            "the flood was not answered: {flooding:?}"
        );
        flooded.add(flooding);
        stage.says(&format!("round {} of {}", round + 1, stage.pace.rounds));
    }
    Ok((quiet, flood, flooded))
}

fn percentile(times: &[f64], percent: usize) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = sorted.len().saturating_sub(1) * percent / 100;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}
