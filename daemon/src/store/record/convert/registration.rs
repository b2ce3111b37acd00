//! Registrations.

use pwasync_core::{
    constraints::{Constraints, Transports},
    facts::NetworkId,
    key::{AppId, RegistrationId, RegistrationKey, SyncKind, Tag},
    period::Plan,
    registration::{Registration, Reregistered, Schedule, State, Streak, Wait},
    time::Span,
};

use super::{Clock, lacks, narrow};
use crate::store::{
    error::BadRecord,
    frame::ClockFrame,
    record::{v2, workers::Workers},
};

impl v2::Registration {
    pub(in crate::store::record) fn from_core(
        registration: &Registration,
        frame: ClockFrame,
    ) -> Self {
        let Registration { id: _, key, app, .. } = registration;
        Self {
            frame: Some(v2::Frame::of(frame)),
            profile: Some(v2::ProfileName::from_core(&key.worker.profile)),
            scope: key.worker.scope.as_str().to_owned(),
            tag: key.tag.as_str().to_owned(),
            app: app.as_ref().map(|app| app.as_str().to_owned()),
            constraints: v2::Constraints::from_core(registration.constraints),
            network: registration.network.map(NetworkId::number),
            schedule: Some(v2::Schedule::from_core(registration.schedule, frame)),
            registered_at: frame.stored(registration.registered_at),
            state: Some(v2::State::from_core(&registration.state, frame)),
            attempts: registration.attempts.into(),
            max_attempts: registration.max_attempts.into(),
            streak: registration.streak.map(|Streak { of, length }| v2::Streak {
                of: v2::FreeEnding::from_core(of),
                length: length.into(),
            }),
            brought_forward: registration.brought_forward.into(),
            last_attempt: registration
                .last_attempt
                .as_ref()
                .map(|ended| v2::Ended::from_core(ended, frame)),
        }
    }

    pub(in crate::store::record) fn into_core(
        self,
        id: u64,
        frame: ClockFrame,
        workers: &mut Workers,
    ) -> Result<Registration, BadRecord> {
        let clock = Clock::new(self.frame, frame)?;
        let (kind, schedule) = self.schedule.ok_or_else(|| lacks("schedule"))?.into_core(clock)?;
        let state = self.state.ok_or_else(|| lacks("state"))?.into_core(clock)?;
        let streak = self.streak.map(|streak| {
            let length = narrow(streak.length);
            v2::FreeEnding::into_core(streak.of).map(|of| Streak { of, length })
        });
        let worker = workers.of(self.profile, self.scope)?;
        Ok(Registration {
            id: RegistrationId::new(id),
            key: RegistrationKey { worker, kind, tag: Tag::parse(&self.tag)? },
            app: self.app.map(|app| AppId::parse(&app)).transpose()?,
            constraints: self.constraints.unwrap_or_default().into_core()?,
            network: self.network.map(NetworkId::new),
            schedule,
            registered_at: clock.at(self.registered_at),
            state,
            attempts: narrow(self.attempts),
            max_attempts: narrow(self.max_attempts),
            streak: streak.transpose()?,
            brought_forward: narrow(self.brought_forward),
            last_attempt: self
                .last_attempt
                .map(|ended| ended.into_core(clock).map(Box::new))
                .transpose()?,
        })
    }
}

impl v2::Constraints {
    fn from_core(constraints: Constraints) -> Option<Self> {
        if constraints == Constraints::default() {
            return None;
        }
        let transports = constraints.transports.iter().map(v2::Transport::from_core);
        Some(Self {
            unmetered: constraints.unmetered,
            transports: transports.collect(),
            charging: constraints.charging,
            battery_not_low: constraints.battery_not_low,
            known_network: constraints.known_network,
        })
    }

    fn into_core(self) -> Result<Constraints, BadRecord> {
        let transports = self.transports.into_iter().map(v2::Transport::into_core);
        Ok(Constraints {
            unmetered: self.unmetered,
            transports: transports.collect::<Result<Transports, _>>()?,
            charging: self.charging,
            battery_not_low: self.battery_not_low,
            known_network: self.known_network,
        })
    }
}

