//! The one mapping of what can go wrong to gRPC statuses, with their details.
//!
//! Owns codes, texts and details of refusals; it must not decide what is refused. `UNKNOWN` is
//! never answered, and our own mistakes are logged with the id that their message names.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use pwasync_core::{
    Denial, FieldError, LeaseError, RegisterError, ShareSpent, SiteError, key::RegistrationId,
};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::channel::{AdvanceError, Closing, EngineGone, ReportError, TransferError};

/// `ErrorInfo.domain` of all our reasons.
const DOMAIN: &str = "pwasync";
/// When a caller may try again after the daemon could not record or is starting again.
pub(super) const RETRY: Duration = Duration::from_secs(1);
/// When a caller may try again after a share was spent: it shrinks only as syncs complete.
const RETRY_SHARE: Duration = Duration::from_secs(60);

/// Why a call or a session is refused or ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// A value breaks a rule.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The registration is refused.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// There is no room for what is kept of a site.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// A share is spent.
    #[error(transparent)]
    Share(#[from] ShareSpent),
    /// No registration with this key.
    #[error("no registration has this key")]
    NoSuchKey,
    /// The pause or override is refused.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// Nothing is kept of this site.
    #[error("nothing is kept of this origin: it has no registration")]
    NoSuchSite,
    /// No registration with this number that the caller may see.
    #[error("registration `{0}` does not exist")]
    NoSuchId(RegistrationId),
    /// No service of this name.
    #[error("the daemon offers no service of this name")]
    NoSuchService,
    /// The caller has no uid that could own anything.
    #[error("uid `65534` is the kernel's overflow uid: it stands for nobody and owns nothing")]
    Nobody,
    /// The caller's uid or login name could not be found out.
    #[error("the caller is not known: {0}")]
    Unidentified(&'static str),
    /// Only root and the administrators' group may.
    #[error("{0} is for root and members of the group `pwasync-admin`")]
    AdministratorsOnly(&'static str),
    /// What the answer depends on could not be recorded; repeating is safe.
    #[error("the daemon could not record this, or starts again: repeat the call")]
    NotRecorded,
    /// The daemon stops.
    #[error(transparent)]
    Stopping(#[from] EngineGone),
    /// Simulated time did not reach its target.
    #[error(transparent)]
    Advance(#[from] AdvanceError),
    /// The other end of a stream did not say who it is in time.
    #[error("{what} did not come within {} s", .limit.as_secs())]
    HelloLate {
        /// Which message.
        what: &'static str,
        /// The limit.
        limit: Duration,
    },
    /// A call's message did not come whole in time.
    #[error("the message was not whole within {} s", .limit.as_secs())]
    MessageLate {
        /// The limit.
        limit: Duration,
    },
    /// A stream broke the order of messages.
    #[error("protocol error: {0}")]
    Protocol(String),
    /// The other end of a stream did not read its messages.
    #[error("{0} messages wait unread: the session is closed")]
    TooSlow(usize),
    /// The daemon ended a stream.
    #[error("{}", closing_text(*.0))]
    Closed(Closing),
    /// Too much of something at once.
    #[error("{what}: {limit} at once is the limit")]
    Busy {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// An export, an import or a check came to nothing.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// Our own mistake.
    #[error("{0}")]
    Internal(String),
}

impl From<ReportError> for Refusal {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Field(error) => Self::Field(error),
            ReportError::Site(error) => Self::Site(error),
        }
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let text = refusal.to_string();
        let (code, details) = match &refusal {
            Refusal::Field(error) => (Code::InvalidArgument, bad_request(error)),
            Refusal::Register(error) => register(error),
            Refusal::Lease(error) => lease(error),
            Refusal::Site(error) => site(error),
            Refusal::Share(spent) => share(spent),
            Refusal::NoSuchSite
            | Refusal::NoSuchKey
            | Refusal::NoSuchId(_)
            | Refusal::NoSuchService => (Code::NotFound, ErrorDetails::new()),
            Refusal::Nobody => (Code::PermissionDenied, reason("OVERFLOW_UID")),
            Refusal::AdministratorsOnly(_) => {
                (Code::PermissionDenied, reason("ADMINISTRATORS_ONLY"))
            }
            Refusal::Unidentified(_) => (Code::Unavailable, retry("UNIDENTIFIED", RETRY)),
            Refusal::NotRecorded => (Code::Unavailable, retry("NOT_RECORDED", RETRY)),
            Refusal::Stopping(EngineGone) => (Code::Unavailable, retry("STOPPING", RETRY)),
            Refusal::Advance(error) => advance(*error),
            Refusal::HelloLate { .. } => (Code::DeadlineExceeded, reason("HELLO_LATE")),
            Refusal::MessageLate { .. } => (Code::DeadlineExceeded, reason("MESSAGE_LATE")),
            Refusal::Protocol(_) => (Code::InvalidArgument, reason("PROTOCOL_ERROR")),
            Refusal::TooSlow(_) => (Code::ResourceExhausted, retry("TOO_SLOW", RETRY)),
            Refusal::Closed(closing) => closed(*closing),
            Refusal::Busy { .. } => (Code::ResourceExhausted, retry("BUSY", RETRY)),
            Refusal::Transfer(error) => transfer(error),
            Refusal::Internal(_) => return internal(&text),
        };
        Self::with_error_details(code, text, details)
    }
}

fn register(error: &RegisterError) -> (Code, ErrorDetails) {
    match error {
        RegisterError::Field(error) => (Code::InvalidArgument, bad_request(error)),
        RegisterError::OwnerFull { .. } => {
            (Code::ResourceExhausted, retry("OWNER_SHARE_SPENT", RETRY_SHARE))
        }
        RegisterError::OriginFull { .. } => {
            (Code::ResourceExhausted, retry("ORIGIN_SHARE_SPENT", RETRY_SHARE))
        }
        RegisterError::Share(spent) => share(spent),
        RegisterError::Denied { denial, .. } => (Code::PermissionDenied, reason(denied(*denial))),
        RegisterError::Full { .. } => (Code::ResourceExhausted, retry("QUEUE_FULL", RETRY_SHARE)),
    }
}

fn site(error: &SiteError) -> (Code, ErrorDetails) {
    let why = match error {
        SiteError::Share(spent) => return share(spent),
        SiteError::Sites { .. } => "SITES_SPENT",
        SiteError::Profiles { .. } => "PROFILES_SPENT",
    };
    (Code::ResourceExhausted, retry(why, RETRY_SHARE))
}

fn share(spent: &ShareSpent) -> (Code, ErrorDetails) {
    let details = match spent {
        ShareSpent::OwnerBytes { .. } => retry("OWNER_BYTES_SPENT", RETRY_SHARE),
        ShareSpent::Bytes { .. } => retry("BYTES_SPENT", RETRY_SHARE),
        ShareSpent::Owners { .. } => retry("OWNERS_SPENT", RETRY_SHARE),
        ShareSpent::UnnamedOwners { .. } => retry("UNNAMED_OWNERS_SPENT", RETRY_SHARE),
        ShareSpent::Calls { retry_after, .. } => retry("CALLS_SPENT", *retry_after),
    };
    (Code::ResourceExhausted, details)
}

fn denied(denial: Denial) -> &'static str {
    match denial {
        Denial::Policy => "POLICY_DENIED",
        Denial::Browser => "BROWSER_DENIED",
        Denial::NotGranted => "NOT_GRANTED",
    }
}

fn lease(error: &LeaseError) -> (Code, ErrorDetails) {
    match error {
        LeaseError::Field(error) => (Code::InvalidArgument, bad_request(error)),
        LeaseError::Share(spent) => share(spent),
        LeaseError::Full { .. } => (Code::ResourceExhausted, retry("LEASES_SPENT", RETRY_SHARE)),
        LeaseError::NotYours => (Code::PermissionDenied, reason("ADMINISTRATORS_ONLY")),
    }
}

fn transfer(error: &TransferError) -> (Code, ErrorDetails) {
    match error {
        TransferError::Lines { .. } | TransferError::Refused(_) => {
            (Code::InvalidArgument, reason("IMPORT_REFUSED"))
        }
        TransferError::Interrupted => (Code::InvalidArgument, reason("PROTOCOL_ERROR")),
        TransferError::Store(_) => (Code::Unavailable, retry("STORE_UNREADABLE", RETRY)),
        TransferError::NotRecorded => (Code::Unavailable, retry("NOT_RECORDED", RETRY)),
        TransferError::Busy { .. } => (Code::ResourceExhausted, retry("BUSY", RETRY)),
        TransferError::TooSlow { .. } => (Code::ResourceExhausted, retry("TOO_SLOW", RETRY)),
    }
}

fn advance(error: AdvanceError) -> (Code, ErrorDetails) {
    match error {
        AdvanceError::OutOfPatience { .. } => (Code::DeadlineExceeded, reason("ATTEMPTS_OUT")),
        AdvanceError::Past => {
            let details = ErrorDetails::with_bad_request_violation("to", error.to_string());
            (Code::InvalidArgument, details)
        }
    }
}

fn closed(closing: Closing) -> (Code, ErrorDetails) {
    match closing {
        Closing::Superseded => (Code::Aborted, reason("SUPERSEDED")),
        Closing::ShuttingDown => (Code::Unavailable, retry("STOPPING", RETRY)),
        Closing::Restarting => (Code::Unavailable, retry("RESTARTING", RETRY)),
    }
}

fn closing_text(closing: Closing) -> &'static str {
    match closing {
        Closing::Superseded => "a newer one attached in its place",
        Closing::ShuttingDown => "the daemon is stopping",
        Closing::Restarting => "the daemon starts again from its store",
    }
}

fn bad_request(error: &FieldError) -> ErrorDetails {
    let description = format!("value {} {}", error.value, error.rule);
    ErrorDetails::with_bad_request_violation(error.field, description)
}

fn reason(reason: &'static str) -> ErrorDetails {
    ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new())
}

