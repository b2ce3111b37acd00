//! The table of outcomes: what the ending of an attempt means for its registration (P-02).

use std::time::Duration;

use crate::{
    attempt::{Attempt, Outcome},
    change::{Charge, RemovalReason},
    facts::Sleep,
    key::SyncKind,
    policy::{Policy, Rules},
    registration::{FreeEnding, Registration, Reregistered, Streak, Wait},
    retry::{retry_delay, unavailable_delay},
    time::Timestamp,
};

/// How an attempt ended, and what was so at that moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ending {
    pub(crate) outcome: Outcome,
    pub(crate) at: Timestamp,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) network: Network,
    pub(crate) sleep: Sleep,
}

/// Whether the host had a network when the attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    Online,
    Offline,
}

/// What the ending means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) charge: Charge,
    /// Charged attempts from here on.
    pub(crate) attempts: u16,
    pub(crate) streak: Option<Streak>,
    pub(crate) next: Next,
}

/// What becomes of the registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Remove(RemovalReason),
    /// All registrations of the worker go.
    RemoveScope,
    Pending,
    Wait {
        until: Timestamp,
        wait: Wait,
    },
    /// Periodic: the regular interval goes on.
    RegularInterval {
        /// A server asked for no event sooner.
        not_before: Timestamp,
    },
}

/// The kinds of ending that the rules tell apart.
enum Class {
    Done,
    ScopeGone,
    /// The worker's fault.
    Fault,
    /// The network, the browser or the host broke it.
    Free(FreeEnding),
    /// The machine went to sleep. Nothing starts before it has woken, so that this cannot loop.
    Sleep,
}

/// What is judged, and by what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judged<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) rules: &'a Rules,
    pub(crate) registration: &'a Registration,
    pub(crate) attempt: &'a Attempt,
    /// One-off: when it expires.
    pub(crate) expires_at: Option<Timestamp>,
}

/// Applies the table to an attempt that still counts. What expired meanwhile does not run again.
pub(crate) fn judge(judged: Judged<'_>, reregistered: Reregistered, ending: Ending) -> Verdict {
    let mut verdict = by_table(judged, reregistered, ending);
    if judged.expires_at.is_some_and(|at| at <= ending.at)
        && matches!(verdict.next, Next::Pending | Next::Wait { .. })
    {
        verdict.next = Next::Remove(RemovalReason::Expired);
    }
    verdict
}

fn by_table(judged: Judged<'_>, reregistered: Reregistered, ending: Ending) -> Verdict {
    let Judged { policy, registration, attempt, .. } = judged;
    let class = classify(attempt, ending);
    let fresh = |next| Verdict { charge: Charge::Free, attempts: 0, streak: None, next };
    match (class, registration.kind(), reregistered) {
        (Class::ScopeGone, _, _) => fresh(Next::RemoveScope),
        // S-O-35, S-O-36: it runs again whatever became of this run.
        (_, SyncKind::OneOff, Reregistered::WhileFiring) => fresh(Next::Pending),
        (Class::Done, SyncKind::OneOff, Reregistered::No) => {
            fresh(Next::Remove(RemovalReason::Completed))
        }
        // S-P-42; S-P-44: registering again ends the retries and adds no event.
        (Class::Done, SyncKind::Periodic, _)
        | (_, SyncKind::Periodic, Reregistered::WhileFiring) => {
            fresh(regular_interval(policy, ending))
        }
        (Class::Sleep, _, Reregistered::No) => slept(judged, ending),
        (Class::Fault, _, Reregistered::No) if attempt.brought_forward => {
            brought_forward(judged, ending)
        }
        (Class::Fault, _, Reregistered::No) => charged(judged, ending, None),
        (Class::Free(of), _, Reregistered::No) => {
            let length = match registration.streak {
                Some(streak) if streak.of == of => streak.length.saturating_add(1),
                Some(_) | None => 1,
            };
            let streak = Streak { of, length };
            let allowed = u32::from(length) <= allowance(policy, of);
            if !allowed && attempt.brought_forward {
                brought_forward(judged, ending)
            } else if !allowed {
                charged(judged, ending, Some(streak))
            } else {
                free(policy, registration, ending, streak)
            }
        }
    }
}

fn classify(attempt: &Attempt, ending: Ending) -> Class {
    match ending.outcome {
        Outcome::Completed => Class::Done,
        Outcome::ScopeGone => Class::ScopeGone,
        // Browser and network go to sleep too.
        Outcome::Rejected | Outcome::Offline | Outcome::Aborted
            if ending.sleep == Sleep::Suspending =>
        {
            Class::Sleep
        }
        // A rejection while the host is offline is the network's doing.
        Outcome::Rejected if ending.network == Network::Offline => Class::Free(FreeEnding::Offline),
        Outcome::Rejected | Outcome::TimedOut => Class::Fault,
        Outcome::Offline => Class::Free(FreeEnding::Offline),
        Outcome::Unavailable => Class::Free(FreeEnding::Unavailable),
        // An abort that the daemon did not ask for is as good as a session that went.
        Outcome::Aborted | Outcome::Lost => match attempt.started_at() {
            None => Class::Free(FreeEnding::LostUnstarted),
            Some(_) => Class::Free(FreeEnding::LostStarted),
        },
    }
}

