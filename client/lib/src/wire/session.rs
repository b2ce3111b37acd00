//! The messages of a session, both ways.

use std::time::Duration;

use pwasync_proto::v1;
use pwasync_proto::v1::{attach_request, attach_response};

use super::host::host_state;
use super::key::{into_profile, key};
use super::registration::{into_outcome, last_chance};
use super::time::{duration, into_duration};
use super::{missing, some_text};
use crate::{
    AttemptId, CancelReason, ClientError, CloseReason, Counted, HostState, Limits, Outcome,
    ProfileId, RegistrationId, Wake,
};

/// An outcome on its way to the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) attempt: AttemptId,
    pub(crate) outcome: Outcome,
    pub(crate) detail: String,
    pub(crate) retry_after: Option<Duration>,
}

/// What a browser says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ToDaemon {
    Hello {
        profile: ProfileId,
        agent: String,
        capacity: u32,
        running: Vec<AttemptId>,
        finished: Vec<Report>,
        launch_token: Option<String>,
    },
    Ready,
    Started(AttemptId),
    Finished(Report),
}

/// What the daemon says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FromDaemon {
    Welcome {
        session_id: u64,
        daemon_version: String,
        limits: Limits,
        abandon: Vec<AttemptId>,
        host: HostState,
    },
    Wake(Wake),
    Cancel {
        attempt: AttemptId,
        reason: CancelReason,
    },
    Recorded {
        attempt: AttemptId,
        counted: Counted,
    },
    HostChanged(HostState),
    Closing {
        reason: CloseReason,
        reconnect_after: Option<Duration>,
        detail: Option<String>,
    },
}

pub(crate) fn into_attach_request(message: ToDaemon) -> v1::AttachRequest {
    use attach_request::Message;
    let message = match message {
        ToDaemon::Hello { profile, agent, capacity, running, finished, launch_token } => {
            Message::Hello(v1::Hello {
                profile: Some(into_profile(&profile)),
                agent,
                capacity,
                running: running.into_iter().map(into_attempt_id).collect(),
                finished: finished.into_iter().map(into_finished).collect(),
                launch_token: launch_token.unwrap_or_default(),
            })
        }
        ToDaemon::Ready => Message::Ready(v1::Ready {}),
        ToDaemon::Started(attempt) => {
            Message::Started(v1::Started { attempt_id: into_attempt_id(attempt) })
        }
        ToDaemon::Finished(report) => Message::Finished(into_finished(report)),
    };
    v1::AttachRequest { message: Some(message) }
}

fn into_attempt_id(attempt: AttemptId) -> String {
    attempt.as_str().to_owned()
}

fn into_finished(report: Report) -> v1::Finished {
    let Report { attempt, outcome, detail, retry_after } = report;
    v1::Finished {
        attempt_id: into_attempt_id(attempt),
        outcome: into_outcome(outcome).into(),
        detail,
        retry_after: retry_after.map(into_duration),
    }
}

/// None: a message that only a newer client understands.
pub(crate) fn from_daemon(wire: v1::AttachResponse) -> Result<Option<FromDaemon>, ClientError> {
    use attach_response::Message;
    let Some(message) = wire.message else { return Ok(None) };
    Ok(Some(match message {
        Message::Welcome(wire) => welcome(wire)?,
        Message::Wake(message) => FromDaemon::Wake(wake(message)?),
        Message::Cancel(v1::Cancel { attempt_id, reason }) => FromDaemon::Cancel {
            attempt: AttemptId::new(attempt_id),
            reason: cancel_reason(reason),
        },
        Message::Recorded(v1::Recorded { attempt_id, counted }) => FromDaemon::Recorded {
            attempt: AttemptId::new(attempt_id),
            counted: if counted { Counted::Yes } else { Counted::No },
        },
        Message::HostState(wire) => FromDaemon::HostChanged(host_state(Some(wire))?),
        Message::Closing(v1::Closing { reason, reconnect_after, detail }) => FromDaemon::Closing {
            reason: close_reason(reason),
            reconnect_after: duration("closing.reconnect_after", reconnect_after)?,
            detail: some_text(detail),
        },
    }))
}

fn welcome(wire: v1::Welcome) -> Result<FromDaemon, ClientError> {
    let v1::Welcome { session_id, daemon_version, limits, abandon, host_state: host } = wire;
    let v1::Limits { tag_bytes, scope_bytes, detail_bytes, retry_after } =
        limits.ok_or_else(|| missing("welcome.limits"))?;
    Ok(FromDaemon::Welcome {
        session_id,
        daemon_version,
        limits: Limits {
            tag_bytes,
            scope_bytes,
            detail_bytes,
            retry_after: duration("welcome.limits.retry_after", retry_after)?
                .ok_or_else(|| missing("welcome.limits.retry_after"))?,
        },
        abandon: abandon.into_iter().map(AttemptId::new).collect(),
        host: host_state(host)?,
    })
}

fn wake(wire: v1::Wake) -> Result<Wake, ClientError> {
    let v1::Wake {
        attempt_id,
        registration_id,
        key: its_key,
        last_chance: is_last,
        time_limit,
        start_limit,
    } = wire;
    Ok(Wake {
        attempt: AttemptId::new(attempt_id),
        registration_id: RegistrationId::new(registration_id),
        key: key(its_key)?,
        last_chance: last_chance(is_last),
        time_limit: duration("wake.time_limit", time_limit)?
            .ok_or_else(|| missing("wake.time_limit"))?,
        start_limit: duration("wake.start_limit", start_limit)?
            .ok_or_else(|| missing("wake.start_limit"))?,
    })
}

fn cancel_reason(wire: i32) -> CancelReason {
    use v1::CancelReason as Wire;
    match Wire::try_from(wire) {
        Ok(Wire::TimeLimit) => CancelReason::TimeLimit,
        Ok(Wire::Removed) => CancelReason::Removed,
        Ok(Wire::Revoked) => CancelReason::Revoked,
        Ok(Wire::Suspending) => CancelReason::Suspending,
        Ok(Wire::Superseded) => CancelReason::Superseded,
        Ok(Wire::Unspecified) | Err(_) => CancelReason::Other(wire),
    }
}

pub(super) fn close_reason(wire: i32) -> CloseReason {
    use v1::ClosingReason as Wire;
    match Wire::try_from(wire) {
        Ok(Wire::ShuttingDown) => CloseReason::ShuttingDown,
        Ok(Wire::Superseded) => CloseReason::Superseded,
        Ok(Wire::TooSlow) => CloseReason::TooSlow,
        Ok(Wire::ProtocolError) => CloseReason::ProtocolError,
        Ok(Wire::Restarting) => CloseReason::Restarting,
        Ok(Wire::Unspecified) | Err(_) => CloseReason::Other(wire),
    }
}
