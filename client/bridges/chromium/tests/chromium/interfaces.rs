//! What pages and service workers see of `registration.sync` and `registration.periodicSync`, in a
//! real Chromium.

use pwasync_chromium::cdp::SessionId;
use serde_json::{Value, json};
use tonic::Status;

use crate::support::{
    Network, World, chromium_is_missing,
    log::LIMIT,
    scripted::{Entry, Outcome, ScriptedDaemon, SyncKind},
};

const REGISTER: &str = "await (await registered).sync.register('mail')";

/// Grants or denies a permission of the site's origin.
async fn set_permission(world: &World, name: &str, setting: &str) {
    let origin = world.site.origin();
    let params = json!({ "permission": { "name": name }, "setting": setting, "origin": origin });
    world.running.call(None, "Browser.setPermission", params).await;
}

fn error(result: &Value) -> &str {
    result["error"].as_str().unwrap_or("none")
}

#[tokio::test]
async fn an_unmodified_page_registers_with_the_daemon() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    assert_eq!(world.site.run("app", "return atStart").await["bridged"], true);
    assert_eq!(world.site.run("app", REGISTER).await, Value::Null);
    let entry = Entry::Register {
        scope: world.scope(),
        kind: SyncKind::OneOff,
        tag: "mail".to_owned(),
        min_interval_ms: None,
    };
    assert_eq!(world.daemon.log.count(|e| *e == entry), 1);
    // Tags of any text arrive as they are; they come back in their order (S-O-20).
    let tags = world
        .site
        .run(
            "app",
            r"const { sync } = await registered;
            for (const tag of ['', 'ü \u0000 \u2028 \\ 日本', 'x'.repeat(10240)]) await sync.register(tag);
            const tags = await sync.getTags();
            return [tags.length, tags[0], tags[1], tags[2], tags[3].length];",
        )
        .await;
    assert_eq!(tags, json!([4, "mail", "", "ü \u{0} \u{2028} \\ 日本", 10240]));
    let tags = world
        .site
        .run(
            "app",
            "const { sync } = await registered;
            await sync.unregister('mail'); await sync.unregister('never');
            return (await sync.getTags()).length;",
        )
        .await;
    assert_eq!(tags, 3);
    world.close().await;
}

#[tokio::test]
async fn periodic_syncs_have_a_namespace_and_an_interval_of_their_own() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    let register =
        "await (await registered).periodicSync.register('news', { minInterval: 43200000 })";
    // S-P-12: not granted to a page that is no installed app.
    assert_eq!(error(&world.site.run("app", register).await), "NotAllowedError");
    set_permission(&world, "periodic-background-sync", "granted").await;
    assert_eq!(world.site.run("app", register).await, Value::Null);
    let entry = Entry::Register {
        scope: world.scope(),
        kind: SyncKind::Periodic,
        tag: "news".to_owned(),
        min_interval_ms: Some(43_200_000),
    };
    assert_eq!(world.daemon.log.count(|e| *e == entry), 1);
    let tags = "const r = await registered;
        return [await r.periodicSync.getTags(), await r.sync.getTags()];";
    assert_eq!(world.site.run("app", tags).await, json!([["news"], []]));
    let gone = "const { periodicSync } = await registered;
        await periodicSync.unregister('news'); return await periodicSync.getTags();";
    assert_eq!(world.site.run("app", gone).await, json!([]));
    world.close().await;
}

#[tokio::test]
async fn malformed_arguments_are_type_errors_before_anything_else() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    // The permission is not granted: a TypeError shows that it was not looked at (S-P-10).
    for options in [
        "{ minInterval: -1 }",
        "{ minInterval: NaN }",
        "{ minInterval: Infinity }",
        "{ minInterval: 2 ** 53 }",
        "{ minInterval: 1n }",
        "{ minInterval: Symbol() }",
        "{ minInterval: 'soon' }",
        "7",
    ] {
        let body = format!("await (await registered).periodicSync.register('t', {options})");
        assert_eq!(error(&world.site.run("app", &body).await), "TypeError", "{options}");
    }
    for options in ["undefined", "null", "{}", "{ minInterval: '5' }", "{ minInterval: -0.5 }"] {
        let body = format!("await (await registered).periodicSync.register('t', {options})");
        assert_eq!(error(&world.site.run("app", &body).await), "NotAllowedError", "{options}");
    }
    for body in [
        "await (await registered).sync.register()",
        "await (await registered).sync.register(Symbol())",
        "await (await registered).sync.register({ toString() { throw new TypeError('x') } })",
        "await SyncManager.prototype.register.call({}, 't')",
        "await (await registered).sync.register('x'.repeat(10241))",
        "await (await registered).sync.register('ü'.repeat(5121))",
    ] {
        assert_eq!(error(&world.site.run("app", body).await), "TypeError", "{body}");
    }
    assert_eq!(world.daemon.log.count(|e| matches!(e, Entry::Register { .. })), 0);
    // A method that fails does so by its promise.
    let rejects =
        "let p; try { p = SyncManager.prototype.register.call({}); } catch { return 'threw' }
        return p.then(() => 'resolved', () => 'rejected')";
    assert_eq!(world.site.run("app", rejects).await, "rejected");
    world.close().await;
}

