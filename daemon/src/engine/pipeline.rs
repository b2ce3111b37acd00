//! Records first, then what depends on them: the forming batch, those at the committer, and what is
//! gated on each.
//!
//! Records that may wait ([`Haste::Rides`]) start no batch of their own: they go with the next
//! one, and a minute later at the latest. Since all that forms goes together, the disk always
//! holds what the core had written up to some moment, never a later record without an earlier;
//! but for the [lines](Lines) of the history, which nothing is decided by.
//!
//! What wakes many is written in parts, and each wake leaves with its part: the first are on their
//! way while the last are written. A part ends right behind a wake.

use std::{collections::VecDeque, time::Duration};

use pwasync_core::{
    effect::{Effect, Haste, Record},
    key::RegistrationId,
    time::{Timestamp, WallClock},
};
use tokio::time::{Instant, sleep_until};

use super::lines::Lines;
use crate::store::{
    batch::{Batch, Write},
    committer::{self, Handed},
};

/// What a crash may lose of what rides along.
const RIDE: Duration = Duration::from_secs(60);

/// So many records go in any case: what rides is bounded.
const RIDERS: usize = 1_024;

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
    lines: Lines,
    goes: Goes,
    gated: Vec<Gated>,
    /// Batches at the committer: what it writes, and what waits until it is free.
    in_flight: VecDeque<InFlight>,
    /// The last registration of what forms.
    last: u64,
    /// The last registration that is on disk.
    last_recorded: u64,
}

/// A batch at the committer.
struct InFlight {
    gated: Vec<Gated>,
    /// Since when nothing was before it.
    since: Instant,
    last: u64,
}

/// When what forms goes to the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Goes {
    /// There is nothing.
    #[default]
    Never,
    /// All of it may wait until then.
    At(Timestamp),
    /// As soon as the committer is free.
    Next,
}

/// What the engine is to do next.
pub(super) enum Release {
    /// Nothing: there is nothing, or it waits for a batch at the committer.
    Nothing,
    /// Nothing is to be written before these.
    CarryOut(Vec<Gated>),
    /// Give this to the committer, and say what became of it ([`Pipeline::handed`]).
    Commit(Batch),
}

impl Pipeline {
    /// Starts over with a core that was restored from the disk.
    pub(super) fn restored(last_registration: u64) -> Self {
        Self { last: last_registration, last_recorded: last_registration, ..Self::default() }
    }

    pub(super) fn write(&mut self, write: Write, now: Timestamp) {
        if let Write::Record(Record::Save(registration)) = &write {
            self.last = self.last.max(registration.id.number());
        }
        self.goes = match (write.haste(), self.goes) {
            (Haste::AtOnce, _) | (Haste::Rides, Goes::Next) => Goes::Next,
            (Haste::Rides, Goes::Never) => Goes::At(now + RIDE),
            (Haste::Rides, Goes::At(at)) => Goes::At(at),
        };
        match write {
            Write::Record(Record::SaveEntry(entry)) => self.lines.take(entry, now),
            Write::Record(Record::DeleteEntry(sequence)) if self.lines.forget(sequence) => {}
            Write::Record(_) | Write::SaveSimulatedNow(_) => self.forming.push(write),
        }
        if self.forming.len() >= RIDERS {
            self.goes = Goes::Next;
        }
    }

    pub(super) fn gate(&mut self, gated: Gated) {
        self.gated.push(gated);
    }

    /// Behind a wake: what forms, if it is a whole part. Give it to the committer, and say what
    /// became of it ([`Self::handed`]).
    pub(super) fn part(&mut self) -> Option<Batch> {
        (self.forming.len() >= committer::PART).then(|| self.begin())
    }

    fn begin(&mut self) -> Batch {
        let in_flight = self.take_gated();
        self.in_flight.push_back(in_flight);
        std::mem::take(&mut self.forming)
    }

    /// What is gated, for a batch with all that was written.
    fn take_gated(&mut self) -> InFlight {
        let gated = std::mem::take(&mut self.gated);
        InFlight { gated, since: Instant::now(), last: self.last }
    }

    /// When [`Self::hurry`] is to be called at the latest.
    pub(super) fn goes_at(&self) -> Option<Timestamp> {
        match self.goes {
            Goes::At(at) => Some(at),
            Goes::Never | Goes::Next => None,
        }
    }

    /// What rides along waits no longer.
    pub(super) fn hurry(&mut self) {
        self.lines.hurry();
        if matches!(self.goes, Goes::At(_)) {
            self.goes = Goes::Next;
        }
    }

