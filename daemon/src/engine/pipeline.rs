//! Records first, then what depends on them: the forming batch, the one at the committer, and
//! what is gated on each.

use std::time::Duration;

use pwasync_core::{
    effect::{Effect, Record},
    key::RegistrationId,
    time::WallClock,
};
use tokio::time::{Instant, sleep_until};

use crate::store::batch::{Batch, Write};

/// Something that may leave only when the records before it are on disk.
pub(super) enum Gated {
    /// An effect of the core.
    Effect(Effect),
    /// An answer to a caller; dropped uncalled when a record before it could not be written.
    Reply(Box<dyn FnOnce(WallClock) + Send>),
}

/// What forms and what is on its way to the disk.
#[derive(Default)]
pub(super) struct Pipeline {
    forming: Batch,
    gated: Vec<Gated>,
    in_flight: Option<InFlight>,
    /// The last registration of what forms.
    last: u64,
    /// The last registration that is on disk.
    last_recorded: u64,
}

/// A batch at the committer.
struct InFlight {
    gated: Vec<Gated>,
    since: Instant,
    last: u64,
}

/// What the engine is to do next.
pub(super) enum Release {
    /// Nothing: a batch is at the committer, or there is nothing.
    Nothing,
    /// Nothing is to be written before these.
    CarryOut(Vec<Gated>),
    /// Give this to the committer.
    Commit(Batch),
}

impl Pipeline {
    /// Starts over with a core that was restored from the disk.
    pub(super) fn restored(last_registration: u64) -> Self {
        Self { last: last_registration, last_recorded: last_registration, ..Self::default() }
    }

    pub(super) fn write(&mut self, write: Write) {
        if let Write::Record(Record::SaveCounters(counters)) = &write {
            self.last = counters.last_registration;
        }
        self.forming.push(write);
    }

    pub(super) fn gate(&mut self, gated: Gated) {
        self.gated.push(gated);
    }

    /// At most one batch is at the committer; what forms meanwhile goes together afterwards.
    pub(super) fn release(&mut self) -> Release {
        if self.in_flight.is_some() || (self.forming.is_empty() && self.gated.is_empty()) {
            return Release::Nothing;
        }
        let gated = std::mem::take(&mut self.gated);
        if self.forming.is_empty() {
            return Release::CarryOut(gated);
        }
        self.in_flight = Some(InFlight { gated, since: Instant::now(), last: self.last });
        Release::Commit(std::mem::take(&mut self.forming))
    }

    /// The batch at the committer is on disk: what was gated on it may leave.
    pub(super) fn committed(&mut self) -> Vec<Gated> {
        let Some(batch) = self.in_flight.take() else { return Vec::new() };
        self.last_recorded = batch.last;
        batch.gated
    }

    /// Ends when a batch has been at the committer for so long, in real time.
    pub(super) fn stalled(&self, limit: Duration) -> impl Future<Output = ()> + use<> {
        let until = self.in_flight.as_ref().map(|batch| batch.since + limit);
        async move {
            match until {
                Some(until) => sleep_until(until).await,
                None => std::future::pending().await,
            }
        }
    }

    /// Forgets everything that has not left; the registrations that were never recorded.
    pub(super) fn drop_all(&mut self) -> impl Iterator<Item = RegistrationId> + use<> {
        let Self { last, last_recorded, .. } = std::mem::take(self);
        (last_recorded.saturating_add(1)..=last).map(RegistrationId::new)
    }

    /// Something will be written with the next batch.
    pub(super) fn has_writes(&self) -> bool {
        !self.forming.is_empty()
    }

    /// Nothing forms and nothing is at the committer.
    pub(super) fn is_idle(&self) -> bool {
        self.in_flight.is_none() && self.forming.is_empty() && self.gated.is_empty()
    }
}
