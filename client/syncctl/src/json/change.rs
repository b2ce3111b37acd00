//! What `watch` follows: one object a line.

use pwasync_client::{Change, RegistrationChange, RegistrationEvent, SessionChange, WatchedChange};
use serde::Serialize;

use super::registration::{AttemptDocument, KeyDocument, ProfileDocument};
use super::{HostDocument, VERSION, instant};

/// One change.
#[derive(Debug, Serialize)]
pub(crate) struct ChangeDocument<'a> {
    version: u32,
    at: Option<String>,
    #[serde(flatten)]
    what: What<'a>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum What<'a> {
    Registration(Box<RegistrationPart<'a>>),
    Host { change: &'static str, host: Box<HostDocument> },
    Session { change: &'static str, session: SessionPart<'a> },
    Skipped { change: &'static str, skipped: u32 },
}

#[derive(Debug, Serialize)]
struct RegistrationPart<'a> {
    /// `created`, `updated`, `rearmed`, `woken`, `started`, `finished`, `removed`, `suspended`,
    /// `revived` or `brought-forward`.
    change: &'static str,
    registration: NameDocument<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<AttemptDocument<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    charged: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    removal_reason: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct NameDocument<'a> {
    id: u64,
    owner_uid: u32,
    #[serde(flatten)]
    key: KeyDocument<'a>,
}

#[derive(Debug, Serialize)]
struct SessionPart<'a> {
    id: u64,
    owner_uid: u32,
    #[serde(flatten)]
    profile: ProfileDocument<'a>,
}

impl<'a> ChangeDocument<'a> {
    pub(crate) fn new(watched: &'a WatchedChange) -> Self {
        let WatchedChange { at, change } = watched;
        let what = match change {
            Change::Registration(change) => What::Registration(Box::new(registration(change))),
            Change::Host(host) => {
                What::Host { change: "host", host: Box::new(HostDocument::new(host)) }
            }
            Change::Session(change) => session(change),
            Change::Skipped(skipped) => What::Skipped { change: "skipped", skipped: *skipped },
        };
        Self { version: VERSION, at: instant(*at), what }
    }
}

fn registration(change: &RegistrationChange) -> RegistrationPart<'_> {
    let RegistrationChange { id, owner_uid, key, event } = change;
    let mut part = RegistrationPart {
        change: "",
        registration: NameDocument {
            id: id.value(),
            owner_uid: *owner_uid,
            key: KeyDocument::new(key),
        },
        attempt: None,
        charged: None,
        next_at: None,
        removal_reason: None,
    };
    part.change = match event {
        RegistrationEvent::Created => "created",
        RegistrationEvent::Updated => "updated",
        RegistrationEvent::Rearmed => "rearmed",
        RegistrationEvent::Woken(attempt) => {
            part.attempt = Some(AttemptDocument::new(attempt));
            "woken"
        }
        RegistrationEvent::Started(attempt) => {
            part.attempt = Some(AttemptDocument::new(attempt));
            "started"
        }
        RegistrationEvent::Finished { attempt, charged, next_at } => {
            part.attempt = Some(AttemptDocument::new(attempt));
            part.charged = Some(*charged);
            part.next_at = Some(instant(*next_at));
            "finished"
        }
        RegistrationEvent::Removed(reason) => {
            part.removal_reason = Some(reason.as_str());
            "removed"
        }
        RegistrationEvent::Suspended => "suspended",
        RegistrationEvent::Revived { next_at } => {
            part.next_at = Some(instant(*next_at));
            "revived"
        }
        RegistrationEvent::BroughtForward(attempt) => {
            part.attempt = Some(AttemptDocument::new(attempt));
            "brought-forward"
        }
    };
    part
}

fn session(change: &SessionChange) -> What<'_> {
    let SessionChange { id, owner_uid, profile, attached } = change;
    let change = if *attached { "attached" } else { "detached" };
    let (id, owner_uid, profile) = (*id, *owner_uid, ProfileDocument::new(profile));
    What::Session { change, session: SessionPart { id, owner_uid, profile } }
}
