//! Enumerations, name by name.

use pwasync_core::{
    attempt::Outcome,
    blocker::BlockerCode,
    change::RemovalReason,
    constraints::Transport,
    engagement::{Level, Reports},
    facts::Reach,
    key::SyncKind,
    period::Slot,
    registration::FreeEnding,
    site::PermissionState,
};

use super::lacks;
use crate::store::{
    error::BadRecord,
    record::v2::{self, entry, lease, profile, site},
};

/// Declares both ways between a stored enumeration and that of the core.
macro_rules! enumerations {
    ($($stored:ty, $core:ty, $field:literal: $($variant:ident)*;)*) => {$(
        impl $stored {
            pub(super) fn from_core(value: $core) -> i32 {
                match value {
                    $(<$core>::$variant => Self::$variant.into()),*
                }
            }

            pub(super) fn into_core(number: i32) -> Result<$core, BadRecord> {
                match Self::try_from(number) {
                    Ok(Self::Unspecified) | Err(_) => Err(lacks($field)),
                    $(Ok(Self::$variant) => Ok(<$core>::$variant)),*
                }
            }
        }
    )*};
}

enumerations! {
    v2::FreeEnding, FreeEnding, "of": Offline Unavailable LostUnstarted LostStarted;
    v2::Outcome, Outcome, "outcome":
        Completed Rejected TimedOut Offline Aborted Unavailable ScopeGone Lost;
    v2::Transport, Transport, "transport": Wifi Ethernet Cellular Other;
    v2::Slot, Slot, "slot": Next BeforeUsualHour;
    site::Level, Level, "level": Unknown None Minimal Low Medium High Max;
    site::PermissionState, PermissionState, "state": Granted Denied Prompt;
    profile::Reports, Reports, "reports": Nothing Events Verdicts;
    lease::Reach, Reach, "reach": Offline CaptivePortal Limited Online;
    entry::SyncKind, SyncKind, "kind": OneOff Periodic;
    entry::RemovalReason, RemovalReason, "removed":
        Completed GaveUp Expired Unregistered ScopeRemoved ScopeGone Reconciled Administrator
        OwnerChanged Revoked OriginCleared Uninstalled;
    entry::BlockerCode, BlockerCode, "codes":
        Starting NotDue BackOff Offline Settling Limited CaptivePortal Metered Roaming Transport
        UnknownNetwork BatteryLow BatteryCritical NotCharging PowerSaver Suspending EngagementNone
        NotInstalled PermissionDenied Paused BudgetSpent LearnedHour OriginGap Grid Concurrency
        BrowserClosed BrowserLaunching NoLauncher StoreReadOnly;
}
