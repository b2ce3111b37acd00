//! Words of scripts that stand for values.

use std::time::Duration;

use pwasync_core::{
    Viewer,
    attempt::Outcome,
    constraints::Transport,
    engagement::{EventKind, Level},
    facts::Reach,
    key::{AppId, SyncKind},
    lease::{Fact, FactValue, Subject},
    policy::{Patch, Policy, Raw, Section, keys},
    site::SiteKey,
};

use crate::support::names;

/// The duration after a word.
pub(super) fn after(words: &[&str], word: &str) -> Option<Duration> {
    value(words, word).map(names::duration)
}

/// What follows a word.
pub(super) fn value<'a>(words: &[&'a str], word: &str) -> Option<&'a str> {
    let at = words.iter().position(|one| *one == word)?;
    Some(words[at + 1])
}

/// `as bob`; otherwise the administrator.
pub(super) fn viewer(words: &[&str]) -> Viewer {
    match words {
        [.., "as", who] => Viewer::Owner(names::owner(who)),
        _ => Viewer::Administrator,
    }
}

pub(super) fn kind(word: &str) -> SyncKind {
    match word {
        "one-off" => SyncKind::OneOff,
        "periodic" => SyncKind::Periodic,
        _ => panic!("{word} is no kind"),
    }
}

pub(super) fn outcome(word: &str) -> Outcome {
    match word {
        "completed" => Outcome::Completed,
        "rejected" => Outcome::Rejected,
        "timed-out" => Outcome::TimedOut,
        "offline" => Outcome::Offline,
        "aborted" => Outcome::Aborted,
        "unavailable" => Outcome::Unavailable,
        "scope-gone" => Outcome::ScopeGone,
        _ => panic!("{word} is no outcome"),
    }
}

pub(super) fn transport(word: &str) -> Option<Transport> {
    match word {
        "wifi" => Some(Transport::Wifi),
        "ethernet" => Some(Transport::Ethernet),
        "cellular" => Some(Transport::Cellular),
        _ => None,
    }
}

/// The site of a place: `shop`, `bob/shop`, `ana.work/`.
pub(super) fn site(place: &str) -> SiteKey {
    let worker = names::worker(place);
    SiteKey { profile: worker.profile.clone(), origin: worker.scope.origin().into() }
}

/// `all`, `owner:bob`, `origin:[bob/]shop`, `app:[bob/]mail`.
pub(super) fn subject(word: &str) -> Subject {
    if word == "all" {
        return Subject::All;
    }
    let (what, whose) = word.split_once(':').unwrap_or_else(|| panic!("{word} is no subject"));
    let (who, name) = whose.split_once('/').unwrap_or(("ana", whose));
    match what {
        "owner" => Subject::Owner(names::owner(name)),
        "origin" => Subject::Origin(names::owner(who), site(whose).origin),
        "app" => Subject::App(names::owner(who), AppId::parse(name).unwrap()),
        _ => panic!("{word} is no subject"),
    }
}

pub(super) fn fact(word: &str) -> Fact {
    match word {
        "network" => Fact::Network,
        "metered" => Fact::Metered,
        "roaming" => Fact::Roaming,
        "transport" => Fact::Transport,
        "battery" => Fact::Battery,
        "charging" => Fact::Charging,
        "saver" => Fact::PowerSaver,
        _ => panic!("{word} is no fact"),
    }
}

pub(super) fn fact_value(fact: Fact, word: &str) -> FactValue {
    let yes = || match word {
        "yes" => true,
        "no" => false,
        _ => panic!("{word} is neither yes nor no"),
    };
    match fact {
        Fact::Network => FactValue::Network(match word {
            "online" => Reach::Online,
            "offline" => Reach::Offline,
            "limited" => Reach::Limited,
            "portal" => Reach::CaptivePortal,
            _ => panic!("{word} is no reach"),
        }),
        Fact::Metered => FactValue::Metered(yes()),
        Fact::Roaming => FactValue::Roaming(yes()),
        Fact::Transport => FactValue::Transport(transport(word).unwrap()),
        Fact::Battery => FactValue::Battery(word.trim_end_matches('%').parse().unwrap()),
        Fact::Charging => FactValue::Charging(yes()),
        Fact::PowerSaver => FactValue::PowerSaver(yes()),
    }
}

pub(super) fn engagement(word: &str) -> EventKind {
    match word {
        "navigation" => EventKind::Navigation,
        "input" => EventKind::UserInput,
        "media" => EventKind::MediaVisible,
        "hidden-media" => EventKind::MediaHidden,
        "notification" => EventKind::Notification,
        "launch" => EventKind::ShortcutLaunch,
        _ => panic!("{word} is no event"),
    }
}

pub(super) fn level(word: &str) -> Level {
    match word {
        "none" => Level::None,
        "minimal" => Level::Minimal,
        "low" => Level::Low,
        "medium" => Level::Medium,
        "high" => Level::High,
        "max" => Level::Max,
        _ => panic!("{word} is no level"),
    }
}

/// `[origin shop | app mail] key=value ...`
pub(super) fn set_keys(policy: &mut Policy, words: &[&str]) {
    let (section, pairs) = match words {
        ["origin", place, pairs @ ..] => (Section::origin(&site(place).origin).unwrap(), pairs),
        ["app", app, pairs @ ..] => (Section::app(app).unwrap(), pairs),
        pairs => (Section::General, pairs),
    };
    for pair in pairs {
        let (name, text) = pair.split_once('=').unwrap_or_else(|| panic!("{pair} sets nothing"));
        let key = keys::find(name).unwrap_or_else(|| panic!("there is no key {name}"));
        let value = key.kind.read(raw(text)).unwrap();
        match &section {
            Section::General => key.set(policy, value).unwrap(),
            Section::Origin(origin) => {
                patch(policy.origins.entry(origin.clone()).or_default(), key, value);
            }
            Section::Network(place) => {
                let patch = policy.networks.entry(place.clone()).or_default();
                patch.set_of_network(key, value).unwrap();
            }
            Section::App(app) => patch(policy.apps.entry(app.clone()).or_default(), key, value),
        }
    }
}

fn patch(patch: &mut Patch, key: &'static keys::Key, value: pwasync_core::policy::Value) {
    patch.set(key, value).unwrap();
}

fn raw(text: &str) -> Raw<'_> {
    match text {
        "true" => Raw::Boolean(true),
        "false" => Raw::Boolean(false),
        _ => text.parse().map_or(Raw::Text(text), Raw::Integer),
    }
}
