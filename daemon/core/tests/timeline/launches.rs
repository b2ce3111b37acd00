//! Starting closed browsers.

use expect_test::expect;

use super::check;

/// Asked once, when something is due that nothing else holds.
#[test]
fn launch_asks_once() {
    check(
        "
        online
        launcher open
        00:01 register mail
        register news
        show mail
        show news
        00:01:20 open launch 1-1
        wakes
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 launch ana as 1-1
            00:01 registered news: created as 2, next 00:01
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    BROWSER_LAUNCHING since 00:01
            00:01 news: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    BROWSER_LAUNCHING since 00:01
            00:01:20 wake 1-2 mail
            00:01:20 wake 1-3 news
            00:01:20 1 wakes, 1 saved
        "#]],
    );
}

/// 60 s to start a worker, where it was launched for it.
#[test]
fn launch_gives_the_worker_longer() {
    check(
        "
        online
        launcher open
        00:01 register mail
        +5s open launch 1-1
        show mail
        00:02:06
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 launch ana as 1-1
            00:01:05 wake 1-2 mail
            00:01:05 mail: firing 1-2 until 00:02:05, 0/3 charged, expires 30d 00:01
            00:02:05 cancel 1-2: time limit
            00:02:05 mail: unavailable, free, next 00:02:35
        "#]],
    );
}

#[test]
fn launch_only_for_what_nothing_else_holds() {
    check(
        "
        launcher open
        offline
        00:01 register mail
        register news every 12h
        show mail
        00:02 battery 2%
        online
        +2s show mail
        00:03 battery 90%
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 registered news: created as 2, next 12:01
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    BROWSER_CLOSED since 00:00
                    OFFLINE since 00:00
            00:02:02 mail: pending, next 00:02:02, 0/3 charged, expires 30d 00:01
                    BROWSER_CLOSED since 00:00
                    BATTERY_CRITICAL since 00:02
            00:03 launch ana as 1-1
        "#]],
    );
}

/// A user who starts the browser needs nobody else to.
#[test]
fn launch_is_cancelled_by_another_start() {
    check(
        "
        online
        launcher open
        00:01 register mail
        +5s open
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 launch ana as 1-1
            00:01:05 cancel launch 1-1
            00:01:05 wake 1-2 mail
            00:01:05 mail: firing 1-2 until 00:01:35, 0/3 charged, expires 30d 00:01
        "#]],
    );
}

#[test]
fn launch_with_another_token_is_the_user_s() {
    check(
        "
        online
        launcher open
        00:01 register mail
        +5s open launch 1-7
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 launch ana as 1-1
            00:01:05 cancel launch 1-1
            00:01:05 wake 1-2 mail
            00:01:05 mail: firing 1-2 until 00:01:35, 0/3 charged, expires 30d 00:01
        "#]],
    );
}

/// The limit is a minute; then it is tried again after one, two, four.
#[test]
fn launch_that_nobody_answers_is_given_up() {
    check(
        "
        online
        launcher open
        00:01 register mail
        00:01:30 show mail
        00:02:30 show mail
        00:12
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 launch ana as 1-1
            00:01:30 mail: pending, next 00:01:30, 0/3 charged, expires 30d 00:01
                    BROWSER_LAUNCHING since 00:01
            00:02 cancel launch 1-1
            00:02 launch of ana failed: the browser did not attach in time
            00:02:30 mail: pending, next 00:03, 0/3 charged, expires 30d 00:01
                    BROWSER_CLOSED since 00:02 until 00:03
            00:03 launch ana as 1-2
            00:04 cancel launch 1-2
            00:04 launch of ana failed: the browser did not attach in time
            00:06 launch ana as 1-3
            00:07 cancel launch 1-3
            00:07 launch of ana failed: the browser did not attach in time
            00:11 launch ana as 1-4
            00:12 cancel launch 1-4
            00:12 launch of ana failed: the browser did not attach in time
        "#]],
    );
}

#[test]
fn launch_that_failed_is_tried_again_later() {
    check(
        "
        online
        launcher open
        00:01 register mail
        +5s launcher failed 1-1 no such program
        show mail
        00:02:05 show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 launch ana as 1-1
            00:01:05 launch of ana failed: no such program
            00:01:05 mail: pending, next 00:02:05, 0/3 charged, expires 30d 00:01
                    BROWSER_CLOSED since 00:01:05 until 00:02:05
            00:02:05 launch ana as 1-2
            00:02:05 mail: pending, next 00:02:05, 0/3 charged, expires 30d 00:01
                    BROWSER_LAUNCHING since 00:02:05
        "#]],
    );
}

