//! Status, sessions, changes, and what an administrator asks for.

use pwasync_proto::v1;

use super::host::{fact, host_state};
use super::key::{into_kind, into_profile, key, profile};
use super::registration::{attempt, blockers, into_state};
use super::time::instant;
use super::{missing, some_text, unknown_value};
use crate::{
    AttemptId, Change, ClientError, ClockState, Filter, RegistrationChange, RegistrationEvent,
    RegistrationId, RemovalReason, RunNow, SessionChange, SessionInfo, SleepInhibitor, SleepState,
    Status, StoreState, WatchedChange,
};

pub(crate) fn status(wire: v1::GetStatusResponse) -> Result<Status, ClientError> {
    let store = match v1::StoreState::try_from(wire.store) {
        Ok(v1::StoreState::Writable) => StoreState::Writable,
        Ok(v1::StoreState::ReadOnly) => StoreState::ReadOnly(wire.store_problem),
        Ok(v1::StoreState::Unspecified) | Err(_) => {
            return Err(unknown_value("store", wire.store));
        }
    };
    let sleep = sleep_state(wire.sleep.unwrap_or_default())?;
    let clock = clock_state(wire.clock.unwrap_or_default())?;
    Ok(Status {
        daemon_version: wire.daemon_version,
        process_id: wire.process_id,
        started_at: instant("started_at", wire.started_at)?,
        now: instant("now", wire.now)?,
        simulated: wire.simulated,
        epoch: wire.epoch,
        store,
        host: host_state(wire.host)?,
        pending: wire.pending,
        waiting: wire.waiting,
        firing: wire.firing,
        suspended: wire.suspended,
        sessions: wire.sessions,
        next_wake_at: instant("next_wake_at", wire.next_wake_at)?,
        next_wake_reason: wire.next_wake_reason,
        wakes: wire.wakes,
        wakes_saved: wire.wakes_saved,
        leases: wire.leases,
        policy_problem: some_text(wire.policy_problem),
        launchers: wire.launchers,
        store_losses: wire.store_losses,
        records_set_aside: wire.records_set_aside,
        sleep,
        clock,
    })
}

fn clock_state(wire: v1::ClockState) -> Result<ClockState, ClientError> {
    let v1::ClockState { stepped, source, synchronised, zone, utc_offset_seconds } = wire;
    let stepped = stepped.unwrap_or_default();
    let millis = i64::from(stepped.nanos) / 1_000_000;
    Ok(ClockState {
        stepped_millis: stepped.seconds.saturating_mul(1_000).saturating_add(millis),
        source: fact(source)?,
        synchronised,
        zone: some_text(zone),
        utc_offset_seconds,
    })
}

fn sleep_state(wire: v1::SleepState) -> Result<SleepState, ClientError> {
    let v1::SleepState { inhibitor, inhibitor_problem, .. } = wire;
    let inhibitor = match v1::SleepInhibitor::try_from(inhibitor) {
        Ok(v1::SleepInhibitor::Unspecified) => None,
        Ok(v1::SleepInhibitor::Free) => Some(SleepInhibitor::Free),
        Ok(v1::SleepInhibitor::Held) => Some(SleepInhibitor::Held),
        Ok(v1::SleepInhibitor::Refused) => Some(SleepInhibitor::Refused(inhibitor_problem)),
        Err(_) => return Err(unknown_value("inhibitor", inhibitor)),
    };
    Ok(SleepState {
        inhibitor,
        inhibitor_since: instant("inhibitor_since", wire.inhibitor_since)?,
        alarm_problem: some_text(wire.alarm_problem),
        alarm_at: instant("alarm_at", wire.alarm_at)?,
    })
}

pub(crate) fn into_list_request(
    filter: &Filter,
    page_token: String,
) -> v1::ListRegistrationsRequest {
    let Filter { profile, origin, kind, state, owner_uid, id } = filter;
    v1::ListRegistrationsRequest {
        profile: profile.as_ref().map(into_profile),
        origin: origin.clone().unwrap_or_default(),
        kind: kind.map_or(0, |kind| into_kind(kind).into()),
        state: state.map_or(0, |state| into_state(state).into()),
        owner_uid: *owner_uid,
        id: id.map_or(0, RegistrationId::value),
        page_size: 0,
        page_token,
    }
}

pub(crate) fn session_info(wire: v1::Session) -> Result<SessionInfo, ClientError> {
    Ok(SessionInfo {
        id: wire.id,
        owner_uid: wire.owner_uid,
        profile: profile("session.profile", wire.profile)?,
        agent: wire.agent,
        process_id: wire.process_id,
        attached_at: instant("session.attached_at", wire.attached_at)?,
        ready: wire.ready,
        capacity: wire.capacity,
        running: wire.running.into_iter().map(AttemptId::new).collect(),
    })
}

pub(crate) fn run_now(wire: v1::RunNowResponse) -> Result<RunNow, ClientError> {
    let v1::RunNowResponse { result, attempt_id, blockers: held_by, bypassed } = wire;
    let bypassed = blockers(bypassed)?;
    match v1::RunNowResult::try_from(result) {
        Ok(v1::RunNowResult::Woken) => {
            Ok(RunNow::Woken { attempt: AttemptId::new(attempt_id), bypassed })
        }
        Ok(v1::RunNowResult::AlreadyRunning) => {
            Ok(RunNow::AlreadyRunning { attempt: AttemptId::new(attempt_id) })
        }
        Ok(v1::RunNowResult::Held) => Ok(RunNow::Held { blockers: blockers(held_by)?, bypassed }),
        Ok(v1::RunNowResult::Unspecified) | Err(_) => Err(unknown_value("result", result)),
    }
}

