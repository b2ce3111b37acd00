//! `syncctl`: shows and steers the background syncs that pwasyncd keeps.
//!
//! This file turns what was typed into one verb, and what came of it into an exit code and one
//! error. Each verb has a file of its own; `text` writes for people, `json` for programs.

mod cli;
mod environment;
mod exit;
mod failure;
mod json;
mod output;
mod settings;
mod text;
mod verbs;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use cli::Cli;
use exit::Exit;
use failure::Failure;
use settings::Settings;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // It goes to stdout or stderr; where nobody reads, nobody misses it.
            let _ = error.print();
            return usage_exit(error.kind()).into();
        }
    };
    let Cli { command, options } = cli;
    let settings = Settings::from(options);
    let exit = match run(command, settings) {
        Ok(exit) => exit,
        Err(failure) => {
            let exit = failure.exit();
            if exit != Exit::Ok {
                // The last resort is the exit code.
                let _ = io::stderr().lock().write_all(failure.report().as_bytes());
            }
            exit
        }
    };
    exit.into()
}

fn run(command: Option<cli::Verb>, settings: Settings) -> Result<Exit, Failure> {
    // One thread and no more: a verb is a call or two.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(Failure::Runtime)?;
    runtime.block_on(verbs::run(command, settings))
}

fn usage_exit(kind: ErrorKind) -> Exit {
    if matches!(kind, ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        Exit::Ok
    } else {
        Exit::Usage
    }
}
