//! What is kept of a browser profile.

use std::collections::BTreeMap;

use crate::{
    engagement::ProfileEngagement,
    key::{AppId, Scope},
    time::Timestamp,
};

/// What is kept of a profile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// What it reports of engagement.
    pub engagement: ProfileEngagement,
    /// Its installed apps; `None`: it never said.
    pub apps: Option<Apps>,
}

/// The apps of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apps {
    /// Since when the list is known.
    pub since: Timestamp,
    /// Installed, with the scope of each; at most [`INSTALLED_APPS`].
    pub installed: BTreeMap<AppId, Scope>,
    /// Not installed any more, and since when; at most [`INSTALLED_APPS`], the latest.
    pub removed: BTreeMap<AppId, Removed>,
}

/// Apps of one profile.
pub const INSTALLED_APPS: usize = 1_000;

/// An app that was uninstalled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// The scope that it had.
    pub scope: Scope,
    /// When it went.
    pub at: Timestamp,
}

impl Profile {
    /// Nothing is kept: no record is needed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
