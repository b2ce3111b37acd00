//! Policy: whose section counts, and what a reload does.

use expect_test::expect;

use super::check;

/// K-02, K-04, K-05: what is planned from then on goes by it.
#[test]
fn policy_reload_counts_for_what_comes_next() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail rejected
        00:02 policy retry.initial_delay=1m retry.factor=2 retry.max_attempts=5
        show mail
        00:06 finish mail rejected
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:02 mail: waiting, next 00:06, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:01 until 00:06
            00:06 wake 1-2 mail
            00:06 mail: rejected, charged, next 00:08
            00:06 recorded 1-2
        "#]],
    );
}

/// What runs goes on.
#[test]
fn policy_reload_leaves_what_runs_alone() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        00:02 policy event.run_limit=10s one_off.permission=denied one_off.battery=100
        show mail
        00:03 finish mail rejected
        show mail
        00:04 policy one_off.permission=allowed
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:02 mail: firing 1-1 until 00:04, 0/3 charged, expires 30d 00:01
            00:03 mail: rejected, charged, next 00:08
            00:03 recorded 1-1
            00:03 mail: waiting, next 00:08, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:03 until 00:08
                    PERMISSION_DENIED since 00:02
        "#]],
    );
}

#[test]
fn policy_reload_changes_conditions_at_once() {
    check(
        "
        online
        open
        battery 30%
        00:01 policy one_off.battery=40
        register mail
        show mail
        00:02 policy one_off.battery=20
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    BATTERY_CRITICAL since 00:00
            00:02 wake 1-1 mail
        "#]],
    );
}

#[test]
fn policy_reload_changes_slots_at_once() {
    check(
        "
        policy shares.slots=1 shares.owner_slots=1
        online
        open
        00:01 register mail
        register news
        show news
        00:01:10 policy shares.slots=2
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered news: created as 2, next 00:01
            00:01 news: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    CONCURRENCY since 00:01
            00:01:10 wake 1-2 news
        "#]],
    );
}

/// C061, C091: the app's over the origin's over the general one.
#[test]
fn policy_of_an_app_counts_over_its_origin_s() {
    check(
        "
        policy retry.max_attempts=3
        policy origin app retry.max_attempts=4
        policy app chat retry.max_attempts=5
        register shop:mail
        register mail
        register news app chat
        show shop:mail
        show mail
        show news
        ",
        expect![[r#"
            00:00 registered shop:mail: created as 1, next 00:00:03
            00:00 registered mail: created as 2, next 00:00:03
            00:00 registered news: created as 3, next 00:00:03
            00:00 shop:mail: pending, next 00:00:03, 0/3 charged, expires 30d 00:00
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
                    STARTING since 00:00 until 00:00:03
            00:00 mail: pending, next 00:00:03, 0/4 charged, expires 30d 00:00
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
                    STARTING since 00:00 until 00:00:03
            00:00 news: pending, next 00:00:03, 0/5 charged, expires 30d 00:00
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
                    STARTING since 00:00 until 00:00:03
        "#]],
    );
}

#[test]
fn policy_of_a_site_has_its_own_conditions() {
    check(
        "
        policy origin shop one_off.metered=held
        online
        open
        metered
        00:01 register shop:mail
        register mail
        show shop:mail
        ",
        expect![[r#"
            00:01 registered shop:mail: created as 1, next 00:01
            00:01 registered mail: created as 2, next 00:01
            00:01 wake 1-1 mail
            00:01 shop:mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    METERED since 00:00
        "#]],
    );
}

/// A period that was planned stays as it was; the next goes by the policy.
#[test]
fn policy_reload_keeps_planned_periods() {
    check(
        "
        online
        open
        worker completed after 1s
        register news every 1h
        06:00 policy periodic.min_interval=1h
        07:00 show news
        12:00:01 show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            07:00 news: pending, next 12:00, 0/3 charged, anchor 00:00
                    NOT_DUE since 00:00 until 12:00
            12:00 wake 1-1 news (periodic)
            12:00:01 news: completed, free, next 13:00
            12:00:01 recorded 1-1
            12:00:01 news: pending, next 13:00, 0/3 charged, anchor 12:00
                    NOT_DUE since 12:00:01 until 13:00
        "#]],
    );
}

/// So do those that wait in the daemon's next life.
#[test]
fn policy_of_the_next_start_counts() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail rejected
        policy retry.initial_delay=1m
        00:02 crash
        open
        00:06 finish mail rejected
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:06 wake 2-1 mail
            00:06 mail: rejected, charged, next 00:09
            00:06 recorded 2-1
        "#]],
    );
}

/// K-07.
#[test]
fn policy_of_a_site_limits_its_events() {
    check(
        "
        policy origin shop event.run_limit=10s
        online
        open
        00:01 register shop:mail
        register mail
        start shop:mail
        start mail
        show shop:mail
        show mail
        00:01:10
        ",
        expect![[r#"
            00:01 registered shop:mail: created as 1, next 00:01
            00:01 wake 1-1 shop:mail
            00:01 registered mail: created as 2, next 00:01
            00:01 wake 1-2 mail
            00:01 shop:mail: firing 1-1 until 00:01:10, 0/3 charged, expires 30d 00:01
            00:01 mail: firing 1-2 until 00:04, 0/3 charged, expires 30d 00:01
            00:01:10 cancel 1-1: time limit
            00:01:10 shop:mail: timed out, charged, next 00:06:10
        "#]],
    );
}

/// What was denied before is denied since then.
#[test]
fn policy_reload_that_changes_nothing_changes_no_date() {
    check(
        "
        register mail
        01:00 policy one_off.permission=denied
        02:00 policy one_off.permission=denied
        show mail
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00:03
            02:00 mail: pending, next 02:00, 0/3 charged, expires 30d 00:00
                    PERMISSION_DENIED since 01:00
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
                    OFFLINE since 00:00
        "#]],
    );
}
