//! What goes over a session's stream.

use std::time::Duration;

use pwasync_core::{
    FieldError,
    attempt::{DETAIL_BYTES, Finished},
    effect::{CancelReason, Counted, Wake},
    key::{AttemptId, LaunchToken, OwnerId, ProfileKey, SCOPE_BYTES, TAG_BYTES},
    time::WallClock,
};
use pwasync_proto::v1 as wire;
use wire::attach_response::Message;

use super::{
    attempts::outcome_from_proto,
    host::host_to_proto,
    keys::{key_to_proto, profile_from_proto, profile_to_proto},
    limits::{at_most_so_many, number_from_proto, text_from_proto},
    time::{bounded_from_proto, duration_to_proto, timestamp_to_proto},
};
use crate::channel::{Closing, SessionInfo, ToSession, Welcome};

pub(super) const AGENT_BYTES: usize = 256;
const LAUNCH_TOKEN_BYTES: usize = 64;
/// Attempts, and outcomes, that one `Hello` may name.
const NAMED: usize = 1_024;
const CAPACITY: u32 = 64;
/// A server's Retry-After (P-04).
const RETRY_AFTER: Duration = Duration::from_secs(24 * 3_600);

/// Who attaches, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hello {
    /// Whose profile, and which.
    pub(crate) profile: ProfileKey,
    /// For people.
    pub(crate) agent: String,
    /// Events at once; `None`: policy's default.
    pub(crate) capacity: Option<u32>,
    /// Attempts whose event runs now.
    pub(crate) running: Vec<AttemptId>,
    /// Outcomes that were never confirmed.
    pub(crate) finished: Vec<Finished>,
    /// Names the start that it answers, where a launcher started it.
    pub(crate) launch: Option<LaunchToken>,
}

/// The first message of a session.
///
/// # Errors
/// When a part breaks its rule.
pub(crate) fn hello_from_proto(owner: OwnerId, hello: wire::Hello) -> Result<Hello, FieldError> {
    at_most_so_many("running", hello.running.len(), NAMED)?;
    at_most_so_many("finished", hello.finished.len(), NAMED)?;
    let token = text_from_proto("launch_token", hello.launch_token, LAUNCH_TOKEN_BYTES)?;
    let launch = Some(token).filter(|token| !token.is_empty());
    let capacity = number_from_proto("capacity", hello.capacity, CAPACITY)?;
    Ok(Hello {
        profile: profile_from_proto(owner, hello.profile.as_ref())?,
        agent: text_from_proto("agent", hello.agent, AGENT_BYTES)?,
        capacity: Some(capacity).filter(|capacity| *capacity != 0),
        running: hello
            .running
            .iter()
            .map(|id| {
                AttemptId::parse(id).map_err(|error| FieldError { field: "running", ..error })
            })
            .collect::<Result<_, _>>()?,
        finished: hello.finished.into_iter().map(finished_from_proto).collect::<Result<_, _>>()?,
        launch: launch.map(|token| launch_token_from_proto(&token)).transpose()?,
    })
}

/// How an event ended.
///
/// # Errors
/// When a part breaks its rule.
pub(crate) fn finished_from_proto(finished: wire::Finished) -> Result<Finished, FieldError> {
    let retry_after = finished
        .retry_after
        .map(|after| bounded_from_proto("retry_after", &after, RETRY_AFTER))
        .transpose()?;
    Ok(Finished {
        attempt: attempt_id_from_proto(&finished.attempt_id)?,
        outcome: outcome_from_proto(finished.outcome)?,
        detail: text_from_proto("detail", finished.detail, DETAIL_BYTES)?.into(),
        retry_after,
    })
}

/// An attempt's id.
///
/// # Errors
/// When it is none.
pub(crate) fn attempt_id_from_proto(id: &str) -> Result<AttemptId, FieldError> {
    AttemptId::parse(id)
}

/// The name of a browser's start.
///
/// # Errors
/// When it is none.
pub(crate) fn launch_token_from_proto(token: &str) -> Result<LaunchToken, FieldError> {
    let id = AttemptId::parse(token);
    id.map(LaunchToken).map_err(|error| FieldError { field: "launch_token", ..error })
}

