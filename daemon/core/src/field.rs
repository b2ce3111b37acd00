//! The error of a value that came from outside and does not keep its rules.

use std::fmt;

/// How much of a refused value an error repeats, in bytes.
const SHOWN_BYTES: usize = 64;

/// A field whose value breaks a rule: which field, which value, which rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("field `{field}`: value {value} {rule}")]
pub struct FieldError {
    /// The field's name as the protocol spells it.
    pub field: &'static str,
    /// The value, shortened and in quotes where it is text.
    pub value: String,
    /// The rule with its limit, as the end of a sentence: "is longer than 64 bytes (70)".
    pub rule: String,
}

impl FieldError {
    /// The error for a text value.
    pub fn text(field: &'static str, value: &str, rule: impl Into<String>) -> Self {
        Self { field, value: shorten(value), rule: rule.into() }
    }

    /// The error for a value that shows itself well.
    pub fn plain(field: &'static str, value: impl fmt::Display, rule: impl Into<String>) -> Self {
        Self { field, value: format!("`{value}`"), rule: rule.into() }
    }
}

/// Refuses a text of more than `limit` bytes.
pub(crate) fn at_most(field: &'static str, value: &str, limit: usize) -> Result<(), FieldError> {
    if value.len() <= limit {
        return Ok(());
    }
    let rule = format!("is longer than {limit} bytes ({})", value.len());
    Err(FieldError::text(field, value, rule))
}

/// The text in backticks, control characters escaped, cut where it is long.
pub(crate) fn shorten(value: &str) -> String {
    let cut = value.floor_char_boundary(SHOWN_BYTES);
    let shown = value[..cut].escape_debug();
    if cut < value.len() { format!("`{shown}…`") } else { format!("`{shown}`") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_is_shortened_at_a_character() {
        let error = at_most("tag", &"ä".repeat(60), 100).unwrap_err();
        assert_eq!(error.rule, "is longer than 100 bytes (120)");
        assert_eq!(error.value, format!("`{}…`", "ä".repeat(32)));
    }

    #[test]
    fn control_characters_do_not_reach_a_terminal() {
        assert_eq!(FieldError::text("tag", "\u{1b}[2J", "").value, "`\\u{1b}[2J`");
    }
}
