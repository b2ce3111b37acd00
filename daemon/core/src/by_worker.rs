//! Sorts many things by worker at once. Registrations share their workers, so that most are told
//! apart by where they are in memory, which is much quicker than by their names.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use crate::key::WorkerKey;

/// A value for each worker.
#[derive(Debug)]
pub(crate) struct ByWorker<T> {
    /// By address. Holds what is there, so that no other worker comes to be there.
    seen: HashMap<usize, (Arc<WorkerKey>, usize)>,
    places: BTreeMap<Arc<WorkerKey>, usize>,
    values: Vec<(Arc<WorkerKey>, T)>,
}

impl<T> Default for ByWorker<T> {
    fn default() -> Self {
        Self { seen: HashMap::new(), places: BTreeMap::new(), values: Vec::new() }
    }
}

impl<T: Default> ByWorker<T> {
    /// The one of all equal workers that came first, and its value.
    pub(crate) fn of(&mut self, worker: &Arc<WorkerKey>) -> &mut (Arc<WorkerKey>, T) {
        let Self { seen, places, values } = self;
        let (_, place) = seen.entry(Arc::as_ptr(worker).addr()).or_insert_with(|| {
            let place = *places.entry(Arc::clone(worker)).or_insert_with(|| {
                values.push((Arc::clone(worker), T::default()));
                values.len() - 1
            });
            (Arc::clone(worker), place)
        });
        &mut values[*place]
    }

    /// All of them, in the order of workers.
    pub(crate) fn into_sorted(self) -> Vec<(Arc<WorkerKey>, T)> {
        let mut values = self.values;
        values.sort_by(|(one, _), (other, _)| one.cmp(other));
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{OwnerId, ProfileId, ProfileKey, Scope};

    #[test]
    fn equal_workers_have_one_value() {
        let worker = |scope| {
            let owner = OwnerId::from_uid(1_000).unwrap();
            let profile = ProfileId::parse("chromium", "Default").unwrap();
            let profile = ProfileKey { owner, profile };
            Arc::new(WorkerKey { profile, scope: Scope::parse(scope).unwrap() })
        };
        let (one, same, other) = (
            worker("https://b.example/"),
            worker("https://b.example/"),
            worker("https://a.example/"),
        );
        let mut counts = ByWorker::<u32>::default();
        for worker in [&one, &same, &one, &other] {
            counts.of(worker).1 += 1;
        }
        assert!(Arc::ptr_eq(&counts.of(&same).0, &one));
        assert_eq!(counts.into_sorted(), [(other, 1), (one, 3)]);
    }
}
