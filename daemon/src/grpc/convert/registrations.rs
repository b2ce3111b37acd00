//! Registrations and what calls about them answer.

use pwasync_core::{
    FieldError, NewRegistration, NewSchedule, Reconciled, RegisterChange, Registered,
    RegistrationView, RunNow, Unregistered,
    key::{AppId, ProfileKey, RegistrationKey, Scope, SyncKind, Tag, WorkerKey},
    registration::{Schedule, StateName},
    time::WallClock,
};
use pwasync_proto::v1 as wire;

use super::{
    attempts::{attempt_to_proto, ended_to_proto},
    blockers::blockers_to_proto,
    constraints::{constraints_from_proto, constraints_to_proto},
    keys::{key_to_proto, kind_from_proto},
    time::{duration_from_proto, duration_to_proto, timestamp_to_proto},
};

/// What is to be registered.
///
/// # Errors
/// When a part breaks its rule, or belongs to the other kind.
pub(crate) fn new_from_proto(
    key: RegistrationKey,
    request: &wire::RegisterRequest,
) -> Result<NewRegistration, FieldError> {
    let schedule =
        schedule_from_proto(key.kind, request.min_interval.as_ref(), request.expires_in.as_ref())?;
    let app = app_from_proto(&request.app_id)?;
    let constraints = constraints_from_proto(request.constraints.as_ref())?;
    Ok(NewRegistration { key, app, schedule, constraints })
}

/// A registration as a browser holds it.
///
/// # Errors
/// When a part breaks its rule.
pub(crate) fn held_from_proto(
    profile: &ProfileKey,
    held: &wire::HeldRegistration,
) -> Result<NewRegistration, FieldError> {
    let kind = kind_from_proto(held.kind)?;
    let worker = WorkerKey { profile: profile.clone(), scope: Scope::parse(&held.scope)? };
    let key = RegistrationKey { worker: worker.into(), kind, tag: Tag::parse(&held.tag)? };
    let schedule = schedule_from_proto(kind, held.min_interval.as_ref(), None)?;
    let app = app_from_proto(&held.app_id)?;
    let constraints = constraints_from_proto(held.constraints.as_ref())?;
    Ok(NewRegistration { key, app, schedule, constraints })
}

/// An absent minimum interval is 0, the default that pages know; policy raises it.
fn schedule_from_proto(
    kind: SyncKind,
    min_interval: Option<&prost_types::Duration>,
    expires_in: Option<&prost_types::Duration>,
) -> Result<NewSchedule, FieldError> {
    let min_interval = parse(min_interval, "min_interval")?;
    let expires_in = parse(expires_in, "expires_in")?;
    match (kind, min_interval, expires_in) {
        (SyncKind::OneOff, Some(given), _) => {
            Err(shown("min_interval", given, "is for periodic registrations only"))
        }
        (SyncKind::Periodic, _, Some(given)) => {
            Err(shown("expires_in", given, "is for one-off registrations only"))
        }
        (SyncKind::OneOff, None, expires_in) => Ok(NewSchedule::OneOff { expires_in }),
        (SyncKind::Periodic, min_interval, None) => {
            Ok(NewSchedule::Periodic { min_interval: min_interval.unwrap_or_default() })
        }
    }
}

fn parse(
    duration: Option<&prost_types::Duration>,
    field: &'static str,
) -> Result<Option<std::time::Duration>, FieldError> {
    duration.map(|duration| duration_from_proto(field, duration)).transpose()
}

fn shown(field: &'static str, value: std::time::Duration, rule: &str) -> FieldError {
    FieldError::plain(field, format!("{value:?}"), rule)
}

fn app_from_proto(app_id: &str) -> Result<Option<AppId>, FieldError> {
    if app_id.is_empty() {
        return Ok(None);
    }
    AppId::parse(app_id).map(Some)
}

