//! What browsers say of origins and apps, and what it does to their syncs.

use std::time::Duration;

use prost_types::Timestamp;
use pwasync_proto::v1 as wire;
use tonic::{Code, Status};
use wire::{
    EngagementLevel as Level, PermissionState as Permission, SyncKind as Kind,
    attach_response::Message as Down, report_engagement_request::Report,
};

use crate::{
    bed::{
        Client, Daemon, START, advance_by, duration, key, periodic, profile, reason, soon,
        wrong_field,
    },
    session::Session,
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
const ORIGIN: &str = "https://example.org";
const APP: &str = "https://example.org/manifest";

impl Client {
    async fn permit(&mut self, kind: Kind, state: Permission) -> u32 {
        let request = wire::SetPermissionRequest {
            profile: Some(profile()),
            origin: ORIGIN.into(),
            kind: kind.into(),
            state: state.into(),
        };
        soon(self.sync.set_permission(request)).await.unwrap().into_inner().removed
    }

    async fn clear(&mut self, origin: &str) -> Result<u32, Status> {
        let origin = origin.to_owned();
        let request = wire::ClearOriginRequest { profile: Some(profile()), origin };
        Ok(soon(self.sync.clear_origin(request)).await?.into_inner().removed)
    }

    async fn install(&mut self, apps: &[&str]) -> wire::SetInstalledAppsResponse {
        let app =
            |app: &&str| wire::InstalledApp { app_id: (*app).to_owned(), scope: key("").scope };
        let apps = apps.iter().map(app).collect();
        let request = wire::SetInstalledAppsRequest { profile: Some(profile()), apps };
        soon(self.sync.set_installed_apps(request)).await.unwrap().into_inner()
    }

    async fn report(&mut self, report: Report) -> Result<wire::ReportEngagementResponse, Status> {
        let request = wire::ReportEngagementRequest {
            profile: Some(profile()),
            origin: ORIGIN.into(),
            report: Some(report),
        };
        Ok(soon(self.sync.report_engagement(request)).await?.into_inner())
    }

    /// Registers a periodic of the app every 12 h.
    async fn subscribe(&mut self) -> Result<wire::Registration, Status> {
        let request = wire::RegisterRequest {
            key: Some(periodic("news")),
            min_interval: Some(duration(12 * HOUR)),
            app_id: APP.into(),
            ..Default::default()
        };
        Ok(self.register(request).await?.registration.unwrap())
    }

    /// What holds the first registration.
    async fn first_held(&mut self) -> Vec<wire::BlockerCode> {
        let list = self.list().await;
        list[0].blockers.iter().map(wire::Blocker::code).collect()
    }
}

/// A host that is online, and no browser.
async fn online() -> (Daemon, Client) {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    client.online().await;
    client.advance(MINUTE).await;
    (daemon, client)
}

async fn settled() -> (Daemon, Client, Session) {
    let (daemon, mut client) = online().await;
    let session = Session::ready(&mut client).await;
    (daemon, client, session)
}

fn navigation(at: Option<Timestamp>) -> wire::EngagementEvent {
    wire::EngagementEvent { kind: wire::EngagementEventKind::Navigation.into(), at }
}

fn events(events: Vec<wire::EngagementEvent>) -> Report {
    Report::Events(wire::EngagementEvents { events })
}

#[tokio::test]
async fn p_10_a_revoked_permission_cancels_what_runs_and_refuses_what_comes() {
    let (daemon, mut client, mut session) = settled().await;
    client.one_off("mail").await;
    let wake = session.wake().await;
    session.started(&wake).await;
    client.subscribe().await.unwrap();
    assert_eq!(client.permit(Kind::OneOff, Permission::Denied).await, 1);
    let Ok(Some(Down::Cancel(cancel))) = session.next().await else { panic!("expected a cancel") };
    assert_eq!(cancel.attempt_id, wake.attempt_id);
    assert_eq!(cancel.reason(), wire::CancelReason::Revoked);
    session.finished(&wake.attempt_id, wire::Outcome::Aborted).await;
    assert!(!session.recorded().await.counted, "it was removed");
    // The other kind has a permission of its own.
    assert_eq!(client.list().await.len(), 1);

    let request = wire::RegisterRequest { key: Some(key("mail")), ..Default::default() };
    let status = client.register(request.clone()).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    assert_eq!(reason(&status), "BROWSER_DENIED");
    assert_eq!(
        status.message(),
        "origin `https://example.org` has no permission for one-off syncs: the user denied it in \
         the browser"
    );
    // It is on disk.
    soon(client.simulation.cut_power(wire::CutPowerRequest::default())).await.unwrap();
    let status = client.register(request.clone()).await.unwrap_err();
    assert_eq!(reason(&status), "BROWSER_DENIED");
    for state in [Permission::Prompt, Permission::Granted] {
        assert_eq!(client.permit(Kind::OneOff, state).await, 0);
        client.register(request.clone()).await.unwrap();
    }
    daemon.stop().await;
}

#[tokio::test]
async fn s_p_12_a_periodic_needs_an_installed_app_or_a_grant() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    client.install(&[]).await;
    let status = client.subscribe().await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::PermissionDenied, "NOT_GRANTED".into()));
    client.permit(Kind::Periodic, Permission::Granted).await;
    client.subscribe().await.unwrap();
    client.clear(ORIGIN).await.unwrap();
    client.permit(Kind::Periodic, Permission::Prompt).await;
    assert_eq!(reason(&client.subscribe().await.unwrap_err()), "NOT_GRANTED");
    client.install(&[APP]).await;
    client.subscribe().await.unwrap();
}