/// A browser that came has no failures behind it.
#[test]
fn launch_counts_failures_in_a_row() {
    check(
        "
        online
        launcher open
        worker completed after 1s
        00:01 register mail
        +5s launcher failed 1-1 no
        00:02:05 launcher failed 1-2 no
        show mail
        00:04:05 open launch 1-3
        00:05 close
        register news
        +5s launcher failed 1-5 no
        show news
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 launch ana as 1-1
            00:01:05 launch of ana failed: no
            00:02:05 launch ana as 1-2
            00:02:05 launch of ana failed: no
            00:02:05 mail: pending, next 00:04:05, 0/3 charged, expires 30d 00:01
                    BROWSER_CLOSED since 00:02:05 until 00:04:05
            00:04:05 launch ana as 1-3
            00:04:05 wake 1-4 mail
            00:04:06 mail: completed, free
            00:04:06 mail: removed, completed
            00:04:06 recorded 1-4
            00:05 registered news: created as 2, next 00:05
            00:05 launch ana as 1-5
            00:05:05 launch of ana failed: no
            00:05:05 news: pending, next 00:06:05, 0/3 charged, expires 30d 00:05
                    BROWSER_CLOSED since 00:05:05 until 00:06:05
        "#]],
    );
}

#[test]
fn launch_delay_stays_under_an_hour() {
    check(
        "
        online
        policy launch.limit=10s
        launcher open
        00:01 register mail
        04:00 show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 launch ana as 1-1
            00:01:10 cancel launch 1-1
            00:01:10 launch of ana failed: the browser did not attach in time
            00:02:10 launch ana as 1-2
            00:02:20 cancel launch 1-2
            00:02:20 launch of ana failed: the browser did not attach in time
            00:04:20 launch ana as 1-3
            00:04:30 cancel launch 1-3
            00:04:30 launch of ana failed: the browser did not attach in time
            00:08:30 launch ana as 1-4
            00:08:40 cancel launch 1-4
            00:08:40 launch of ana failed: the browser did not attach in time
            00:16:40 launch ana as 1-5
            00:16:50 cancel launch 1-5
            00:16:50 launch of ana failed: the browser did not attach in time
            00:32:50 launch ana as 1-6
            00:33 cancel launch 1-6
            00:33 launch of ana failed: the browser did not attach in time
            01:05 launch ana as 1-7
            01:05:10 cancel launch 1-7
            01:05:10 launch of ana failed: the browser did not attach in time
            02:05:10 launch ana as 1-8
            02:05:20 cancel launch 1-8
            02:05:20 launch of ana failed: the browser did not attach in time
            03:05:20 launch ana as 1-9
            03:05:30 cancel launch 1-9
            03:05:30 launch of ana failed: the browser did not attach in time
            04:00 mail: pending, next 04:05:30, 0/3 charged, expires 30d 00:01
                    BROWSER_CLOSED since 03:05:30 until 04:05:30
        "#]],
    );
}

#[test]
fn launch_needs_a_launcher_that_can() {
    check(
        "
        online
        launcher open ana.work
        00:01 register mail
        show mail
        00:02 launcher profiles ana ana.work
        show mail
        00:02:30 launcher profiles ana none
        show mail
        00:04 show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
            00:02 launch ana as 1-1
            00:02 mail: pending, next 00:02, 0/3 charged, expires 30d 00:01
                    BROWSER_LAUNCHING since 00:02
            00:02:30 mail: pending, next 00:02:30, 0/3 charged, expires 30d 00:01
                    BROWSER_LAUNCHING since 00:02
            00:03 cancel launch 1-1
            00:03 launch of ana failed: the browser did not attach in time
            00:04 mail: pending, next 00:04, 0/3 charged, expires 30d 00:01
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
        "#]],
    );
}

#[test]
fn launch_waits_for_a_launcher() {
    check(
        "
        online
        00:01 register mail
        show mail
        00:05 launcher open
        00:05:10 launcher close
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
            00:05 launch ana as 1-1
            00:05:10 mail: pending, next 00:05:10, 0/3 charged, expires 30d 00:01
                    BROWSER_LAUNCHING since 00:05
        "#]],
    );
}

