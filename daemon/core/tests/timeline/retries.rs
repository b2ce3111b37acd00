//! Retries: K-02, K-04, K-05, K-07, A-11, P-04.

use expect_test::expect;
use pwasync_core::policy::{Policy, Rules};

use super::{check, check_under};

/// K-04, K-05; C075: after 0, 5 and 20 minutes.
#[test]
fn a_11_k_02_three_attempts_then_removed() {
    check(
        "
        online
        open
        worker rejected after 0s
        00:01 register mail
        +30d
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:06 wake 1-2 mail
            00:06 mail: rejected, charged, next 00:21
            00:06 recorded 1-2
            00:21 wake 1-3 mail, last chance
            00:21 mail: rejected, charged
            00:21 mail: removed, gave up
            00:21 recorded 1-3
        "#]],
    );
}

/// K-07: three minutes from Started.
#[test]
fn a_11_with_time_outs_after_0_8_and_26_minutes() {
    check(
        "
        online
        open
        worker starts
        00:01 register mail
        +30d
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:04 cancel 1-1: time limit
            00:04 mail: timed out, charged, next 00:09
            00:09 wake 1-2 mail
            00:12 cancel 1-2: time limit
            00:12 mail: timed out, charged, next 00:27
            00:27 wake 1-3 mail, last chance
            00:30 cancel 1-3: time limit
            00:30 mail: timed out, charged
            00:30 mail: removed, gave up
        "#]],
    );
}

#[test]
fn k_02_the_limit_is_policy() {
    let policy =
        Policy { rules: Rules { max_attempts: 5, ..Rules::default() }, ..Policy::default() };
    check_under(
        &policy,
        "
        online
        open
        worker rejected after 0s
        00:01 register mail
        +30d
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:06 wake 1-2 mail
            00:06 mail: rejected, charged, next 00:21
            00:06 recorded 1-2
            00:21 wake 1-3 mail
            00:21 mail: rejected, charged, next 01:06
            00:21 recorded 1-3
            01:06 wake 1-4 mail
            01:06 mail: rejected, charged, next 03:21
            01:06 recorded 1-4
            03:21 wake 1-5 mail, last chance
            03:21 mail: rejected, charged
            03:21 mail: removed, gave up
            03:21 recorded 1-5
        "#]],
    );
}

#[test]
fn k_07_the_limit_counts_from_started() {
    check(
        "
        online
        open
        00:01 register mail
        00:01:20 start mail
        00:04:19 show mail
        00:04:20
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:04:19 mail: firing 1-1 until 00:04:20, 0/3 charged, expires 30d 00:01
            00:04:20 cancel 1-1: time limit
            00:04:20 mail: timed out, charged, next 00:09:20
        "#]],
    );
}

/// W-07: the longer of both delays counts.
#[test]
fn p_04_a_server_delays_the_next_attempt() {
    check(
        "
        online
        open
        00:01 register mail
        register news
        finish mail rejected retry 1h
        finish news rejected retry 1m
        00:06 finish news completed
        01:01
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered news: created as 2, next 00:01
            00:01 wake 1-2 news
            00:01 mail: rejected, charged, next 01:01
            00:01 recorded 1-1
            00:01 news: rejected, charged, next 00:06
            00:01 recorded 1-2
            00:06 wake 1-3 news
            00:06 news: completed, free
            00:06 news: removed, completed
            00:06 recorded 1-3
            01:01 wake 1-4 mail
        "#]],
    );
}

#[test]
fn p_04_a_server_delays_by_a_day_at_most() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail rejected retry 3d
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 1d 00:01
            00:01 recorded 1-1
            00:01 mail: waiting, next 1d 00:01, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:01 until 1d 00:01
        "#]],
    );
}

#[test]
fn p_04_holds_for_free_endings_too() {
    check(
        "
        online
        open
        00:01 register mail
        register news
        finish mail offline retry 1h
        offline
        finish news offline retry 1h
        online
        01:00
        01:01
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered news: created as 2, next 00:01
            00:01 wake 1-2 news
            00:01 mail: offline, free, next 01:01
            00:01 recorded 1-1
            00:01 news: offline, free, next 01:01
            00:01 recorded 1-2
            01:01 wake 1-3 mail
            01:01 wake 1-4 news
        "#]],
    );
}

/// P-01.
#[test]
fn p_04_registering_again_does_not_wait() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail rejected retry 1h
        register mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 01:01
            00:01 recorded 1-1
            00:01 registered mail: rearmed, next 00:01
            00:01 wake 1-2 mail
        "#]],
    );
}

#[test]
fn p_04_holds_where_the_regular_interval_is_shorter() {
    check(
        "
        online
        open
        register news every 12h
        12:00 finish news completed retry 20h
        show news
        32:00 finish news completed retry 1h
        show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            12:00 wake 1-1 news (periodic)
            12:00 news: completed, free, next 1d 08:00
            12:00 recorded 1-1
            12:00 news: waiting, next 1d 08:00, 0/3 charged, anchor 12:00
                    BACKOFF since 12:00 until 1d 08:00
            1d 08:00 wake 1-2 news (periodic)
            1d 08:00 news: completed, free, next 1d 20:00
            1d 08:00 recorded 1-2
            1d 08:00 news: pending, next 1d 20:00, 0/3 charged, anchor 1d 08:00
                    NOT_DUE since 1d 08:00 until 1d 20:00
        "#]],
    );
}
