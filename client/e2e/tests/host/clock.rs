//! The machine's clock. Steps of it are the simulated host's: they would be this machine's too.

use pwasync_e2e::bed::Place;

use crate::machine::{Desktop, can_run};

/// As an administrator does it, and as a desktop that follows the traveller does.
#[tokio::test]
async fn another_time_zone_is_noticed_at_once() {
    if !can_run() {
        return;
    }
    let desktop = Desktop::boot("").await;
    let before = desktop.client.status().await.unwrap().clock;
    assert_eq!(before.source.source.as_deref(), Some("kernel"));
    let name = "org.freedesktop.timedate1";
    let place = Place::new(name, "/org/freedesktop/timedate1", name);
    for (zone, offset) in [("Asia/Kolkata", 19_800), ("America/Phoenix", -25_200)] {
        desktop.machine.bus().call(&place, "SetTimezone", &(zone, false)).await.unwrap();
        let told = |status: &pwasync_client::Status| {
            let clock = &status.clock;
            clock.zone.as_deref() == Some(zone) && clock.utc_offset_seconds == offset
        };
        let clock = desktop.until(zone, told).await.clock;
        assert!(clock.source.since >= before.source.since);
        assert_eq!(clock.stepped_millis, before.stepped_millis);
    }
}
