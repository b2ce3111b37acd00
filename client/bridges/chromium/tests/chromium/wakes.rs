//! Wakes carried out in a real Chromium.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};

use crate::support::{
    Network, Proof, Running, World, chromium_is_missing,
    log::LIMIT,
    scripted::{Entry, Outcome, SyncKind},
};

const ONE_OFF: SyncKind = SyncKind::OneOff;

#[tokio::test]
async fn a_stopped_worker_is_started_and_gets_a_trusted_event() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    world.running.stop_workers().await;
    world.daemon.wake("1-1", &world.scope(), ONE_OFF, "mail").await;
    let hit = world.site.hit("mail").await;
    assert_eq!(world.daemon.finished("1-1").await, (Outcome::Completed, String::new()));
    assert_eq!(
        (&hit["type"], &hit["isTrusted"], &hit["lastChance"], &hit["bridged"]),
        (&json!("sync"), &json!(true), &json!(false), &json!(true))
    );
    assert_eq!(reports(&world, "1-1"), ["started", "finished"]);
    world.close().await;
}

#[tokio::test]
async fn a_module_worker_is_woken_like_any_other() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    let register = "const r = await navigator.serviceWorker.register('/module/sw.js',
            { type: 'module', scope: '/module/' });
        while (r.active?.state !== 'activated') await new Promise((done) => setTimeout(done, 5));
        await r.sync.register('mail');
        return r.sync.getTags()";
    assert_eq!(world.site.run("app", register).await, json!(["mail"]));
    for (attempt, stopped) in [("1-1", false), ("1-2", true)] {
        if stopped {
            world.running.stop_workers().await;
        }
        world.daemon.wake(attempt, &world.site.url("module"), ONE_OFF, attempt).await;
        let hit = world.site.hit(attempt).await;
        assert_eq!((&hit["isTrusted"], &hit["bridged"]), (&json!(true), &json!(true)));
        assert_eq!(world.daemon.finished(attempt).await, (Outcome::Completed, String::new()));
    }
    world.close().await;
}

#[tokio::test]
async fn a_worker_that_is_being_activated_gets_its_event_afterwards() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Unsteady).await;
    let register = "const r = await navigator.serviceWorker.register('/held/sw.js?held',
            { scope: '/held/' });
        while (r.active === null) await new Promise((done) => setTimeout(done, 5));
        return r.active.state";
    assert_eq!(world.site.run("app", register).await, "activating");
    world.daemon.wake("1-1", &world.site.url("held"), ONE_OFF, "mail").await;
    // One of another worker, from beginning to end, meanwhile.
    world.daemon.wake("1-2", &world.scope(), ONE_OFF, "other").await;
    assert_eq!(world.daemon.finished("1-2").await.0, Outcome::Completed);
    world.site.release("held");
    let hit = world.site.hit("mail").await;
    assert_eq!(hit["state"], "activated", "{hit}");
    assert_eq!(world.daemon.finished("1-1").await.0, Outcome::Completed);
    world.close().await;
}

#[tokio::test]
async fn the_outcome_is_that_of_every_promise() {
    if chromium_is_missing() {
        return;
    }
    for network in [Network::Steady, Network::Unsteady] {
        let world = World::start(network).await;
        let long = format!("throw new Error('{}')", "ü".repeat(2_000));
        let cases: [(&str, &str, Outcome, &str); 7] = [
            ("ok", "return 7", Outcome::Completed, ""),
            (
                "fails",
                "throw new Error('work failed 503')",
                Outcome::Rejected,
                "Error: work failed 503",
            ),
            ("text", "throw 'nope'", Outcome::Rejected, "nope"),
            (
                "odd",
                "throw { toString() { throw 1 } }",
                Outcome::Rejected,
                "an error without a text",
            ),
            // S-O-33: one added while waiting counts.
            (
                "added",
                "event.waitUntil(Promise.resolve().then(() => { throw new TypeError('later') }))",
                Outcome::Rejected,
                "TypeError: later",
            ),
            ("first", "event.waitUntil(Promise.reject('a')); throw 'b'", Outcome::Rejected, "a"),
            ("long", &long, Outcome::Rejected, ""),
        ];
        for (tag, body, outcome, detail) in cases {
            world.site.on(tag, body);
            world.daemon.wake(tag, &world.scope(), ONE_OFF, tag).await;
            let end = world.daemon.finished(tag).await;
            assert_eq!(end.0, outcome, "{tag}, {network:?}");
            if tag == "long" {
                assert!(end.1.len() <= 1_024 && end.1.ends_with('ü'), "{}", end.1.len());
            } else {
                assert_eq!(end.1, detail, "{tag}, {network:?}");
            }
        }
        world.close().await;
    }
}

