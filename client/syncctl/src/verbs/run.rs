//! `run`: a registration's event, now.

use clap::Args;
use pwasync_client::{ClientError, Force, RegistrationId, RunNow};

use super::{Context, parse};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::RunDocument;
use crate::settings::Format;
use crate::text::{blocker_lines, codes, escape};

/// What may follow `run`.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// The registration's id, as `list` shows it
    #[arg(value_parser = parse::id)]
    id: RegistrationId,
    /// Run in spite of what holds it, as far as that is possible, and say what was bypassed
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(context: &mut Context, arguments: &RunArguments) -> Result<Exit, Failure> {
    let id = arguments.id;
    let force = if arguments.force { Force::Yes } else { Force::No };
    let result = context.client.run_now(id, force).await.map_err(|error| not_found(error, id))?;
    if context.format == Format::Json {
        context.output.json(&RunDocument::new(&result))?;
    }
    match result {
        RunNow::Woken { attempt, bypassed } => {
            if context.format == Format::People {
                let mut text =
                    format!("woken: registration {id}, attempt {}\n", escape(attempt.as_str()));
                if !bypassed.is_empty() {
                    let now = context.now().await?;
                    text.push_str("bypassed:\n");
                    text.push_str(&blocker_lines(&bypassed, now, &context.look));
                }
                context.output.text(&text)?;
            }
            Ok(Exit::Ok)
        }
        RunNow::AlreadyRunning { attempt } => Err(Failure::AlreadyRunning { id, attempt }),
        RunNow::Held { blockers, bypassed: _ } => {
            if context.format == Format::People {
                let now = context.now().await?;
                context.output.text(&blocker_lines(&blockers, now, &context.look))?;
            }
            let hint = match force {
                Force::No => "run it in spite of that with `--force`".to_owned(),
                Force::Yes => format!("`--force` does not lift this; see `syncctl why {id}`"),
            };
            Err(Failure::Held { id, codes: codes(&blockers), hint })
        }
    }
}

/// An id of another user is answered as one that does not exist.
pub(super) fn not_found(error: ClientError, id: RegistrationId) -> Failure {
    if matches!(error, ClientError::NotFound { .. }) {
        Failure::NoSuchRegistration(id)
    } else {
        Failure::Client(error)
    }
}
