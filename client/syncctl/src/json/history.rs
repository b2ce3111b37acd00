//! What was decided.

use pwasync_client::{BlockerCode, HistoryEntry, RemovalReason};
use serde::Serialize;

use super::host::HostFactsDocument;
use super::registration::{AttemptDocument, KeyDocument};
use super::{VERSION, instant};

/// `history`.
#[derive(Debug, Serialize)]
pub(crate) struct HistoryDocument<'a> {
    version: u32,
    entries: Vec<EntryDocument<'a>>,
}

/// A decision.
#[derive(Debug, Serialize)]
pub(super) struct EntryDocument<'a> {
    seq: u64,
    at: Option<String>,
    decision: &'static str,
    owner_uid: u32,
    id: Option<u64>,
    #[serde(flatten)]
    key: Option<KeyDocument<'a>>,
    reasons: Vec<&'static str>,
    attempt: Option<AttemptDocument<'a>>,
    charged: bool,
    next_at: Option<String>,
    removal_reason: Option<&'static str>,
    facts: HostFactsDocument<'a>,
    detail: Option<&'a str>,
}

impl<'a> HistoryDocument<'a> {
    pub(crate) fn new(entries: &'a [HistoryEntry]) -> Self {
        Self { version: VERSION, entries: entries.iter().map(EntryDocument::new).collect() }
    }
}

impl<'a> EntryDocument<'a> {
    pub(super) fn new(entry: &'a HistoryEntry) -> Self {
        let HistoryEntry {
            seq,
            at,
            registration_id,
            owner_uid,
            key,
            decision,
            reasons,
            attempt,
            charged,
            next_at,
            removal_reason,
            facts,
            detail,
        } = entry;
        Self {
            seq: *seq,
            at: instant(*at),
            decision: decision.as_str(),
            owner_uid: *owner_uid,
            id: registration_id.map(pwasync_client::RegistrationId::value),
            key: key.as_ref().map(KeyDocument::new),
            reasons: reasons.iter().copied().map(BlockerCode::as_str).collect(),
            attempt: attempt.as_ref().map(AttemptDocument::new),
            charged: *charged,
            next_at: instant(*next_at),
            removal_reason: removal_reason.map(RemovalReason::as_str),
            facts: HostFactsDocument::new(facts),
            detail: detail.as_deref(),
        }
    }
}
