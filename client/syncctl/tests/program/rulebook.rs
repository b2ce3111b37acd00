//! Why, forecasts, history, leases, engagement and policy: what is printed, and the exit code that
//! goes with it.

use expect_test::expect;
use serde_json::Value;

use crate::run;
use crate::scripted_admin::ScriptedAdmin;
use crate::with_daemon::check;

#[test]
fn why_names_each_reason_the_forecast_and_the_decisions() {
    check(
        "why 2 --trail 2",
        &expect![[r#"
            exit 0
            registration  2
            sync          one-off `out\u{1b}[2Jbox` of https://app.example/
            browser       test/p
            state         pending
            last event    none yet
            held by
              METERED  the network costs
                since 2023-11-14 23:12:20 (1m ago); ends when another network comes; by itself not before 2023-11-14 23:18:20 (in 5m)
              BATTERY_LOW  the battery is low
                since 2023-11-14 23:12:20 (1m ago); ends when the charger is plugged in; by itself not before 2023-11-14 23:18:20 (in 5m)
            forecast      it hangs on the network
            decided
              2023-11-14 23:12:20  held             METERED
              2023-11-14 23:12:20  updated
        "#]],
    );
    check(
        "why 400 --trail 1",
        &expect![[r#"
            exit 0
            registration  400
            sync          one-off `out\u{1b}[2Jbox` of https://app.example/
            browser       test/p
            state         pending
            last event    none yet
            held by       nothing
            forecast      it runs now
            decided
              2023-11-14 23:12:20  held             METERED
        "#]],
    );
    check(
        "why 5",
        &expect![[r#"
            exit 3
            2> error: registration `5`: there is none with this id
            2> hint: see what became of it with `syncctl history 5`, and all ids with `syncctl list`
        "#]],
    );
    check(
        "why 0",
        &expect![[r#"
        exit 3
        2> error: registration `0`: there is none with this id
        2> hint: see all ids with `syncctl list`
    "#]],
    );
}

#[test]
fn a_forecast_is_asked_in_words_or_options() {
    check(
        "forecast",
        &expect![[r#"
            exit 0
            from 2023-11-14 23:13:20 (now) to 2023-11-15 23:13:20 (in 1d)
            AT                   IN     ID  KIND     SCOPE                 TAG              HELD BY  MORE
            2023-11-14 23:14:20  in 1m  2   one-off  https://app.example/  out\u{1b}[2Jbox  -        as it is
            1 event, 1 wake
        "#]],
    );
    check(
        "forecast 2 metered battery 15 advance 8h",
        &expect![[r#"
            exit 0
            from 2023-11-15 07:13:20 (in 8h) to 2023-11-16 07:13:20 (in 1d 8h), metered yes, battery_percent 15
            AT                   IN        ID  KIND     SCOPE                 TAG              HELD BY  MORE
            2023-11-15 07:14:20  in 8h 1m  2   one-off  https://app.example/  out\u{1b}[2Jbox  -        metered=yes battery_percent=15
            1 event, 1 wake
        "#]],
    );
    check(
        "forecast --metered yes --battery 15 --advance 8h --for 2d",
        &expect![[r#"
            exit 0
            from 2023-11-15 07:13:20 (in 8h) to 2023-11-17 07:13:20 (in 2d 8h), metered yes, battery_percent 15
            AT                   IN        ID  KIND     SCOPE                 TAG              HELD BY  MORE
            2023-11-15 07:14:20  in 8h 1m  2   one-off  https://app.example/  out\u{1b}[2Jbox  -        metered=yes battery_percent=15
            1 event, 1 wake
        "#]],
    );
    check(
        "forecast --charging --online no",
        &expect![[r#"
            exit 0
            from 2023-11-14 23:13:20 (now) to 2023-11-15 23:13:20 (in 1d), online no, charging yes
            AT                   IN     ID  KIND     SCOPE                 TAG              HELD BY  MORE
            2023-11-14 23:14:20  in 1m  2   one-off  https://app.example/  out\u{1b}[2Jbox  -        online=no charging=yes
            1 event, 1 wake
        "#]],
    );
    check(
        "forecast tired",
        &expect![[r#"
        exit 2
        2> error: `tired` is neither a registration's id nor a condition
        2> hint: see what may be said with `syncctl forecast --help`
    "#]],
    );
    check(
        "forecast tired=yes",
        &expect![[r#"
        exit 2
        2> error: field `conditions`: value `tired` is no fact
    "#]],
    );
    check(
        "forecast 401",
        &expect![[r#"
            exit 3
            2> error: registration `401`: there is none with this id
            2> hint: see what became of it with `syncctl history 401`, and all ids with `syncctl list`
        "#]],
    );
}

#[test]
fn history_reads_as_many_pages_as_it_needs() {
    check(
        "history",
        &expect![[r#"
        exit 0
        2023-11-14 23:12:20  held             2 one-off `out\u{1b}[2Jbox` https://app.example/ test/p: METERED
        2023-11-14 23:12:20  updated          2 one-off `out\u{1b}[2Jbox` https://app.example/ test/p
        2023-11-14 23:12:20  created          2 one-off `out\u{1b}[2Jbox` https://app.example/ test/p
    "#]],
    );
    check(
        "history 2 --limit 1 --facts",
        &expect![[r#"
        exit 0
        2023-11-14 23:12:20  held             2 one-off `out\u{1b}[2Jbox` https://app.example/ test/p: METERED
            host: online, metered
    "#]],
    );
    // The daemon's time is 23:13:20.
    check(
        "history --since 1h --limit 1",
        &expect![[r#"
        exit 0
        2023-11-14 23:12:20  held             2 one-off `out\u{1b}[2Jbox` https://app.example/ test/p: METERED
    "#]],
    );
    check(
        "history --since 2h",
        &expect![[r#"
        exit 0
        nothing was decided
    "#]],
    );
}

#[test]
fn a_pause_ends_by_itself_or_with_resume() {
    check(
        "pause --for 2h --reason train",
        &expect![[r#"
            exit 0
            paused: all of user 1000 until 2023-11-15 01:13:20 (in 2h); 4 registrations
        "#]],
    );
    check(
        "pause --app https://app.example/?app --owner 1001",
        &expect![[r#"
            exit 0
            paused: app https://app.example/?app of user 1001 until 2023-11-15 23:13:20 (in 1d); 4 registrations
        "#]],
    );
    check(
        "pause --all",
        &expect![[r#"
        exit 4
        2> error: everything: for administrators
    "#]],
    );
    check(
        "resume --origin https://app.example",
        &expect![[r#"
        exit 0
        resumed: https://app.example of this user
        still paused: all of user 1000 until 2023-11-15 01:13:20 (in 2h)
    "#]],
    );
    check(
        "resume",
        &expect![[r#"
            exit 5
            2> error: no pause is set for all of this user
            2> hint: see what holds with `syncctl override`
        "#]],
    );
    check(
        "resume --json",
        &expect![[r#"
            exit 5
            {"version":1,"ended":false,"remaining":[]}
            2> error: no pause is set for all of this user
            2> hint: see what holds with `syncctl override`
        "#]],
    );
}

#[test]
fn overrides_are_set_listed_and_cleared() {
    check(
        "override",
        &expect![[r#"
        exit 0
        WHAT         FOR               SINCE  ENDS                         REASON
        metered=yes  everything        now    2023-11-15 00:13:20 (in 1h)  -
        pause        all of user 1000  now    2023-11-15 01:13:20 (in 2h)  on a \u{1b}[2J train
    "#]],
    );
    check(
        "override metered=yes battery_percent=15 --for 30m",
        &expect![[r#"
        exit 0
        overridden: metered=yes for all of user 1000 until 2023-11-14 23:43:20 (in 30m)
        overridden: battery_percent=15 for all of user 1000 until 2023-11-14 23:43:20 (in 30m)
    "#]],
    );
    check(
        "override online=no --origin https://app.example",
        &expect![[r#"
        exit 0
        overridden: online=no for https://app.example of user 1000 until 2023-11-15 00:13:20 (in 1h)
    "#]],
    );
    check(
        "override --clear",
        &expect![[r#"
        exit 0
        cleared: 2 overrides for all of this user
    "#]],
    );
    check(
        "override --clear metered --all",
        &expect![[r#"
            exit 0
            cleared: 1 override for everything
        "#]],
    );
    check(
        "override --clear roaming",
        &expect![[r#"
            exit 5
            2> error: no such override is set for all of this user
            2> hint: see what holds with `syncctl override`
        "#]],
    );
}

#[test]
fn engagement_is_shown_and_set() {
    check(
        "engagement",
        &expect![[r#"
        exit 0
        ORIGIN                 BROWSER  OWNER  LEVEL  SCORE  TODAY  LAST     FROM    0 TO 24 H
        https://app.example    test/p   1000   low    12.5   1.5    10m ago  events  -
        https://twice.example  test/p   1000   low    12.5   1.5    10m ago  events  -
        https://twice.example  test/q   1000   low    12.5   1.5    10m ago  events  -
    "#]],
    );
    check(
        "engagement https://app.example",
        &expect![[r#"
        exit 0
        ORIGIN               BROWSER  OWNER  LEVEL  SCORE  TODAY  LAST     FROM    0 TO 24 H
        https://app.example  test/p   1000   low    12.5   1.5    10m ago  events  -
    "#]],
    );
    check(
        "engagement set https://app.example 50",
        &expect![[r#"
        exit 0
        set: https://app.example in test/p: score 50.0, low
    "#]],
    );
    check(
        "engagement set https://twice.example 50",
        &expect![[r#"
        exit 2
        2> error: origin `https://twice.example` is known in several profiles
        2> hint: name one with `--profile`
    "#]],
    );
    check(
        "engagement set https://twice.example 50 --profile test/q",
        &expect![[r#"
        exit 0
        set: https://twice.example in test/q: score 50.0, low
    "#]],
    );
    check(
        "engagement set https://else.example 50",
        &expect![[r#"
        exit 3
        2> error: origin `https://else.example`: no engagement is kept for it
        2> hint: see what is known with `syncctl engagement`
    "#]],
    );
    check(
        "engagement set https://else.example 50 --profile test/p",
        &expect![[r#"
        exit 3
        2> error: origin `https://else.example`: no engagement is kept for it
        2> hint: see what is known with `syncctl engagement`
    "#]],
    );
}

#[test]
fn policy_says_where_each_value_comes_from() {
    check(
        "policy",
        &expect![[r#"
        exit 0
        KEY                          VALUE  UNIT      FROM             FOR
        network.settle               1s     duration  default          -
        network.settle_after_resume  8s     duration  pwasyncd.toml:2  -
    "#]],
    );
    check(
        "policy --changed",
        &expect![[r#"
        exit 0
        KEY                          VALUE  UNIT      FROM             FOR
        network.settle_after_resume  8s     duration  pwasyncd.toml:2  -
    "#]],
    );
    check(
        "policy network.settle",
        &expect![[r#"
        exit 0
        key           network.settle
        about         how long a network must be there
        value         1s
        unit          duration
        range         0s to 10m
        default       1s
        from          default
    "#]],
    );
    check(
        "policy network.settel",
        &expect![[r#"
        exit 3
        2> error: policy key `network.settel`: there is none of this name
        2> hint: see all keys with `syncctl policy`
    "#]],
    );
}

#[test]
fn a_reload_with_mistakes_tells_all_of_them_and_that_nothing_changed() {
    check(
        "policy reload",
        &expect![[r#"
        exit 1
        pwasyncd.toml:3:1: key `network.settel`: unknown
        pwasyncd.toml:5:1: key `network.settle`: `1h` is more than 10m
        2> error: policy files have 2 mistakes: the daemon keeps the policy that it has
        2> hint: mend the files, and try `syncctl policy reload` again
    "#]],
    );
    check(
        "policy reload --json",
        &expect![[r#"
        exit 1
        {"version":1,"changed":[],"problems":[{"file":"pwasyncd.toml","line":3,"column":1,"key":"network.settel","message":"unknown"},{"file":"pwasyncd.toml","line":5,"column":1,"key":"network.settle","message":"`1h` is more than 10m"}],"files":[]}
        2> error: policy files have 2 mistakes: the daemon keeps the policy that it has
        2> hint: mend the files, and try `syncctl policy reload` again
    "#]],
    );
}

#[test]
fn each_of_them_prints_one_document_with_a_version() {
    let daemon = ScriptedAdmin::start();
    let verbs = [
        "why 2",
        "forecast 2 metered",
        "history --limit 2",
        "pause --for 2h",
        "resume --origin https://app.example",
        "override",
        "override metered=yes",
        "override --clear",
        "engagement",
        "engagement set https://app.example 50",
        "policy",
        "policy network.settle",
    ];
    for verb in verbs {
        let arguments: Vec<&str> = verb.split(' ').chain(["--json"]).collect();
        let (exit, out, err) = run(&daemon.socket(), &arguments);
        assert_eq!((exit, err.as_str()), (0, ""), "{verb}");
        assert_eq!(out.lines().count(), 1, "{verb}");
        let document: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(document["version"], 1, "{verb}: {out}");
        assert!(!out.contains('\u{1b}'), "{verb}: {out}");
    }
}
