//! What a user cleared is gone: killed at any moment, with snapshots and exports being written all
//! the time, the daemon has nothing of an origin in any of them once it said that it is cleared.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use pwasync_client::{Client, Filter, NewRegistration, ProfileId, RegistrationKey, SyncKind};
use pwasync_e2e::{HarnessError, LoopDisk, Workdir, until};
use tokio::time::timeout;

use crate::{
    bed::{Bed, LIMIT, running},
    caller::Diet,
    run::{Run, Tally},
};

/// Of an origin.
const TAGS: usize = 20;
/// About as long as a clearing takes.
const LONGEST_WAIT_MICROS: u64 = 12_000;
const DISK_MEBIBYTES: u64 = 64;

/// Clears so many origins.
pub(crate) async fn cleared(run: &mut Run, rounds: u64) -> Result<Tally, HarnessError> {
    let mut tally = Tally::new("cleared origins");
    // Its own disk: where little is free no snapshots are written.
    let workdir = Workdir::create()?;
    let disk = LoopDisk::create(workdir.folder("loop", None)?, DISK_MEBIBYTES)?;
    let state = Some(disk.mounted().join("state"));
    let mut bed = Bed::new(run.random.u64(..), Diet::Mixed, state)?;
    bed.setup.arguments = vec!["--snapshot-gap".into(), "0s".into()];
    let mut answered = 0;
    for round in 0..rounds {
        bed.start_only().await?;
        // Killed with the answer in every second round, and else at any moment.
        let random = Duration::from_micros(run.random.u64(0..=LONGEST_WAIT_MICROS));
        let wait = (!round.is_multiple_of(2)).then_some(random);
        let ended = kill_while_clearing(&mut bed, round, wait).await;
        let done = ended.inspect_err(|error| bed.keep_state(error))?;
        answered += u64::from(done == Cleared::Answered);
        tally.round(run, &mut bed);
    }
    tally.notes.push(format!("{answered} of {rounds} clearings were answered before the kill"));
    tally.end(bed);
    Ok(tally)
}

/// Whether the daemon said that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cleared {
    Answered,
    Unknown,
}

async fn kill_while_clearing(
    bed: &mut Bed,
    round: u64,
    wait: Option<Duration>,
) -> Result<Cleared, HarnessError> {
    let client = bed.client.clone();
    let origin = format!("https://secret{round}.example");
    for tag in 0..TAGS {
        for origin in [&origin, &"https://kept.example".to_owned()] {
            register(&client, origin, tag).await?;
        }
    }
    // What is cleared stands in a file that must go.
    let holds = |path: &PathBuf| {
        is_finished(path) && fs::read_to_string(path).is_ok_and(|text| text.contains(&origin))
    };
    until(LIMIT, "a snapshot of the origin", || files(bed).into_iter().find(holds)).await?;
    let mut daemon = bed.daemon.take();
    let process = &mut running(&mut daemon)?.process;
    // Snapshots come by themselves, exports on end.
    let exporting = tokio::spawn(export_for_ever(client.clone()));
    let cleared = {
        let (client, profile) = (client.clone(), profile());
        let clearing = client.clear_origin(&profile, &origin);
        // An answer that is not read in time is none.
        timeout(wait.unwrap_or(LIMIT), clearing).await
    };
    process.crash().await?;
    exporting.abort();
    let done = match (cleared, wait) {
        (Ok(Ok(_)), _) => Cleared::Answered,
        (Err(_), Some(_)) => Cleared::Unknown,
        (failed, _) => {
            let command = "ClearOrigin".to_owned();
            return Err(HarnessError::Command { command, output: format!("{failed:?}") });
        }
    };
    if done == Cleared::Answered {
        look_for(bed, &origin, "after the kill");
    }
    bed.start_only().await?;
    if done == Cleared::Answered {
        look_for(bed, &origin, "after the next start");
    }
    let listed = timeout(LIMIT, client.list_all(Filter::default())).await;
    match listed {
        Ok(Ok(listed)) => {
            let of = |origin: &str| {
                listed.iter().filter(|one| one.key.scope == format!("{origin}/")).count()
            };
            let (secret, kept) = (of(&origin), of("https://kept.example"));
            // All of it is one batch.
            let good = match done {
                Cleared::Answered => secret == 0,
                Cleared::Unknown => secret == 0 || secret == TAGS,
            };
            if !good {
                bed.ledger.lose(format!("{secret} syncs of a cleared origin: {done:?}"));
            }
            if kept != TAGS {
                bed.ledger.lose(format!("{kept} syncs of another origin are left"));
            }
        }
        other => bed.ledger.lose(format!("no list: {other:?}")),
    }
    if done == Cleared::Answered && export(&client).await.is_some_and(|text| text.contains(&origin))
    {
        bed.ledger.lose("a cleared origin is in an export".to_owned());
    }
    // Nothing is left for the next round.
    let tidied = client.clear_origin(&profile(), &origin).await;
    if let Err(error) = tidied {
        bed.ledger.lose(format!("an origin cannot be cleared: {error}"));
    }
    if let Some(mut daemon) = bed.daemon.take() {
        daemon.process.crash().await?;
        bed.bury(daemon, None);
    }
    Ok(done)
}

fn files(bed: &Bed) -> Vec<PathBuf> {
    let entries = fs::read_dir(bed.setup.state().join("snapshots"));
    entries.into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// Nothing of the origin may be in a file, finished or not; and what is finished is whole.
fn look_for(bed: &mut Bed, origin: &str, when: &str) {
    for path in files(bed) {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        if text.contains(origin) {
            bed.ledger.lose(format!("{when} a cleared origin is in {}", path.display()));
        }
        let whole = text.lines().last().is_some_and(|last| last.starts_with("{\"end\":"));
        if is_finished(&path) && !whole {
            bed.ledger.lose(format!("{when} {} is cut", path.display()));
        }
    }
}

fn is_finished(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "jsonl")
}

async fn register(client: &Client, origin: &str, tag: usize) -> Result<(), HarnessError> {
    let new = NewRegistration::new(RegistrationKey {
        profile: profile(),
        scope: format!("{origin}/"),
        kind: SyncKind::OneOff,
        tag: format!("{tag:0>1000}"),
    });
    client.register(&new).await.map(drop).map_err(|error| HarnessError::Command {
        command: "Register".to_owned(),
        output: error.to_string(),
    })
}

/// Until the daemon is gone.
pub(crate) async fn export_for_ever(client: Client) {
    while export(&client).await.is_some() {}
}

async fn export(client: &Client) -> Option<String> {
    let mut export = client.export(None).await.ok()?;
    let mut text = Vec::new();
    while let Some(part) = export.next().await.ok()? {
        text.extend(part);
    }
    String::from_utf8(text).ok()
}

fn profile() -> ProfileId {
    ProfileId { browser: "torture".into(), profile: "cleared".into() }
}
