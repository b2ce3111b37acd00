//! The store on disk: sled, made to keep its word.
//!
//! What stock sled 0.34 does not do by itself is done here, and only here:
//! - its `flush` ends in `sync_file_range`, which no power cut respects: `sync_data` on a
//!   descriptor of our own follows;
//! - its threads wake once a second each: they are born under a timer slack of an hour;
//! - it panics where its files make no sense: panics are caught and become errors;
//! - it can wait for ever for a write that has failed: `watch` ends that;
//! - it takes damage for the end of its log, and drops what follows: `check` looks before;
//! - a half-written `snap.*.generating` keeps it from opening: such a file is removed before.
//!
//! All records are in one tree, so that one `apply_batch` is atomic for whatever a batch holds: an
//! outcome and what follows from it, and all pieces of a record. A transaction would add nothing but
//! a second tree. It costs a second write; what need not be atomic is inserted one after the other.
//! `flush_async` is never called: it deadlocks from seven on.

mod aside;
mod check;
mod directory;
mod former;
mod log;
mod mark;
mod pieces;
mod restore;
mod watch;

use std::{
    fs::File,
    num::NonZeroU64,
    ops::Bound,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use rustix::thread::set_current_timer_slack;

use crate::channel::StoredPiece;
use crate::store::{
    Opened, Store,
    batch::Batch,
    error::{Cause, Doing, StoreError},
    frame::ClockFrame,
    index::{Change, Index},
    load::{Loaded, Loader},
    record::Record,
    snapshot,
};
use former::Former;
use mark::Mark;
use watch::Watch;

/// So many openings in a row that panicked say that the files are to blame, not a disk that failed
/// while they were read.
const PANICS: u32 = 3;

/// The tree of records that did not decode: the epoch in which they were found (big endian), then
/// their key.
const SET_ASIDE: &str = "set-aside";

/// A store in a directory of its own.
#[derive(Debug)]
pub struct SledStore {
    directory: PathBuf,
    /// Held from the first opening to the end of this value, so that no other daemon slips in
    /// while a store that failed is opened again.
    lock: Option<File>,
    open: Option<Open>,
    /// There from the first opening on.
    watch: Option<Watch>,
    /// Openings in a row that panicked.
    panics: u32,
    former: Former,
}

/// An open store.
#[derive(Debug)]
struct Open {
    db: sled::Db,
    /// Our own descriptor of sled's log.
    log: File,
    mark: Mark,
    index: Index,
    /// The highest registration that was ever written.
    newest: u64,
}

/// How much of a batch may be on disk after a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Atomicity {
    /// All or nothing.
    Whole,
    /// Any beginning.
    Beginning,
}

impl SledStore {
    /// The store in this directory; it is made when the store is first opened, and never again.
    pub fn new(directory: PathBuf) -> Self {
        let former = Former::default();
        Self { directory, lock: None, open: None, watch: None, panics: 0, former }
    }

    fn start(&mut self, frame: ClockFrame) -> Result<Opened, Cause> {
        if self.former.is_first() {
            directory::create(&self.directory)?;
        }
        self.former.expect_files(&self.directory)?;
        let other_lock = match &self.lock {
            Some(held) if directory::is_lock(held, &self.directory)? => None,
            // The disk is another. The lock on the former one is kept until this store is open.
            Some(_) => Some(directory::lock(&self.directory)?),
            None => {
                self.lock = Some(directory::lock(&self.directory)?);
                None
            }
        };
        // Born before the slack, which is not for its timer.
        let watch = match &mut self.watch {
            Some(watch) => watch,
            None => self.watch.insert(Watch::start()?),
        };
        let _working = watch.working();
        directory::probe(&self.directory)?;
        let database = aside::database(&self.directory);
        if !database.exists() && aside::count(&self.directory)? > 0 {
            restore::restore(&self.directory, watch, frame, self.former.epoch())?;
        }
        // What fails from here on is closed under the eyes of the watch, too.
        let (open, _slack) = Open::files(&database, watch)?;
        let open = self.open.insert(open);
        let mut opened = open.load(frame, &self.directory, &self.former)?;
        opened.losses = aside::told(&self.directory)?;
        self.former.note_epoch(opened.epoch);
        if other_lock.is_some() {
            self.lock = other_lock;
        }
        Ok(opened)
    }

    fn attempt(&mut self, frame: ClockFrame) -> Result<Opened, Cause> {
        let opened = caught(|| self.start(frame));
        if opened.is_err() {
            self.close();
        }
        self.panics = match &opened {
            Err(Cause::Panicked(_)) => self.panics.saturating_add(1),
            Ok(_) | Err(_) => 0,
        };
        opened
    }

