//! What the scripted daemon answers about leases, policy, engagement, history and forecasts.

use pwasync_proto::v1;
use tonic::Status;

use crate::scripted_admin::{HELD, RUNNING, at, registration};

/// The only origin of which engagement is kept in one profile alone.
const ORIGIN: &str = "https://app.example";
/// Is known in two profiles.
const TWICE: &str = "https://twice.example";

fn blocker(code: v1::BlockerCode, clears: &str) -> v1::Blocker {
    let clears = clears.to_owned();
    v1::Blocker { code: code.into(), since: at(3_540), clears, earliest: at(3_900) }
}

pub(crate) fn explanation(request: &v1::ExplainRequest) -> Result<v1::ExplainResponse, Status> {
    let (blockers, sentences, outlook) = match request.id {
        HELD => {
            let metered = blocker(v1::BlockerCode::Metered, "another network comes");
            let low = blocker(v1::BlockerCode::BatteryLow, "the charger is plugged in");
            let sentences = vec!["the network costs".to_owned(), "the battery is low".to_owned()];
            (vec![metered, low], sentences, "it hangs on the network")
        }
        RUNNING => (vec![], vec![], "it runs now"),
        _ => return Err(Status::not_found("no such registration")),
    };
    let mut trail = entries();
    trail.truncate(request.trail.try_into().unwrap());
    Ok(v1::ExplainResponse {
        registration: Some(v1::Registration { blockers, ..registration(request.id) }),
        sentences,
        outlook: Some(v1::Outlook { at: None, certain: false, text: outlook.to_owned() }),
        trail,
    })
}

fn entries() -> Vec<v1::HistoryEntry> {
    let entry = |seq, decision: v1::Decision| v1::HistoryEntry {
        seq,
        at: at(3_540),
        registration_id: HELD,
        owner_uid: 1_000,
        key: registration(HELD).key,
        decision: decision.into(),
        facts: Some(v1::HostFacts {
            online: Some(true),
            metered: v1::Metered::Yes.into(),
            ..v1::HostFacts::default()
        }),
        ..v1::HistoryEntry::default()
    };
    let mut held = entry(3, v1::Decision::Held);
    held.reasons = vec![v1::BlockerCode::Metered.into()];
    vec![held, entry(2, v1::Decision::Updated), entry(1, v1::Decision::Created)]
}

/// An entry a page.
pub(crate) fn history(request: &v1::ListHistoryRequest) -> v1::ListHistoryResponse {
    if request.since.is_some_and(|since| since != at(0).unwrap()) {
        return v1::ListHistoryResponse::default();
    }
    let first: usize = request.page_token.parse().unwrap_or(0);
    let entries = entries();
    let next = first + 1;
    let next_page_token = if next < entries.len() { next.to_string() } else { String::new() };
    v1::ListHistoryResponse { entries: vec![entries[first].clone()], next_page_token }
}

/// Says the question back.
pub(crate) fn forecast(request: &v1::ForecastRequest) -> Result<v1::ForecastResponse, Status> {
    if request.id > RUNNING {
        return Err(Status::not_found("no such registration"));
    }
    if let Some(wrong) = request.conditions.iter().find(|one| one.fact == "tired") {
        let message = format!("field `conditions`: value `{}` is no fact", wrong.fact);
        return Err(Status::invalid_argument(message));
    }
    let said: Vec<String> =
        request.conditions.iter().map(|one| format!("{}={}", one.fact, one.value)).collect();
    let advance = request.advance.map_or(0, |advance| advance.seconds);
    let horizon = request.horizon.map_or(86_400, |horizon| horizon.seconds);
    let from = 3_600 + advance;
    let item = v1::ForecastItem {
        registration_id: HELD,
        owner_uid: 1_000,
        key: registration(HELD).key,
        at: at(from + 60),
        text: if said.is_empty() { "as it is".to_owned() } else { said.join(" ") },
        ..v1::ForecastItem::default()
    };
    Ok(v1::ForecastResponse {
        from: at(from),
        until: at(from + horizon),
        items: vec![item],
        truncated: false,
        wakes: 1,
    })
}

pub(crate) fn policy(request: &v1::GetPolicyRequest) -> Result<v1::GetPolicyResponse, Status> {
    let value = |key: &str, value: &str, source: &str| v1::PolicyValue {
        key: key.to_owned(),
        value: value.to_owned(),
        unit: "duration".to_owned(),
        default_value: "1s".to_owned(),
        range: "0s to 10m".to_owned(),
        about: "how long a network must be there".to_owned(),
        source: source.to_owned(),
        ..v1::PolicyValue::default()
    };
    let values = [
        value("network.settle", "1s", "default"),
        value("network.settle_after_resume", "8s", "pwasyncd.toml:2"),
    ];
    let wanted = |value: &v1::PolicyValue| {
        request.key.is_empty() || request.key == "network" || value.key == request.key
    };
    let values: Vec<_> = values.into_iter().filter(wanted).collect();
    if values.is_empty() {
        return Err(Status::invalid_argument("field `key`: it is no key of the policy"));
    }
    let files = vec![v1::PolicyFile { path: "pwasyncd.toml".to_owned() }];
    Ok(v1::GetPolicyResponse { values, files, problems: vec![] })
}

