//! Attempts: in a registration and in the history.

use std::time::Duration;

use pwasync_core::{
    FieldError,
    attempt::{Attempt as CoreAttempt, Ended as CoreEnded, Progress as CoreProgress},
    key::AttemptId,
};
use serde::{Deserialize, Serialize};

use super::{
    names::Outcome,
    shared::{at_most, to_millis},
    time::{Clock, Text, Wall},
};

/// What a browser says of an outcome is cut far below.
const DETAIL_BYTES: usize = 4_096;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Attempt<'a> {
    id: Text<'a>,
    number: u16,
    last_chance: bool,
    brought_forward: bool,
    sent_at: Wall,
    run_limit_ms: u64,
    progress: Progress,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Progress {
    Sent { start_by: Wall },
    Started { at: Wall, finish_by: Wall },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ended<'a> {
    id: Text<'a>,
    number: u16,
    last_chance: bool,
    sent_at: Wall,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started_at: Option<Wall>,
    finished_at: Wall,
    outcome: Outcome,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    detail: Text<'a>,
}

impl Attempt<'_> {
    pub(super) fn from_core(attempt: &CoreAttempt, clock: Clock) -> Self {
        let at = |instant| clock.wall(instant);
        Self {
            id: attempt.id.to_string().into(),
            number: attempt.number,
            last_chance: attempt.last_chance,
            brought_forward: attempt.brought_forward,
            sent_at: at(attempt.sent_at),
            run_limit_ms: to_millis(attempt.run_limit),
            progress: match attempt.progress {
                CoreProgress::Sent { start_by } => Progress::Sent { start_by: at(start_by) },
                CoreProgress::Started { at: since, finish_by } => {
                    Progress::Started { at: at(since), finish_by: at(finish_by) }
                }
            },
        }
    }

    pub(super) fn into_core(self, clock: Clock) -> Result<CoreAttempt, FieldError> {
        let progress = match self.progress {
            Progress::Sent { start_by } => CoreProgress::Sent { start_by: clock.at(start_by) },
            Progress::Started { at, finish_by } => {
                CoreProgress::Started { at: clock.at(at), finish_by: clock.at(finish_by) }
            }
        };
        Ok(CoreAttempt {
            id: AttemptId::parse(&self.id)?,
            number: self.number,
            last_chance: self.last_chance,
            brought_forward: self.brought_forward,
            sent_at: clock.at(self.sent_at),
            progress,
            run_limit: Duration::from_millis(self.run_limit_ms),
        })
    }
}

impl<'a> Ended<'a> {
    pub(super) fn from_core(ended: &'a CoreEnded, clock: Clock) -> Self {
        let at = |instant| clock.wall(instant);
        Self {
            id: ended.id.to_string().into(),
            number: ended.number,
            last_chance: ended.last_chance,
            sent_at: at(ended.sent_at),
            started_at: ended.started_at.map(at),
            finished_at: at(ended.finished_at),
            outcome: ended.outcome.into(),
            detail: (&*ended.detail).into(),
        }
    }

    pub(super) fn into_core(self, clock: Clock) -> Result<CoreEnded, FieldError> {
        at_most("detail", &self.detail, DETAIL_BYTES)?;
        Ok(CoreEnded {
            id: AttemptId::parse(&self.id)?,
            number: self.number,
            last_chance: self.last_chance,
            sent_at: clock.at(self.sent_at),
            started_at: self.started_at.map(|started| clock.at(started)),
            finished_at: clock.at(self.finished_at),
            outcome: self.outcome.into(),
            detail: self.detail.into(),
        })
    }
}
