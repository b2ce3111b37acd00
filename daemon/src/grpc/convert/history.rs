//! Decisions of the past.

use prost::Message;
use pwasync_core::{
    FieldError,
    change::{Charge, RegistrationChange},
    constraints::Transport,
    facts::{Facts, Reach},
    history::{Entry, EntryFilter},
    key::RegistrationId,
    time::WallClock,
    wall::WallTime,
};
use pwasync_proto::v1 as wire;

use super::{
    attempts::{attempt_to_proto, ended_to_proto},
    blockers::code_to_proto,
    changes::removal_reason,
    keys::{kind_to_proto, profile_id_from_proto, profile_to_proto},
    limits::number_from_proto,
    lists::{given, origin_from_proto, owner_from_proto, token_from_proto},
    time::{timestamp_to_proto, unix_millis_from_proto},
};

/// Entries on one page.
const PAGE: u32 = 1_000;
/// Entries on a page if nobody says.
const DEFAULT_PAGE: u32 = 100;
/// Bytes of a page that has more than one entry: gRPC clients take 4 MiB.
const PAGE_BYTES: usize = 2 << 20;

/// Which entries, and at most how many.
///
/// # Errors
/// When a part breaks its rule.
pub(crate) fn history_from_proto(
    request: &wire::ListHistoryRequest,
) -> Result<(EntryFilter, usize), FieldError> {
    let limit = match number_from_proto("limit", request.limit, PAGE)? {
        0 => DEFAULT_PAGE,
        limit => limit,
    };
    let since = request.since.as_ref();
    let since = since.map(|since| unix_millis_from_proto("since", since)).transpose()?;
    let filter = EntryFilter {
        owner: request.owner_uid.map(owner_from_proto).transpose()?,
        registration: Some(request.id).filter(|id| *id != 0).map(RegistrationId::new),
        profile: request.profile.as_ref().map(profile_id_from_proto).transpose()?,
        origin: given(&request.origin).map(origin_from_proto).transpose()?,
        since: since.map(WallTime::from_millis),
        before: given(&request.page_token).map(token_from_proto).transpose()?,
    };
    Ok((filter, usize::try_from(limit).unwrap_or(usize::MAX)))
}

/// A page of entries; `limit` were asked for.
pub(crate) fn history_to_proto(
    wall: WallClock,
    entries: &[Entry],
    limit: usize,
) -> wire::ListHistoryResponse {
    let mut shown: Vec<wire::HistoryEntry> = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        let entry = entry_to_proto(wall, entry);
        bytes += entry.encoded_len();
        if !shown.is_empty() && bytes > PAGE_BYTES {
            break;
        }
        shown.push(entry);
    }
    let more = shown.len() < entries.len() || entries.len() == limit;
    let last = shown.last().filter(|_| more).map(|entry| entry.seq.to_string());
    wire::ListHistoryResponse { entries: shown, next_page_token: last.unwrap_or_default() }
}

/// Entries for the wire.
pub(crate) fn trail_to_proto(wall: WallClock, entries: &[Entry]) -> Vec<wire::HistoryEntry> {
    entries.iter().map(|entry| entry_to_proto(wall, entry)).collect()
}

fn entry_to_proto(wall: WallClock, entry: &Entry) -> wire::HistoryEntry {
    use wire::Decision;
    let key = wire::RegistrationKey {
        profile: Some(profile_to_proto(&entry.worker.profile)),
        scope: entry.worker.scope.as_str().to_owned(),
        kind: kind_to_proto(entry.kind).into(),
        tag: entry.tag.to_string(),
    };
    let plain = |decision: Decision| wire::HistoryEntry {
        seq: entry.sequence,
        at: Some(timestamp_to_proto(wall, entry.at)),
        registration_id: entry.registration.number(),
        owner_uid: entry.owner().uid(),
        key: Some(key.clone()),
        decision: decision.into(),
        facts: Some(facts_to_proto(&entry.facts)),
        ..wire::HistoryEntry::default()
    };
    match &entry.what {
        RegistrationChange::Created => plain(Decision::Created),
        RegistrationChange::Updated => plain(Decision::Updated),
        RegistrationChange::Rearmed => plain(Decision::Rearmed),
        RegistrationChange::Held(codes) => wire::HistoryEntry {
            reasons: codes.iter().map(|code| code_to_proto(*code).into()).collect(),
            ..plain(Decision::Held)
        },
        RegistrationChange::Suspended => wire::HistoryEntry {
            reasons: vec![wire::BlockerCode::EngagementNone.into()],
            ..plain(Decision::Suspended)
        },
        RegistrationChange::Revived => plain(Decision::Revived),
        RegistrationChange::Woken(attempt) => {
            let forward = attempt.brought_forward;
            let decision = if forward { Decision::BroughtForward } else { Decision::Woken };
            let attempt = Some(attempt_to_proto(wall, attempt));
            wire::HistoryEntry { attempt, ..plain(decision) }
        }
        RegistrationChange::Started(attempt) => wire::HistoryEntry {
            attempt: Some(attempt_to_proto(wall, attempt)),
            ..plain(Decision::Started)
        },
        RegistrationChange::Finished { ended, charge, next_at } => wire::HistoryEntry {
            attempt: Some(ended_to_proto(wall, ended)),
            charged: *charge == Charge::Charged,
            next_at: next_at.map(|at| timestamp_to_proto(wall, at)),
            ..plain(Decision::Finished)
        },
        RegistrationChange::Removed(reason) => wire::HistoryEntry {
            removal_reason: removal_reason(*reason).into(),
            ..plain(Decision::Removed)
        },
    }
}

fn facts_to_proto(facts: &Facts) -> wire::HostFacts {
    wire::HostFacts {
        online: Some(facts.reach == Reach::Online),
        connectivity: reach_to_proto(facts.reach).into(),
        metered: if facts.metered { wire::Metered::Yes } else { wire::Metered::No }.into(),
        roaming: Some(facts.roaming),
        transport: facts.transport.map_or(wire::Transport::Unspecified, transport_to_proto).into(),
        network: facts.network.map_or(String::new(), |id| format!("{:016x}", id.number())),
        battery_percent: facts.battery.map(u32::from),
        charging: facts.charging,
        power_saver: Some(facts.power_saver),
        ..wire::HostFacts::default()
    }
}

/// How far the network reaches.
pub(crate) fn reach_to_proto(reach: Reach) -> wire::Connectivity {
    match reach {
        Reach::Offline => wire::Connectivity::None,
        Reach::CaptivePortal => wire::Connectivity::Portal,
        Reach::Limited => wire::Connectivity::Limited,
        Reach::Online => wire::Connectivity::Full,
    }
}

/// The kind of the primary link.
pub(crate) fn transport_to_proto(transport: Transport) -> wire::Transport {
    match transport {
        Transport::Wifi => wire::Transport::Wifi,
        Transport::Ethernet => wire::Transport::Ethernet,
        Transport::Cellular => wire::Transport::Cellular,
        Transport::Other => wire::Transport::Other,
    }
}
