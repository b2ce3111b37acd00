//! Short names for what scripts and traces speak of.
//!
//! A registration is `[owner[.profile]/][scope:]tag`; left out, owner and scope are `ana` and
//! `app`, the profile is `Default`.

use std::{fmt::Write, sync::Arc, time::Duration};

use pwasync_core::{
    Caller,
    key::{OwnerId, ProfileId, ProfileKey, RegistrationKey, Scope, SyncKind, Tag, WorkerKey},
    time::Timestamp,
};

const OWNERS: [&str; 3] = ["ana", "bob", "eve"];
const FIRST_UID: u32 = 1000;

pub(crate) fn owner(name: &str) -> OwnerId {
    let place =
        OWNERS.iter().position(|one| *one == name).unwrap_or_else(|| panic!("who is {name}?"));
    OwnerId::from_uid(FIRST_UID + u32::try_from(place).unwrap()).unwrap()
}

pub(crate) fn owner_name(owner: OwnerId) -> &'static str {
    OWNERS[usize::try_from(owner.uid() - FIRST_UID).unwrap()]
}

pub(crate) fn caller(owner: OwnerId) -> Caller {
    Caller { owner, name: owner_name(owner).into() }
}

/// `ana`, or `ana.work` for another profile than `Default`.
pub(crate) fn profile(name: &str) -> ProfileKey {
    let (user, profile) = name.split_once('.').unwrap_or((name, "Default"));
    ProfileKey { owner: owner(user), profile: ProfileId::parse("chromium", profile).unwrap() }
}

pub(crate) fn profile_name(profile: &ProfileKey) -> String {
    let owner = owner_name(profile.owner);
    match profile.profile.profile() {
        "Default" => owner.to_owned(),
        other => format!("{owner}.{other}"),
    }
}

/// `[owner[.profile]/][scope:]`.
pub(crate) fn worker(name: &str) -> Arc<WorkerKey> {
    let (user, scope) = name.split_once('/').unwrap_or(("ana", name));
    let scope = scope.trim_end_matches(':');
    let host = if scope.is_empty() { "app" } else { scope };
    let scope = Scope::parse(&format!("https://{host}.example/")).unwrap();
    Arc::new(WorkerKey { profile: profile(user), scope })
}

pub(crate) fn key(name: &str, kind: SyncKind) -> RegistrationKey {
    let place = name.rfind([':', '/']).map_or(0, |at| at + 1);
    let (place, tag) = name.split_at(place);
    RegistrationKey { worker: worker(place), kind, tag: Tag::parse(tag).unwrap() }
}

pub(crate) fn key_name(key: &RegistrationKey) -> String {
    let mut name = match profile_name(&key.worker.profile).as_str() {
        "ana" => String::new(),
        other => format!("{other}/"),
    };
    match key.worker.scope.as_str() {
        "https://app.example/" => {}
        other => {
            let host = other.trim_start_matches("https://").trim_end_matches(".example/");
            write!(name, "{host}:").unwrap();
        }
    }
    name + key.tag.as_str()
}

/// `90s`, `5m`, `12h`, `30d`, `500ms`.
pub(crate) fn duration(text: &str) -> Duration {
    let digits = text.find(|one: char| !one.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => panic!("{text} is no duration"),
    };
    Duration::from_millis(number.parse::<u64>().unwrap() * millis)
}

/// `00:05`, `00:05:30`, `2d 12:00`: the time since the start.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    let mut parts = text.split(':').map(|part| part.parse::<u64>().ok());
    let (hours, minutes) = (parts.next()??, parts.next()??);
    let seconds = parts.next().map_or(Some(0), |part| part)?;
    Some(Timestamp::from_millis(((hours * 60 + minutes) * 60 + seconds) * 1_000))
}

pub(crate) fn clock(at: Timestamp) -> String {
    let millis = at.as_millis();
    let (seconds, millis) = (millis / 1_000, millis % 1_000);
    let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
    let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
    let mut text = String::new();
    if days > 0 {
        write!(text, "{days}d ").unwrap();
    }
    write!(text, "{hours:02}:{minutes:02}").unwrap();
    if seconds > 0 || millis > 0 {
        write!(text, ":{seconds:02}").unwrap();
    }
    if millis > 0 {
        write!(text, ".{millis:03}").unwrap();
    }
    text
}

/// A variant's name as words: `GaveUp` is `gave up`.
pub(crate) fn words(variant: impl std::fmt::Debug) -> String {
    let mut text = String::new();
    for one in format!("{variant:?}").chars() {
        if one.is_uppercase() && !text.is_empty() {
            text.push(' ');
        }
        text.extend(one.to_lowercase());
    }
    text
}

/// A blocker's stable code.
pub(crate) fn code(variant: impl std::fmt::Debug) -> String {
    words(variant).to_uppercase().replace(' ', "_").replace("BACK_OFF", "BACKOFF")
}
