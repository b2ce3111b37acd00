//! `why`: everything that holds a registration, when it will run, and what was decided about it.

use std::time::SystemTime;

use clap::Args;
use pwasync_client::{Blocker, Certainty, Explanation, Outlook, Registration, RegistrationId};

use super::list::state_paint;
use super::run::not_found;
use super::show::asks;
use super::{Context, demand_id, parse};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json::ExplanationDocument;
use crate::settings::Format;
use crate::text::{Facts, Look, NOT_BEFORE, Names, Paint, earliest_words, escape, history_line};

/// What may follow `why`.
#[derive(Debug, Args)]
pub(crate) struct WhyArguments {
    /// The registration's id, as `list` shows it
    #[arg(value_parser = parse::id)]
    id: RegistrationId,
    /// Show so many of the last decisions
    #[arg(long, value_name = "N", default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..=200))]
    trail: u32,
}

pub(super) async fn run(context: &mut Context, arguments: &WhyArguments) -> Result<Exit, Failure> {
    let id = demand_id(arguments.id)?;
    let explained = context.client.explain(id, arguments.trail).await;
    let explained = explained.map_err(|error| not_found(error, id))?;
    match context.format {
        Format::People => {
            let now = context.now().await?;
            context.output.text(&page(&explained, now, &context.look))?;
        }
        Format::Json => context.output.json(&ExplanationDocument::new(&explained))?,
    }
    Ok(Exit::Ok)
}

fn page(explained: &Explanation, now: Option<SystemTime>, look: &Look) -> String {
    let Explanation { registration, sentences, outlook, trail } = explained;
    let key = &registration.key;
    let mut facts = Facts::new(look);
    facts.fact("registration", registration.id.to_string());
    facts.fact("sync", format!("{} `{}` of {}", key.kind.as_str(), key.tag, key.scope));
    facts.fact("browser", key.profile.to_string());
    facts.painted("state", state_paint(registration.state), registration.state.as_str());
    if let Some(asks) = asks(&registration.constraints) {
        facts.fact("asks for", asks);
    }
    facts.fact("last event", last_event(registration, now, look));
    if registration.blockers.is_empty() {
        facts.fact("held by", "nothing");
    } else {
        let sentences = sentences.iter().map(String::as_str).chain(std::iter::repeat(""));
        let held = registration.blockers.iter().zip(sentences);
        let lines: String =
            held.map(|(blocker, sentence)| held_by(blocker, sentence, now, look)).collect();
        facts.lines("held by", &lines);
    }
    facts.fact("forecast", forecast(outlook, &registration.blockers, now, look));
    if !trail.is_empty() {
        let line = |entry| format!("  {}\n", history_line(entry, Names::Left, look));
        facts.lines("decided", &trail.iter().map(line).collect::<String>());
    }
    facts.into_text()
}

/// When the worker was last woken, and what came of it.
fn last_event(registration: &Registration, now: Option<SystemTime>, look: &Look) -> String {
    let Some(attempt) = &registration.last_attempt else {
        return "none yet".to_owned();
    };
    let sent = look.both(now, attempt.sent_at);
    match attempt.end {
        None => format!("{sent}: it runs"),
        Some(end) => format!("{sent}: {}", end.as_str()),
    }
}

/// Code and sentence; below them since when, what ends it, and not before when.
fn held_by(blocker: &Blocker, sentence: &str, now: Option<SystemTime>, look: &Look) -> String {
    let mut lines = format!("  {}", look.paint(Paint::Busy, blocker.code.as_str()));
    if !sentence.is_empty() {
        lines.push_str(&format!("  {}", escape(sentence)));
    }
    let mut more = Vec::new();
    if blocker.since.is_some() {
        more.push(format!("since {}", look.both(now, blocker.since)));
    }
    if !blocker.clears.is_empty() {
        more.push(format!("ends when {}", escape(&blocker.clears)));
    }
    if blocker.earliest.is_some() {
        more.push(format!("{} {}", earliest_words(blocker.code), look.both(now, blocker.earliest)));
    }
    lines.push('\n');
    if !more.is_empty() {
        lines.push_str(&format!("    {}\n", more.join("; ")));
    }
    lines
}

fn forecast(
    outlook: &Outlook,
    blockers: &[Blocker],
    now: Option<SystemTime>,
    look: &Look,
) -> String {
    // Where no time can be named, time alone may hold it for a while all the same.
    let by_time = blockers.iter().filter(|one| earliest_words(one.code) == NOT_BEFORE);
    let floor = by_time.filter_map(|one| one.earliest).max().filter(|_| outlook.at.is_none());
    let floor = floor.map(|at| format!("; {NOT_BEFORE} {}", look.both(now, Some(at))));
    let said = outlook_words(outlook, now, look);
    format!("{said}{}", floor.unwrap_or_default())
}

