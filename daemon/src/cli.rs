//! The command line of `pwasyncd`. What is left out is filled in by `config`.

use std::{path::PathBuf, time::Duration};

use clap::Parser;

/// Keeps the background syncs of web apps, and wakes their service workers when each may run.
#[derive(Clone, Debug, Default, Parser)]
#[command(name = "pwasyncd", version, about, max_term_width = 100)]
pub struct Arguments {
    /// Serve one user only: no root is needed, other users cannot connect
    #[arg(long)]
    pub session: bool,

    /// Listen here [default: /run/pwasync/pwasyncd.sock, or below $XDG_RUNTIME_DIR with --session]
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,

    /// Keep records here [default: /var/lib/pwasync, or below $XDG_STATE_HOME with --session]
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,

    /// Read the policy from here, and from FILE.d/*.toml [default: /etc/pwasync/pwasyncd.toml, or
    /// below $XDG_CONFIG_HOME with --session]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Read the policy, say everything that is wrong with it, and end
    #[arg(long)]
    pub check_config: bool,

    /// A network must stay up for so long before syncs run, such as `0s` or `1500ms` [default:
    /// what the policy says]
    #[arg(long, value_name = "DURATION", value_parser = up_to_an_hour)]
    pub network_settle: Option<Duration>,

    /// Where the slots of the wake grid begin [default: drawn from the machine's id; 0s with
    /// --simulate]
    #[arg(long, value_name = "DURATION", value_parser = up_to_an_hour)]
    pub grid_offset: Option<Duration>,

    /// From one automatic snapshot of the records to the next at least so long [default: 1m]
    #[arg(long, value_name = "DURATION", value_parser = up_to_an_hour)]
    pub snapshot_gap: Option<Duration>,

    /// Look for batteries and chargers below here, where UPower does not run [default: /sys]
    #[arg(long, value_name = "DIR")]
    pub sysfs: Option<PathBuf>,

    /// Serve a simulated host: its clock, network and power move only by calls
    #[arg(long)]
    pub simulate: bool,

    /// Where the simulated clock starts, such as `2026-01-01T00:00:00Z`, unless the records say
    #[arg(long, value_name = "RFC3339", value_parser = start, requires = "simulate")]
    pub simulate_start: Option<u64>,

    /// Let the simulated host say nothing of its network until it is told to: what a start looks
    /// like before the sources of facts have spoken
    #[arg(long, requires = "simulate")]
    pub simulate_silent: bool,

    /// What to log, such as `debug` or `pwasyncd=trace` [default: $PWASYNC_LOG, then `info`]
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
}

/// A longer settle time would hold every sync for ever, and no slot of the grid is longer.
const LONGEST: Duration = Duration::from_secs(3_600);

fn up_to_an_hour(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if duration > LONGEST {
        return Err("longer than the limit `1h`".to_owned());
    }
    Ok(duration)
}

/// Milliseconds since 1970.
fn start(text: &str) -> Result<u64, String> {
    let start = humantime::parse_rfc3339(text).map_err(|error| error.to_string())?;
    let since = start.duration_since(std::time::UNIX_EPOCH).map_err(|_| "before 1970")?;
    u64::try_from(since.as_millis()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, error::ErrorKind};

    fn parse(words: &[&str]) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from([&["pwasyncd"], words].concat())
    }

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn durations_and_instants_are_read() {
        let arguments = parse(&["--network-settle", "1500ms"]).unwrap();
        assert_eq!(arguments.network_settle, Some(Duration::from_millis(1_500)));
        assert_eq!(parse(&[]).unwrap().network_settle, None);
        let arguments = parse(&["--grid-offset", "7s"]).unwrap();
        assert_eq!(arguments.grid_offset, Some(Duration::from_secs(7)));
        let words = ["--simulate", "--simulate-start", "1970-01-01T00:00:05Z"];
        assert_eq!(parse(&words).unwrap().simulate_start, Some(5_000));
    }

    #[test]
    fn wrong_values_are_named() {
        let text = parse(&["--network-settle", "2h"]).unwrap_err().to_string();
        assert!(text.contains("'2h' for '--network-settle <DURATION>': longer than the limit"));
        let text = parse(&["--simulate", "--simulate-start", "soon"]).unwrap_err().to_string();
        assert!(text.contains("'soon' for '--simulate-start <RFC3339>'"), "{text}");
        let lonely = parse(&["--simulate-start", "1970-01-01T00:00:05Z"]).unwrap_err();
        assert_eq!(lonely.kind(), ErrorKind::MissingRequiredArgument);
    }
}
