//! `pause`: nothing of a subject runs for a while.

use std::time::{Duration, SystemTime};

use clap::Args;
use pwasync_client::{NewPause, Paused};

use super::subject::SubjectArguments;
use super::{Context, parse};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::PauseDocument;
use crate::settings::Format;
use crate::text::{Look, counted, escape, subject_words};

/// What may follow `pause`.
#[derive(Debug, Args)]
pub(crate) struct PauseArguments {
    #[command(flatten)]
    subject: SubjectArguments,
    /// For how long, at most 30d; it ends by itself [default: 24h]
    #[arg(long = "for", value_name = "DURATION", value_parser = parse::duration)]
    lasting: Option<Duration>,
    /// Why, for people
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

pub(super) async fn run(context: &mut Context, arguments: PauseArguments) -> Result<Exit, Failure> {
    let PauseArguments { subject, lasting, reason } = arguments;
    let new = NewPause { subject: subject.into(), lease: lasting, reason };
    let paused = context.client.pause(&new).await?;
    match context.format {
        Format::People => {
            let now = context.now().await?;
            context.output.text(&sentence(&paused, now, &context.look))?;
        }
        Format::Json => context.output.json(&PauseDocument::new(&paused))?,
    }
    Ok(Exit::Ok)
}

fn sentence(paused: &Paused, now: Option<SystemTime>, look: &Look) -> String {
    let Paused { lease, registrations } = paused;
    format!(
        "paused: {} until {}; {}\n",
        escape(&subject_words(&lease.subject)),
        look.both(now, lease.ends_at),
        counted(*registrations, "registration"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::overrides::tests::leases;
    use super::*;
    use crate::json::tests::documented;

    #[test]
    fn a_pause_says_whom_it_is_for_and_when_it_ends() {
        let (mut leases, now) = leases();
        let paused = Paused { lease: leases.remove(0), registrations: 3 };
        assert_eq!(
            sentence(&paused, now, &Look::plain()),
            "paused: https://app.example of user 1000 until 2023-11-15 00:13:20 (in 2h); \
             3 registrations\n"
        );
        let document = documented(&PauseDocument::new(&paused));
        let document: serde_json::Value = serde_json::from_str(&document).unwrap();
        assert_eq!(document["lease"]["reason"], "on a train");
        assert_eq!(document["registrations"], 3);
    }
}
