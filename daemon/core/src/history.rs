//! The history: each decision with its reason and the facts of that moment. Bounded in all and
//! for each owner; the oldest entries go first.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound::{Excluded, Included},
    sync::Arc,
};

use crate::{
    change::RegistrationChange,
    facts::Facts,
    key::{OwnerId, ProfileId, RegistrationId, RegistrationKey, SyncKind, WorkerKey},
    policy::Policy,
    time::{Timestamp, WallClock},
    wall::WallTime,
};

/// Bytes that are kept of a tag, and of what a browser said.
pub const TEXT_BYTES: usize = 256;

/// One decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its number; later entries have higher ones.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// Which registration.
    pub registration: RegistrationId,
    /// Of which worker.
    pub worker: Arc<WorkerKey>,
    /// One-off or periodic.
    pub kind: SyncKind,
    /// Its tag, shortened to [`TEXT_BYTES`].
    pub tag: Arc<str>,
    /// What was decided, and why.
    pub what: RegistrationChange,
    /// What was so at that moment, overrides for everybody included.
    pub facts: Facts,
}

/// Which entries to read; `None`: all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryFilter {
    /// Of this owner.
    pub owner: Option<OwnerId>,
    /// Of this registration.
    pub registration: Option<RegistrationId>,
    /// Of this profile.
    pub profile: Option<ProfileId>,
    /// Of this origin.
    pub origin: Option<String>,
    /// Not before.
    pub since: Option<WallTime>,
    /// Only older ones than this.
    pub before: Option<u64>,
}

/// All entries.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    /// Shared with copies of the core: an entry never changes.
    entries: BTreeMap<u64, Arc<Entry>>,
    of_owner: BTreeMap<OwnerId, BTreeSet<u64>>,
    last: u64,
}

impl History {
    /// Numbers entries from here on.
    pub(crate) fn number_after(&mut self, last: u64) {
        self.last = self.last.max(last);
    }

    /// The highest number that was given.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// Takes over an entry that was on disk.
    pub(crate) fn adopt(&mut self, entry: Entry) {
        self.last = self.last.max(entry.sequence);
        self.of_owner.entry(entry.owner()).or_default().insert(entry.sequence);
        self.entries.insert(entry.sequence, Arc::new(entry));
    }

    /// Adds an entry; it, and the numbers of those that made room for it.
    pub(crate) fn add(
        &mut self,
        at: Timestamp,
        (registration, key): (RegistrationId, &RegistrationKey),
        what: &RegistrationChange,
        facts: Facts,
        policy: &Policy,
    ) -> (Entry, Vec<u64>) {
        let tag = match shortened(key.tag.as_str()) {
            Some(short) => short.into(),
            None => key.tag.shared(),
        };
        let entry = Entry {
            sequence: self.last + 1,
            at,
            registration,
            worker: Arc::clone(&key.worker),
            kind: key.kind,
            tag,
            what: without_long_texts(what),
            facts,
        };
        self.adopt(entry.clone());
        let mut gone = Vec::new();
        // More than one where the limit was lowered.
        while let Some(oldest) = self.one_too_many(entry.owner(), policy) {
            self.forget(oldest);
            gone.push(oldest);
        }
        (entry, gone)
    }

    fn one_too_many(&self, owner: OwnerId, policy: &Policy) -> Option<u64> {
        let own = self.of_owner.get(&owner)?;
        if own.len() > policy.owner_history {
            own.first().copied()
        } else if self.entries.len() > policy.history {
            self.entries.keys().next().copied()
        } else {
            None
        }
    }

    fn forget(&mut self, sequence: u64) {
        let Some(entry) = self.entries.remove(&sequence) else { return };
        drop_from(&mut self.of_owner, &entry.owner(), sequence);
    }

    /// Forgets what it holds of these; the numbers of the entries.
    pub(crate) fn forget_all(&mut self, of: impl Fn(&Entry) -> bool, owner: OwnerId) -> Vec<u64> {
        let own = self.of_owner.get(&owner).into_iter().flatten();
        let gone: Vec<u64> = own
            .filter(|one| self.entries.get(one).is_some_and(|entry| of(entry)))
            .copied()
            .collect();
        for sequence in &gone {
            self.forget(*sequence);
        }
        gone
    }

    /// Entries that fit, the newest first.
    pub(crate) fn newest<'a>(
        &'a self,
        filter: &'a EntryFilter,
        wall: WallClock,
    ) -> impl Iterator<Item = &'a Entry> + 'a {
        let since = filter.since.map(|since| since.to_core(wall));
        let sequences: Box<dyn Iterator<Item = u64> + 'a> = match filter.owner {
            Some(owner) => {
                let own = self.of_owner.get(&owner);
                Box::new(own.into_iter().flatten().rev().copied())
            }
            None => Box::new(self.entries.keys().rev().copied()),
        };
        sequences
            .filter_map(|sequence| self.entries.get(&sequence).map(Arc::as_ref))
            .skip_while(|entry| filter.before.is_some_and(|before| entry.sequence >= before))
            .take_while(move |entry| since.is_none_or(|since| entry.at >= since))
            .filter(|entry| filter.takes(entry))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values().map(Arc::as_ref)
    }

    /// Those after a number, up to another, of one owner or of all, the oldest first.
    pub(crate) fn between(
        &self,
        whose: Option<OwnerId>,
        after: u64,
        last: u64,
    ) -> impl Iterator<Item = &Entry> {
        let range = (Excluded(after), Included(last.max(after)));
        let own = whose.map(|owner| {
            let own = self.of_owner.get(&owner).into_iter();
            own.flat_map(move |own| own.range(range))
                .filter_map(|one| self.entries.get(one).map(Arc::as_ref))
        });
        let all = match whose {
            Some(_) => None,
            None => Some(self.entries.range(range).map(|(_, entry)| &**entry)),
        };
        own.into_iter().flatten().chain(all.into_iter().flatten())
    }
}

impl Entry {
    /// Whose.
    pub fn owner(&self) -> OwnerId {
        self.worker.profile.owner
    }
}

impl EntryFilter {
    fn takes(&self, entry: &Entry) -> bool {
        self.owner.is_none_or(|owner| owner == entry.owner())
            && self.registration.is_none_or(|id| id == entry.registration)
            && self.profile.as_ref().is_none_or(|profile| *profile == entry.worker.profile.profile)
            && self.origin.as_ref().is_none_or(|origin| *origin == entry.worker.scope.origin())
    }
}

/// The beginning of a text that is too long.
fn shortened(text: &str) -> Option<&str> {
    (text.len() > TEXT_BYTES).then(|| &text[..text.floor_char_boundary(TEXT_BYTES)])
}

fn without_long_texts(what: &RegistrationChange) -> RegistrationChange {
    let mut what = what.clone();
    if let RegistrationChange::Finished { ended, .. } = &mut what
        && let Some(short) = shortened(&ended.detail)
    {
        ended.detail = short.into();
    }
    what
}

fn drop_from<K: Ord>(index: &mut BTreeMap<K, BTreeSet<u64>>, key: &K, sequence: u64) {
    if let Some(sequences) = index.get_mut(key) {
        sequences.remove(&sequence);
        if sequences.is_empty() {
            index.remove(key);
        }
    }
}
