//! `simulate advance`: time passes, from one deadline to the next.

use std::time::{Duration, SystemTime};

use clap::Args;
use pwasync_client::{Advance, AdvanceTarget, Advanced, LetTimeOut};

use super::answer;
use crate::failure::Failure;
use crate::json::SimulationDocument;
use crate::text::counted;
use crate::verbs::{Context, parse};

/// What may follow `advance`.
#[derive(Debug, Args)]
pub(super) struct AdvanceArguments {
    /// By how much, such as 15m or 30d
    #[arg(value_name = "DURATION", value_parser = parse::duration, required_unless_present = "to")]
    by: Option<Duration>,
    /// To an instant, such as 2026-03-01T07:00
    #[arg(long, value_name = "TIME", value_parser = parse::instant, conflicts_with = "by")]
    to: Option<SystemTime>,
    /// Real time to wait for woken browsers [default: 10s]
    #[arg(long, value_name = "DURATION", value_parser = parse::duration)]
    patience: Option<Duration>,
    /// Go on while events run, so that silent ones run into their limit
    #[arg(long)]
    let_time_out: bool,
}

pub(super) async fn run(
    context: &mut Context,
    arguments: &AdvanceArguments,
) -> Result<(), Failure> {
    let target = match (arguments.to, arguments.by) {
        (Some(instant), _) => AdvanceTarget::To(instant),
        // One of them is required above.
        (None, by) => AdvanceTarget::By(by.unwrap_or_default()),
    };
    let let_time_out = if arguments.let_time_out { LetTimeOut::Yes } else { LetTimeOut::No };
    let advance = Advance { target, patience: arguments.patience, let_time_out };
    let Advanced { now, wakes } = context.client.advance(advance).await?;
    let sentence = format!("now {}; {}\n", context.look.absolute(now), counted(wakes, "wake"));
    answer(context, &sentence, &SimulationDocument::time(Some(now), Some(wakes)))
}
