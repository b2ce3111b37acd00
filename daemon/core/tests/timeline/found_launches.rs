//! Launches that must not be repeated without end, or for nothing.

use expect_test::expect;

use super::check;

/// It attaches, and goes before it takes wakes: each time a little later.
#[test]
fn launch_of_a_browser_that_attaches_and_goes_waits_longer_each_time() {
    check(
        "
        online
        launcher open
        00:01 register mail
        +5s attach launch 1-1
        +1s close
        +1s show mail
        00:02:06
        +5s attach launch 1-2
        +1s close
        00:04:12
        +5s open launch 1-3
        finish mail completed
        00:05 close
        register news
        +5s launcher failed 1-5 no
        show news
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 launch ana as 1-1
            00:01:06 launch of ana failed: the browser went before it was ready
            00:01:07 mail: pending, next 00:02:06, 0/3 charged, expires 30d 00:01
                    BROWSER_CLOSED since 00:01:06 until 00:02:06
            00:02:06 launch ana as 1-2
            00:02:12 launch of ana failed: the browser went before it was ready
            00:04:12 launch ana as 1-3
            00:04:17 wake 1-4 mail
            00:04:17 mail: completed, free
            00:04:17 mail: removed, completed
            00:04:17 recorded 1-4
            00:05 registered news: created as 2, next 00:05
            00:05 launch ana as 1-5
            00:05:05 launch of ana failed: no
            00:05:05 news: pending, next 00:06:05, 0/3 charged, expires 30d 00:05
                    BROWSER_CLOSED since 00:05:05 until 00:06:05
        "#]],
    );
}

/// What nobody uses any more is suspended first, and nothing is launched for it.
#[test]
fn launch_of_a_browser_for_what_nobody_uses_is_none() {
    check(
        "
        online
        open
        00:01 register news every 12h
        engage app: navigation
        offline
        00:02 close
        launcher open
        13:00 set-engagement app: 0
        online
        +1s show news
        13:02 register mail
        ",
        expect![[r#"
            00:01 registered news: created as 1, next 12:01
            00:01 https://app.example: 3.00 points, 3.00 today, low
            13:00 https://app.example: 0.00 points, 0.00 today, none
            13:00:01 news: suspended
            13:00:01 news: suspended, next unknown, 0/3 charged, anchor 00:01
                    ENGAGEMENT_NONE since 13:00:01
                    BROWSER_CLOSED since 00:02
            13:02 registered mail: created as 2, next 13:02
            13:02 launch ana as 1-1
        "#]],
    );
}

/// Nothing is kept of the launches for a profile in which nothing is registered any more.
#[test]
fn launch_failures_are_forgotten_with_the_last_registration() {
    check(
        "
        online
        launcher open
        00:01 register mail
        +5s launcher failed 1-1 no
        unregister mail
        00:01:30 register mail
        show mail
        unregister mail
        03:00 register mail
        +1s launcher failed 1-2 no
        show mail
        offline
        04:00 unregister mail
        register mail
        online
        +1s
        +1s launcher failed 1-3 no
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 launch ana as 1-1
            00:01:05 launch of ana failed: no
            00:01:05 unregistered: removed
            00:01:05 mail: removed, unregistered
            00:01:30 registered mail: created as 2, next 00:02:05
            00:01:30 mail: pending, next 00:02:05, 0/3 charged, expires 30d 00:01:30
                    BROWSER_CLOSED since 00:01:05 until 00:02:05
            00:01:30 unregistered: removed
            00:01:30 mail: removed, unregistered
            03:00 registered mail: created as 3, next 03:00
            03:00 launch ana as 1-2
            03:00:01 launch of ana failed: no
            03:00:01 mail: pending, next 03:01:01, 0/3 charged, expires 30d 03:00
                    BROWSER_CLOSED since 03:00:01 until 03:01:01
            04:00 unregistered: removed
            04:00 mail: removed, unregistered
            04:00 registered mail: created as 4, next 04:00
            04:00:01 launch ana as 1-3
            04:00:02 launch of ana failed: no
            04:00:02 mail: pending, next 04:01:02, 0/3 charged, expires 30d 04:00
                    BROWSER_CLOSED since 04:00:02 until 04:01:02
        "#]],
    );
}
