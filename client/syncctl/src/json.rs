//! Documents for programs: what `--json` prints. The names in here are stable; docs/json.md
//! describes them, and grows with them.
//!
//! Instants are RFC 3339 in UTC with milliseconds, lengths of time are whole milliseconds in names
//! that end in `_ms`. What is not known is null. Fields are added, never renamed or removed; if
//! that must happen one day, `version` is raised.

mod change;
mod db;
mod doctor;
mod engagement;
mod explanation;
mod history;
mod host;
mod lease;
mod policy;
mod registration;
mod session;
mod simulation;
mod status;

use std::io;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde::Serialize;

use crate::text::is_unsafe;

pub(crate) use change::ChangeDocument;
pub(crate) use db::{CheckDocument, ExportDocument, ImportDocument};
pub(crate) use doctor::DoctorDocument;
pub(crate) use engagement::{EngagementDocument, EngagementsDocument};
pub(crate) use explanation::{ExplanationDocument, ForecastDocument};
pub(crate) use history::HistoryDocument;
pub(crate) use host::{FactDocument, HostDocument};
pub(crate) use lease::{ClearedDocument, LeasesDocument, PauseDocument, ResumeDocument};
pub(crate) use policy::{PolicyDocument, PolicyReloadDocument};
pub(crate) use registration::{ListDocument, RemoveDocument, RunDocument, ShowDocument};
pub(crate) use session::SessionsDocument;
pub(crate) use simulation::SimulationDocument;
pub(crate) use status::{NotRunningDocument, StatusDocument};

/// The version of all documents.
const VERSION: u32 = 1;

/// A document on one line. What a terminal would obey is written as `\uXXXX`, which says the same.
pub(crate) fn line(document: &impl Serialize) -> Result<String, io::Error> {
    let text = serde_json::to_string(document)?;
    let mut line = String::with_capacity(text.len() + 1);
    for character in text.chars() {
        // The text of a document has no such character outside of its strings.
        if is_unsafe(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                line.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            line.push(character);
        }
    }
    line.push('\n');
    Ok(line)
}

fn instant(at: Option<SystemTime>) -> Option<String> {
    let at = Timestamp::try_from(at?).ok()?;
    Some(at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
}

fn milliseconds(duration: Option<Duration>) -> Option<u64> {
    duration.map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::Value;

    use super::*;

    /// The line of a document, all of whose fields docs/json.md names.
    #[track_caller]
    pub(crate) fn documented(document: &impl Serialize) -> String {
        let line = line(document).unwrap();
        let missing = undescribed(&serde_json::from_str(&line).unwrap());
        assert!(missing.is_empty(), "docs/json.md lacks {missing:?}");
        line
    }

    fn undescribed(value: &Value) -> Vec<String> {
        let text = include_str!("../../../docs/json.md");
        match value {
            Value::Object(fields) => {
                let unnamed = fields.keys().filter(|name| !text.contains(&format!("`{name}`")));
                unnamed.cloned().chain(fields.values().flat_map(undescribed)).collect()
            }
            Value::Array(values) => values.iter().flat_map(undescribed).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
        }
    }

    #[test]
    fn a_field_without_a_description_is_found() {
        let document = serde_json::json!({ "version": [{ "surprise": { "id": 1 } }] });
        assert_eq!(undescribed(&document), ["surprise"]);
    }

    #[test]
    fn documents_hold_nothing_that_a_terminal_obeys_and_say_the_same() {
        let tag = "a\u{1b}[2J\u{9b}\u{202e}\u{e0041}\u{7f}\"\\größe";
        let line = line(&tag).unwrap();
        assert_eq!(line.trim_end(), r#""a\u001b[2J\u009b\u202e\udb40\udc41\u007f\"\\größe""#);
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), tag);
    }

    #[test]
    fn instants_are_utc_with_milliseconds() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_120);
        assert_eq!(instant(Some(at)).as_deref(), Some("2023-11-14T22:13:20.120Z"));
        assert_eq!(milliseconds(Some(Duration::from_micros(1_500))), Some(1));
    }
}