    /// Why the store is no use any more, if it is none.
    fn damage(&self, cause: &Cause) -> Option<String> {
        match cause {
            Cause::Damaged(why) => Some(why.clone()),
            Cause::Panicked(why) => (self.panics >= PANICS).then(|| why.clone()),
            Cause::InUse { .. }
            | Cause::Newer { .. }
            | Cause::NoSpace(_)
            | Cause::ReadOnly(_)
            | Cause::Denied(_)
            | Cause::InputOutput(_)
            | Cause::Gone { .. }
            | Cause::Stalled { .. }
            | Cause::Foreign(_)
            | Cause::Closed => None,
        }
    }

    fn set_aside(&mut self, why: &str) -> Result<(), Cause> {
        let path = aside::next(&self.directory)?;
        self.former.note_aside(path.clone());
        aside::set_aside(&self.directory, &path, why)?;
        tracing::error!(path = %path.display(), why, "the store is damaged and was set aside");
        self.panics = 0;
        Ok(())
    }

    fn write(&mut self, batch: &Batch, frame: ClockFrame) -> Result<(), Cause> {
        let open = self.open.as_mut().ok_or(Cause::Closed)?;
        let _working = self.watch.as_ref().map(Watch::working);
        if batch.erases_copies() {
            snapshot::erase(&self.directory)?;
            aside::erase(&self.directory)?;
            open.erase_aside()?;
        }
        let changes = open.index.changes(batch, frame);
        let atomicity = open.atomicity(batch, changes.len());
        open.commit(changes, atomicity)?;
        if let Some(epoch) = batch.epoch() {
            self.former.note_epoch(epoch);
        }
        Ok(())
    }
}

impl Store for SledStore {
    fn open(&mut self, frame: ClockFrame) -> Result<Opened, StoreError> {
        self.close();
        let mut opened = self.attempt(frame);
        if let Err(cause) = &opened
            && let Some(why) = self.damage(cause)
        {
            opened = self.set_aside(&why).and_then(|()| self.attempt(frame));
        }
        opened.map_err(|cause| StoreError::new(Doing::Open, cause))
    }

    fn commit(&mut self, batch: &Batch, frame: ClockFrame) -> Result<(), StoreError> {
        caught(|| self.write(batch, frame)).map_err(|cause| {
            self.close();
            StoreError::new(Doing::Commit, cause)
        })
    }

    fn read(&self, after: &[u8], limit: usize) -> Result<Vec<StoredPiece>, StoreError> {
        let pieces = caught(|| {
            let open = self.open.as_ref().ok_or(Cause::Closed)?;
            let mut pieces = Vec::new();
            let from = (Bound::Excluded(after), Bound::Unbounded);
            for entry in open.db.range::<&[u8], _>(from).take(limit) {
                let (key, bytes) = entry?;
                pieces.push((key.to_vec(), bytes.to_vec()));
            }
            Ok(pieces)
        });
        pieces.map_err(|cause| StoreError::new(Doing::Read, cause))
    }

    fn close(&mut self) {
        let open = self.open.take();
        let watch = self.watch.as_ref();
        let _working = watch.map(Watch::working);
        // sled writes and syncs when it is dropped, and panics when that fails. What was committed
        // is on disk already.
        let _ = caught(|| {
            drop(open);
            Ok(())
        });
        let _ = caught(|| {
            watch.inspect(|watch| watch.let_go());
            Ok(())
        });
    }
}

impl Open {
    /// Checks the files and opens them. The slack is to last until something was written: sled may
    /// start its threads only then.
    fn files(database: &Path, watch: &Watch) -> Result<(Self, LongSlack), Cause> {
        let log = directory::prepare(database)?;
        check::check(database, &log, mark::read(database)?)?;
        // Not before: what is waited for above is waited for with a time limit.
        let slack = LongSlack::begin();
        let db = sled::Config::new().path(database).flush_every_ms(None).open()?;
        watch.look_after(&db);
        directory::sync_all(database)?;
        let mark = Mark::open(database, check::newest_table(database)?)?;
        Ok((Self { db, log, mark, index: Index::default(), newest: 0 }, slack))
    }

