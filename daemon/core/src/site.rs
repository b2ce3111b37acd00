//! What is kept of a site: an origin in a browser profile.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use crate::{
    engagement::Score,
    facts::NetworkId,
    hours::Hours,
    key::{AppId, ProfileKey, RegistrationKey, SyncKind},
    time::Timestamp,
};

/// Names a site.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SiteKey {
    /// Whose profile, and which.
    pub profile: ProfileKey,
    /// Scheme, host and port.
    pub origin: Arc<str>,
}

impl SiteKey {
    /// The site of a registration.
    pub fn of(key: &RegistrationKey) -> Self {
        Self { profile: key.worker.profile.clone(), origin: key.worker.scope.shared_origin() }
    }
}

/// What is kept of a site.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Site {
    /// How much the user uses it; `None`: nothing was reported.
    pub score: Option<Score>,
    /// At which hours.
    pub hours: Hours,
    /// What the browser said of its permissions.
    pub permissions: Permissions,
    /// Networks on which it was used, the latest last; at most [`KNOWN_NETWORKS`].
    pub networks: Vec<NetworkId>,
    /// What its apps have spent of today's budget; `None` stands for registrations without one.
    pub spent: BTreeMap<Option<AppId>, Spent>,
}

/// Networks that a site remembers.
pub const KNOWN_NETWORKS: usize = 16;

/// The browser's word on permissions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// For one-off syncs.
    pub one_off: Option<PermissionSet>,
    /// For periodic syncs.
    pub periodic: Option<PermissionSet>,
}

/// A permission and since when it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PermissionSet {
    /// What the browser said.
    pub state: PermissionState,
    /// When.
    pub since: Timestamp,
}

/// The states of a permission (Permissions API).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PermissionState {
    /// The user or the browser allowed it.
    Granted,
    /// It is forbidden.
    Denied,
    /// Nobody decided.
    Prompt,
}

/// What an app has spent on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Which local day, counted from 1970-01-01.
    pub day: i64,
    /// Wakes.
    pub wakes: u32,
    /// How long its events ran.
    pub run_time: Duration,
    /// When the budget was spent; `None`: it is not.
    pub since: Option<Timestamp>,
}

impl Permissions {
    /// Of one kind.
    pub fn of(&self, kind: SyncKind) -> Option<PermissionSet> {
        match kind {
            SyncKind::OneOff => self.one_off,
            SyncKind::Periodic => self.periodic,
        }
    }

    /// Notes what the browser said.
    pub fn set(&mut self, kind: SyncKind, set: PermissionSet) {
        match kind {
            SyncKind::OneOff => self.one_off = Some(set),
            SyncKind::Periodic => self.periodic = Some(set),
        }
    }
}

impl Site {
    /// Notes that it was used on a network; true when that was news.
    pub fn used_on(&mut self, network: NetworkId) -> bool {
        if self.networks.last() == Some(&network) {
            return false;
        }
        let known: BTreeSet<_> = self.networks.iter().copied().collect();
        self.networks.retain(|one| *one != network);
        self.networks.push(network);
        if self.networks.len() > KNOWN_NETWORKS {
            self.networks.remove(0);
        }
        !known.contains(&network)
    }

    /// Nothing is kept: no record is needed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
