//! Registrations, and what became of a request about one.

use pwasync_client::{
    Attempt, Blocker, Constraints, LastChance, ProfileId, Registration, RegistrationKey, RunNow,
    Transport,
};
use serde::Serialize;

use super::{VERSION, instant, milliseconds};

/// `list`.
#[derive(Debug, Serialize)]
pub(crate) struct ListDocument<'a> {
    version: u32,
    registrations: Vec<RegistrationDocument<'a>>,
}

/// `show`.
#[derive(Debug, Serialize)]
pub(crate) struct ShowDocument<'a> {
    version: u32,
    registration: RegistrationDocument<'a>,
}

/// `remove`.
#[derive(Debug, Serialize)]
pub(crate) struct RemoveDocument<'a> {
    version: u32,
    removed: RegistrationDocument<'a>,
}

/// `run`.
#[derive(Debug, Serialize)]
pub(crate) struct RunDocument<'a> {
    version: u32,
    /// `woken`, `already-running` or `held`.
    result: &'static str,
    attempt: Option<&'a str>,
    blockers: Vec<BlockerDocument<'a>>,
    bypassed: Vec<BlockerDocument<'a>>,
}

/// A registration.
#[derive(Debug, Serialize)]
pub(super) struct RegistrationDocument<'a> {
    id: u64,
    owner_uid: u32,
    #[serde(flatten)]
    key: KeyDocument<'a>,
    app_id: Option<&'a str>,
    state: &'static str,
    min_interval_ms: Option<u64>,
    effective_interval_ms: Option<u64>,
    registered_at: Option<String>,
    expires_at: Option<String>,
    next_at: Option<String>,
    attempts: u32,
    max_attempts: u32,
    last_attempt: Option<AttemptDocument<'a>>,
    blockers: Vec<BlockerDocument<'a>>,
    constraints: ConstraintsDocument,
    due_at: Option<String>,
}

#[derive(Debug, Serialize)]
struct ConstraintsDocument {
    unmetered: bool,
    transports: Vec<&'static str>,
    charging: bool,
    battery_not_low: bool,
    known_network: bool,
}

/// The name of a registration.
#[derive(Debug, Serialize)]
pub(super) struct KeyDocument<'a> {
    kind: &'static str,
    tag: &'a str,
    scope: &'a str,
    #[serde(flatten)]
    profile: ProfileDocument<'a>,
}

/// A browser's profile.
#[derive(Debug, Serialize)]
pub(super) struct ProfileDocument<'a> {
    browser: &'a str,
    profile: &'a str,
}

/// An attempt.
#[derive(Debug, Serialize)]
pub(super) struct AttemptDocument<'a> {
    id: &'a str,
    number: u32,
    last_chance: bool,
    sent_at: Option<String>,
    started_at: Option<String>,
    finished_at: Option<String>,
    outcome: Option<&'static str>,
    detail: &'a str,
}

#[derive(Debug, Serialize)]
struct BlockerDocument<'a> {
    code: &'static str,
    since: Option<String>,
    clears: &'a str,
    earliest: Option<String>,
}

impl<'a> ListDocument<'a> {
    pub(crate) fn new(registrations: &'a [Registration]) -> Self {
        let registrations = registrations.iter().map(RegistrationDocument::new).collect();
        Self { version: VERSION, registrations }
    }
}

impl<'a> ShowDocument<'a> {
    pub(crate) fn new(registration: &'a Registration) -> Self {
        Self { version: VERSION, registration: RegistrationDocument::new(registration) }
    }
}

impl<'a> RemoveDocument<'a> {
    pub(crate) fn new(removed: &'a Registration) -> Self {
        Self { version: VERSION, removed: RegistrationDocument::new(removed) }
    }
}

