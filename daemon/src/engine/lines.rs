//! Lines of the history on their way to the disk.
//!
//! They ride with a batch that goes anyway, but not with one after the other: under load those of
//! a whole second go together, and a line that made room for newer ones by then is never written.
//! Owns them until then; it does not decide when a batch goes.

use std::{collections::BTreeMap, time::Duration};

use pwasync_core::{effect::Record, facts::Origin, history::Entry, time::Timestamp};

use crate::store::batch::Batch;

/// A crash under load loses so much of the history.
const GAP: Duration = Duration::from_secs(1);

/// So long after lines went, further ones wait.
pub(super) fn gap(origin: Origin) -> Duration {
    match origin {
        Origin::Host => GAP,
        // Its time stands still between two steps, so nothing can wait for it.
        Origin::Simulation => Duration::ZERO,
    }
}

/// See the module. There are never more of them than the history may have.
#[derive(Debug, Default)]
pub(super) struct Lines {
    waiting: BTreeMap<u64, Box<Entry>>,
    /// Since when the first of them waits.
    since: Option<Timestamp>,
    /// When lines went last.
    gone_at: Option<Timestamp>,
}

impl Lines {
    /// Takes a new line.
    pub(super) fn take(&mut self, entry: Box<Entry>, now: Timestamp) {
        self.since = self.since.or(Some(now));
        self.waiting.insert(entry.sequence, entry);
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Forgets a line that has not gone; false: it has.
    pub(super) fn forget(&mut self, sequence: u64) -> bool {
        let forgotten = self.waiting.remove(&sequence).is_some();
        if self.waiting.is_empty() {
            self.since = None;
        }
        forgotten
    }

    /// Those that wait go with the next batch.
    pub(super) fn hurry(&mut self) {
        self.gone_at = None;
    }

    /// Lets them go with a batch, unless others went less than `gap` ago.
    pub(super) fn board(&mut self, batch: &mut Batch, now: Timestamp, gap: Duration) {
        if self.waiting.is_empty() || self.gone_at.is_some_and(|at| now < at + gap) {
            return;
        }
        for entry in std::mem::take(&mut self.waiting).into_values() {
            batch.push(Record::SaveEntry(entry));
        }
        (self.since, self.gone_at) = (None, Some(now));
    }

    /// Since when the first of them waits; `None`: there is none.
    pub(super) fn waiting_since(&self) -> Option<Timestamp> {
        self.since
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use pwasync_core::{
        Scheduler,
        change::RegistrationChange,
        key::{OwnerId, ProfileId, ProfileKey, RegistrationId, Scope, SyncKind, WorkerKey},
        policy::Policy,
        saved::Saved,
    };

    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_000);

    #[test]
    fn lines_go_at_once_and_then_wait_for_the_gap() {
        let mut lines = Lines::default();
        lines.take(line(1), START);
        assert_eq!(boarded(&mut lines, START), 1);
        lines.take(line(2), START);
        lines.take(line(3), START + GAP / 2);
        assert_eq!(boarded(&mut lines, START + GAP / 2), 0);
        assert_eq!(lines.waiting_since(), Some(START));
        assert_eq!(boarded(&mut lines, START + GAP), 2);
        assert_eq!(lines.waiting_since(), None);
    }

    #[test]
    fn hurried_lines_do_not_wait() {
        let mut lines = Lines::default();
        lines.take(line(1), START);
        boarded(&mut lines, START);
        lines.take(line(2), START);
        lines.hurry();
        assert_eq!(boarded(&mut lines, START), 1);
    }

    #[test]
    fn a_line_that_made_room_is_never_written() {
        let mut lines = Lines::default();
        lines.take(line(1), START);
        boarded(&mut lines, START);
        lines.take(line(2), START);
        assert!(lines.forget(2));
        assert_eq!(lines.waiting_since(), None);
        assert!(!lines.forget(1), "it is on disk");
        assert_eq!(boarded(&mut lines, START + GAP), 0);
    }

    fn boarded(lines: &mut Lines, now: Timestamp) -> usize {
        let mut batch = Batch::default();
        lines.board(&mut batch, now, GAP);
        batch.len()
    }

    pub(in crate::engine) fn line(sequence: u64) -> Box<Entry> {
        let profile = ProfileId::parse("chromium", "Default").unwrap();
        let profile = ProfileKey { owner: OwnerId::from_uid(1_000).unwrap(), profile };
        let scope = Scope::parse("https://example.org/").unwrap();
        let policy = Policy::default();
        Box::new(Entry {
            sequence,
            at: START,
            registration: RegistrationId::new(sequence),
            worker: Arc::new(WorkerKey { profile, scope }),
            kind: SyncKind::OneOff,
            tag: "mail".into(),
            what: RegistrationChange::Created,
            facts: Scheduler::restore(START, policy, 1, Saved::default()).facts(),
        })
    }
}
