//! What is under way in a session, and what of it the daemon has not been told. Pure: it does no
//! input or output and knows no time.

use std::time::Duration;

use crate::wire::{Report, ToDaemon};
use crate::{AttemptId, Limits, Outcome};

/// What a Hello may name of either sort. More than that is not taken on.
const MOST_ATTEMPTS: usize = 1_024;

/// The limits that count until a daemon names its own.
const DETAIL_BYTES: usize = 1_024;
const RETRY_AFTER: Duration = Duration::from_secs(24 * 3_600);

/// Attempts from their wake until their outcome is on disk.
#[derive(Debug)]
pub(super) struct Memory {
    /// In order of their wakes.
    attempts: Vec<Tracked>,
    /// No Started or Finished may leave before Ready.
    ready: Saying,
    detail_bytes: usize,
    retry_after: Duration,
}

#[derive(Debug)]
struct Tracked {
    attempt: AttemptId,
    started: Saying,
    finished: Saying,
    /// The outcome, once it is there.
    report: Option<Report>,
}

/// Whether something was said on this stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Saying {
    Nothing,
    Unsaid,
    Said,
}

/// Whether a wake is to be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Yes,
    /// It is under way already, or there is too much.
    No,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self {
            attempts: Vec::new(),
            ready: Saying::Nothing,
            detail_bytes: DETAIL_BYTES,
            retry_after: RETRY_AFTER,
        }
    }

    /// What a Hello names: attempts that run, and outcomes that were never confirmed. A new
    /// stream begins with it: all else is to be said again there.
    pub(super) fn begin_stream(&mut self) -> (Vec<AttemptId>, Vec<Report>) {
        self.ready = Saying::Nothing;
        let mut running = Vec::new();
        let mut finished = Vec::new();
        for tracked in &mut self.attempts {
            if let Some(report) = &tracked.report {
                finished.push(report.clone());
                tracked.started = Saying::Nothing;
                tracked.finished = Saying::Said;
            } else {
                running.push(tracked.attempt.clone());
                if tracked.started == Saying::Said {
                    tracked.started = Saying::Unsaid;
                }
            }
        }
        (running, finished)
    }

    /// Takes the daemon's limits over, and drops what it does not count.
    pub(super) fn handle_welcome(&mut self, limits: Limits, abandon: &[AttemptId]) {
        self.detail_bytes = usize::try_from(limits.detail_bytes).unwrap_or(usize::MAX);
        self.retry_after = limits.retry_after;
        self.attempts.retain(|tracked| !abandon.contains(&tracked.attempt));
    }

    pub(super) fn handle_wake(&mut self, attempt: &AttemptId) -> Taken {
        if self.find(attempt).is_some() || self.attempts.len() >= MOST_ATTEMPTS {
            return Taken::No;
        }
        self.attempts.push(Tracked {
            attempt: attempt.clone(),
            started: Saying::Nothing,
            finished: Saying::Nothing,
            report: None,
        });
        Taken::Yes
    }

    pub(super) fn handle_ready(&mut self) {
        if self.ready == Saying::Nothing {
            self.ready = Saying::Unsaid;
        }
    }

    pub(super) fn handle_started(&mut self, attempt: &AttemptId) {
        if let Some(tracked) = self.find(attempt)
            && tracked.started == Saying::Nothing
            && tracked.report.is_none()
        {
            tracked.started = Saying::Unsaid;
        }
    }

    pub(super) fn handle_finished(
        &mut self,
        attempt: AttemptId,
        outcome: Outcome,
        detail: String,
        retry_after: Option<Duration>,
    ) {
        let detail = cut(detail, self.detail_bytes);
        let retry_after = retry_after.map(|delay| delay.min(self.retry_after));
        if let Some(tracked) = self.find(&attempt)
            && tracked.report.is_none()
        {
            tracked.report = Some(Report { attempt, outcome, detail, retry_after });
            tracked.finished = Saying::Unsaid;
        }
    }

    /// The daemon is done with it, whether it counted or not.
    pub(super) fn handle_recorded(&mut self, attempt: &AttemptId) {
        self.attempts.retain(|tracked| tracked.attempt != *attempt);
    }

    /// The next message for the stream; to be asked again after each change.
    pub(super) fn poll_message(&mut self) -> Option<ToDaemon> {
        match self.ready {
            Saying::Nothing => return None,
            Saying::Unsaid => {
                self.ready = Saying::Said;
                return Some(ToDaemon::Ready);
            }
            Saying::Said => {}
        }
        for tracked in &mut self.attempts {
            if tracked.started == Saying::Unsaid {
                tracked.started = Saying::Said;
                return Some(ToDaemon::Started(tracked.attempt.clone()));
            }
            if tracked.finished == Saying::Unsaid {
                tracked.finished = Saying::Said;
                return tracked.report.clone().map(ToDaemon::Finished);
            }
        }
        None
    }

    /// Whether [`Memory::poll_message`] has one.
    pub(super) fn has_message(&self) -> bool {
        let unsaid = |tracked: &Tracked| {
            tracked.started == Saying::Unsaid || tracked.finished == Saying::Unsaid
        };
        match self.ready {
            Saying::Nothing => false,
            Saying::Unsaid => true,
            Saying::Said => self.attempts.iter().any(unsaid),
        }
    }

    /// Whether an outcome waits to be on disk.
    pub(super) fn has_unconfirmed(&self) -> bool {
        self.attempts.iter().any(|tracked| tracked.report.is_some())
    }

    fn find(&mut self, attempt: &AttemptId) -> Option<&mut Tracked> {
        self.attempts.iter_mut().find(|tracked| tracked.attempt == *attempt)
    }
}

