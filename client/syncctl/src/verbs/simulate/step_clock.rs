//! `simulate step-clock`: somebody sets the wall clock.

use clap::Args;
use pwasync_client::ClockStep;

use super::{answer, parse};
use crate::failure::Failure;
use crate::json::SimulationDocument;
use crate::verbs::Context;

/// What may follow `step-clock`.
#[derive(Debug, Args)]
pub(super) struct StepClockArguments {
    /// By how much, such as +2h or -30m
    #[arg(value_name = "DURATION", value_parser = parse::step, allow_hyphen_values = true)]
    by: ClockStep,
}

pub(super) async fn run(
    context: &mut Context,
    arguments: &StepClockArguments,
) -> Result<(), Failure> {
    let now = context.client.step_clock(arguments.by).await?;
    let sentence = format!("the clock shows {}\n", context.look.both(None, now));
    answer(context, &sentence, &SimulationDocument::time(now, None))
}
