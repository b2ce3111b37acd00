//! From version 1 of the records to version 2. Names no type of the core: what a record meant when
//! it was written must not change with it.

use super::{v1, v2};

impl From<v1::Registration> for v2::Registration {
    fn from(old: v1::Registration) -> Self {
        let until = match &old.state {
            Some(v1::State::Waiting(waiting)) if waiting.wait() == v1::Wait::Period => {
                Some(waiting.until)
            }
            Some(v1::State::Waiting(_) | v1::State::Pending(_) | v1::State::Firing(_)) | None => {
                None
            }
        };
        Self {
            frame: Some(v2::Frame { boot_id: old.boot_id, wall_minus_boot: old.wall_minus_boot }),
            profile: Some(v2::ProfileName {
                owner: old.owner,
                browser: old.browser,
                profile: old.profile,
            }),
            scope: old.scope,
            tag: old.tag,
            app: old.app,
            constraints: None,
            network: None,
            schedule: old.schedule.map(|schedule| match schedule {
                v1::Schedule::OneOff(one_off) => v2::Schedule::OneOff(one_off),
                v1::Schedule::Periodic(periodic) => {
                    v2::Schedule::Periodic(planned(periodic, until))
                }
            }),
            registered_at: old.registered_at,
            state: old.state.map(v2::State::from),
            attempts: old.attempts,
            max_attempts: old.max_attempts,
            streak: old.streak,
            brought_forward: 0,
            last_attempt: old.last_attempt,
        }
    }
}

/// Version 1 knew no plan: a periodic went when its interval had passed, which is the end of its
/// wait where it waits.
fn planned(
    v1::Periodic { min_interval, anchor }: v1::Periodic,
    until: Option<i64>,
) -> v2::Periodic {
    let due = until.unwrap_or_else(|| anchor.saturating_add_unsigned(min_interval));
    let interval = u64::try_from(due.saturating_sub(anchor)).unwrap_or(0);
    let slot = v2::Slot::Next.into();
    let plan = v2::Plan { interval, due, spaced: due, goes: due, slot };
    v2::Periodic { min_interval, anchor, plan: Some(plan) }
}

impl From<v1::State> for v2::State {
    fn from(old: v1::State) -> Self {
        match old {
            v1::State::Pending(v1::Pending {}) => Self::Pending(v2::Empty {}),
            v1::State::Waiting(v1::Waiting { until, wait }) => {
                // Nobody knew when the network's return may end a back-off: it is waited out.
                Self::Waiting(v2::Waiting { until, wait, earliest: Some(until) })
            }
            v1::State::Firing(firing) => Self::Firing(v2::Firing {
                attempt: Some(v2::Attempt {
                    epoch: firing.epoch,
                    counter: firing.counter,
                    number: firing.number,
                    last_chance: firing.last_chance,
                    sent_at: firing.sent_at,
                    run_limit: firing.run_limit,
                    progress: firing.progress,
                    brought_forward: false,
                }),
                reregistered: firing.reregistered,
            }),
        }
    }
}

impl From<v1::Counters> for v2::Counters {
    fn from(v1::Counters { last_registration }: v1::Counters) -> Self {
        Self { frame: None, last_registration, last_lease: 0, returned_at: None, last_entry: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_back_off_is_waited_out() {
        let wait = v1::Wait::BackOff.into();
        let old = v1::State::Waiting(v1::Waiting { until: 300, wait });
        let new = v2::Waiting { until: 300, wait: v2::Wait::BackOff.into(), earliest: Some(300) };
        assert_eq!(v2::State::from(old), v2::State::Waiting(new));
    }

    #[test]
    fn a_periodic_goes_when_its_wait_ends_or_its_interval_has_passed() {
        let periodic = |min_interval| v1::Periodic { min_interval, anchor: 1_000 };
        let plan = |min_interval, until| {
            let plan = planned(periodic(min_interval), until).plan.unwrap();
            assert_eq!([plan.due, plan.spaced], [plan.goes; 2]);
            (plan.interval, plan.goes)
        };
        // Policy had made it longer than it was asked for.
        assert_eq!(plan(60, Some(43_000)), (42_000, 43_000));
        assert_eq!(plan(60, None), (60, 1_060));
        // Only a clock that was wrong ends a wait before it began.
        assert_eq!(plan(60, Some(400)), (0, 400));
        assert_eq!(plan(u64::MAX, None), (i64::MAX as u64 - 1_000, i64::MAX));
        assert_eq!(plan(0, Some(i64::MIN)), (0, i64::MIN));
    }

    #[test]
    fn only_a_period_ends_with_its_wait() {
        let registration = |wait: v1::Wait| v1::Registration {
            schedule: Some(v1::Schedule::Periodic(v1::Periodic { min_interval: 50, anchor: 0 })),
            state: Some(v1::State::Waiting(v1::Waiting { until: 70, wait: wait.into() })),
            ..v1::Registration::default()
        };
        let goes = |wait| match v2::Registration::from(registration(wait)).schedule {
            Some(v2::Schedule::Periodic(periodic)) => periodic.plan.unwrap().goes,
            other => panic!("{other:?}"),
        };
        assert_eq!(goes(v1::Wait::Period), 70);
        assert_eq!(goes(v1::Wait::BackOff), 50);
    }
}