/// At most so many bytes, and never half a character.
fn cut(mut text: String, bytes: usize) -> String {
    text.truncate(text.floor_char_boundary(bytes));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        tag_bytes: 10_240,
        scope_bytes: 2_048,
        detail_bytes: 5,
        retry_after: Duration::from_secs(60),
    };

    #[test]
    fn nothing_is_said_before_ready() {
        let mut memory = woken(&["1-1"]);
        memory.handle_started(&id("1-1"));
        finish(&mut memory, "1-1");
        assert_eq!(said(&mut memory), [] as [&str; 0]);
        memory.handle_ready();
        assert!(memory.has_message());
        assert_eq!(said(&mut memory), ["ready", "started 1-1", "finished 1-1"]);
        assert!(!memory.has_message());
    }

    #[test]
    fn a_new_stream_names_what_runs_and_what_is_unconfirmed() {
        let mut memory = woken(&["1-1", "1-2", "1-3"]);
        memory.handle_ready();
        memory.handle_started(&id("1-1"));
        memory.handle_started(&id("1-2"));
        finish(&mut memory, "1-2");
        said(&mut memory);
        let (running, finished) = memory.begin_stream();
        assert_eq!(running, [id("1-1"), id("1-3")]);
        assert_eq!(finished.len(), 1);
        assert_eq!(finished[0].attempt, id("1-2"));
        // An outcome that the Hello carried is not said twice; a start may have been lost.
        memory.handle_ready();
        assert_eq!(said(&mut memory), ["ready", "started 1-1"]);
    }

    #[test]
    fn an_outcome_is_kept_until_it_is_recorded() {
        let mut memory = woken(&["1-1"]);
        finish(&mut memory, "1-1");
        assert!(memory.has_unconfirmed());
        assert_eq!(memory.begin_stream().1.len(), 1);
        assert_eq!(memory.begin_stream().1.len(), 1);
        memory.handle_recorded(&id("1-1"));
        assert!(!memory.has_unconfirmed());
        assert_eq!(memory.begin_stream(), (vec![], vec![]));
    }

    #[test]
    fn a_second_outcome_and_one_of_an_abandoned_attempt_are_dropped() {
        let mut memory = woken(&["1-1", "1-2"]);
        memory.handle_welcome(LIMITS, &[id("1-2")]);
        memory.handle_ready();
        finish(&mut memory, "1-1");
        finish(&mut memory, "1-1");
        finish(&mut memory, "1-2");
        memory.handle_started(&id("1-1"));
        assert_eq!(said(&mut memory), ["ready", "finished 1-1"]);
    }

    #[test]
    fn a_wake_is_taken_once() {
        let mut memory = woken(&["1-1"]);
        assert_eq!(memory.handle_wake(&id("1-1")), Taken::No);
        for number in 2..=MOST_ATTEMPTS {
            assert_eq!(memory.handle_wake(&id(&format!("1-{number}"))), Taken::Yes);
        }
        assert_eq!(memory.handle_wake(&id("2-1")), Taken::No);
    }

    #[test]
    fn details_and_delays_are_cut_to_the_limits() {
        let mut memory = woken(&["1-1"]);
        memory.handle_welcome(LIMITS, &[]);
        let (detail, delay) = ("1234\u{20ac}".to_owned(), Duration::from_secs(61));
        memory.handle_finished(id("1-1"), Outcome::Rejected, detail, Some(delay));
        let (_, finished) = memory.begin_stream();
        assert_eq!(finished[0].detail, "1234");
        assert_eq!(finished[0].retry_after, Some(LIMITS.retry_after));
    }

    fn id(text: &str) -> AttemptId {
        AttemptId::new(text)
    }

    fn woken(attempts: &[&str]) -> Memory {
        let mut memory = Memory::new();
        for attempt in attempts {
            assert_eq!(memory.handle_wake(&id(attempt)), Taken::Yes);
        }
        memory
    }

    fn finish(memory: &mut Memory, attempt: &str) {
        memory.handle_finished(id(attempt), Outcome::Completed, String::new(), None);
    }

    fn said(memory: &mut Memory) -> Vec<String> {
        std::iter::from_fn(|| memory.poll_message())
            .map(|message| match message {
                ToDaemon::Hello { .. } => "hello".to_owned(),
                ToDaemon::Ready => "ready".to_owned(),
                ToDaemon::Started(attempt) => format!("started {attempt}"),
                ToDaemon::Finished(report) => format!("finished {}", report.attempt),
            })
            .collect()
    }
}
