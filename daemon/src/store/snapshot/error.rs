//! What is wrong with an export.

use std::fmt;

use pwasync_core::FieldError;

/// How much is repeated of what serde says, in bytes: it repeats what it read.
const SHOWN_BYTES: usize = 240;

/// An export that is not taken, with its first errors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// The first ones.
    pub first: Vec<LineError>,
    /// How many there are in all.
    pub count: u64,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct LineError {
    /// Which, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub problem: Problem,
}

/// See [`LineError`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The first line is no header of ours.
    #[error("is not the header of an export of pwasync")]
    NoHeader,
    /// Another version of the form.
    #[error("version `{version}` of the export is not known, this daemon reads version {limit}")]
    Version {
        /// Which.
        version: u64,
        /// What is read.
        limit: u32,
    },
    /// It is no JSON, or not of this form.
    #[error("{0}")]
    Json(String),
    /// A value breaks a rule.
    #[error(transparent)]
    Field(FieldError),
    /// It stands where lines of its kind, or its number, do not stand.
    #[error("stands in a place where no such line may stand")]
    Order,
    /// Another line is about the same thing.
    #[error("names what another line names")]
    Twice,
    /// The last line is missing.
    #[error("the end is missing: the file was cut short")]
    Cut,
    /// Something follows the last line.
    #[error("follows the end")]
    AfterEnd,
    /// Bytes were changed.
    #[error("the checksum does not match: the file was changed or damaged")]
    Checksum,
    /// Lines are missing.
    #[error("the counts do not match: lines are missing or were added")]
    Counts,
    /// It is longer than is read.
    #[error("the export is longer than {limit} bytes")]
    TooLong {
        /// The limit.
        limit: u64,
    },
    /// A line is longer than is read.
    #[error("is longer than {limit} bytes")]
    LineTooLong {
        /// The limit.
        limit: usize,
    },
}

impl Problem {
    pub(super) fn json(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        // The line is told already.
        let text = text.replace(" at line 1 column ", " in column ");
        let cut = text.floor_char_boundary(SHOWN_BYTES);
        let mut shown = String::new();
        for character in text[..cut].chars() {
            if character.is_control() {
                shown.extend(character.escape_debug());
            } else {
                shown.push(character);
            }
        }
        if cut < text.len() {
            shown.push('…');
        }
        Self::Json(shown)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.first.iter().enumerate() {
            write!(f, "{}{error}", if at == 0 { "" } else { "; " })?;
        }
        let more = self.count.saturating_sub(self.first.len() as u64);
        if more > 0 { write!(f, "; and {more} more") } else { Ok(()) }
    }
}

impl std::error::Error for Refused {}
