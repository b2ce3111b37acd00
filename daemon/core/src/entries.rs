//! Registrations by number, dense in memory: neighbours by number share a page, as they do when
//! they are made one after the other.

use std::{
    collections::{BTreeMap, btree_map},
    sync::Arc,
};

use crate::{key::RegistrationId, needs::Needs, registration::Registration, time::Timestamp};

/// Numbers of one page. A greater page wastes more when most of its registrations are gone, a
/// smaller one when all are there.
const PAGE: u64 = 16;

/// A registration, and where it is filed.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) registration: Registration,
    pub(crate) filed: Filed,
}

/// Where a registration is filed, so that it is found there when it moves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filed {
    /// At which instant among the timers.
    pub(crate) timer: Option<Timestamp>,
    /// At which instant among the periodic ones of its site.
    pub(crate) next: Option<Timestamp>,
    /// In which lane.
    pub(crate) lane: Option<Arc<Needs>>,
}

/// All entries, in pages that are in order and never empty. The newest one is asked for many times
/// a call while it is made: its page is found without a search.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entries {
    pages: BTreeMap<u64, Vec<Entry>>,
    len: usize,
}

impl Entry {
    fn id(&self) -> RegistrationId {
        self.registration.id
    }
}

impl From<Registration> for Entry {
    fn from(registration: Registration) -> Self {
        Self { registration, filed: Filed::default() }
    }
}

impl Entries {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn get(&self, id: RegistrationId) -> Option<&Entry> {
        let newest = self.pages.last_key_value().filter(|(number, _)| **number == page_of(id));
        let page = match newest {
            Some((_, page)) => page,
            None => self.pages.get(&page_of(id))?,
        };
        page.get(place_in(page, id).ok()?)
    }

    pub(crate) fn get_mut(&mut self, id: RegistrationId) -> Option<&mut Entry> {
        let page = self.pages.get_mut(&page_of(id))?;
        let at = place_in(page, id).ok()?;
        page.get_mut(at)
    }

    /// The entry that it takes the place of.
    pub(crate) fn insert(&mut self, entry: Entry) -> Option<Entry> {
        let page = self.pages.entry(page_of(entry.id())).or_default();
        match place_in(page, entry.id()) {
            Ok(at) => Some(std::mem::replace(&mut page[at], entry)),
            Err(at) => {
                page.insert(at, entry);
                self.len += 1;
                None
            }
        }
    }

    pub(crate) fn remove(&mut self, id: RegistrationId) -> Option<Entry> {
        let page = self.pages.get_mut(&page_of(id))?;
        let at = place_in(page, id).ok()?;
        let entry = page.remove(at);
        self.len -= 1;
        if page.is_empty() {
            self.pages.remove(&page_of(id));
        } else if page.len() <= page.capacity() / 2 {
            page.shrink_to_fit();
        }
        Some(entry)
    }

    /// In order of registration.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.pages.values().flatten()
    }

    /// In order of registration.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.pages.values_mut().flatten()
    }

    /// In order of registration.
    pub(crate) fn into_registrations(self) -> impl Iterator<Item = Registration> {
        self.pages.into_values().flatten().map(|entry| entry.registration)
    }

    /// Those after an id, in order of registration.
    pub(crate) fn after(&self, id: RegistrationId) -> impl Iterator<Item = &Entry> {
        let pages = self.pages.range(page_of(id)..);
        pages.flat_map(|(_, page)| page).skip_while(move |entry| entry.id() <= id)
    }
}

/// Builds them without room to spare: what comes in order is put into its page at once. Of two with
/// the same number the later one stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct EntriesBuilder {
    entries: Entries,
    /// Those of one page, in order.
    run: Vec<Entry>,
}

impl EntriesBuilder {
    pub(crate) fn push(&mut self, registration: Registration) {
        let (id, last) = (registration.id, self.run.last().map(Entry::id));
        if last.is_some_and(|last| page_of(last) != page_of(id) || last >= id) {
            self.end_run();
        }
        self.run.push(registration.into());
    }

    pub(crate) fn finish(mut self) -> Entries {
        self.end_run();
        self.entries
    }

    fn end_run(&mut self) {
        let Self { entries, run } = self;
        let Some(page) = run.first().map(|first| page_of(first.id())) else { return };
        match entries.pages.entry(page) {
            btree_map::Entry::Vacant(vacant) => {
                entries.len += run.len();
                let mut page = Vec::with_capacity(run.len());
                page.append(run);
                vacant.insert(page);
            }
            btree_map::Entry::Occupied(_) => run.drain(..).for_each(|entry| {
                entries.insert(entry);
            }),
        }
    }
}

fn page_of(id: RegistrationId) -> u64 {
    id.number() / PAGE
}

fn place_in(page: &[Entry], id: RegistrationId) -> Result<usize, usize> {
    page.binary_search_by_key(&id, Entry::id)
}