impl v2::Schedule {
    fn from_core(schedule: Schedule, frame: ClockFrame) -> Self {
        let at = |instant| frame.stored(instant);
        match schedule {
            Schedule::OneOff { expires_at } => {
                Self::OneOff(v2::OneOff { expires_at: at(expires_at) })
            }
            Schedule::Periodic { min_interval, anchor, plan } => Self::Periodic(v2::Periodic {
                min_interval: min_interval.as_millis(),
                anchor: at(anchor),
                plan: Some(v2::Plan {
                    interval: plan.interval.as_millis(),
                    due: at(plan.due),
                    spaced: at(plan.spaced),
                    goes: at(plan.goes),
                    slot: v2::Slot::from_core(plan.slot),
                }),
            }),
        }
    }

    fn into_core(self, clock: Clock) -> Result<(SyncKind, Schedule), BadRecord> {
        match self {
            Self::OneOff(v2::OneOff { expires_at }) => {
                let expires_at = clock.at(expires_at);
                Ok((SyncKind::OneOff, Schedule::OneOff { expires_at }))
            }
            Self::Periodic(v2::Periodic { min_interval, anchor, plan }) => {
                let plan = plan.ok_or_else(|| lacks("plan"))?;
                let plan = Plan {
                    interval: Span::from_millis(plan.interval),
                    due: clock.at(plan.due),
                    spaced: clock.at(plan.spaced),
                    goes: clock.at(plan.goes),
                    slot: v2::Slot::into_core(plan.slot)?,
                };
                let min_interval = Span::from_millis(min_interval);
                let anchor = clock.at(anchor);
                Ok((SyncKind::Periodic, Schedule::Periodic { min_interval, anchor, plan }))
            }
        }
    }
}

impl v2::State {
    fn from_core(state: &State, frame: ClockFrame) -> Self {
        let at = |instant| frame.stored(instant);
        match state {
            State::Pending => Self::Pending(v2::Empty {}),
            State::Waiting { until, wait } => {
                let (wait, earliest) = match wait {
                    Wait::Period => (v2::Wait::Period, None),
                    Wait::BackOff { earliest } => (v2::Wait::BackOff, Some(at(*earliest))),
                };
                Self::Waiting(v2::Waiting { until: at(*until), wait: wait.into(), earliest })
            }
            State::Suspended { since } => Self::Suspended(at(*since)),
            State::Firing { attempt, reregistered } => Self::Firing(v2::Firing {
                attempt: Some(v2::Attempt::from_core(attempt, frame)),
                reregistered: match reregistered {
                    Reregistered::No => false,
                    Reregistered::WhileFiring => true,
                },
            }),
        }
    }

    fn into_core(self, clock: Clock) -> Result<State, BadRecord> {
        match self {
            Self::Pending(v2::Empty {}) => Ok(State::Pending),
            Self::Waiting(waiting) => {
                let wait = match waiting.wait() {
                    v2::Wait::Unspecified => return Err(lacks("wait")),
                    v2::Wait::Period => Wait::Period,
                    v2::Wait::BackOff => {
                        let earliest = waiting.earliest.ok_or_else(|| lacks("earliest"))?;
                        Wait::BackOff { earliest: clock.at(earliest) }
                    }
                };
                Ok(State::Waiting { until: clock.at(waiting.until), wait })
            }
            Self::Suspended(since) => Ok(State::Suspended { since: clock.at(since) }),
            Self::Firing(v2::Firing { attempt, reregistered }) => {
                let attempt = attempt.ok_or_else(|| lacks("attempt"))?.into_core(clock)?;
                let reregistered =
                    if reregistered { Reregistered::WhileFiring } else { Reregistered::No };
                Ok(State::Firing { attempt: Box::new(attempt), reregistered })
            }
        }
    }
}
