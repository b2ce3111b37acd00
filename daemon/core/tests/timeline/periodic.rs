//! Periodic syncs: S-P-02 to S-P-44, P-05, P-11, P-15, P-17.

use expect_test::expect;

use super::check;
use crate::support::script;

#[test]
fn s_p_02_one_off_and_periodic_tags_are_apart() {
    check(
        "
        register news
        register news every 12h
        tags app:
        tags app: periodic
        unregister news periodic
        tags app:
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 00:00:03
            00:00 registered news: created as 2, next 12:00
            00:00 tags `news`
            00:00 tags `news`
            00:00 unregistered: removed
            00:00 news: removed, unregistered
            00:00 tags `news`
        "#]],
    );
}

/// C192, C237, C238: raised to the floor, never refused.
#[test]
fn p_11_no_interval_at_all_is_the_shortest() {
    check(
        "
        register news every 0s
        show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            00:00 news: pending, next 12:00, 0/3 charged, anchor 00:00
                    NOT_DUE since 00:00 until 12:00
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
                    STARTING since 00:00 until 00:00:03
        "#]],
    );
}

/// C165, C187.
#[test]
fn s_p_14_a_new_tag_does_not_fire_at_once() {
    check(
        "
        online
        open
        00:01 register news every 12h
        11:59 show news
        ",
        expect![[r#"
            00:01 registered news: created as 1, next 12:01
            11:59 news: pending, next 12:01, 0/3 charged, anchor 00:01
                    NOT_DUE since 00:01 until 12:01
        "#]],
    );
}

/// P-05, C022, C037; not D-4.
#[test]
fn s_p_15_p_05_a_changed_interval_keeps_the_anchor() {
    check(
        "
        online
        open
        register news every 24h
        06:00 register news every 12h
        show news
        12:00 finish news completed
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 1d 00:00
            06:00 registered news: updated, next 12:00
            06:00 news: pending, next 12:00, 0/3 charged, anchor 00:00
                    NOT_DUE since 00:00 until 12:00
            12:00 wake 1-1 news (periodic)
            12:00 news: completed, free, next 1d 00:00
            12:00 recorded 1-1
        "#]],
    );
}

/// S-P-04: nothing runs before its interval has passed.
#[test]
fn s_p_15_a_changed_interval_counts_for_what_is_due() {
    check(
        "
        offline
        open
        register news every 12h
        13:00 register news every 24h
        show news
        online
        24:00
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            13:00 registered news: updated, next 1d 00:00
            13:00 news: pending, next 1d 00:00, 0/3 charged, anchor 00:00
                    NOT_DUE since 00:00 until 1d 00:00
                    OFFLINE since 00:00
            1d 00:00 wake 1-1 news (periodic)
        "#]],
    );
}

#[test]
fn s_p_15_an_interval_that_has_passed_is_due() {
    check(
        "
        online
        open
        register news every 24h
        15:00 register news every 12h
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 1d 00:00
            15:00 registered news: updated, next 15:00
            15:00 wake 1-1 news (periodic)
        "#]],
    );
}

#[test]
fn s_p_15_a_changed_interval_keeps_firing_and_back_off() {
    check(
        "
        online
        open
        register news every 12h
        12:00 register news every 24h
        show news
        finish news rejected
        register news every 36h
        show news
        12:05 finish news completed
        show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            12:00 wake 1-1 news (periodic)
            12:00 registered news: updated, next unknown
            12:00 news: firing 1-1 until 12:00:30, 0/3 charged, anchor 00:00
            12:00 news: rejected, charged, next 12:05
            12:00 recorded 1-1
            12:00 registered news: updated, next 12:05
            12:00 news: waiting, next 12:05, 1/3 charged, anchor 00:00
                    BACKOFF since 12:00 until 12:05
            12:05 wake 1-2 news (periodic)
            12:05 news: completed, free, next 2d 00:15
            12:05 recorded 1-2
            12:05 news: pending, next 2d 00:05, 0/3 charged, anchor 12:05
                    NOT_DUE since 12:05 until 2d 00:05
        "#]],
    );
}

#[test]
fn s_p_16_registering_alike_while_firing_is_remembered() {
    check(
        "
        online
        open
        register news every 12h
        12:00 register news every 12h
        show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            12:00 wake 1-1 news (periodic)
            12:00 registered news: unchanged, next unknown
            12:00 news: reregistered while firing 1-1 until 12:00:30, 0/3 charged, anchor 00:00
        "#]],
    );
}

#[test]
fn s_p_16_registering_alike_changes_nothing_otherwise() {
    check(
        "
        online
        open
        register news every 12h
        06:00 register news every 12h
        12:00 finish news rejected
        register news every 12h
        show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            06:00 registered news: unchanged, next 12:00
            12:00 wake 1-1 news (periodic)
            12:00 news: rejected, charged, next 12:05
            12:00 recorded 1-1
            12:00 registered news: unchanged, next 12:05
            12:00 news: waiting, next 12:05, 1/3 charged, anchor 00:00
                    BACKOFF since 12:00 until 12:05
        "#]],
    );
}

/// C018, C193, C240.
#[test]
fn s_p_20_tags_are_listed() {
    check(
        "
        register news every 12h
        register feed every 24h
        tags app: periodic
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            00:00 registered feed: created as 2, next 1d 00:00
            00:00 tags `news` `feed`
        "#]],
    );
}

/// C169, C195, C241, C242.
#[test]
fn s_p_21_unregistering_an_unknown_tag_is_no_error() {
    check(
        "
        unregister news periodic
        register news every 12h
        unregister news periodic
        tags app: periodic
        ",
        expect![[r#"
            00:00 unregistered: absent
            00:00 registered news: created as 1, next 12:00
            00:00 unregistered: removed
            00:00 news: removed, unregistered
            00:00 no tags
        "#]],
    );
}

/// C003: it never fires again.
#[test]
fn s_p_21_unregistering_does_not_abort_what_fires() {
    check(
        "
        online
        open
        register news every 12h
        12:00 start news
        unregister news
        12:01 finish news completed
        +30d
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            12:00 wake 1-1 news (periodic)
            12:00 unregistered: removed
            12:00 news: removed, unregistered
            12:01 recorded 1-1: does not count
        "#]],
    );
}

/// C067.
#[test]
fn s_p_32_a_tag_is_due_when_its_interval_has_just_passed() {
    check(
        "
        online
        open
        register news every 12h
        11:59:59 show news
        12:00
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            11:59:59 news: pending, next 12:00, 0/3 charged, anchor 00:00
                    NOT_DUE since 00:00 until 12:00
            12:00 wake 1-1 news (periodic)
        "#]],
    );
}

#[test]
fn s_p_40_what_was_removed_does_not_fire() {
    check(
        "
        offline
        open
        register news every 12h
        12:00 unregister news
        online
        +1d
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            12:00 unregistered: removed
            12:00 news: removed, unregistered
        "#]],
    );
}

/// C040, C199: it stays registered.
#[test]
fn s_p_42_success_waits_for_the_next_interval() {
    check(
        "
        online
        open
        register news every 12h
        12:00 start news
        +1m finish news completed
        show news
        24:00
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            12:00 wake 1-1 news (periodic)
            12:01 news: completed, free, next 1d 00:00
            12:01 recorded 1-1
            12:01 news: pending, next 1d 00:00, 0/3 charged, anchor 12:00
                    NOT_DUE since 12:01 until 1d 00:00
            1d 00:00 wake 1-2 news (periodic)
        "#]],
    );
}

/// C073, A-10: never removed by failures, and no chance is the last.
#[test]
fn s_p_41_s_p_43_failures_are_retried_then_the_regular_interval_goes_on() {
    check(
        "
        online
        open
        worker rejected after 0s
        register news every 12h
        12:00
        13:00 show news
        25:00
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            12:00 wake 1-1 news (periodic)
            12:00 news: rejected, charged, next 12:05
            12:00 recorded 1-1
            12:05 wake 1-2 news (periodic)
            12:05 news: rejected, charged, next 12:20
            12:05 recorded 1-2
            12:20 wake 1-3 news (periodic)
            12:20 news: rejected, charged, next 1d 00:30
            12:20 recorded 1-3
            13:00 news: pending, next 1d 00:20, 0/3 charged, anchor 12:20
                    NOT_DUE since 12:20 until 1d 00:20
            1d 00:30 wake 1-4 news (periodic)
            1d 00:30 news: rejected, charged, next 1d 00:35
            1d 00:30 recorded 1-4
            1d 00:35 wake 1-5 news (periodic)
            1d 00:35 news: rejected, charged, next 1d 00:50
            1d 00:35 recorded 1-5
            1d 00:50 wake 1-6 news (periodic)
            1d 00:50 news: rejected, charged, next 1d 13:00
            1d 00:50 recorded 1-6
        "#]],
    );
}

/// P-05: and adds no event; not D-5.
#[test]
fn s_p_44_p_05_registering_while_firing_ends_the_retries() {
    check(
        "
        online
        open
        register news every 12h
        12:00 start news
        register news every 12h
        12:01 finish news rejected
        show news
        23:59:59 show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            12:00 wake 1-1 news (periodic)
            12:00 registered news: unchanged, next unknown
            12:01 news: rejected, free, next 1d 00:00
            12:01 recorded 1-1
            12:01 news: pending, next 1d 00:00, 0/3 charged, anchor 12:00
                    NOT_DUE since 12:01 until 1d 00:00
            23:59:59 news: pending, next 1d 00:00, 0/3 charged, anchor 12:00
                    NOT_DUE since 12:01 until 1d 00:00
        "#]],
    );
}

/// C196: then the regular interval goes on.
#[test]
fn p_15_missed_periods_become_one_event() {
    check(
        "
        offline
        open
        register news every 12h
        40:00 online
        +1s finish news completed
        show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            1d 16:00:01 wake 1-1 news (periodic)
            1d 16:00:01 news: completed, free, next 2d 04:15
            1d 16:00:01 recorded 1-1
            1d 16:00:01 news: pending, next 2d 04:00:01, 0/3 charged, anchor 1d 16:00:01
                    NOT_DUE since 1d 16:00:01 until 2d 04:00:01
        "#]],
    );
}

#[test]
fn p_15_a_time_without_a_browser_becomes_one_event() {
    check(
        "
        online
        register news every 12h
        60:00 open
        finish news completed
        show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            2d 12:00 wake 1-1 news (periodic)
            2d 12:00 news: completed, free, next 3d 00:00
            2d 12:00 recorded 1-1
            2d 12:00 news: pending, next 3d 00:00, 0/3 charged, anchor 2d 12:00
                    NOT_DUE since 2d 12:00 until 3d 00:00
        "#]],
    );
}

/// Started within a second of the slot: events take a minute, and the tag does not creep.
#[test]
fn p_17_the_period_counts_from_its_slot() {
    check(
        "
        online
        open
        register news every 12h
        12:00
        +1s start news
        +1m finish news completed
        show news
        24:00
        +2s start news
        finish news completed
        show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            12:00 wake 1-1 news (periodic)
            12:01:01 news: completed, free, next 1d 00:00
            12:01:01 recorded 1-1
            12:01:01 news: pending, next 1d 00:00, 0/3 charged, anchor 12:00
                    NOT_DUE since 12:01:01 until 1d 00:00
            1d 00:00 wake 1-2 news (periodic)
            1d 00:00:02 news: completed, free, next 1d 12:15
            1d 00:00:02 recorded 1-2
            1d 00:00:02 news: pending, next 1d 12:00:02, 0/3 charged, anchor 1d 00:00:02
                    NOT_DUE since 1d 00:00:02 until 1d 12:00:02
        "#]],
    );
}

#[test]
fn p_17_a_forced_event_starts_a_period() {
    check(
        "
        online
        open
        register news every 12h
        06:00 run news force
        finish news completed
        show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            06:00 runs as 1-1 in spite of NOT_DUE
            06:00 wake 1-1 news (periodic)
            06:00 news: completed, free, next 18:00
            06:00 recorded 1-1
            06:00 news: pending, next 18:00, 0/3 charged, anchor 06:00
                    NOT_DUE since 06:00 until 18:00
        "#]],
    );
}

/// C040 over a month: events that take two seconds do not make the tag creep.
#[test]
fn p_17_a_12_h_tag_has_60_events_in_thirty_days() {
    let trace = script::run(
        "
        online
        open
        worker completed after 2s
        register news every 12h
        +30d
        ",
    );
    let wakes: Vec<_> = trace.lines().filter(|line| line.contains(" wake ")).collect();
    assert_eq!(wakes.len(), 60);
    assert_eq!(wakes[0], "12:00 wake 1-1 news (periodic)");
    assert_eq!(wakes[59], "30d 00:00 wake 1-60 news (periodic)");
}