    fn load(&mut self, frame: ClockFrame, state: &Path, former: &Former) -> Result<Opened, Cause> {
        let mut loader = Loader::new(frame);
        if self.db.tree_names().iter().any(|name| *name == SET_ASIDE) {
            for entry in &self.db.open_tree(SET_ASIDE)? {
                let (key, _) = entry?;
                loader.taken(key.get(size_of::<u64>()..).unwrap_or_default());
            }
        }
        let Loaded { mut opened, index, bad_keys, older } = pieces::load(&self.db, loader)?;
        former.expect_epoch(&mut opened, state)?;
        if let Some(version) = older {
            // Before anything is changed: what is written from here on is of the newest version.
            snapshot::before_upgrade(state, version, &opened, frame)?;
        }
        self.index = index;
        self.newest = opened.saved.counters.last_registration;
        opened.epoch = opened.epoch.saturating_add(1);
        // Copied durably before they are removed: a crash in between copies them twice.
        self.copy_aside(opened.epoch, &bad_keys)?;
        let mut changes = Vec::new();
        self.index.save(&Record::Epoch(opened.epoch), frame, &mut changes);
        changes.extend(bad_keys.into_iter().map(|key| (key, None)));
        self.commit(changes, Atomicity::Whole)?;
        Ok(opened)
    }

    fn copy_aside(&self, epoch: u64, keys: &[Vec<u8>]) -> Result<(), Cause> {
        if keys.is_empty() {
            return Ok(());
        }
        let set_aside = self.db.open_tree(SET_ASIDE)?;
        for key in keys {
            let bytes = self.db.get(key)?.unwrap_or_default();
            set_aside.insert([&epoch.to_be_bytes(), key.as_slice()].concat(), bytes)?;
        }
        self.sync()
    }

    /// Of records that were set aside only the keys stay: their numbers are not given again.
    fn erase_aside(&self) -> Result<(), Cause> {
        if !self.db.tree_names().iter().any(|name| *name == SET_ASIDE) {
            return Ok(());
        }
        let set_aside = self.db.open_tree(SET_ASIDE)?;
        for entry in &set_aside {
            let (key, value) = entry?;
            if !value.is_empty() {
                set_aside.insert(key, &[])?;
            }
        }
        self.sync()
    }

    /// New registrations depend on nothing but those before them, of which each is one change.
    fn atomicity(&mut self, batch: &Batch, changes: usize) -> Atomicity {
        let mut are_new = changes == batch.len();
        for number in batch.saved_registrations() {
            match number {
                Some(number) if number > self.newest => self.newest = number,
                Some(_) | None => are_new = false,
            }
        }
        if are_new || changes == 1 { Atomicity::Beginning } else { Atomicity::Whole }
    }

    fn commit(&self, changes: Vec<Change>, atomicity: Atomicity) -> Result<(), Cause> {
        if changes.is_empty() {
            return Ok(());
        }
        match atomicity {
            Atomicity::Beginning => {
                for (key, bytes) in changes {
                    match bytes {
                        Some(bytes) => self.db.insert(key, bytes)?,
                        None => self.db.remove(key)?,
                    };
                }
            }
            Atomicity::Whole => {
                let mut batch = sled::Batch::default();
                for (key, bytes) in changes {
                    match bytes {
                        Some(bytes) => batch.insert(key, bytes),
                        None => batch.remove(key),
                    }
                }
                self.db.apply_batch(batch)?;
            }
        }
        self.sync()
    }

    fn sync(&self) -> Result<(), Cause> {
        self.db.flush()?;
        self.log.sync_data()?;
        let reached = self.db.context.pagecache.log.stable_offset();
        Ok(self.mark.write(reached, self.log.metadata()?.len())?)
    }
}

/// While it lives, timers of this thread, and for ever those of threads that it starts, may be late
/// by an hour. sled starts its threads when it is opened or first written to; each waits for work
/// with a time limit of a second, for ever, but is woken at once when there is some.
struct LongSlack;

impl LongSlack {
    fn begin() -> Self {
        const HOUR_NANOS: Option<NonZeroU64> = NonZeroU64::new(3_600_000_000_000);
        // Where the kernel refuses, the process wakes seven times a second and works as well.
        let _ = set_current_timer_slack(HOUR_NANOS);
        Self
    }
}

impl Drop for LongSlack {
    fn drop(&mut self) {
        // Back to this thread's default.
        let _ = set_current_timer_slack(None);
    }
}

/// Makes an error of a panic of sled. The state behind a panic is dropped, not used.
fn caught<T>(work: impl FnOnce() -> Result<T, Cause>) -> Result<T, Cause> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let message = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        Err(Cause::Panicked(message.unwrap_or("sled panicked").to_owned()))
    })
}
