//! What the network's return does to a back-off: P-03.

use expect_test::expect;

use super::check;

/// W-03: not minutes later.
#[test]
fn p_03_the_network_s_return_ends_a_back_off() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail rejected
        show mail
        00:02 offline
        show mail
        00:03 online
        show mail
        +1s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:01 mail: waiting, next 00:06, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:01 until 00:06
            00:02 mail: waiting, next 00:06, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:01 until 00:06
                    OFFLINE since 00:02
            00:03 mail: waiting, next 00:03:01, 1/3 charged, expires 30d 00:01
                    SETTLING since 00:03 until 00:03:01
            00:03:01 wake 1-2 mail
        "#]],
    );
}

/// Only a settled network is one.
#[test]
fn p_03_a_return_that_does_not_settle_ends_nothing() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail rejected
        00:02 offline
        00:03 online
        +900ms offline
        +1s show mail
        00:06
        00:07 online
        +1s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:03:01.900 mail: waiting, next 00:03:01.900, 1/3 charged, expires 30d 00:01
                    OFFLINE since 00:03:00.900
            00:07:01 wake 1-2 mail
        "#]],
    );
}

#[test]
fn p_03_another_network_is_a_return() {
    check(
        "
        online 1
        open
        00:01 register mail
        finish mail rejected
        00:02 online 2
        +1s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:02:01 wake 1-2 mail
        "#]],
    );
}

#[test]
fn p_03_more_of_the_same_network_is_none() {
    check(
        "
        online 1
        open
        00:01 register mail
        finish mail rejected
        00:02 online 1
        full wifi
        unmetered
        00:05 show mail
        00:06
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:05 mail: waiting, next 00:06, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:01 until 00:06
            00:06 wake 1-2 mail
        "#]],
    );
}

#[test]
fn p_03_another_connection_of_the_manager_is_a_return() {
    check(
        "
        online
        full network 7
        open
        00:01 register mail
        finish mail rejected
        00:02 network 8
        +1s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:02:01 wake 1-2 mail
        "#]],
    );
}

/// So that a network that comes and goes does not hurry it on.
#[test]
fn p_03_no_sooner_than_30_s_after_the_attempt() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail rejected
        +5s offline
        +5s online
        +10s show mail
        +9s show mail
        +1s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:01:20 mail: waiting, next 00:01:30, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:01 until 00:01:30
            00:01:29 mail: waiting, next 00:01:30, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:01 until 00:01:30
            00:01:30 wake 1-2 mail
        "#]],
    );
}

#[test]
fn p_03_the_attempts_are_free_and_three_at_most() {
    check(
        "
        online
        open
        worker rejected after 0s
        00:01 register mail
        00:02 offline
        00:03 online
        00:04 offline
        00:05 online
        00:06 offline
        00:07 online
        00:08 show mail
        00:09 offline
        00:10 online
        00:11 show mail
        00:20
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:03:01 wake 1-2 mail
            00:03:01 mail: rejected, free, next 00:08:01
            00:03:01 recorded 1-2
            00:05:01 wake 1-3 mail
            00:05:01 mail: rejected, free, next 00:10:01
            00:05:01 recorded 1-3
            00:07:01 wake 1-4 mail
            00:07:01 mail: rejected, free, next 00:12:01
            00:07:01 recorded 1-4
            00:08 mail: waiting, next 00:12:01, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:07:01 until 00:12:01
            00:11 mail: waiting, next 00:12:01, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:07:01 until 00:12:01
            00:12:01 wake 1-5 mail
            00:12:01 mail: rejected, charged, next 00:27:01
            00:12:01 recorded 1-5
        "#]],
    );
}

/// A charged attempt comes after it, at the earliest after the same delay.
#[test]
fn p_03_an_attempt_that_was_brought_forward_is_no_last_chance() {
    check(
        "
        online
        open
        worker rejected after 0s
        00:01 register mail
        00:06 show mail
        00:07 offline
        00:08 online
        00:09 show mail
        00:30
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:06 wake 1-2 mail
            00:06 mail: rejected, charged, next 00:21
            00:06 recorded 1-2
            00:06 mail: waiting, next 00:21, 2/3 charged, expires 30d 00:01
                    BACKOFF since 00:06 until 00:21
            00:08:01 wake 1-3 mail
            00:08:01 mail: rejected, free, next 00:23:01
            00:08:01 recorded 1-3
            00:09 mail: waiting, next 00:23:01, 2/3 charged, expires 30d 00:01
                    BACKOFF since 00:08:01 until 00:23:01
            00:23:01 wake 1-4 mail, last chance
            00:23:01 mail: rejected, charged
            00:23:01 mail: removed, gave up
            00:23:01 recorded 1-4
        "#]],
    );
}

#[test]
fn p_03_success_counts() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail rejected
        00:02 offline
        00:03 online
        +1s finish mail completed
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:03:01 wake 1-2 mail
            00:03:01 mail: completed, free
            00:03:01 mail: removed, completed
            00:03:01 recorded 1-2
            00:03:01 mail: none
        "#]],
    );
}

