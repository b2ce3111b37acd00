//! Records first, then what depends on them: the forming batch, the one at the committer, and
//! what is gated on each.

use pwasync_core::{effect::Effect, time::WallClock};

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
    in_flight: Option<Vec<Gated>>,
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
    pub(super) fn write(&mut self, write: Write) {
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
        self.in_flight = Some(gated);
        Release::Commit(std::mem::take(&mut self.forming))
    }

    /// The batch at the committer is on disk: what was gated on it may leave.
    pub(super) fn committed(&mut self) -> Vec<Gated> {
        self.in_flight.take().unwrap_or_default()
    }

    /// Forgets everything that has not left.
    pub(super) fn drop_all(&mut self) {
        *self = Self::default();
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
