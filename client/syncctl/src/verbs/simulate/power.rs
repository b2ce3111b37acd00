//! `simulate power`: charger and battery.

use clap::{Args, Subcommand};
use pwasync_client::Power;

use super::answer_host;
use crate::failure::Failure;
use crate::verbs::Context;

/// What may follow `power`.
#[derive(Debug, Args)]
pub(super) struct PowerArguments {
    #[command(subcommand)]
    change: PowerChange,
}

#[derive(Debug, Subcommand)]
enum PowerChange {
    /// There is no battery
    None,
    /// The charger is in
    Charger {
        /// How full the battery is, 0 to 100
        #[arg(value_parser = clap::value_parser!(u32).range(0..=100))]
        percent: u32,
    },
    /// It runs on battery
    Battery {
        /// How full the battery is, 0 to 100
        #[arg(value_parser = clap::value_parser!(u32).range(0..=100))]
        percent: u32,
    },
}

pub(super) async fn run(context: &mut Context, arguments: &PowerArguments) -> Result<(), Failure> {
    let power = match arguments.change {
        PowerChange::None => Power::NoBattery,
        PowerChange::Charger { percent } => Power::Charging(percent),
        PowerChange::Battery { percent } => Power::OnBattery(percent),
    };
    let host = context.client.set_power(power).await?;
    answer_host(context, &host)
}