#[tokio::test]
async fn each_refusal_has_its_exception() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    // S-O-10.
    let inactive = "const url = './never-activates/';
        const r = await navigator.serviceWorker.register('./sw.js', { scope: url });
        await r.unregister();
        while (r.active !== null) await new Promise((done) => setTimeout(done, 10));
        await r.sync.register('t')";
    // S-O-11.
    set_permission(&world, "background-sync", "denied").await;
    let denied = world.site.run("app", REGISTER).await;
    assert_eq!((error(&denied), &denied["isDOMException"]), ("NotAllowedError", &json!(true)));
    set_permission(&world, "background-sync", "granted").await;
    let result = world.site.run("app", inactive).await;
    assert_eq!(error(&result), "InvalidStateError", "{result}");
    for (refusal, expected) in [
        (Status::resource_exhausted("share"), "UnknownError"),
        (Status::permission_denied("policy"), "NotAllowedError"),
        (Status::not_found("no"), "InvalidStateError"),
        (Status::invalid_argument("tag"), "TypeError"),
        (Status::internal("oh"), "UnknownError"),
    ] {
        world.daemon.refuse_registrations(Some(refusal));
        assert_eq!(error(&world.site.run("app", REGISTER).await), expected);
    }
    world.daemon.refuse_registrations(None);
    assert_eq!(world.site.run("app", REGISTER).await, Value::Null);
    world.close().await;
}

