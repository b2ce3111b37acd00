//! `completions`: what a shell wants to know.

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::Context;
use crate::cli::Cli;
use crate::exit::Exit;
use crate::failure::Failure;

/// What may follow `completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// Which shell
    shell: Shell,
}

pub(super) fn run(
    context: &mut Context,
    arguments: &CompletionsArguments,
) -> Result<Exit, Failure> {
    context.demand_no_json("completions")?;
    // Into memory first: the generator takes a closed pipe for a mistake.
    let mut script = Vec::new();
    generate(arguments.shell, &mut Cli::command(), "syncctl", &mut script);
    context.output.bytes(&script)?;
    Ok(Exit::Ok)
}
