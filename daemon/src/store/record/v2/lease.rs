//! A pause or an override, in version 2.

use super::{Empty, Frame, Transport};

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Lease {
    #[prost(message, optional, tag = "1")]
    pub(crate) frame: Option<Frame>,
    #[prost(oneof = "Subject", tags = "2, 3, 4, 5")]
    pub(crate) subject: Option<Subject>,
    #[prost(oneof = "Leased", tags = "6, 7, 8, 9, 10, 11, 12, 13")]
    pub(crate) what: Option<Leased>,
    #[prost(sint64, tag = "14")]
    pub(crate) since: i64,
    #[prost(sint64, tag = "15")]
    pub(crate) until: i64,
    #[prost(string, tag = "16")]
    pub(crate) reason: String,
    /// Records from before there were any have none.
    #[prost(oneof = "Place", tags = "17, 18, 19")]
    pub(crate) place: Option<Place>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Place {
    #[prost(string, tag = "17")]
    Interface(String),
    #[prost(string, tag = "18")]
    Ssid(String),
    #[prost(string, tag = "19")]
    Connection(String),
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Subject {
    #[prost(message, tag = "2")]
    All(Empty),
    #[prost(uint32, tag = "3")]
    Owner(u32),
    #[prost(message, tag = "4")]
    Origin(OfOwner),
    #[prost(message, tag = "5")]
    App(OfOwner),
}

/// An origin or an app of an owner.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct OfOwner {
    #[prost(uint32, tag = "1")]
    pub(crate) owner: u32,
    #[prost(string, tag = "2")]
    pub(crate) name: String,
}

#[derive(Clone, Copy, PartialEq, prost::Oneof)]
pub(crate) enum Leased {
    #[prost(message, tag = "6")]
    Pause(Empty),
    #[prost(enumeration = "Reach", tag = "7")]
    Network(i32),
    #[prost(bool, tag = "8")]
    Metered(bool),
    #[prost(bool, tag = "9")]
    Roaming(bool),
    #[prost(enumeration = "Transport", tag = "10")]
    Transport(i32),
    #[prost(uint32, tag = "11")]
    Battery(u32),
    #[prost(bool, tag = "12")]
    Charging(bool),
    #[prost(bool, tag = "13")]
    PowerSaver(bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Reach {
    Unspecified = 0,
    Offline = 1,
    CaptivePortal = 2,
    Limited = 3,
    Online = 4,
}
