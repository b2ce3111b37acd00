//! What each owner holds of the socket: connections, calls, sessions, and how fast it goes on.
//!
//! Who asks for more than its share waits, or is refused; others do not notice. An owner who
//! holds nothing and has not been too fast of late is forgotten.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use pwasync_core::policy::Traffic;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::Instant,
};

use super::{
    pace::{Line, Pace, Rate},
    status::Refusal,
};

/// The log names an owner who is over its share at most so often.
const TOLD_AGAIN: Duration = Duration::from_secs(60);

/// The uid that something counts against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Share(pub(super) u32);

/// Whether NSS knows a login name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// It does.
    Known,
    /// It does not: one user can have thousands of such uids.
    Unknown,
}

/// Something of which each owner may have so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// Connections.
    Connections,
    /// Of them those of a uid without a login name.
    UnnamedConnections,
    /// Calls that are there.
    Calls,
    /// Attached browsers, those that have not said `Hello` included.
    Sessions,
    /// Attached launchers, those that have not said `LauncherHello` included.
    Launchers,
    /// Reconciliations.
    Reconciliations,
}

/// Whether owners go at a pace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hurry {
    /// They do.
    Paced,
    /// On a simulated host days pass in milliseconds: the calls of a day must, too.
    Free,
}

/// There are too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Crowd;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Owners(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    traffic: watch::Receiver<Traffic>,
    hurry: Hurry,
    table: Mutex<BTreeMap<Share, Own>>,
}

/// What one owner holds.
#[derive(Debug, Default)]
struct Own {
    held: BTreeMap<What, u32>,
    calls: Pace,
    call_line: Line,
    connects: Pace,
    connect_line: Line,
    /// Places of calls that are worked on, with their number.
    working: Option<(u32, Arc<Semaphore>)>,
    told: Option<Instant>,
}

impl Own {
    fn holds(&self, what: What) -> bool {
        self.held.contains_key(&what)
    }

    fn is_idle(&self, now: Instant) -> bool {
        self.held.is_empty()
            && self.calls.is_whole(now)
            && self.connects.is_whole(now)
            && self.told.is_none_or(|told| now.saturating_duration_since(told) >= TOLD_AGAIN)
    }
}

/// One of what an owner may have, until it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    owners: Owners,
    share: Share,
    what: What,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut table = self.owners.table();
        let Some(own) = table.get_mut(&self.share) else { return };
        if let Some(count) = own.held.get_mut(&self.what) {
            *count -= 1;
            if *count == 0 {
                own.held.remove(&self.what);
            }
        }
        if own.is_idle(Instant::now()) {
            table.remove(&self.share);
        }
    }
}

impl Owners {
    pub(super) fn new(traffic: watch::Receiver<Traffic>, hurry: Hurry) -> Self {
        Self(Arc::new(Inner { traffic, hurry, table: Mutex::default() }))
    }

    /// What policy allows at this moment.
    pub(super) fn traffic(&self) -> Traffic {
        let traffic = *self.0.traffic.borrow();
        match self.0.hurry {
            Hurry::Paced => traffic,
            Hurry::Free => Traffic { owner_calls: None, owner_connects: None, ..traffic },
        }
    }

    /// A connection of an owner that has been looked up counts again when it has no name.
    ///
    /// # Errors
    /// When as many owners without a name are connected as may be.
    pub(super) fn named(&self, share: Share, name: Name) -> Result<Option<Held>, Crowd> {
        if name == Name::Known {
            return Ok(None);
        }
        let most = usize::try_from(self.traffic().unnamed_owners).unwrap_or(usize::MAX);
        let here = {
            let table = self.table();
            let unnamed = table.iter().filter(|(_, own)| own.holds(What::UnnamedConnections));
            unnamed.filter(|(one, _)| **one != share).count()
        };
        let held =
            if here >= most { None } else { self.hold(share, What::UnnamedConnections, u32::MAX) };
        held.map(Some).ok_or(Crowd)
    }

    /// One more of these; `None`: the owner has as many as it may have.
    pub(super) fn hold(&self, share: Share, what: What, limit: u32) -> Option<Held> {
        let mut table = self.table();
        let own = table.entry(share).or_default();
        let count = own.held.entry(what).or_default();
        if *count >= limit {
            return None;
        }
        *count += 1;
        Some(Held { owners: self.clone(), share, what })
    }

