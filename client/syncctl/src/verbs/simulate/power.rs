//! `simulate power`: charger, battery and power saver.

use clap::{Args, Subcommand};
use pwasync_client::{Power, PowerSupply};

use super::answer_host;
use crate::failure::Failure;
use crate::verbs::Context;

/// What may follow `power`.
#[derive(Debug, Args)]
pub(super) struct PowerArguments {
    #[command(subcommand)]
    change: PowerChange,
    /// The power saver is on
    #[arg(long, global = true)]
    saver: bool,
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
    let supply = match arguments.change {
        PowerChange::None => PowerSupply::NoBattery,
        PowerChange::Charger { percent } => PowerSupply::Charging(percent),
        PowerChange::Battery { percent } => PowerSupply::OnBattery(percent),
    };
    let host = context.client.set_power(Power { supply, saver: arguments.saver }).await?;
    answer_host(context, &host)
}