/// S-O-13: registered again it begins anew, and so do the three.
#[test]
fn p_03_registering_again_gives_three_more() {
    check(
        "
        online
        open
        worker rejected after 0s
        00:01 register mail
        00:02 offline
        00:03 online
        00:04 offline
        00:05 online
        00:06 offline
        00:07 online
        00:08 register mail
        00:09 offline
        00:10 online
        00:11 show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:03:01 wake 1-2 mail
            00:03:01 mail: rejected, free, next 00:08:01
            00:03:01 recorded 1-2
            00:05:01 wake 1-3 mail
            00:05:01 mail: rejected, free, next 00:10:01
            00:05:01 recorded 1-3
            00:07:01 wake 1-4 mail
            00:07:01 mail: rejected, free, next 00:12:01
            00:07:01 recorded 1-4
            00:08 registered mail: rearmed, next 00:08
            00:08 wake 1-5 mail
            00:08 mail: rejected, charged, next 00:13
            00:08 recorded 1-5
            00:10:01 wake 1-6 mail
            00:10:01 mail: rejected, free, next 00:15:01
            00:10:01 recorded 1-6
            00:11 mail: waiting, next 00:15:01, 1/3 charged, expires 30d 00:08
                    BACKOFF since 00:10:01 until 00:15:01
        "#]],
    );
}

/// P-04: what a server asked for is no matter of the network.
#[test]
fn p_03_a_server_s_delay_is_not_cut_short() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail rejected retry 20m
        00:02 offline
        00:03 online
        00:20 show mail
        00:21
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:21
            00:01 recorded 1-1
            00:20 mail: waiting, next 00:21, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:01 until 00:21
            00:21 wake 1-2 mail
        "#]],
    );
}

/// P-09: nor is a worker that does not start.
#[test]
fn p_03_a_worker_that_did_not_start_is_not_hurried() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail unavailable
        00:01:40 finish mail unavailable
        00:01:45 offline
        00:01:46 online
        +10s show mail
        +1m
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: unavailable, free, next 00:01:30
            00:01 recorded 1-1
            00:01:30 wake 1-2 mail
            00:01:40 mail: unavailable, free, next 00:02:40
            00:01:40 recorded 1-2
            00:01:56 mail: waiting, next 00:02:40, 0/3 charged, 2 in a row unavailable, expires 30d 00:01
                    BACKOFF since 00:01:40 until 00:02:40
            00:02:40 wake 1-3 mail
        "#]],
    );
}

#[test]
fn p_03_periodic_tags_retry_sooner_too() {
    check(
        "
        online
        open
        register news every 12h
        12:00 finish news rejected
        12:01 offline
        12:02 online
        +1s finish news completed
        show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            12:00 wake 1-1 news (periodic)
            12:00 news: rejected, charged, next 12:05
            12:00 recorded 1-1
            12:02:01 wake 1-2 news (periodic)
            12:02:01 news: completed, free, next 1d 00:15
            12:02:01 recorded 1-2
            12:02:01 news: pending, next 1d 00:02:01, 0/3 charged, anchor 12:02:01
                    NOT_DUE since 12:02:01 until 1d 00:02:01
        "#]],
    );
}

/// It came back while the daemon was restarting, or before.
#[test]
fn p_03_a_return_before_a_restart_counts() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail rejected
        00:01:10 offline
        00:01:20 online
        00:01:25 crash
        open
        +1s show mail
        +10s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:01:26 mail: waiting, next 00:01:30, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:01 until 00:01:30
            00:01:30 wake 2-1 mail
        "#]],
    );
}

/// The daemon's own start is no return.
#[test]
fn p_03_a_restart_is_no_return() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail rejected
        00:02 crash
        open
        00:05 show mail
        00:06
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:05 mail: waiting, next 00:06, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:01 until 00:06
            00:06 wake 2-1 mail
        "#]],
    );
}

#[test]
fn p_03_the_count_survives_a_restart() {
    check(
        "
        online
        open
        worker rejected after 0s
        00:01 register mail
        00:02 offline
        00:03 online
        00:04 offline
        00:05 online
        00:06 offline
        00:07 online
        00:08 crash
        open
        00:09 offline
        00:10 online
        00:11 show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:03:01 wake 1-2 mail
            00:03:01 mail: rejected, free, next 00:08:01
            00:03:01 recorded 1-2
            00:05:01 wake 1-3 mail
            00:05:01 mail: rejected, free, next 00:10:01
            00:05:01 recorded 1-3
            00:07:01 wake 1-4 mail
            00:07:01 mail: rejected, free, next 00:12:01
            00:07:01 recorded 1-4
            00:11 mail: waiting, next 00:12:01, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:07:01 until 00:12:01
        "#]],
    );
}

#[test]
fn p_03_what_is_held_waits_on() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail rejected
        pause origin:app for 10m
        00:02 offline
        00:03 online
        +2s show mail
        00:04 unpause origin:app
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:01 pause of origin https://app.example of ana until 00:11
            00:03:02 mail: waiting, next 00:11, 1/3 charged, expires 30d 00:01
                    PAUSED since 00:01 until 00:11
            00:04 gave back 1
            00:04 wake 1-2 mail
        "#]],
    );
}

#[test]
fn p_03_a_resume_alone_is_no_return() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail rejected
        00:02 suspend
        00:03 resume
        00:04 show mail
        00:06
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:04 mail: waiting, next 00:06, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:01 until 00:06
            00:06 wake 1-2 mail
        "#]],
    );
}
