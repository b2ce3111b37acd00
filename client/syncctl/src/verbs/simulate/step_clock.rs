//! `simulate step-clock`: somebody sets the wall clock, or travels.

use clap::Args;
use pwasync_client::{ClockChange, ClockStep};

use super::answer;
use crate::failure::Failure;
use crate::json::SimulationDocument;
use crate::verbs::{Context, parse};

/// What may follow `step-clock`.
#[derive(Debug, Args)]
pub(super) struct StepClockArguments {
    /// By how much, such as +2h or -30m
    #[arg(value_name = "DURATION", value_parser = parse::step, allow_hyphen_values = true,
        required_unless_present = "utc_offset")]
    by: Option<ClockStep>,
    /// The host's local time, such as +02:00
    #[arg(long, value_name = "OFFSET", value_parser = parse::utc_offset,
        allow_hyphen_values = true)]
    utc_offset: Option<i32>,
}

pub(super) async fn run(
    context: &mut Context,
    arguments: &StepClockArguments,
) -> Result<(), Failure> {
    let StepClockArguments { by, utc_offset } = *arguments;
    let change = ClockChange { step: by, utc_offset_seconds: utc_offset };
    let now = context.client.step_clock(change).await?;
    let sentence = format!("the clock shows {}\n", context.look.both(None, now));
    answer(context, &sentence, &SimulationDocument::time(now, None))
}
