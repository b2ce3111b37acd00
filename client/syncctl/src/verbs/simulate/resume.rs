//! `simulate resume`: the machine wakes, after a while.

use std::time::Duration;

use clap::Args;

use super::answer;
use crate::failure::Failure;
use crate::json::SimulationDocument;
use crate::verbs::{Context, parse};

/// What may follow `resume`.
#[derive(Debug, Args)]
pub(super) struct ResumeArguments {
    /// How long it slept, such as 8h
    #[arg(long, value_name = "DURATION", value_parser = parse::duration, default_value = "0s")]
    after: Duration,
}

pub(super) async fn run(context: &mut Context, arguments: &ResumeArguments) -> Result<(), Failure> {
    let now = context.client.resume(arguments.after).await?;
    let sentence = format!("the machine is awake; now {}\n", context.look.both(None, now));
    answer(context, &sentence, &SimulationDocument::time(now, None))
}
