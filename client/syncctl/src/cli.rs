//! What may be typed. Help, man pages and completions come from here. What it means is for
//! `settings` and the verbs to say.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::verbs::completions::CompletionsArguments;
use crate::verbs::db::DbArguments;
use crate::verbs::engagement::EngagementArguments;
use crate::verbs::forecast::ForecastArguments;
use crate::verbs::history::HistoryArguments;
use crate::verbs::list::ListArguments;
use crate::verbs::man::ManArguments;
use crate::verbs::overrides::OverrideArguments;
use crate::verbs::pause::PauseArguments;
use crate::verbs::policy::PolicyArguments;
use crate::verbs::remove::RemoveArguments;
use crate::verbs::resume::ResumeArguments;
use crate::verbs::run::RunArguments;
use crate::verbs::show::ShowArguments;
use crate::verbs::simulate::SimulateArguments;
use crate::verbs::watch::WatchArguments;
use crate::verbs::why::WhyArguments;

const EXIT_CODES: &str = "\
Exit codes:
  0  ok
  1  error
  2  usage
  3  not found
  4  permission
  5  nothing to do
  6  time-out
  7  refused by policy
  8  daemon not running";

/// Shows and steers the background syncs that pwasyncd keeps.
///
/// Without a verb it shows the status.
#[derive(Debug, Parser)]
#[command(name = "syncctl", version, after_help = EXIT_CODES, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Verb>,
    #[command(flatten)]
    pub(crate) options: Options,
}

/// What goes with each verb.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The daemon's socket [default: $PWASYNC_SOCKET, else the session's where there is one, else
    /// the system's]
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) socket: Option<PathBuf>,
    /// Print JSON for programs; docs/json.md says what
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Show the daemon, the host as it sees it, and what comes next
    Status,
    /// Check everything that syncs depend on, and say how to mend what is wrong
    Doctor,
    /// List registrations
    List(ListArguments),
    /// Show all about a registration, and all that holds it
    Show(ShowArguments),
    /// Say why a registration does not run, and when it will
    Why(WhyArguments),
    /// Foretell what runs when, under stated conditions; touches nothing
    Forecast(ForecastArguments),
    /// Show what was decided, and why, newest first
    History(HistoryArguments),
    /// Let nothing run for a while
    Pause(PauseArguments),
    /// End a pause
    Resume(ResumeArguments),
    /// Let a fact of the host have another value for a while, or list what holds
    Override(OverrideArguments),
    /// Show how much web apps are used, as far as it decides about their syncs
    Engagement(EngagementArguments),
    /// Show every value that decides, and where it comes from
    Policy(PolicyArguments),
    /// List attached browsers
    Sessions,
    /// Follow what happens
    Watch(WatchArguments),
    /// Run a registration's event now, if nothing holds it
    Run(RunArguments),
    /// Remove a registration for good
    Remove(RemoveArguments),
    /// Drive the host of a daemon that runs with --simulate
    Simulate(SimulateArguments),
    /// Check, export and import what the daemon keeps
    Db(DbArguments),
    /// Print the completions of a shell
    Completions(CompletionsArguments),
    /// Write the man pages, one for each verb
    #[command(hide = true)]
    Man(ManArguments),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }
}
