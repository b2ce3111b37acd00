//! Registrations.

use std::time::Duration;

use pwasync_core::{
    FieldError,
    constraints::Constraints as CoreConstraints,
    key::{AppId, RegistrationId, RegistrationKey, SyncKind, Tag},
    period::Plan as CorePlan,
    registration::{
        Registration as CoreRegistration, Reregistered, Schedule as CoreSchedule,
        State as CoreState, Streak as CoreStreak, Wait,
    },
};
use serde::{Deserialize, Serialize};

use super::{
    attempt::{Attempt, Ended},
    names::{FreeEnding, Slot, Transport},
    shared::{network, network_text, number, profile_key, worker},
    time::{Clock, Text, Wall},
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::store::snapshot) struct Registration<'a> {
    id: u64,
    owner_uid: u32,
    browser: Text<'a>,
    profile: Text<'a>,
    scope: Text<'a>,
    tag: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    app_id: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    constraints: Option<Constraints>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    network: Option<String>,
    registered_at: Wall,
    schedule: Schedule,
    state: State<'a>,
    attempts: u16,
    max_attempts: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    streak: Option<Streak>,
    brought_forward: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_attempt: Option<Ended<'a>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Constraints {
    unmetered: bool,
    transports: Vec<Transport>,
    charging: bool,
    battery_not_low: bool,
    known_network: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Schedule {
    OneOff { expires_at: Wall },
    Periodic { min_interval_ms: u64, anchor_at: Wall, plan: Plan },
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    interval_ms: u64,
    due_at: Wall,
    spaced_at: Wall,
    goes_at: Wall,
    slot: Slot,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum State<'a> {
    Pending,
    /// For its period.
    Waiting {
        until: Wall,
    },
    BackingOff {
        until: Wall,
        earliest: Wall,
    },
    Suspended {
        since: Wall,
    },
    Firing(Attempt<'a>),
    ReregisteredWhileFiring(Attempt<'a>),
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Streak {
    of: FreeEnding,
    length: u16,
}

impl<'a> Registration<'a> {
    pub(in crate::store::snapshot) fn from_core(one: &'a CoreRegistration, clock: Clock) -> Self {
        let worker = &one.key.worker;
        Self {
            id: one.id.number(),
            owner_uid: worker.profile.owner.uid(),
            browser: worker.profile.profile.browser().into(),
            profile: worker.profile.profile.profile().into(),
            scope: worker.scope.as_str().into(),
            tag: one.key.tag.as_str().into(),
            app_id: one.app.as_ref().map(|app| app.as_str().into()),
            constraints: Constraints::from_core(one.constraints),
            network: one.network.map(network_text),
            registered_at: clock.wall(one.registered_at),
            schedule: Schedule::from_core(one.schedule, clock),
            state: State::from_core(&one.state, clock),
            attempts: one.attempts,
            max_attempts: one.max_attempts,
            streak: one.streak.map(|CoreStreak { of, length }| Streak { of: of.into(), length }),
            brought_forward: one.brought_forward,
            last_attempt: one.last_attempt.as_ref().map(|ended| Ended::from_core(ended, clock)),
        }
    }

    pub(in crate::store::snapshot) fn into_core(
        self,
        clock: Clock,
    ) -> Result<CoreRegistration, FieldError> {
        let (kind, schedule) = self.schedule.into_core(clock);
        let profile = profile_key(self.owner_uid, &self.browser, &self.profile)?;
        let worker = worker(profile, &self.scope)?;
        Ok(CoreRegistration {
            id: RegistrationId::new(number("id", self.id)?),
            key: RegistrationKey { worker, kind, tag: Tag::parse(&self.tag)? },
            app: self.app_id.map(|app| AppId::parse(&app)).transpose()?,
            constraints: self.constraints.unwrap_or_default().into_core(),
            network: self.network.map(|text| network(&text)).transpose()?,
            schedule,
            registered_at: clock.at(self.registered_at),
            state: self.state.into_core(clock)?,
            attempts: self.attempts,
            max_attempts: self.max_attempts,
            streak: self.streak.map(|Streak { of, length }| CoreStreak { of: of.into(), length }),
            brought_forward: self.brought_forward,
            last_attempt: self
                .last_attempt
                .map(|ended| ended.into_core(clock).map(Box::new))
                .transpose()?,
        })
    }
}

impl Constraints {
    fn from_core(constraints: CoreConstraints) -> Option<Self> {
        if constraints == CoreConstraints::default() {
            return None;
        }
        Some(Self {
            unmetered: constraints.unmetered,
            transports: constraints.transports.iter().map(Transport::from).collect(),
            charging: constraints.charging,
            battery_not_low: constraints.battery_not_low,
            known_network: constraints.known_network,
        })
    }

    fn into_core(self) -> CoreConstraints {
        CoreConstraints {
            unmetered: self.unmetered,
            transports: self.transports.into_iter().map(Into::into).collect(),
            charging: self.charging,
            battery_not_low: self.battery_not_low,
            known_network: self.known_network,
        }
    }
}

impl Schedule {
    fn from_core(schedule: CoreSchedule, clock: Clock) -> Self {
        let at = |instant| clock.wall(instant);
        match schedule {
            CoreSchedule::OneOff { expires_at } => Self::OneOff { expires_at: at(expires_at) },
            CoreSchedule::Periodic { min_interval, anchor, plan } => Self::Periodic {
                min_interval_ms: min_interval.as_millis(),
                anchor_at: at(anchor),
                plan: Plan {
                    interval_ms: plan.interval.as_millis(),
                    due_at: at(plan.due),
                    spaced_at: at(plan.spaced),
                    goes_at: at(plan.goes),
                    slot: plan.slot.into(),
                },
            },
        }
    }

    fn into_core(self, clock: Clock) -> (SyncKind, CoreSchedule) {
        match self {
            Self::OneOff { expires_at } => {
                (SyncKind::OneOff, CoreSchedule::OneOff { expires_at: clock.at(expires_at) })
            }
            Self::Periodic { min_interval_ms, anchor_at, plan } => {
                let plan = CorePlan {
                    interval: Duration::from_millis(plan.interval_ms).into(),
                    due: clock.at(plan.due_at),
                    spaced: clock.at(plan.spaced_at),
                    goes: clock.at(plan.goes_at),
                    slot: plan.slot.into(),
                };
                let min_interval = Duration::from_millis(min_interval_ms).into();
                let anchor = clock.at(anchor_at);
                (SyncKind::Periodic, CoreSchedule::Periodic { min_interval, anchor, plan })
            }
        }
    }
}

impl State<'_> {
    fn from_core(state: &CoreState, clock: Clock) -> Self {
        let at = |instant| clock.wall(instant);
        match state {
            CoreState::Pending => Self::Pending,
            CoreState::Waiting { until, wait: Wait::Period } => Self::Waiting { until: at(*until) },
            CoreState::Waiting { until, wait: Wait::BackOff { earliest } } => {
                Self::BackingOff { until: at(*until), earliest: at(*earliest) }
            }
            CoreState::Suspended { since } => Self::Suspended { since: at(*since) },
            CoreState::Firing { attempt, reregistered } => {
                let attempt = Attempt::from_core(attempt, clock);
                match reregistered {
                    Reregistered::No => Self::Firing(attempt),
                    Reregistered::WhileFiring => Self::ReregisteredWhileFiring(attempt),
                }
            }
        }
    }

    fn into_core(self, clock: Clock) -> Result<CoreState, FieldError> {
        let firing = |attempt: Attempt<'_>, reregistered| {
            Ok(CoreState::Firing { attempt: Box::new(attempt.into_core(clock)?), reregistered })
        };
        match self {
            Self::Pending => Ok(CoreState::Pending),
            Self::Waiting { until } => {
                Ok(CoreState::Waiting { until: clock.at(until), wait: Wait::Period })
            }
            Self::BackingOff { until, earliest } => {
                let wait = Wait::BackOff { earliest: clock.at(earliest) };
                Ok(CoreState::Waiting { until: clock.at(until), wait })
            }
            Self::Suspended { since } => Ok(CoreState::Suspended { since: clock.at(since) }),
            Self::Firing(attempt) => firing(attempt, Reregistered::No),
            Self::ReregisteredWhileFiring(attempt) => firing(attempt, Reregistered::WhileFiring),
        }
    }
}
