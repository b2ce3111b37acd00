//! Between the core's types and the newest version of the records.

use std::{sync::Arc, time::Duration};

use pwasync_core::{
    attempt::{Attempt, Ended, Outcome, Progress},
    key::{
        AppId, AttemptId, OwnerId, ProfileId, ProfileKey, RegistrationId, RegistrationKey, Scope,
        SyncKind, Tag, WorkerKey,
    },
    registration::{FreeEnding, Registration, Reregistered, Schedule, State, Streak, Wait},
    time::Timestamp,
};

use super::v1;
use crate::store::{
    error::BadRecord,
    frame::{ClockFrame, RecordFrame},
};

impl v1::Registration {
    pub(super) fn from_core(registration: &Registration, frame: ClockFrame) -> Self {
        let written = frame.of_record();
        let at = |instant| frame.stored(instant);
        let Registration { id: _, key, app, schedule, state, streak, last_attempt, .. } =
            registration;
        let ProfileKey { owner, profile } = &key.worker.profile;
        Self {
            boot_id: written.boot_id.to_vec(),
            wall_minus_boot: written.wall_minus_boot,
            owner: owner.uid(),
            browser: profile.browser().to_owned(),
            profile: profile.profile().to_owned(),
            scope: key.worker.scope.as_str().to_owned(),
            tag: key.tag.as_str().to_owned(),
            app: app.as_ref().map(|app| app.as_str().to_owned()),
            schedule: Some(match *schedule {
                Schedule::OneOff { expires_at } => {
                    v1::Schedule::OneOff(v1::OneOff { expires_at: at(expires_at) })
                }
                Schedule::Periodic { min_interval, anchor } => {
                    v1::Schedule::Periodic(v1::Periodic {
                        min_interval: to_millis(min_interval),
                        anchor: at(anchor),
                    })
                }
            }),
            registered_at: at(registration.registered_at),
            state: Some(match state {
                State::Pending => v1::State::Pending(v1::Pending {}),
                State::Waiting { until, wait } => v1::State::Waiting(v1::Waiting {
                    until: at(*until),
                    wait: v1::Wait::from_core(*wait).into(),
                }),
                State::Firing { attempt, reregistered } => {
                    v1::State::Firing(v1::Firing::from_core(attempt, *reregistered, frame))
                }
            }),
            attempts: registration.attempts,
            max_attempts: registration.max_attempts,
            streak: streak.map(|Streak { of, length }| v1::Streak {
                of: v1::FreeEnding::from_core(of).into(),
                length,
            }),
            last_attempt: last_attempt.as_ref().map(|ended| v1::Ended::from_core(ended, frame)),
        }
    }

    pub(super) fn into_core(self, id: u64, frame: ClockFrame) -> Result<Registration, BadRecord> {
        let boot_id = self.boot_id.try_into().map_err(|_| lacks("boot_id"))?;
        let clock = Clock {
            frame,
            written: RecordFrame { boot_id, wall_minus_boot: self.wall_minus_boot },
        };
        let (kind, schedule) = match self.schedule.ok_or_else(|| lacks("schedule"))? {
            v1::Schedule::OneOff(v1::OneOff { expires_at }) => {
                (SyncKind::OneOff, Schedule::OneOff { expires_at: clock.at(expires_at) })
            }
            v1::Schedule::Periodic(v1::Periodic { min_interval, anchor }) => {
                let min_interval = Duration::from_millis(min_interval);
                (SyncKind::Periodic, Schedule::Periodic { min_interval, anchor: clock.at(anchor) })
            }
        };
        let state = match self.state.ok_or_else(|| lacks("state"))? {
            v1::State::Pending(v1::Pending {}) => State::Pending,
            v1::State::Waiting(waiting) => {
                State::Waiting { until: clock.at(waiting.until), wait: waiting.wait().into_core()? }
            }
            v1::State::Firing(firing) => firing.into_core(clock)?,
        };
        let streak = self
            .streak
            .map(|streak| streak.of().into_core().map(|of| Streak { of, length: streak.length }));
        let profile = ProfileKey {
            owner: OwnerId::from_uid(self.owner)?,
            profile: ProfileId::parse(&self.browser, &self.profile)?,
        };
        let worker = Arc::new(WorkerKey { profile, scope: Scope::parse(&self.scope)? });
        Ok(Registration {
            id: RegistrationId::new(id),
            key: RegistrationKey { worker, kind, tag: Tag::parse(&self.tag)? },
            app: self.app.map(|app| AppId::parse(&app)).transpose()?,
            schedule,
            registered_at: clock.at(self.registered_at),
            state,
            attempts: self.attempts,
            max_attempts: self.max_attempts,
            streak: streak.transpose()?,
            last_attempt: self.last_attempt.map(|ended| ended.into_core(clock)).transpose()?,
        })
    }
}

/// Reads the instants of one record.
#[derive(Clone, Copy)]
struct Clock {
    frame: ClockFrame,
    written: RecordFrame,
}

impl Clock {
    fn at(self, stored: i64) -> Timestamp {
        self.frame.restored(stored, self.written)
    }
}

