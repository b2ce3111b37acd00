//! The disk fails under the running daemon: full, broken, read-only, gone. The same process must
//! say so, answer reads, and go on by itself once the disk works, with nothing lost.

use std::{fs, path::PathBuf, time::Duration};

use futures_util::future::pending;
use pwasync_client::{
    ClientError, NewRegistration, ProfileId, RegistrationKey, StoreState, SyncKind,
};
use pwasync_e2e::{Command, HarnessError, LoopDisk, Moment, Process, Signal, Workdir, on_path};
use tokio::time::{interval, sleep, timeout};
use tonic_health::pb::health_check_response::ServingStatus;

use crate::{
    bed::{Bed, LIMIT, Until, running},
    caller::Diet,
    health::health,
    run::{Run, Tally, say},
};

const DISK_MEBIBYTES: u64 = 20;
const LONGEST_CALM: u64 = 300;
/// How often is looked whether something is so.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// The calls of sled, and of the daemon itself, that write.
const WRITES: &str = "pwrite64,pwritev,fdatasync,fsync,sync_file_range,ftruncate";
/// A daemon that works again is given so long by its promise.
const PROMISE: f64 = 5_000.0;

/// What befalls the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// Filled to the last byte.
    Full,
    /// Filled to the last byte while no daemon runs.
    FullAtStart,
    /// Calls that write fail.
    Writes(&'static str),
    /// Only the last step of a commit fails.
    Syncs(&'static str),
    /// Calls that read fail too, so that the store does not open.
    ReadsAndWrites(&'static str),
    /// It fails for good, and is put back in.
    PulledOut,
    /// It fails for good and is unmounted: an empty folder is in its place until it is put back in.
    Unmounted,
}

/// What a cycle of the short run tries, and the long run again and again.
const TROUBLES: [Trouble; 10] = [
    Trouble::Full,
    Trouble::Writes("EIO"),
    Trouble::PulledOut,
    Trouble::FullAtStart,
    Trouble::Unmounted,
    Trouble::Syncs("EIO"),
    Trouble::Full,
    Trouble::Writes("EROFS"),
    Trouble::ReadsAndWrites("EIO"),
    Trouble::Writes("ENOSPC"),
];

/// So many troubles a disk: a store does not give back what its log has grown to, and would fill so
/// small a disk by itself in the end.
const OF_A_DISK: usize = 2 * TROUBLES.len();

/// Makes trouble so many times.
pub(crate) async fn troubles(run: &mut Run, rounds: u64) -> Result<Tally, HarnessError> {
    let mut tally = Tally::new("disk trouble");
    while tally.rounds < rounds {
        of_a_disk(run, &mut tally, rounds).await?;
    }
    Ok(tally)
}

async fn of_a_disk(run: &mut Run, tally: &mut Tally, rounds: u64) -> Result<(), HarnessError> {
    let workdir = Workdir::create()?;
    let mut disk = LoopDisk::create(workdir.folder("loop", None)?, DISK_MEBIBYTES)?;
    let state = Some(disk.mounted().join("state"));
    let mut bed = Bed::new(run.random.u64(..), Diet::Writes, state)?;
    bed.start().await?;
    let mut slowest = 0.0_f64;
    let troubles = TROUBLES.into_iter().cycle().take(OF_A_DISK);
    for (trouble, _) in troubles.zip(tally.rounds..rounds) {
        let calm = Duration::from_millis(run.random.u64(0..=LONGEST_CALM));
        let took = round(&mut bed, &mut disk, trouble, calm).await;
        let took = took.inspect_err(|error| bed.keep_state(error))?;
        slowest = slowest.max(took);
        let note = format!("{trouble:?}: registers again {took:.0} ms after");
        say(&note);
        tally.notes.push(note);
        tally.round(run, &mut bed);
    }
    if slowest > PROMISE {
        bed.ledger.lose(format!("it took {slowest:.0} ms to register again"));
    }
    tally.end(bed);
    Ok(())
}

/// Says after how many milliseconds the daemon registered again.
async fn round(
    bed: &mut Bed,
    disk: &mut LoopDisk,
    trouble: Trouble,
    calm: Duration,
) -> Result<f64, HarnessError> {
    let mut tracer = None;
    let process = running(&mut bed.daemon)?.process.id();
    if trouble == Trouble::FullAtStart {
        let mut daemon = bed.daemon.take();
        let killed = bed
            .load(Until::SceneEnds, async {
                sleep(calm).await;
                running(&mut daemon)?.process.crash().await
            })
            .await;
        killed.transpose()?;
        disk.fill()?;
        bed.start_only().await?;
    } else {
        bed.load(Until::AllAreStuck, async {
            sleep(calm).await;
            match begin(disk, trouble, process).await {
                Ok(begun) => tracer = begun,
                Err(error) => return Err::<(), _>(error),
            }
            if trouble != Trouble::Full {
                return pending().await;
            }
            let mut ticks = interval(LOOK_EVERY);
            loop {
                ticks.tick().await;
                disk.fill()?;
            }
        })
        .await
        .transpose()?;
    }
    bed.settle();
    must_be_read_only(bed, disk, trouble).await?;

    let worked = Moment::now();
    end(disk, trouble, tracer).await?;
    let took = registers_again(bed).await?.millis_since(worked);
    bed.recovered().await;
    bed.online().await;
    Ok(took)
}

async fn begin(
    disk: &LoopDisk,
    trouble: Trouble,
    process: u32,
) -> Result<Option<Process>, HarnessError> {
    let (calls, error) = match trouble {
        Trouble::Full | Trouble::FullAtStart => return disk.fill().map(|()| None),
        Trouble::PulledOut => return disk.cut_power().map(|()| None),
        Trouble::Unmounted => {
            return disk.cut_power().and_then(|()| disk.detach()).map(|()| None);
        }
        Trouble::Writes(error) => (WRITES.to_owned(), error),
        Trouble::Syncs(error) => ("fdatasync,fsync".to_owned(), error),
        Trouble::ReadsAndWrites(error) => (format!("{WRITES},pread64,openat"), error),
    };
    let tracer = Command::new(on_path("strace").unwrap_or_else(|| PathBuf::from("strace")))
        .arguments(["-f", "-o", "/dev/null", "-p", &process.to_string()])
        .arguments(["-e", &format!("inject={calls}:error={error}")])
        .spawn(None)?;
    let attached = |line: &str| line.contains("attached").then_some(());
    tracer.wait_for_error_line(0, "strace to attach", LIMIT, attached).await?;
    Ok(Some(tracer))
}

async fn end(
    disk: &mut LoopDisk,
    trouble: Trouble,
    tracer: Option<Process>,
) -> Result<(), HarnessError> {
    if let Some(mut tracer) = tracer {
        // It lets go of the daemon first.
        tracer.signal(Signal::Interrupt)?;
        tracer.ended(LIMIT).await?;
    }
    match trouble {
        Trouble::Full | Trouble::FullAtStart => disk.free(),
        Trouble::PulledOut => disk.exchange(),
        Trouble::Unmounted => {
            let made = fs::read_dir(disk.mounted()).map(Iterator::count);
            match made {
                Ok(0) => disk.exchange(),
                made => Err(HarnessError::Command {
                    command: "pwasyncd without its disk".to_owned(),
                    output: format!("it made something in the disk's place: {made:?}"),
                }),
            }
        }
        Trouble::Writes(_) | Trouble::Syncs(_) | Trouble::ReadsAndWrites(_) => Ok(()),
    }
}

/// Status, health and calls all say that nothing can be recorded.
async fn must_be_read_only(
    bed: &mut Bed,
    disk: &LoopDisk,
    trouble: Trouble,
) -> Result<(), HarnessError> {
    let (client, socket) = (bed.client.clone(), bed.setup.socket());
    let so = async {
        let mut ticks = interval(LOOK_EVERY);
        loop {
            ticks.tick().await;
            if matches!(trouble, Trouble::Full | Trouble::FullAtStart) {
                disk.fill()?;
            }
            let registered = client.register(&probe()).await;
            let status = client.status().await.map(|status| status.store);
            let health = health(&socket).await;
            let why = match &status {
                Ok(StoreState::ReadOnly(why)) => why.as_str(),
                Ok(StoreState::Writable) | Err(_) => "",
            };
            // Asked again and again, it sees that there is nothing to open.
            let told = trouble != Trouble::Unmounted || why.contains("are not there any more");
            let so = told
                && matches!(registered, Err(ClientError::Unavailable { .. }))
                && matches!(status, Ok(StoreState::ReadOnly(_)))
                && health == Ok(ServingStatus::NotServing);
            if so {
                return Ok(());
            }
        }
    };
    match bed.attend(timeout(LIMIT, so)).await {
        Ok(so) => so,
        Err(_) => {
            bed.ledger.lose(format!("{trouble:?}: the daemon does not say that it cannot record"));
            Ok(())
        }
    }
}

/// When the daemon registers again.
async fn registers_again(bed: &mut Bed) -> Result<Moment, HarnessError> {
    let client = bed.client.clone();
    let again = async {
        let mut ticks = interval(LOOK_EVERY);
        loop {
            ticks.tick().await;
            if client.register(&probe()).await.is_ok() {
                let again = Moment::now();
                if client.unregister(&probe().key).await.is_ok() {
                    return again;
                }
            }
        }
    };
    bed.attend(timeout(LIMIT, again)).await.map_err(|_| HarnessError::TimeOut {
        what: "the daemon to register again".to_owned(),
        limit: LIMIT,
        tail: bed.daemon.as_ref().map(|daemon| daemon.process.tail()).unwrap_or_default(),
    })
}

/// Something to register that is in nobody's plan.
fn probe() -> NewRegistration {
    NewRegistration::new(RegistrationKey {
        profile: ProfileId { browser: "torture".into(), profile: "probe".into() },
        scope: "https://probe.example/".into(),
        kind: SyncKind::OneOff,
        tag: "probe".into(),
    })
}
