//! What is kept of a site, in version 2.

use super::{Empty, Frame, ProfileName};

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Site {
    #[prost(message, optional, tag = "1")]
    pub(crate) frame: Option<Frame>,
    #[prost(message, optional, tag = "2")]
    pub(crate) profile: Option<ProfileName>,
    #[prost(string, tag = "3")]
    pub(crate) origin: String,
    #[prost(message, optional, tag = "4")]
    pub(crate) score: Option<Score>,
    /// None, or one for each hour of the day.
    #[prost(message, repeated, tag = "5")]
    pub(crate) hours: Vec<Hour>,
    #[prost(message, optional, tag = "6")]
    pub(crate) one_off: Option<Permission>,
    #[prost(message, optional, tag = "7")]
    pub(crate) periodic: Option<Permission>,
    /// The latest last.
    #[prost(fixed64, repeated, tag = "8")]
    pub(crate) networks: Vec<u64>,
    #[prost(message, repeated, tag = "9")]
    pub(crate) spent: Vec<Spent>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Score {
    #[prost(double, tag = "1")]
    pub(crate) points: f64,
    #[prost(double, tag = "2")]
    pub(crate) today: f64,
    /// By the wall clock.
    #[prost(sint64, optional, tag = "3")]
    pub(crate) last: Option<i64>,
    /// By the wall clock.
    #[prost(sint64, optional, tag = "4")]
    pub(crate) launched: Option<i64>,
    #[prost(oneof = "Reported", tags = "5, 6")]
    pub(crate) reported: Option<Reported>,
}

#[derive(Clone, Copy, PartialEq, prost::Oneof)]
pub(crate) enum Reported {
    #[prost(message, tag = "5")]
    Score(Empty),
    #[prost(enumeration = "Level", tag = "6")]
    Level(i32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Level {
    Unspecified = 0,
    Unknown = 1,
    None = 2,
    Minimal = 3,
    Low = 4,
    Medium = 5,
    High = 6,
    Max = 7,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Hour {
    #[prost(uint32, tag = "1")]
    pub(crate) weight: u32,
    #[prost(sint64, tag = "2")]
    pub(crate) day: i64,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Permission {
    #[prost(enumeration = "PermissionState", tag = "1")]
    pub(crate) state: i32,
    #[prost(sint64, tag = "2")]
    pub(crate) since: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum PermissionState {
    Unspecified = 0,
    Granted = 1,
    Denied = 2,
    Prompt = 3,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Spent {
    /// Absent: by registrations without one.
    #[prost(string, optional, tag = "1")]
    pub(crate) app: Option<String>,
    #[prost(sint64, tag = "2")]
    pub(crate) day: i64,
    #[prost(uint32, tag = "3")]
    pub(crate) wakes: u32,
    #[prost(uint64, tag = "4")]
    pub(crate) run_time: u64,
    #[prost(sint64, optional, tag = "5")]
    pub(crate) since: Option<i64>,
}
