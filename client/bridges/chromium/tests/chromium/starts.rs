//! Workers that start late, never, or in the wrong moment, and when they stop.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{
    Network, Running, World, chromium_is_missing,
    scripted::{Entry, Outcome, ScriptedDaemon, SyncKind},
};

const ONE_OFF: SyncKind = SyncKind::OneOff;

/// Registers a further worker with the scope `/<page>/`; the query chooses its ways.
async fn add_worker(world: &World, page: &str, query: &str) {
    let body = format!(
        "const r = await navigator.serviceWorker.register('/{page}/sw.js?{query}',
            {{ scope: '/{page}/' }});
        while (r.active?.state !== 'activated') await new Promise((done) => setTimeout(done, 5));
        return 1"
    );
    assert_eq!(world.site.run("app", &body).await, 1, "{page}");
}

#[tokio::test]
async fn a_worker_whose_script_throws_has_started_all_the_same() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    add_worker(&world, "broken", "throws").await;
    world.running.stop_workers().await;
    // As Chromium's own sync: without a listener there is nothing to fail.
    world.daemon.wake("1-1", &world.site.url("broken"), ONE_OFF, "mail").await;
    assert_eq!(world.daemon.finished("1-1").await, (Outcome::Completed, String::new()));
    world.close().await;
}

#[tokio::test]
async fn a_worker_that_cannot_be_started_frees_its_place() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    let scope = world.scope();
    let World { daemon, folder, running, .. } = world;
    running.stop().await;
    daemon.log.wait("Gone", |entry| *entry == Entry::Gone).await;
    // Chromium still lists the worker, and finds no script when it is to start it.
    let cache = folder.path().join("profile/Default/Service Worker/ScriptCache");
    std::fs::remove_dir_all(cache).unwrap();
    let running = Running::start(folder.path(), &daemon, "about:blank", Network::Steady);
    daemon.ready_again(1).await;
    for n in 0..8 {
        daemon.wake(&format!("1-{n}"), &scope, ONE_OFF, "mail").await;
    }
    for n in 0..8 {
        let (outcome, detail) = daemon.finished(&format!("1-{n}")).await;
        assert_eq!(
            (outcome, detail.as_str()),
            (Outcome::Unavailable, "the service worker failed to start")
        );
    }
    running.stop().await;
}

#[tokio::test]
async fn a_worker_that_never_finishes_starting_is_unavailable_inside_the_start_limit() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    add_worker(&world, "endless", "spins").await;
    world.running.stop_workers().await;
    let scope = world.site.url("endless");
    world.daemon.wake_within("1-1", &scope, Duration::from_secs(2)).await;
    let (outcome, detail) = world.daemon.finished("1-1").await;
    assert_eq!(outcome, Outcome::Unavailable);
    assert_eq!(detail, "the service worker did not start in time");
    world.daemon.wake("2-1", &world.scope(), ONE_OFF, "other").await;
    assert_eq!(world.daemon.finished("2-1").await.0, Outcome::Completed);
    world.close().await;
}

#[tokio::test]
async fn a_worker_that_was_started_without_the_daemon_is_woken_when_it_is_back() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    let scope = world.scope();
    let World { daemon, site, folder, running } = world;
    drop(daemon);
    let ask = |code: &str| {
        format!(
            "const channel = new MessageChannel();
            const answer = new Promise((done) => {{ channel.port1.onmessage = (e) => done(e.data) }});
            (await registered).active.postMessage({code:?}, [channel.port2]);
            return answer;"
        )
    };
    // The bridge notices in its own time; a worker that starts afterwards has no shim.
    let bare = async {
        loop {
            running.stop_workers().await;
            if site.run("app", &ask("return atStart.bridged")).await == false {
                return;
            }
        }
    };
    tokio::time::timeout(crate::support::log::LIMIT, bare).await.expect("a worker without shim");
    let daemon = ScriptedDaemon::start(folder.path());
    daemon.ready().await;
    site.on("fails", "throw new Error('work failed 503')");
    site.on("hangs", "return new Promise(() => {})");
    for (attempt, tag, outcome, detail) in [
        ("1-1", "ok", Outcome::Completed, ""),
        ("1-2", "fails", Outcome::Rejected, "Error: work failed 503"),
    ] {
        daemon.wake(attempt, &scope, ONE_OFF, tag).await;
        assert_eq!(daemon.finished(attempt).await, (outcome, detail.to_owned()), "{tag}");
        let hit = site.hit(tag).await;
        assert_eq!((&hit["bridged"], &hit["isTrusted"]), (&json!(false), &json!(false)));
    }
    daemon.wake("1-3", &scope, ONE_OFF, "hangs").await;
    daemon.started("1-3").await;
    daemon.cancel("1-3").await;
    assert_eq!(daemon.finished("1-3").await.0, Outcome::Aborted);
    // Each event came once, and the next worker has everything.
    running.stop_workers().await;
    daemon.wake("1-4", &scope, ONE_OFF, "again").await;
    assert_eq!(daemon.finished("1-4").await.0, Outcome::Completed);
    let hit = site.hit("again").await;
    assert_eq!((&hit["bridged"], &hit["isTrusted"]), (&json!(true), &json!(true)));
    let tags: Vec<Value> = site.hits.all().into_iter().map(|hit| hit["tag"].clone()).collect();
    assert_eq!(tags, ["ok", "fails", "hangs", "again"]);
    running.stop().await;
}