#[tokio::test]
async fn a_cleared_origin_is_gone_for_good() {
    let (_daemon, mut client, mut session) = settled().await;
    client.one_off("mail").await;
    let wake = session.wake().await;
    client.subscribe().await.unwrap();
    let elsewhere = wire::RegistrationKey { scope: "https://example.net/".into(), ..key("x") };
    let request = wire::RegisterRequest { key: Some(elsewhere.clone()), ..Default::default() };
    client.register(request).await.unwrap();
    session.wake().await;
    assert_eq!(client.clear(ORIGIN).await.unwrap(), 2);
    let Ok(Some(Down::Cancel(cancel))) = session.next().await else { panic!("expected a cancel") };
    assert_eq!((cancel.attempt_id, cancel.reason), (wake.attempt_id, 2));
    soon(client.simulation.cut_power(wire::CutPowerRequest::default())).await.unwrap();
    let left = client.list().await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].key, Some(elsewhere));
    assert_eq!(client.clear(ORIGIN).await.unwrap(), 0);

    let status = client.clear("https://example.org/app/").await.unwrap_err();
    let rule = "value `https://example.org/app/` must be scheme, host and port alone";
    assert_eq!(wrong_field(&status), ("origin".into(), rule.into()));
    let nobodys = wire::ClearOriginRequest { profile: None, origin: ORIGIN.into() };
    let status = soon(client.sync.clear_origin(nobodys)).await.unwrap_err();
    assert_eq!(wrong_field(&status), ("profile".into(), "value `` is missing".into()));
}

#[tokio::test]
async fn p_10_an_uninstalled_app_holds_for_seven_days_and_comes_back_whole() {
    let (_daemon, mut client) = online().await;
    let changed = client.install(&[APP, "other"]).await;
    assert_eq!((changed.added, changed.removed), (2, 0));
    let id = client.subscribe().await.unwrap().id;
    let held = client.first_held().await;
    assert!(held.contains(&wire::BlockerCode::NotDue), "{held:?}");
    let changed = client.install(&["third"]).await;
    assert_eq!((changed.added, changed.removed), (1, 2));
    let held = client.first_held().await;
    assert!(held.contains(&wire::BlockerCode::NotInstalled), "{held:?}");
    client.advance(6 * DAY).await;

    client.install(&[APP]).await;
    let held = client.first_held().await;
    assert!(!held.contains(&wire::BlockerCode::NotInstalled), "{held:?}");
    assert_eq!(client.list().await[0].id, id);

    client.install(&[]).await;
    client.advance(7 * DAY - SECOND).await;
    assert_eq!(client.list().await.len(), 1);
    client.advance(SECOND).await;
    assert_eq!(client.list().await, []);
}

#[tokio::test]
async fn a_list_of_apps_keeps_its_limits() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let app = |number: usize| wire::InstalledApp {
        app_id: format!("app{number}"),
        scope: "https://example.org/".into(),
    };
    let apps: Vec<_> = (0..1_001).map(app).collect();
    let request = |apps| wire::SetInstalledAppsRequest { profile: Some(profile()), apps };
    let thousand = request(apps[1..].to_vec());
    let added = soon(client.sync.set_installed_apps(thousand)).await.unwrap().into_inner().added;
    assert_eq!(added, 1_000);
    let status = soon(client.sync.set_installed_apps(request(apps))).await.unwrap_err();
    let rule = "value `1001` is more than 1000 entries";
    assert_eq!(wrong_field(&status), ("apps".into(), rule.into()));
    let status = soon(client.sync.set_installed_apps(request(vec![app(1), app(1)]))).await;
    let rule = "value `app1` is in the list twice";
    assert_eq!(wrong_field(&status.unwrap_err()), ("app_id".into(), rule.into()));
    let nobodys = wire::SetInstalledAppsRequest::default();
    let status = soon(client.sync.set_installed_apps(nobodys)).await.unwrap_err();
    assert_eq!(wrong_field(&status).0, "profile");
}

