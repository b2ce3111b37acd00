//! A decision on a line.

use pwasync_client::{AttemptEnd, Decision, HistoryEntry, Outcome};

use super::attempts::attempt_words;
use super::blockers::code_words;
use super::escape::shorten;
use super::look::{Look, Paint};

const LONGEST_NAME: usize = 60;
/// Of the decisions' words.
const WIDTH: usize = 15;

/// Whether to name the registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    Shown,
    Left,
}

/// When, what, about which registration, and why; escaped, without an end of line.
pub(crate) fn history_line(entry: &HistoryEntry, names: Names, look: &Look) -> String {
    let at = entry.at.map_or_else(|| "-".to_owned(), |at| look.absolute(at));
    let decision = look.paint(paint(entry), &format!("{:<WIDTH$}", entry.decision.as_str()));
    let mut line = format!("{}  {decision}", look.paint(Paint::Faint, &at));
    let more = more(entry, look);
    match names {
        Names::Left => {}
        Names::Shown => line.push_str(&format!("  {}", name(entry))),
    }
    if !more.is_empty() {
        let gap = match names {
            Names::Left => "  ",
            Names::Shown => ": ",
        };
        line.push_str(&format!("{gap}{more}"));
    }
    line.trim_end().to_owned()
}

fn name(entry: &HistoryEntry) -> String {
    let (Some(id), Some(key)) = (entry.registration_id, &entry.key) else {
        return format!("user {}", entry.owner_uid);
    };
    format!(
        "{id} {} `{}` {} {}",
        key.kind.as_str(),
        shorten(&key.tag, LONGEST_NAME),
        shorten(&key.scope, LONGEST_NAME),
        shorten(&key.profile.to_string(), LONGEST_NAME),
    )
}

fn more(entry: &HistoryEntry, look: &Look) -> String {
    let mut parts = Vec::new();
    if let Some(attempt) = &entry.attempt {
        if let Some(end) = attempt.end {
            parts.push(end.as_str().to_owned());
            // What was fulfilled costs nothing; that an attempt failed for free is worth a word.
            if end != AttemptEnd::Outcome(Outcome::Completed) {
                parts.push(if entry.charged { "charged" } else { "free" }.to_owned());
            }
        }
        parts.push(attempt_words(attempt));
    }
    if !entry.reasons.is_empty() {
        parts.push(code_words(&entry.reasons));
    }
    if let Some(reason) = entry.removal_reason {
        parts.push(reason.as_str().to_owned());
    }
    if let Some(at) = entry.next_at {
        parts.push(format!("next {}", look.absolute(at)));
    }
    let attempt_detail = entry.attempt.as_ref().map_or("", |attempt| attempt.detail.as_str());
    let detail = entry.detail.as_deref().unwrap_or(attempt_detail);
    let parts = parts.join(", ");
    match (parts.is_empty(), detail.is_empty()) {
        (_, true) => parts,
        (true, false) => shorten(detail, LONGEST_NAME),
        (false, false) => format!("{parts}: {}", shorten(detail, LONGEST_NAME)),
    }
}

fn paint(entry: &HistoryEntry) -> Paint {
    match entry.decision {
        Decision::Woken | Decision::Started | Decision::Launched => Paint::Busy,
        Decision::Finished => match entry.attempt.as_ref().and_then(|attempt| attempt.end) {
            Some(AttemptEnd::Outcome(Outcome::Completed)) => Paint::Good,
            Some(AttemptEnd::Outcome(_) | AttemptEnd::Lost) | None => Paint::Bad,
        },
        Decision::LaunchFailed => Paint::Bad,
        Decision::Held | Decision::Suspended | Decision::Paused => Paint::Faint,
        Decision::Created
        | Decision::Updated
        | Decision::Rearmed
        | Decision::Removed
        | Decision::Revived
        | Decision::BroughtForward
        | Decision::Resumed
        | Decision::Overridden
        | Decision::OverrideEnded
        | Decision::Other(_) => Paint::Plain,
    }
}
