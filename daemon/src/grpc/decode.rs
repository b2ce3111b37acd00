//! Messages that cannot be read are the caller's mistake, and are answered as such.
//!
//! tonic answers bytes that are no message with INTERNAL, and a message that is too large with
//! OUT_OF_RANGE. Our own statuses with these codes carry details; those of tonic do not.

use tonic::{Code, Status, body::Body, codegen::http};

use super::status::Refusal;

/// Corrects the status of a call whose message could not be read.
pub(super) fn correct(response: http::Response<Body>) -> http::Response<Body> {
    match Status::from_header_map(response.headers()) {
        Some(status) if is_unreadable(&status) => {
            let text = format!("the message cannot be read: {}", status.message());
            Status::from(Refusal::Protocol(text)).into_http()
        }
        Some(_) | None => response,
    }
}

fn is_unreadable(status: &Status) -> bool {
    matches!(status.code(), Code::Internal | Code::OutOfRange) && status.details().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(status: Status) -> Code {
        let corrected = correct(status.into_http::<Body>());
        Status::from_header_map(corrected.headers()).unwrap().code()
    }

    #[test]
    fn only_what_tonic_could_not_read_is_corrected() {
        assert_eq!(code(Status::internal("invalid wire type")), Code::InvalidArgument);
        assert_eq!(code(Status::out_of_range("too large")), Code::InvalidArgument);
        assert_eq!(code(Refusal::Internal("ours".into()).into()), Code::Internal);
        assert_eq!(code(Refusal::NoSuchKey.into()), Code::NotFound);
    }
}
