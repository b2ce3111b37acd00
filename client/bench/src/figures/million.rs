//! A restart with a million registrations, and what they take in memory.

use std::time::Duration;

use anyhow::Context;
use pwasync_e2e::{Command, DaemonSetup};

use crate::{
    clock::Moment,
    figure::{Bound, Promise, median},
    figures::{Entry, Outcome},
    process::{Memory, memory},
    stage::Stage,
};

const MILLION: usize = 1_000_000;
const ROUNDS: usize = 3;
/// Reading a million records takes seconds.
const SCAN_LIMIT: Duration = Duration::from_secs(120);

const RESTART: Promise = Promise {
    name: "million.restart",
    what: "start to ready, over sled's own opening and scan of the same files",
    unit: "×",
    bound: Some(Bound::AtMost(1.5)),
};
const BYTES: Promise = Promise {
    name: "million.bytes",
    what: "resident, beyond that of a process which has only opened and scanned the store, for \
           each registration",
    unit: "B",
    bound: Some(Bound::AtMost(350.0)),
};
const START: Promise = Promise::beside("million.start", "start to ready", "s");
const SCAN: Promise = Promise::beside("million.scan", "limit: sled opens and scans", "s");
const CACHED: Promise =
    Promise::beside("million.scan_cached", "the same with the files in the kernel's memory", "s");
const RESIDENT: Promise = Promise::beside("million.resident", "resident", "MiB");
const SCANNED: Promise = Promise::beside("million.scan_resident", "resident, sled alone", "MiB");

pub(super) const ENTRY: Entry = Entry {
    name: "million",
    title: "A restart with a million registrations",
    about: "Each start is a process of its own, in turn with one that opens the same store with \
            sled alone and reads all that is in it. Both read from the disk, as after a boot: the \
            daemon has the kernel forget the files, so that it never trusts a page whose writing \
            failed.",
    promises: &[RESTART, BYTES, START, SCAN, CACHED, RESIDENT, SCANNED],
    measure: |stage| Box::pin(measure(stage)),
};

async fn measure(stage: &Stage<'_>) -> anyhow::Result<Outcome> {
    stage.needs_a_disk()?;
    let (setup, _workdir) = stage.daemon()?;
    let count = MILLION / stage.pace.scale;
    let mut daemon = setup.start(None).await?;
    let begun = Moment::now();
    let words = ["--count", &count.to_string(), "--connections", "8", "--callers", "512"];
    let _: usize = stage.drive("fill", &setup.socket(), &words).await?;
    stage.says(&format!("{count} registered in {:.0} s", begun.elapsed().as_secs_f64()));
    daemon.process.stop(super::STOP_LIMIT).await?;
    let (mut starts, mut scans, mut cached) = (Vec::new(), Vec::new(), Vec::new());
    let (mut resident, mut scanned) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (time, memory) = scan(stage, &setup, &["--from-disk"]).await?;
        scans.push(time);
        scanned.push(memory.resident);
        let (time, _) = scan(stage, &setup, &[]).await?;
        cached.push(time);
        let (time, memory) = start(&setup).await?;
        starts.push(time);
        resident.push(memory.resident);
    }
    stage.says(&format!("starts {starts:.2?} s, scans {scans:.2?} s, cached {cached:.2?} s"));
    let ratios: Vec<_> = starts.iter().zip(&scans).map(|(start, scan)| start / scan).collect();
    let (own, sled) = (median(&resident), median(&scanned));
    let each = (own - sled) * 1_024.0 / f64::from(u32::try_from(count)?);
    let figures = vec![
        RESTART.is(median(&ratios)),
        BYTES.is(each),
        START.is(median(&starts)),
        SCAN.is(median(&scans)),
        CACHED.is(median(&cached)),
        RESIDENT.is(own / 1_024.0),
        SCANNED.is(sled / 1_024.0),
    ];
    Ok(Outcome { figures, notes: Vec::new() })
}

/// Seconds until the daemon is ready, and its memory then.
async fn start(setup: &DaemonSetup) -> anyhow::Result<(f64, Memory)> {
    let begun = Moment::now();
    let mut daemon = setup.start(None).await?;
    let taken = begun.elapsed();
    let memory = memory(daemon.process.id())?;
    daemon.process.stop(super::STOP_LIMIT).await?;
    Ok((taken.as_secs_f64(), memory))
}

/// Seconds until sled alone has read everything, and its memory then.
async fn scan(
    stage: &Stage<'_>,
    setup: &DaemonSetup,
    options: &[&str],
) -> anyhow::Result<(f64, Memory)> {
    let command = Command::new(stage.binaries.program("pwasync-bench")?)
        .argument("scan")
        .argument(setup.state().join("store"))
        .arguments(options);
    let begun = Moment::now();
    let mut process = command.spawn(None)?;
    let pick = |line: &str| serde_json::from_str(line).ok();
    let read = process.wait_for_line(0, "the end of the scan", SCAN_LIMIT, pick).await;
    let taken = begun.elapsed();
    let (_, memory) = read.context("the scan failed")?;
    process.ended(SCAN_LIMIT).await?;
    Ok((taken.as_secs_f64(), memory))
}