#[tokio::test]
async fn wrong_permissions_are_named() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let good = wire::SetPermissionRequest {
        profile: Some(profile()),
        origin: ORIGIN.into(),
        kind: 1,
        state: 2,
    };
    for (request, field) in [
        (wire::SetPermissionRequest { profile: None, ..good.clone() }, "profile"),
        (wire::SetPermissionRequest { origin: "example".into(), ..good.clone() }, "origin"),
        (wire::SetPermissionRequest { origin: String::new(), ..good.clone() }, "origin"),
        (wire::SetPermissionRequest { kind: 0, ..good.clone() }, "kind"),
        (wire::SetPermissionRequest { state: 0, ..good.clone() }, "state"),
    ] {
        let status = soon(client.sync.set_permission(request)).await.unwrap_err();
        assert_eq!(wrong_field(&status).0, field);
    }
    soon(client.sync.set_permission(good)).await.unwrap();
}

#[tokio::test]
async fn p_16_engagement_suspends_and_use_revives() {
    let (_daemon, mut client, mut session) = settled().await;
    let registered = client.subscribe().await.unwrap();
    assert_eq!(registered.effective_interval.unwrap().seconds, 12 * 3_600, "nothing is known");
    // The browser's own level.
    let said = client.report(Report::Level(Level::None.into())).await.unwrap();
    assert_eq!(said.level(), Level::None);
    assert_eq!(client.advance(2 * DAY).await, 0);
    let shown = client.list().await.remove(0);
    assert_eq!(shown.state(), wire::RegistrationState::Suspended);
    let held: Vec<_> = shown.blockers.iter().map(wire::Blocker::code).collect();
    assert!(held.contains(&wire::BlockerCode::EngagementNone), "{held:?}");
    assert_eq!(shown.next_at, None);

    let said = client.report(Report::Level(Level::Max.into())).await.unwrap();
    assert_eq!(said.level(), Level::Max);
    let shown = client.list().await.remove(0);
    assert_ne!(shown.state(), wire::RegistrationState::Suspended);
    let now = 1_767_225_600 + 60 + 2 * 86_400;
    assert_eq!(shown.due_at.unwrap().seconds, now + 12 * 3_600, "a whole interval from now on");
    soon(client.simulation.advance(advance_by(12 * HOUR + 15 * MINUTE, true))).await.unwrap();
    assert_eq!(session.wake().await.key, Some(periodic("news")));
}

#[tokio::test]
async fn events_are_scored_and_survive_a_power_cut() {
    let (_daemon, mut client) = online().await;
    // Of an origin without a registration nothing is kept.
    client.report(events(vec![navigation(None)])).await.unwrap();
    client.subscribe().await.unwrap();
    let first = client.report(events(vec![navigation(None)])).await.unwrap();
    assert!((first.score - 3.0).abs() < 1e-9, "1.5 and the day's first 1.5: {first:?}");
    soon(client.simulation.cut_power(wire::CutPowerRequest::default())).await.unwrap();
    let second = client.report(events(vec![navigation(None)])).await.unwrap();
    assert!((second.score - 4.5).abs() < 1e-9, "{second:?}");
    let scored = client.report(Report::Score(71.0)).await.unwrap();
    assert!((scored.score - 71.0).abs() < 1e-9, "{scored:?}");
}

