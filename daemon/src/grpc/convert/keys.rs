//! Profiles, scopes, kinds and keys.

use std::sync::Arc;

use pwasync_core::{
    FieldError,
    key::{OwnerId, ProfileId, ProfileKey, RegistrationKey, Scope, SyncKind, Tag, WorkerKey},
};
use pwasync_proto::v1 as wire;

use super::limits::{missing, none_of};

/// The profile of an owner.
///
/// # Errors
/// When it is missing or a name breaks its rule.
pub(crate) fn profile_from_proto(
    owner: OwnerId,
    profile: Option<&wire::ProfileId>,
) -> Result<ProfileKey, FieldError> {
    let profile = profile.ok_or_else(|| missing("profile"))?;
    Ok(ProfileKey { owner, profile: profile_id_from_proto(profile)? })
}

/// A profile's two names.
///
/// # Errors
/// When one breaks its rule.
pub(crate) fn profile_id_from_proto(profile: &wire::ProfileId) -> Result<ProfileId, FieldError> {
    ProfileId::parse(&profile.browser, &profile.profile)
}

/// A service worker registration of an owner.
///
/// # Errors
/// When a part breaks its rule.
pub(crate) fn worker_from_proto(
    owner: OwnerId,
    profile: Option<&wire::ProfileId>,
    scope: &str,
) -> Result<WorkerKey, FieldError> {
    Ok(WorkerKey { profile: profile_from_proto(owner, profile)?, scope: Scope::parse(scope)? })
}

/// A registration's key.
///
/// # Errors
/// When it is missing or a part breaks its rule.
pub(crate) fn key_from_proto(
    owner: OwnerId,
    key: Option<&wire::RegistrationKey>,
) -> Result<RegistrationKey, FieldError> {
    let key = key.ok_or_else(|| missing("key"))?;
    Ok(RegistrationKey {
        worker: Arc::new(worker_from_proto(owner, key.profile.as_ref(), &key.scope)?),
        kind: kind_from_proto(key.kind)?,
        tag: Tag::parse(&key.tag)?,
    })
}

/// One-off or periodic.
///
/// # Errors
/// When it is neither.
pub(crate) fn kind_from_proto(kind: i32) -> Result<SyncKind, FieldError> {
    match wire::SyncKind::try_from(kind) {
        Ok(wire::SyncKind::OneOff) => Ok(SyncKind::OneOff),
        Ok(wire::SyncKind::Periodic) => Ok(SyncKind::Periodic),
        Ok(wire::SyncKind::Unspecified) | Err(_) => {
            Err(none_of("kind", kind, "ONE_OFF (1) or PERIODIC (2)"))
        }
    }
}

/// A profile's two names for the wire.
pub(crate) fn profile_to_proto(profile: &ProfileKey) -> wire::ProfileId {
    wire::ProfileId {
        browser: profile.profile.browser().to_owned(),
        profile: profile.profile.profile().to_owned(),
    }
}

/// A key for the wire.
pub(crate) fn key_to_proto(key: &RegistrationKey) -> wire::RegistrationKey {
    wire::RegistrationKey {
        profile: Some(profile_to_proto(&key.worker.profile)),
        scope: key.worker.scope.as_str().to_owned(),
        kind: kind_to_proto(key.kind).into(),
        tag: key.tag.as_str().to_owned(),
    }
}

/// A kind for the wire.
pub(crate) fn kind_to_proto(kind: SyncKind) -> wire::SyncKind {
    match kind {
        SyncKind::OneOff => wire::SyncKind::OneOff,
        SyncKind::Periodic => wire::SyncKind::Periodic,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner() -> OwnerId {
        OwnerId::from_uid(1_000).unwrap()
    }

    fn key() -> wire::RegistrationKey {
        wire::RegistrationKey {
            profile: Some(wire::ProfileId {
                browser: "chromium".into(),
                profile: "Default".into(),
            }),
            scope: "https://example.org/app/".into(),
            kind: wire::SyncKind::Periodic.into(),
            tag: "news".into(),
        }
    }

    fn refused(key: wire::RegistrationKey) -> String {
        key_from_proto(owner(), Some(&key)).unwrap_err().to_string()
    }

    #[test]
    fn keys_read_back() {
        let parsed = key_from_proto(owner(), Some(&key())).unwrap();
        assert_eq!(parsed.owner(), owner());
        assert_eq!(key_to_proto(&parsed), key());
        let one_off = wire::RegistrationKey { kind: wire::SyncKind::OneOff.into(), ..key() };
        let parsed = key_from_proto(owner(), Some(&one_off)).unwrap();
        assert_eq!(key_to_proto(&parsed), one_off);
    }

    #[test]
    fn each_part_of_a_key_is_checked() {
        let missing = key_from_proto(owner(), None).unwrap_err().to_string();
        assert_eq!(missing, "field `key`: value `` is missing");
        let wrong = refused(wire::RegistrationKey { profile: None, ..key() });
        assert_eq!(wrong, "field `profile`: value `` is missing");
        let wrong = refused(wire::RegistrationKey { scope: "http://example.org/".into(), ..key() });
        assert_eq!(
            wrong,
            "field `scope`: value `http://example.org/` must be an https URL, or http on a loopback \
             host"
        );
        let wrong = refused(wire::RegistrationKey { kind: 0, ..key() });
        assert_eq!(wrong, "field `kind`: value `0` must be ONE_OFF (1) or PERIODIC (2)");
        let wrong = refused(wire::RegistrationKey { kind: 77, ..key() });
        assert_eq!(wrong, "field `kind`: value `77` must be ONE_OFF (1) or PERIODIC (2)");
        let wrong = refused(wire::RegistrationKey { tag: "x".repeat(10_241), ..key() });
        assert!(wrong.ends_with("is longer than 10240 bytes (10241)"), "{wrong}");
        let profile = Some(wire::ProfileId { browser: "Chromium".into(), profile: "x".into() });
        let wrong = refused(wire::RegistrationKey { profile, ..key() });
        assert!(wrong.starts_with("field `profile.browser`: value `Chromium` must be"), "{wrong}");
    }
}
