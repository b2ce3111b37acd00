//! `simulate fail-store`: writes fail.

use std::time::Duration;

use clap::{Args, ValueEnum};
use pwasync_client::StoreFailure;

use super::answer;
use crate::failure::Failure;
use crate::json::SimulationDocument;
use crate::verbs::{Context, parse};

/// What may follow `fail-store`.
#[derive(Debug, Args)]
pub(super) struct FailStoreArguments {
    /// How
    kind: FailureArgument,
    /// For how long, in simulated time [default: until fail-store none]
    #[arg(long = "for", value_name = "DURATION", value_parser = parse::duration)]
    lasting: Option<Duration>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FailureArgument {
    /// They succeed again
    None,
    /// The disk is full
    NoSpace,
    /// The disk is broken
    InputOutput,
    /// The file system is read-only
    ReadOnly,
}

pub(super) async fn run(
    context: &mut Context,
    arguments: &FailStoreArguments,
) -> Result<(), Failure> {
    let (failure, sentence) = match arguments.kind {
        FailureArgument::None => (StoreFailure::None, "writes succeed again\n"),
        FailureArgument::NoSpace => (StoreFailure::NoSpace, "writes fail: no space\n"),
        FailureArgument::InputOutput => {
            (StoreFailure::InputOutput, "writes fail: input/output error\n")
        }
        FailureArgument::ReadOnly => (StoreFailure::ReadOnly, "writes fail: read-only\n"),
    };
    context.client.fail_store(failure, arguments.lasting).await?;
    answer(context, sentence, &SimulationDocument::done())
}
