//! Workers as records name them. Many registrations and entries are of the same worker, many workers
//! of the same profile: each name is looked at once, and what it stands for is shared.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use pwasync_core::key::{ProfileId, ProfileKey, Scope, WorkerKey};

use super::{convert, v2};
use crate::store::error::BadRecord;

/// What names that were seen stand for.
#[derive(Debug, Default)]
pub(in crate::store) struct Workers {
    of_names: HashMap<Name, Arc<WorkerKey>>,
    profiles: BTreeMap<ProfileId, ProfileId>,
}

/// A worker's name in a record.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Name {
    owner: u32,
    browser: String,
    profile: String,
    scope: String,
}

impl Workers {
    /// The worker of a record.
    ///
    /// # Errors
    /// When its profile or its scope is none.
    pub(super) fn of(
        &mut self,
        profile: Option<v2::ProfileName>,
        scope: String,
    ) -> Result<Arc<WorkerKey>, BadRecord> {
        let profile = profile.ok_or_else(|| convert::lacks("profile"))?;
        let v2::ProfileName { owner, browser, profile } = profile;
        let name = Name { owner, browser, profile, scope };
        if let Some(known) = self.of_names.get(&name) {
            return Ok(Arc::clone(known));
        }
        let Name { owner, browser, profile, scope } = &name;
        let profile =
            v2::ProfileName { owner: *owner, browser: browser.clone(), profile: profile.clone() };
        let (profile, scope) = (profile.into_core()?, Scope::parse(scope)?);
        let worker = Arc::new(WorkerKey { profile: self.shared(profile), scope });
        self.of_names.insert(name, Arc::clone(&worker));
        Ok(worker)
    }

    /// The profile, sharing its names with others.
    pub(in crate::store) fn shared(&mut self, key: ProfileKey) -> ProfileKey {
        let ProfileKey { owner, profile } = key;
        let profile = self.profiles.entry(profile.clone()).or_insert(profile).clone();
        ProfileKey { owner, profile }
    }
}
