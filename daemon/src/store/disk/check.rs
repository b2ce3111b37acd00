//! Whether sled's files hold all that was acknowledged, found out before sled sees them.
//!
//! sled is not to be asked: what it cannot read of its log it takes for the end of it and writes
//! zeros over all that follows, or passes over the rest of a segment and uses what comes later; either
//! way without a word. Damaged files it is given are changed, too, when the check could still tell.
//!
//! Only what a crash may leave is let pass: an end that was never acknowledged, and segments that
//! were being written anew. What sled has in its table of pages it reads with checksums itself.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use super::{
    log::{self, Header, Messages, SEGMENT, SEGMENT_BYTES, SEGMENT_HEADER},
    mark::Reached,
};
use crate::store::error::Cause;

/// Checks the files of a database that is not open.
///
/// # Errors
/// [`Cause::Damaged`], or what the disk says.
pub(super) fn check(database: &Path, log: &File, reached: Reached) -> Result<(), Cause> {
    let table = newest_table(database)?;
    let length = log.metadata()?.len();
    if table < reached.table {
        return Err(damaged("the newest table of pages is missing".to_owned()));
    }
    let from = table.max(0) / SEGMENT * SEGMENT;
    let segments = Segments { log, length, reached: reached.lsn, from };
    if length < reached.length && segments.is_cut()? {
        return Err(damaged(format!("the log was cut to {length} bytes")));
    }
    segments.check()
}

/// The LSN to which the newest table of pages goes; -1: there is none.
///
/// # Errors
/// When it is damaged, or cannot be read.
pub(super) fn newest_table(database: &Path) -> Result<i64, Cause> {
    let Some(path) = newest_table_path(database)? else { return Ok(-1) };
    let Some(lsn) = log::table(&fs::read(path)?) else {
        return Err(damaged("the table of pages fails its checksum".to_owned()));
    };
    Ok(lsn)
}

fn newest_table_path(database: &Path) -> io::Result<Option<PathBuf>> {
    let mut newest = None;
    for entry in fs::read_dir(database)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.as_encoded_bytes());
        if name.is_some_and(|name| name.starts_with(b"snap.")) {
            newest = newest.max(Some(path));
        }
    }
    Ok(newest)
}

/// The segments of a log.
struct Segments<'a> {
    log: &'a File,
    length: u64,
    reached: i64,
    /// The table of pages has what is before this LSN.
    from: i64,
}

impl Segments<'_> {
    fn check(&self) -> Result<(), Cause> {
        let mut buffer = vec![0; SEGMENT_BYTES];
        let mut found = BTreeSet::new();
        for slot in 0..self.length.div_ceil(SEGMENT_BYTES as u64) {
            let offset = slot * SEGMENT_BYTES as u64;
            let lsn = match log::header(self.read(offset, SEGMENT_HEADER, &mut buffer)?) {
                Header::Good(lsn) if lsn < self.from => continue,
                Header::Good(lsn) => lsn,
                Header::Bad => {
                    let segment = self.read(offset, SEGMENT_BYTES, &mut buffer)?;
                    self.without_header(segment, offset)?;
                    continue;
                }
            };
            if !found.insert(lsn) {
                return Err(damaged(format!("two segments of the log have LSN {lsn}")));
            }
            let segment = self.read(offset, SEGMENT_BYTES, &mut buffer)?;
            if let Messages::Until(at) = log::messages(segment, lsn) {
                self.is_let_pass(segment, lsn, at).ok_or_else(|| {
                    damaged(format!("the log is damaged at byte {}", offset + at as u64))
                })?;
            }
        }
        // After a power cut the mark may be so old that its segment has been given back since.
        let last = self.reached / SEGMENT * SEGMENT;
        if self.reached >= self.from && found.range(last..).next().is_none() {
            return Err(damaged(format!("the segment of the log with LSN {last} is missing")));
        }
        Ok(())
    }

    /// What cannot be read was never acknowledged; or the segment was given back and keeps its old
    /// beginning, since a power cut let only later pages of its new content through: that belongs
    /// to a segment behind the end.
    fn is_let_pass(&self, segment: &[u8], lsn: i64, at: usize) -> Option<()> {
        let unacknowledged = lsn + i64::try_from(at).ok()? > self.reached;
        let end = self.reached / SEGMENT;
        let anew = || log::has_message(&segment[at..], |number| number > end);
        (unacknowledged || anew()).then_some(())
    }

    /// sled passes over it. A segment that was never written or was given back is empty; one
    /// whose first page was lost in a power cut holds what was never acknowledged.
    fn without_header(&self, segment: &[u8], offset: u64) -> Result<(), Cause> {
        let acknowledged = self.from / SEGMENT..=self.reached.div_euclid(SEGMENT);
        if log::has_message(segment, |number| acknowledged.contains(&number)) {
            return Err(damaged(format!("the log is damaged at byte {offset}")));
        }
        Ok(())
    }

    /// sled itself shortens its log by whole segments, and may have begun a new one behind since.
    fn is_cut(&self) -> io::Result<bool> {
        let over = self.length % SEGMENT_BYTES as u64;
        if over == 0 {
            return Ok(false);
        }
        let mut buffer = [0; SEGMENT_HEADER];
        Ok(match log::header(self.read(self.length - over, SEGMENT_HEADER, &mut buffer)?) {
            Header::Good(lsn) => lsn <= self.reached,
            Header::Bad => true,
        })
    }

    fn read<'b>(&self, offset: u64, bytes: usize, buffer: &'b mut [u8]) -> io::Result<&'b [u8]> {
        let buffer = &mut buffer[..bytes];
        let mut read = 0;
        while read < bytes {
            match self.log.read_at(&mut buffer[read..], offset + read as u64) {
                Ok(0) => break,
                Ok(some) => read += some,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(&buffer[..read])
    }
}

fn damaged(what: String) -> Cause {
    Cause::Damaged(what)
}
