//! Conversions between generated messages and plain types, one file per topic. Nothing else:
//! no call is made here, and nothing is decided.
//!
//! What comes in is checked: a required part that is missing or an enum value that makes no sense
//! is a [`ClientError::Malformed`]. Codes that only inform people are kept as `Other`, so that a
//! newer daemon is still understood.

mod admin;
mod blocker_code;
mod engagement;
mod explanation;
mod history;
mod host;
mod key;
mod launcher;
mod lease;
mod permission;
mod policy;
mod registration;
mod session;
mod simulation;
mod status;
mod time;
mod transfer;

pub(crate) use admin::{
    into_list_request, run_now, session_info, status as daemon_status, watched_change,
};
pub(crate) use engagement::{
    engagement, engagement_score, into_engagement_request, into_report_request, into_score_request,
};
pub(crate) use explanation::{explanation, forecast, into_forecast_request};
pub(crate) use history::{history, into_history_request};
pub(crate) use host::host_state;
pub(crate) use key::{into_key, into_kind, into_profile};
pub(crate) use launcher::{FromLauncher, ToLauncher, into_launcher_request, to_launcher};
pub(crate) use lease::{
    into_override_request, into_pause_request, into_subject, lease, leases, paused, resumed,
};
pub(crate) use permission::{apps_changed, into_apps_request, into_permission_request};
pub(crate) use policy::{policy, policy_reload};
pub(crate) use registration::{
    into_held, into_register_request, reconciled, registered, registration, unregister_change,
};
pub(crate) use session::{FromDaemon, Report, ToDaemon, from_daemon, into_attach_request};
pub(crate) use simulation::{
    advanced, into_advance_request, into_cut_request, into_fail_store_request,
    into_network_request, into_power_request, into_step_request,
};
pub(crate) use status::client_error;
pub(crate) use time::{instant, into_duration};
pub(crate) use transfer::{check_report, imported};

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
