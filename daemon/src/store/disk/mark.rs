//! How far the log reached when the last batch was acknowledged.
//!
//! sled takes everything behind the first damage of its log for what a crash cut short, drops it and
//! says nothing. This mark, which is written behind each batch and never waited for, tells what must
//! be there. After a power cut it may be too low, as it was never synced; it is never too high.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use super::directory;

/// Two numbers and their checksum.
const BYTES: usize = 8 + 8 + 8 + 4;

/// What must be in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reached {
    /// The last LSN of it.
    pub(super) lsn: i64,
    /// The LSN to which sled's table of pages went when the store was opened; -1: there was none.
    pub(super) table: i64,
    /// The length of the log's file.
    pub(super) length: u64,
}

impl Reached {
    /// Nothing need be there.
    pub(super) const NOTHING: Self = Self { lsn: -1, table: -1, length: 0 };
}

/// Writes the mark.
#[derive(Debug)]
pub(super) struct Mark {
    file: File,
    table: i64,
}

impl Mark {
    pub(super) fn open(database: &Path, table: i64) -> io::Result<Self> {
        Ok(Self { file: directory::create_file(&path(database))?, table })
    }

    pub(super) fn write(&self, lsn: i64, length: u64) -> io::Result<()> {
        let mut bytes = [0; BYTES];
        bytes[..8].copy_from_slice(&lsn.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.table.to_le_bytes());
        bytes[16..24].copy_from_slice(&length.to_le_bytes());
        let checksum = crc32fast::hash(&bytes[..24]);
        bytes[24..].copy_from_slice(&checksum.to_le_bytes());
        self.file.write_all_at(&bytes, 0)
    }
}

/// What the mark says; a missing or damaged one says nothing.
pub(super) fn read(database: &Path) -> io::Result<Reached> {
    let file = match File::open(path(database)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Reached::NOTHING),
        file => file?,
    };
    let mut bytes = [0; BYTES];
    match file.read_exact_at(&mut bytes, 0) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(Reached::NOTHING),
        read => read?,
    }
    Ok(parse(&bytes).unwrap_or(Reached::NOTHING))
}

fn parse(bytes: &[u8; BYTES]) -> Option<Reached> {
    let (content, checksum) = bytes.split_last_chunk::<4>()?;
    if crc32fast::hash(content).to_le_bytes() != *checksum {
        return None;
    }
    let number = |at: usize| content.get(at..)?.first_chunk::<8>();
    Some(Reached {
        lsn: i64::from_le_bytes(*number(0)?),
        table: i64::from_le_bytes(*number(8)?),
        length: u64::from_le_bytes(*number(16)?),
    })
}

fn path(database: &Path) -> PathBuf {
    database.join("acknowledged")
}