    /// What is to be written goes to the committer at once, where it joins what is not begun yet.
    /// Lines of the history go with it unless others went less than `gap` ago; many of them go
    /// behind it, since what is gated does not wait for them.
    pub(super) fn release(&mut self, now: Timestamp, gap: Duration) -> Release {
        let is_waited_for = !self.forming.is_empty() && !self.gated.is_empty();
        let lines_follow = is_waited_for && self.lines.len() >= committer::PART;
        if self.goes == Goes::Next {
            if !lines_follow {
                self.lines.board(&mut self.forming, now, gap);
            }
            if self.forming.is_empty() {
                self.goes = self.lines_go();
            }
        }
        match self.goes {
            Goes::Next => {
                self.goes = if lines_follow { Goes::Next } else { self.lines_go() };
                Release::Commit(self.begin())
            }
            Goes::Never | Goes::At(_) if self.gated.is_empty() || !self.in_flight.is_empty() => {
                Release::Nothing
            }
            Goes::Never | Goes::At(_) => Release::CarryOut(std::mem::take(&mut self.gated)),
        }
    }

    /// What became of the batch that was released.
    pub(super) fn handed(&mut self, handed: Handed) {
        match handed {
            Handed::Alone => {}
            Handed::Joined => {
                let Some(joins) = self.in_flight.pop_back() else { return };
                if let Some(waiting) = self.in_flight.back_mut() {
                    waiting.gated.extend(joins.gated);
                    waiting.last = joins.last;
                }
            }
        }
    }

    /// When the lines that stayed behind go at the latest.
    fn lines_go(&self) -> Goes {
        self.lines.waiting_since().map_or(Goes::Never, |since| Goes::At(since + RIDE))
    }

    /// The first batch at the committer is on disk: what was gated on it may leave.
    pub(super) fn committed(&mut self) -> Vec<Gated> {
        let Some(batch) = self.in_flight.pop_front() else { return Vec::new() };
        if let Some(next) = self.in_flight.front_mut() {
            next.since = Instant::now();
        }
        self.last_recorded = batch.last;
        batch.gated
    }

