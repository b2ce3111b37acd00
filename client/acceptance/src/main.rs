//! The acceptance run: the daemon on a machine whose kernel really sleeps.
//!
//! `pwasync-acceptance run` starts a virtual machine and does to it what its owner would; the other
//! verbs run inside. Nothing of this machine takes part but its processors.

mod guest;
mod internet;
mod run;

use std::{io::Write, net::SocketAddr, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Parser, Subcommand};

/// Tries pwasync on a machine that really sleeps.
#[derive(Debug, Parser)]
#[command(name = "pwasync-acceptance", version)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Builds the virtual machine, starts it, and tells point by point how it went
    Run(run::Arguments),
    /// Inside: goes through the points
    #[command(hide = true)]
    Guest {
        /// Leads to whoever started the machine
        port: PathBuf,
    },
    /// Inside: answers those who check whether they are connected
    #[command(hide = true)]
    Internet {
        /// Where to listen
        address: SocketAddr,
    },
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
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    match verb {
        Verb::Run(arguments) => runtime.block_on(run::run(&arguments)),
        Verb::Guest { port } => runtime.block_on(guest::go(&port)).map(|()| ExitCode::SUCCESS),
        Verb::Internet { address } => {
            runtime.block_on(internet::answer_all(address)).map(|()| ExitCode::SUCCESS)
        }
    }
}
