//! Between the protocol's messages and the daemon's types, one file per topic.
//!
//! `*_from_proto` checks all that comes from outside and is the only way in; `*_to_proto` cannot
//! fail. Nothing here talks to the engine.

mod attempts;
mod blockers;
mod changes;
mod constraints;
mod engagement;
mod explanation;
mod history;
mod host;
mod keys;
mod launchers;
mod leases;
mod limits;
mod lists;
mod policy;
mod registrations;
mod sessions;
mod simulation;
mod sites;
mod status;
mod time;
mod transfers;

pub(super) use self::{
    changes::{recent_from_proto, watched_to_proto},
    constraints::{constraints_from_proto, constraints_to_proto},
    engagement::engaged_to_proto,
    explanation::{
        explanation_to_proto, forecast_to_proto, outlook_question, question_from_proto,
        trail_from_proto,
    },
    history::{history_from_proto, history_to_proto},
    host::host_to_proto,
    keys::{
        key_from_proto, key_to_proto, kind_from_proto, profile_from_proto, profile_id_from_proto,
        worker_from_proto,
    },
    launchers::{
        launch_failed_from_proto, launcher_closing_to_proto, launcher_hello_from_proto,
        launcher_welcome_to_proto, profiles_from_proto, to_launcher_to_proto,
    },
    leases::{
        fact_from_proto, lease_to_proto, leases_to_proto, override_from_proto, pause_from_proto,
        subject_from_proto,
    },
    limits::{at_most_so_many, count_to_proto, missing},
    lists::{given, list_from_proto, origin_from_proto, owner_from_proto, page_to_proto},
    policy::{policy_to_proto, reloaded_to_proto, wanted_from_proto},
    registrations::{
        held_from_proto, new_from_proto, reconciled_to_proto, register_to_proto,
        registration_to_proto, run_now_to_proto, unregistered_to_proto,
    },
    sessions::{
        attempt_id_from_proto, closing_to_proto, finished_from_proto, hello_from_proto,
        launch_token_from_proto, session_to_proto, to_session_to_proto, welcome_to_proto,
    },
    simulation::{
        advance_from_proto, boot_from_proto, distance_from_proto, failure_from_proto,
        network_from_proto, power_from_proto, resume_from_proto, step_from_proto,
    },
    sites::{
        apps_changed_to_proto, apps_from_proto, permission_from_proto, report_from_proto,
        reported_to_proto, site_from_proto,
    },
    status::status_to_proto,
    time::{duration_from_proto, duration_to_proto, timestamp_to_proto, unix_millis_from_proto},
    transfers::{checked_to_proto, import_problems_to_proto, imported_to_proto},
};