#[tokio::test]
async fn a_page_cannot_speak_for_another_origin_or_an_unknown_scope() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    // The same server under another name is another origin, with a worker of its own.
    let other = format!("http://127.0.0.1:{}/other/", world.site.port);
    let params = json!({ "url": other });
    world.running.call(None, "Target.createTarget", params).await;
    world.site.run("other", "await registered").await;
    // A page that lies: the scope that the interfaces read from the registration is replaced, by
    // what the page itself can reach. The binding takes the caller's own word here.
    let lie = |scope: &str| {
        format!(
            "const frame = document.createElement('iframe');
            document.body.append(frame);
            const find = (w) => Object.getOwnPropertyNames(w).find((n) => n.startsWith('pwasync_'));
            const name = find(window) ?? find(frame.contentWindow);
            const symbol = Object.getOwnPropertySymbols(window)
                .find((s) => Symbol.keyFor(s)?.startsWith('pwasync_'));
            const known = await (await registered).sync.getTags();
            const native = Object.getOwnPropertyDescriptor(
                ServiceWorkerRegistration.prototype, 'scope').get;
            Object.defineProperty(ServiceWorkerRegistration.prototype, 'scope',
                {{ get: () => {scope:?}, configurable: true }});
            const stringify = JSON.stringify;
            JSON.stringify = (v) => stringify({{ ...v, scope: {scope:?} }});
            try {{ await (await registered).sync.register('lie'); }} finally {{
                JSON.stringify = stringify;
                Object.defineProperty(ServiceWorkerRegistration.prototype, 'scope',
                    {{ get: native, configurable: true }});
                frame.remove();
            }}
            return {{ leaked: name ?? null, symbol: String(symbol), known }};"
        )
    };
    // What the page changes after the start does not reach the interfaces: it registers truly.
    let result = world.site.run("app", &lie(&other)).await;
    assert_eq!(result["leaked"], Value::Null, "the binding cannot be found: {result}");
    let scopes = |tag: &str| {
        let log = world.daemon.log.all();
        log.into_iter()
            .filter_map(|entry| {
                let Entry::Register { scope, tag: other, .. } = entry else { return None };
                (other == tag).then_some(scope)
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(scopes("lie"), [world.scope()]);
    // A caller that has the binding itself, as a test may have it, is still held to its origin and to
    // what Chromium lists there.
    let truth = world.scope();
    for scope in [&other, "https://bank.example/", &world.site.url("unknown"), "nonsense", &truth] {
        forge(&world, scope).await;
    }
    assert_eq!(scopes("forged"), [truth]);
    world.close().await;
}

/// A session of the test's own with the page `app`.
async fn attach_page(world: &World) -> SessionId {
    let targets = world.running.call(None, "Target.getTargets", json!({})).await;
    let targets = targets["targetInfos"].as_array().unwrap();
    let page = targets.iter().find(|target| target["url"] == world.site.url("app")).unwrap();
    world.running.attach(page["targetId"].as_str().unwrap()).await
}

/// Calls the page's binding with a payload of the test's making, and waits until it was handled.
async fn forge(world: &World, scope: &str) {
    let running = &world.running;
    let session = attach_page(world).await;
    let name = "Object.getOwnPropertySymbols(window).map(Symbol.keyFor)
        .find((key) => key?.startsWith('pwasync_'))"
        .to_owned();
    let name = running.connection.evaluate(&session, name, LIMIT).await.unwrap();
    let name = name.as_str().unwrap().to_owned();
    running.call(Some(&session), "Runtime.addBinding", json!({ "name": name })).await;
    let payload = json!({ "id": 999_999, "op": "register", "kind": "one-off", "scope": scope,
        "tag": "forged", "minInterval": 0 });
    let call = format!("window[{name:?}]({:?}); delete window[{name:?}]", payload.to_string());
    running.connection.evaluate(&session, call, LIMIT).await.unwrap();
    let session = json!({ "sessionId": *session });
    running.call(None, "Target.detachFromTarget", session).await;
    // A page's calls are handled one after the other.
    world.site.run("app", "await (await registered).sync.getTags()").await;
}

#[tokio::test]
async fn a_worker_registers_for_itself_while_a_window_is_open() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    let ask = |code: &str| {
        format!(
            "const channel = new MessageChannel();
            const answer = new Promise((done) => {{ channel.port1.onmessage = (e) => done(e.data) }});
            (await registered).active.postMessage({code:?}, [channel.port2]);
            return answer;"
        )
    };
    let bridged = world.site.run("app", &ask("return atStart.bridged")).await;
    assert_eq!(bridged, true, "the shim was there before the worker's first line");
    let register = "await self.registration.sync.register('w1');
        await self.registration.sync.register('w2');
        return self.registration.sync.getTags()";
    assert_eq!(world.site.run("app", &ask(register)).await, json!(["w1", "w2"]));
    let entry = Entry::Register {
        scope: world.scope(),
        kind: SyncKind::OneOff,
        tag: "w1".to_owned(),
        min_interval_ms: None,
    };
    assert_eq!(world.daemon.log.count(|e| *e == entry), 1);
    // Many at once come in their order, and none is lost.
    let many = "const tags = [...Array(200).keys()].map((n) => `m${n}`);
        await Promise.all(tags.map((tag) => self.registration.sync.register(tag)));
        const found = (await self.registration.sync.getTags()).slice(2);
        return found.length === 200 && found.every((tag, n) => tag === tags[n])";
    assert_eq!(world.site.run("app", &ask(many)).await, true);
    world.close().await;
}

#[tokio::test]
async fn a_worker_without_a_window_may_ask_but_not_register() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    world.site.on(
        "alone",
        "const { sync } = self.registration;
        const error = await sync.register('t').then(() => 'none', (e) => e.name);
        throw new Error(`${error} ${(await sync.getTags()).length}`)",
    );
    assert_eq!(world.site.run("app", REGISTER).await, Value::Null);
    // The window goes to another origin: the site has none left (S-O-12).
    let elsewhere = format!("http://127.0.0.1:{}/elsewhere/?noworker", world.site.port);
    let leave = format!("setTimeout(() => {{ location.href = {elsewhere:?} }}, 0)");
    world.site.run("app", &leave).await;
    world.site.run("elsewhere", "return 1").await;
    world.daemon.wake("1-1", &world.scope(), SyncKind::OneOff, "alone").await;
    let (outcome, detail) = world.daemon.finished("1-1").await;
    assert_eq!((outcome, detail.as_str()), (Outcome::Rejected, "Error: InvalidAccessError 1"));
    world.close().await;
}

#[tokio::test]
async fn the_methods_look_like_those_they_replace() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    let shape = world
        .site
        .run(
            "app",
            "const r = await registered;
            const shape = (f) => [f.name, f.length, 'prototype' in f];
            const P = PeriodicSyncManager.prototype, S = SyncManager.prototype;
            return [r.sync instanceof SyncManager, r.sync === r.sync,
                shape(S.register), shape(S.getTags), shape(P.register), shape(P.unregister),
                Object.getOwnPropertyDescriptor(S, 'register').enumerable,
                Object.getOwnPropertyDescriptor(ServiceWorkerRegistration.prototype, 'sync').get.name]",
        )
        .await;
    assert_eq!(
        shape,
        json!([
            true,
            true,
            ["register", 1, false],
            ["getTags", 0, false],
            ["register", 1, false],
            ["unregister", 1, false],
            true,
            "get sync"
        ])
    );
    world.close().await;
}

