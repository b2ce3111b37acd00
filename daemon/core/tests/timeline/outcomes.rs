//! The table of outcomes: what is charged, and what comes then (P-02).

use expect_test::expect;

use super::check;

#[test]
fn p_02_completed_while_the_network_drops_is_done() {
    check(
        "
        online
        open
        00:01 register mail
        offline
        finish mail completed
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: completed, free
            00:01 mail: removed, completed
            00:01 recorded 1-1
            00:01 mail: none
        "#]],
    );
}

#[test]
fn p_02_rejected_is_charged() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail rejected
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:01 mail: waiting, next 00:06, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:01 until 00:06
        "#]],
    );
}

/// W-04: an attempt that was made while the network was only nominally up.
#[test]
fn p_02_rejected_while_offline_is_free_three_times_in_a_row() {
    check(
        "
        online
        open
        00:01 register mail
        offline
        finish mail rejected
        show mail
        00:02 online
        +1s offline
        finish mail rejected
        00:03 online
        +1s offline
        finish mail rejected
        00:04 online
        +1s offline
        finish mail rejected
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, free, next 00:01
            00:01 recorded 1-1
            00:01 mail: pending, next 00:01, 0/3 charged, 1 in a row offline, expires 30d 00:01
                    OFFLINE since 00:01
            00:02:01 wake 1-2 mail
            00:02:01 mail: rejected, free, next 00:02:01
            00:02:01 recorded 1-2
            00:03:01 wake 1-3 mail
            00:03:01 mail: rejected, free, next 00:03:01
            00:03:01 recorded 1-3
            00:04:01 wake 1-4 mail
            00:04:01 mail: rejected, charged, next 00:09:01
            00:04:01 recorded 1-4
            00:04:01 mail: waiting, next 00:09:01, 1/3 charged, 4 in a row offline, expires 30d 00:01
                    BACKOFF since 00:04:01 until 00:09:01
                    OFFLINE since 00:04:01
        "#]],
    );
}

#[test]
fn p_02_timed_out_is_charged() {
    check(
        "
        online
        open
        worker starts
        00:01 register mail
        00:04 show mail
        finish 1-1 completed
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:04 cancel 1-1: time limit
            00:04 mail: timed out, charged, next 00:09
            00:04 mail: waiting, next 00:09, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:04 until 00:09
            00:04 recorded 1-1: does not count
        "#]],
    );
}

/// Then each is charged, until it is given up.
#[test]
fn p_02_offline_is_free_three_times_in_a_row() {
    check(
        "
        online
        open
        worker offline after 1s
        00:01 register mail
        +1h
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01:01 mail: offline, free, next 00:01:02
            00:01:01 recorded 1-1
            00:01:02 wake 1-2 mail
            00:01:03 mail: offline, free, next 00:01:04
            00:01:03 recorded 1-2
            00:01:04 wake 1-3 mail
            00:01:05 mail: offline, free, next 00:01:06
            00:01:05 recorded 1-3
            00:01:06 wake 1-4 mail
            00:01:07 mail: offline, charged, next 00:06:07
            00:01:07 recorded 1-4
            00:06:07 wake 1-5 mail
            00:06:08 mail: offline, charged, next 00:21:08
            00:06:08 recorded 1-5
            00:21:08 wake 1-6 mail, last chance
            00:21:09 mail: offline, charged
            00:21:09 mail: removed, gave up
            00:21:09 recorded 1-6
        "#]],
    );
}

#[test]
fn p_02_another_ending_starts_the_row_anew() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail offline
        +1s finish mail offline
        +1s finish mail offline
        +1s finish mail unavailable
        +30s finish mail offline
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: offline, free, next 00:01:01
            00:01 recorded 1-1
            00:01:01 wake 1-2 mail
            00:01:01 mail: offline, free, next 00:01:02
            00:01:01 recorded 1-2
            00:01:02 wake 1-3 mail
            00:01:02 mail: offline, free, next 00:01:03
            00:01:02 recorded 1-3
            00:01:03 wake 1-4 mail
            00:01:03 mail: unavailable, free, next 00:01:33
            00:01:03 recorded 1-4
            00:01:33 wake 1-5 mail
            00:01:33 mail: offline, free, next 00:01:34
            00:01:33 recorded 1-5
            00:01:33 mail: waiting, next 00:01:34, 0/3 charged, 1 in a row offline, expires 30d 00:01
                    BACKOFF since 00:01:33 until 00:01:34
        "#]],
    );
}