/// Refused for two mistakes.
pub(crate) fn reload() -> v1::ReloadPolicyResponse {
    let problem = |line, key: &str, message: &str| v1::PolicyProblem {
        file: "pwasyncd.toml".to_owned(),
        line,
        column: 1,
        key: key.to_owned(),
        message: message.to_owned(),
    };
    let problems = vec![
        problem(3, "network.settel", "unknown"),
        problem(5, "network.settle", "`1h` is more than 10m"),
    ];
    v1::ReloadPolicyResponse { problems, ..v1::ReloadPolicyResponse::default() }
}

fn engagement(profile: &str, origin: &str) -> v1::Engagement {
    let (browser, profile) = ("test".to_owned(), profile.to_owned());
    v1::Engagement {
        owner_uid: 1_000,
        profile: Some(v1::ProfileId { browser, profile }),
        origin: origin.to_owned(),
        score: 12.5,
        level: v1::EngagementLevel::Low.into(),
        points_today: 1.5,
        last_at: at(3_000),
        ..v1::Engagement::default()
    }
}

pub(crate) fn engagements(request: &v1::GetEngagementRequest) -> v1::GetEngagementResponse {
    let all = [engagement("p", ORIGIN), engagement("p", TWICE), engagement("q", TWICE)];
    let wanted = |one: &v1::Engagement| request.origin.is_empty() || request.origin == one.origin;
    v1::GetEngagementResponse { engagements: all.into_iter().filter(wanted).collect() }
}

pub(crate) fn set_engagement(
    request: v1::SetEngagementRequest,
) -> Result<v1::SetEngagementResponse, Status> {
    if ![ORIGIN, TWICE].contains(&request.origin.as_str()) {
        return Err(Status::not_found("no registration of this origin"));
    }
    let profile = request.profile.unwrap().profile;
    let score = request.score;
    let engagement = v1::Engagement { score, ..engagement(&profile, &request.origin) };
    Ok(v1::SetEngagementResponse { engagement: Some(engagement) })
}

fn lease(subject: v1::Subject, seconds: i64) -> v1::Lease {
    v1::Lease {
        subject: Some(subject),
        since: at(3_600),
        ends_at: at(3_600 + seconds),
        ..v1::Lease::default()
    }
}

fn owned(subject: Option<v1::Subject>) -> Result<v1::Subject, Status> {
    let subject = subject.unwrap();
    if subject.all {
        return Err(Status::permission_denied("everything: for administrators"));
    }
    let owner_uid = Some(subject.owner_uid.unwrap_or(1_000));
    Ok(v1::Subject { owner_uid, ..subject })
}

pub(crate) fn pause(request: v1::PauseRequest) -> Result<v1::PauseResponse, Status> {
    let seconds = request.lease.map_or(86_400, |lease| lease.seconds);
    let lease = lease(owned(request.subject)?, seconds);
    let lease = Some(v1::Lease { reason: request.reason, ..lease });
    Ok(v1::PauseResponse { lease, registrations: 4 })
}

/// An origin is paused, and so is its user.
pub(crate) fn resume(request: v1::AdminResumeRequest) -> v1::AdminResumeResponse {
    let subject = request.subject.unwrap();
    let ended = subject.origin == ORIGIN;
    let user = v1::Subject { owner_uid: Some(1_000), ..v1::Subject::default() };
    let remaining = if ended { vec![lease(user, 7_200)] } else { vec![] };
    v1::AdminResumeResponse { ended, remaining }
}

pub(crate) fn set_override(
    request: v1::SetOverrideRequest,
) -> Result<v1::SetOverrideResponse, Status> {
    let seconds = request.lease.map_or(3_600, |lease| lease.seconds);
    let lease = lease(owned(request.subject)?, seconds);
    Ok(v1::SetOverrideResponse {
        lease: Some(v1::Lease { fact: request.fact, network: request.network, ..lease }),
    })
}

pub(crate) fn clear_override(request: &v1::ClearOverrideRequest) -> v1::ClearOverrideResponse {
    let cleared = match request.fact.as_str() {
        "" => 2,
        "metered" => 1,
        _ => 0,
    };
    v1::ClearOverrideResponse { cleared }
}

pub(crate) fn leases() -> v1::ListLeasesResponse {
    let subject = v1::Subject { all: true, ..v1::Subject::default() };
    let (fact, value) = ("metered".to_owned(), "yes".to_owned());
    let fact = Some(v1::FactValue { fact, value });
    let an_override = v1::Lease { fact, ..lease(subject, 3_600) };
    let subject = v1::Subject { owner_uid: Some(1_000), ..v1::Subject::default() };
    let pause = v1::Lease { reason: "on a \u{1b}[2J train".to_owned(), ..lease(subject, 7_200) };
    v1::ListLeasesResponse { leases: vec![an_override, pause] }
}
