//! Attempts: in a registration and in the history.

use std::time::Duration;

use pwasync_core::{
    attempt::{Attempt, Ended, Progress},
    key::AttemptId,
};

use super::{Clock, lacks, narrow, to_millis};
use crate::store::{error::BadRecord, frame::ClockFrame, record::v2};

impl v2::Attempt {
    pub(super) fn from_core(attempt: &Attempt, frame: ClockFrame) -> Self {
        let at = |instant| frame.stored(instant);
        Self {
            epoch: attempt.id.epoch,
            counter: attempt.id.counter,
            number: attempt.number.into(),
            last_chance: attempt.last_chance,
            sent_at: at(attempt.sent_at),
            run_limit: to_millis(attempt.run_limit),
            progress: Some(match attempt.progress {
                Progress::Sent { start_by } => v2::Progress::Sent(at(start_by)),
                Progress::Started { at: since, finish_by } => {
                    v2::Progress::Started(v2::Started { at: at(since), finish_by: at(finish_by) })
                }
            }),
            brought_forward: attempt.brought_forward,
        }
    }

    pub(super) fn into_core(self, clock: Clock) -> Result<Attempt, BadRecord> {
        let progress = match self.progress.ok_or_else(|| lacks("progress"))? {
            v2::Progress::Sent(start_by) => Progress::Sent { start_by: clock.at(start_by) },
            v2::Progress::Started(v2::Started { at, finish_by }) => {
                Progress::Started { at: clock.at(at), finish_by: clock.at(finish_by) }
            }
        };
        Ok(Attempt {
            id: AttemptId { epoch: self.epoch, counter: self.counter },
            number: narrow(self.number),
            last_chance: self.last_chance,
            brought_forward: self.brought_forward,
            sent_at: clock.at(self.sent_at),
            progress,
            run_limit: Duration::from_millis(self.run_limit),
        })
    }
}

impl v2::Ended {
    pub(super) fn from_core(ended: &Ended, frame: ClockFrame) -> Self {
        let at = |instant| frame.stored(instant);
        Self {
            epoch: ended.id.epoch,
            counter: ended.id.counter,
            number: ended.number.into(),
            last_chance: ended.last_chance,
            sent_at: at(ended.sent_at),
            started_at: ended.started_at.map(at),
            finished_at: at(ended.finished_at),
            outcome: v2::Outcome::from_core(ended.outcome),
            detail: ended.detail.to_string(),
        }
    }

    pub(super) fn into_core(self, clock: Clock) -> Result<Ended, BadRecord> {
        Ok(Ended {
            id: AttemptId { epoch: self.epoch, counter: self.counter },
            number: narrow(self.number),
            last_chance: self.last_chance,
            sent_at: clock.at(self.sent_at),
            started_at: self.started_at.map(|started| clock.at(started)),
            finished_at: clock.at(self.finished_at),
            outcome: v2::Outcome::into_core(self.outcome)?,
            detail: self.detail.into(),
        })
    }
}
