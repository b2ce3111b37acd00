//! Places that one user may take, so that none is left without.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use pwasync_core::key::OwnerId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::status::Refusal;

/// Counts what each user holds.
#[derive(Debug)]
pub(super) struct PlacesOfEach {
    limit: usize,
    by_user: BTreeMap<u32, Arc<Semaphore>>,
}

impl PlacesOfEach {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, by_user: BTreeMap::new() }
    }

    /// A place for this user, held until it is dropped; `None`: all of its places are taken.
    pub(super) fn take(&mut self, uid: u32) -> Option<OwnedSemaphorePermit> {
        let limit = self.limit;
        self.by_user.retain(|_, places| places.available_permits() < limit);
        let places = self.by_user.entry(uid).or_insert_with(|| Arc::new(Semaphore::new(limit)));
        Arc::clone(places).try_acquire_owned().ok()
    }
}

/// A place for this owner.
///
/// # Errors
/// `busy`, when all of its places are taken.
pub(super) fn take_place(
    places: &Mutex<PlacesOfEach>,
    owner: OwnerId,
    busy: Refusal,
) -> Result<OwnedSemaphorePermit, Refusal> {
    // Counting cannot panic; if it has, the count is as good as before.
    let mut places = places.lock().unwrap_or_else(PoisonError::into_inner);
    places.take(owner.uid()).ok_or(busy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_cannot_take_the_places_of_others() {
        let mut places = PlacesOfEach::new(3);
        let held: Vec<_> = std::iter::from_fn(|| places.take(1_000)).collect();
        assert_eq!(held.len(), 3);
        assert!(places.take(1_001).is_some());
        drop(held);
        assert!(places.take(1_000).is_some());
    }

    #[test]
    fn users_who_hold_nothing_are_forgotten() {
        let mut places = PlacesOfEach::new(3);
        for uid in 0..10 {
            assert!(places.take(uid).is_some());
        }
        assert_eq!(places.by_user.len(), 1);
    }
}
