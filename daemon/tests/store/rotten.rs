//! Rotten files: whatever byte of a store is changed or cut off, it opens, and what it gives is what
//! was written, or it says what is missing.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use pwasync_core::{effect::Record, key::RegistrationId};
use pwasyncd::store::{Opened, Store, disk::SledStore};
use tempfile::TempDir;

use super::{
    commit, save,
    support::{FRAME, by_id, database, registration},
};

/// An opening of these stores takes far less.
const PATIENCE: Duration = Duration::from_secs(60);

/// Places in each file for each damage.
const PLACES: u64 = 24;

/// Of the cases that `make torture` tries all of, every so many is tried each time.
const SAMPLE: usize = 8;

/// What may happen to a file.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Flip { at: u64 },
    Zero { at: u64, bytes: u64 },
    Cut { to: u64 },
    Lose,
}

#[derive(Debug)]
struct Case {
    template: usize,
    file: String,
    damage: Damage,
}

/// A store as a kill at this moment would leave it, and what is in it.
struct Template {
    state: TempDir,
    written: BTreeMap<u64, u64>,
}

#[test]
fn a_rotten_store_opens_and_never_lies() {
    let templates = [small(), churned(), reopened()];
    let cases: Vec<_> = templates.iter().enumerate().flat_map(cases_of).collect();
    assert!(cases.len() >= 500, "{} cases", cases.len());
    let step = if all_are_wanted() { 1 } else { SAMPLE };
    let chosen = Mutex::new(cases.iter().step_by(step));
    let told = Mutex::new(0);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().unwrap().get() {
            scope.spawn(|| {
                loop {
                    let Some(case) = chosen.lock().unwrap().next() else { break };
                    let losses = check(case, &templates[case.template]);
                    *told.lock().unwrap() += losses;
                }
            });
        }
    });
    let told = told.into_inner().unwrap();
    // Half of the damage is to what no record needs any more, or to what can be made anew.
    assert!(told * 10 > cases.len() / step, "{told} stores were found damaged");
}

/// Damages a copy and opens it, commits, and opens it again; how many losses were told.
fn check(case: &Case, template: &Template) -> usize {
    let copy = Template { state: scratch(), written: template.written.clone() };
    let state = copy.state.path().to_owned();
    copy_files(&database(template.state.path()), &database(&state));
    damage(&database(&state).join(&case.file), case.damage);
    let (sender, opened) = mpsc::channel();
    let worker = thread::spawn(move || {
        let mut store = SledStore::new(state);
        // A panic may be a disk's fault: the third says that it is not.
        let first = (0..3).map(|_| store.open(FRAME)).find(Result::is_ok);
        let first = first.unwrap_or_else(|| store.open(FRAME)).unwrap();
        commit(&mut store, [save(&registration(77, 1, 500))]);
        store.close();
        let _ = sender.send((first, store.open(FRAME).unwrap()));
    });
    let (first, second) = match opened.recv_timeout(PATIENCE) {
        Ok(opened) => opened,
        Err(RecvTimeoutError::Timeout) => panic!("{case:?} hangs"),
        Err(RecvTimeoutError::Disconnected) => {
            worker.join().unwrap_err();
            panic!("{case:?} does not open")
        }
    };
    worker.join().unwrap();
    let told = first.losses.len() + first.set_aside.len();
    check_records(case, &copy.written, first, told > 0);
    let found = by_id(second);
    assert_eq!(found[&77], registration(77, 1, 500), "{case:?}");
    usize::from(told > 0)
}

fn check_records(case: &Case, written: &BTreeMap<u64, u64>, opened: Opened, told: bool) {
    let found = by_id(opened);
    for (id, registration_found) in &found {
        let version = written.get(id).unwrap_or_else(|| panic!("{case:?}: {id} came back"));
        assert_eq!(*registration_found, registration(*id, *version, bytes(*id)), "{case:?}");
    }
    let missing = written.len() - found.len();
    assert!(missing == 0 || told, "{case:?}: {missing} records are missing without a word");
}

/// A few records of one run.
fn small() -> Template {
    let state = scratch();
    let mut store = SledStore::new(state.path().to_owned());
    store.open(FRAME).unwrap();
    let mut written = BTreeMap::new();
    for id in 1..=6 {
        write(&mut store, &mut written, [id], 1);
    }
    image(&state, written)
}

