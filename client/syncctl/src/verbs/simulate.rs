//! `simulate`: drives the host of a daemon that runs with `--simulate`, one file per verb.

mod advance;
mod cut_power;
mod fail_store;
mod network;
mod power;
mod resume;
mod step_clock;
mod suspend;

use clap::{Args, Subcommand};
use pwasync_client::{ClientError, HostState};

use super::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::SimulationDocument;
use crate::settings::Format;
use crate::text::host_words;

/// What may follow `simulate`.
#[derive(Debug, Args)]
pub(crate) struct SimulateArguments {
    #[command(subcommand)]
    verb: SimulateVerb,
}

#[derive(Debug, Subcommand)]
enum SimulateVerb {
    /// Let the network come or go
    Network(network::NetworkArguments),
    /// Set charger and battery
    Power(power::PowerArguments),
    /// Let the machine go to sleep
    Suspend,
    /// Let the machine wake
    Resume(resume::ResumeArguments),
    /// Let time pass
    Advance(advance::AdvanceArguments),
    /// Set the wall clock; no time passes
    StepClock(step_clock::StepClockArguments),
    /// Lose what is not on disk, and start again
    CutPower,
    /// Let writes to the store fail
    FailStore(fail_store::FailStoreArguments),
}

pub(super) async fn run(
    context: &mut Context,
    arguments: SimulateArguments,
) -> Result<Exit, Failure> {
    let done = match arguments.verb {
        SimulateVerb::Network(arguments) => network::run(context, arguments).await,
        SimulateVerb::Power(arguments) => power::run(context, &arguments).await,
        SimulateVerb::Suspend => suspend::run(context).await,
        SimulateVerb::Resume(arguments) => resume::run(context, &arguments).await,
        SimulateVerb::Advance(arguments) => advance::run(context, &arguments).await,
        SimulateVerb::StepClock(arguments) => step_clock::run(context, &arguments).await,
        SimulateVerb::CutPower => cut_power::run(context).await,
        SimulateVerb::FailStore(arguments) => fail_store::run(context, &arguments).await,
    };
    match done {
        Ok(()) => Ok(Exit::Ok),
        Err(Failure::Client(ClientError::Unsupported { .. })) => {
            Err(Failure::NotSimulated { socket: context.socket.clone() })
        }
        Err(failure) => Err(failure),
    }
}

/// Says it in a sentence or in a document.
fn answer(
    context: &mut Context,
    sentence: &str,
    document: &SimulationDocument,
) -> Result<(), Failure> {
    match context.format {
        Format::People => context.output.text(sentence),
        Format::Json => context.output.json(document),
    }
}

fn answer_host(context: &mut Context, host: &HostState) -> Result<(), Failure> {
    let sentence = format!("host: {}\n", host_words(host));
    answer(context, &sentence, &SimulationDocument::host(host))
}
