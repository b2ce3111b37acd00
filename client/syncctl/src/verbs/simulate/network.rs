//! `simulate network`: it comes or goes.

use clap::{Args, Subcommand};
use pwasync_client::NetworkState;

use super::answer_host;
use crate::failure::Failure;
use crate::verbs::Context;

/// What may follow `network`.
#[derive(Debug, Args)]
pub(super) struct NetworkArguments {
    #[command(subcommand)]
    change: NetworkChange,
}

#[derive(Debug, Subcommand)]
enum NetworkChange {
    /// It is there
    Up {
        /// Which one: another name is another network [default: home]
        #[arg(long)]
        name: Option<String>,
    },
    /// It is gone
    Down,
}

pub(super) async fn run(context: &mut Context, arguments: NetworkArguments) -> Result<(), Failure> {
    let network = match arguments.change {
        NetworkChange::Up { name } => NetworkState::Up(name),
        NetworkChange::Down => NetworkState::Down,
    };
    let host = context.client.set_network(network).await?;
    answer_host(context, &host)
}