/// More than a segment of the log, much of it written over, in one run.
fn churned() -> Template {
    let state = scratch();
    let mut store = SledStore::new(state.path().to_owned());
    store.open(FRAME).unwrap();
    let mut written = BTreeMap::new();
    churn(&mut store, &mut written, 1);
    image(&state, written)
}

/// The same, in several runs.
fn reopened() -> Template {
    let state = scratch();
    let mut store = SledStore::new(state.path().to_owned());
    let mut written = BTreeMap::new();
    for run in 1..=3 {
        store.open(FRAME).unwrap();
        churn(&mut store, &mut written, run);
    }
    image(&state, written)
}

fn churn(store: &mut SledStore, written: &mut BTreeMap<u64, u64>, run: u64) {
    let mut random = fastrand::Rng::with_seed(run);
    for round in 1..=60 {
        let ids: Vec<_> = (0..8).map(|_| random.u64(1..=60)).collect();
        write(store, written, ids, run * 1_000 + round);
        if round % 10 == 0 {
            let id = random.u64(1..=60);
            commit(store, [Record::Delete(RegistrationId::new(id))]);
            written.remove(&id);
        }
    }
}

fn write(
    store: &mut SledStore,
    written: &mut BTreeMap<u64, u64>,
    ids: impl IntoIterator<Item = u64>,
    version: u64,
) {
    let ids: Vec<_> = ids.into_iter().collect();
    commit(store, ids.iter().map(|id| save(&registration(*id, version, bytes(*id)))));
    written.extend(ids.into_iter().map(|id| (id, version)));
}

fn bytes(id: u64) -> usize {
    if id.is_multiple_of(5) { 9_000 } else { 200 }
}

/// The files as they are now: what a clean end would still write is not in them.
fn image(state: &TempDir, written: BTreeMap<u64, u64>) -> Template {
    let image = scratch();
    copy_files(&database(state.path()), &database(image.path()));
    Template { state: image, written }
}

fn cases_of((template, one): (usize, &Template)) -> Vec<Case> {
    let mut cases = Vec::new();
    for (file, length) in files(&database(one.state.path())) {
        let places = (0..PLACES).map(|place| place * length.saturating_sub(1) / (PLACES - 1));
        let beginning = [1, 4, 5, 9, 13, 19, 20, 24, 25, 26, 27, 32].into_iter();
        let end = [2, 3, 5, 9, 13, 33].into_iter().map(|back| length.saturating_sub(back));
        let mut places: Vec<_> =
            places.chain(beginning).chain(end).filter(|at| *at < length).collect();
        places.sort_unstable();
        places.dedup();
        let damages = places.into_iter().flat_map(|at| {
            let zero = Damage::Zero { at, bytes: 4_096.min(length - at) };
            [Damage::Flip { at }, zero, Damage::Cut { to: at }]
        });
        let damages = damages.chain([Damage::Lose]);
        cases.extend(damages.map(|damage| Case { template, file: file.clone(), damage }));
    }
    cases
}

fn damage(path: &Path, damage: Damage) {
    let mut bytes = fs::read(path).unwrap();
    let index = |at: u64| usize::try_from(at).unwrap();
    match damage {
        Damage::Flip { at } => bytes[index(at)] ^= 1 << (at % 8),
        Damage::Zero { at, bytes: count } => bytes[index(at)..index(at + count)].fill(0),
        Damage::Cut { to } => bytes.truncate(index(to)),
        Damage::Lose => return fs::remove_file(path).unwrap(),
    }
    fs::write(path, bytes).unwrap();
}

/// The files of a database with their lengths, by name.
fn files(database: &Path) -> BTreeMap<String, u64> {
    let entries = fs::read_dir(database).unwrap().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
    files
        .map(|file| (file.file_name().into_string().unwrap(), file.metadata().unwrap().len()))
        .collect()
}

fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for name in files(from).into_keys() {
        fs::copy(from.join(&name), to.join(&name)).unwrap();
    }
}

/// In memory where the system has such a place: nothing here is about the disk's own word.
fn scratch() -> TempDir {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

/// Asked for when the test is built: cargo builds it anew when the answer changes.
fn all_are_wanted() -> bool {
    option_env!("PWASYNC_TORTURE").is_some()
}