#[test]
fn p_02_offline_while_the_host_is_offline_waits_for_the_network() {
    check(
        "
        online
        open
        00:01 register mail
        offline
        finish mail offline
        show mail
        00:02 online
        +1s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: offline, free, next 00:01
            00:01 recorded 1-1
            00:01 mail: pending, next 00:01, 0/3 charged, 1 in a row offline, expires 30d 00:01
                    OFFLINE since 00:01
            00:02:01 wake 1-2 mail
        "#]],
    );
}

#[test]
fn p_02_an_abort_of_its_own_is_as_good_as_a_lost_session() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        finish mail aborted
        finish mail aborted
        start mail
        finish mail aborted
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: aborted, free, next 00:01
            00:01 recorded 1-1
            00:01 wake 1-2 mail
            00:01 mail: aborted, free, next 00:01
            00:01 recorded 1-2
            00:01 wake 1-3 mail
            00:01 mail: aborted, free, next 00:01
            00:01 recorded 1-3
            00:01 wake 1-4 mail
            00:01 mail: firing 1-4 until 00:01:30, 0/3 charged, 1 in a row lost started, expires 30d 00:01
        "#]],
    );
}

/// The wait doubles from 30 s to an hour; no charge shortens it.
#[test]
fn p_09_unavailable_is_free_ten_times_in_a_row() {
    check(
        "
        online
        open
        worker unavailable after 0s
        00:01 register mail
        +1d
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: unavailable, free, next 00:01:30
            00:01 recorded 1-1
            00:01:30 wake 1-2 mail
            00:01:30 mail: unavailable, free, next 00:02:30
            00:01:30 recorded 1-2
            00:02:30 wake 1-3 mail
            00:02:30 mail: unavailable, free, next 00:04:30
            00:02:30 recorded 1-3
            00:04:30 wake 1-4 mail
            00:04:30 mail: unavailable, free, next 00:08:30
            00:04:30 recorded 1-4
            00:08:30 wake 1-5 mail
            00:08:30 mail: unavailable, free, next 00:16:30
            00:08:30 recorded 1-5
            00:16:30 wake 1-6 mail
            00:16:30 mail: unavailable, free, next 00:32:30
            00:16:30 recorded 1-6
            00:32:30 wake 1-7 mail
            00:32:30 mail: unavailable, free, next 01:04:30
            00:32:30 recorded 1-7
            01:04:30 wake 1-8 mail
            01:04:30 mail: unavailable, free, next 02:04:30
            01:04:30 recorded 1-8
            02:04:30 wake 1-9 mail
            02:04:30 mail: unavailable, free, next 03:04:30
            02:04:30 recorded 1-9
            03:04:30 wake 1-10 mail
            03:04:30 mail: unavailable, free, next 04:04:30
            03:04:30 recorded 1-10
            04:04:30 wake 1-11 mail
            04:04:30 mail: unavailable, charged, next 05:04:30
            04:04:30 recorded 1-11
            05:04:30 wake 1-12 mail
            05:04:30 mail: unavailable, charged, next 06:04:30
            05:04:30 recorded 1-12
            06:04:30 wake 1-13 mail, last chance
            06:04:30 mail: unavailable, charged
            06:04:30 mail: removed, gave up
            06:04:30 recorded 1-13
        "#]],
    );
}

/// Started must come inside 30 s; one that comes later does not count, as its outcome does not.
#[test]
fn p_09_what_does_not_start_is_unavailable() {
    check(
        "
        online
        open
        00:01 register mail
        00:02 show mail
        start 1-1
        finish 1-1 completed
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01:30 cancel 1-1: time limit
            00:01:30 mail: unavailable, free, next 00:02
            00:02 wake 1-2 mail
            00:02 mail: firing 1-2 until 00:02:30, 0/3 charged, 1 in a row unavailable, expires 30d 00:01
            00:02 recorded 1-1: does not count
            00:02 recorded 1-1: does not count
        "#]],
    );
}

/// Of both kinds, also what fires; other scopes stay.
#[test]
fn p_09_scope_gone_removes_the_whole_scope() {
    check(
        "
        online
        open
        00:01 register mail
        register cart
        register news every 12h
        register shop:mail
        finish mail scope-gone
        list
        finish cart completed
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered cart: created as 2, next 00:01
            00:01 wake 1-2 cart
            00:01 registered news: created as 3, next 12:01
            00:01 registered shop:mail: created as 4, next 00:01
            00:01 wake 1-3 shop:mail
            00:01 mail: scope gone, free
            00:01 mail: removed, scope gone
            00:01 cancel 1-2: removed
            00:01 cart: removed, scope gone
            00:01 news: removed, scope gone
            00:01 recorded 1-1
            00:01 shop:mail
            00:01 recorded 1-2: does not count
        "#]],
    );
}