impl v1::Firing {
    fn from_core(attempt: &Attempt, reregistered: Reregistered, frame: ClockFrame) -> Self {
        let at = |instant| frame.stored(instant);
        Self {
            epoch: attempt.id.epoch,
            counter: attempt.id.counter,
            number: attempt.number,
            last_chance: attempt.last_chance,
            sent_at: at(attempt.sent_at),
            run_limit: to_millis(attempt.run_limit),
            progress: Some(match attempt.progress {
                Progress::Sent { start_by } => v1::Progress::Sent(at(start_by)),
                Progress::Started { at: since, finish_by } => {
                    v1::Progress::Started(v1::Started { at: at(since), finish_by: at(finish_by) })
                }
            }),
            reregistered: match reregistered {
                Reregistered::No => false,
                Reregistered::WhileFiring => true,
            },
        }
    }

    fn into_core(self, clock: Clock) -> Result<State, BadRecord> {
        let progress = match self.progress.ok_or_else(|| lacks("progress"))? {
            v1::Progress::Sent(start_by) => Progress::Sent { start_by: clock.at(start_by) },
            v1::Progress::Started(v1::Started { at, finish_by }) => {
                Progress::Started { at: clock.at(at), finish_by: clock.at(finish_by) }
            }
        };
        let attempt = Attempt {
            id: AttemptId { epoch: self.epoch, counter: self.counter },
            number: self.number,
            last_chance: self.last_chance,
            sent_at: clock.at(self.sent_at),
            progress,
            run_limit: Duration::from_millis(self.run_limit),
        };
        let reregistered =
            if self.reregistered { Reregistered::WhileFiring } else { Reregistered::No };
        Ok(State::Firing { attempt, reregistered })
    }
}

impl v1::Ended {
    fn from_core(ended: &Ended, frame: ClockFrame) -> Self {
        let at = |instant| frame.stored(instant);
        Self {
            epoch: ended.id.epoch,
            counter: ended.id.counter,
            number: ended.number,
            last_chance: ended.last_chance,
            sent_at: at(ended.sent_at),
            started_at: ended.started_at.map(at),
            finished_at: at(ended.finished_at),
            outcome: v1::Outcome::from_core(ended.outcome).into(),
            detail: ended.detail.to_string(),
        }
    }

    fn into_core(self, clock: Clock) -> Result<Ended, BadRecord> {
        Ok(Ended {
            id: AttemptId { epoch: self.epoch, counter: self.counter },
            number: self.number,
            last_chance: self.last_chance,
            sent_at: clock.at(self.sent_at),
            started_at: self.started_at.map(|started| clock.at(started)),
            finished_at: clock.at(self.finished_at),
            outcome: self.outcome().into_core()?,
            detail: self.detail.into(),
        })
    }
}

impl v1::Wait {
    fn from_core(wait: Wait) -> Self {
        match wait {
            Wait::Period => Self::Period,
            Wait::BackOff => Self::BackOff,
        }
    }

    fn into_core(self) -> Result<Wait, BadRecord> {
        match self {
            Self::Unspecified => Err(lacks("wait")),
            Self::Period => Ok(Wait::Period),
            Self::BackOff => Ok(Wait::BackOff),
        }
    }
}

impl v1::FreeEnding {
    fn from_core(ending: FreeEnding) -> Self {
        match ending {
            FreeEnding::Offline => Self::Offline,
            FreeEnding::Unavailable => Self::Unavailable,
            FreeEnding::LostUnstarted => Self::LostUnstarted,
            FreeEnding::LostStarted => Self::LostStarted,
        }
    }

    fn into_core(self) -> Result<FreeEnding, BadRecord> {
        match self {
            Self::Unspecified => Err(lacks("of")),
            Self::Offline => Ok(FreeEnding::Offline),
            Self::Unavailable => Ok(FreeEnding::Unavailable),
            Self::LostUnstarted => Ok(FreeEnding::LostUnstarted),
            Self::LostStarted => Ok(FreeEnding::LostStarted),
        }
    }
}

impl v1::Outcome {
    fn from_core(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Completed => Self::Completed,
            Outcome::Rejected => Self::Rejected,
            Outcome::TimedOut => Self::TimedOut,
            Outcome::Offline => Self::Offline,
            Outcome::Aborted => Self::Aborted,
            Outcome::Unavailable => Self::Unavailable,
            Outcome::ScopeGone => Self::ScopeGone,
            Outcome::Lost => Self::Lost,
        }
    }

    fn into_core(self) -> Result<Outcome, BadRecord> {
        match self {
            Self::Unspecified => Err(lacks("outcome")),
            Self::Completed => Ok(Outcome::Completed),
            Self::Rejected => Ok(Outcome::Rejected),
            Self::TimedOut => Ok(Outcome::TimedOut),
            Self::Offline => Ok(Outcome::Offline),
            Self::Aborted => Ok(Outcome::Aborted),
            Self::Unavailable => Ok(Outcome::Unavailable),
            Self::ScopeGone => Ok(Outcome::ScopeGone),
            Self::Lost => Ok(Outcome::Lost),
        }
    }
}

fn lacks(field: &str) -> BadRecord {
    BadRecord::Content(format!("field `{field}` is missing or has no meaning"))
}

/// Whole milliseconds, at most `u64::MAX`.
fn to_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
