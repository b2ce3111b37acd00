//! Conversions between generated messages and plain types, one file per topic. Nothing else:
//! no call is made here, and nothing is decided.
//!
//! What comes in is checked: a required part that is missing or an enum value that makes no sense
//! is a [`ClientError::Malformed`]. Codes that only inform people are kept as `Other`, so that a
//! newer daemon is still understood.

mod admin;
mod blocker_code;
mod host;
mod key;
mod registration;
mod session;
mod simulation;
mod status;
mod time;

pub(crate) use admin::{
    into_list_request, run_now, session_info, status as daemon_status, watched_change,
};
pub(crate) use host::host_state;
pub(crate) use key::{into_key, into_kind, into_profile};
pub(crate) use registration::{
    into_held, into_register_request, reconciled, registered, registration, unregister_change,
};
pub(crate) use session::{FromDaemon, Report, ToDaemon, from_daemon, into_attach_request};
pub(crate) use simulation::{
    advanced, into_advance_request, into_fail_store_request, into_network_request,
    into_power_request, into_step_request,
};
pub(crate) use status::client_error;
pub(crate) use time::{instant, into_duration};

use crate::ClientError;

fn missing(field: &'static str) -> ClientError {
    ClientError::Malformed { field, problem: "it is missing".to_owned() }
}

fn unknown_value(field: &'static str, value: i32) -> ClientError {
    ClientError::Malformed { field, problem: format!("value {value} is unknown") }
}

/// Proto3 has no absent string: an empty one stands for it.
fn some_text(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}