#[tokio::test]
async fn a_report_says_what_happened_within_seven_days() {
    let (_daemon, mut client) = online().await;
    client.subscribe().await.unwrap();
    let start = i64::try_from(START / 1_000).unwrap();
    let at = |seconds| Some(Timestamp { seconds: start + seconds, nanos: 0 });
    client.advance(8 * DAY).await;
    let now = 60 + 8 * 86_400;
    let old = client.report(events(vec![navigation(at(now - 7 * 86_400 - 1))])).await.unwrap_err();
    let rule = "value `604801 s ago` lies more than 7 days back";
    assert_eq!(wrong_field(&old), ("events.at".into(), rule.into()));
    client.report(events(vec![navigation(at(now - 7 * 86_400))])).await.unwrap();
    client.report(events(vec![navigation(at(now + 3_600))])).await.unwrap();

    for (report, field) in [
        (events(vec![]), "events"),
        (events(vec![navigation(None); 1_001]), "events"),
        (events(vec![wire::EngagementEvent::default()]), "events.kind"),
        (Report::Score(100.5), "score"),
        (Report::Score(f64::NAN), "score"),
        (Report::Level(Level::Unknown.into()), "level"),
    ] {
        assert_eq!(wrong_field(&client.report(report).await.unwrap_err()).0, field);
    }
    client.report(events(vec![navigation(None); 1_000])).await.unwrap();
    let (profile, origin) = (Some(profile()), ORIGIN.to_owned());
    let request = wire::ReportEngagementRequest { profile, origin, report: None };
    let status = soon(client.sync.report_engagement(request)).await.unwrap_err();
    assert_eq!(wrong_field(&status).0, "report");
}

#[tokio::test]
async fn an_owner_has_its_share_of_sites() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let limit = pwasync_core::policy::Policy::default().owner_sites;
    for number in 0..=limit {
        let request = wire::SetPermissionRequest {
            profile: Some(profile()),
            origin: format!("https://site{number}.example"),
            kind: 1,
            state: 1,
        };
        let answer = soon(client.sync.set_permission(request)).await;
        if number < limit {
            answer.unwrap();
            continue;
        }
        let status = answer.unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted);
        assert_eq!(reason(&status), "SITES_SPENT");
        let wanted = format!("something is kept of {limit} origins, as many as one owner may have");
        assert_eq!(status.message(), wanted);
    }
}

#[tokio::test]
async fn constraints_are_kept_shown_and_obeyed() {
    let (_daemon, mut client, mut session) = settled().await;
    let constraints = wire::Constraints {
        unmetered: true,
        transports: vec![wire::Transport::Wifi.into()],
        charging: true,
        ..Default::default()
    };
    let asked = wire::RegisterRequest {
        key: Some(key("photos")),
        constraints: Some(constraints.clone()),
        ..Default::default()
    };
    let registered = client.register(asked.clone()).await.unwrap();
    assert_eq!(registered.registration.unwrap().constraints, Some(constraints.clone()));
    assert_eq!(client.first_held().await, [wire::BlockerCode::Transport], "on a cable");
    let again = client.register(asked.clone()).await.unwrap();
    assert_eq!(again.change(), wire::RegisterChange::Unchanged);

    let battery = |on_battery| wire::SetPowerRequest {
        battery_percent: Some(90),
        on_battery,
        ..Default::default()
    };
    soon(client.simulation.set_power(battery(true))).await.unwrap();
    let network = |metered: wire::Metered, transport: wire::Transport| wire::SetNetworkRequest {
        online: true,
        metered: metered.into(),
        transport: transport.into(),
        ..Default::default()
    };
    let cellular = network(wire::Metered::GuessYes, wire::Transport::Cellular);
    soon(client.simulation.set_network(cellular)).await.unwrap();
    client.advance(MINUTE).await;
    let held = client.first_held().await;
    let wanted =
        [wire::BlockerCode::Metered, wire::BlockerCode::Transport, wire::BlockerCode::NotCharging];
    assert!(wanted.iter().all(|code| held.contains(code)) && held.len() == 3, "{held:?}");
    soon(client.simulation.set_power(battery(false))).await.unwrap();
    let wifi = network(wire::Metered::No, wire::Transport::Wifi);
    soon(client.simulation.set_network(wifi)).await.unwrap();
    assert_eq!(session.wake().await.key, Some(key("photos")));

    let other = wire::Constraints { transports: vec![4], ..Default::default() };
    let wrong = wire::RegisterRequest { constraints: Some(other), ..asked };
    let status = client.register(wrong).await.unwrap_err();
    let rule = "value `4` must be WIFI (1), ETHERNET (2) or CELLULAR (3)";
    assert_eq!(wrong_field(&status), ("constraints.transports".into(), rule.into()));
}

#[tokio::test]
async fn a_reconciled_list_brings_its_constraints() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let constraints = wire::Constraints { known_network: true, ..Default::default() };
    let held = wire::HeldRegistration {
        scope: key("").scope,
        kind: 1,
        tag: "mail".into(),
        constraints: Some(constraints.clone()),
        ..Default::default()
    };
    let whole = wire::ReconcileRequest { profile: Some(profile()), registrations: vec![held] };
    soon(client.sync.reconcile(tokio_stream::once(whole))).await.unwrap();
    assert_eq!(client.list().await[0].constraints, Some(constraints));
}
