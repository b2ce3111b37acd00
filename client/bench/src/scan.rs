//! What sled itself needs to open a store and to read all that is in it: the limit of a restart.

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;
use rustix::fs::{Advice, fadvise};

use crate::process;

/// What to read.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The folder of the store
    store: PathBuf,
    /// Read it from the disk, as after a boot
    #[arg(long)]
    from_disk: bool,
}

/// Opens the store and reads every record of every tree, then says how much memory that takes.
///
/// # Errors
/// When the store does not open or read.
pub(crate) fn scan(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.from_disk {
        forget(&arguments.store.join("db")).context("cannot have the store read from the disk")?;
    }
    let config = sled::Config::new().path(&arguments.store).flush_every_ms(None);
    let store = config.open().context("cannot open the store")?;
    let mut bytes = 0;
    for name in store.tree_names() {
        for entry in &store.open_tree(name)? {
            let (key, value) = entry?;
            bytes += key.len() + value.len();
        }
    }
    anyhow::ensure!(bytes > 0, "the store is empty");
    let line = serde_json::to_string(&process::memory(std::process::id())?)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}

/// Has the kernel drop a file from its memory.
fn forget(path: &Path) -> anyhow::Result<()> {
    let file = File::open(path)?;
    file.sync_data()?;
    Ok(fadvise(&file, 0, None, Advice::DontNeed)?)
}