impl<'a> RunDocument<'a> {
    pub(crate) fn new(result: &'a RunNow) -> Self {
        let (result, attempt, blockers, bypassed): (_, _, &[Blocker], &[Blocker]) = match result {
            RunNow::Woken { attempt, bypassed } => ("woken", Some(attempt), &[], bypassed),
            RunNow::AlreadyRunning { attempt } => ("already-running", Some(attempt), &[], &[]),
            RunNow::Held { blockers, bypassed } => ("held", None, blockers, bypassed),
        };
        let documents = |blockers: &'a [Blocker]| blockers.iter().map(BlockerDocument::new);
        Self {
            version: VERSION,
            result,
            attempt: attempt.map(pwasync_client::AttemptId::as_str),
            blockers: documents(blockers).collect(),
            bypassed: documents(bypassed).collect(),
        }
    }
}

impl<'a> RegistrationDocument<'a> {
    pub(super) fn new(registration: &'a Registration) -> Self {
        let Registration {
            id,
            owner_uid,
            key,
            app_id,
            state,
            min_interval,
            effective_interval,
            registered_at,
            expires_at,
            next_at,
            attempts,
            max_attempts,
            last_attempt,
            blockers,
            constraints,
            due_at,
        } = registration;
        Self {
            id: id.value(),
            owner_uid: *owner_uid,
            key: KeyDocument::new(key),
            app_id: app_id.as_deref(),
            state: state.as_str(),
            min_interval_ms: milliseconds(*min_interval),
            effective_interval_ms: milliseconds(*effective_interval),
            registered_at: instant(*registered_at),
            expires_at: instant(*expires_at),
            next_at: instant(*next_at),
            attempts: *attempts,
            max_attempts: *max_attempts,
            last_attempt: last_attempt.as_ref().map(AttemptDocument::new),
            blockers: blockers.iter().map(BlockerDocument::new).collect(),
            constraints: ConstraintsDocument::new(constraints),
            due_at: instant(*due_at),
        }
    }
}

impl ConstraintsDocument {
    fn new(constraints: &Constraints) -> Self {
        let Constraints { unmetered, transports, charging, battery_not_low, known_network } =
            constraints;
        Self {
            unmetered: *unmetered,
            transports: transports.iter().copied().map(Transport::as_str).collect(),
            charging: *charging,
            battery_not_low: *battery_not_low,
            known_network: *known_network,
        }
    }
}

impl<'a> KeyDocument<'a> {
    pub(super) fn new(key: &'a RegistrationKey) -> Self {
        let RegistrationKey { profile, scope, kind, tag } = key;
        Self { kind: kind.as_str(), tag, scope, profile: ProfileDocument::new(profile) }
    }
}

impl<'a> ProfileDocument<'a> {
    pub(super) fn new(id: &'a ProfileId) -> Self {
        let ProfileId { browser, profile } = id;
        Self { browser, profile }
    }
}

impl<'a> AttemptDocument<'a> {
    pub(super) fn new(attempt: &'a Attempt) -> Self {
        let Attempt { id, number, last_chance, sent_at, started_at, finished_at, end, detail } =
            attempt;
        Self {
            id: id.as_str(),
            number: *number,
            last_chance: *last_chance == LastChance::Yes,
            sent_at: instant(*sent_at),
            started_at: instant(*started_at),
            finished_at: instant(*finished_at),
            outcome: end.map(pwasync_client::AttemptEnd::as_str),
            detail,
        }
    }
}

impl<'a> BlockerDocument<'a> {
    fn new(blocker: &'a Blocker) -> Self {
        let Blocker { code, since, clears, earliest } = blocker;
        let (since, earliest) = (instant(*since), instant(*earliest));
        Self { code: code.as_str(), since, clears, earliest }
    }
}

#[cfg(test)]
mod tests {
    use pwasync_client::AttemptId;

    use super::super::tests::documented;
    use super::*;

    #[test]
    fn a_run_says_what_became_of_it() {
        let attempt = AttemptId::new("1-7");
        assert_eq!(
            documented(&RunDocument::new(&RunNow::Woken { attempt, bypassed: vec![] })),
            "{\"version\":1,\"result\":\"woken\",\"attempt\":\"1-7\",\"blockers\":[],\
             \"bypassed\":[]}\n"
        );
    }
}
