//! Version 1 of the records. It never changes: what is added becomes version 2.
//!
//! Instants are milliseconds of the boot clock of the record's own boot; see
//! [`frame`](crate::store::frame). Durations are whole milliseconds.

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Registration {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) boot_id: Vec<u8>,
    #[prost(sint64, tag = "2")]
    pub(crate) wall_minus_boot: i64,
    #[prost(uint32, tag = "3")]
    pub(crate) owner: u32,
    #[prost(string, tag = "4")]
    pub(crate) browser: String,
    #[prost(string, tag = "5")]
    pub(crate) profile: String,
    #[prost(string, tag = "6")]
    pub(crate) scope: String,
    #[prost(string, tag = "7")]
    pub(crate) tag: String,
    #[prost(string, optional, tag = "8")]
    pub(crate) app: Option<String>,
    #[prost(oneof = "Schedule", tags = "9, 10")]
    pub(crate) schedule: Option<Schedule>,
    #[prost(sint64, tag = "11")]
    pub(crate) registered_at: i64,
    #[prost(oneof = "State", tags = "12, 13, 14")]
    pub(crate) state: Option<State>,
    #[prost(uint32, tag = "15")]
    pub(crate) attempts: u32,
    #[prost(uint32, tag = "16")]
    pub(crate) max_attempts: u32,
    #[prost(message, optional, tag = "17")]
    pub(crate) streak: Option<Streak>,
    #[prost(message, optional, tag = "18")]
    pub(crate) last_attempt: Option<Ended>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Schedule {
    #[prost(message, tag = "9")]
    OneOff(OneOff),
    #[prost(message, tag = "10")]
    Periodic(Periodic),
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct OneOff {
    #[prost(sint64, tag = "1")]
    pub(crate) expires_at: i64,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Periodic {
    #[prost(uint64, tag = "1")]
    pub(crate) min_interval: u64,
    #[prost(sint64, tag = "2")]
    pub(crate) anchor: i64,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum State {
    #[prost(message, tag = "12")]
    Pending(Pending),
    #[prost(message, tag = "13")]
    Waiting(Waiting),
    #[prost(message, tag = "14")]
    Firing(Firing),
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Pending {}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Waiting {
    #[prost(sint64, tag = "1")]
    pub(crate) until: i64,
    #[prost(enumeration = "Wait", tag = "2")]
    pub(crate) wait: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Wait {
    Unspecified = 0,
    Period = 1,
    BackOff = 2,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Firing {
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
    pub(crate) reregistered: bool,
}

#[derive(Clone, Copy, PartialEq, prost::Oneof)]
pub(crate) enum Progress {
    /// Started must come by this instant.
    #[prost(sint64, tag = "7")]
    Sent(i64),
    #[prost(message, tag = "8")]
    Started(Started),
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Started {
    #[prost(sint64, tag = "1")]
    pub(crate) at: i64,
    #[prost(sint64, tag = "2")]
    pub(crate) finish_by: i64,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Streak {
    #[prost(enumeration = "FreeEnding", tag = "1")]
    pub(crate) of: i32,
    #[prost(uint32, tag = "2")]
    pub(crate) length: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum FreeEnding {
    Unspecified = 0,
    Offline = 1,
    Unavailable = 2,
    LostUnstarted = 3,
    LostStarted = 4,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Ended {
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
    #[prost(sint64, optional, tag = "6")]
    pub(crate) started_at: Option<i64>,
    #[prost(sint64, tag = "7")]
    pub(crate) finished_at: i64,
    #[prost(enumeration = "Outcome", tag = "8")]
    pub(crate) outcome: i32,
    #[prost(string, tag = "9")]
    pub(crate) detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Outcome {
    Unspecified = 0,
    Completed = 1,
    Rejected = 2,
    TimedOut = 3,
    Offline = 4,
    Aborted = 5,
    Unavailable = 6,
    ScopeGone = 7,
    Lost = 8,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Owner {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Counters {
    #[prost(uint64, tag = "1")]
    pub(crate) last_registration: u64,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Number {
    #[prost(uint64, tag = "1")]
    pub(crate) value: u64,
}
