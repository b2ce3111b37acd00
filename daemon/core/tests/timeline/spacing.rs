//! How intervals snap and space, and the wake grid: P-11, A-09.

use std::time::Duration;

use expect_test::expect;
use pwasync_core::policy::Policy;

use super::{check, check_under};

/// A-09.3, C096: to whole floors.
#[test]
fn p_11_a_09_intervals_snap_to_whole_floors() {
    check(
        "
        register a:news every 0s
        register b:news every 11h
        register c:news every 12h
        register d:news every 13h
        register e:news every 48h
        ",
        expect![[r#"
            00:00 registered a:news: created as 1, next 12:00
            00:00 registered b:news: created as 2, next 12:00
            00:00 registered c:news: created as 3, next 12:00
            00:00 registered d:news: created as 4, next 1d 00:00
            00:00 registered e:news: created as 5, next 2d 00:00
        "#]],
    );
}

/// A-09.3, K-14: of so many floors as the level of engagement says.
#[test]
fn a_09_k_14_a_level_stretches_the_gap() {
    check(
        "
        register a:x every 1h
        engage a level high
        register a:x every 11h
        show a:x
        engage a level medium
        register a:x every 12h
        engage a level low
        register a:x every 13h
        register a:x every 25h
        engage a level minimal
        register a:x every 36h
        register a:x every 37h
        ",
        expect![[r#"
            00:00 registered a:x: created as 1, next 12:00
            00:00 https://a.example: 0.00 points, 0.00 today, high
            00:00 registered a:x: updated, next 12:00
            00:00 a:x: pending, next 12:00, 0/3 charged, anchor 00:00
                    NOT_DUE since 00:00 until 12:00
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
                    STARTING since 00:00 until 00:00:03
            00:00 https://a.example: 0.00 points, 0.00 today, medium
            00:00 registered a:x: updated, next 1d 00:00
            00:00 https://a.example: 0.00 points, 0.00 today, low
            00:00 registered a:x: updated, next 1d 00:00
            00:00 registered a:x: updated, next 2d 00:00
            00:00 https://a.example: 0.00 points, 0.00 today, minimal
            00:00 registered a:x: updated, next 1d 12:00
            00:00 registered a:x: updated, next 3d 00:00
        "#]],
    );
}

/// A-09.4, C097: from the soonest other one on.
#[test]
fn a_09_tags_of_an_origin_keep_a_floor_apart() {
    check(
        "
        policy grid.long=0s
        online
        open
        worker completed after 1s
        register first every 12h
        01:00 register second every 11h
        show second
        13:00 show second
        25:00
        ",
        expect![[r#"
            00:00 registered first: created as 1, next 12:00
            01:00 registered second: created as 2, next 1d 00:00
            01:00 second: pending, next 1d 00:00, 0/3 charged, anchor 01:00
                    NOT_DUE since 01:00 until 13:00
            12:00 wake 1-1 first (periodic)
            12:00:01 first: completed, free, next 1d 00:00
            12:00:01 recorded 1-1
            13:00 second: pending, next 1d 00:00, 0/3 charged, anchor 01:00
                    ORIGIN_GAP since 13:00 until 1d 00:00
            1d 00:00 wake 1-2 first (periodic)
            1d 00:00 wake 1-3 second (periodic)
            1d 00:00:01 first: completed, free, next 1d 12:00
            1d 00:00:01 recorded 1-2
            1d 00:00:01 second: completed, free, next 1d 12:00
            1d 00:00:01 recorded 1-3
        "#]],
    );
}

/// A-09.4: but not further than it needs, and another origin does not matter.
#[test]
fn a_09_tags_that_are_due_together_go_together() {
    check(
        "
        online
        open
        register first every 12h
        register second every 12h
        register shop:other every 12h
        12:00
        ",
        expect![[r#"
            00:00 registered first: created as 1, next 12:00
            00:00 registered second: created as 2, next 12:00
            00:00 registered shop:other: created as 3, next 12:00
            12:00 wake 1-1 first (periodic)
            12:00 wake 1-2 shop:other (periodic)
            12:00 wake 1-3 second (periodic)
        "#]],
    );
}

/// C070, C097.
#[test]
fn a_09_a_tag_far_from_the_others_stays_where_it_is() {
    check(
        "
        policy grid.long=0s
        register first every 48h
        01:00 register second every 12h
        show second
        ",
        expect![[r#"
            00:00 registered first: created as 1, next 2d 00:00
            01:00 registered second: created as 2, next 13:00
            01:00 second: pending, next 13:00, 0/3 charged, anchor 01:00
                    NOT_DUE since 01:00 until 13:00
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
                    OFFLINE since 00:00
        "#]],
    );
}

/// D-7: each profile has its own.
#[test]
fn a_09_spacing_is_each_profile_s_own() {
    check(
        "
        policy grid.long=0s
        register first every 12h
        01:00 register ana.work/second every 12h
        show ana.work/second
        ",
        expect![[r#"
            00:00 registered first: created as 1, next 12:00
            01:00 registered ana.work/second: created as 2, next 13:00
            01:00 ana.work/second: pending, next 13:00, 0/3 charged, anchor 01:00
                    NOT_DUE since 01:00 until 13:00
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
                    OFFLINE since 00:00
        "#]],
    );
}

/// C070: when the soonest other is gone, what was planned stays.
#[test]
fn a_09_spacing_is_worked_out_when_it_is_planned() {
    check(
        "
        policy grid.long=0s
        online
        open
        worker completed after 0s
        register first every 12h
        01:00 register second every 12h
        02:00 unregister first periodic
        show second
        24:00
        ",
        expect![[r#"
            00:00 registered first: created as 1, next 12:00
            01:00 registered second: created as 2, next 1d 00:00
            02:00 unregistered: removed
            02:00 first: removed, unregistered
            02:00 second: pending, next 1d 00:00, 0/3 charged, anchor 01:00
                    NOT_DUE since 01:00 until 13:00
            1d 00:00 wake 1-1 second (periodic)
            1d 00:00 second: completed, free, next 1d 12:00
            1d 00:00 recorded 1-1
        "#]],
    );
}

/// P-11: a site may have another floor.
#[test]
fn p_11_a_floor_of_a_site_s_own() {
    check(
        "
        policy origin shop periodic.min_interval=1h
        register shop:news every 90m
        register news every 90m
        ",
        expect![[r#"
            00:00 registered shop:news: created as 1, next 02:00
            00:00 registered news: created as 2, next 12:00
        "#]],
    );
}

/// S-P-33: one wake for many browsers, owners and origins.
#[test]
fn grid_brings_events_together() {
    check(
        "
        online
        open
        open bob
        open ana.work
        worker completed after 1s
        00:01 register news every 12h
        00:04 register shop:news every 12h
        00:08 register bob/news every 12h
        00:14 register ana.work/feed every 12h
        show bob/news
        12:05 show bob/news
        12:15
        wakes
        ",
        expect![[r#"
            00:01 registered news: created as 1, next 12:01
            00:04 registered shop:news: created as 2, next 12:04
            00:08 registered bob/news: created as 3, next 12:08
            00:14 registered ana.work/feed: created as 4, next 12:14
            00:14 bob/news: pending, next 12:08, 0/3 charged, anchor 00:08
                    NOT_DUE since 00:08 until 12:08
            12:05 bob/news: pending, next 12:08, 0/3 charged, anchor 00:08
                    NOT_DUE since 00:08 until 12:08
            12:15 wake 1-1 news (periodic)
            12:15 wake 1-2 bob/news (periodic)
            12:15 wake 1-3 shop:news (periodic)
            12:15 wake 1-4 ana.work/feed (periodic)
            12:15 1 wakes, 3 saved
        "#]],
    );
}

/// Before it the interval has passed, after it at most a slot.
#[test]
fn grid_nothing_goes_before_its_interval() {
    check(
        "
        online
        open
        worker completed after 1s
        00:01 register news every 12h
        12:00:59 register mail
        show news
        12:01 show news
        12:14:59 show news
        12:15
        ",
        expect![[r#"
            00:01 registered news: created as 1, next 12:01
            12:00:59 registered mail: created as 2, next 12:00:59
            12:00:59 wake 1-1 mail
            12:00:59 news: pending, next 12:01, 0/3 charged, anchor 00:01
                    NOT_DUE since 00:01 until 12:01
            12:01 mail: completed, free
            12:01 mail: removed, completed
            12:01 recorded 1-1
            12:01 news: pending, next 12:15, 0/3 charged, anchor 00:01
                    GRID since 12:01 until 12:15
            12:14:59 news: pending, next 12:15, 0/3 charged, anchor 00:01
                    GRID since 12:01 until 12:15
            12:15 wake 1-2 news (periodic)
        "#]],
    );
}

/// 30 s under 1 h, 5 min under 12 h, 15 min from then on.
#[test]
fn grid_slots_follow_the_interval() {
    check(
        "
        policy periodic.min_interval=1m
        online
        00:00:07 register short every 59m
        register middle:tag every 60m
        register long:tag every 719m
        register longest:tag every 12h
        00:59:10 show short
        01:01 show middle:tag
        11:59:10 show long:tag
        12:01 show longest:tag
        ",
        expect![[r#"
            00:00:07 registered short: created as 1, next 00:59:07
            00:00:07 registered middle:tag: created as 2, next 01:00:07
            00:00:07 registered long:tag: created as 3, next 11:59:07
            00:00:07 registered longest:tag: created as 4, next 12:00:07
            00:59:10 short: pending, next 00:59:30, 0/3 charged, anchor 00:00:07
                    GRID since 00:59:07 until 00:59:30
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
            01:01 middle:tag: pending, next 01:05, 0/3 charged, anchor 00:00:07
                    GRID since 01:00:07 until 01:05
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
            11:59:10 long:tag: pending, next 12:00, 0/3 charged, anchor 00:00:07
                    GRID since 11:59:07 until 12:00
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
            12:01 longest:tag: pending, next 12:15, 0/3 charged, anchor 00:00:07
                    GRID since 12:00:07 until 12:15
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
        "#]],
    );
}

/// What wakes it is an event of another kind.
#[test]
fn grid_joins_a_browser_that_is_woken_anyway() {
    check(
        "
        online
        open
        00:01 register news every 12h
        12:05 show news
        12:06 register mail
        wakes
        ",
        expect![[r#"
            00:01 registered news: created as 1, next 12:01
            12:05 news: pending, next 12:15, 0/3 charged, anchor 00:01
                    GRID since 12:01 until 12:15
            12:06 registered mail: created as 2, next 12:06
            12:06 wake 1-1 mail
            12:06 wake 1-2 news (periodic)
            12:06 1 wakes, 1 saved
        "#]],
    );
}

/// Another browser's wake is no wake of this one.
#[test]
fn grid_does_not_join_another_browser() {
    check(
        "
        online
        open
        open ana.work
        00:01 register news every 12h
        12:06 register ana.work/mail
        show news
        ",
        expect![[r#"
            00:01 registered news: created as 1, next 12:01
            12:06 registered ana.work/mail: created as 2, next 12:06
            12:06 wake 1-1 ana.work/mail
            12:06 news: pending, next 12:15, 0/3 charged, anchor 00:01
                    GRID since 12:01 until 12:15
        "#]],
    );
}

/// Whatever the grid allows: what else holds it holds.
#[test]
fn grid_joining_needs_all_else() {
    check(
        "
        online
        open
        metered
        worker completed after 1s
        00:01 register news every 12h
        12:06 register mail
        show news
        12:10 unmetered
        12:15
        ",
        expect![[r#"
            00:01 registered news: created as 1, next 1d 12:01
            12:06 registered mail: created as 2, next 12:06
            12:06 wake 1-1 mail
            12:06 news: pending, next 1d 12:01, 0/3 charged, anchor 00:01
                    GRID since 12:01 until 12:15
                    METERED since 00:00 until 1d 12:01
            12:06:01 mail: completed, free
            12:06:01 mail: removed, completed
            12:06:01 recorded 1-1
            12:15 wake 1-2 news (periodic)
        "#]],
    );
}

#[test]
fn grid_may_be_turned_off() {
    check(
        "
        policy grid.short=0s grid.middle=0s grid.long=0s
        online
        open
        00:01 register news every 12h
        12:00:59 show news
        12:01
        ",
        expect![[r#"
            00:01 registered news: created as 1, next 12:01
            12:00:59 news: pending, next 12:01, 0/3 charged, anchor 00:01
                    NOT_DUE since 00:01 until 12:01
            12:01 wake 1-1 news (periodic)
        "#]],
    );
}

/// The grid is the same after a restart.
#[test]
fn grid_survives_a_restart() {
    check(
        "
        online
        open
        00:01 register news every 12h
        12:03 crash
        open
        12:04 show news
        12:15
        ",
        expect![[r#"
            00:01 registered news: created as 1, next 12:01
            12:04 news: pending, next 12:15, 0/3 charged, anchor 00:01
                    GRID since 12:01 until 12:15
            12:15 wake 2-1 news (periodic)
        "#]],
    );
}

/// P-17: a slot is as good as the interval's end.
#[test]
fn p_17_grid_does_not_make_a_tag_creep() {
    check(
        "
        online
        open
        worker completed after 40s
        00:01 register news every 12h
        2d 00:00 show news
        wakes
        ",
        expect![[r#"
            00:01 registered news: created as 1, next 12:01
            12:15 wake 1-1 news (periodic)
            12:15:40 news: completed, free, next 1d 00:15
            12:15:40 recorded 1-1
            1d 00:15 wake 1-2 news (periodic)
            1d 00:15:40 news: completed, free, next 1d 12:15
            1d 00:15:40 recorded 1-2
            1d 12:15 wake 1-3 news (periodic)
            1d 12:15:40 news: completed, free, next 2d 00:15
            1d 12:15:40 recorded 1-3
            2d 00:00 news: pending, next 2d 00:15, 0/3 charged, anchor 1d 12:15
                    NOT_DUE since 1d 12:15:40 until 2d 00:15
            2d 00:00 3 wakes, 0 saved
        "#]],
    );
}

/// So that machines do not tick together, and the apps on one machine do.
#[test]
fn grid_begins_where_the_machine_says() {
    let policy = Policy { grid_offset: Duration::from_secs(7 * 60), ..Policy::default() };
    check_under(
        &policy,
        "
        online
        open
        00:01 register news every 12h
        00:05 register shop:news every 12h
        12:06 show shop:news
        12:07
        ",
        expect![[r#"
            00:01 registered news: created as 1, next 12:01
            00:05 registered shop:news: created as 2, next 12:05
            12:06 shop:news: pending, next 12:07, 0/3 charged, anchor 00:05
                    GRID since 12:05 until 12:07
            12:07 wake 1-1 news (periodic)
            12:07 wake 1-2 shop:news (periodic)
        "#]],
    );
}
