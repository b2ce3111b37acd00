//! What was acknowledged survives a power cut, and a disk that was full or failed is used again.
//!
//! A child writes to an ext4 on a loop device and says what is committed; `EXT4_IOC_SHUTDOWN`
//! drops what has not reached the device; after a new mount exactly the acknowledged batches must
//! be there, or one more whole one. In every other round the child is killed, as a power cut ends
//! everything; in the others it outlives its disk, as when a cable is pulled, and must notice that
//! by itself. Needs root; all mounts are in a mount namespace of its own.
//!
//! It has its own `main`, since it starts itself as the child.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    fs,
    io::{self, BufRead, BufReader, Write as _},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use nix::{
    mount::{MntFlags, MsFlags, mount, umount2},
    sched::{CloneFlags, unshare},
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use pwasync_core::effect::Record;
use pwasyncd::store::{
    Store,
    batch::Batch,
    disk::SledStore,
    error::{Cause, Remedy},
};
use support::{
    FRAME, blobs, by_id,
    kept::{Thing, things, version_and_bytes},
    registration,
};
use tempfile::TempDir;

#[path = "support/root.rs"]
mod root;
mod support;

/// Power goes after so many acknowledged batches.
const CUTS: [u64; 10] = [1, 2, 3, 7, 20, 60, 1, 150, 300, 30];

/// A writer without a disk ends sooner.
const PATIENCE: Duration = Duration::from_secs(60);

/// The longest things of each kind, next to each other, in each round.
const NEIGHBOURS: u64 = 16;

const TESTS: [(&str, fn()); 3] = [
    ("acknowledged_batches_survive_power_cuts", acknowledged_batches_survive_power_cuts),
    ("a_full_disk_is_an_error_that_heals", a_full_disk_is_an_error_that_heals),
    ("calls_that_fail_now_and_then_lose_and_hang_nothing", failing_calls_lose_nothing),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut out = io::stdout().lock();
    match arguments.as_slice() {
        ["child-write", state, round] => write(Path::new(state), round.parse().unwrap()),
        ["child-read", state] => read(Path::new(state)),
        ["child-endure", state] => endure(Path::new(state)),
        all if all.contains(&"--list") => {
            for (name, _) in TESTS.iter().filter(|_| !all.contains(&"--ignored")) {
                writeln!(out, "{name}: test").unwrap();
            }
        }
        all => {
            let wanted: Vec<_> = all.iter().filter(|word| !word.starts_with('-')).collect();
            let chosen =
                |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(**word));
            if !root::have_root("only root may mount") {
                return ExitCode::SUCCESS;
            }
            // Nothing that is mounted from here on is seen outside.
            unshare(CloneFlags::CLONE_NEWNS).unwrap();
            let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
            mount(None::<&str>, "/", None::<&str>, private, None::<&str>).unwrap();
            for (name, test) in TESTS.into_iter().filter(|(name, _)| chosen(name)) {
                test();
                writeln!(out, "test {name} ... ok").unwrap();
            }
        }
    }
    ExitCode::SUCCESS
}

/// What must be on the disk: versions and lengths by kind and id.
type Model = BTreeMap<(Thing, u64), (u64, usize)>;

fn acknowledged_batches_survive_power_cuts() {
    let disk = LoopDisk::new(128);
    let mut model = Model::new();
    let mut last_epoch = 0;
    for (round, cut_after) in (1..).zip(CUTS) {
        disk.mount();
        let (epoch, acknowledged) = write_until_power_goes(&disk, round, cut_after);
        disk.unmount();
        assert!(epoch > last_epoch, "round {round}: epoch {epoch} after {last_epoch}");

        disk.mount();
        let (epoch_after, found) = read_all(&disk);
        assert_eq!(blobs(&disk.state()), 0, "round {round}: files outside the log");
        disk.unmount();
        assert!(epoch_after > epoch, "round {round}: epoch {epoch_after} after {epoch}");
        last_epoch = epoch_after;

        (0..acknowledged).for_each(|number| apply(&mut model, &changes(round, number)));
        if found != model {
            // The batch that was under way may be there, but then all of it.
            apply(&mut model, &changes(round, acknowledged));
            assert_eq!(found, model, "round {round}: {acknowledged} batches were acknowledged");
        }
    }
}