#[tokio::test]
async fn tag_last_chance_and_kind_arrive_on_either_path() {
    if chromium_is_missing() {
        return;
    }
    for (network, trusted) in [(Network::Steady, true), (Network::Unsteady, false)] {
        let world = World::start(network).await;
        let tag = "ü \u{0} \u{2028} \" \\ 日本";
        world.daemon.wake_with("1-1", &world.scope(), ONE_OFF, tag, true).await;
        let hit = world.site.hit(tag).await;
        assert_eq!(world.daemon.finished("1-1").await.0, Outcome::Completed);
        assert_eq!((&hit["lastChance"], &hit["isTrusted"]), (&json!(true), &json!(trusted)));
        world.daemon.wake("1-2", &world.scope(), SyncKind::Periodic, "news").await;
        let hit = world.site.hit("news").await;
        assert_eq!(world.daemon.finished("1-2").await.0, Outcome::Completed);
        assert_eq!((&hit["type"], &hit["isTrusted"]), (&json!("periodicsync"), &json!(trusted)));
        world.close().await;
    }
}

#[tokio::test]
async fn an_offline_worker_gets_a_synthetic_event_and_its_failure_is_offline() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    let worker = world.running.workers().await.pop().unwrap();
    let session = world.running.attach(&worker).await;
    let conditions = json!({ "offline": true, "latency": 0, "downloadThroughput": -1,
        "uploadThroughput": -1 });
    world.running.call(Some(&session), "Network.enable", json!({})).await;
    let method = "Network.emulateNetworkConditions";
    world.running.call(Some(&session), method, conditions).await;
    world.daemon.wake("1-1", &world.scope(), ONE_OFF, "offline").await;
    let (outcome, detail) = world.daemon.finished("1-1").await;
    assert_eq!((outcome, detail.as_str()), (Outcome::Offline, "TypeError: Failed to fetch"));
    let conditions = json!({ "offline": false, "latency": 0, "downloadThroughput": -1,
        "uploadThroughput": -1 });
    world.running.call(Some(&session), method, conditions).await;
    world.daemon.wake("1-2", &world.scope(), ONE_OFF, "online").await;
    assert_eq!(world.daemon.finished("1-2").await.0, Outcome::Completed);
    assert_eq!(world.site.hits.count(|hit| hit["tag"] == "offline"), 0);
    world.close().await;
}

#[tokio::test]
async fn no_event_runs_twice_for_one_attempt() {
    if chromium_is_missing() {
        return;
    }
    const ROUNDS: usize = 60;
    let mut world = World::start(Network::Steady).await;
    // No sign is waited for: Chromium's dispatch and the takeover race in each round.
    world = world.restart(Proof::Impatient).await;
    let mut trusted = BTreeSet::new();
    for round in 0..ROUNDS {
        let tag = format!("r{round}");
        if round % 6 == 0 {
            world.running.stop_workers().await;
        }
        world.daemon.wake(&tag, &world.scope(), ONE_OFF, &tag).await;
        let hit = world.site.hit(&tag).await;
        assert_eq!(world.daemon.finished(&tag).await.0, Outcome::Completed, "{tag}");
        trusted.insert(hit["isTrusted"].as_bool().unwrap());
    }
    // A dispatch that lost its race has come by now: a later one has come through.
    world.daemon.wake("last", &world.scope(), ONE_OFF, "last").await;
    world.daemon.finished("last").await;
    let tags: Vec<String> =
        world.site.hits.all().iter().map(|hit| hit["tag"].as_str().unwrap().to_owned()).collect();
    for round in 0..ROUNDS {
        let tag = format!("r{round}");
        assert_eq!(tags.iter().filter(|other| **other == tag).count(), 1, "{tag}");
        let count = |wanted: &str| {
            reports(&world, &tag).into_iter().filter(|report| report == wanted).count()
        };
        assert_eq!((count("started"), count("finished")), (1, 1), "{tag}");
    }
    assert!(tags.iter().all(|tag| !tag.contains("pwasync")), "no token reaches the site");
    println!("paths taken: {trusted:?}");
    world.close().await;
}