#[test]
fn p_09_scope_gone_counts_also_when_registered_again() {
    check(
        "
        online
        open
        00:01 register mail
        register mail
        finish mail scope-gone
        list
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered mail: rearmed, next unknown
            00:01 mail: scope gone, free
            00:01 mail: removed, scope gone
            00:01 recorded 1-1
            00:01 nothing
        "#]],
    );
}

/// Then it is charged and backs off.
#[test]
fn p_02_lost_before_started_is_free_ten_times_in_a_row() {
    check(
        "
        online
        open
        00:01 register mail
        open
        open
        open
        open
        open
        open
        open
        open
        open
        open
        show mail
        open
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 close session 1: superseded
            00:01 mail: lost, free, next 00:01
            00:01 wake 1-2 mail
            00:01 close session 2: superseded
            00:01 mail: lost, free, next 00:01
            00:01 wake 1-3 mail
            00:01 close session 3: superseded
            00:01 mail: lost, free, next 00:01
            00:01 wake 1-4 mail
            00:01 close session 4: superseded
            00:01 mail: lost, free, next 00:01
            00:01 wake 1-5 mail
            00:01 close session 5: superseded
            00:01 mail: lost, free, next 00:01
            00:01 wake 1-6 mail
            00:01 close session 6: superseded
            00:01 mail: lost, free, next 00:01
            00:01 wake 1-7 mail
            00:01 close session 7: superseded
            00:01 mail: lost, free, next 00:01
            00:01 wake 1-8 mail
            00:01 close session 8: superseded
            00:01 mail: lost, free, next 00:01
            00:01 wake 1-9 mail
            00:01 close session 9: superseded
            00:01 mail: lost, free, next 00:01
            00:01 wake 1-10 mail
            00:01 close session 10: superseded
            00:01 mail: lost, free, next 00:01
            00:01 wake 1-11 mail
            00:01 mail: firing 1-11 until 00:01:30, 0/3 charged, 10 in a row lost unstarted, expires 30d 00:01
            00:01 close session 11: superseded
            00:01 mail: lost, charged, next 00:06
            00:01 mail: waiting, next 00:06, 1/3 charged, 11 in a row lost unstarted, expires 30d 00:01
                    BACKOFF since 00:01 until 00:06
        "#]],
    );
}

#[test]
fn p_02_lost_after_started_is_free_once_in_a_row() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        open
        show mail
        start mail
        open
        show mail
        00:06 start mail
        open
        show mail
        00:21 start mail
        open
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 close session 1: superseded
            00:01 mail: lost, free, next 00:01
            00:01 wake 1-2 mail
            00:01 mail: firing 1-2 until 00:01:30, 0/3 charged, 1 in a row lost started, expires 30d 00:01
            00:01 close session 2: superseded
            00:01 mail: lost, charged, next 00:06
            00:01 mail: waiting, next 00:06, 1/3 charged, 2 in a row lost started, expires 30d 00:01
                    BACKOFF since 00:01 until 00:06
            00:06 wake 1-3 mail
            00:06 close session 3: superseded
            00:06 mail: lost, charged, next 00:21
            00:06 mail: waiting, next 00:21, 2/3 charged, 3 in a row lost started, expires 30d 00:01
                    BACKOFF since 00:06 until 00:21
            00:21 wake 1-4 mail, last chance
            00:21 close session 4: superseded
            00:21 mail: lost, charged
            00:21 mail: removed, gave up
        "#]],
    );
}

#[test]
fn p_02_periodic_endings_count_alike() {
    check(
        "
        online
        open
        register news every 12h
        12:00 finish news offline
        +1s finish news unavailable
        +30s finish news rejected
        show news
        +5m finish news completed
        show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            12:00 wake 1-1 news (periodic)
            12:00 news: offline, free, next 12:00:01
            12:00 recorded 1-1
            12:00:01 wake 1-2 news (periodic)
            12:00:01 news: unavailable, free, next 12:00:31
            12:00:01 recorded 1-2
            12:00:31 wake 1-3 news (periodic)
            12:00:31 news: rejected, charged, next 12:05:31
            12:00:31 recorded 1-3
            12:00:31 news: waiting, next 12:05:31, 1/3 charged, anchor 00:00
                    BACKOFF since 12:00:31 until 12:05:31
            12:05:31 wake 1-4 news (periodic)
            12:05:31 news: completed, free, next 1d 00:15
            12:05:31 recorded 1-4
            12:05:31 news: pending, next 1d 00:05:31, 0/3 charged, anchor 12:05:31
                    NOT_DUE since 12:05:31 until 1d 00:05:31
        "#]],
    );
}
