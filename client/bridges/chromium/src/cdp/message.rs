//! What Chromium says, parsed: replies to calls, and events.
//!
//! Every field is checked; nothing here trusts the sender to follow the protocol.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

/// A message of Chromium.
#[derive(Debug)]
pub enum Incoming {
    /// The answer to the call of that number.
    Reply {
        /// As given with the call.
        id: u64,
        /// The result object, or why there is none.
        result: Result<Value, ProtocolError>,
    },
    /// Something happened.
    Event(Event),
}

/// An event of a domain.
#[derive(Clone, Debug)]
pub struct Event {
    /// The session that it belongs to; none: the browser itself.
    pub session: Option<Arc<str>>,
    /// `Domain.event`.
    pub method: String,
    /// Its parameters; null when it has none.
    pub params: Value,
}

/// Chromium refused a call.
#[derive(Clone, Debug, thiserror::Error)]
#[error("Chromium refuses with {code}: {message}")]
pub struct ProtocolError {
    /// A JSON-RPC code.
    pub code: i64,
    /// For people.
    pub message: String,
}

/// Why a frame is no message.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// It is not JSON, or a field has another type than it must have.
    #[error("the message cannot be parsed")]
    Json(#[from] serde_json::Error),
    /// It has neither a number nor a method.
    #[error("the message is neither reply nor event")]
    NoKind,
}

/// Parses one frame.
///
/// # Errors
///
/// When it is not a message of the protocol.
pub fn parse(frame: &[u8]) -> Result<Incoming, MessageError> {
    let raw: Raw = serde_json::from_slice(frame)?;
    if let Some(id) = raw.id {
        let result = match raw.error {
            Some(error) => Err(ProtocolError { code: error.code, message: error.message }),
            None => Ok(raw.result),
        };
        return Ok(Incoming::Reply { id, result });
    }
    let Some(method) = raw.method else { return Err(MessageError::NoKind) };
    Ok(Incoming::Event(Event {
        session: raw.session_id.map(Arc::from),
        method,
        params: raw.params,
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    id: Option<u64>,
    method: Option<String>,
    session_id: Option<String>,
    #[serde(default)]
    params: Value,
    #[serde(default)]
    result: Value,
    error: Option<RawError>,
}

#[derive(Deserialize)]
struct RawError {
    #[serde(default)]
    code: i64,
    #[serde(default)]
    message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_carries_its_number_and_result() {
        let Incoming::Reply { id, result } = parse(br#"{"id":7,"result":{"a":1}}"#).unwrap() else {
            panic!("a reply");
        };
        assert_eq!((id, result.unwrap()["a"].as_i64()), (7, Some(1)));
    }

    #[test]
    fn a_refusal_is_the_error_of_its_call() {
        let frame = br#"{"id":7,"error":{"code":-32601,"message":"wasn't found"}}"#;
        let Incoming::Reply { result, .. } = parse(frame).unwrap() else { panic!("a reply") };
        assert_eq!(result.unwrap_err().code, -32601);
    }

    #[test]
    fn an_event_knows_its_session() {
        let frame = br#"{"method":"A.b","params":{"x":true},"sessionId":"S1"}"#;
        let Incoming::Event(event) = parse(frame).unwrap() else { panic!("an event") };
        assert_eq!(event.session.as_deref(), Some("S1"));
        assert_eq!(event.params["x"].as_bool(), Some(true));
    }

    #[test]
    fn nonsense_is_an_error_and_not_a_panic() {
        for frame in [
            &b""[..],
            b"{}",
            b"[1]",
            b"{\"id\":-1}",
            b"{\"id\":\"x\"}",
            b"{\"method\":3}",
            b"\xff\xfe",
            b"{\"id\":1,\"error\":\"x\"}",
        ] {
            assert!(parse(frame).is_err(), "{:?}", String::from_utf8_lossy(frame));
        }
    }
}