/// Newest wins.
#[test]
fn launch_goes_to_the_newest_launcher() {
    check(
        "
        online
        launcher open
        launcher open
        00:01 register mail
        +5s launcher failed 1-1 gone
        ",
        expect![[r#"
            00:00 close launcher 1
            00:01 registered mail: created as 1, next 00:01
            00:01 launch ana as 1-1
            00:01:05 launch of ana failed: gone
        "#]],
    );
}

#[test]
fn launch_is_each_owner_s_own() {
    check(
        "
        online
        launcher open bob
        00:01 register mail
        register bob/mail
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 registered bob/mail: created as 2, next 00:01
            00:01 launch bob as 1-1
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
        "#]],
    );
}

#[test]
fn launch_for_each_profile() {
    check(
        "
        online
        launcher open ana ana.work
        00:01 register mail
        register ana.work/mail
        +2s open launch 1-1
        +1s open ana.work launch 1-2
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 launch ana as 1-1
            00:01 registered ana.work/mail: created as 2, next 00:01
            00:01 launch ana.work as 1-2
            00:01:02 wake 1-3 mail
            00:01:03 wake 1-4 ana.work/mail
        "#]],
    );
}

/// The token is the same as an attempt's: none is given twice.
#[test]
fn launch_after_a_restart_asks_again() {
    check(
        "
        online
        launcher open
        00:01 register mail
        00:01:10 crash
        launcher open
        +1s show mail
        +5s open launch 2-1
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 launch ana as 1-1
            00:01:11 launch ana as 2-1
            00:01:11 mail: pending, next 00:01:11, 0/3 charged, expires 30d 00:01
                    BROWSER_LAUNCHING since 00:01:11
            00:01:16 wake 2-2 mail
        "#]],
    );
}

#[test]
fn launch_for_periodic_events_too() {
    check(
        "
        online
        launcher open
        register news every 12h
        11:59 show news
        12:00 show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            11:59 news: pending, next 12:00, 0/3 charged, anchor 00:00
                    NOT_DUE since 00:00 until 12:00
                    BROWSER_CLOSED since 00:00
            12:00 launch ana as 1-1
            12:00 news: pending, next 12:00, 0/3 charged, anchor 00:00
                    BROWSER_LAUNCHING since 12:00
        "#]],
    );
}

/// The user is not disturbed for it.
#[test]
fn launch_is_not_for_what_is_paused() {
    check(
        "
        online
        launcher open
        pause owner:ana for 1h
        00:01 register mail
        00:30 show mail
        01:00
        ",
        expect![[r#"
            00:00 pause of owner ana until 01:00
            00:01 registered mail: created as 1, next 01:00
            00:30 mail: pending, next 01:00, 0/3 charged, expires 30d 00:01
                    PAUSED since 00:00 until 01:00
                    BROWSER_CLOSED since 00:00
            01:00 launch ana as 1-1
        "#]],
    );
}

#[test]
fn launch_not_while_suspending() {
    check(
        "
        online
        launcher open
        00:01 suspend
        register mail
        show mail
        00:02 resume
        +5s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    BROWSER_CLOSED since 00:00
                    SUSPENDING since 00:01
            00:02:05 launch ana as 1-1
        "#]],
    );
}

/// A browser that is there but has not reconciled needs no start.
#[test]
fn launch_not_for_an_attached_browser() {
    check(
        "
        online
        launcher open
        attach
        00:01 register mail
        show mail
        ready
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    BROWSER_CLOSED since 00:00
            00:01 wake 1-1 mail
        "#]],
    );
}

/// P-06: what was out when the browser went is lost when it comes back.
#[test]
fn launch_after_the_browser_went() {
    check(
        "
        online
        open
        launcher open
        00:01 register mail
        start mail
        close
        register news
        +5s open launch 1-2
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered news: created as 2, next 00:01
            00:01 launch ana as 1-2
            00:01:05 mail: lost, free, next 00:01:05
            00:01:05 wake 1-3 mail
            00:01:05 wake 1-4 news
        "#]],
    );
}

/// The start that the older one was asked for goes on; what it says of it counts no more.
#[test]
fn launch_outlives_its_launcher() {
    check(
        "
        online
        launcher open
        00:01 register mail
        00:01:05 launcher open
        show mail
        00:01:10 launcher close
        00:01:20 open launch 1-1
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 launch ana as 1-1
            00:01:05 close launcher 1
            00:01:05 mail: pending, next 00:01:05, 0/3 charged, expires 30d 00:01
                    BROWSER_LAUNCHING since 00:01
            00:01:20 wake 1-2 mail
            00:01:20 mail: firing 1-2 until 00:02:20, 0/3 charged, expires 30d 00:01
        "#]],
    );
}

/// Pretended for this owner alone: its browser is started.
#[test]
fn launch_for_what_an_override_lets_go() {
    check(
        "
        offline
        launcher open
        00:01 register mail
        00:02 override owner:ana network online for 1h
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:02 override Network(Online) of owner ana until 01:02
            00:02 launch ana as 1-1
        "#]],
    );
}

/// What waits no longer is no reason to start it.
#[test]
fn launch_is_not_tried_again_for_nothing() {
    check(
        "
        online
        launcher open
        00:01 register mail
        00:01:30 unregister mail
        00:10 timeout
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 launch ana as 1-1
            00:01:30 unregistered: removed
            00:01:30 mail: removed, unregistered
            00:02 cancel launch 1-1
            00:02 launch of ana failed: the browser did not attach in time
            00:10 nothing is due
        "#]],
    );
}
