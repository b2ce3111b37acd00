//! What a script's reader sees: each reply and each effect that left, in words.

use std::fmt::Write;

use pwasync_core::{
    Reconciled, RegisterChange, RegisterError, Registered, RegistrationView, RunNow, Unregistered,
    blocker::Blocker,
    change::RegistrationChange,
    effect::{Counted, Effect},
    key::{ProfileKey, RegistrationKey, SyncKind},
    registration::{Schedule, State},
};

use super::{
    names::{clock, code, key_name, words},
    world::Left,
};
use pwasync_core::change::{Change, LaunchChange, What};

pub(crate) fn left(left: &Left) -> Option<String> {
    match left {
        Left::Reply(text) => Some(text.clone()),
        Left::Effect(effect) => self::effect(effect),
    }
}

fn effect(effect: &Effect) -> Option<String> {
    Some(match effect {
        Effect::Wake(wake) => {
            let last = if wake.last_chance { ", last chance" } else { "" };
            let kind = match wake.key.kind {
                SyncKind::OneOff => "",
                SyncKind::Periodic => " (periodic)",
            };
            format!("wake {} {}{kind}{last}", wake.attempt, key_name(&wake.key))
        }
        Effect::Cancel { attempt, reason, .. } => format!("cancel {attempt}: {}", words(reason)),
        Effect::Recorded { attempt, counted, .. } => match counted {
            Counted::Yes => format!("recorded {attempt}"),
            Counted::No => format!("recorded {attempt}: does not count"),
        },
        Effect::CloseSession { session, reason } => {
            format!("close session {session}: {}", words(reason))
        }
        Effect::Notify(Change { what: What::Registration { key, what, .. }, .. }) => {
            return change(key, what);
        }
        Effect::Notify(Change {
            what: What::Launch { what: LaunchChange::Failed(why), .. },
            ..
        }) => {
            format!("launch failed: {why}")
        }
        Effect::Launch { profile, token, .. } => {
            let ProfileKey { owner, profile } = profile;
            format!("launch {} of {}: {}", profile.browser(), owner.uid(), token.0)
        }
        Effect::LaunchCancel { token, .. } => format!("cancel launch {}", token.0),
        Effect::CloseLauncher(id) => format!("close launcher {}", id.number()),
        Effect::Notify(_) | Effect::HostChanged | Effect::Record(_) => return None,
    })
}

fn change(key: &RegistrationKey, what: &RegistrationChange) -> Option<String> {
    let name = key_name(key);
    match what {
        RegistrationChange::Finished { ended, charge, next_at } => {
            let mut text = format!("{name}: {}, {}", words(ended.outcome), words(charge));
            if let Some(at) = next_at {
                write!(text, ", next {}", clock(*at)).unwrap();
            }
            Some(text)
        }
        RegistrationChange::Removed(reason) => Some(format!("{name}: removed, {}", words(reason))),
        RegistrationChange::Suspended => Some(format!("{name}: suspended")),
        RegistrationChange::Revived => Some(format!("{name}: revived")),
        // The reply, the wake or `history` says so.
        RegistrationChange::Created
        | RegistrationChange::Held(_)
        | RegistrationChange::Updated
        | RegistrationChange::Rearmed
        | RegistrationChange::Woken(_)
        | RegistrationChange::Started(_) => None,
    }
}

pub(crate) fn registered(result: &Result<Registered, RegisterError>) -> String {
    match result {
        Ok(Registered { view, change }) => {
            let number = view.registration.id;
            let change = match change {
                RegisterChange::Created => format!("created as {number}"),
                RegisterChange::Updated | RegisterChange::Unchanged | RegisterChange::Rearmed => {
                    words(change)
                }
            };
            let name = key_name(&view.registration.key);
            format!("registered {name}: {change}, next {}", next(view))
        }
        Err(error) => format!("refused: {error}"),
    }
}

fn next(view: &RegistrationView) -> String {
    view.next_at.map_or("unknown".to_owned(), clock)
}

pub(crate) fn unregistered(unregistered: Unregistered) -> String {
    format!("unregistered: {}", words(unregistered))
}

pub(crate) fn reconciled(result: &Result<Reconciled, RegisterError>) -> String {
    let numbers = |ids: &[_]| {
        let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
        if ids.is_empty() { "none".to_owned() } else { ids.join(" ") }
    };
    match result {
        Ok(Reconciled { added, removed }) => {
            let (added, removed) = (numbers(added), numbers(removed));
            format!("reconciled: added {added}, removed {removed}")
        }
        Err(error) => format!("refused: {error}"),
    }
}

pub(crate) fn run(answer: Option<&RunNow>) -> String {
    match answer {
        None => "not found".to_owned(),
        Some(RunNow::Woken { attempt, bypassed }) if bypassed.is_empty() => {
            format!("runs as {attempt}")
        }
        Some(RunNow::Woken { attempt, bypassed }) => {
            format!("runs as {attempt} in spite of {}", codes(bypassed))
        }
        Some(RunNow::AlreadyRunning(attempt)) => format!("runs already as {attempt}"),
        Some(RunNow::Held(blockers)) => format!("held by {}", codes(blockers)),
    }
}

fn codes(blockers: &[Blocker]) -> String {
    let codes: Vec<_> = blockers.iter().map(|blocker| code(blocker.code)).collect();
    codes.join(" ")
}

/// All of a registration in one line.
pub(crate) fn view(view: &RegistrationView) -> String {
    let one = &view.registration;
    let mut text = format!("{}: {}", key_name(&one.key), words(one.state.name()));
    match &one.state {
        State::Firing { attempt, .. } => {
            write!(text, " {} until {}", attempt.id, clock(attempt.deadline())).unwrap();
        }
        State::Pending | State::Waiting { .. } | State::Suspended { .. } => {
            write!(text, ", next {}", next(view)).unwrap();
        }
    }
    write!(text, ", {}/{} charged", one.attempts, one.max_attempts).unwrap();
    if let Some(streak) = one.streak {
        write!(text, ", {} in a row {}", streak.length, words(streak.of)).unwrap();
    }
    match one.schedule {
        Schedule::OneOff { expires_at } => write!(text, ", expires {}", clock(expires_at)),
        Schedule::Periodic { anchor, .. } => write!(text, ", anchor {}", clock(anchor)),
    }
    .unwrap();
    for Blocker { code, since, earliest } in &view.blockers {
        write!(text, "\n        {} since {}", self::code(code), clock(*since)).unwrap();
        if let Some(earliest) = earliest {
            write!(text, " until {}", clock(*earliest)).unwrap();
        }
    }
    text
}