/// The daemon's first message.
pub(crate) fn welcome_to_proto(welcome: &Welcome) -> wire::AttachResponse {
    message(Message::Welcome(wire::Welcome {
        session_id: welcome.session.number(),
        daemon_version: env!("CARGO_PKG_VERSION").to_owned(),
        limits: Some(wire::Limits {
            tag_bytes: bytes(TAG_BYTES),
            scope_bytes: bytes(SCOPE_BYTES),
            detail_bytes: bytes(DETAIL_BYTES),
            retry_after: Some(duration_to_proto(RETRY_AFTER)),
        }),
        abandon: welcome.abandon.iter().map(AttemptId::to_string).collect(),
        host_state: Some(host_to_proto(&welcome.host)),
    }))
}

fn bytes(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// A message to an attached browser.
pub(crate) fn to_session_to_proto(said: &ToSession) -> wire::AttachResponse {
    match said {
        ToSession::Wake(wake) => message(Message::Wake(wake_to_proto(wake))),
        ToSession::Cancel { attempt, reason } => message(Message::Cancel(wire::Cancel {
            attempt_id: attempt.to_string(),
            reason: cancel_reason(*reason).into(),
        })),
        ToSession::Recorded { attempt, counted } => message(Message::Recorded(wire::Recorded {
            attempt_id: attempt.to_string(),
            counted: match counted {
                Counted::Yes => true,
                Counted::No => false,
            },
        })),
        ToSession::Host(view) => message(Message::HostState(host_to_proto(view))),
        ToSession::Closing { reason, reconnect_after } => {
            closing_to_proto(closing_reason(*reason), *reconnect_after, String::new())
        }
    }
}

/// The last message of a session; `detail` names field, value and limit.
pub(crate) fn closing_to_proto(
    reason: wire::ClosingReason,
    reconnect_after: Option<Duration>,
    detail: String,
) -> wire::AttachResponse {
    message(Message::Closing(wire::Closing {
        reason: reason.into(),
        reconnect_after: reconnect_after.map(duration_to_proto),
        detail,
    }))
}

fn message(message: Message) -> wire::AttachResponse {
    wire::AttachResponse { message: Some(message) }
}

fn wake_to_proto(wake: &Wake) -> wire::Wake {
    wire::Wake {
        attempt_id: wake.attempt.to_string(),
        registration_id: wake.registration.number(),
        key: Some(key_to_proto(&wake.key)),
        last_chance: wake.last_chance,
        time_limit: Some(duration_to_proto(wake.time_limit)),
        start_limit: Some(duration_to_proto(wake.start_limit)),
    }
}

fn cancel_reason(reason: CancelReason) -> wire::CancelReason {
    match reason {
        CancelReason::TimeLimit => wire::CancelReason::TimeLimit,
        CancelReason::Removed => wire::CancelReason::Removed,
        CancelReason::Revoked => wire::CancelReason::Revoked,
        CancelReason::Suspending => wire::CancelReason::Suspending,
    }
}

pub(super) fn closing_reason(reason: Closing) -> wire::ClosingReason {
    match reason {
        Closing::ShuttingDown => wire::ClosingReason::ShuttingDown,
        Closing::Superseded => wire::ClosingReason::Superseded,
        Closing::Restarting => wire::ClosingReason::Restarting,
    }
}

/// An attached session, for people.
pub(crate) fn session_to_proto(wall: WallClock, session: &SessionInfo) -> wire::Session {
    wire::Session {
        id: session.id.number(),
        owner_uid: session.profile.owner.uid(),
        profile: Some(profile_to_proto(&session.profile)),
        agent: session.agent.clone(),
        process_id: session.process_id.unwrap_or_default(),
        attached_at: Some(timestamp_to_proto(wall, session.attached_at)),
        ready: session.ready,
        capacity: session.capacity,
        running: session.running.iter().map(AttemptId::to_string).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pwasync_core::attempt::Outcome;

    fn hello() -> wire::Hello {
        wire::Hello {
            profile: Some(wire::ProfileId { browser: "chromium".into(), profile: "p".into() }),
            ..Default::default()
        }
    }

    fn parse(hello: wire::Hello) -> Result<Hello, String> {
        let owner = OwnerId::from_uid(1_000).unwrap();
        hello_from_proto(owner, hello).map_err(|error| error.to_string())
    }

    fn refused(hello: wire::Hello) -> String {
        parse(hello).unwrap_err()
    }

    fn finished() -> wire::Finished {
        wire::Finished {
            attempt_id: "3-1".into(),
            outcome: wire::Outcome::Rejected.into(),
            detail: "503".into(),
            retry_after: Some(prost_types::Duration { seconds: 60, nanos: 0 }),
        }
    }

    #[test]
    fn a_hello_is_taken_whole() {
        let hello = wire::Hello {
            capacity: 8,
            running: vec!["3-2".into()],
            finished: vec![finished()],
            launch_token: "3-9".into(),
            ..hello()
        };
        let hello = parse(hello).unwrap();
        assert_eq!(hello.launch, Some(LaunchToken(AttemptId { epoch: 3, counter: 9 })));
        assert_eq!(hello.capacity, Some(8));
        assert_eq!(hello.running, [AttemptId { epoch: 3, counter: 2 }]);
        assert_eq!(hello.finished[0].outcome, Outcome::Rejected);
        assert_eq!(hello.finished[0].retry_after, Some(Duration::from_secs(60)));
    }

    #[test]
    fn a_hello_keeps_its_limits() {
        let wrong = refused(wire::Hello { capacity: 65, ..hello() });
        assert_eq!(wrong, "field `capacity`: value `65` is more than 64");
        let wrong = refused(wire::Hello { running: vec!["1-1".into(); 1_025], ..hello() });
        assert_eq!(wrong, "field `running`: value `1025` is more than 1024 entries");
        let wrong = refused(wire::Hello { finished: vec![finished(); 1_025], ..hello() });
        assert_eq!(wrong, "field `finished`: value `1025` is more than 1024 entries");
        let wrong = refused(wire::Hello { agent: "a".repeat(257), ..hello() });
        assert!(wrong.ends_with("is longer than 256 bytes (257)"), "{wrong}");
        let wrong = refused(wire::Hello { launch_token: "a".repeat(65), ..hello() });
        assert!(wrong.ends_with("is longer than 64 bytes (65)"), "{wrong}");
        let wrong = refused(wire::Hello { launch_token: "seven".into(), ..hello() });
        assert_eq!(wrong, "field `launch_token`: value `seven` is not `epoch-counter`");
        let wrong = refused(wire::Hello { running: vec!["seven".into()], ..hello() });
        assert_eq!(wrong, "field `running`: value `seven` is not `epoch-counter`");
        let wrong = refused(wire::Hello { profile: None, ..hello() });
        assert_eq!(wrong, "field `profile`: value `` is missing");
    }

    #[test]
    fn an_outcome_keeps_its_limits() {
        let refused = |finished| finished_from_proto(finished).unwrap_err().to_string();
        let detail = "x".repeat(1_025);
        let wrong = refused(wire::Finished { detail, ..finished() });
        assert!(wrong.ends_with("is longer than 1024 bytes (1025)"), "{wrong}");
        let retry_after = Some(prost_types::Duration { seconds: 86_401, nanos: 0 });
        let wrong = refused(wire::Finished { retry_after, ..finished() });
        assert_eq!(wrong, "field `retry_after`: value `86401s` is longer than 24 h");
        let wrong = refused(wire::Finished { outcome: 0, ..finished() });
        assert!(wrong.starts_with("field `outcome`: value `0` must be COMPLETED"), "{wrong}");
        let wrong = refused(wire::Finished { attempt_id: String::new(), ..finished() });
        assert_eq!(wrong, "field `attempt_id`: value `` is not `epoch-counter`");
    }
}