/// Gives the epoch and the number of acknowledged batches.
fn write_until_power_goes(disk: &LoopDisk, round: u64, cut_after: u64) -> (u64, u64) {
    let mut writer = Writer::start(&disk.state(), round);
    let epoch = writer.next().expect("the store did not open");
    for number in 0..cut_after {
        assert_eq!(writer.next(), Some(number), "the writer stopped by itself");
    }
    disk.cut_power();
    if round.is_multiple_of(2) {
        writer.child.kill().unwrap();
    }
    let mut acknowledged = cut_after;
    while let Some(number) = writer.next() {
        assert_eq!(number, acknowledged);
        acknowledged += 1;
    }
    let ended = writer.child.wait().unwrap();
    assert!(ended.success() || round.is_multiple_of(2), "round {round}: {ended}");
    (epoch, acknowledged)
}

/// The child that writes.
struct Writer {
    child: Child,
    /// What it says.
    lines: Receiver<String>,
}

impl Writer {
    fn start(state: &Path, round: u64) -> Self {
        let mut child = this_program()
            .args(["child-write", state.to_str().unwrap(), &round.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, lines) = mpsc::channel();
        // It ends with the child.
        thread::spawn(move || {
            let open = said.map_while(Result::ok);
            open.map(|line| sender.send(line)).take_while(Result::is_ok).for_each(drop);
        });
        Self { child, lines }
    }

    /// The next number that it says; `None`: it has ended.
    fn next(&mut self) -> Option<u64> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Some(line.parse().unwrap()),
            Err(mpsc::RecvTimeoutError::Disconnected) => None,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                self.child.kill().unwrap();
                panic!("the writer hangs");
            }
        }
    }
}

