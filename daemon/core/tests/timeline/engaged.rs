//! What the use of a site does to its periodic syncs: P-16, A-14, E-20 to E-34 as the scheduler
//! acts on them.

use expect_test::expect;

use super::check;

/// Factor 1, never suspended.
#[test]
fn p_16_a_browser_that_reports_nothing_is_unknown() {
    check(
        "
        online
        open
        worker completed after 1s
        register news every 12h
        2d 00:00 show news
        engagement
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            12:00 wake 1-1 news (periodic)
            12:00:01 news: completed, free, next 1d 00:00
            12:00:01 recorded 1-1
            1d 00:00 wake 1-2 news (periodic)
            1d 00:00:01 news: completed, free, next 1d 12:00
            1d 00:00:01 recorded 1-2
            1d 12:00 wake 1-3 news (periodic)
            1d 12:00:01 news: completed, free, next 2d 00:00
            1d 12:00:01 recorded 1-3
            2d 00:00 wake 1-4 news (periodic)
            2d 00:00 news: firing 1-4 until 2d 00:03, 0/3 charged, anchor 1d 12:00
            2d 00:00 no engagement
        "#]],
    );
}

/// A-14, E-20: of a profile that reports events, a site without one is not used.
#[test]
fn a_14_a_site_that_nobody_uses_is_suspended() {
    check(
        "
        online
        open
        engage shop navigation
        register news every 12h
        show news
        timeout
        12:00 show news
        ",
        expect![[r#"
            00:00 https://shop.example: 3.00 points, 3.00 today, low
            00:00 registered news: created as 1, next unknown
            00:00 news: suspended
            00:00 news: suspended, next unknown, 0/3 charged, anchor 00:00
                    ENGAGEMENT_NONE since 00:00
                    SETTLING since 00:00 until 00:00:01
            00:00 nothing is due
            12:00 news: suspended, next unknown, 0/3 charged, anchor 00:00
                    ENGAGEMENT_NONE since 00:00
        "#]],
    );
}

/// A-14: from now on.
#[test]
fn a_14_use_revives_it() {
    check(
        "
        online
        open
        engage shop navigation
        register news every 12h
        05:00 engage app navigation
        show news
        history news
        ",
        expect![[r#"
            00:00 https://shop.example: 3.00 points, 3.00 today, low
            00:00 registered news: created as 1, next unknown
            00:00 news: suspended
            05:00 https://app.example: 3.00 points, 3.00 today, low
            05:00 news: revived
            05:00 news: pending, next 1d 05:00, 0/3 charged, anchor 05:00
                    NOT_DUE since 05:00 until 1d 05:00
            05:00 3 decisions
                    3: 05:00 news revived (online)
                    2: 00:00 news suspended (online)
                    1: 00:00 news created (online)
        "#]],
    );
}

/// A-14: the other sites stay suspended.
#[test]
fn a_14_revival_is_the_site_s_own() {
    check(
        "
        online
        open
        engage shop navigation
        register news every 12h
        register mail:news every 12h
        05:00 engage mail navigation
        show news
        show mail:news
        ",
        expect![[r#"
            00:00 https://shop.example: 3.00 points, 3.00 today, low
            00:00 registered news: created as 1, next unknown
            00:00 news: suspended
            00:00 registered mail:news: created as 2, next unknown
            00:00 mail:news: suspended
            05:00 https://mail.example: 3.00 points, 3.00 today, low
            05:00 mail:news: revived
            05:00 news: suspended, next unknown, 0/3 charged, anchor 00:00
                    ENGAGEMENT_NONE since 00:00
            05:00 mail:news: pending, next 1d 05:00, 0/3 charged, anchor 05:00
                    NOT_DUE since 05:00 until 1d 05:00
        "#]],
    );
}

#[test]
fn a_14_a_level_of_none_that_is_reported_suspends() {
    check(
        "
        online
        open
        register news every 12h
        engage app level none
        show news
        12:00 show news
        13:00 engage app level high
        show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            00:00 https://app.example: 0.00 points, 0.00 today, none
            00:00 news: pending, next 12:00, 0/3 charged, anchor 00:00
                    NOT_DUE since 00:00 until 12:00
                    SETTLING since 00:00 until 00:00:01
            12:00 news: suspended
            12:00 news: suspended, next unknown, 0/3 charged, anchor 00:00
                    ENGAGEMENT_NONE since 12:00
            13:00 https://app.example: 0.00 points, 0.00 today, high
            13:00 news: revived
            13:00 news: pending, next 1d 01:00, 0/3 charged, anchor 13:00
                    NOT_DUE since 13:00 until 1d 01:00
        "#]],
    );
}

/// Looked at when it fires, not before.
#[test]
fn p_16_a_later_drop_is_seen_at_firing() {
    check(
        "
        online
        open
        register news every 12h
        engage app level max
        06:00 engage app level none
        show news
        12:00 show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            00:00 https://app.example: 0.00 points, 0.00 today, max
            06:00 https://app.example: 0.00 points, 0.00 today, none
            06:00 news: pending, next 12:00, 0/3 charged, anchor 00:00
                    NOT_DUE since 00:00 until 12:00
            12:00 news: suspended
            12:00 news: suspended, next unknown, 0/3 charged, anchor 00:00
                    ENGAGEMENT_NONE since 12:00
        "#]],
    );
}

#[test]
fn a_14_suspension_survives_a_restart() {
    check(
        "
        online
        open
        register news every 12h
        engage app level none
        12:00 crash
        open
        13:00 show news
        14:00 engage app level low
        show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            00:00 https://app.example: 0.00 points, 0.00 today, none
            12:00 news: suspended
            13:00 news: suspended, next unknown, 0/3 charged, anchor 00:00
                    ENGAGEMENT_NONE since 12:00
            14:00 https://app.example: 0.00 points, 0.00 today, low
            14:00 news: revived
            14:00 news: pending, next 1d 14:00, 0/3 charged, anchor 14:00
                    NOT_DUE since 14:00 until 1d 14:00
        "#]],
    );
}

/// What a browser reports as a score needs no events.
#[test]
fn p_16_a_score_decides_the_gap() {
    check(
        "
        online
        open
        register news every 12h
        engage app score 20
        12:00 finish news completed
        show news
        engage app score 60
        36:00 finish news completed
        show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            00:00 https://app.example: 20.00 points, 0.00 today, medium
            12:00 wake 1-1 news (periodic)
            12:00 news: completed, free, next 1d 12:00
            12:00 recorded 1-1
            12:00 news: pending, next 1d 12:00, 0/3 charged, anchor 12:00
                    NOT_DUE since 12:00 until 1d 12:00
            12:00 https://app.example: 60.00 points, 0.00 today, high
            1d 12:00 wake 1-2 news (periodic)
            1d 12:00 news: completed, free, next 2d 00:00
            1d 12:00 recorded 1-2
            1d 12:00 news: pending, next 2d 00:00, 0/3 charged, anchor 1d 12:00
                    NOT_DUE since 1d 12:00 until 2d 00:00
        "#]],
    );
}

/// E-02, E-03, E-08, E-21.
#[test]
fn e_21_e_02_points_are_counted_by_the_day() {
    check(
        "
        utc +2h
        register news every 12h
        engage app navigation
        engage app navigation times 20
        01:00 engage app notification
        21:59 engage app navigation
        22:00 engage app navigation
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            00:00 https://app.example: 3.00 points, 3.00 today, low
            00:00 https://app.example: 15.00 points, 15.00 today, medium
            01:00 https://app.example: 15.00 points, 15.00 today, medium
            21:59 https://app.example: 14.06 points, 15.00 today, low
            22:00 https://app.example: 17.06 points, 3.00 today, medium
        "#]],
    );
}

/// E-09, E-23.
#[test]
fn e_09_a_launch_gives_its_bonus_for_ten_days() {
    check(
        "
        register news every 12h
        engage app launch
        10d 23:59 engagement
        11d 00:00 engagement
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            00:00 https://app.example: 5.00 points, 0.00 today, low
            10d 23:59 https://app.example: 5.00 points, 0.00 today, low
            11d 00:00 https://app.example: 0.00 points, 0.00 today, none
        "#]],
    );
}

/// P-16: what nobody waits for is not kept.
#[test]
fn p_16_events_of_sites_without_registrations_are_not_kept() {
    check(
        "
        engage shop navigation
        engagement
        kept shop
        register shop:mail
        engage shop navigation
        engagement
        unregister shop:mail
        engagement
        kept shop
        ",
        expect![[r#"
            00:00 https://shop.example: 3.00 points, 3.00 today, low
            00:00 no engagement
            00:00 nothing is kept
            00:00 registered shop:mail: created as 1, next 00:00:03
            00:00 https://shop.example: 3.00 points, 3.00 today, low
            00:00 https://shop.example: 3.00 points, 3.00 today, low
            00:00 unregistered: removed
            00:00 shop:mail: removed, unregistered
            00:00 no engagement
            00:00 kept in history
        "#]],
    );
}

/// E-20.
#[test]
fn e_20_each_profile_has_its_own_scores() {
    check(
        "
        register news every 12h
        register ana.work/news every 12h
        engage app navigation
        engagement
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            00:00 registered ana.work/news: created as 2, next 12:00
            00:00 https://app.example: 3.00 points, 3.00 today, low
            00:00 https://app.example: 3.00 points, 3.00 today, low
        "#]],
    );
}

#[test]
fn e_25_a_pause_of_the_browser_costs_four_periods_at_most() {
    check(
        "
        register news every 12h
        engage app score 50
        engage app navigation
        30d 00:00 engage shop navigation
        engagement
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            00:00 https://app.example: 50.00 points, 0.00 today, high
            00:00 https://app.example: 53.00 points, 3.00 today, high
            30d 00:00 https://shop.example: 3.00 points, 3.00 today, low
            30d 00:00 https://app.example: 49.69 points, 0.00 today, medium
        "#]],
    );
}

/// E-22: a clock that was moved back gives no decay.
#[test]
fn e_22_a_clock_that_goes_back_costs_nothing() {
    check(
        "
        register news every 12h
        10:00 engage app navigation times 3
        wall -5h
        +1h engagement
        20:00 engage app navigation
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            10:00 https://app.example: 6.00 points, 6.00 today, low
            11:00 https://app.example: 6.00 points, 6.00 today, low
            20:00 https://app.example: 7.31 points, 7.50 today, low
        "#]],
    );
}

#[test]
fn e_31_an_administrator_sets_a_score() {
    check(
        "
        online
        open
        register news every 12h
        engage app level none
        12:00 show news
        set-engagement app 70
        show news
        set-engagement shop 10
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            00:00 https://app.example: 0.00 points, 0.00 today, none
            12:00 news: suspended
            12:00 news: suspended, next unknown, 0/3 charged, anchor 00:00
                    ENGAGEMENT_NONE since 12:00
            12:00 https://app.example: 70.00 points, 0.00 today, high
            12:00 news: revived
            12:00 news: pending, next 1d 00:00, 0/3 charged, anchor 12:00
                    NOT_DUE since 12:00 until 1d 00:00
            12:00 not found
        "#]],
    );
}

/// One-offs do not know of it.
#[test]
fn p_16_one_offs_are_not_suspended() {
    check(
        "
        online
        open
        engage shop navigation
        00:01 register mail
        ",
        expect![[r#"
            00:00 https://shop.example: 3.00 points, 3.00 today, low
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
        "#]],
    );
}

/// What is suspended may be asked for.
#[test]
fn a_14_a_suspended_tag_may_be_run_by_hand() {
    check(
        "
        online
        open
        register news every 12h
        engage app level none
        12:00 run news
        run news force
        finish news completed
        show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            00:00 https://app.example: 0.00 points, 0.00 today, none
            12:00 news: suspended
            12:00 held by ENGAGEMENT_NONE
            12:00 runs as 1-1 in spite of ENGAGEMENT_NONE
            12:00 wake 1-1 news (periodic)
            12:00 news: completed, free
            12:00 news: suspended
            12:00 recorded 1-1
            12:00 news: suspended, next unknown, 0/3 charged, anchor 12:00
                    ENGAGEMENT_NONE since 12:00
        "#]],
    );
}

#[test]
fn a_14_registering_again_does_not_revive() {
    check(
        "
        engage shop navigation
        register news every 12h
        register news every 24h
        show news
        ",
        expect![[r#"
            00:00 https://shop.example: 3.00 points, 3.00 today, low
            00:00 registered news: created as 1, next unknown
            00:00 news: suspended
            00:00 registered news: updated, next unknown
            00:00 news: suspended, next unknown, 0/3 charged, anchor 00:00
                    ENGAGEMENT_NONE since 00:00
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
                    STARTING since 00:00 until 00:00:03
        "#]],
    );
}
