//! Who may read from its connections next, while several owners are connected.
//!
//! All is done by one thread, in the order in which it becomes ready: an owner with many
//! connections that always have something to read would go first nearly always. So time goes in
//! rounds. In each round an owner reads a few times, over all of its connections; the next round
//! begins when everything else that is ready has had its turn. An owner that is alone reads as it
//! likes.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
};

use tokio::sync::Notify;

use super::owners::Share;

/// Reads of one owner in a round.
const READS: u32 = 2;
/// Bytes of a read while others are there: some twenty small calls.
pub(super) const BYTES: usize = 2 << 10;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    table: Mutex<BTreeMap<Share, Own>>,
    /// Somebody waits for the next round.
    waited_for: Notify,
}

#[derive(Debug, Default)]
struct Own {
    connections: usize,
    /// Reads of this round.
    reads: u32,
    waiting: VecDeque<Arc<Ticket>>,
}

/// A connection that waits for its turn.
#[derive(Debug)]
struct Ticket {
    called: AtomicBool,
    waker: Mutex<Waker>,
}

/// A connection's part in the rounds, until it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    turns: Turns,
    share: Share,
    ticket: Option<Arc<Ticket>>,
}

/// Whether a connection may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// As much as it likes: no other owner is there.
    Free,
    /// At most [`BYTES`].
    Short,
}

impl Turns {
    /// A connection of this owner comes.
    pub(super) fn seat(&self, share: Share) -> Seat {
        self.table().entry(share).or_default().connections += 1;
        Seat { turns: self.clone(), share, ticket: None }
    }

    /// Begins one round after the other, as long as somebody waits; for ever.
    pub(super) async fn run(self) {
        loop {
            self.0.waited_for.notified().await;
            while self.begin_round() {
                // After everything that is ready, and what the kernel has meanwhile.
                tokio::task::yield_now().await;
            }
        }
    }

    /// False when nobody waits.
    fn begin_round(&self) -> bool {
        let mut called = Vec::new();
        let mut waited_for = false;
        {
            let mut table = self.table();
            for own in table.values_mut() {
                waited_for |= !own.waiting.is_empty();
                own.reads = 0;
                while own.reads < READS
                    && let Some(ticket) = own.waiting.pop_front()
                {
                    // Its read is kept for it.
                    own.reads += 1;
                    called.push(ticket);
                }
            }
        }
        for ticket in called {
            ticket.called.store(true, Ordering::Relaxed);
            ticket.waker().wake_by_ref();
        }
        waited_for
    }

    fn table(&self) -> MutexGuard<'_, BTreeMap<Share, Own>> {
        // Counting cannot panic; if it has, the count is as good as before.
        self.0.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    fn waker(&self) -> MutexGuard<'_, Waker> {
        self.waker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Waits for the connection's turn.
    pub(super) fn poll_turn(&mut self, context: &Context<'_>) -> Poll<Turn> {
        if let Some(ticket) = &self.ticket {
            if !ticket.called.load(Ordering::Relaxed) {
                ticket.waker().clone_from(context.waker());
                return Poll::Pending;
            }
            self.ticket = None;
            return Poll::Ready(Turn::Short);
        }
        let mut table = self.turns.table();
        if table.len() < 2 {
            return Poll::Ready(Turn::Free);
        }
        let own = table.entry(self.share).or_default();
        if own.reads < READS && own.waiting.is_empty() {
            own.reads += 1;
            return Poll::Ready(Turn::Short);
        }
        let waker = Mutex::new(context.waker().clone());
        let ticket = Arc::new(Ticket { called: AtomicBool::new(false), waker });
        own.waiting.push_back(Arc::clone(&ticket));
        self.ticket = Some(ticket);
        drop(table);
        self.turns.0.waited_for.notify_one();
        Poll::Pending
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut table = self.turns.table();
        let Some(own) = table.get_mut(&self.share) else { return };
        own.connections -= 1;
        if let Some(ticket) = &self.ticket {
            own.waiting.retain(|one| !Arc::ptr_eq(one, ticket));
        }
        if own.connections == 0 {
            table.remove(&self.share);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: Share = Share(1_000);
    const BEN: Share = Share(1_001);

    fn poll(seat: &mut Seat) -> Poll<Turn> {
        seat.poll_turn(&Context::from_waker(Waker::noop()))
    }

    /// Reads of a connection until it has to wait.
    fn reads(seat: &mut Seat) -> u32 {
        let mut count = 0;
        while poll(seat).is_ready() {
            count += 1;
        }
        count
    }

    #[test]
    fn an_owner_that_is_alone_reads_as_it_likes() {
        let turns = Turns::default();
        let (mut one, mut other) = (turns.seat(ADA), turns.seat(ADA));
        for _ in 0..100 {
            assert_eq!(poll(&mut one), Poll::Ready(Turn::Free));
            assert_eq!(poll(&mut other), Poll::Ready(Turn::Free));
        }
    }

    #[test]
    fn many_connections_read_no_more_than_one() {
        let turns = Turns::default();
        let mut ben = turns.seat(BEN);
        let mut adas: Vec<_> = (0..64).map(|_| turns.seat(ADA)).collect();
        for _ in 0..100 {
            let all: u32 = adas.iter_mut().map(reads).sum();
            assert_eq!((all, reads(&mut ben)), (READS, READS));
            assert!(turns.begin_round());
        }
    }

    #[test]
    fn connections_of_an_owner_take_turns() {
        let turns = Turns::default();
        let _ben = turns.seat(BEN);
        let mut adas: Vec<_> = (0..8).map(|_| turns.seat(ADA)).collect();
        let mut counts = [0; 8];
        for _ in 0..400 {
            for (count, seat) in counts.iter_mut().zip(&mut adas) {
                *count += reads(seat);
            }
            turns.begin_round();
        }
        assert_eq!(counts.iter().sum::<u32>(), 400 * READS);
        assert!(counts.iter().all(|count| count.abs_diff(50 * READS) <= READS), "{counts:?}");
    }

    #[test]
    fn who_goes_while_it_waits_is_not_waited_for() {
        let turns = Turns::default();
        let mut ben = turns.seat(BEN);
        let mut ada = turns.seat(ADA);
        assert_eq!(reads(&mut ada), READS);
        drop(ada);
        assert!(!turns.begin_round());
        assert_eq!(poll(&mut ben), Poll::Ready(Turn::Free));
        assert_eq!(turns.table().len(), 1);
    }

    #[tokio::test]
    async fn rounds_go_on_while_somebody_waits() {
        let turns = Turns::default();
        let rounds = tokio::spawn(turns.clone().run());
        let _ben = turns.seat(BEN);
        let mut ada = turns.seat(ADA);
        for _ in 0..1_000 {
            let turn = std::future::poll_fn(|context| ada.poll_turn(context)).await;
            assert_eq!(turn, Turn::Short);
        }
        rounds.abort();
    }
}
