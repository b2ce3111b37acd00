//! Builds registrations from what is on disk.

use std::{collections::BTreeMap, sync::Arc};

use super::{OfWorker, Registrations, TagAt, digest, share_app};
use crate::{
    by_worker::ByWorker,
    entries::{EntriesBuilder, Entry},
    key::AppId,
    registration::Registration,
};

/// Takes registrations one by one: what comes in order is built in order, which takes a fraction of
/// the time and leaves little room to spare. Of two with the same number the later one stays.
#[derive(Debug, Default)]
pub struct RegistrationsBuilder {
    entries: EntriesBuilder,
    of_workers: ByWorker<Built>,
}

/// What is known of a worker.
#[derive(Debug, Default)]
struct Built {
    /// How many were taken.
    count: usize,
    tags: Vec<TagAt>,
    app: Option<AppId>,
}

impl RegistrationsBuilder {
    /// Takes one more; it comes to share its worker and its app with others.
    pub fn push(&mut self, mut registration: Registration) {
        let (worker, built) = self.of_workers.of(&registration.key.worker);
        registration.key.worker = Arc::clone(worker);
        share_app(&mut registration, &mut built.app);
        built.count += 1;
        self.entries.push(registration);
    }

    /// All that were taken.
    #[must_use]
    pub fn finish(self) -> Registrations {
        let Self { entries, mut of_workers } = self;
        let entries = entries.finish();
        for Entry { registration, .. } in entries.iter() {
            let (_, Built { count, tags, .. }) = of_workers.of(&registration.key.worker);
            // Vectors that grow would leave holes all over memory. With a little room the next ones
            // that are registered move none of them.
            let room = *count + *count / 16 + 1;
            tags.reserve_exact(room - tags.len());
            tags.push((digest(&registration.key), registration.id));
        }
        let mut all = Registrations { entries, ..Registrations::default() };
        let with_tags = of_workers.into_sorted().into_iter();
        // Where one took the place of another, none may be left.
        let with_tags = with_tags.filter(|(_, built)| !built.tags.is_empty());
        let by_worker: BTreeMap<_, _> = with_tags
            .map(|(worker, Built { mut tags, app, .. })| {
                all.count(&worker, tags.len());
                tags.sort_unstable();
                (worker, OfWorker { tags, app })
            })
            .collect();
        Registrations { by_worker, ..all }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        constraints::Constraints,
        key::{
            OwnerId, ProfileId, ProfileKey, RegistrationId, RegistrationKey, Scope, SyncKind, Tag,
            WorkerKey,
        },
        registration::{Schedule, State},
        time::Timestamp,
    };

    fn registration(number: u64, scope: &str, tag: &str) -> Registration {
        let owner = OwnerId::from_uid(1_000).unwrap();
        let profile = ProfileId::parse("chromium", "Default").unwrap();
        let worker = WorkerKey {
            profile: ProfileKey { owner, profile },
            scope: Scope::parse(&format!("https://{scope}.example/")).unwrap(),
        };
        let (worker, kind) = (Arc::new(worker), SyncKind::OneOff);
        Registration {
            id: RegistrationId::new(number),
            key: RegistrationKey { worker, kind, tag: Tag::parse(tag).unwrap() },
            app: None,
            constraints: Constraints::default(),
            network: None,
            schedule: Schedule::OneOff { expires_at: Timestamp::ZERO },
            registered_at: Timestamp::ZERO,
            state: State::Pending,
            attempts: 0,
            max_attempts: 3,
            streak: None,
            brought_forward: 0,
            last_attempt: None,
        }
    }

    #[test]
    fn what_comes_in_any_order_is_found_and_shares_its_worker() {
        let numbers = [1, 2, 40, 17, 3, 900, 16];
        let taken = numbers.map(|number| registration(number, "app", &format!("tag{number}")));
        let all: Registrations = taken.iter().cloned().collect();
        let ids: Vec<_> = all.iter().map(|one| one.id.number()).collect();
        assert_eq!(ids, [1, 2, 3, 16, 17, 40, 900]);
        for one in &taken {
            assert_eq!(all.find(&one.key), Some(one.id));
        }
        let mut workers = all.iter().map(|one| &one.key.worker);
        let first = workers.next().unwrap();
        assert!(workers.all(|worker| Arc::ptr_eq(worker, first)));
        let mut one_by_one = Registrations::default();
        one_by_one.extend(taken);
        assert_eq!(one_by_one, all);
    }

    #[test]
    fn of_two_with_the_same_number_the_later_one_stays() {
        let (older, newer) = (registration(1, "gone", "old"), registration(1, "app", "new"));
        let built: Registrations = [older.clone(), newer.clone()].into_iter().collect();
        let mut extended = Registrations::default();
        extended.extend([older.clone(), newer.clone()]);
        for all in [built, extended] {
            assert_eq!((all.len(), all.find(&newer.key)), (1, Some(newer.id)));
            assert_eq!((all.find(&older.key), all.of_scope(&older.key.worker)), (None, vec![]));
            assert_eq!(all.of_origin(newer.key.owner(), &newer.key.worker.scope), 1);
            assert_eq!(all.of_origin(older.key.owner(), &older.key.worker.scope), 0);
        }
    }
}