#[tokio::test]
async fn a_scope_that_goes_takes_its_registrations_along() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    assert_eq!(world.site.run("app", REGISTER).await, Value::Null);
    let renew = "const old = await registered;
        await old.unregister();
        const anew = await navigator.serviceWorker.register('./sw.js');
        while (anew.active === null) await new Promise((done) => setTimeout(done, 5));
        await anew.sync.register('anew');
        return anew.sync.getTags();";
    world.site.run("app", renew).await;
    let scope = world.scope();
    // A registration that Chromium revives instead keeps what it has; one that goes is told first.
    let unregister = "const all = await navigator.serviceWorker.getRegistrations();
        for (const r of all) await r.unregister(); return all.length";
    world.site.run("app", unregister).await;
    let leave = format!("setTimeout(() => {{ location.href = {:?} }}, 0)", world.site.url("gone"));
    world.site.run("app", &leave).await;
    world.daemon.log.wait("RemoveScope", |e| *e == Entry::RemoveScope(scope.clone())).await;
    world.daemon.wake("1-1", &scope, SyncKind::OneOff, "mail").await;
    assert_eq!(world.daemon.finished("1-1").await.0, Outcome::ScopeGone);
    world.close().await;
}

#[tokio::test]
async fn without_a_daemon_the_browsers_own_interfaces_are_left_alone() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    let World { daemon, site, folder, running } = world;
    let before = site.run("app", REGISTER).await;
    assert_eq!(before, Value::Null);
    drop(daemon);
    // A document that has the interfaces keeps them.
    let result = site.run("app", REGISTER).await;
    assert_eq!(error(&result), "UnknownError");
    // One that starts once the bridge has noticed has Chromium's, and one that starts after the
    // daemon has come back has the bridge's again.
    let until = |bridged: bool| {
        format!(
            "for (;;) {{
                const frame = document.createElement('iframe');
                frame.src = './frame/';
                const loaded = new Promise((done) => {{ frame.onload = done }});
                document.body.append(frame);
                await loaded;
                const found = 'unregister' in frame.contentWindow.SyncManager.prototype;
                const traces = Object.getOwnPropertyNames(frame.contentWindow)
                    .filter((name) => name.startsWith('pwasync_'));
                if (traces.length > 0) return 'a page can see the binding';
                frame.remove();
                if (found === {bridged}) return found;
            }}"
        )
    };
    assert_eq!(site.run("app", &until(false)).await, false);
    let daemon = ScriptedDaemon::start(folder.path());
    daemon.ready().await;
    assert_eq!(site.run("app", &until(true)).await, true);
    assert_eq!(site.run("app", REGISTER).await, Value::Null);
    running.stop().await;
}

#[tokio::test]
async fn every_window_has_the_interfaces_before_its_first_line() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    let session = attach_page(&world).await;
    // Each page keeps a connection for its next expression, and Chromium has six for a server.
    for (page, how) in [
        ("opened", "window.open(url)"),
        ("apart", "window.open(url, '_blank', 'noopener')"),
        (
            "linked",
            "Object.assign(document.createElement('a'), { href: url, target: '_blank' }).click()",
        ),
    ] {
        let url = world.site.url(page);
        let expression = format!("(() => {{ const url = {url:?}; {how}; }})()");
        let params = json!({ "expression": expression, "userGesture": true });
        world.running.call(Some(&session), "Runtime.evaluate", params).await;
        assert_eq!(world.site.run(page, "return atStart.bridged").await, true, "{page}");
    }
    world.close().await;
}

#[tokio::test]
async fn incognito_is_left_alone() {
    if chromium_is_missing() {
        return;
    }
    let world = World::start(Network::Steady).await;
    let context = world.running.call(None, "Target.createBrowserContext", json!({})).await;
    let params = json!({ "url": world.site.url("private"), "browserContextId": context["browserContextId"] });
    world.running.call(None, "Target.createTarget", params).await;
    let page = world.site.run("private", "await registered; return atStart.bridged").await;
    let worker = "const channel = new MessageChannel();
        const answer = new Promise((done) => { channel.port1.onmessage = (e) => done(e.data) });
        (await registered).active.postMessage('return atStart.bridged', [channel.port2]);
        return answer;";
    let worker = world.site.run("private", worker).await;
    assert_eq!((page, worker), (json!(false), json!(false)));
    // The profile's own pages are not.
    assert_eq!(world.site.run("app", "return atStart.bridged").await, true);
    world.close().await;
}
