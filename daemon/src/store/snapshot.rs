//! Everything that is saved, as lines of JSON: the form of exports and of automatic snapshots, the
//! files of the latter, and what is restored from them where the store itself is lost.
//!
//! Decides nothing and knows no browser. What it reads may come from anybody; what it writes is
//! described in docs/export.md.

mod automatic;
mod check;
mod error;
mod files;
mod form;
mod read;
#[cfg(test)]
mod tests;
mod transfer;
mod write;

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use pwasync_core::{saved::Saved, time::Timestamp};

use self::files::Unfinished;
pub use self::{
    automatic::{Settings, keep},
    error::{LineError, Problem, Refused},
    files::erase,
    form::Taken,
    read::{Export, LINE_BYTES, Limits, NAMED_ERRORS, Parser, parse},
    transfer::{UNREAD, serve},
    write::LineWriter,
};
use crate::store::{Opened, frame::ClockFrame};

/// What a snapshot held.
#[derive(Clone, Debug, PartialEq)]
pub struct Restored {
    /// All records in it.
    pub saved: Saved,
    /// The epoch of the daemon that wrote it: attempts of it were given.
    pub epoch: u64,
    /// When it was taken.
    pub taken_at: Timestamp,
    /// Its file.
    pub path: PathBuf,
}

/// The newest snapshot in a state directory that is whole and can be read. Those that cannot are
/// passed over, and stay.
pub fn newest(state_directory: &Path, frame: ClockFrame) -> Option<Restored> {
    let paths = match files::newest_first(state_directory) {
        Ok(paths) => paths,
        Err(error) => {
            tracing::warn!(%error, "cannot look for snapshots");
            return None;
        }
    };
    paths.into_iter().find_map(|path| match read(&path, frame) {
        Ok(Export { taken, saved }) => {
            Some(Restored { saved, epoch: taken.epoch, taken_at: taken.at, path })
        }
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "a snapshot cannot be read");
            None
        }
    })
}

/// Writes what a store of an older version holds, under a name that rotation does not remove.
/// Harmless when there is such a file already.
///
/// # Errors
/// When it cannot be written; nothing is left then.
pub fn before_upgrade(
    state_directory: &Path,
    version: u8,
    opened: &Opened,
    frame: ClockFrame,
) -> io::Result<()> {
    let name = files::before_upgrade(version);
    if files::directory(state_directory).join(&name).exists() {
        return Ok(());
    }
    let Opened { saved, epoch, .. } = opened;
    let registered = saved.registrations.iter().map(|one| one.registered_at);
    let decided = saved.history.iter().map(|entry| entry.at);
    let taken = Taken {
        // The store does not know the time: no later than this something was written.
        at: registered.chain(decided).max().unwrap_or(Timestamp::ZERO),
        epoch: *epoch,
        daemon_version: env!("CARGO_PKG_VERSION").to_owned(),
        owner: None,
    };
    let file = Unfinished::create(state_directory, name)?;
    let mut writer = LineWriter::begin(file, &taken, frame)?;
    writer.counters(saved)?;
    writer.records(saved)?;
    writer.finish()?.finish()?;
    Ok(())
}

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("cannot read it: {0}")]
    Disk(#[from] io::Error),
    #[error("it makes no sense: {0}")]
    Form(#[from] Refused),
}

fn read(path: &Path, frame: ClockFrame) -> Result<Export, ReadError> {
    const PIECE: usize = 256 << 10;
    let mut file = File::open(path)?;
    let mut parser = Parser::new(frame, Limits::OWN);
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(parser.finish()?),
            Ok(length) => parser.push(&piece[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
        if parser.is_over() {
            return Ok(parser.finish()?);
        }
    }
}
