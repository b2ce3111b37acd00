//! Registrations, attempts and blockers.

use pwasync_proto::v1;

use super::blocker_code::blocker_code;
use super::host::{into_transport, transport};
use super::key::{into_key, into_kind, key};
use super::time::{duration, instant, into_duration};
use super::{missing, some_text, unknown_value};
use crate::{
    Attempt, AttemptEnd, AttemptId, Blocker, ClientError, Constraints, HeldRegistration,
    LastChance, NewRegistration, Outcome, Reconciled, RegisterChange, Registered, Registration,
    RegistrationId, RegistrationState, Transport, UnregisterChange,
};

pub(crate) fn into_register_request(new: &NewRegistration) -> v1::RegisterRequest {
    let NewRegistration { key, min_interval, app_id, expires_in, constraints } = new;
    v1::RegisterRequest {
        key: Some(into_key(key)),
        min_interval: min_interval.map(into_duration),
        app_id: app_id.clone().unwrap_or_default(),
        expires_in: expires_in.map(into_duration),
        constraints: into_constraints(constraints),
    }
}

pub(crate) fn into_held(held: &HeldRegistration) -> v1::HeldRegistration {
    let HeldRegistration { scope, kind, tag, min_interval, app_id, constraints } = held;
    v1::HeldRegistration {
        scope: scope.clone(),
        kind: into_kind(*kind).into(),
        tag: tag.clone(),
        min_interval: min_interval.map(into_duration),
        app_id: app_id.clone().unwrap_or_default(),
        constraints: into_constraints(constraints),
    }
}

/// What asks for nothing is left out.
fn into_constraints(constraints: &Constraints) -> Option<v1::Constraints> {
    if *constraints == Constraints::default() {
        return None;
    }
    let Constraints { unmetered, transports, charging, battery_not_low, known_network } =
        constraints;
    let transport = |one: &Transport| into_transport(Some(*one)).into();
    Some(v1::Constraints {
        unmetered: *unmetered,
        transports: transports.iter().map(transport).collect(),
        charging: *charging,
        battery_not_low: *battery_not_low,
        known_network: *known_network,
    })
}

fn constraints(wire: v1::Constraints) -> Constraints {
    let v1::Constraints { unmetered, transports, charging, battery_not_low, known_network } = wire;
    // One that this crate does not know is none of those that it does.
    let known = |one| transport(one).unwrap_or(Transport::Other);
    Constraints {
        unmetered,
        transports: transports.into_iter().map(known).collect(),
        charging,
        battery_not_low,
        known_network,
    }
}

pub(crate) fn registered(wire: v1::RegisterResponse) -> Result<Registered, ClientError> {
    let v1::RegisterResponse { registration: now, change } = wire;
    let change = match v1::RegisterChange::try_from(change) {
        Ok(v1::RegisterChange::Created) => RegisterChange::Created,
        Ok(v1::RegisterChange::Updated) => RegisterChange::Updated,
        Ok(v1::RegisterChange::Unchanged) => RegisterChange::Unchanged,
        Ok(v1::RegisterChange::Rearmed) => RegisterChange::Rearmed,
        Ok(v1::RegisterChange::Unspecified) | Err(_) => {
            return Err(unknown_value("change", change));
        }
    };
    Ok(Registered { registration: registration(now)?, change })
}

pub(crate) fn unregister_change(
    wire: v1::UnregisterResponse,
) -> Result<UnregisterChange, ClientError> {
    match v1::UnregisterChange::try_from(wire.change) {
        Ok(v1::UnregisterChange::Removed) => Ok(UnregisterChange::Removed),
        Ok(v1::UnregisterChange::Absent) => Ok(UnregisterChange::Absent),
        Ok(v1::UnregisterChange::Unspecified) | Err(_) => Err(unknown_value("change", wire.change)),
    }
}

pub(crate) fn reconciled(wire: v1::ReconcileResponse) -> Reconciled {
    let ids = |ids: Vec<u64>| ids.into_iter().map(RegistrationId::new).collect();
    let v1::ReconcileResponse { added, removed } = wire;
    Reconciled { added: ids(added), removed: ids(removed) }
}

pub(crate) fn registration(wire: Option<v1::Registration>) -> Result<Registration, ClientError> {
    let wire = wire.ok_or_else(|| missing("registration"))?;
    Ok(Registration {
        id: RegistrationId::new(wire.id),
        owner_uid: wire.owner_uid,
        key: key(wire.key)?,
        app_id: some_text(wire.app_id),
        state: state(wire.state)?,
        min_interval: duration("registration.min_interval", wire.min_interval)?,
        effective_interval: duration("registration.effective_interval", wire.effective_interval)?,
        registered_at: instant("registration.registered_at", wire.registered_at)?,
        expires_at: instant("registration.expires_at", wire.expires_at)?,
        next_at: instant("registration.next_at", wire.next_at)?,
        attempts: wire.attempts,
        max_attempts: wire.max_attempts,
        last_attempt: wire.last_attempt.map(attempt).transpose()?,
        blockers: blockers(wire.blockers)?,
        constraints: constraints(wire.constraints.unwrap_or_default()),
        due_at: instant("registration.due_at", wire.due_at)?,
    })
}