fn retry(why: &'static str, delay: Duration) -> ErrorDetails {
    let mut details = reason(why);
    details.set_retry_info(Some(delay));
    details
}

/// The log has what the caller need not know; the id joins the two.
fn internal(text: &str) -> Status {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
    let id = format!("{}-{number}", std::process::id());
    tracing::error!(id, error = text, "internal error");
    let message = format!("internal error `{id}`: the daemon's log tells more");
    Status::with_error_details(Code::Internal, message, reason("INTERNAL"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pwasync_core::key::Tag;

    fn status(refusal: impl Into<Refusal>) -> Status {
        refusal.into().into()
    }

    #[test]
    fn a_refused_field_names_field_value_and_limit() {
        let status = status(Tag::parse(&"x".repeat(10_241)).unwrap_err());
        assert_eq!(status.code(), Code::InvalidArgument);
        let violations = status.get_details_bad_request().unwrap().field_violations;
        assert_eq!(violations.len(), 1);
        assert_eq!(violations[0].field, "tag");
        let wanted = format!("value `{}…` is longer than 10240 bytes (10241)", "x".repeat(64));
        assert_eq!(violations[0].description, wanted);
        assert_eq!(status.message(), format!("field `tag`: {wanted}"));
    }

    #[test]
    fn a_spent_share_says_when_to_come_back() {
        for error in [SiteError::Sites { limit: 4_096 }, SiteError::Profiles { limit: 64 }] {
            let status = status(error);
            assert_eq!(status.code(), Code::ResourceExhausted);
            assert!(status.get_details_error_info().unwrap().reason.ends_with("S_SPENT"));
            let delay = status.get_details_retry_info().unwrap().retry_delay;
            assert_eq!(delay, Some(RETRY_SHARE));
        }
        for error in [
            RegisterError::OwnerFull { uid: 1_000, limit: 10_000 },
            RegisterError::OriginFull { origin: "https://example.org".into(), limit: 256 },
            RegisterError::Full { limit: 200_000 },
        ] {
            let status = status(error);
            assert_eq!(status.code(), Code::ResourceExhausted);
            let delay = status.get_details_retry_info().unwrap().retry_delay;
            assert_eq!(delay, Some(RETRY_SHARE));
        }
    }

    #[test]
    fn a_spent_share_names_itself() {
        let (uid, limit, wanted) = (1_000, 4 << 20, 200);
        let retry_after = Duration::from_millis(240);
        let origin = "https://example.org".to_owned();
        for (spent, why, text) in [
            (
                ShareSpent::OwnerBytes { uid, limit, wanted },
                "OWNER_BYTES_SPENT",
                "what is kept of owner `1000` may hold 4194304 bytes: there is no room for 200 more",
            ),
            (
                ShareSpent::Bytes { limit, wanted },
                "BYTES_SPENT",
                "all that is kept may hold 4194304 bytes: there is no room for 200 more",
            ),
            (
                ShareSpent::Owners { limit: 3 },
                "OWNERS_SPENT",
                "something is kept of 3 owners, as many as there may be",
            ),
            (
                ShareSpent::UnnamedOwners { limit: 3 },
                "UNNAMED_OWNERS_SPENT",
                "something is kept of 3 owners without a login name, as many as there may be",
            ),
            (
                ShareSpent::Calls { origin, limit: 250, retry_after },
                "CALLS_SPENT",
                "origin `https://example.org` has made its 250 calls a minute: the next is in 1 s",
            ),
        ] {
            let delay = if why == "CALLS_SPENT" { retry_after } else { RETRY_SHARE };
            for status in [
                status(spent.clone()),
                status(RegisterError::from(spent.clone())),
                status(SiteError::from(spent.clone())),
                status(LeaseError::from(spent.clone())),
            ] {
                assert_eq!((status.code(), status.message()), (Code::ResourceExhausted, text));
                assert_eq!(status.get_details_error_info().unwrap().reason, why);
                let told = status.get_details_retry_info().unwrap().retry_delay;
                assert_eq!(told, Some(delay));
            }
        }
    }

    #[test]
    fn what_could_not_be_recorded_is_to_be_repeated() {
        for refusal in [Refusal::NotRecorded, Refusal::Stopping(EngineGone)] {
            let status = status(refusal);
            assert_eq!(status.code(), Code::Unavailable);
            assert_eq!(status.get_details_retry_info().unwrap().retry_delay, Some(RETRY));
        }
    }

    #[test]
    fn a_superseded_session_is_aborted_and_has_no_retry() {
        let aborted = status(Refusal::Closed(Closing::Superseded));
        assert_eq!(aborted.code(), Code::Aborted);
        assert!(aborted.get_details_retry_info().is_none());
        let stopping = status(Refusal::Closed(Closing::ShuttingDown));
        assert_eq!(stopping.code(), Code::Unavailable);
    }

    #[test]
    fn an_internal_error_names_an_id_and_no_detail() {
        let status = status(Refusal::Internal("the secret cause".into()));
        assert_eq!(status.code(), Code::Internal);
        let id = format!("internal error `{}-", std::process::id());
        assert!(status.message().starts_with(&id), "{}", status.message());
        assert!(!status.message().contains("secret"));
    }

    #[test]
    fn no_refusal_is_unknown() {
        for refusal in [
            Refusal::NoSuchKey,
            Refusal::NoSuchId(RegistrationId::new(4)),
            Refusal::NoSuchService,
            Refusal::Nobody,
            Refusal::Unidentified("no answer"),
            Refusal::AdministratorsOnly("`owner_uid`"),
            Refusal::Advance(AdvanceError::Past),
            Refusal::Advance(AdvanceError::OutOfPatience { out: 1, patience: RETRY }),
            Refusal::HelloLate { what: "`Hello`", limit: RETRY },
            Refusal::MessageLate { limit: RETRY },
            Refusal::Protocol("`Ready` before `Hello`".into()),
            Refusal::TooSlow(256),
            Refusal::Busy { what: "reconciliations", limit: 4 },
            Refusal::Transfer(TransferError::Interrupted),
            Refusal::Transfer(TransferError::Store("it is closed".into())),
            Refusal::Transfer(TransferError::Busy { limit: 2, whose: "a user" }),
            Refusal::Transfer(TransferError::TooSlow { limit: Duration::from_secs(30) }),
            Refusal::Transfer(TransferError::Lines { first: Vec::new(), count: 2 }),
        ] {
            let status = status(refusal.clone());
            assert_ne!(status.code(), Code::Unknown);
            assert_eq!(status.message(), refusal.to_string());
        }
    }
}
