//! What a script's reader sees: each reply and each effect that left, in words.

use std::fmt::Write;

use pwasync_core::{
    Engaged, LeaseError, Reconciled, RegisterChange, RegisterError, Registered, RegistrationView,
    RunNow, Unregistered,
    blocker::Blocker,
    change::{Change, LaunchChange, RegistrationChange, What},
    effect::{Counted, Effect},
    facts::{Facts, Reach},
    history::Entry,
    key::{RegistrationKey, SyncKind},
    lease::{Lease, Leased, Subject},
    registration::{Schedule, State},
};

use super::{
    names::{clock, code, key_name, owner_name, profile_name, words},
    world::Left,
};

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
            what: What::Launch { profile, what: LaunchChange::Failed(why) },
            ..
        }) => {
            format!("launch of {} failed: {why}", profile_name(profile))
        }
        Effect::Launch { profile, token, .. } => {
            format!("launch {} as {}", profile_name(profile), token.0)
        }
        Effect::LaunchCancel { token, .. } => format!("cancel launch {}", token.0),
        Effect::CloseLauncher(id) => format!("close launcher {}", id.number()),
        Effect::CheckConnection(_) => "check the connection".to_owned(),
        Effect::WakeMachine(at) => {
            format!("wake the machine: {}", at.map_or("no".to_owned(), clock))
        }
        Effect::Notify(_) | Effect::Inhibit(_) | Effect::HostChanged | Effect::Record(_) => {
            return None;
        }
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

pub(crate) fn leased(result: &Result<Lease, LeaseError>) -> String {
    match result {
        Ok(lease) => self::lease(lease),
        Err(error) => format!("refused: {error}"),
    }
}

pub(crate) fn lease(lease: &Lease) -> String {
    let subject = match &lease.subject {
        Subject::All => "all".to_owned(),
        Subject::Owner(owner) => format!("owner {}", owner_name(*owner)),
        Subject::Origin(owner, origin) => format!("origin {origin} of {}", owner_name(*owner)),
        Subject::App(owner, app) => format!("app {} of {}", app.as_str(), owner_name(*owner)),
    };
    let what = match lease.what {
        Leased::Pause => "pause".to_owned(),
        Leased::Override(value) => format!("override {value:?}"),
    };
    format!("{what} of {subject} until {}", clock(lease.until))
}

pub(crate) fn engaged(engaged: &Engaged) -> String {
    let Engaged { site, total, level, today, .. } = engaged;
    let (total, today) = (total.value(), today.value());
    format!("{}: {total:.2} points, {today:.2} today, {}", site.origin, words(level))
}

/// The newest first, with the facts of each.
pub(crate) fn history(entries: &[Entry]) -> String {
    let mut text = format!("{} decisions", entries.len());
    for entry in entries {
        let (number, at, tag) = (entry.sequence, clock(entry.at), &entry.tag);
        let (what, facts) = (decided(&entry.what), facts(&entry.facts));
        write!(text, "\n        {number}: {at} {tag} {what} ({facts})").unwrap();
    }
    text
}

fn decided(what: &RegistrationChange) -> String {
    match what {
        RegistrationChange::Held(codes) => {
            let codes: Vec<_> = codes.iter().map(code).collect();
            format!("held by {}", codes.join(" "))
        }
        RegistrationChange::Woken(attempt) | RegistrationChange::Started(attempt) => {
            format!("woken as {}", attempt.id)
        }
        RegistrationChange::Finished { ended, charge, .. } => {
            format!("{} {}, {}", ended.id, words(ended.outcome), words(charge))
        }
        RegistrationChange::Removed(reason) => format!("removed, {}", words(reason)),
        RegistrationChange::Created
        | RegistrationChange::Updated
        | RegistrationChange::Rearmed
        | RegistrationChange::Suspended
        | RegistrationChange::Revived => words(what),
    }
}

fn facts(facts: &Facts) -> String {
    let reach = match facts.reach {
        Reach::Offline => "offline",
        Reach::CaptivePortal => "captive portal",
        Reach::Limited => "limited",
        Reach::Online => "online",
    };
    let mut text = reach.to_owned();
    if facts.metered {
        text += ", metered";
    }
    if facts.roaming {
        text += ", roaming";
    }
    if let Some(transport) = facts.transport {
        write!(text, ", {}", words(transport)).unwrap();
    }
    if let Some(network) = facts.network {
        write!(text, ", network {}", network.number()).unwrap();
    }
    if let Some(percent) = facts.battery {
        let how = if facts.charging == Some(true) { "charging" } else { "battery" };
        write!(text, ", {how} {percent} %").unwrap();
    }
    if facts.power_saver {
        text += ", power saver";
    }
    text
}
