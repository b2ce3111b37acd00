//! Why, when, and what was: explanations, forecasts, the history, leases and engagement.

use std::time::Duration;

use pwasync_proto::v1 as wire;
use tonic::{Code, Status};

use crate::{
    bed::{Client, Daemon, START, duration, key, periodic, profile, reason, soon, wrong_field},
    root::have_root,
    session::Session,
};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

/// A daemon whose network has settled, with an open browser.
async fn settled() -> (Daemon, Client, Session) {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let session = Session::ready(&mut client).await;
    client.online().await;
    client.advance(60 * SECOND).await;
    (daemon, client, session)
}

impl Client {
    async fn news(&mut self) -> u64 {
        let request = wire::RegisterRequest {
            key: Some(periodic("news")),
            min_interval: Some(duration(12 * HOUR)),
            ..Default::default()
        };
        self.register(request).await.unwrap().registration.unwrap().id
    }

    async fn explain(&mut self, id: u64) -> Result<wire::ExplainResponse, Status> {
        Ok(soon(self.admin.explain(wire::ExplainRequest { id, trail: 0 })).await?.into_inner())
    }

    async fn forecast(
        &mut self,
        request: wire::ForecastRequest,
    ) -> Result<wire::ForecastResponse, Status> {
        Ok(soon(self.admin.forecast(request)).await?.into_inner())
    }

    async fn history(&mut self, request: wire::ListHistoryRequest) -> wire::ListHistoryResponse {
        soon(self.admin.list_history(request)).await.unwrap().into_inner()
    }

    async fn pause(&mut self, subject: wire::Subject) -> Result<wire::PauseResponse, Status> {
        let lease = Some(duration(2 * HOUR));
        let request =
            wire::PauseRequest { subject: Some(subject), lease, reason: "on the train".into() };
        Ok(soon(self.admin.pause(request)).await?.into_inner())
    }

    async fn pretend(
        &mut self,
        subject: wire::Subject,
        fact: &str,
        value: &str,
    ) -> Result<wire::SetOverrideResponse, Status> {
        let fact = Some(self::fact(fact, value));
        let request =
            wire::SetOverrideRequest { subject: Some(subject), fact, lease: None, network: None };
        Ok(soon(self.admin.set_override(request)).await?.into_inner())
    }

    async fn codes(&mut self, id: u64) -> Vec<String> {
        let blockers = self.explain(id).await.unwrap().registration.unwrap().blockers;
        blockers.iter().map(|one| one.code().as_str_name().replace("BLOCKER_CODE_", "")).collect()
    }
}

fn fact(fact: &str, value: &str) -> wire::FactValue {
    wire::FactValue { fact: fact.to_owned(), value: value.to_owned() }
}

fn seconds(at: Option<prost_types::Timestamp>) -> i64 {
    at.unwrap().seconds - i64::try_from(START / 1_000).unwrap()
}

#[tokio::test]
async fn an_explanation_names_reason_time_and_trail() {
    let (_daemon, mut client, mut session) = settled().await;
    let id = client.news().await;
    let explained = client.explain(id).await.unwrap();
    assert_eq!(explained.sentences, ["its interval has not passed (of 12h)"]);
    let outlook = explained.outlook.unwrap();
    assert!(outlook.certain, "{outlook:?}");
    // 60 s and 12 h, then the next slot of 15 min.
    assert_eq!(seconds(outlook.at), 12 * 3_600 + 900);
    let decisions: Vec<_> = explained.trail.iter().map(|entry| entry.decision()).collect();
    assert_eq!(decisions.last(), Some(&wire::Decision::Created));

    // What it names is true.
    let minute_before = 12 * HOUR + Duration::from_secs(900 - 60 - 60);
    assert_eq!(client.advance(minute_before).await, 0);
    let mut advancing = client.clone();
    let minute = tokio::spawn(async move { advancing.advance(60 * SECOND).await });
    let wake = session.wake().await;
    session.started(&wake).await;
    session.finished(&wake.attempt_id, wire::Outcome::Completed).await;
    assert!(session.recorded().await.counted);
    assert_eq!(soon(minute).await.unwrap(), 1);
}

#[tokio::test]
async fn without_a_time_an_explanation_says_what_it_hangs_on() {
    let (_daemon, mut client, session) = settled().await;
    drop(session);
    let id = client.one_off("mail").await;
    let explained = client.explain(id).await.unwrap();
    let outlook = explained.outlook.unwrap();
    assert_eq!((outlook.at, outlook.certain), (None, false));
    assert!(outlook.text.contains("the browser is started"), "{}", outlook.text);
    let error = client.explain(99).await.unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
}

