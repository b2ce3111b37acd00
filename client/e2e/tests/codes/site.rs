//! What the user, the browser and policy say of an origin or an app.

use std::time::Duration;

use pwasync_client::{
    EngagementLevel, EngagementReport, InstalledApp, NewPause, PermissionState, Subject, SyncKind,
};

use crate::bed::{APP, Bed, HOUR, ORIGIN, one_off, periodic, profile};

fn app() -> InstalledApp {
    InstalledApp { app_id: APP.into(), scope: format!("{ORIGIN}/") }
}

async fn report(bed: &Bed, level: EngagementLevel) {
    let report = EngagementReport::Level(level);
    bed.client.report_engagement(&profile(), ORIGIN, &report).await.unwrap();
}

async fn permit(bed: &Bed, state: PermissionState) {
    let kind = SyncKind::Periodic;
    bed.client.set_permission(&profile(), ORIGIN, kind, state).await.unwrap();
}

#[tokio::test]
async fn engagement_none_ends_with_use() {
    let mut bed = Bed::ready().await;
    let id = bed.periodic().await;
    report(&bed, EngagementLevel::None).await;
    assert!(bed.advance(13 * HOUR).await.is_empty());
    bed.why(id, "ENGAGEMENT_NONE").await;
    report(&bed, EngagementLevel::Max).await;
    // A whole interval from then on.
    let why = bed.only(id, "NOT_DUE").await;
    bed.comes_true(id, &why).await;
}

#[tokio::test]
async fn not_installed_ends_when_the_app_is_back() {
    let mut bed = Bed::ready().await;
    bed.client.set_installed_apps(&profile(), &[app()]).await.unwrap();
    let mut news = periodic("news");
    news.app_id = Some(APP.into());
    let id = bed.register(&news).await;
    bed.client.set_installed_apps(&profile(), &[]).await.unwrap();
    assert!(bed.advance(13 * HOUR).await.is_empty());
    bed.why(id, "NOT_INSTALLED").await;
    bed.client.set_installed_apps(&profile(), &[app()]).await.unwrap();
    bed.runs(id).await;
}

#[tokio::test]
async fn permission_denied_ends_with_a_grant() {
    let mut bed = Bed::ready().await;
    permit(&bed, PermissionState::Granted).await;
    bed.client.set_installed_apps(&profile(), &[]).await.unwrap();
    let id = bed.periodic().await;
    permit(&bed, PermissionState::Prompt).await;
    assert!(bed.advance(13 * HOUR).await.is_empty());
    bed.why(id, "PERMISSION_DENIED").await;
    permit(&bed, PermissionState::Granted).await;
    bed.runs(id).await;
}

#[tokio::test]
async fn paused_ends_by_itself() {
    let mut bed = Bed::ready().await;
    let (subject, lease) = (Subject::Everything, Some(2 * HOUR));
    bed.client.pause(&NewPause { subject, lease, reason: None }).await.unwrap();
    let id = bed.one_off().await;
    let why = bed.only(id, "PAUSED").await;
    assert_eq!(why.runs_at, Some(bed.now().await + 2 * HOUR));
    bed.comes_true(id, &why).await;
}

#[tokio::test]
async fn budget_spent_ends_at_midnight() {
    let policy = format!("[app.\"{APP}\"]\nbudget.wakes_a_day = 1\n");
    let mut bed = Bed::with(&policy, &[]).await;
    bed.settle(Default::default()).await;
    bed.open(4, None).await;
    for tag in ["first", "second"] {
        let mut new = one_off(tag);
        new.app_id = Some(APP.into());
        let id = bed.register(&new).await;
        if tag == "first" {
            bed.runs(id).await;
            continue;
        }
        let why = bed.only(id, "BUDGET_SPENT").await;
        let midnight = humantime::parse_rfc3339("2026-01-02T00:00:00Z").unwrap();
        assert_eq!((why.earliest, why.runs_at), (Some(midnight), Some(midnight)));
        bed.comes_true(id, &why).await;
    }
    assert!(bed.advance(Duration::ZERO).await.is_empty());
}
