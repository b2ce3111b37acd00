//! A store that rotted away: what the newest automatic snapshot held is there again, everybody is
//! told what is not, and what a browser tells heals the rest.

use std::{collections::BTreeSet, fs, path::Path};

use pwasync_client::{Client, Filter, HeldRegistration, Registration, SyncKind};
use pwasync_e2e::{Ending, until};

use crate::bed::{Bed, LIMIT, profile};

const SITES: [&str; 2] = ["https://mail.example/", "https://news.example/"];
/// Of each site in the snapshot.
const TAGS: usize = 8;

#[tokio::test]
async fn a_damaged_store_is_restored_from_its_snapshot_and_healed_by_the_browser() {
    let mut bed = Bed::new();
    bed.setup.arguments = vec!["--snapshot-gap".into(), "0s".into()];
    let mut daemon = bed.start().await;
    for scope in SITES {
        for number in 0..TAGS {
            bed.register(scope, &format!("kept {number}"), SyncKind::OneOff).await;
        }
        bed.register(scope, "daily", SyncKind::Periodic).await;
    }
    let wanted = format!("\"registrations\":{}", SITES.len() * (TAGS + 1));
    let whole = |text: String| text.contains("{\"end\":") && text.contains(&wanted);
    let look = || bed.snapshots().into_iter().find(|path| is(path, whole));
    let snapshot = until(LIMIT, "a snapshot of all", look).await.unwrap();
    let before = listed(&bed.client()).await;
    daemon.process.stop(LIMIT).await.unwrap();

    // What comes now is in no snapshot.
    bed.setup.arguments = vec!["--snapshot-gap".into(), "1h".into()];
    let mut daemon = bed.start().await;
    for number in 0..3 {
        bed.register(SITES[0], &format!("late {number}"), SyncKind::OneOff).await;
    }
    let last = listed(&bed.client()).await;
    assert_eq!(last.len(), before.len() + 3);
    daemon.process.stop(LIMIT).await.unwrap();
    let state = bed.setup.state();
    let rotten = rot(&state.join("store/db"));

    let mut daemon = bed.start().await;
    assert_eq!(listed(&bed.client()).await, before, "what the snapshot held");
    let kept = state.join("store.damaged-1");
    assert_eq!(fs::read(kept.join("db")).unwrap(), rotten, "what is set aside is not touched");
    let reason = fs::read_to_string(kept.join("reason.txt")).unwrap();
    assert!(reason.contains(snapshot.to_str().unwrap()), "{reason}");
    let status = bed.json(&["status", "--json"]).await;
    let loss = format!("the store was damaged and is kept as `{}`: {reason}", kept.display());
    assert_eq!(status["store_losses"], serde_json::json!([loss]));
    assert_eq!(status["store_writable"], true);
    // No attempt of an epoch since the snapshot can come back.
    assert!(status["epoch"].as_u64() > Some(1_000_000), "{status}");
    let shown = bed.syncctl(&["status"]).await;
    assert_eq!(shown.ending, Ending::Good);
    assert!(shown.stdout.contains("store.damaged-1"), "{shown:?}");
    let log: Vec<String> =
        daemon.process.stderr().all().into_iter().map(|line| line.text).collect();
    let said = |level: &str, text: &str| {
        assert!(log.iter().any(|line| line.contains(level) && line.contains(text)), "{log:?}");
    };
    said("ERROR", "the store is damaged and was set aside");
    said("WARN", "a new store took the place of the damaged one");
    assert!(!log.iter().any(|line| line.contains("mail.example")), "{log:?}");
    let check = bed.json(&["db", "check", "--json"]).await;
    assert_eq!(check["finding_count"], 0, "{check}");

    // The browser tells what it holds: all of it.
    let held: Vec<HeldRegistration> = last.iter().map(held).collect();
    let reconciled = bed.client().reconcile(&profile(), &held).await.unwrap();
    assert_eq!((reconciled.added.len(), reconciled.removed.len()), (3, 0));
    let healed = listed(&bed.client()).await;
    assert_eq!(names(&healed), names(&last));
    let former: BTreeSet<u64> = last.iter().map(|one| one.id.value()).collect();
    assert!(reconciled.added.iter().all(|id| !former.contains(&id.value())), "a number came back");

    // Told until somebody removed what was set aside.
    daemon.process.stop(LIMIT).await.unwrap();
    let mut daemon = bed.start().await;
    assert_eq!(bed.json(&["status", "--json"]).await["store_losses"], serde_json::json!([loss]));
    assert_eq!(listed(&bed.client()).await, healed);
    daemon.process.stop(LIMIT).await.unwrap();
    fs::remove_dir_all(kept).unwrap();
    let _daemon = bed.start().await;
    assert_eq!(bed.json(&["status", "--json"]).await["store_losses"], serde_json::json!([]));
}

fn is(path: &Path, fits: impl Fn(String) -> bool) -> bool {
    let finished = path.extension().is_some_and(|extension| extension == "jsonl");
    finished && fs::read_to_string(path).is_ok_and(fits)
}

async fn listed(client: &Client) -> Vec<Registration> {
    client.list_all(Filter::default()).await.unwrap()
}

fn names(all: &[Registration]) -> BTreeSet<(&str, &str, SyncKind)> {
    all.iter().map(|one| (one.key.scope.as_str(), one.key.tag.as_str(), one.key.kind)).collect()
}

fn held(one: &Registration) -> HeldRegistration {
    HeldRegistration {
        scope: one.key.scope.clone(),
        kind: one.key.kind,
        tag: one.key.tag.clone(),
        min_interval: one.min_interval,
        app_id: one.app_id.clone(),
        constraints: one.constraints.clone(),
    }
}

/// Changes a bit of what always counts; gives the file as it is then.
fn rot(path: &Path) -> Vec<u8> {
    let mut log = fs::read(path).unwrap();
    log[40] ^= 1;
    fs::write(path, &log).unwrap();
    log
}
