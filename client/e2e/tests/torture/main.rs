//! The built daemon under load while it is killed, while its power goes and while its disk fails:
//! nothing that was acknowledged may be lost, and nothing may come back or count twice.
//!
//! As a test it is short. `make torture` runs it long: `ROUNDS` rounds of each kind. It has its own
//! `main`, since mounts must be made private before there is a second thread. Needs root.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bed;
mod browser;
mod caller;
mod cleared;
mod crowd;
mod detached;
mod health;
mod kills;
mod pair;
mod plan;
mod power;
mod run;
mod trouble;

use std::{
    future::Future,
    io::{self, Write as _},
    pin::Pin,
    process::ExitCode,
};

use power::Spans;
use pwasync_e2e::{HarnessError, can_run, missing_root, mount_privately, variable};
use run::{Run, Tally, say};
use tokio::signal::unix::{SignalKind, signal};

/// Rounds as a test.
const SHORT: u64 = 20;
const SHORT_SPANS: Spans = Spans { usual: 500, long_every: u64::MAX, long: 0 };
/// Rounds of the long run, and power cuts among them.
const LONG: u64 = 1_000;
const LONG_CUTS: u64 = 200;
const LONG_SPANS: Spans = Spans { usual: 3_000, long_every: 20, long: 8_000 };

/// Each trouble that there is, once or more.
const SHORT_TROUBLES: u64 = 10;
const LONG_TROUBLES: u64 = 50;
/// Origins that are cleared.
const SHORT_CLEARED: u64 = 8;
const LONG_CLEARED: u64 = 200;

type Torture = for<'a> fn(
    &'a mut Run,
    Length,
) -> Pin<Box<dyn Future<Output = Result<Tally, HarnessError>> + 'a>>;

/// How long to go on.
#[derive(Clone, Copy, Debug)]
enum Length {
    Short,
    Long,
}

const TORTURES: [(&str, Torture); 7] = [
    ("nothing_is_lost_by_kills", |run, length| Box::pin(kills::kills(run, length.rounds(LONG)))),
    ("nothing_is_lost_by_power_cuts", |run, length| {
        let spans = match length {
            Length::Short => SHORT_SPANS,
            Length::Long => LONG_SPANS,
        };
        Box::pin(power::cuts(run, length.rounds(LONG_CUTS), spans))
    }),
    ("a_disk_that_fails_costs_nothing_once_it_works", |run, length| {
        let rounds = match length {
            Length::Short => SHORT_TROUBLES,
            Length::Long => LONG_TROUBLES,
        };
        Box::pin(trouble::troubles(run, rounds))
    }),
    ("a_disk_that_is_detached_keeps_what_was_acknowledged", |run, _| {
        Box::pin(detached::detached(run))
    }),
    ("what_was_cleared_is_nowhere_after_kills", |run, length| {
        let rounds = match length {
            Length::Short => SHORT_CLEARED,
            Length::Long => LONG_CLEARED,
        };
        Box::pin(cleared::cleared(run, rounds))
    }),
    ("a_second_daemon_on_the_same_state_ends", |run, _| Box::pin(pair::second(run))),
    ("a_daemon_that_forgets_is_found_out", |run, _| Box::pin(pair::forgetful(run))),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|word| word == "--list") {
        let mut out = io::stdout().lock();
        for (name, _) in
            TORTURES.iter().filter(|_| !arguments.iter().any(|word| word == "--ignored"))
        {
            writeln!(out, "{name}: test").unwrap();
        }
        return ExitCode::SUCCESS;
    }
    let length = match arguments.iter().any(|word| word == "--long") {
        true => Length::Long,
        false => Length::Short,
    };
    let wanted: Vec<&String> = arguments.iter().filter(|word| !word.starts_with('-')).collect();
    let chosen =
        |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str()));
    if !can_run(missing_root()) {
        return ExitCode::SUCCESS;
    }
    mount_privately().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let tortures: Vec<_> = TORTURES.into_iter().filter(|(name, _)| chosen(name)).collect();
    runtime.block_on(run(&tortures, length))
}

/// Ends well only when nothing was lost.
async fn run(tortures: &[(&str, Torture)], length: Length) -> ExitCode {
    let mut run = Run::begin().unwrap();
    let (mut summaries, mut losses) = (Vec::new(), 0);
    for (name, torture) in tortures {
        let ended = tokio::select! {
            ended = torture(&mut run, length) => ended,
            () = interrupted() => {
                say("interrupted");
                return ExitCode::FAILURE;
            }
        };
        let tally = match ended {
            Ok(tally) => tally,
            Err(error) => {
                say(&format!("{name}: {:#}", chain(&error)));
                return ExitCode::FAILURE;
            }
        };
        losses += tally.losses.len();
        summaries.push(tally.summary());
        say(&format!("{name}: {}", if tally.losses.is_empty() { "ok" } else { "LOST" }));
    }
    for summary in summaries {
        say(&summary);
    }
    if losses == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn chain(error: &HarnessError) -> String {
    let source = std::error::Error::source(error).map(|source| format!(": {source}"));
    format!("{error}{}", source.unwrap_or_default())
}

async fn interrupted() {
    let mut terminate = signal(SignalKind::terminate()).unwrap();
    let mut interrupt = signal(SignalKind::interrupt()).unwrap();
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

impl Length {
    /// `$ROUNDS`, or as many as are usual.
    fn rounds(self, usual: u64) -> u64 {
        let asked = variable("ROUNDS").and_then(|text| text.to_str()?.parse().ok());
        match self {
            Self::Short => asked.unwrap_or(SHORT),
            Self::Long => asked.unwrap_or(usual),
        }
    }
}
