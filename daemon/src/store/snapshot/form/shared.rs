//! What several kinds of lines share.

use std::{sync::Arc, time::Duration};

use pwasync_core::{
    FieldError,
    facts::NetworkId,
    key::{OwnerId, ProfileId, ProfileKey, Scope, WorkerKey},
};

/// Numbers that are given one by one stay far below.
pub(super) const HIGHEST_NUMBER: u64 = u64::MAX / 2;

/// A number that could have been given.
pub(super) fn number(field: &'static str, value: u64) -> Result<u64, FieldError> {
    if value <= HIGHEST_NUMBER {
        return Ok(value);
    }
    Err(FieldError::plain(field, value, format!("is above {HIGHEST_NUMBER}")))
}

/// Refuses a text of more than `limit` bytes.
pub(super) fn at_most(field: &'static str, value: &str, limit: usize) -> Result<(), FieldError> {
    if value.len() <= limit {
        return Ok(());
    }
    Err(FieldError::text(field, value, format!("is longer than {limit} bytes ({})", value.len())))
}

/// Refuses a list of more than `limit` items.
pub(super) fn no_more(field: &'static str, count: usize, limit: usize) -> Result<(), FieldError> {
    if count <= limit {
        return Ok(());
    }
    Err(FieldError::plain(field, count, format!("is more items than {limit}")))
}

pub(super) fn profile_key(
    owner_uid: u32,
    browser: &str,
    profile: &str,
) -> Result<ProfileKey, FieldError> {
    let owner = OwnerId::from_uid(owner_uid)?;
    Ok(ProfileKey { owner, profile: ProfileId::parse(browser, profile)? })
}

pub(super) fn worker(profile: ProfileKey, scope: &str) -> Result<Arc<WorkerKey>, FieldError> {
    Ok(Arc::new(WorkerKey { profile, scope: Scope::parse(scope)? }))
}

/// An origin as a scope has it: nothing else may be compared with one.
pub(super) fn origin(text: &str) -> Result<Arc<str>, FieldError> {
    let scope = Scope::parse(&format!("{text}/"))?;
    if scope.origin() == text {
        return Ok(text.into());
    }
    Err(FieldError::text("origin", text, format!("is not written as `{}`", scope.origin())))
}

/// Sixteen hexadecimal digits.
pub(super) fn network_text(network: NetworkId) -> String {
    format!("{:016x}", network.number())
}

pub(super) fn network(text: &str) -> Result<NetworkId, FieldError> {
    let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u64::from_str_radix(text, 16).ok().filter(|_| digits);
    let wrong = || FieldError::text("network", text, "is not 16 hexadecimal digits");
    number.map(NetworkId::new).ok_or_else(wrong)
}

/// Whole milliseconds, at most `u64::MAX`.
pub(super) fn to_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