#[tokio::test]
async fn a_forecast_supposes_what_it_is_told() {
    let (_daemon, mut client, _session) = settled().await;
    let id = client.news().await;
    let plain = client.forecast(wire::ForecastRequest::default()).await.unwrap();
    assert_eq!(plain.items.iter().filter(|item| item.at.is_some()).count(), 1);
    assert_eq!(plain.wakes, 1);
    let metered =
        wire::ForecastRequest { conditions: vec![fact("metered", "yes")], ..Default::default() };
    let metered = client.forecast(metered).await.unwrap();
    assert_eq!(metered.items.len(), 1);
    assert_eq!(metered.items[0].held, [i32::from(wire::BlockerCode::Metered)]);
    let later = wire::ForecastRequest {
        conditions: vec![fact("battery_percent", "15")],
        advance: Some(duration(8 * HOUR)),
        id,
        ..Default::default()
    };
    let later = client.forecast(later).await.unwrap();
    assert_eq!(seconds(later.from), 60);
    assert_eq!(later.items[0].held, [i32::from(wire::BlockerCode::BatteryLow)]);
    // Nothing of it happened.
    assert_eq!(client.codes(id).await, ["NOT_DUE"]);
}

#[tokio::test]
async fn wrong_suppositions_are_named() {
    let (_daemon, mut client, _session) = settled().await;
    let with = |conditions: Vec<wire::FactValue>| wire::ForecastRequest {
        conditions,
        ..Default::default()
    };
    for (conditions, field) in [
        (vec![fact("weather", "fine")], "fact"),
        (vec![fact("metered", "perhaps")], "value"),
        (vec![fact("browser", "open")], "value"),
        (vec![fact("metered", "yes"), fact("metered", "no")], "conditions"),
        (vec![fact("metered", "yes"); 17], "conditions"),
    ] {
        let error = client.forecast(with(conditions)).await.unwrap_err();
        assert_eq!(wrong_field(&error).0, field);
    }
    let far =
        wire::ForecastRequest { horizon: Some(duration(367 * 24 * HOUR)), ..Default::default() };
    assert_eq!(wrong_field(&client.forecast(far).await.unwrap_err()).0, "horizon");
}

#[tokio::test]
async fn the_history_has_each_decision_with_its_facts_and_goes_by_pages() {
    let (_daemon, mut client, mut session) = settled().await;
    let id = client.one_off("mail").await;
    let wake = session.wake().await;
    session.started(&wake).await;
    session.finished(&wake.attempt_id, wire::Outcome::Completed).await;
    assert!(session.recorded().await.counted);
    let request = wire::ListHistoryRequest { id, ..Default::default() };
    let history = client.history(request.clone()).await;
    let decisions: Vec<_> = history.entries.iter().map(|entry| entry.decision()).collect();
    use wire::Decision::{Created, Finished, Removed, Woken};
    assert_eq!(decisions, [Removed, Finished, Woken, Created]);
    let facts = history.entries[2].facts.clone().unwrap();
    assert_eq!((facts.online, facts.metered()), (Some(true), wire::Metered::No));

    let woken = history.entries[2].at;
    let since = client.history(wire::ListHistoryRequest { since: woken, ..request.clone() }).await;
    assert!(since.entries.contains(&history.entries[2]), "not before is from then on");
    let later = woken.map(|at| prost_types::Timestamp { seconds: at.seconds + 1, ..at });
    let since = client.history(wire::ListHistoryRequest { since: later, ..request.clone() }).await;
    assert_eq!(since.entries, []);

    let first = client.history(wire::ListHistoryRequest { limit: 3, ..request.clone() }).await;
    assert_eq!(first.entries.len(), 3);
    let page_token = first.next_page_token;
    let rest = client.history(wire::ListHistoryRequest { limit: 3, page_token, ..request }).await;
    assert_eq!((rest.entries.len(), rest.next_page_token.as_str()), (1, ""));
}

#[tokio::test]
async fn the_history_survives_a_power_cut() {
    let (_daemon, mut client, _session) = settled().await;
    let id = client.news().await;
    soon(client.simulation.cut_power(wire::CutPowerRequest::default())).await.unwrap();
    let history = client.history(wire::ListHistoryRequest { id, ..Default::default() }).await;
    assert_eq!(history.entries.last().unwrap().decision(), wire::Decision::Created);
}

#[tokio::test]
async fn a_pause_holds_says_so_and_ends_by_itself() {
    let (_daemon, mut client, mut session) = settled().await;
    let origin = "https://example.org".to_owned();
    let subject = wire::Subject { origin, ..Default::default() };
    let paused = client.pause(subject.clone()).await.unwrap();
    assert_eq!(paused.registrations, 0);
    let id = client.one_off("mail").await;
    assert_eq!(client.codes(id).await, ["PAUSED"]);
    let outlook = client.explain(id).await.unwrap().outlook.unwrap();
    assert_eq!(seconds(outlook.at), 60 + 7_200);
    let listed = soon(client.admin.list_leases(wire::ListLeasesRequest {})).await.unwrap();
    let leases = listed.into_inner().leases;
    assert_eq!((leases.len(), leases[0].reason.as_str()), (1, "on the train"));
    assert_eq!(client.advance(2 * HOUR - SECOND).await, 0);
    let mut advancing = client.clone();
    let second = tokio::spawn(async move { advancing.advance(SECOND).await });
    let wake = session.wake().await;
    session.finished(&wake.attempt_id, wire::Outcome::Completed).await;
    assert_eq!(soon(second).await.unwrap(), 1);
}

