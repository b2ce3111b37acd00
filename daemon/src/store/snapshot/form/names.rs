//! Enumerations, as they are spelled.

use pwasync_core::{
    attempt::Outcome as CoreOutcome,
    blocker::BlockerCode as CoreBlockerCode,
    change::RemovalReason as CoreRemovalReason,
    constraints::Transport as CoreTransport,
    engagement::{Level as CoreLevel, Reports as CoreReports},
    facts::Reach as CoreReach,
    key::SyncKind as CoreSyncKind,
    period::Slot as CoreSlot,
    registration::FreeEnding as CoreFreeEnding,
    site::PermissionState as CorePermissionState,
};
use serde::{Deserialize, Serialize};

/// Declares an enumeration and both ways between it and that of the core.
macro_rules! names {
    ($($name:ident, $core:ty: $($variant:ident $text:literal)*;)*) => {$(
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub(super) enum $name {
            $(#[serde(rename = $text)] $variant),*
        }

        impl From<$core> for $name {
            fn from(value: $core) -> Self {
                match value {
                    $(<$core>::$variant => Self::$variant),*
                }
            }
        }

        impl From<$name> for $core {
            fn from(name: $name) -> Self {
                match name {
                    $($name::$variant => Self::$variant),*
                }
            }
        }
    )*};
}

names! {
    FreeEnding, CoreFreeEnding:
        Offline "offline" Unavailable "unavailable" LostUnstarted "lost-unstarted"
        LostStarted "lost-started";
    Outcome, CoreOutcome:
        Completed "completed" Rejected "rejected" TimedOut "timed-out" Offline "offline"
        Aborted "aborted" Unavailable "unavailable" ScopeGone "scope-gone" Lost "lost";
    Transport, CoreTransport:
        Wifi "wifi" Ethernet "ethernet" Cellular "cellular" Other "other";
    Slot, CoreSlot: Next "next" BeforeUsualHour "before-usual-hour";
    Level, CoreLevel:
        Unknown "unknown" None "none" Minimal "minimal" Low "low" Medium "medium" High "high"
        Max "max";
    PermissionState, CorePermissionState:
        Granted "granted" Denied "denied" Prompt "prompt";
    Reports, CoreReports: Nothing "nothing" Events "events" Verdicts "verdicts";
    Reach, CoreReach:
        Offline "offline" CaptivePortal "captive-portal" Limited "limited" Online "online";
    SyncKind, CoreSyncKind: OneOff "one-off" Periodic "periodic";
    RemovalReason, CoreRemovalReason:
        Completed "completed" GaveUp "gave-up" Expired "expired" Unregistered "unregistered"
        ScopeRemoved "scope-removed" ScopeGone "scope-gone" Reconciled "reconciled"
        Administrator "administrator" OwnerChanged "owner-changed" Revoked "revoked"
        OriginCleared "origin-cleared" Uninstalled "uninstalled";
    BlockerCode, CoreBlockerCode:
        Starting "STARTING" NotDue "NOT_DUE" BackOff "BACKOFF" Offline "OFFLINE"
        Settling "SETTLING" Limited "LIMITED" CaptivePortal "CAPTIVE_PORTAL" Metered "METERED"
        Roaming "ROAMING" Transport "TRANSPORT" UnknownNetwork "UNKNOWN_NETWORK"
        BatteryLow "BATTERY_LOW" BatteryCritical "BATTERY_CRITICAL" NotCharging "NOT_CHARGING"
        PowerSaver "POWER_SAVER" Suspending "SUSPENDING" EngagementNone "ENGAGEMENT_NONE"
        NotInstalled "NOT_INSTALLED" PermissionDenied "PERMISSION_DENIED" Paused "PAUSED"
        BudgetSpent "BUDGET_SPENT" LearnedHour "LEARNED_HOUR" OriginGap "ORIGIN_GAP" Grid "GRID"
        Concurrency "CONCURRENCY" BrowserClosed "BROWSER_CLOSED"
        BrowserLaunching "BROWSER_LAUNCHING" NoLauncher "NO_LAUNCHER"
        StoreReadOnly "STORE_READ_ONLY";
}