#[tokio::test]
async fn a_dispatch_that_comes_after_the_takeover_is_stopped() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Unsteady).await;
    world.daemon.wake("1-1", &world.scope(), ONE_OFF, "mail").await;
    assert_eq!(world.daemon.finished("1-1").await.0, Outcome::Completed);
    let control = world.running.control().await;
    let worker = world.running.workers().await.pop().unwrap();
    let session = world.running.attach(&worker).await;
    let name = "Object.getOwnPropertySymbols(self).map(Symbol.keyFor)
        .find((key) => key?.startsWith('pwasync_'))"
        .to_owned();
    let name = world.running.connection.evaluate(&session, name, LIMIT).await.unwrap();
    let dispatch = async |tag: &str| {
        let params = json!({ "origin": world.site.origin(), "registrationId": "0", "tag": tag,
            "lastChance": false });
        world.running.call(Some(&control), "ServiceWorker.dispatchSyncEvent", params).await;
    };
    // Late, and one of an attempt that this worker never heard of; then one of Chromium's own.
    let name = name.as_str().unwrap();
    dispatch(&format!("{name}:1-1")).await;
    dispatch(&format!("{name}:9-9")).await;
    dispatch("own").await;
    assert_eq!(world.site.hit("own").await["isTrusted"], true);
    let tags: Vec<Value> =
        world.site.hits.all().into_iter().map(|hit| hit["tag"].clone()).collect();
    assert_eq!(tags, ["mail", "own"]);
    world.close().await;
}

#[tokio::test]
async fn a_worker_that_stops_in_its_event_is_a_failure() {
    if chromium_is_missing() {
        return;
    }
    for network in [Network::Steady, Network::Unsteady] {
        let world = World::start(network).await;
        world.site.on("hangs", "return new Promise(() => {})");
        world.daemon.wake("1-1", &world.scope(), ONE_OFF, "hangs").await;
        world.daemon.started("1-1").await;
        world.running.stop_workers().await;
        let (outcome, detail) = world.daemon.finished("1-1").await;
        assert_eq!(outcome, Outcome::Rejected);
        assert_eq!(detail, "the service worker stopped before its event ended");
        // The next event finds a worker as if nothing had been.
        world.daemon.wake("1-2", &world.scope(), ONE_OFF, "after").await;
        assert_eq!(world.daemon.finished("1-2").await.0, Outcome::Completed);
        world.close().await;
    }
}

#[tokio::test]
async fn a_cancelled_event_is_aborted_and_does_not_disturb_the_next() {
    if chromium_is_missing() {
        return;
    }
    for network in [Network::Steady, Network::Unsteady] {
        let world = World::start(network).await;
        world.site.on("hangs", "return new Promise(() => {})");
        world.daemon.wake("1-1", &world.scope(), ONE_OFF, "hangs").await;
        world.daemon.started("1-1").await;
        world.daemon.cancel("1-1").await;
        assert_eq!(world.daemon.finished("1-1").await.0, Outcome::Aborted);
        world.site.on("hangs", "");
        world.daemon.wake("1-2", &world.scope(), ONE_OFF, "hangs").await;
        assert_eq!(world.daemon.finished("1-2").await.0, Outcome::Completed);
        world.close().await;
    }
}

#[tokio::test]
async fn what_becomes_of_an_event_after_its_cancel_is_not_reported() {
    if chromium_is_missing() {
        return;
    }
    for network in [Network::Steady, Network::Unsteady] {
        let world = World::start(network).await;
        // They end once the other tag's event lets them: the page keeps the worker running.
        let wait =
            "while (!self.go) await new Promise((done) => setTimeout(done, 5)); self.went ??= 0;
            self.went += 1;";
        world.site.on("good", wait);
        world.site.on("bad", &format!("{wait} throw new Error('late')"));
        world.site.on(
            "go",
            "self.go = true;
            while (self.went !== 2) await new Promise((done) => setTimeout(done, 5))",
        );
        for tag in ["good", "bad"] {
            world.daemon.wake(tag, &world.scope(), ONE_OFF, tag).await;
            world.daemon.started(tag).await;
        }
        for tag in ["good", "bad"] {
            world.daemon.cancel(tag).await;
            world.daemon.cancel(tag).await;
            assert_eq!(world.daemon.finished(tag).await.0, Outcome::Aborted);
        }
        world.daemon.wake("go", &world.scope(), ONE_OFF, "go").await;
        assert_eq!(world.daemon.finished("go").await.0, Outcome::Completed);
        // A wake of its own brings whatever the bridge had still to say before it.
        world.daemon.wake("last", &world.scope(), ONE_OFF, "last").await;
        world.daemon.finished("last").await;
        for tag in ["good", "bad"] {
            world.daemon.cancel(tag).await;
            assert_eq!(reports(&world, tag), ["started", "finished"], "{tag}, {network:?}");
        }
        world.close().await;
    }
}

