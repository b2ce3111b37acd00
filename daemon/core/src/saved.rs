//! What a restart needs.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    history::Entry,
    key::{OwnerId, ProfileKey},
    lease::Lease,
    profile::Profile,
    registrations::Registrations,
    site::{Site, SiteKey},
    time::Timestamp,
};

/// All that is on disk, decoded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Saved {
    /// The registrations.
    pub registrations: Registrations,
    /// The counters.
    pub counters: Counters,
    /// Login names of the owners: a uid that has come to belong to another name starts empty.
    pub owners: BTreeMap<OwnerId, Arc<str>>,
    /// What is kept of sites.
    pub sites: BTreeMap<SiteKey, Site>,
    /// What is kept of profiles.
    pub profiles: BTreeMap<ProfileKey, Profile>,
    /// Pauses and overrides, in any order.
    pub leases: Vec<Lease>,
    /// The history, in any order.
    pub history: Vec<Entry>,
}

/// Numbers that must not come back, and what is known of the host's past.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// The highest registration id ever given. On disk it may be lower, but not lower than that of
    /// any that is on disk no more.
    pub last_registration: u64,
    /// The highest lease id ever given.
    pub last_lease: u64,
    /// The highest number of the entries of the history that are on disk no more.
    pub last_entry: u64,
    /// When the network last returned (P-03).
    pub returned_at: Option<Timestamp>,
}
