//! What the scripted daemon answers to calls that any answer would do for.

use pwasync_proto::v1;

use crate::scripted_daemon::key;

pub(crate) const NOW: i64 = 1_700_000_000;

pub(crate) fn at(seconds: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds: NOW + seconds, nanos: 0 })
}

pub(crate) fn registration() -> v1::Registration {
    v1::Registration {
        id: 7,
        key: Some(key("outbox")),
        state: v1::RegistrationState::Pending.into(),
        constraints: Some(v1::Constraints {
            unmetered: true,
            transports: vec![v1::Transport::Wifi.into(), 99],
            ..v1::Constraints::default()
        }),
        due_at: at(5),
        ..v1::Registration::default()
    }
}

pub(crate) fn entry(seq: u64) -> v1::HistoryEntry {
    v1::HistoryEntry {
        seq,
        at: at(0),
        registration_id: 7,
        owner_uid: 1_000,
        key: Some(key("outbox")),
        decision: v1::Decision::Held.into(),
        reasons: vec![v1::BlockerCode::Metered.into(), 99],
        facts: Some(v1::HostFacts {
            online: Some(true),
            metered: v1::Metered::GuessYes.into(),
            battery_percent: Some(15),
            ..v1::HostFacts::default()
        }),
        ..v1::HistoryEntry::default()
    }
}

pub(crate) fn explanation() -> v1::ExplainResponse {
    v1::ExplainResponse {
        registration: Some(registration()),
        sentences: vec!["the network costs by volume".to_owned()],
        outlook: Some(v1::Outlook {
            at: at(60),
            certain: true,
            text: "it goes with the next slot".to_owned(),
        }),
        trail: vec![entry(2)],
    }
}

/// Two pages.
pub(crate) fn history(token: &str) -> v1::ListHistoryResponse {
    if token.is_empty() {
        let next_page_token = "2".to_owned();
        return v1::ListHistoryResponse { entries: vec![entry(3), entry(2)], next_page_token };
    }
    v1::ListHistoryResponse { entries: vec![entry(1)], next_page_token: String::new() }
}

pub(crate) fn forecast() -> v1::ForecastResponse {
    let item = v1::ForecastItem {
        registration_id: 7,
        owner_uid: 1_000,
        key: Some(key("outbox")),
        at: at(60),
        last_chance: true,
        held: vec![v1::BlockerCode::Grid.into()],
        text: "goes with the next slot".to_owned(),
    };
    v1::ForecastResponse {
        from: at(0),
        until: at(3_600),
        items: vec![item],
        truncated: true,
        wakes: 1,
    }
}

fn problem() -> v1::PolicyProblem {
    v1::PolicyProblem {
        file: "pwasyncd.toml".to_owned(),
        line: 3,
        column: 7,
        key: "network.settel".to_owned(),
        message: "unknown".to_owned(),
    }
}

fn files() -> Vec<v1::PolicyFile> {
    vec![v1::PolicyFile { path: "pwasyncd.toml".to_owned() }]
}

pub(crate) fn policy() -> v1::GetPolicyResponse {
    let value = v1::PolicyValue {
        key: "network.settle".to_owned(),
        value: "2s".to_owned(),
        unit: "duration".to_owned(),
        default_value: "1s".to_owned(),
        about: "how long a network must be there".to_owned(),
        source: "pwasyncd.toml:2".to_owned(),
        ..v1::PolicyValue::default()
    };
    v1::GetPolicyResponse { values: vec![value], files: files(), problems: vec![problem()] }
}

pub(crate) fn reload() -> v1::ReloadPolicyResponse {
    let change = v1::PolicyChange {
        key: "network.settle".to_owned(),
        section: String::new(),
        before: "1s".to_owned(),
        after: String::new(),
    };
    v1::ReloadPolicyResponse { changed: vec![change], problems: vec![problem()], files: files() }
}

fn engagement() -> v1::Engagement {
    v1::Engagement {
        owner_uid: 1_000,
        profile: key("outbox").profile,
        origin: "https://app.example".to_owned(),
        score: 12.5,
        level: v1::EngagementLevel::Low.into(),
        points_today: 3.6,
        last_at: at(-60),
        hours: vec![0.5; 24],
        reported: false,
    }
}

pub(crate) fn engagements() -> v1::GetEngagementResponse {
    v1::GetEngagementResponse { engagements: vec![engagement()] }
}

pub(crate) fn score_set() -> v1::SetEngagementResponse {
    v1::SetEngagementResponse { engagement: Some(engagement()) }
}

pub(crate) fn reported() -> v1::ReportEngagementResponse {
    v1::ReportEngagementResponse { score: 4.5, level: v1::EngagementLevel::Minimal.into() }
}

fn pause() -> v1::Lease {
    v1::Lease {
        subject: Some(v1::Subject { all: true, ..v1::Subject::default() }),
        fact: None,
        since: at(0),
        ends_at: at(7_200),
        reason: "on a train".to_owned(),
        network: None,
    }
}

fn an_override() -> v1::Lease {
    let (fact, value) = ("metered".to_owned(), "yes".to_owned());
    v1::Lease {
        subject: Some(v1::Subject { owner_uid: Some(1_000), ..v1::Subject::default() }),
        fact: Some(v1::FactValue { fact, value }),
        ..pause()
    }
}

pub(crate) fn paused() -> v1::PauseResponse {
    v1::PauseResponse { lease: Some(pause()), registrations: 3 }
}

pub(crate) fn resumed() -> v1::AdminResumeResponse {
    v1::AdminResumeResponse { ended: true, remaining: vec![pause()] }
}

pub(crate) fn overridden() -> v1::SetOverrideResponse {
    v1::SetOverrideResponse { lease: Some(an_override()) }
}

pub(crate) fn cleared() -> v1::ClearOverrideResponse {
    v1::ClearOverrideResponse { cleared: 2 }
}

pub(crate) fn leases() -> v1::ListLeasesResponse {
    v1::ListLeasesResponse { leases: vec![pause(), an_override()] }
}
