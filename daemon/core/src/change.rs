//! What happened to a registration, a session or the host: what `watch` shows.

use crate::{
    attempt::{Attempt, Ended},
    blocker::BlockerCode,
    key::{ProfileKey, RegistrationId, RegistrationKey, SessionId},
    time::Timestamp,
};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// To a registration.
    Registration {
        /// Its number.
        id: RegistrationId,
        /// Its key.
        key: RegistrationKey,
        /// What.
        what: RegistrationChange,
    },
    /// To a session.
    Session {
        /// Its number.
        id: SessionId,
        /// Whose.
        profile: ProfileKey,
        /// What.
        what: SessionChange,
    },
    /// The view of the host changed.
    Host,
    /// A browser is being started, or was not.
    Launch {
        /// Whose.
        profile: ProfileKey,
        /// What.
        what: LaunchChange,
    },
}

/// What happened to a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistrationChange {
    /// It is new.
    Created,
    /// Another interval, app or expiry.
    Updated,
    /// Registered again while firing or in back-off (S-O-13).
    Rearmed,
    /// Its time has come, but these hold it.
    Held(Vec<BlockerCode>),
    /// The user does not use the site: it waits for that.
    Suspended,
    /// The user uses the site again.
    Revived,
    /// A wake left.
    Woken(Attempt),
    /// The event started.
    Started(Attempt),
    /// The attempt ended.
    Finished {
        /// How.
        ended: Ended,
        /// Whether it was charged.
        charge: Charge,
        /// When the next attempt may come; `None`: the registration is removed.
        next_at: Option<Timestamp>,
    },
    /// It is gone.
    Removed(RemovalReason),
}

/// Whether an attempt counts against the limit (P-02).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charge {
    /// The network, the browser or the host broke it.
    Free,
    /// The worker did.
    Charged,
}

/// Why a registration went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemovalReason {
    /// Its event was completed.
    Completed,
    /// Its last chance failed.
    GaveUp,
    /// Its expiry passed (P-12).
    Expired,
    /// The page unregistered it.
    Unregistered,
    /// The browser removed the scope.
    ScopeRemoved,
    /// The browser found no worker for it.
    ScopeGone,
    /// The browser's own list does not have it.
    Reconciled,
    /// An administrator, or the owner through syncctl, removed it.
    Administrator,
    /// The uid belongs to another login name than before.
    OwnerChanged,
    /// The browser revoked the permission (P-10).
    Revoked,
    /// The browser cleared the origin.
    OriginCleared,
    /// Its app has not been installed for long (P-10).
    Uninstalled,
}

/// What happened to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionChange {
    /// It attached.
    Attached,
    /// It went.
    Detached,
}

/// What happened to the start of a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LaunchChange {
    /// The agent was asked.
    Asked,
    /// It did not work.
    Failed(Box<str>),
}