/// None: a kind of change that only a newer client understands.
pub(crate) fn watched_change(
    wire: v1::WatchResponse,
) -> Result<Option<WatchedChange>, ClientError> {
    use v1::watch_response::Change as Wire;
    let v1::WatchResponse { at, change } = wire;
    let Some(change) = change else { return Ok(None) };
    let change = match change {
        Wire::Registration(wire) => match registration_change(wire)? {
            Some(change) => Change::Registration(Box::new(change)),
            None => return Ok(None),
        },
        Wire::Host(wire) => Change::Host(Box::new(host_state(Some(wire))?)),
        Wire::Session(wire) => match session_change(wire)? {
            Some(change) => Change::Session(change),
            None => return Ok(None),
        },
        Wire::Skipped(count) => Change::Skipped(count),
    };
    Ok(Some(WatchedChange { at: instant("at", at)?, change }))
}

/// None: something that only a newer client understands.
fn registration_change(
    wire: v1::RegistrationChange,
) -> Result<Option<RegistrationChange>, ClientError> {
    use v1::RegistrationChangeKind as Kind;
    let its_attempt = || wire.attempt.clone().ok_or_else(|| missing("attempt")).and_then(attempt);
    let event = match Kind::try_from(wire.kind) {
        Ok(Kind::Created) => RegistrationEvent::Created,
        Ok(Kind::Updated) => RegistrationEvent::Updated,
        Ok(Kind::Rearmed) => RegistrationEvent::Rearmed,
        Ok(Kind::Woken) => RegistrationEvent::Woken(its_attempt()?),
        Ok(Kind::Started) => RegistrationEvent::Started(its_attempt()?),
        Ok(Kind::Finished) => RegistrationEvent::Finished {
            attempt: its_attempt()?,
            charged: wire.charged,
            next_at: instant("next_at", wire.next_at)?,
        },
        Ok(Kind::Removed) => RegistrationEvent::Removed(removal_reason(wire.removal_reason)),
        Ok(Kind::Suspended) => RegistrationEvent::Suspended,
        Ok(Kind::Revived) => {
            RegistrationEvent::Revived { next_at: instant("next_at", wire.next_at)? }
        }
        Ok(Kind::BroughtForward) => RegistrationEvent::BroughtForward(its_attempt()?),
        Ok(Kind::Unspecified) | Err(_) => return Ok(None),
    };
    Ok(Some(RegistrationChange {
        id: RegistrationId::new(wire.id),
        owner_uid: wire.owner_uid,
        key: key(wire.key)?,
        event,
    }))
}

pub(super) fn removal_reason(wire: i32) -> RemovalReason {
    use v1::RemovalReason as Wire;
    match Wire::try_from(wire) {
        Ok(Wire::Completed) => RemovalReason::Completed,
        Ok(Wire::GaveUp) => RemovalReason::GaveUp,
        Ok(Wire::Expired) => RemovalReason::Expired,
        Ok(Wire::Unregistered) => RemovalReason::Unregistered,
        Ok(Wire::ScopeRemoved) => RemovalReason::ScopeRemoved,
        Ok(Wire::ScopeGone) => RemovalReason::ScopeGone,
        Ok(Wire::Reconciled) => RemovalReason::Reconciled,
        Ok(Wire::Administrator) => RemovalReason::Administrator,
        Ok(Wire::OwnerChanged) => RemovalReason::OwnerChanged,
        Ok(Wire::Revoked) => RemovalReason::Revoked,
        Ok(Wire::OriginCleared) => RemovalReason::OriginCleared,
        Ok(Wire::Uninstalled) => RemovalReason::Uninstalled,
        Ok(Wire::Unspecified) | Err(_) => RemovalReason::Other(wire),
    }
}

/// None: something that only a newer client understands.
fn session_change(wire: v1::SessionChange) -> Result<Option<SessionChange>, ClientError> {
    let attached = match v1::SessionChangeKind::try_from(wire.kind) {
        Ok(v1::SessionChangeKind::Attached) => true,
        Ok(v1::SessionChangeKind::Detached) => false,
        Ok(v1::SessionChangeKind::Unspecified) | Err(_) => return Ok(None),
    };
    Ok(Some(SessionChange {
        id: wire.id,
        owner_uid: wire.owner_uid,
        profile: profile("session.profile", wire.profile)?,
        attached,
    }))
}

#[cfg(test)]
mod tests {
    use v1::watch_response::Change as Wire;

    use super::*;

    fn watched(change: Wire) -> Option<WatchedChange> {
        watched_change(v1::WatchResponse { at: None, change: Some(change) }).unwrap()
    }

    #[test]
    fn a_watch_passes_over_what_only_a_newer_client_understands() {
        let registration = v1::RegistrationChange { kind: 99, ..Default::default() };
        assert_eq!(watched(Wire::Registration(registration)), None);
        let session = v1::SessionChange { kind: 99, ..Default::default() };
        assert_eq!(watched(Wire::Session(session)), None);
        assert_eq!(watched_change(v1::WatchResponse::default()).unwrap(), None);
        assert!(watched(Wire::Skipped(3)).is_some());
    }

    #[test]
    fn a_known_change_without_its_parts_is_malformed() {
        let kind = v1::RegistrationChangeKind::Woken.into();
        let change = Wire::Registration(v1::RegistrationChange { kind, ..Default::default() });
        let response = v1::WatchResponse { at: None, change: Some(change) };
        let error = watched_change(response).unwrap_err();
        assert_eq!(error.to_string(), "answer of pwasyncd: field `attempt`: it is missing");
    }
}
