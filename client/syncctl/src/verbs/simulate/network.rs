//! `simulate network`: it comes or goes.

use clap::{Args, Subcommand, ValueEnum};
use pwasync_client::{Connectivity, Metered, NetworkState, SimulatedNetwork, Transport};

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
    Up(UpArguments),
    /// It is gone
    Down,
}

#[derive(Debug, Args)]
struct UpArguments {
    /// Which one: another name is another network [default: home]
    #[arg(long)]
    name: Option<String>,
    /// How far it reaches [default: full]
    #[arg(long, value_name = "REACH")]
    connectivity: Option<ConnectivityArgument>,
    /// Whether it costs by volume [default: no]
    #[arg(long, value_name = "COST")]
    metered: Option<MeteredArgument>,
    /// It is a foreign one
    #[arg(long)]
    roaming: bool,
    /// What it is made of [default: ethernet]
    #[arg(long, value_name = "LINK")]
    transport: Option<TransportArgument>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ConnectivityArgument {
    None,
    Portal,
    Limited,
    Full,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum MeteredArgument {
    Yes,
    No,
    GuessYes,
    GuessNo,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TransportArgument {
    Wifi,
    Ethernet,
    Cellular,
    Other,
}

impl From<ConnectivityArgument> for Connectivity {
    fn from(argument: ConnectivityArgument) -> Self {
        match argument {
            ConnectivityArgument::None => Self::None,
            ConnectivityArgument::Portal => Self::Portal,
            ConnectivityArgument::Limited => Self::Limited,
            ConnectivityArgument::Full => Self::Full,
        }
    }
}

impl From<MeteredArgument> for Metered {
    fn from(argument: MeteredArgument) -> Self {
        match argument {
            MeteredArgument::Yes => Self::Yes,
            MeteredArgument::No => Self::No,
            MeteredArgument::GuessYes => Self::GuessYes,
            MeteredArgument::GuessNo => Self::GuessNo,
        }
    }
}

impl From<TransportArgument> for Transport {
    fn from(argument: TransportArgument) -> Self {
        match argument {
            TransportArgument::Wifi => Self::Wifi,
            TransportArgument::Ethernet => Self::Ethernet,
            TransportArgument::Cellular => Self::Cellular,
            TransportArgument::Other => Self::Other,
        }
    }
}

impl From<UpArguments> for SimulatedNetwork {
    fn from(arguments: UpArguments) -> Self {
        let UpArguments { name, connectivity, metered, roaming, transport } = arguments;
        Self {
            name,
            connectivity: connectivity.map(Into::into),
            metered: metered.map(Into::into),
            roaming,
            transport: transport.map(Into::into),
        }
    }
}

pub(super) async fn run(context: &mut Context, arguments: NetworkArguments) -> Result<(), Failure> {
    let network = match arguments.change {
        NetworkChange::Up(arguments) => NetworkState::Up(arguments.into()),
        NetworkChange::Down => NetworkState::Down,
    };
    let host = context.client.set_network(network).await?;
    answer_host(context, &host)
}