fn state(wire: i32) -> Result<RegistrationState, ClientError> {
    use v1::RegistrationState as Wire;
    match Wire::try_from(wire) {
        Ok(Wire::Pending) => Ok(RegistrationState::Pending),
        Ok(Wire::Waiting) => Ok(RegistrationState::Waiting),
        Ok(Wire::Firing) => Ok(RegistrationState::Firing),
        Ok(Wire::ReregisteredWhileFiring) => Ok(RegistrationState::ReregisteredWhileFiring),
        Ok(Wire::Suspended) => Ok(RegistrationState::Suspended),
        Ok(Wire::Unspecified) | Err(_) => Err(unknown_value("registration.state", wire)),
    }
}

pub(super) fn into_state(state: RegistrationState) -> v1::RegistrationState {
    use v1::RegistrationState as Wire;
    match state {
        RegistrationState::Pending => Wire::Pending,
        RegistrationState::Waiting => Wire::Waiting,
        RegistrationState::Firing => Wire::Firing,
        RegistrationState::ReregisteredWhileFiring => Wire::ReregisteredWhileFiring,
        RegistrationState::Suspended => Wire::Suspended,
    }
}

pub(super) fn attempt(wire: v1::Attempt) -> Result<Attempt, ClientError> {
    let v1::Attempt {
        id,
        number,
        last_chance: is_last,
        sent_at,
        started_at,
        finished_at,
        outcome,
        detail,
    } = wire;
    Ok(Attempt {
        id: AttemptId::new(id),
        number,
        last_chance: last_chance(is_last),
        sent_at: instant("attempt.sent_at", sent_at)?,
        started_at: instant("attempt.started_at", started_at)?,
        finished_at: instant("attempt.finished_at", finished_at)?,
        end: attempt_end(outcome)?,
        detail,
    })
}

pub(super) fn last_chance(wire: bool) -> LastChance {
    if wire { LastChance::Yes } else { LastChance::No }
}

fn attempt_end(wire: i32) -> Result<Option<AttemptEnd>, ClientError> {
    let outcome = match v1::Outcome::try_from(wire) {
        Ok(v1::Outcome::Unspecified) => return Ok(None),
        Ok(v1::Outcome::Lost) => return Ok(Some(AttemptEnd::Lost)),
        Ok(v1::Outcome::Completed) => Outcome::Completed,
        Ok(v1::Outcome::Rejected) => Outcome::Rejected,
        Ok(v1::Outcome::TimedOut) => Outcome::TimedOut,
        Ok(v1::Outcome::Offline) => Outcome::Offline,
        Ok(v1::Outcome::Aborted) => Outcome::Aborted,
        Ok(v1::Outcome::Unavailable) => Outcome::Unavailable,
        Ok(v1::Outcome::ScopeGone) => Outcome::ScopeGone,
        Err(_) => return Err(unknown_value("attempt.outcome", wire)),
    };
    Ok(Some(AttemptEnd::Outcome(outcome)))
}

pub(super) fn into_outcome(outcome: Outcome) -> v1::Outcome {
    match outcome {
        Outcome::Completed => v1::Outcome::Completed,
        Outcome::Rejected => v1::Outcome::Rejected,
        Outcome::TimedOut => v1::Outcome::TimedOut,
        Outcome::Offline => v1::Outcome::Offline,
        Outcome::Aborted => v1::Outcome::Aborted,
        Outcome::Unavailable => v1::Outcome::Unavailable,
        Outcome::ScopeGone => v1::Outcome::ScopeGone,
    }
}

pub(super) fn blockers(wire: Vec<v1::Blocker>) -> Result<Vec<Blocker>, ClientError> {
    wire.into_iter().map(blocker).collect()
}

fn blocker(wire: v1::Blocker) -> Result<Blocker, ClientError> {
    let v1::Blocker { code, since, clears, earliest } = wire;
    Ok(Blocker {
        code: blocker_code(code),
        since: instant("blocker.since", since)?,
        clears,
        earliest: instant("blocker.earliest", earliest)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_goes_out_as_what_it_comes_in_as() {
        for number in 1..=7 {
            let Ok(Some(AttemptEnd::Outcome(outcome))) = attempt_end(number) else {
                panic!("outcome {number} is none");
            };
            assert_eq!(i32::from(into_outcome(outcome)), number);
        }
        assert_eq!(attempt_end(8).unwrap(), Some(AttemptEnd::Lost));
        assert!(attempt_end(9).is_err());
    }

    #[test]
    fn each_state_goes_out_as_what_it_comes_in_as() {
        for number in 1..=5 {
            assert_eq!(i32::from(into_state(state(number).unwrap())), number);
        }
        assert!(state(0).is_err());
        assert!(state(6).is_err());
    }

    #[test]
    fn constraints_go_out_as_what_they_come_in_as() {
        assert_eq!(into_constraints(&Constraints::default()), None);
        let asked = Constraints {
            unmetered: true,
            transports: vec![Transport::Wifi, Transport::Cellular],
            charging: true,
            battery_not_low: true,
            known_network: true,
        };
        assert_eq!(constraints(into_constraints(&asked).unwrap()), asked);
    }

    #[test]
    fn a_registration_without_its_key_is_malformed() {
        let wire = v1::Registration { id: 7, state: 1, ..v1::Registration::default() };
        let error = registration(Some(wire)).unwrap_err();
        assert_eq!(error.to_string(), "answer of pwasyncd: field `key`: it is missing");
    }
}
