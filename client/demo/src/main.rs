//! The demo: an unmodified PWA, its server, and a scene in which its message crosses an outage.

mod run;
mod server;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Shows a web app whose message survives an outage.
#[derive(Debug, Parser)]
#[command(name = "pwasync-demo", version)]
struct Cli {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Plays the story: a message is written while the link is down, and arrives when it is back
    Run(run::RunArguments),
    /// Serves the web app over https, and tells what arrives as JSON lines
    Serve(server::ServeArguments),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Verb::Run(arguments) => run::run(&arguments),
        Verb::Serve(arguments) => server::serve(arguments),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            use std::io::Write;
            // Nothing can be said any more when stderr is closed.
            let _ = writeln!(std::io::stderr().lock(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
