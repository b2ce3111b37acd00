//! What was decided.

use pwasync_proto::v1;

use super::admin::removal_reason;
use super::blocker_code::blocker_code;
use super::host::host_facts;
use super::key::{into_profile, key};
use super::registration::attempt;
use super::some_text;
use super::time::{instant, into_timestamp};
use crate::{ClientError, Decision, HistoryEntry, HistoryFilter, RegistrationId};

pub(crate) fn into_history_request(
    filter: &HistoryFilter,
    limit: u32,
    page_token: String,
) -> v1::ListHistoryRequest {
    let HistoryFilter { id, origin, profile, owner_uid, since } = filter;
    v1::ListHistoryRequest {
        id: id.map_or(0, RegistrationId::value),
        origin: origin.clone().unwrap_or_default(),
        profile: profile.as_ref().map(into_profile),
        owner_uid: *owner_uid,
        since: since.map(into_timestamp),
        limit,
        page_token,
    }
}

pub(crate) fn history(wire: Vec<v1::HistoryEntry>) -> Result<Vec<HistoryEntry>, ClientError> {
    wire.into_iter().map(entry).collect()
}

fn entry(wire: v1::HistoryEntry) -> Result<HistoryEntry, ClientError> {
    let v1::HistoryEntry {
        seq,
        at,
        registration_id,
        owner_uid,
        key: name,
        decision: what,
        reasons,
        attempt: its_attempt,
        charged,
        next_at,
        removal_reason: why_removed,
        facts,
        detail,
    } = wire;
    Ok(HistoryEntry {
        seq,
        at: instant("history.at", at)?,
        registration_id: Some(registration_id).filter(|id| *id != 0).map(RegistrationId::new),
        owner_uid,
        key: name.map(|name| key(Some(name))).transpose()?,
        decision: decision(what),
        reasons: reasons.into_iter().map(blocker_code).collect(),
        attempt: its_attempt.map(attempt).transpose()?,
        charged,
        next_at: instant("history.next_at", next_at)?,
        removal_reason: Some(why_removed).filter(|why| *why != 0).map(removal_reason),
        facts: host_facts(facts),
        detail: some_text(detail),
    })
}

/// A decision that this crate does not know is kept as its number: a newer daemon has more of them.
fn decision(wire: i32) -> Decision {
    use v1::Decision as Wire;
    match Wire::try_from(wire) {
        Ok(Wire::Created) => Decision::Created,
        Ok(Wire::Updated) => Decision::Updated,
        Ok(Wire::Rearmed) => Decision::Rearmed,
        Ok(Wire::Held) => Decision::Held,
        Ok(Wire::Woken) => Decision::Woken,
        Ok(Wire::Started) => Decision::Started,
        Ok(Wire::Finished) => Decision::Finished,
        Ok(Wire::Removed) => Decision::Removed,
        Ok(Wire::Suspended) => Decision::Suspended,
        Ok(Wire::Revived) => Decision::Revived,
        Ok(Wire::BroughtForward) => Decision::BroughtForward,
        Ok(Wire::Launched) => Decision::Launched,
        Ok(Wire::LaunchFailed) => Decision::LaunchFailed,
        Ok(Wire::Paused) => Decision::Paused,
        Ok(Wire::Resumed) => Decision::Resumed,
        Ok(Wire::Overridden) => Decision::Overridden,
        Ok(Wire::OverrideEnded) => Decision::OverrideEnded,
        Ok(Wire::Unspecified) | Err(_) => Decision::Other(wire),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_decision_keeps_its_name() {
        for number in 1..=17 {
            let wire = v1::Decision::try_from(number).unwrap();
            let name = wire.as_str_name().strip_prefix("DECISION_").unwrap();
            let word = name.to_lowercase().replace('_', "-");
            assert_eq!(decision(number).as_str(), word);
        }
        assert_eq!(decision(18), Decision::Other(18));
        assert!(v1::Decision::try_from(18).is_err());
    }

    #[test]
    fn an_entry_about_no_single_registration_is_one() {
        let wire = v1::HistoryEntry { seq: 3, decision: 14, ..v1::HistoryEntry::default() };
        let entry = entry(wire).unwrap();
        assert_eq!((entry.registration_id, entry.key, entry.removal_reason), (None, None, None));
    }
}
