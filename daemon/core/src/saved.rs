//! What a restart needs.

use std::{collections::BTreeMap, sync::Arc};

use crate::{key::OwnerId, registration::Registration};

/// All that is on disk, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// In any order.
    pub registrations: Vec<Registration>,
    /// The counters.
    pub counters: Counters,
}

/// Numbers that must not come back, and who the owners were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// The highest registration id ever given.
    pub last_registration: u64,
    /// Login names of the owners that have registrations: a uid that has come to belong to
    /// another name starts empty.
    pub owners: BTreeMap<OwnerId, Arc<str>>,
}
