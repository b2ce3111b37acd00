//! `pwasync-chromium`: exit codes and one error line, nothing else.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::Context;
use clap::Parser;
use pwasync_chromium::{
    Tuning,
    app::{AppError, Bridge, Ended, Options},
    cli::Arguments,
};
use pwasync_client::{Lookup, ProfileId, SocketPath};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

const BROWSER_ENDED: u8 = 3;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::builder().with_default_directive(tracing::Level::INFO.into());
    tracing_subscriber::fmt()
        .with_env_filter(filter.from_env_lossy())
        .with_writer(io::stderr)
        .init();
    match run(arguments) {
        Ok(Ended::Asked) => ExitCode::SUCCESS,
        Ok(Ended::Browser(status)) => {
            tracing::info!(%status, "Chromium has ended");
            ExitCode::from(BROWSER_ENDED)
        }
        Err(error) => {
            // Nothing can be done where even this cannot be written.
            drop(write!(io::stderr().lock(), "error: {error:#}\n{}", hint(&error)));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<Ended> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime could not be made")?;
    let launch = arguments.launch();
    let options = Options {
        launch,
        url: arguments.url,
        profile: ProfileId { browser: "chromium".to_owned(), profile: arguments.profile_name },
        launch_token: arguments.launch_token,
        tuning: Tuning::default(),
    };
    let socket = SocketPath::find(Lookup::from_environment(arguments.socket));
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).context("no signals")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("no signals")?;
        let asked = async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        Ok(Bridge::start(options, socket)?.run(asked).await?)
    })
}

/// The way out stands below all causes.
fn hint(error: &anyhow::Error) -> &'static str {
    match error.downcast_ref() {
        Some(AppError::Prepare(_)) => "hint: another Chromium may be using this profile\n",
        Some(AppError::Browser(_) | AppError::Setup(_) | AppError::End(_)) | None => "",
    }
}
