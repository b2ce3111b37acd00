//! Profiles, kinds and keys.

use pwasync_proto::v1;

use super::{missing, unknown_value};
use crate::{ClientError, ProfileId, RegistrationKey, SyncKind};

pub(super) fn profile(
    field: &'static str,
    wire: Option<v1::ProfileId>,
) -> Result<ProfileId, ClientError> {
    let v1::ProfileId { browser, profile } = wire.ok_or_else(|| missing(field))?;
    Ok(ProfileId { browser, profile })
}

pub(crate) fn into_profile(profile: &ProfileId) -> v1::ProfileId {
    let ProfileId { browser, profile } = profile.clone();
    v1::ProfileId { browser, profile }
}

fn kind(wire: i32) -> Result<SyncKind, ClientError> {
    match v1::SyncKind::try_from(wire) {
        Ok(v1::SyncKind::OneOff) => Ok(SyncKind::OneOff),
        Ok(v1::SyncKind::Periodic) => Ok(SyncKind::Periodic),
        Ok(v1::SyncKind::Unspecified) | Err(_) => Err(unknown_value("key.kind", wire)),
    }
}

pub(crate) fn into_kind(kind: SyncKind) -> v1::SyncKind {
    match kind {
        SyncKind::OneOff => v1::SyncKind::OneOff,
        SyncKind::Periodic => v1::SyncKind::Periodic,
    }
}

pub(super) fn key(wire: Option<v1::RegistrationKey>) -> Result<RegistrationKey, ClientError> {
    let v1::RegistrationKey { profile: of, scope, kind: of_kind, tag } =
        wire.ok_or_else(|| missing("key"))?;
    Ok(RegistrationKey { profile: profile("key.profile", of)?, scope, kind: kind(of_kind)?, tag })
}

pub(crate) fn into_key(key: &RegistrationKey) -> v1::RegistrationKey {
    let RegistrationKey { profile, scope, kind, tag } = key;
    v1::RegistrationKey {
        profile: Some(into_profile(profile)),
        scope: scope.clone(),
        kind: into_kind(*kind).into(),
        tag: tag.clone(),
    }
}
