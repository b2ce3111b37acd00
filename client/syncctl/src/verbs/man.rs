//! `man`: the man pages, for an installation.

use std::fs;
use std::path::PathBuf;

use clap::{Args, CommandFactory};

use super::Context;
use crate::cli::Cli;
use crate::exit::Exit;
use crate::failure::Failure;

/// What may follow `man`.
#[derive(Debug, Args)]
pub(crate) struct ManArguments {
    /// The folder, which is made where it is missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(super) fn run(context: &Context, arguments: &ManArguments) -> Result<Exit, Failure> {
    context.demand_no_json("man")?;
    let folder = &arguments.out;
    let failure = |source| Failure::Folder { folder: folder.clone(), source };
    fs::create_dir_all(folder).map_err(failure)?;
    clap_mangen::generate_to(Cli::command(), folder).map_err(failure)?;
    Ok(Exit::Ok)
}
