//! An entry of the history, in version 2.

use super::{Attempt, Ended, Frame, ProfileName, Transport, lease::Reach};

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Entry {
    #[prost(message, optional, tag = "1")]
    pub(crate) frame: Option<Frame>,
    #[prost(sint64, tag = "2")]
    pub(crate) at: i64,
    #[prost(uint64, tag = "3")]
    pub(crate) registration: u64,
    #[prost(message, optional, tag = "4")]
    pub(crate) profile: Option<ProfileName>,
    #[prost(string, tag = "5")]
    pub(crate) scope: String,
    #[prost(enumeration = "SyncKind", tag = "6")]
    pub(crate) kind: i32,
    #[prost(string, tag = "7")]
    pub(crate) tag: String,
    #[prost(oneof = "What", tags = "8, 9, 10, 11, 12, 13")]
    pub(crate) what: Option<What>,
    #[prost(message, optional, tag = "14")]
    pub(crate) facts: Option<Facts>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum SyncKind {
    Unspecified = 0,
    OneOff = 1,
    Periodic = 2,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum What {
    #[prost(enumeration = "Plain", tag = "8")]
    Plain(i32),
    #[prost(message, tag = "9")]
    Held(Held),
    #[prost(message, tag = "10")]
    Woken(Attempt),
    #[prost(message, tag = "11")]
    Started(Attempt),
    #[prost(message, tag = "12")]
    Finished(FinishedAttempt),
    #[prost(enumeration = "RemovalReason", tag = "13")]
    Removed(i32),
}

/// What is told without more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Plain {
    Unspecified = 0,
    Created = 1,
    Updated = 2,
    Rearmed = 3,
    Suspended = 4,
    Revived = 5,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Held {
    #[prost(enumeration = "BlockerCode", repeated, tag = "1")]
    pub(crate) codes: Vec<i32>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct FinishedAttempt {
    #[prost(message, optional, tag = "1")]
    pub(crate) ended: Option<Ended>,
    #[prost(bool, tag = "2")]
    pub(crate) charged: bool,
    #[prost(sint64, optional, tag = "3")]
    pub(crate) next_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum RemovalReason {
    Unspecified = 0,
    Completed = 1,
    GaveUp = 2,
    Expired = 3,
    Unregistered = 4,
    ScopeRemoved = 5,
    ScopeGone = 6,
    Reconciled = 7,
    Administrator = 8,
    OwnerChanged = 9,
    Revoked = 10,
    OriginCleared = 11,
    Uninstalled = 12,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum BlockerCode {
    Unspecified = 0,
    Starting = 1,
    NotDue = 2,
    BackOff = 3,
    Offline = 4,
    Settling = 5,
    Limited = 6,
    CaptivePortal = 7,
    Metered = 8,
    Roaming = 9,
    Transport = 10,
    UnknownNetwork = 11,
    BatteryLow = 12,
    BatteryCritical = 13,
    NotCharging = 14,
    PowerSaver = 15,
    Suspending = 16,
    EngagementNone = 17,
    NotInstalled = 18,
    PermissionDenied = 19,
    Paused = 20,
    BudgetSpent = 21,
    LearnedHour = 22,
    OriginGap = 23,
    Grid = 24,
    Concurrency = 25,
    BrowserClosed = 26,
    BrowserLaunching = 27,
    NoLauncher = 28,
    StoreReadOnly = 29,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Facts {
    #[prost(enumeration = "Reach", tag = "1")]
    pub(crate) reach: i32,
    #[prost(fixed64, optional, tag = "2")]
    pub(crate) network: Option<u64>,
    #[prost(bool, tag = "3")]
    pub(crate) metered: bool,
    #[prost(bool, tag = "4")]
    pub(crate) roaming: bool,
    #[prost(enumeration = "Transport", optional, tag = "5")]
    pub(crate) transport: Option<i32>,
    #[prost(uint32, optional, tag = "6")]
    pub(crate) battery: Option<u32>,
    #[prost(bool, optional, tag = "7")]
    pub(crate) charging: Option<bool>,
    #[prost(bool, tag = "8")]
    pub(crate) power_saver: bool,
}
