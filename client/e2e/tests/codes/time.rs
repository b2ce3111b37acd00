//! What waits for its time.

use pwasync_client::{EngagementEvent, EngagementEventKind, EngagementReport, Outcome};

use crate::bed::{Bed, DAY, HOUR, MINUTE, ORIGIN, one_off, periodic, profile};

#[tokio::test]
async fn not_due_ends_with_the_interval() {
    let mut bed = Bed::ready().await;
    let id = bed.periodic().await;
    let why = bed.only(id, "NOT_DUE").await;
    assert_eq!(why.earliest, Some(bed.now().await + 12 * HOUR));
    bed.comes_true(id, &why).await;
}

#[tokio::test]
async fn backoff_ends_after_its_delay() {
    let mut bed = Bed::ready().await;
    let id = bed.one_off().await;
    let browser = bed.browser.as_mut().unwrap();
    let wake = browser.wake().await;
    browser.finish(&wake, Outcome::Rejected).await;
    browser.recorded().await;
    let why = bed.only(id, "BACKOFF").await;
    assert_eq!(why.runs_at, Some(bed.now().await + 5 * MINUTE));
    bed.comes_true(id, &why).await;
}

#[tokio::test]
async fn grid_ends_with_the_next_slot() {
    let mut bed = Bed::ready().await;
    let id = bed.periodic().await;
    bed.advance(12 * HOUR + 5 * MINUTE).await;
    let why = bed.only(id, "GRID").await;
    let slot = humantime::parse_rfc3339("2026-01-01T12:15:00Z").unwrap();
    assert_eq!((why.earliest, why.runs_at), (Some(slot), Some(slot)));
    bed.comes_true(id, &why).await;
}

#[tokio::test]
async fn origin_gap_ends_when_the_other_is_far_enough() {
    let mut bed = Bed::ready().await;
    bed.register(&periodic("first")).await;
    bed.advance(HOUR).await;
    let id = bed.register(&periodic("second")).await;
    bed.advance(12 * HOUR + MINUTE).await;
    let why = bed.only(id, "ORIGIN_GAP").await;
    bed.comes_true(id, &why).await;
}

#[tokio::test]
async fn learned_hour_ends_before_the_user_comes() {
    let mut bed = Bed::start().await;
    // Use is kept only of an origin that has a registration.
    let placeholder = bed.register(&one_off("placeholder")).await;
    bed.advance(8 * DAY + 10 * HOUR).await;
    let now = bed.now().await;
    let at_seven = (1..=6).rev().map(|days| EngagementEvent {
        kind: EngagementEventKind::Navigation,
        at: Some(now - 3 * HOUR - days * DAY),
    });
    let report = EngagementReport::Events(at_seven.collect());
    bed.client.report_engagement(&profile(), ORIGIN, &report).await.unwrap();
    let id = bed.periodic().await;
    bed.client.remove(placeholder).await.unwrap();
    bed.settle(Default::default()).await;
    bed.open(4, None).await;
    let explained = bed.client.explain(id, 1).await.unwrap();
    let due = explained.registration.due_at.unwrap();
    assert!(bed.advance_to(due + MINUTE).await.is_empty());
    let why = bed.only(id, "LEARNED_HOUR").await;
    let since_midnight = why.runs_at.unwrap().duration_since(std::time::UNIX_EPOCH).unwrap();
    let quarter_to_seven = 6 * 3_600 + 45 * 60;
    assert_eq!(since_midnight.as_secs() % 86_400, quarter_to_seven);
    bed.comes_true(id, &why).await;
}