/// A registration with all that is worked out about it.
pub(crate) fn registration_to_proto(
    wall: WallClock,
    view: &RegistrationView,
) -> wire::Registration {
    let registration = &view.registration;
    let at = |at| Some(timestamp_to_proto(wall, at));
    let (min_interval, due_at, expires_at) = match registration.schedule {
        Schedule::OneOff { expires_at } => (None, None, at(expires_at)),
        Schedule::Periodic { min_interval, plan, .. } => {
            let due_at = if registration.running().is_none() { at(plan.due) } else { None };
            (Some(duration_to_proto(min_interval.to_duration())), due_at, None)
        }
    };
    let running = registration.running().map(|attempt| attempt_to_proto(wall, attempt));
    let ended = || registration.last_attempt.as_ref().map(|ended| ended_to_proto(wall, ended));
    wire::Registration {
        id: registration.id.number(),
        owner_uid: registration.key.owner().uid(),
        key: Some(key_to_proto(&registration.key)),
        app_id: registration.app.as_ref().map_or(String::new(), |app| app.as_str().to_owned()),
        state: state_to_proto(registration.state.name()).into(),
        min_interval,
        effective_interval: view.effective_interval.map(duration_to_proto),
        registered_at: Some(timestamp_to_proto(wall, registration.registered_at)),
        expires_at,
        next_at: view.next_at.map(|at| timestamp_to_proto(wall, at)),
        attempts: registration.attempts.into(),
        max_attempts: registration.max_attempts.into(),
        last_attempt: running.or_else(ended),
        blockers: blockers_to_proto(wall, &view.blockers),
        constraints: constraints_to_proto(registration.constraints),
        due_at,
    }
}

fn state_to_proto(state: StateName) -> wire::RegistrationState {
    match state {
        StateName::Pending => wire::RegistrationState::Pending,
        StateName::Waiting => wire::RegistrationState::Waiting,
        StateName::Suspended => wire::RegistrationState::Suspended,
        StateName::Firing => wire::RegistrationState::Firing,
        StateName::ReregisteredWhileFiring => wire::RegistrationState::ReregisteredWhileFiring,
    }
}

/// The answer to Register.
pub(crate) fn register_to_proto(
    wall: WallClock,
    registered: &Registered,
) -> wire::RegisterResponse {
    let change = match registered.change {
        RegisterChange::Created => wire::RegisterChange::Created,
        RegisterChange::Updated => wire::RegisterChange::Updated,
        RegisterChange::Unchanged => wire::RegisterChange::Unchanged,
        RegisterChange::Rearmed => wire::RegisterChange::Rearmed,
    };
    wire::RegisterResponse {
        registration: Some(registration_to_proto(wall, &registered.view)),
        change: change.into(),
    }
}

/// The answer to Unregister.
pub(crate) fn unregistered_to_proto(unregistered: Unregistered) -> wire::UnregisterResponse {
    let change = match unregistered {
        Unregistered::Removed => wire::UnregisterChange::Removed,
        Unregistered::Absent => wire::UnregisterChange::Absent,
    };
    wire::UnregisterResponse { change: change.into() }
}

/// The answer to Reconcile.
pub(crate) fn reconciled_to_proto(reconciled: &Reconciled) -> wire::ReconcileResponse {
    wire::ReconcileResponse {
        added: reconciled.added.iter().map(|id| id.number()).collect(),
        removed: reconciled.removed.iter().map(|id| id.number()).collect(),
    }
}