    /// As [`Self::hold`].
    ///
    /// # Errors
    /// `busy`, when the owner has as many as it may have.
    pub(super) fn take(
        &self,
        share: Share,
        what: What,
        (name, limit): (&'static str, u32),
    ) -> Result<Held, Refusal> {
        let limit_shown = usize::try_from(limit).unwrap_or(usize::MAX);
        self.hold(share, what, limit).ok_or(Refusal::Busy { what: name, limit: limit_shown })
    }

    /// Waits until the owner may connect again.
    pub(super) async fn turn_to_connect(&self, share: Share) {
        let Traffic { owner_connects, owner_connections, .. } = self.traffic();
        let rate = Rate { a_minute: owner_connects, burst: owner_connections };
        let line = self.with(share, |own| own.connect_line.clone());
        line.wait(|now| self.with(share, |own| own.connects.take(now, rate))).await;
    }

    /// Waits until the owner may call again. What is said in a session is a call too.
    pub(super) async fn turn_to_call(&self, share: Share) {
        let Traffic { owner_calls, owner_burst, .. } = self.traffic();
        if owner_calls.is_none() {
            return;
        }
        let rate = Rate { a_minute: owner_calls, burst: owner_burst };
        let line = self.with(share, |own| own.call_line.clone());
        line.wait(|now| self.with(share, |own| own.calls.take(now, rate))).await;
    }

    /// Waits until one more of the owner's calls may be worked on.
    ///
    /// # Errors
    /// When the daemon is going.
    pub(super) async fn turn_to_work(&self, share: Share) -> Result<OwnedSemaphorePermit, Refusal> {
        let limit = self.traffic().calls_at_once;
        let places = self.with(share, |own| match &own.working {
            Some((of, places)) if *of == limit => Arc::clone(places),
            // Another policy counts from here on.
            Some(_) | None => {
                let places = usize::try_from(limit).unwrap_or(Semaphore::MAX_PERMITS);
                let places = Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS)));
                own.working = Some((limit, Arc::clone(&places)));
                places
            }
        });
        places.acquire_owned().await.map_err(|_| Refusal::Internal("no calls any more".into()))
    }

    /// Whether the log is to say that an owner is over its share.
    pub(super) fn is_news(&self, share: Share) -> bool {
        self.is_news_at(share, Instant::now())
    }

    fn is_news_at(&self, share: Share, now: Instant) -> bool {
        self.with(share, |own| {
            let news =
                own.told.is_none_or(|told| now.saturating_duration_since(told) >= TOLD_AGAIN);
            if news {
                own.told = Some(now);
            }
            news
        })
    }

    fn with<T>(&self, share: Share, change: impl FnOnce(&mut Own) -> T) -> T {
        change(self.table().entry(share).or_default())
    }

    fn table(&self) -> MutexGuard<'_, BTreeMap<Share, Own>> {
        // Counting cannot panic; if it has, the count is as good as before.
        self.0.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owners(traffic: Traffic) -> (watch::Sender<Traffic>, Owners) {
        let (sender, receiver) = watch::channel(traffic);
        (sender, Owners::new(receiver, Hurry::Paced))
    }

    const ADA: Share = Share(1_000);
    const BEN: Share = Share(1_001);

    #[tokio::test]
    async fn one_owner_cannot_take_the_places_of_others() {
        let (_policy, owners) = owners(Traffic::default());
        let all: Vec<_> = std::iter::from_fn(|| owners.hold(ADA, What::Connections, 3)).collect();
        assert_eq!(all.len(), 3);
        assert!(owners.hold(BEN, What::Connections, 3).is_some());
        assert!(owners.hold(ADA, What::Sessions, 3).is_some());
        drop(all);
        assert!(owners.hold(ADA, What::Connections, 3).is_some());
    }

    #[tokio::test]
    async fn so_many_owners_without_a_name_are_connected() {
        let traffic = Traffic { unnamed_owners: 2, ..Traffic::default() };
        let (_policy, owners) = owners(traffic);
        let come = |uid, name| owners.named(Share(uid), name);
        let (one, again) = (come(1, Name::Unknown), come(1, Name::Unknown));
        let _two = come(2, Name::Unknown).unwrap();
        assert_eq!(come(3, Name::Unknown).unwrap_err(), Crowd);
        assert!(come(3, Name::Known).is_ok());
        assert!(come(1, Name::Unknown).is_ok());
        drop((one, again));
        assert!(come(3, Name::Unknown).is_ok());
    }

    #[tokio::test]
    async fn owners_who_hold_nothing_are_forgotten() {
        let (_policy, owners) = owners(Traffic::default());
        for uid in 0..10 {
            assert!(owners.hold(Share(uid), What::Calls, 3).is_some());
        }
        assert_eq!(owners.table().len(), 0);
    }

    #[tokio::test]
    async fn who_calls_too_fast_waits_and_others_do_not() {
        let traffic = Traffic { owner_calls: Some(1), owner_burst: 2, ..Traffic::default() };
        let (_policy, owners) = owners(traffic);
        owners.turn_to_call(ADA).await;
        owners.turn_to_call(ADA).await;
        assert!(futures_util::poll!(Box::pin(owners.turn_to_call(ADA))).is_pending());
        owners.turn_to_call(BEN).await;
    }

    #[tokio::test]
    async fn so_many_calls_are_worked_on_and_another_policy_counts_at_once() {
        let traffic = Traffic { calls_at_once: 1, ..Traffic::default() };
        let (policy, owners) = owners(traffic);
        let working = owners.turn_to_work(ADA).await.unwrap();
        let mut waiting = Box::pin(owners.turn_to_work(ADA));
        assert!(futures_util::poll!(&mut waiting).is_pending());
        let _other = owners.turn_to_work(BEN).await.unwrap();
        drop(working);
        let _working = waiting.await.unwrap();
        policy.send(Traffic { calls_at_once: 2, ..traffic }).unwrap();
        let _more = owners.turn_to_work(ADA).await.unwrap();
    }

    #[tokio::test]
    async fn the_log_names_an_owner_once_a_minute() {
        let (_policy, owners) = owners(Traffic::default());
        let now = Instant::now();
        assert!(owners.is_news_at(ADA, now));
        assert!(!owners.is_news_at(ADA, now + TOLD_AGAIN / 2));
        assert!(owners.is_news_at(BEN, now));
        assert!(owners.is_news_at(ADA, now + TOLD_AGAIN));
    }
}
