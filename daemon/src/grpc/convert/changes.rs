//! What a watch shows.

use pwasync_core::{
    FieldError,
    change::{Change, Charge, RegistrationChange, RemovalReason, SessionChange, What},
    key::{ProfileKey, RegistrationId, RegistrationKey, SessionId},
    time::WallClock,
};
use pwasync_proto::v1 as wire;
use wire::watch_response::Change as Shown;

use super::{
    attempts::{attempt_to_proto, ended_to_proto},
    host::host_to_proto,
    keys::{key_to_proto, profile_to_proto},
    limits::number_from_proto,
    time::timestamp_to_proto,
};
use crate::channel::{HostView, Watched};

/// Past changes that a watch may begin with.
const RECENT: u32 = 1_000;

/// How many past changes to begin with.
///
/// # Errors
/// When there are too many.
pub(crate) fn recent_from_proto(recent: u32) -> Result<usize, FieldError> {
    let recent = number_from_proto("recent", recent, RECENT)?;
    Ok(usize::try_from(recent).unwrap_or(usize::MAX))
}

/// One item of a watch.
pub(crate) fn watched_to_proto(watched: &Watched) -> wire::WatchResponse {
    match watched {
        Watched::Skipped(count) => {
            wire::WatchResponse { at: None, change: Some(Shown::Skipped(*count)) }
        }
        Watched::Change { change, host, wall } => wire::WatchResponse {
            at: Some(timestamp_to_proto(*wall, change.at)),
            change: shown(*wall, change, host.as_deref()),
        },
    }
}

fn shown(wall: WallClock, change: &Change, host: Option<&HostView>) -> Option<Shown> {
    match &change.what {
        What::Registration { id, key, what } => {
            registration(wall, *id, key, what).map(Shown::Registration)
        }
        What::Session { id, profile, what } => Some(Shown::Session(session(*id, profile, *what))),
        What::Host => host.map(|host| Shown::Host(host_to_proto(host))),
        What::Launch { .. } => None,
    }
}

/// `None`: the history tells it, a watch does not.
fn registration(
    wall: WallClock,
    id: RegistrationId,
    key: &RegistrationKey,
    what: &RegistrationChange,
) -> Option<wire::RegistrationChange> {
    use wire::RegistrationChangeKind as Kind;
    let plain = |kind: Kind| wire::RegistrationChange {
        kind: kind.into(),
        id: id.number(),
        owner_uid: key.owner().uid(),
        key: Some(key_to_proto(key)),
        attempt: None,
        charged: false,
        next_at: None,
        removal_reason: wire::RemovalReason::Unspecified.into(),
    };
    Some(match what {
        RegistrationChange::Held(_) => return None,
        RegistrationChange::Suspended => plain(Kind::Suspended),
        RegistrationChange::Revived => plain(Kind::Revived),
        RegistrationChange::Created => plain(Kind::Created),
        RegistrationChange::Updated => plain(Kind::Updated),
        RegistrationChange::Rearmed => plain(Kind::Rearmed),
        RegistrationChange::Woken(attempt) => wire::RegistrationChange {
            attempt: Some(attempt_to_proto(wall, attempt)),
            ..plain(Kind::Woken)
        },
        RegistrationChange::Started(attempt) => wire::RegistrationChange {
            attempt: Some(attempt_to_proto(wall, attempt)),
            ..plain(Kind::Started)
        },
        RegistrationChange::Finished { ended, charge, next_at } => wire::RegistrationChange {
            attempt: Some(ended_to_proto(wall, ended)),
            charged: match charge {
                Charge::Charged => true,
                Charge::Free => false,
            },
            next_at: next_at.map(|at| timestamp_to_proto(wall, at)),
            ..plain(Kind::Finished)
        },
        RegistrationChange::Removed(reason) => wire::RegistrationChange {
            removal_reason: removal_reason(*reason).into(),
            ..plain(Kind::Removed)
        },
    })
}

/// Why a registration went.
pub(crate) fn removal_reason(reason: RemovalReason) -> wire::RemovalReason {
    match reason {
        RemovalReason::Completed => wire::RemovalReason::Completed,
        RemovalReason::GaveUp => wire::RemovalReason::GaveUp,
        RemovalReason::Expired => wire::RemovalReason::Expired,
        RemovalReason::Unregistered => wire::RemovalReason::Unregistered,
        RemovalReason::ScopeRemoved => wire::RemovalReason::ScopeRemoved,
        RemovalReason::ScopeGone => wire::RemovalReason::ScopeGone,
        RemovalReason::Reconciled => wire::RemovalReason::Reconciled,
        RemovalReason::Administrator => wire::RemovalReason::Administrator,
        RemovalReason::OwnerChanged => wire::RemovalReason::OwnerChanged,
        RemovalReason::Revoked => wire::RemovalReason::Revoked,
        RemovalReason::OriginCleared => wire::RemovalReason::OriginCleared,
        RemovalReason::Uninstalled => wire::RemovalReason::Uninstalled,
    }
}

fn session(id: SessionId, profile: &ProfileKey, what: SessionChange) -> wire::SessionChange {
    let kind = match what {
        SessionChange::Attached => wire::SessionChangeKind::Attached,
        SessionChange::Detached => wire::SessionChangeKind::Detached,
    };
    wire::SessionChange {
        kind: kind.into(),
        id: id.number(),
        owner_uid: profile.owner.uid(),
        profile: Some(profile_to_proto(profile)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pwasync_core::{
        key::{OwnerId, ProfileId},
        time::Timestamp,
    };

    #[test]
    fn a_watch_begins_with_at_most_1000_past_changes() {
        assert_eq!(recent_from_proto(1_000), Ok(1_000));
        let error = recent_from_proto(1_001).unwrap_err().to_string();
        assert_eq!(error, "field `recent`: value `1001` is more than 1000");
    }

    #[test]
    fn dropped_changes_are_counted() {
        let sent = watched_to_proto(&Watched::Skipped(3));
        assert_eq!(sent, wire::WatchResponse { at: None, change: Some(Shown::Skipped(3)) });
    }

    #[test]
    fn a_session_change_names_owner_and_profile() {
        let owner = OwnerId::from_uid(1_000).unwrap();
        let profile = ProfileKey { owner, profile: ProfileId::parse("chromium", "p").unwrap() };
        let what = What::Session {
            id: SessionId::new(4),
            profile: profile.clone(),
            what: SessionChange::Detached,
        };
        let change = Change { at: Timestamp::from_millis(2_000), what };
        let wall = WallClock { offset_millis: 1_000, ..WallClock::default() };
        let sent = watched_to_proto(&Watched::Change { change, host: None, wall });
        assert_eq!(sent.at.unwrap().seconds, 3);
        let wanted = wire::SessionChange {
            kind: wire::SessionChangeKind::Detached.into(),
            id: 4,
            owner_uid: 1_000,
            profile: Some(profile_to_proto(&profile)),
        };
        assert_eq!(sent.change, Some(Shown::Session(wanted)));
    }
}