/// The answer to RunNow.
pub(crate) fn run_now_to_proto(wall: WallClock, run: &RunNow) -> wire::RunNowResponse {
    let empty = wire::RunNowResponse::default();
    match run {
        RunNow::Woken { attempt, bypassed } => wire::RunNowResponse {
            result: wire::RunNowResult::Woken.into(),
            attempt_id: attempt.to_string(),
            bypassed: blockers_to_proto(wall, bypassed),
            ..empty
        },
        RunNow::AlreadyRunning(attempt) => wire::RunNowResponse {
            result: wire::RunNowResult::AlreadyRunning.into(),
            attempt_id: attempt.to_string(),
            ..empty
        },
        RunNow::Held(blockers) => wire::RunNowResponse {
            result: wire::RunNowResult::Held.into(),
            blockers: blockers_to_proto(wall, blockers),
            ..empty
        },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{super::keys::key_from_proto, *};
    use pwasync_core::{
        attempt::{Ended, Outcome},
        constraints::Constraints,
        key::{AttemptId, OwnerId, RegistrationId},
        registration::{Registration, State, Wait},
        time::Timestamp,
    };

    fn key(kind: SyncKind) -> RegistrationKey {
        let wire = wire::RegistrationKey {
            profile: Some(wire::ProfileId { browser: "chromium".into(), profile: "p".into() }),
            scope: "https://example.org/".into(),
            kind: super::super::keys::kind_to_proto(kind).into(),
            tag: "t".into(),
        };
        key_from_proto(OwnerId::from_uid(1_000).unwrap(), Some(&wire)).unwrap()
    }

    fn wall_clock(offset_millis: i64) -> WallClock {
        WallClock { offset_millis, ..WallClock::default() }
    }

    fn seconds(seconds: i64) -> Option<prost_types::Duration> {
        Some(prost_types::Duration { seconds, nanos: 0 })
    }

    fn refused(kind: SyncKind, request: &wire::RegisterRequest) -> String {
        new_from_proto(key(kind), request).unwrap_err().to_string()
    }

    #[test]
    fn each_kind_takes_its_own_fields_only() {
        let interval = wire::RegisterRequest { min_interval: seconds(60), ..Default::default() };
        let expiry = wire::RegisterRequest { expires_in: seconds(60), ..Default::default() };
        assert_eq!(
            refused(SyncKind::OneOff, &interval),
            "field `min_interval`: value `60s` is for periodic registrations only"
        );
        assert_eq!(
            refused(SyncKind::Periodic, &expiry),
            "field `expires_in`: value `60s` is for one-off registrations only"
        );
        let minute = Duration::from_secs(60);
        let new = new_from_proto(key(SyncKind::Periodic), &interval).unwrap();
        assert_eq!(new.schedule, NewSchedule::Periodic { min_interval: minute });
        let new = new_from_proto(key(SyncKind::OneOff), &expiry).unwrap();
        assert_eq!(new.schedule, NewSchedule::OneOff { expires_in: Some(minute) });
        let new = new_from_proto(key(SyncKind::Periodic), &Default::default()).unwrap();
        assert_eq!(new.schedule, NewSchedule::Periodic { min_interval: Duration::ZERO });
    }

    #[test]
    fn wrong_values_are_named() {
        let request = wire::RegisterRequest { min_interval: seconds(-1), ..Default::default() };
        assert_eq!(
            refused(SyncKind::Periodic, &request),
            "field `min_interval`: value `-1s` must not be negative"
        );
        let request = wire::RegisterRequest { app_id: "a".repeat(2_049), ..Default::default() };
        let text = refused(SyncKind::OneOff, &request);
        assert!(text.starts_with("field `app_id`: value `aaa"), "{text}");
        assert!(text.ends_with("is longer than 2048 bytes (2049)"), "{text}");
    }

    #[test]
    fn a_registration_is_shown_whole() {
        let at = Timestamp::from_millis;
        let ended = Ended {
            id: AttemptId { epoch: 1, counter: 2 },
            number: 1,
            last_chance: false,
            sent_at: at(1_000),
            started_at: None,
            finished_at: at(2_000),
            outcome: Outcome::Rejected,
            detail: "503".into(),
        };
        let registration = Registration {
            id: RegistrationId::new(9),
            key: key(SyncKind::OneOff),
            app: Some(AppId::parse("https://example.org/app").unwrap()),
            constraints: Constraints::default(),
            network: None,
            schedule: Schedule::OneOff { expires_at: at(90_000) },
            registered_at: at(500),
            state: State::Waiting {
                until: at(60_000),
                wait: Wait::BackOff { earliest: at(60_000) },
            },
            attempts: 1,
            max_attempts: 3,
            streak: None,
            brought_forward: 0,
            last_attempt: Some(Box::new(ended)),
        };
        let next_at = Some(at(60_000));
        let view =
            RegistrationView { registration, effective_interval: None, next_at, blockers: vec![] };
        let sent = registration_to_proto(wall_clock(1_000), &view);
        assert_eq!((sent.id, sent.owner_uid), (9, 1_000));
        assert_eq!(sent.state(), wire::RegistrationState::Waiting);
        assert_eq!(sent.next_at.unwrap().seconds, 61);
        assert_eq!(sent.expires_at.unwrap().seconds, 91);
        assert_eq!((sent.attempts, sent.max_attempts), (1, 3));
        let last = sent.last_attempt.unwrap();
        assert_eq!((last.outcome(), last.detail.as_str()), (wire::Outcome::Rejected, "503"));
        assert_eq!(sent.min_interval, None);
    }
}
