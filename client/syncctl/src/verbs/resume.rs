//! `resume`: a pause ends before its time.

use std::time::SystemTime;

use clap::Args;
use pwasync_client::{Resumed, Subject};

use super::Context;
use super::subject::SubjectArguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::ResumeDocument;
use crate::settings::Format;
use crate::text::{Look, escape, subject_words};

/// What may follow `resume`.
#[derive(Debug, Args)]
pub(crate) struct ResumeArguments {
    #[command(flatten)]
    subject: SubjectArguments,
}

pub(super) async fn run(
    context: &mut Context,
    arguments: ResumeArguments,
) -> Result<Exit, Failure> {
    let subject = Subject::from(arguments.subject);
    let resumed = context.client.end_pause(&subject).await?;
    match context.format {
        Format::People => {
            let now = context.now().await?;
            context.output.text(&sentence(&resumed, &subject, now, &context.look))?;
        }
        Format::Json => context.output.json(&ResumeDocument::new(&resumed))?,
    }
    if resumed.ended {
        Ok(Exit::Ok)
    } else {
        Err(Failure::NotPaused { subject: subject_words(&subject) })
    }
}

/// What ended, and what holds the subject still.
fn sentence(resumed: &Resumed, subject: &Subject, now: Option<SystemTime>, look: &Look) -> String {
    let mut text = String::new();
    if resumed.ended {
        text.push_str(&format!("resumed: {}\n", escape(&subject_words(subject))));
    }
    for lease in &resumed.remaining {
        text.push_str(&format!(
            "still paused: {} until {}\n",
            escape(&subject_words(&lease.subject)),
            look.both(now, lease.ends_at),
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::overrides::tests::leases;
    use super::*;
    use crate::json::tests::documented;

    #[test]
    fn what_holds_it_still_is_said() {
        let (leases, now) = leases();
        let resumed = Resumed { ended: true, remaining: leases[..1].to_vec() };
        let subject = Subject::App { owner_uid: None, app_id: "a\u{1b}b".to_owned() };
        assert_eq!(
            sentence(&resumed, &subject, now, &Look::plain()),
            "resumed: app a\\u{1b}b of this user\n\
             still paused: https://app.example of user 1000 until 2023-11-15 00:13:20 (in 2h)\n"
        );
        let document = documented(&ResumeDocument::new(&resumed));
        assert!(document.starts_with("{\"version\":1,\"ended\":true,\"remaining\":[{"));
    }
}
