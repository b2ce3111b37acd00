//! Which policy files there are, and their text.

use std::{
    ffi::OsStr,
    fs::{self, File, OpenOptions},
    io::{self, Read},
    os::unix::{ffi::OsStrExt, fs::OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;

use super::{
    PolicyFile,
    problem::{Collected, Problem},
};

/// Largest file.
const FILE_BYTES: u64 = 1 << 20;
/// Most drop-ins.
const DROP_INS: usize = 256;

/// The text of a file.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) path: PathBuf,
    pub(super) text: String,
    pub(super) rank: Rank,
}

/// Which files stand over which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rank {
    /// The main file.
    Main,
    /// One of the files that stand over it.
    DropIn,
}

/// Reads the main file and its drop-ins, as far as they can be read.
pub(super) fn read(main: &PolicyFile, problems: &mut Collected) -> Vec<Text> {
    let mut texts = Vec::new();
    match read_file(main.path()) {
        Ok(text) => texts.push(Text { path: main.path().to_owned(), text, rank: Rank::Main }),
        Err(Unread::Absent) if matches!(main, PolicyFile::Default(_)) => {}
        Err(unread) => problems.add(|| unread.at(main.path())),
    }
    let mut folder = main.path().as_os_str().to_owned();
    folder.push(".d");
    let folder = Path::new(&folder);
    let paths = match drop_ins(folder) {
        Ok(paths) => paths,
        Err(error) => {
            problems.add(|| Unread::Failed(error).at(folder));
            return texts;
        }
    };
    if paths.len() > DROP_INS {
        let message = format!("has {} files, more than the limit {DROP_INS}", paths.len());
        problems.add(|| whole(folder, message));
        return texts;
    }
    for path in paths {
        match read_file(&path) {
            Ok(text) => texts.push(Text { path, text, rank: Rank::DropIn }),
            Err(unread) => problems.add(|| unread.at(&path)),
        }
    }
    texts
}

/// Files `*.toml` of the folder, by name; none without the folder.
fn drop_ins(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        // As the shell's `*.toml`: editors and package managers leave hidden files behind.
        let hidden = path.file_name().is_some_and(|name| name.as_bytes().starts_with(b"."));
        if path.extension() == Some(OsStr::new("toml")) && !hidden {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Why there is no text.
enum Unread {
    Absent,
    NoFile,
    TooLarge,
    NotUtf8,
    Failed(io::Error),
}

fn read_file(path: &Path) -> Result<String, Unread> {
    // Opening a named pipe would wait for a writer.
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path);
    let file = file.map_err(|error| {
        let absent = error.kind() == io::ErrorKind::NotFound;
        if absent { Unread::Absent } else { Unread::Failed(error) }
    })?;
    if !file.metadata().map_err(Unread::Failed)?.is_file() {
        return Err(Unread::NoFile);
    }
    let bytes = at_most(file, FILE_BYTES)?;
    String::from_utf8(bytes).map_err(|_| Unread::NotUtf8)
}

fn at_most(file: File, limit: u64) -> Result<Vec<u8>, Unread> {
    let mut bytes = Vec::new();
    let read = file.take(limit + 1).read_to_end(&mut bytes).map_err(Unread::Failed)?;
    if u64::try_from(read).is_ok_and(|read| read <= limit) {
        Ok(bytes)
    } else {
        Err(Unread::TooLarge)
    }
}

impl Unread {
    fn at(self, path: &Path) -> Problem {
        let message = match self {
            Self::Absent => "does not exist".to_owned(),
            Self::NoFile => "is no regular file".to_owned(),
            Self::TooLarge => format!("is larger than the limit {FILE_BYTES} bytes"),
            Self::NotUtf8 => "is not UTF-8".to_owned(),
            Self::Failed(error) => format!("cannot be read: {error}"),
        };
        whole(path, message)
    }
}

/// A mistake of a whole file.
fn whole(path: &Path, message: String) -> Problem {
    Problem { file: path.to_owned(), line: 0, column: 0, key: String::new(), message }
}
