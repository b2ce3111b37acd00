//! `remove`: a registration goes for good; the web app is not told.

use clap::Args;
use pwasync_client::{Registration, RegistrationId};

use super::run::not_found;
use super::{Context, parse};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::RemoveDocument;
use crate::settings::Format;
use crate::text::escape;

/// What may follow `remove`.
#[derive(Debug, Args)]
pub(crate) struct RemoveArguments {
    /// The registration's id, as `list` shows it
    #[arg(value_parser = parse::id)]
    id: RegistrationId,
}

pub(super) async fn run(
    context: &mut Context,
    arguments: &RemoveArguments,
) -> Result<Exit, Failure> {
    let id = arguments.id;
    let removed = context.client.remove(id).await.map_err(|error| not_found(error, id))?;
    match context.format {
        Format::People => context.output.text(&sentence(&removed))?,
        Format::Json => context.output.json(&RemoveDocument::new(&removed))?,
    }
    Ok(Exit::Ok)
}

fn sentence(removed: &Registration) -> String {
    let key = &removed.key;
    format!(
        "removed: registration {}, {} `{}` of {}\n",
        removed.id,
        key.kind.as_str(),
        escape(&key.tag),
        escape(&key.scope),
    )
}

#[cfg(test)]
mod tests {
    use super::super::show::tests::registration;
    use super::*;

    #[test]
    fn what_went_is_named() {
        let (registration, _) = registration();
        let text = "removed: registration 12, one-off `outbox` of https://app.example/\n";
        assert_eq!(sentence(&registration), text);
    }
}
