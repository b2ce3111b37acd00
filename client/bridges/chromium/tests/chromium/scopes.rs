//! Several service workers of one origin.

use serde_json::json;

use crate::support::{
    Network, World, chromium_is_missing,
    scripted::{Entry, Outcome, SyncKind},
};

#[tokio::test]
async fn calls_and_wakes_go_to_the_worker_of_their_scope() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    // From a page under /app/, by the registrations of its origin: S-O-12 asks for a window of the
    // origin, not of the scope.
    let body = "const made = {};
        for (const name of ['a', 'a/deep', 'b']) {
            const scope = `/${name}/`;
            const { installing } = await navigator.serviceWorker.register(`${scope}sw.js`, { scope });
            while (installing.state !== 'activated') await new Promise((done) => setTimeout(done, 5));
            const r = await navigator.serviceWorker.getRegistration(scope);
            await r.sync.register('same');
            await r.sync.register(`only ${name}`);
            made[name] = await r.sync.getTags();
        }
        const { sync } = await navigator.serviceWorker.getRegistration('/b/');
        await sync.unregister('same');
        made.after = await sync.getTags();
        made.own = await (await registered).sync.getTags();
        return made";
    assert_eq!(
        world.site.run("app", body).await,
        json!({ "a": ["same", "only a"], "a/deep": ["same", "only a/deep"],
            "b": ["same", "only b"], "after": ["only b"], "own": [] })
    );
    for name in ["a", "a/deep", "b"] {
        let entry = Entry::Register {
            scope: world.site.url(name),
            kind: SyncKind::OneOff,
            tag: "same".to_owned(),
            min_interval_ms: None,
        };
        assert_eq!(world.daemon.log.count(|e| *e == entry), 1, "{name}");
    }
    for stopped in [false, true] {
        if stopped {
            world.running.stop_workers().await;
        }
        for name in ["a", "a/deep", "b"] {
            let attempt = format!("{name} {stopped}");
            world.daemon.wake(&attempt, &world.site.url(name), SyncKind::OneOff, &attempt).await;
            let hit = world.site.hit(&attempt).await;
            assert_eq!(hit["scope"], world.site.url(name), "{attempt}");
            assert_eq!(world.daemon.finished(&attempt).await.0, Outcome::Completed, "{attempt}");
        }
    }
    // A worker's calls are for its own scope.
    world.site.on("asks", "throw (await self.registration.sync.getTags()).join()");
    world.daemon.wake("asks", &world.site.url("a/deep"), SyncKind::OneOff, "asks").await;
    let end = world.daemon.finished("asks").await;
    assert_eq!(end, (Outcome::Rejected, "same,only a/deep".to_owned()));
    world.close().await;
}
