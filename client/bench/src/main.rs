//! Benchmarks of the built programs, with peers and limits beside them in one run.
//!
//! `pwasync-bench run` measures and writes; the other verbs are processes that it starts, so that
//! servers and drivers have a process and a thread of their own each.

mod browser;
mod clock;
mod drive;
mod echo;
mod figure;
mod figures;
mod load;
mod machine;
mod peers;
mod process;
mod report;
mod run;
mod scan;
mod stage;

use std::{io::Write, process::ExitCode};

use anyhow::Context;
use clap::{Parser, Subcommand};

/// Measures pwasync, its peers and its limits.
#[derive(Debug, Parser)]
#[command(name = "pwasync-bench", version)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Measures everything, or what is named
    Run(run::Arguments),
    /// Serves the same messages as the daemon with nothing behind them
    #[command(hide = true)]
    Echo(echo::Arguments),
    /// Makes calls, and says how they went
    #[command(hide = true)]
    Drive(drive::Arguments),
    /// Opens a store as the daemon does, and reads all that is in it
    #[command(hide = true)]
    Scan(scan::Arguments),
}

fn main() -> ExitCode {
    match start(Cli::parse().verb) {
        Ok(code) => code,
        Err(error) => {
            // Nothing can be said any more when stderr is closed.
            let _ = writeln!(std::io::stderr().lock(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(verb: Verb) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the runtime")?;
    match verb {
        Verb::Run(arguments) => runtime.block_on(run::run(&arguments)),
        Verb::Echo(arguments) => {
            runtime.block_on(echo::serve(&arguments))?;
            Ok(ExitCode::SUCCESS)
        }
        Verb::Scan(arguments) => {
            scan::scan(&arguments)?;
            Ok(ExitCode::SUCCESS)
        }
        Verb::Drive(arguments) => {
            runtime.block_on(drive::drive(&arguments))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
