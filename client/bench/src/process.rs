//! What the kernel says of a process's memory, and of its files.

use std::{fs, path::Path};

use anyhow::Context;
use serde::{Deserialize, Serialize};

/// Memory of a process.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Memory {
    /// Pages in memory, in KiB, the program's own file among them.
    pub(crate) resident: f64,
    /// Of them those that are nobody else's: heap and stacks.
    pub(crate) anonymous: f64,
}

/// The memory of a process.
///
/// # Errors
/// When it has ended.
pub(crate) fn memory(process: u32) -> anyhow::Result<Memory> {
    let status = read(&format!("/proc/{process}/status"))?;
    Ok(Memory { resident: field(&status, "VmRSS")?, anonymous: field(&status, "RssAnon")? })
}

/// KiB on disk below a folder, as its blocks are counted.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn disk(folder: &Path) -> anyhow::Result<f64> {
    use std::os::unix::fs::MetadataExt;
    let mut blocks = 0.0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // A file may go while the daemon writes.
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_dir() {
            blocks += disk(&entry.path())? * 2.0;
        } else {
            blocks += u32::try_from(metadata.blocks()).map_or(f64::MAX, f64::from);
        }
    }
    Ok(blocks / 2.0)
}

fn read(path: &str) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read `{path}`"))
}

fn field(status: &str, name: &str) -> anyhow::Result<f64> {
    let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let value = value.with_context(|| format!("there is no `{name}`"))?;
    let number = value.trim().trim_end_matches(" kB");
    number.parse().with_context(|| format!("`{name}` is `{number}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_memory() {
        let own = std::process::id();
        let memory = memory(own).unwrap();
        assert!(memory.resident >= memory.anonymous && memory.anonymous > 0.0, "{memory:?}");
    }

    #[test]
    fn a_folder_takes_what_its_files_do() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("below")).unwrap();
        fs::write(folder.path().join("below/file"), vec![7; 64 << 10]).unwrap();
        let kib = disk(folder.path()).unwrap();
        assert!((64.0..128.0).contains(&kib), "{kib}");
    }
}
