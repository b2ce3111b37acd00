//! One-off syncs: S-O-02 to S-O-38, P-01.

use expect_test::expect;
use pwasync_core::policy::{Policy, Rules};

use super::{check, check_under};

#[test]
fn s_o_02_the_same_tag_in_another_scope_is_another_registration() {
    check(
        "
        register mail
        register shop:mail
        unregister mail
        list
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00:03
            00:00 registered shop:mail: created as 2, next 00:00:03
            00:00 unregistered: removed
            00:00 mail: removed, unregistered
            00:00 shop:mail
        "#]],
    );
}

/// P-01: with a count of 0 again, unlike Chromium (D-1).
#[test]
fn s_o_13_p_01_registering_in_back_off_runs_at_once() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail rejected
        00:02 show mail
        register mail
        show mail
        finish mail rejected
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:02 mail: waiting, next 00:06, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:01 until 00:06
            00:02 registered mail: rearmed, next 00:02
            00:02 wake 1-2 mail
            00:02 mail: firing 1-2 until 00:02:30, 0/3 charged, expires 30d 00:02
            00:02 mail: rejected, charged, next 00:07
            00:02 recorded 1-2
            00:02 mail: waiting, next 00:07, 1/3 charged, expires 30d 00:02
                    BACKOFF since 00:02 until 00:07
        "#]],
    );
}

/// C046, C021: one event, however often it is registered.
#[test]
fn s_o_13_registering_what_waits_changes_nothing() {
    check(
        "
        open
        offline
        register mail
        +1m register mail
        +1m online
        +1s finish mail completed
        +1h
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00
            00:01 registered mail: unchanged, next 00:01
            00:02:01 wake 1-1 mail
            00:02:01 mail: completed, free
            00:02:01 mail: removed, completed
            00:02:01 recorded 1-1
        "#]],
    );
}

#[test]
fn s_o_13_registering_while_firing_is_remembered() {
    check(
        "
        online
        open
        00:01 register mail
        register mail
        show mail
        register mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered mail: rearmed, next unknown
            00:01 mail: reregistered while firing 1-1 until 00:01:30, 0/3 charged, expires 30d 00:01
            00:01 registered mail: unchanged, next unknown
        "#]],
    );
}

/// C001, C004, C039, P-14.
#[test]
fn s_o_14_a_new_tag_fires_after_its_answer() {
    check(
        "
        online
        open
        00:01 register mail
        +1s finish mail completed
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01:01 mail: completed, free
            00:01:01 mail: removed, completed
            00:01:01 recorded 1-1
        "#]],
    );
}

/// C006, C012.
#[test]
fn s_o_14_offline_it_is_only_kept() {
    check(
        "
        open
        offline
        00:01 register mail
        register news
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 registered news: created as 2, next 00:01
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    OFFLINE since 00:00
        "#]],
    );
}

/// C016, C018, C177, C240: in order of registration. C036: the empty tag is one.
#[test]
fn s_o_20_tags_are_listed_whatever_their_state() {
    check(
        "
        online
        open
        tags app:
        00:01 register waits
        finish waits rejected
        register ana/
        register fires
        register again
        register again
        tags app:
        tags app: periodic
        ",
        expect![[r#"
            00:00 no tags
            00:01 registered waits: created as 1, next 00:01
            00:01 wake 1-1 waits
            00:01 waits: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:01 registered : created as 2, next 00:01
            00:01 wake 1-2 
            00:01 registered fires: created as 3, next 00:01
            00:01 wake 1-3 fires
            00:01 registered again: created as 4, next 00:01
            00:01 wake 1-4 again
            00:01 registered again: rearmed, next unknown
            00:01 tags `waits` `` `fires` `again`
            00:01 no tags
        "#]],
    );
}

/// C049.
#[test]
fn s_o_30_coming_online_fires_all_that_is_pending() {
    check(
        "
        open
        offline
        00:01 register mail
        register news
        register shop:cart
        00:02 online
        +1s
        offline
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 registered news: created as 2, next 00:01
            00:01 registered shop:cart: created as 3, next 00:01
            00:02:01 wake 1-1 mail
            00:02:01 wake 1-2 shop:cart
            00:02:01 wake 1-3 news
        "#]],
    );
}

#[test]
fn s_o_31_what_fires_does_not_fire_again() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        +10s offline
        +10s online
        +10s finish mail completed
        +1h
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01:30 mail: completed, free
            00:01:30 mail: removed, completed
            00:01:30 recorded 1-1
        "#]],
    );
}

