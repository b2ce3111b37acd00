//! Sessions and attempts: P-06 and the order of Attach.

use expect_test::expect;

use super::check;

#[test]
fn p_06_an_attempt_stays_out_when_its_session_is_lost() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        close
        show mail
        register mail
        00:03 show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: firing 1-1 until 00:04, 0/3 charged, expires 30d 00:01
            00:01 registered mail: rearmed, next unknown
            00:03 mail: reregistered while firing 1-1 until 00:04, 0/3 charged, expires 30d 00:01
        "#]],
    );
}

/// Its limit stands.
#[test]
fn p_06_a_session_that_names_it_carries_on() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        00:02 close
        00:03 open running 1-1
        show mail
        finish 1-1 completed
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:03 mail: firing 1-1 until 00:04, 0/3 charged, expires 30d 00:01
            00:03 mail: completed, free
            00:03 mail: removed, completed
            00:03 recorded 1-1
        "#]],
    );
}

#[test]
fn p_06_a_session_that_does_not_name_it_loses_it() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        close
        00:02 open
        finish mail completed
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:02 mail: lost, free, next 00:02
            00:02 wake 1-2 mail
            00:02 mail: completed, free
            00:02 mail: removed, completed
            00:02 recorded 1-2
        "#]],
    );
}

#[test]
fn p_06_at_its_deadline_it_is_lost() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        register news
        close
        00:01:30 show news
        00:04 show mail
        open
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered news: created as 2, next 00:01
            00:01 wake 1-2 news
            00:01:30 news: lost, free, next 00:01:30
            00:01:30 news: pending, next 00:01:30, 0/3 charged, 1 in a row lost unstarted, expires 30d 00:01
                    BROWSER_CLOSED since 00:01
                    NO_LAUNCHER since 00:00
            00:04 mail: lost, free, next 00:04
            00:04 mail: pending, next 00:04, 0/3 charged, 1 in a row lost started, expires 30d 00:01
                    BROWSER_CLOSED since 00:01
                    NO_LAUNCHER since 00:00
            00:04 wake 1-3 mail
            00:04 wake 1-4 news
        "#]],
    );
}

/// The wake had reached the worker, though Started had not come.
#[test]
fn p_06_running_means_started() {
    check(
        "
        online
        open
        00:01 register mail
        close
        +10s open running 1-1
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01:10 mail: firing 1-1 until 00:04:10, 0/3 charged, expires 30d 00:01
        "#]],
    );
}

#[test]
fn an_outcome_that_comes_with_the_next_session_counts_once() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        close
        open finished 1-1 completed
        close
        open finished 1-1 completed
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: completed, free
            00:01 mail: removed, completed
            00:01 recorded 1-1
            00:01 recorded 1-1: does not count
            00:01 mail: none
        "#]],
    );
}

#[test]
fn attempts_that_do_not_count_are_abandoned() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail completed
        register news
        close
        unregister news
        open running 1-1,1-2,7-7
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: completed, free
            00:01 mail: removed, completed
            00:01 recorded 1-1
            00:01 registered news: created as 2, next 00:01
            00:01 wake 1-2 news
            00:01 unregistered: removed
            00:01 news: removed, unregistered
            00:01 abandon 1-1 1-2 7-7
        "#]],
    );
}

#[test]
fn an_attempt_of_another_owner_does_not_count() {
    check(
        "
        online
        open
        00:01 register mail
        open bob running 1-1 finished 1-1 completed
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 abandon 1-1
            00:01 recorded 1-1: does not count
            00:01 mail: firing 1-1 until 00:01:30, 0/3 charged, expires 30d 00:01
        "#]],
    );
}

/// What it names goes on in it, the rest is lost.
#[test]
fn a_newer_session_supersedes_the_older() {
    check(
        "
        online
        open capacity 1
        00:01 register mail
        start mail
        open capacity 1 running 1-1
        show mail
        finish mail completed
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 close session 1: superseded
            00:01 mail: firing 1-1 until 00:04, 0/3 charged, expires 30d 00:01
            00:01 mail: completed, free
            00:01 mail: removed, completed
            00:01 recorded 1-1
        "#]],
    );
}

#[test]
fn an_ended_attempt_is_confirmed_but_does_not_count() {
    check(
        "
        online
        open
        worker starts
        00:01 register mail
        00:04
        finish 1-1 completed
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:04 cancel 1-1: time limit
            00:04 mail: timed out, charged, next 00:09
            00:04 recorded 1-1: does not count
            00:04 mail: waiting, next 00:09, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:04 until 00:09
        "#]],
    );
}

/// C004's order, for the daemon: a browser reconciles first.
#[test]
fn no_wake_leaves_before_ready() {
    check(
        "
        online
        00:01 register mail
        attach
        +1m reconcile ana news
        ready
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:02 reconciled: added 2, removed 1
            00:02 mail: removed, reconciled
            00:02 wake 1-1 news
        "#]],
    );
}

/// P-08.
#[test]
fn a_session_takes_four_events_unless_it_says_otherwise() {
    check(
        "
        online
        open
        00:01 register a
        register b
        register c
        register d
        register e
        show e
        finish b completed
        ",
        expect![[r#"
            00:01 registered a: created as 1, next 00:01
            00:01 wake 1-1 a
            00:01 registered b: created as 2, next 00:01
            00:01 wake 1-2 b
            00:01 registered c: created as 3, next 00:01
            00:01 wake 1-3 c
            00:01 registered d: created as 4, next 00:01
            00:01 wake 1-4 d
            00:01 registered e: created as 5, next 00:01
            00:01 e: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    CONCURRENCY since 00:01
            00:01 b: completed, free
            00:01 b: removed, completed
            00:01 recorded 1-2
            00:01 wake 1-5 e
        "#]],
    );
}
