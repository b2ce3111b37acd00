//! Version 2 of the records. It never changes: what is added becomes version 3.
//!
//! Instants are milliseconds of the boot clock of the record's own boot; see
//! [`frame`](crate::store::frame). Times of the wall clock are milliseconds since 1970, durations
//! whole milliseconds. What has not changed since version 1 is taken from there.

pub(crate) mod entry;
pub(crate) mod lease;
pub(crate) mod profile;
pub(crate) mod site;

pub(crate) use super::v1::Number;
pub(crate) use super::v1::{
    Ended, FreeEnding, OneOff, Outcome, Owner, Progress, Started, Streak, Wait,
};

/// When and where a record was written; the first field of each that holds instants.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Frame {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) boot_id: Vec<u8>,
    #[prost(sint64, tag = "2")]
    pub(crate) wall_minus_boot: i64,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Empty {}

/// Names a profile.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ProfileName {
    #[prost(uint32, tag = "1")]
    pub(crate) owner: u32,
    #[prost(string, tag = "2")]
    pub(crate) browser: String,
    #[prost(string, tag = "3")]
    pub(crate) profile: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Counters {
    #[prost(message, optional, tag = "1")]
    pub(crate) frame: Option<Frame>,
    #[prost(uint64, tag = "2")]
    pub(crate) last_registration: u64,
    #[prost(uint64, tag = "3")]
    pub(crate) last_lease: u64,
    #[prost(sint64, optional, tag = "4")]
    pub(crate) returned_at: Option<i64>,
    #[prost(uint64, tag = "5")]
    pub(crate) last_entry: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Registration {
    #[prost(message, optional, tag = "1")]
    pub(crate) frame: Option<Frame>,
    #[prost(message, optional, tag = "2")]
    pub(crate) profile: Option<ProfileName>,
    #[prost(string, tag = "3")]
    pub(crate) scope: String,
    #[prost(string, tag = "4")]
    pub(crate) tag: String,
    #[prost(string, optional, tag = "5")]
    pub(crate) app: Option<String>,
    /// Absent: it asks for nothing.
    #[prost(message, optional, tag = "6")]
    pub(crate) constraints: Option<Constraints>,
    #[prost(fixed64, optional, tag = "7")]
    pub(crate) network: Option<u64>,
    #[prost(oneof = "Schedule", tags = "8, 9")]
    pub(crate) schedule: Option<Schedule>,
    #[prost(sint64, tag = "10")]
    pub(crate) registered_at: i64,
    #[prost(oneof = "State", tags = "11, 12, 13, 14")]
    pub(crate) state: Option<State>,
    #[prost(uint32, tag = "15")]
    pub(crate) attempts: u32,
    #[prost(uint32, tag = "16")]
    pub(crate) max_attempts: u32,
    #[prost(message, optional, tag = "17")]
    pub(crate) streak: Option<Streak>,
    #[prost(uint32, tag = "18")]
    pub(crate) brought_forward: u32,
    #[prost(message, optional, tag = "19")]
    pub(crate) last_attempt: Option<Ended>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Constraints {
    #[prost(bool, tag = "1")]
    pub(crate) unmetered: bool,
    #[prost(enumeration = "Transport", repeated, tag = "2")]
    pub(crate) transports: Vec<i32>,
    #[prost(bool, tag = "3")]
    pub(crate) charging: bool,
    #[prost(bool, tag = "4")]
    pub(crate) battery_not_low: bool,
    #[prost(bool, tag = "5")]
    pub(crate) known_network: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Transport {
    Unspecified = 0,
    Wifi = 1,
    Ethernet = 2,
    Cellular = 3,
    Other = 4,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Schedule {
    #[prost(message, tag = "8")]
    OneOff(OneOff),
    #[prost(message, tag = "9")]
    Periodic(Periodic),
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Periodic {
    #[prost(uint64, tag = "1")]
    pub(crate) min_interval: u64,
    #[prost(sint64, tag = "2")]
    pub(crate) anchor: i64,
    #[prost(message, optional, tag = "3")]
    pub(crate) plan: Option<Plan>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Plan {
    #[prost(uint64, tag = "1")]
    pub(crate) interval: u64,
    #[prost(sint64, tag = "2")]
    pub(crate) due: i64,
    #[prost(sint64, tag = "3")]
    pub(crate) spaced: i64,
    #[prost(sint64, tag = "4")]
    pub(crate) goes: i64,
    #[prost(enumeration = "Slot", tag = "5")]
    pub(crate) slot: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Slot {
    Unspecified = 0,
    Next = 1,
    BeforeUsualHour = 2,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum State {
    #[prost(message, tag = "11")]
    Pending(Empty),
    #[prost(message, tag = "12")]
    Waiting(Waiting),
    #[prost(message, tag = "13")]
    Firing(Firing),
    /// Since this instant.
    #[prost(sint64, tag = "14")]
    Suspended(i64),
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Waiting {
    #[prost(sint64, tag = "1")]
    pub(crate) until: i64,
    #[prost(enumeration = "Wait", tag = "2")]
    pub(crate) wait: i32,
    /// In back-off.
    #[prost(sint64, optional, tag = "3")]
    pub(crate) earliest: Option<i64>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Firing {
    #[prost(message, optional, tag = "1")]
    pub(crate) attempt: Option<Attempt>,
    #[prost(bool, tag = "2")]
    pub(crate) reregistered: bool,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Attempt {
    #[prost(uint64, tag = "1")]
    pub(crate) epoch: u64,
    #[prost(uint64, tag = "2")]
    pub(crate) counter: u64,
    #[prost(uint32, tag = "3")]
    pub(crate) number: u32,
    #[prost(bool, tag = "4")]
    pub(crate) last_chance: bool,
    #[prost(sint64, tag = "5")]
    pub(crate) sent_at: i64,
    #[prost(uint64, tag = "6")]
    pub(crate) run_limit: u64,
    #[prost(oneof = "Progress", tags = "7, 8")]
    pub(crate) progress: Option<Progress>,
    #[prost(bool, tag = "9")]
    pub(crate) brought_forward: bool,
}