/// C081.
#[test]
fn s_o_32_last_chance_is_said_with_the_last_attempt_only() {
    let policy =
        Policy { rules: Rules { max_attempts: 2, ..Rules::default() }, ..Policy::default() };
    check_under(
        &policy,
        "
        online
        open
        worker rejected after 0s
        00:01 register mail
        +1h
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:06 wake 1-2 mail, last chance
            00:06 mail: rejected, charged
            00:06 mail: removed, gave up
            00:06 recorded 1-2
        "#]],
    );
}

/// A lost session is one too, in the end: see the table of outcomes.
#[test]
fn s_o_33_rejection_and_time_out_are_failures() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        register news
        start news
        finish mail rejected
        +3m
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered news: created as 2, next 00:01
            00:01 wake 1-2 news
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:04 cancel 1-2: time limit
            00:04 news: timed out, charged, next 00:09
        "#]],
    );
}

/// C054, C174: visible while it fires.
#[test]
fn s_o_34_success_removes_it() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        tags app:
        +1m finish mail completed
        tags app:
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 tags `mail`
            00:02 mail: completed, free
            00:02 mail: removed, completed
            00:02 recorded 1-1
            00:02 no tags
        "#]],
    );
}

/// C045.
#[test]
fn s_o_35_success_of_what_was_registered_again_fires_again() {
    check(
        "
        online
        open
        00:01 register mail
        register mail
        finish mail completed
        finish mail completed
        +1h
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered mail: rearmed, next unknown
            00:01 mail: completed, free, next 00:01
            00:01 recorded 1-1
            00:01 wake 1-2 mail
            00:01 mail: completed, free
            00:01 mail: removed, completed
            00:01 recorded 1-2
        "#]],
    );
}

#[test]
fn s_o_35_offline_it_stays_pending() {
    check(
        "
        online
        open
        00:01 register mail
        register mail
        offline
        finish mail completed
        show mail
        +1m online
        +1s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered mail: rearmed, next unknown
            00:01 mail: completed, free, next 00:01
            00:01 recorded 1-1
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    OFFLINE since 00:01
            00:02:01 wake 1-2 mail
        "#]],
    );
}

/// C043: also on its last chance.
#[test]
fn s_o_36_failure_of_what_was_registered_again_is_forgotten() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail rejected
        +5m finish mail rejected
        +15m register mail
        finish mail rejected
        show mail
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
            00:21 registered mail: rearmed, next unknown
            00:21 mail: rejected, free, next 00:21
            00:21 recorded 1-3
            00:21 wake 1-4 mail
            00:21 mail: firing 1-4 until 00:21:30, 0/3 charged, expires 30d 00:21
        "#]],
    );
}

/// C076.
#[test]
fn s_o_37_failure_waits_for_the_full_delay() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail rejected
        00:05:59 show mail
        00:06
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:05:59 mail: waiting, next 00:06, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:01 until 00:06
            00:06 wake 1-2 mail
        "#]],
    );
}

#[test]
fn s_o_37_a_wait_that_ends_offline_holds_on() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail rejected
        offline
        00:10 show mail
        online
        +1s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:10 mail: pending, next 00:10, 1/3 charged, expires 30d 00:01
                    OFFLINE since 00:01
            00:10:01 wake 1-2 mail
        "#]],
    );
}

/// C052, C175.
#[test]
fn s_o_38_failure_on_the_last_chance_removes_it() {
    let policy =
        Policy { rules: Rules { max_attempts: 1, ..Rules::default() }, ..Policy::default() };
    check_under(
        &policy,
        "
        online
        open
        00:01 register mail
        finish mail rejected
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail, last chance
            00:01 mail: rejected, charged
            00:01 mail: removed, gave up
            00:01 recorded 1-1
            00:01 mail: none
        "#]],
    );
}
