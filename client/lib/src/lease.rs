//! Pauses and overrides. Both end by themselves.

use std::time::{Duration, SystemTime};

/// Whom a pause or an override is for. Without an owner it is the caller's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Everybody; for administrators.
    Everything,
    /// All of one user.
    Owner {
        /// None: the caller. Another one is for administrators.
        owner_uid: Option<u32>,
    },
    /// One origin of a user.
    Origin {
        /// None: the caller. Another one is for administrators.
        owner_uid: Option<u32>,
        /// Scheme, host and port.
        origin: String,
    },
    /// One app of a user.
    App {
        /// None: the caller. Another one is for administrators.
        owner_uid: Option<u32>,
        /// The id of the web-app manifest.
        app_id: String,
    },
}

/// A fact by name, with its value as people write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactValue {
    /// Such as `metered`.
    pub fact: String,
    /// Such as `yes`.
    pub value: String,
}

/// A pause or an override.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// For whom.
    pub subject: Subject,
    /// What it does.
    pub what: Leased,
    /// Only while the host is on this network; none: wherever it is.
    pub network: Option<NetworkName>,
    /// Since when.
    pub since: Option<SystemTime>,
    /// When it ends by itself.
    pub ends_at: Option<SystemTime>,
}

/// A network, or the link that leads into it, as people speak of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkName {
    /// The interface that leads out.
    Interface(String),
    /// The Wi-Fi.
    Ssid(String),
    /// `NetworkManager`'s connection, by its name or its UUID.
    Connection(String),
}

/// What a lease does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leased {
    /// Nothing of the subject runs.
    Pause {
        /// For people.
        reason: Option<String>,
    },
    /// A fact has this value for the subject.
    Override(FactValue),
}

/// A pause to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPause {
    /// For whom.
    pub subject: Subject,
    /// For how long; none: 24 h.
    pub lease: Option<Duration>,
    /// For people.
    pub reason: Option<String>,
}

/// A pause that began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paused {
    /// The pause.
    pub lease: Lease,
    /// Registrations that it is for, now.
    pub registrations: u32,
}

/// What became of a request to end a pause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resumed {
    /// There was a pause.
    pub ended: bool,
    /// Wider pauses that hold the subject still.
    pub remaining: Vec<Lease>,
}

/// An override to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOverride {
    /// For whom.
    pub subject: Subject,
    /// What.
    pub fact: FactValue,
    /// Only while the host is on this network; none: wherever it is.
    pub network: Option<NetworkName>,
    /// For how long; none: 1 h.
    pub lease: Option<Duration>,
}