/// Free attempts in a row of each ending; then they are charged, so that nothing loops.
fn allowance(policy: &Policy, ending: FreeEnding) -> u32 {
    match ending {
        FreeEnding::Offline => policy.free_offline,
        FreeEnding::Unavailable => policy.free_unavailable,
        FreeEnding::LostUnstarted => policy.free_lost_unstarted,
        FreeEnding::LostStarted => policy.free_lost_started,
    }
}

/// What the network's return brought forward is free: the back-off begins anew (P-03).
fn brought_forward(judged: Judged<'_>, ending: Ending) -> Verdict {
    let Judged { policy, rules, registration, .. } = judged;
    let attempts = registration.attempts;
    let delay = retry_delay(rules, attempts.max(1));
    let next = back_off(policy, ending, delay);
    Verdict { charge: Charge::Free, attempts, streak: registration.streak, next }
}

fn charged(judged: Judged<'_>, ending: Ending, streak: Option<Streak>) -> Verdict {
    let Judged { policy, rules, registration, attempt, .. } = judged;
    let attempts = registration.attempts.saturating_add(1);
    let exhausted = attempts >= registration.max_attempts;
    let next = match registration.kind() {
        SyncKind::OneOff if attempt.last_chance || exhausted => Next::Remove(RemovalReason::GaveUp),
        SyncKind::Periodic if exhausted => regular_interval(policy, ending),
        SyncKind::OneOff | SyncKind::Periodic => {
            let delay = retry_delay(rules, attempts);
            match streak {
                // A worker that does not start is not tried sooner for being charged (P-09).
                Some(Streak { of: FreeEnding::Unavailable, length }) => {
                    wait(policy, ending, delay.max(unavailable_delay(policy, length.into())))
                }
                Some(_) | None => back_off(policy, ending, delay),
            }
        }
    };
    let attempts = match next {
        Next::RegularInterval { .. } => 0,
        Next::Remove(_) | Next::RemoveScope | Next::Pending | Next::Wait { .. } => attempts,
    };
    Verdict { charge: Charge::Charged, attempts, streak, next }
}

fn free(policy: &Policy, registration: &Registration, ending: Ending, streak: Streak) -> Verdict {
    let delay = match streak.of {
        // Offline, the registration is held until the network is back and settled.
        FreeEnding::Offline if ending.network == Network::Offline => None,
        FreeEnding::Offline => Some(policy.offline_delay.max(policy.settle)),
        FreeEnding::Unavailable => Some(unavailable_delay(policy, streak.length.into())),
        FreeEnding::LostUnstarted | FreeEnding::LostStarted => None,
    };
    let next = match (delay, ending.retry_after) {
        (None, None) => Next::Pending,
        (delay, _) => wait(policy, ending, delay.unwrap_or_default()),
    };
    Verdict { charge: Charge::Free, attempts: registration.attempts, streak: Some(streak), next }
}

/// Waits for the delay, or longer where a server asked for it, whatever the network does.
fn wait(policy: &Policy, ending: Ending, delay: Duration) -> Next {
    let until = (ending.at + delay).max(not_before(policy, ending));
    Next::Wait { until, wait: Wait::BackOff { earliest: until } }
}

/// The same after a failure that the network's return may mend (P-03).
fn back_off(policy: &Policy, ending: Ending, delay: Duration) -> Next {
    let not_before = not_before(policy, ending);
    let until = (ending.at + delay).max(not_before);
    let earliest = (ending.at + policy.return_delay).max(not_before).min(until);
    Next::Wait { until, wait: Wait::BackOff { earliest } }
}

/// It goes again as if it had not been tried.
fn slept(judged: Judged<'_>, ending: Ending) -> Verdict {
    let Judged { policy, registration, .. } = judged;
    let next = match ending.retry_after {
        None => Next::Pending,
        Some(_) => wait(policy, ending, Duration::ZERO),
    };
    let Registration { attempts, streak, .. } = *registration;
    Verdict { charge: Charge::Free, attempts, streak, next }
}

fn regular_interval(policy: &Policy, ending: Ending) -> Next {
    Next::RegularInterval { not_before: not_before(policy, ending) }
}

/// What a server asked for holds for each kind of ending (P-04).
fn not_before(policy: &Policy, ending: Ending) -> Timestamp {
    ending.at + ending.retry_after.unwrap_or_default().min(policy.max_retry_after)
}