fn read_all(disk: &LoopDisk) -> (u64, Model) {
    let output =
        this_program().args(["child-read", disk.state().to_str().unwrap()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines();
    let epoch = lines.next().unwrap().parse().unwrap();
    let line = |line: &str| {
        let numbers: Vec<u64> = line.split(' ').map(|number| number.parse().unwrap()).collect();
        let [thing, bytes] =
            [numbers[0], numbers[3]].map(|number| usize::try_from(number).unwrap());
        ((Thing::ALL[thing], numbers[1]), (numbers[2], bytes))
    };
    (epoch, lines.map(line).collect())
}

/// In the child: writes batch after batch, and says so after each.
fn write(state: &Path, round: u64) {
    let mut store = SledStore::new(state.to_owned());
    let mut out = io::stdout().lock();
    writeln!(out, "{}", store.open(FRAME).unwrap().epoch).unwrap();
    for number in 0.. {
        let batch: Batch = changes(round, number)
            .into_iter()
            .map(|((thing, id), saved)| match saved {
                Some((version, bytes)) => thing.save(id, version, bytes),
                None => thing.delete(id),
            })
            .collect();
        if let Err(error) = store.commit(&batch, FRAME) {
            assert!(matches!(error.cause, Cause::InputOutput(_) | Cause::ReadOnly(_)), "{error:?}");
            // Nor does it hang on what the first attempt left behind.
            let again = store.open(FRAME).unwrap_err();
            assert_eq!(again.remedy(), Remedy::OpenAgain, "{again:?}");
            return;
        }
        writeln!(out, "{number}").unwrap();
    }
}

/// In the child: says what is there, having checked each thing byte by byte.
fn read(state: &Path) {
    let opened = SledStore::new(state.to_owned()).open(FRAME).unwrap();
    assert_eq!((opened.set_aside, opened.losses), (vec![], vec![]));
    let mut out = io::stdout().lock();
    writeln!(out, "{}", opened.epoch).unwrap();
    for ((thing, id), saved) in things(opened.saved) {
        let (version, bytes) = version_and_bytes(&saved);
        assert_eq!(saved, thing.save(id, version, bytes));
        writeln!(out, "{} {id} {version} {bytes}", thing as usize).unwrap();
    }
}

/// What a batch of a round does to which things, the same in each process.
fn changes(round: u64, number: u64) -> BTreeMap<(Thing, u64), Option<(u64, usize)>> {
    let version = round * 1_000_000 + number;
    if number == 0 {
        let longest = |thing: Thing| {
            (1..=NEIGHBOURS).map(move |id| ((thing, id), Some((version, thing.longest()))))
        };
        return Thing::ALL.into_iter().flat_map(longest).collect();
    }
    let mut random = fastrand::Rng::with_seed(version);
    let count = random.u64(1..=20);
    let mut change = || {
        let thing = Thing::ALL[random.usize(0..Thing::ALL.len())];
        let bytes = match random.u8(0..3) {
            0 => random.usize(0..100),
            1 => random.usize(0..=thing.longest()),
            _ => thing.longest(),
        };
        let saved = (random.u8(0..8) > 0).then_some((version, bytes));
        ((thing, random.u64(1..=40)), saved)
    };
    (0..count).map(|_| change()).collect()
}

fn apply(model: &mut Model, changes: &BTreeMap<(Thing, u64), Option<(u64, usize)>>) {
    for (name, saved) in changes {
        match saved {
            Some(saved) => model.insert(*name, *saved),
            None => model.remove(name),
        };
    }
}

/// Every so many calls of a thread fail, late: who waits for them waits already.
fn failing_calls_lose_nothing() {
    for (call, when) in [
        ("pwrite64", "3+5"),
        ("sync_file_range", "3+4"),
        ("sync_file_range", "2+2"),
        ("fdatasync", "5+7"),
    ] {
        let state = tempfile::tempdir().unwrap();
        let mut child = Command::new("strace")
            .args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e"])
            .arg(format!("inject={call}:error=EIO:delay_enter=20000:when={when}"))
            .arg(std::env::current_exe().unwrap())
            .args(["child-endure", state.path().to_str().unwrap()])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut failures = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, ended) = mpsc::channel();
        let waiter = thread::spawn(move || {
            let said = failures.next();
            let _ = sender.send((said, failures.next().is_none()));
        });
        match ended.recv_timeout(PATIENCE) {
            Ok((Some(failures), true)) => assert_ne!(failures.unwrap(), "0", "{call} never failed"),
            Ok(said) => panic!("{call} at {when}: {said:?}"),
            Err(_) => {
                // strace alone would leave the writer behind.
                killpg(Pid::from_raw(child.id().cast_signed()), Signal::SIGKILL).unwrap();
                panic!("{call} at {when}: the writer hangs");
            }
        }
        waiter.join().unwrap();
        assert!(child.wait().unwrap().success(), "{call} at {when}");
    }
}

/// In the child: writes whatever happens, and finds at each opening what was acknowledged.
fn endure(state: &Path) {
    let mut store = SledStore::new(state.to_owned());
    let (mut acknowledged, mut failures) = (0, 0);
    while acknowledged < 40 {
        let opened = match store.open(FRAME) {
            Ok(opened) => opened,
            Err(error) => {
                assert_eq!(error.remedy(), Remedy::OpenAgain, "{error:?}");
                failures += 1;
                continue;
            }
        };
        assert_eq!((&opened.set_aside, &opened.losses), (&vec![], &vec![]));
        let found = by_id(opened);
        assert!((1..=acknowledged).all(|id| found[&id] == registration(id, 1, 3_000)));
        while acknowledged < 40 {
            let save = |id| Record::Save(Box::new(registration(id, 1, 3_000)));
            // Two, as a lone one would be no batch.
            let batch: Batch = [acknowledged + 1, acknowledged + 2].map(save).into_iter().collect();
            if store.commit(&batch, FRAME).is_err() {
                failures += 1;
                break;
            }
            acknowledged += 2;
        }
    }
    writeln!(io::stdout().lock(), "{failures}").unwrap();
}

/// In memory, and on the smallest disk with a file system of its own.
fn a_full_disk_is_an_error_that_heals() {
    let directory = tempfile::tempdir().unwrap();
    let memory = directory.path();
    mount(Some("disk"), memory, Some("tmpfs"), MsFlags::empty(), Some("size=8m")).unwrap();
    fill_and_free(memory);
    umount2(memory, MntFlags::MNT_DETACH).unwrap();
    let disk = LoopDisk::new(20);
    disk.mount();
    // A thread of sled may hold its file for an instant more: the disk goes when it is dropped.
    fill_and_free(&disk.mounted());
}

fn fill_and_free(disk: &Path) {
    let filler = disk.join("filler");
    let mut store = SledStore::new(disk.join("state"));
    let save = |id| Record::Save(Box::new(registration(id, 1, 10_240)));
    let mut last_epoch = 0;
    let mut acknowledged = 0;
    for _ in 0..5 {
        let opened = store.open(FRAME).unwrap();
        assert!(opened.epoch > last_epoch);
        last_epoch = opened.epoch;
        let found = by_id(opened);
        assert!((1..=acknowledged).all(|id| found[&id] == registration(id, 1, 10_240)));

        let full = io::copy(&mut io::repeat(1), &mut fs::File::create(&filler).unwrap());
        assert_eq!(full.unwrap_err().kind(), io::ErrorKind::StorageFull);
        let error = loop {
            let batch = [save(acknowledged + 1)].into_iter().collect();
            match store.commit(&batch, FRAME) {
                Ok(()) => acknowledged += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(error.cause, Cause::NoSpace(_)), "{error:?}");
        assert_eq!(error.remedy(), Remedy::OpenAgain);
        let again = store.open(FRAME).unwrap_err();
        assert_eq!(again.remedy(), Remedy::OpenAgain, "{again:?}");
        fs::remove_file(&filler).unwrap();
    }
    assert!(acknowledged > 0);
}

/// A disk in a file.
struct LoopDisk {
    directory: TempDir,
}

impl LoopDisk {
    fn new(mebibytes: u64) -> Self {
        let disk = Self { directory: tempfile::tempdir().unwrap() };
        fs::create_dir(disk.mounted()).unwrap();
        fs::File::create(disk.image()).unwrap().set_len(mebibytes << 20).unwrap();
        run(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(disk.image()));
        disk
    }

    fn mount(&self) {
        run(Command::new("mount").args(["-o", "loop"]).arg(self.image()).arg(self.mounted()));
    }

    fn unmount(&self) {
        run(Command::new("umount").arg(self.mounted()));
    }

    /// What is in memory only is lost, the file system's journal included.
    fn cut_power(&self) {
        // EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH. perl, since every system has it and
        // the call itself would need unsafe code.
        let script = "open(my $disk, '<', $ARGV[0]) or die $!; my $flags = pack('L', 2);
            ioctl($disk, 0x8004587d, $flags) or die $!";
        run(Command::new("perl").args(["-e", script]).arg(self.mounted()));
    }

    fn image(&self) -> PathBuf {
        self.directory.path().join("image")
    }

    fn mounted(&self) -> PathBuf {
        self.directory.path().join("disk")
    }

    fn state(&self) -> PathBuf {
        self.mounted().join("state")
    }
}

impl Drop for LoopDisk {
    fn drop(&mut self) {
        // Where it is mounted still.
        let _ = umount2(&self.mounted(), MntFlags::MNT_DETACH);
    }
}

fn this_program() -> Command {
    Command::new(std::env::current_exe().unwrap())
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
