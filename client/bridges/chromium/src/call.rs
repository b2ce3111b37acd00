//! One call of the sync interfaces, as a page or worker sent it: parsed, with a limit on everything.
//!
//! What stands in it is a site's word. Whether the site may say so is decided in `answer`.

use serde::Deserialize;

/// The longest payload: a tag of the limit, each byte escaped, and a scope.
pub const MAX_PAYLOAD_BYTES: usize = 96 * 1024;
/// K-11.
pub const MAX_TAG_BYTES: usize = 10_240;

/// A call of `register`, `getTags` or `unregister`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiCall {
    /// Given by the caller, to know the answer by.
    pub id: u64,
    /// What is wanted.
    pub operation: Operation,
    /// Of which interface.
    pub kind: Kind,
    /// The scope of the registration, as the caller says.
    pub scope: String,
    /// Empty for `getTags`.
    pub tag: String,
}

/// What a call wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `register`.
    Register {
        /// Milliseconds; 0 for one-off.
        min_interval_ms: u64,
    },
    /// `getTags`.
    GetTags,
    /// `unregister`.
    Unregister,
}

/// `sync` or `periodicSync`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// `sync`.
    OneOff,
    /// `periodicSync`.
    Periodic,
}

/// Why a payload is no call.
#[derive(Debug, thiserror::Error)]
pub enum CallParseError {
    /// Over the limit.
    #[error("payload: {bytes} bytes are above the limit of {MAX_PAYLOAD_BYTES}")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// A field is missing or has another type.
    #[error("payload: it is not a call")]
    Malformed(#[from] serde_json::Error),
}

/// What the call rejects with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {message}", name = name.as_str())]
pub struct ApiError {
    /// The exception.
    pub name: ExceptionName,
    /// For people.
    pub message: String,
}

/// The exceptions of the two interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExceptionName {
    /// A malformed argument.
    TypeError,
    /// No active worker.
    InvalidStateError,
    /// No permission.
    NotAllowedError,
    /// No window, or a scope that is not the caller's.
    InvalidAccessError,
    /// The daemon cannot.
    UnknownError,
}

impl ApiCall {
    /// Parses what the binding or the worker's queue gave.
    ///
    /// # Errors
    ///
    /// When it is too long or not a call.
    pub fn parse(payload: &str) -> Result<Self, CallParseError> {
        if payload.len() > MAX_PAYLOAD_BYTES {
            return Err(CallParseError::TooLong { bytes: payload.len() });
        }
        let raw: Raw = serde_json::from_str(payload)?;
        let operation = match raw.op {
            RawOperation::Register => Operation::Register { min_interval_ms: raw.min_interval },
            RawOperation::GetTags => Operation::GetTags,
            RawOperation::Unregister => Operation::Unregister,
        };
        Ok(Self { id: raw.id, operation, kind: raw.kind, scope: raw.scope, tag: raw.tag })
    }
}

impl ApiError {
    /// An exception with its text.
    pub fn new(name: ExceptionName, message: impl Into<String>) -> Self {
        Self { name, message: message.into() }
    }
}

impl ExceptionName {
    /// As scripts know it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TypeError => "TypeError",
            Self::InvalidStateError => "InvalidStateError",
            Self::NotAllowedError => "NotAllowedError",
            Self::InvalidAccessError => "InvalidAccessError",
            Self::UnknownError => "UnknownError",
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    id: u64,
    op: RawOperation,
    kind: Kind,
    scope: String,
    tag: String,
    min_interval: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum RawOperation {
    Register,
    GetTags,
    Unregister,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_parsed() {
        let payload = r#"{"id":3,"op":"register","kind":"one-off","scope":"https://a.example/",
            "tag":"","minInterval":0}"#;
        let call = ApiCall::parse(payload).unwrap();
        assert_eq!(call.operation, Operation::Register { min_interval_ms: 0 });
        assert_eq!((call.id, call.kind, call.tag.as_str()), (3, Kind::OneOff, ""));
    }

    #[test]
    fn the_longest_tag_fits_however_it_is_escaped() {
        let tag = "\\u0001".repeat(MAX_TAG_BYTES);
        let scope = "x".repeat(2048);
        let payload = format!(
            r#"{{"id":1,"op":"unregister","kind":"periodic","scope":"{scope}","tag":"{tag}","minInterval":9007199254740991}}"#
        );
        assert_eq!(ApiCall::parse(&payload).unwrap().tag.len(), MAX_TAG_BYTES);
    }

    #[test]
    fn nonsense_is_an_error_and_not_a_panic() {
        let long = "x".repeat(MAX_PAYLOAD_BYTES + 1);
        for payload in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"id":-1,"op":"register","kind":"one-off","scope":"","tag":"","minInterval":0}"#,
            r#"{"id":1,"op":"eval","kind":"one-off","scope":"","tag":"","minInterval":0}"#,
            r#"{"id":1,"op":"register","kind":"one-off","scope":"","tag":"\ud800","minInterval":0}"#,
            r#"{"id":1,"op":"register","kind":"one-off","scope":"","tag":"","minInterval":1.5}"#,
            r#"{"id":1,"op":"register","kind":"one-off","scope":"","tag":"","minInterval":1e300}"#,
            &long,
        ] {
            assert!(ApiCall::parse(payload).is_err(), "{}", &payload[..payload.len().min(80)]);
        }
    }
}
