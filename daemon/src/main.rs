//! `pwasyncd`: exit codes and one error line, nothing else.

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;
use clap::Parser;
use pwasyncd::{
    app::{self, AppError},
    cli::Arguments,
    config::{Config, Environment, LogTimes, Purpose},
    engine::EngineError,
    socket::SocketError,
    store::error::{Cause, StoreError},
};
use tracing_subscriber::{
    filter::Targets, fmt::layer, layer::SubscriberExt, registry, util::SubscriberInitExt,
};

/// A wrong command line or environment; clap exits with the same.
const USAGE: u8 = 2;
/// A wrong policy, as sysexits.h has it: to start again does not help.
const CONFIGURATION: u8 = 78;
/// Another daemon has the socket or the state, as sysexits.h has what is unavailable.
const TAKEN: u8 = 69;
/// h2 warns of each connection that resets too many streams: any user could fill the log. A filter
/// that names it says otherwise.
const QUIET: &str = "h2=error";
/// Look-ups of users that hang are left behind.
const THREADS_LIMIT: Duration = Duration::from_millis(100);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let config = match Config::new(arguments, &Environment::read()) {
        Ok(config) => config,
        Err(error) => {
            let hint = error.hint();
            return fail(&error.into(), Some(hint), USAGE);
        }
    };
    if let Err(error) = start_log(&config) {
        return fail(&error, Some("a filter is a level such as `info`, or `target=level`"), USAGE);
    }
    match config.purpose {
        Purpose::CheckPolicy => return check_policy(&config),
        Purpose::Serve => {}
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime.context("cannot start the runtime") {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error, None, 1),
    };
    let ended = runtime.block_on(app::run(config));
    runtime.shutdown_timeout(THREADS_LIMIT);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let hint = error.hint();
            let code = code(&error);
            fail(&error.into(), hint, code)
        }
    }
}

fn code(error: &AppError) -> u8 {
    match error {
        AppError::Policy(_) => CONFIGURATION,
        AppError::Socket(SocketError::AnotherDaemon(_))
        | AppError::Engine(EngineError::Store(StoreError { cause: Cause::InUse { .. }, .. })) => {
            TAKEN
        }
        AppError::Socket(_)
        | AppError::Engine(_)
        | AppError::Clock(_)
        | AppError::Signals(_)
        | AppError::Serve(_)
        | AppError::Part(_)
        | AppError::SlowStop
        | AppError::Impatient => 1,
    }
}

fn check_policy(config: &Config) -> ExitCode {
    match app::check_policy(config) {
        Ok(policy) => {
            let files = policy.files.len();
            // A closed pipe is no failure.
            let _ = writeln!(io::stdout().lock(), "no mistake in the policy (files read: {files})");
            ExitCode::SUCCESS
        }
        Err(problems) => fail(&problems.into(), None, CONFIGURATION),
    }
}

fn start_log(config: &Config) -> anyhow::Result<()> {
    // Its own message repeats what is behind it.
    let filter: Targets = format!("{QUIET},{}", config.log)
        .parse()
        .map_err(|error| anyhow::anyhow!("log filter `{}`: {error}", config.log))?;
    let log = layer().with_ansi(io::stderr().is_terminal()).with_writer(io::stderr);
    match config.log_times {
        LogTimes::Shown => registry().with(log).with(filter).init(),
        LogTimes::LeftOut => registry().with(log.without_time()).with(filter).init(),
    }
    Ok(())
}

fn fail(error: &anyhow::Error, hint: Option<&str>, code: u8) -> ExitCode {
    let mut stderr = io::stderr().lock();
    // There is nowhere to say that this could not be said.
    let _ = writeln!(stderr, "pwasyncd: {error:#}");
    if let Some(hint) = hint {
        let _ = writeln!(stderr, "hint: {hint}");
    }
    code.into()
}
