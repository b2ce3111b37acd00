//! What is kept of a profile, in version 2.

use super::{Frame, ProfileName};

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Profile {
    #[prost(message, optional, tag = "1")]
    pub(crate) frame: Option<Frame>,
    #[prost(message, optional, tag = "2")]
    pub(crate) name: Option<ProfileName>,
    /// By the wall clock.
    #[prost(sint64, optional, tag = "3")]
    pub(crate) last: Option<i64>,
    #[prost(enumeration = "Reports", tag = "4")]
    pub(crate) reports: i32,
    #[prost(message, optional, tag = "5")]
    pub(crate) apps: Option<Apps>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Reports {
    Unspecified = 0,
    Nothing = 1,
    Events = 2,
    Verdicts = 3,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Apps {
    #[prost(sint64, tag = "1")]
    pub(crate) since: i64,
    #[prost(message, repeated, tag = "2")]
    pub(crate) installed: Vec<App>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) removed: Vec<RemovedApp>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct App {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    #[prost(string, tag = "2")]
    pub(crate) scope: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct RemovedApp {
    #[prost(message, optional, tag = "1")]
    pub(crate) app: Option<App>,
    #[prost(sint64, tag = "2")]
    pub(crate) at: i64,
}