#[tokio::test]
async fn events_of_one_worker_run_side_by_side() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    world.site.on("a", "while (!self.b) await new Promise((done) => setTimeout(done, 5))");
    world.site.on("b", "self.b = true");
    world.daemon.wake("1-1", &world.scope(), ONE_OFF, "a").await;
    world.daemon.started("1-1").await;
    world.daemon.wake("1-2", &world.scope(), ONE_OFF, "b").await;
    assert_eq!(world.daemon.finished("1-2").await.0, Outcome::Completed);
    assert_eq!(world.daemon.finished("1-1").await.0, Outcome::Completed);
    world.close().await;
}

#[tokio::test]
async fn an_unknown_scope_is_gone() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    world.daemon.wake("1-1", &world.site.url("nowhere"), ONE_OFF, "mail").await;
    assert_eq!(world.daemon.finished("1-1").await.0, Outcome::ScopeGone);
    world.close().await;
}

#[tokio::test]
async fn a_worker_is_let_go_after_its_event() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    world.running.stop_workers().await;
    for (attempt, tag) in [("1-1", "ok"), ("1-2", "fails")] {
        world.site.on("fails", "throw 1");
        world.daemon.wake(attempt, &world.scope(), ONE_OFF, tag).await;
        world.daemon.finished(attempt).await;
    }
    // Nobody is attached: a session would keep the worker from ever stopping by itself.
    let attached = async {
        loop {
            let targets = world.running.call(None, "Target.getTargets", json!({})).await;
            let targets = targets["targetInfos"].as_array().unwrap().clone();
            let worker = targets.into_iter().find(|target| target["type"] == "service_worker");
            if worker.is_some_and(|worker| worker["attached"] == false) {
                return;
            }
        }
    };
    tokio::time::timeout(LIMIT, attached).await.expect("the worker is detached from");
    world.close().await;
}

#[tokio::test]
async fn a_worker_without_a_page_stops_by_itself_after_its_event() {
    if chromium_is_missing() {
        return;
    }
    // Chromium lets a worker idle for about 30 s.
    const IDLE_LIMIT: Duration = Duration::from_secs(90);
    let world = World::start(Network::Steady).await;
    let scope = world.scope();
    let World { daemon, site, folder, running } = world;
    running.stop().await;
    let running = Running::start(folder.path(), &daemon, "about:blank", Network::Steady);
    daemon.ready_again(1).await;
    daemon.wake("1-1", &scope, ONE_OFF, "mail").await;
    site.hit("mail").await;
    assert_eq!(daemon.finished("1-1").await.0, Outcome::Completed);
    assert!(!running.workers().await.is_empty(), "it runs");
    running.workers_stopped(IDLE_LIMIT).await;
    running.stop().await;
}

#[tokio::test]
async fn a_closed_and_reopened_chromium_is_woken_without_a_page_of_the_site() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    let scope = world.scope();
    let World { daemon, site, folder, running } = world;
    running.stop().await;
    daemon.log.wait("Gone", |entry| *entry == Entry::Gone).await;
    let running = Running::start(folder.path(), &daemon, "about:blank", Network::Steady);
    daemon.ready_again(1).await;
    daemon.wake("1-1", &scope, ONE_OFF, "mail").await;
    assert_eq!(site.hit("mail").await["bridged"], true);
    assert_eq!(daemon.finished("1-1").await.0, Outcome::Completed);
    running.stop().await;
}

fn reports(world: &World, attempt: &str) -> Vec<String> {
    let log = world.daemon.log.all();
    let reports = log.iter().filter_map(|entry| {
        let (id, report) = match entry {
            Entry::Started(id) => (id, "started"),
            Entry::Finished { attempt: id, .. } => (id, "finished"),
            Entry::Attached
            | Entry::Ready
            | Entry::Register { .. }
            | Entry::Unregister { .. }
            | Entry::RemoveScope(_)
            | Entry::Gone => return None,
        };
        (id == attempt).then_some(report)
    });
    reports.map(str::to_owned).collect()
}