    /// Ends when a batch has been at the committer for so long, in real time.
    pub(super) fn stalled(&self, limit: Duration) -> impl Future<Output = ()> + use<> {
        let until = self.in_flight.front().map(|batch| batch.since + limit);
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

    /// Something is written, or will be with the next batch.
    pub(super) fn has_writes(&self) -> bool {
        !self.forming.is_empty() || !self.in_flight.is_empty()
    }

    /// Nothing forms and nothing is at the committer.
    pub(super) fn is_idle(&self) -> bool {
        !self.has_writes() && self.lines.waiting_since().is_none() && self.gated.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pwasync_core::{
        effect::Wake,
        key::{
            AttemptId, OwnerId, ProfileId, ProfileKey, RegistrationKey, Scope, SessionId, SyncKind,
            Tag, WorkerKey,
        },
        lease::LeaseId,
    };

    use super::*;
    use crate::engine::lines::tests::line;

    const START: Timestamp = Timestamp::from_millis(1_000);

    #[test]
    fn what_rides_waits_a_minute_and_holds_nothing_up() {
        let mut pipeline = Pipeline::default();
        pipeline.write(rider(1), START);
        pipeline.gate(Gated::Effect(Effect::HostChanged));
        assert!(matches!(release(&mut pipeline), Release::CarryOut(gated) if gated.len() == 1));
        assert!(matches!(release(&mut pipeline), Release::Nothing));
        assert!(!pipeline.is_idle());
        // The first of them counts.
        pipeline.write(rider(2), START + Duration::from_secs(50));
        assert_eq!(pipeline.goes_at(), Some(START + RIDE));
        pipeline.hurry();
        assert_eq!(pipeline.goes_at(), None);
        assert!(matches!(release(&mut pipeline), Release::Commit(batch) if batch.len() == 2));
        pipeline.committed();
        assert!(pipeline.is_idle());
        pipeline.hurry();
        assert!(matches!(release(&mut pipeline), Release::Nothing));
    }

    #[test]
    fn what_rides_goes_with_the_next_batch() {
        let mut pipeline = Pipeline::default();
        pipeline.write(rider(1), START);
        pipeline.write(Record::Delete(RegistrationId::new(7)).into(), START);
        pipeline.write(rider(2), START);
        pipeline.gate(Gated::Effect(Effect::HostChanged));
        assert_eq!(pipeline.goes_at(), None);
        assert!(matches!(release(&mut pipeline), Release::Commit(batch) if batch.len() == 3));
        // What comes while it is written waits for it, and for no disk after that.
        pipeline.write(rider(3), START);
        pipeline.gate(Gated::Effect(Effect::HostChanged));
        assert!(matches!(release(&mut pipeline), Release::Nothing));
        assert_eq!(pipeline.committed().len(), 1);
        assert!(matches!(release(&mut pipeline), Release::CarryOut(gated) if gated.len() == 1));
        assert_eq!(pipeline.goes_at(), Some(START + RIDE));
    }

    #[test]
    fn a_record_that_must_go_does_so_whatever_rides_over_it() {
        let mut pipeline = Pipeline::default();
        pipeline.write(Record::DeleteLease(LeaseId::new(1)).into(), START);
        pipeline.write(rider(1), START);
        assert!(matches!(release(&mut pipeline), Release::Commit(_)));
    }

    #[test]
    fn what_rides_is_bounded() {
        let mut pipeline = Pipeline::default();
        for number in 1..u64::try_from(RIDERS).unwrap() {
            pipeline.write(rider(number), START);
        }
        assert!(matches!(release(&mut pipeline), Release::Nothing));
        pipeline.write(rider(0), START);
        assert!(matches!(release(&mut pipeline), Release::Commit(batch) if batch.len() == RIDERS));
    }

    #[test]
    fn what_joins_a_batch_leaves_with_it() {
        let mut pipeline = Pipeline::default();
        let mut commit = |handed| {
            pipeline.write(Record::DeleteLease(LeaseId::new(1)).into(), START);
            pipeline.gate(Gated::Effect(Effect::HostChanged));
            assert!(matches!(release(&mut pipeline), Release::Commit(_)));
            pipeline.handed(handed);
        };
        commit(Handed::Alone);
        commit(Handed::Alone);
        commit(Handed::Joined);
        // What needs no record of its own waits for those before it.
        pipeline.gate(Gated::Effect(Effect::HostChanged));
        assert!(matches!(release(&mut pipeline), Release::Nothing));
        assert_eq!(pipeline.committed().len(), 1);
        assert!(matches!(release(&mut pipeline), Release::Nothing));
        assert_eq!(pipeline.committed().len(), 2);
        assert!(matches!(release(&mut pipeline), Release::CarryOut(gated) if gated.len() == 1));
        assert!(pipeline.is_idle());
    }

    #[test]
    fn what_wakes_many_is_written_in_parts() {
        let mut pipeline = Pipeline::default();
        let last = u64::try_from(committer::PART).unwrap() + 1;
        let mut parts = Vec::new();
        for number in 1..=last {
            pipeline.write(Record::Delete(RegistrationId::new(number)).into(), START);
            pipeline.gate(Gated::Effect(wake(number)));
            parts.extend(pipeline.part().map(|part| (number, part.len())));
        }
        assert_eq!(parts, [(last - 1, committer::PART)]);
        pipeline.handed(Handed::Alone);
        pipeline.gate(Gated::Effect(Effect::HostChanged));
        assert!(matches!(release(&mut pipeline), Release::Commit(batch) if batch.len() == 1));
        pipeline.handed(Handed::Alone);
        assert!(matches!(release(&mut pipeline), Release::Nothing));
        assert_eq!(pipeline.committed().len(), committer::PART);
        assert_eq!(pipeline.committed().len(), 2);
        assert!(pipeline.is_idle());
    }

    #[test]
    fn many_lines_go_behind_what_is_waited_for_and_alone_where_nothing_is_written() {
        let mut pipeline = Pipeline::default();
        let write_lines = |pipeline: &mut Pipeline| {
            for sequence in 1..=u64::try_from(committer::PART).unwrap() {
                pipeline.write(Record::SaveEntry(line(sequence)).into(), START);
            }
            pipeline.gate(Gated::Effect(Effect::HostChanged));
        };
        let is_committed = |pipeline: &mut Pipeline, records: usize| matches!(release(pipeline), Release::Commit(batch) if batch.len() == records);
        write_lines(&mut pipeline);
        pipeline.write(Record::DeleteLease(LeaseId::new(1)).into(), START);
        assert!(is_committed(&mut pipeline, 1));
        assert!(is_committed(&mut pipeline, committer::PART));
        assert_eq!((pipeline.committed().len(), pipeline.committed().len()), (1, 0));
        assert!(pipeline.is_idle());
        // As before a stop.
        write_lines(&mut pipeline);
        pipeline.hurry();
        assert!(is_committed(&mut pipeline, committer::PART));
        assert_eq!(pipeline.committed().len(), 1);
        assert!(pipeline.is_idle());
    }

    fn wake(number: u64) -> Effect {
        let profile = ProfileId::parse("chromium", "Default").unwrap();
        let profile = ProfileKey { owner: OwnerId::from_uid(1_000).unwrap(), profile };
        let scope = Scope::parse("https://example.org/").unwrap();
        let worker = Arc::new(WorkerKey { profile, scope });
        let (kind, tag) = (SyncKind::OneOff, Tag::parse("mail").unwrap());
        Effect::Wake(Wake {
            session: SessionId::new(1),
            attempt: AttemptId { epoch: 1, counter: number },
            registration: RegistrationId::new(number),
            key: RegistrationKey { worker, kind, tag },
            last_chance: false,
            time_limit: RIDE,
            start_limit: RIDE,
        })
    }

    fn release(pipeline: &mut Pipeline) -> Release {
        pipeline.release(START, Duration::ZERO)
    }

    fn rider(number: u64) -> Write {
        Record::DeleteEntry(number).into()
    }
}
