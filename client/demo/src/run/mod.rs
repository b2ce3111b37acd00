//! `run`: plays the story. Chooses between the real scene and, where this machine cannot give
//! one, the simulated one; and ends everything when the person has seen enough.

mod figures;
mod narrator;
mod real;
mod round;
mod simulated;
mod stage;
mod window;

use std::{
    io::{IsTerminal, stdout},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;
use clap::Args;
use pwasync_e2e::{Binaries, is_root, on_path, variable};
use tokio::signal::unix::{SignalKind, signal};

use narrator::{Colour, Narrator, Verdict};

/// As shells have it for a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;
const MOST_ROUNDS: i64 = 100;

/// Options of `run`.
#[derive(Clone, Debug, Args)]
pub(crate) struct RunArguments {
    /// Outages to play; more than one gives medians
    #[arg(long, env = "ROUNDS", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=MOST_ROUNDS))]
    rounds: u32,
    /// How long the daemon lets a network settle, such as `0ms`; without it the daemon's default
    #[arg(long, env = "SETTLE", value_parser = parse_duration)]
    settle: Option<Duration>,
    /// Open a real window and leave the cable to you; also by BROWSER=window
    #[arg(long)]
    window: bool,
    /// Play it with a simulated host and a scripted browser, as where root or Chromium is missing
    #[arg(long, conflicts_with = "window")]
    simulate: bool,
    /// Where the pictures go; without it `demo` beside the folder of the programs
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// No colours; also by NO_COLOR
    #[arg(long)]
    no_color: bool,
}

impl RunArguments {
    fn window(&self) -> bool {
        self.window || variable("BROWSER").is_some_and(|browser| browser == "window")
    }

    fn colour(&self) -> Colour {
        let plain = self.no_color || variable("NO_COLOR").is_some() || !stdout().is_terminal();
        if plain { Colour::Off } else { Colour::On }
    }
}

/// Plays the demo; success means that the message arrived.
///
/// # Errors
/// When a part of the scene fails.
pub(crate) fn run(arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("could not start the runtime")?;
    let code = runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        // Whatever ends the story drops the scene, and the scene cleans up as it is dropped.
        tokio::select! {
            played = play(arguments) => played,
            _ = interrupt.recv() => Ok(ExitCode::from(INTERRUPTED)),
            _ = terminate.recv() => Ok(ExitCode::from(INTERRUPTED)),
        }
    });
    // A read of stdin may still wait on its thread.
    runtime.shutdown_background();
    code
}

async fn play(arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    let binaries = Binaries::find()?;
    let mut out = stdout();
    let mut narrator = Narrator::new(&mut out, arguments.colour());
    let verdict = match missing(arguments) {
        None if arguments.window() => window::play(arguments, &binaries, &mut narrator).await?,
        None => real::play(arguments, &binaries, &mut narrator).await?,
        Some(why) => {
            narrator.heading("pwasync demo, simulated")?;
            narrator.line("why", &why)?;
            simulated::play(&binaries, &mut narrator).await?
        }
    };
    Ok(match verdict {
        Verdict::Arrived => ExitCode::SUCCESS,
        Verdict::Lost => ExitCode::FAILURE,
    })
}

/// What keeps this machine from playing the real scene.
fn missing(arguments: &RunArguments) -> Option<String> {
    if arguments.simulate {
        return Some("asked for with --simulate: no link, no browser, no waiting".to_owned());
    }
    if !is_root() {
        let why = "only root can make a network with a cable to pull out";
        return Some(format!("{why} (`sudo make demo` plays the real one)"));
    }
    let absent = ["chromium", "ip"].into_iter().find(|program| on_path(program).is_none())?;
    Some(format!("`{absent}` is not installed (`make demo` as root installs it)"))
}

/// `0ms`, `250ms`, `1s`.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let (number, unit) =
        text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let number: u64 = number.parse().map_err(|_| format!("`{text}` is no time such as `250ms`"))?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        _ => Err(format!("`{text}` has no unit: write `{number}ms` or `{number}s`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_settle_time_has_a_unit() {
        assert_eq!(parse_duration("0ms"), Ok(Duration::ZERO));
        assert_eq!(parse_duration("2s"), Ok(Duration::from_secs(2)));
        assert!(parse_duration("10").unwrap_err().contains("`10ms`"));
        assert!(parse_duration("soon").is_err());
    }
}