fn outlook_words(outlook: &Outlook, now: Option<SystemTime>, look: &Look) -> String {
    let when = match (outlook.at, outlook.certainty) {
        (None, _) => String::new(),
        (Some(at), Certainty::Certain) => look.both(now, Some(at)),
        (Some(at), Certainty::Uncertain) => format!("perhaps {}", look.both(now, Some(at))),
    };
    match (when.is_empty(), outlook.text.is_empty()) {
        (true, true) => "no time can be named".to_owned(),
        (true, false) => outlook.text.clone(),
        (false, true) => when,
        (false, false) => format!("{when}: {}", outlook.text),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use pwasync_client::BlockerCode;

    use super::super::history::tests::entries;
    use super::super::show::tests::registration;
    use super::*;
    use crate::json::tests::documented;

    #[test]
    fn a_page_says_what_holds_it_and_when_it_goes() {
        let (explained, now) = explained();
        expect![[r#"
            registration  12
            sync          one-off `outbox` of https://app.example/
            browser       chromium/Default
            state         waiting
            last event    2023-11-14 22:18:20 (5m ago): rejected
            held by
              BACKOFF  the last attempt failed
                since 2023-11-14 22:23:20 (now); ends when the back-off passes; by itself not before 2023-11-14 22:28:20 (in 5m)
              OFFLINE  no \u{1b}[2J network
                since 2023-11-14 22:21:20 (2m ago); ends when the network comes back
            forecast      2023-11-14 22:28:20 (in 5m): the back-off ends
            decided
              2023-11-14 22:23:20  held             METERED, BATTERY_LOW
              2023-11-14 22:23:20  finished         rejected, charged, attempt 7-1 (number 1), next 2023-11-14 22:28:20: TypeError: \u{1b}[2J
              2023-11-14 22:23:20  removed          revoked
              2023-11-14 22:23:20  paused           until \u{1b}[2J 23:00
        "#]].assert_eq(&page(&explained, now, &Look::plain()));
    }

    #[test]
    fn what_no_sentence_came_for_is_said_all_the_same() {
        let (mut explained, now) = explained();
        explained.sentences.truncate(1);
        let page = page(&explained, now, &Look::plain());
        assert!(page.contains("\n  OFFLINE\n    since "), "{page}");
    }

    #[test]
    fn a_forecast_says_how_sure_it_is() {
        let look = Look::plain();
        let (explained, now) = explained();
        let said = |at, certainty, text: &str| {
            forecast(&Outlook { at, certainty, text: text.to_owned() }, &[], now, &look)
        };
        let at = explained.outlook.at;
        let when = "2023-11-14 22:28:20 (in 5m)";
        assert_eq!(said(at, Certainty::Certain, ""), when);
        assert_eq!(said(at, Certainty::Uncertain, ""), format!("perhaps {when}"));
        assert_eq!(said(None, Certainty::Uncertain, "it runs"), "it runs");
        assert_eq!(said(None, Certainty::Uncertain, ""), "no time can be named");
        let [mut not_due, offline] = [0, 1].map(|at| explained.registration.blockers[at].clone());
        not_due.code = BlockerCode::NotDue;
        let hangs = Outlook {
            at: None,
            certainty: Certainty::Uncertain,
            text: "it runs when the network comes".to_owned(),
        };
        assert_eq!(
            forecast(&hangs, &[not_due, offline], now, &look),
            format!("it runs when the network comes; not before {when}")
        );
    }

    #[test]
    fn an_event_that_never_came_is_told() {
        let (mut explained, now) = explained();
        explained.registration.last_attempt = None;
        explained.registration.constraints.unmetered = true;
        let page = page(&explained, now, &Look::plain());
        let words = "\nasks for      an unmetered network\nlast event    none yet\n";
        assert!(page.contains(words), "{page}");
    }

    #[test]
    fn json_says_the_same() {
        let (explained, _) = explained();
        let document = documented(&ExplanationDocument::new(&explained));
        let document: serde_json::Value = serde_json::from_str(&document).unwrap();
        assert_eq!(document["registration"]["blockers"][1]["code"], "OFFLINE");
        assert_eq!(document["sentences"][0], "the last attempt failed");
        assert_eq!(document["forecast"]["at"], "2023-11-14T22:28:20.000Z");
        assert_eq!(document["forecast"]["certain"], true);
        assert_eq!(document["trail"][0]["decision"], "held");
    }

    fn explained() -> (Explanation, Option<SystemTime>) {
        let (registration, now) = registration();
        let sentences =
            vec!["the last attempt failed".to_owned(), "no \u{1b}[2J network".to_owned()];
        let outlook = Outlook {
            at: registration.next_at,
            certainty: Certainty::Certain,
            text: "the back-off ends".to_owned(),
        };
        (Explanation { registration, sentences, outlook, trail: entries() }, now)
    }
}
