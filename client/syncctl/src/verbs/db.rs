//! `db`: what the daemon keeps, checked, exported and imported.

mod check;
mod export;
mod import;
mod progress;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// What may follow `db`.
#[derive(Debug, Args)]
pub(crate) struct DbArguments {
    #[command(subcommand)]
    verb: DbVerb,
}

#[derive(Debug, Subcommand)]
enum DbVerb {
    /// Read the daemon's store back, and compare it with what is in memory
    Check,
    /// Write everything that is kept as lines of JSON
    Export(ExportArguments),
    /// Take an export over: all of it or nothing
    Import(ImportArguments),
}

/// What may follow `db export`.
#[derive(Debug, Args)]
struct ExportArguments {
    /// Where to; `-` stands for standard output
    #[arg(default_value = "-", value_name = "FILE")]
    file: PathBuf,
    /// Replace the file where it is there
    #[arg(long)]
    force: bool,
    /// Only of this user [default: all that may be seen]
    #[arg(long, value_name = "UID")]
    owner: Option<u32>,
}

/// What may follow `db import`.
#[derive(Debug, Args)]
struct ImportArguments {
    /// Where from; `-` stands for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(context: &mut Context, arguments: DbArguments) -> Result<Exit, Failure> {
    match arguments.verb {
        DbVerb::Check => check::run(context).await,
        DbVerb::Export(arguments) => export::run(context, arguments).await,
        DbVerb::Import(arguments) => import::run(context, arguments).await,
    }
}
