//! What a gRPC status means.

use std::error::Error;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::ClientError;

/// A status that the daemon sent, or that the transport made when there was no daemon to send one.
///
/// Failures to connect are told apart before this, where the socket is known.
pub(crate) fn client_error(status: &Status) -> ClientError {
    let message = status.message().to_owned();
    // Only the transport's own statuses have a source: a received one is made of headers alone.
    if status.source().is_some() {
        return ClientError::Disconnected { message };
    }
    match status.code() {
        Code::InvalidArgument | Code::OutOfRange => invalid(status, message),
        Code::NotFound => ClientError::NotFound { message },
        Code::PermissionDenied | Code::Unauthenticated => {
            let rule = status.get_details_error_info().map(|info| info.reason);
            ClientError::PermissionDenied { message, rule }
        }
        Code::ResourceExhausted => {
            ClientError::Exhausted { message, retry_after: retry_after(status) }
        }
        Code::Unavailable => ClientError::Unavailable { message, retry_after: retry_after(status) },
        Code::DeadlineExceeded => ClientError::DeadlineExceeded { message },
        Code::FailedPrecondition | Code::AlreadyExists | Code::Aborted => {
            ClientError::Refused { message }
        }
        Code::Unimplemented => ClientError::Unsupported { message },
        Code::Cancelled => ClientError::Disconnected { message },
        Code::Ok | Code::Unknown | Code::Internal | Code::DataLoss => {
            ClientError::Internal { message }
        }
    }
}

/// The first violation is the one to tell: the others may follow from it.
fn invalid(status: &Status, message: String) -> ClientError {
    let violations = status.get_details_bad_request().map(|request| request.field_violations);
    let Some(first) = violations.and_then(|violations| violations.into_iter().next()) else {
        return ClientError::Invalid { field: String::new(), message };
    };
    let message = if message.is_empty() { first.description } else { message };
    ClientError::Invalid { field: first.field, message }
}

fn retry_after(status: &Status) -> Option<Duration> {
    status.get_details_retry_info().and_then(|info| info.retry_delay)
}

#[cfg(test)]
mod tests {
    use tonic_types::ErrorDetails;

    use super::*;

    #[test]
    fn each_code_has_its_error() {
        for number in 0..=16 {
            let status = Status::new(Code::from_i32(number), "x");
            let error = client_error(&status);
            assert!(error.to_string().contains('x'), "code {number}: {error}");
        }
    }

    #[test]
    fn details_name_field_rule_and_delay() {
        let details = ErrorDetails::with_bad_request_violation("key.tag", "10,241 bytes");
        let status = Status::with_error_details(Code::InvalidArgument, "", details);
        let ClientError::Invalid { field, message } = client_error(&status) else { panic!() };
        assert_eq!((field.as_str(), message.as_str()), ("key.tag", "10,241 bytes"));

        let delay = Duration::from_millis(240);
        let details = ErrorDetails::with_retry_info(Some(delay));
        let status = Status::with_error_details(Code::ResourceExhausted, "calls", details);
        let ClientError::Exhausted { retry_after, .. } = client_error(&status) else { panic!() };
        assert_eq!(retry_after, Some(delay));

        let details = ErrorDetails::with_error_info("POLICY_DENIED", "pwasync", []);
        let status = Status::with_error_details(Code::PermissionDenied, "no", details);
        let ClientError::PermissionDenied { rule, .. } = client_error(&status) else { panic!() };
        assert_eq!(rule.as_deref(), Some("POLICY_DENIED"));
    }

    #[test]
    fn details_that_do_not_decode_are_left_out() {
        let status = Status::with_details(Code::InvalidArgument, "bad tag", vec![0xff; 8].into());
        let ClientError::Invalid { field, message } = client_error(&status) else { panic!() };
        assert_eq!((field.as_str(), message.as_str()), ("", "bad tag"));
    }
}