#[tokio::test]
async fn a_pause_that_is_given_back_holds_no_more() {
    let (_daemon, mut client, mut session) = settled().await;
    client.pause(wire::Subject { all: true, ..Default::default() }).await.unwrap();
    let id = client.one_off("mail").await;
    assert_eq!(client.codes(id).await, ["PAUSED"]);
    let own = wire::AdminResumeRequest { subject: Some(wire::Subject::default()) };
    let resumed = soon(client.admin.resume(own)).await.unwrap().into_inner();
    assert!(!resumed.ended);
    assert_eq!(resumed.remaining.len(), 1, "that of everybody holds still");
    let all = wire::Subject { all: true, ..Default::default() };
    let all = wire::AdminResumeRequest { subject: Some(all) };
    assert!(soon(client.admin.resume(all)).await.unwrap().into_inner().ended);
    assert_eq!(session.wake().await.registration_id, id);
}

#[tokio::test]
async fn an_override_for_an_origin_is_its_own() {
    let (_daemon, mut client, mut session) = settled().await;
    let origin = "https://example.org".to_owned();
    let subject = wire::Subject { origin, ..Default::default() };
    client.pretend(subject.clone(), "online", "no").await.unwrap();
    let id = client.one_off("mail").await;
    assert_eq!(client.codes(id).await, ["OFFLINE"]);
    let clear = wire::ClearOverrideRequest { subject: Some(subject), fact: "online".into() };
    let cleared = soon(client.admin.clear_override(clear)).await.unwrap().into_inner();
    assert_eq!(cleared.cleared, 1);
    assert_eq!(session.wake().await.registration_id, id);
}

#[tokio::test]
async fn a_lease_that_is_too_long_is_refused() {
    let (_daemon, mut client, _session) = settled().await;
    let lease = Some(duration(31 * 24 * HOUR));
    let subject = Some(wire::Subject::default());
    let request = wire::PauseRequest { subject, lease, reason: String::new() };
    let error = soon(client.admin.pause(request)).await.unwrap_err();
    assert_eq!(wrong_field(&error).0, "lease");
    let request = wire::PauseRequest {
        subject: Some(wire::Subject::default()),
        lease: None,
        reason: "x".repeat(257),
    };
    let error = soon(client.admin.pause(request)).await.unwrap_err();
    assert_eq!(wrong_field(&error).0, "reason");
}

#[tokio::test]
async fn users_lease_explain_and_read_nothing_of_each_other() {
    if !have_root("callers with other uids") {
        return;
    }
    let (daemon, mut client, _session) = settled().await;
    let id = client.news().await;
    let mut other = daemon.client_of(4_321).await;
    assert_eq!(other.explain(id).await.unwrap_err().code(), Code::NotFound);
    let forecast = wire::ForecastRequest { id, ..Default::default() };
    assert_eq!(other.forecast(forecast).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(other.forecast(wire::ForecastRequest::default()).await.unwrap().items, []);
    assert_eq!(other.history(wire::ListHistoryRequest::default()).await.entries, []);
    let all = wire::Subject { all: true, ..Default::default() };
    let error = other.pause(all).await.unwrap_err();
    assert_eq!(
        (error.code(), reason(&error).as_str()),
        (Code::PermissionDenied, "ADMINISTRATORS_ONLY")
    );
    let root = wire::Subject { owner_uid: Some(0), ..Default::default() };
    assert_eq!(
        other.pretend(root, "metered", "yes").await.unwrap_err().code(),
        Code::PermissionDenied
    );
    other.pause(wire::Subject::default()).await.unwrap();
    assert_eq!(client.codes(id).await, ["NOT_DUE"], "it holds what is its own alone");
}

#[tokio::test]
async fn a_score_that_is_set_is_kept_for_a_site_with_a_registration() {
    let (_daemon, mut client, _session) = settled().await;
    let set = |score: f64| wire::SetEngagementRequest {
        profile: Some(profile()),
        origin: "https://example.org".into(),
        score,
        owner_uid: None,
    };
    let error = soon(client.admin.set_engagement(set(50.0))).await.unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    client
        .register(wire::RegisterRequest { key: Some(key("mail")), ..Default::default() })
        .await
        .unwrap();
    for wrong in [-1.0, 100.1, f64::NAN, f64::INFINITY] {
        let error = soon(client.admin.set_engagement(set(wrong))).await.unwrap_err();
        assert_eq!(wrong_field(&error).0, "score");
    }
    soon(client.admin.set_engagement(set(55.5))).await.unwrap();
    let request = wire::GetEngagementRequest::default();
    let engagement = soon(client.admin.get_engagement(request)).await.unwrap().into_inner();
    let site = &engagement.engagements[0];
    assert_eq!((site.score, site.level()), (55.5, wire::EngagementLevel::High));
}
