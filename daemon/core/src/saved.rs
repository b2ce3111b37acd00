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
    /// Login names of the owners: a uid that has come to belong to another name starts empty.
    pub owners: BTreeMap<OwnerId, Arc<str>>,
}

/// Numbers that must not come back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// The highest registration id ever given.
    pub last_registration: u64,
}
