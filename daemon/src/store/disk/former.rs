//! Tells the store that this process had open from whatever is found in its place.
//!
//! Where a disk is unmounted under a daemon, the bare mount point looks like the place of a new store.
//! One made there would hide what was acknowledged, and give numbers of attempts a second time: only
//! the first opening of a process makes a store, and the others want theirs back, or a newer copy.

use std::path::{Path, PathBuf};

use super::aside;
use crate::store::{
    Opened,
    error::{Cause, RecordName},
};

/// What is known of the store from its former openings.
#[derive(Debug, Default)]
pub(super) struct Former {
    /// The highest that the store had while it was open; `None`: it was never open.
    epoch: Option<u64>,
    /// Where this process put a damaged store in whose place nothing has been opened yet.
    aside: Option<PathBuf>,
}

impl Former {
    /// Whether the store was never open: then it may be made.
    pub(super) fn is_first(&self) -> bool {
        self.epoch.is_none()
    }

    /// The last epoch that was given; 0: none was.
    pub(super) fn epoch(&self) -> u64 {
        self.epoch.unwrap_or(0)
    }

    /// The store is open, and this is its epoch.
    pub(super) fn note_epoch(&mut self, epoch: u64) {
        *self = Self { epoch: Some(epoch), aside: None };
    }

    /// The store is about to be set aside: until another is open, its place may be empty.
    pub(super) fn note_aside(&mut self, path: PathBuf) {
        self.aside = Some(path);
    }

    /// Looks for the files before anything is made or changed.
    ///
    /// # Errors
    /// When there are none any more.
    pub(super) fn expect_files(&self, state: &Path) -> Result<(), Cause> {
        if self.is_first() || aside::database(state).join("db").try_exists()? {
            return Ok(());
        }
        match &self.aside {
            Some(aside) if aside.try_exists()? => Ok(()),
            Some(_) | None => Err(gone(state, "nothing is in their place".to_owned())),
        }
    }

    /// Looks at what was read before anything of it is changed.
    ///
    /// # Errors
    /// When it is older than what this process had open.
    pub(super) fn expect_epoch(&self, read: &mut Opened, state: &Path) -> Result<(), Cause> {
        let former = self.epoch();
        if read.set_aside.iter().any(|bad| bad.record == RecordName::Epoch) {
            // It says nothing of its age.
            read.epoch = read.epoch.max(former);
        }
        if read.epoch >= former {
            return Ok(());
        }
        let found = read.epoch;
        Err(gone(state, format!("a store of epoch {found} is in their place, {former} was open")))
    }
}

fn gone(state: &Path, instead: String) -> Cause {
    Cause::Gone { instead, path: state.display().to_string() }
}
