//! Limits of texts, lists and numbers that no type of the core keeps.

use std::fmt::Display;

use pwasync_core::FieldError;

/// Refuses a text of more than `limit` bytes.
///
/// # Errors
/// When it is longer.
pub(crate) fn text_from_proto(
    field: &'static str,
    value: String,
    limit: usize,
) -> Result<String, FieldError> {
    if value.len() <= limit {
        return Ok(value);
    }
    let rule = format!("is longer than {limit} bytes ({})", value.len());
    Err(FieldError::text(field, &value, rule))
}

/// Refuses a list, or a part of one, that is too long.
///
/// # Errors
/// When there are more than `limit`.
pub(crate) fn at_most_so_many(
    field: &'static str,
    count: usize,
    limit: usize,
) -> Result<(), FieldError> {
    if count <= limit {
        return Ok(());
    }
    let rule = format!("is more than {limit} entries");
    Err(FieldError::plain(field, count, rule))
}

/// Refuses a number above `limit`.
///
/// # Errors
/// When it is greater.
pub(crate) fn number_from_proto(
    field: &'static str,
    value: u32,
    limit: u32,
) -> Result<u32, FieldError> {
    if value <= limit {
        return Ok(value);
    }
    Err(FieldError::plain(field, value, format!("is more than {limit}")))
}

/// How many there are, for the wire.
pub(crate) fn count_to_proto(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The error of a message that must be there and is not.
pub(crate) fn missing(field: &'static str) -> FieldError {
    FieldError::text(field, "", "is missing")
}

/// The error of an enum's value that is none of those it may be.
pub(crate) fn none_of(field: &'static str, value: impl Display, names: &str) -> FieldError {
    FieldError::plain(field, value, format!("must be {names}"))
}
