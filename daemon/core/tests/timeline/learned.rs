//! Learned hours and budgets: P-18, P-19.

use expect_test::expect;

use super::check;

/// The promise of 2015 that nobody kept.
#[test]
fn p_18_read_at_seven_and_synced_at_a_quarter_to() {
    check(
        "
        online
        open
        worker completed after 5s
        register news every 24h
        07:00 engage app navigation
        31:00 engage app navigation
        55:00 engage app navigation
        3d 12:00 show news
        4d 03:00 show news
        4d 12:00 show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 1d 00:00
            07:00 https://app.example: 3.00 points, 3.00 today, low
            1d 00:00 wake 1-1 news (periodic)
            1d 00:00:05 news: completed, free, next 2d 00:00
            1d 00:00:05 recorded 1-1
            1d 07:00 https://app.example: 5.81 points, 3.00 today, low
            2d 00:00 wake 1-2 news (periodic)
            2d 00:00:05 news: completed, free, next 3d 00:00
            2d 00:00:05 recorded 1-2
            2d 07:00 https://app.example: 8.45 points, 3.00 today, low
            3d 00:00 wake 1-3 news (periodic)
            3d 00:00:05 news: completed, free, next 4d 06:45
            3d 00:00:05 recorded 1-3
            3d 12:00 news: pending, next 4d 06:45, 0/3 charged, anchor 3d 00:00
                    NOT_DUE since 3d 00:00:05 until 4d 00:00
            4d 03:00 news: pending, next 4d 06:45, 0/3 charged, anchor 3d 00:00
                    LEARNED_HOUR since 4d 00:00 until 4d 06:45
            4d 06:45 wake 1-4 news (periodic)
            4d 06:45:05 news: completed, free, next 5d 06:45
            4d 06:45:05 recorded 1-4
            4d 12:00 news: pending, next 5d 06:45, 0/3 charged, anchor 4d 06:45
                    NOT_DUE since 4d 06:45:05 until 5d 06:45
        "#]],
    );
}

/// Every day from then on, at the same time: it does not creep.
#[test]
fn p_18_stays_before_the_usual_hour() {
    check(
        "
        online
        open
        worker completed after 5s
        register news every 24h
        07:00 engage app navigation
        31:00 engage app navigation
        55:00 engage app navigation
        79:00 engage app navigation
        103:00 engage app navigation
        127:00 engage app navigation
        6d 12:00 show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 1d 00:00
            07:00 https://app.example: 3.00 points, 3.00 today, low
            1d 00:00 wake 1-1 news (periodic)
            1d 00:00:05 news: completed, free, next 2d 00:00
            1d 00:00:05 recorded 1-1
            1d 07:00 https://app.example: 5.81 points, 3.00 today, low
            2d 00:00 wake 1-2 news (periodic)
            2d 00:00:05 news: completed, free, next 3d 00:00
            2d 00:00:05 recorded 1-2
            2d 07:00 https://app.example: 8.45 points, 3.00 today, low
            3d 00:00 wake 1-3 news (periodic)
            3d 00:00:05 news: completed, free, next 4d 06:45
            3d 00:00:05 recorded 1-3
            3d 07:00 https://app.example: 10.92 points, 3.00 today, low
            4d 06:45 wake 1-4 news (periodic)
            4d 06:45:05 news: completed, free, next 5d 06:45
            4d 06:45:05 recorded 1-4
            4d 07:00 https://app.example: 13.24 points, 3.00 today, low
            5d 06:45 wake 1-5 news (periodic)
            5d 06:45:05 news: completed, free, next 6d 06:45
            5d 06:45:05 recorded 1-5
            5d 07:00 https://app.example: 15.41 points, 3.00 today, medium
            6d 06:45 wake 1-6 news (periodic)
            6d 06:45:05 news: completed, free, next 7d 06:45
            6d 06:45:05 recorded 1-6
            6d 12:00 news: pending, next 7d 06:45, 0/3 charged, anchor 6d 06:45
                    NOT_DUE since 6d 06:45:05 until 7d 06:45
        "#]],
    );
}

/// What comes twice a day comes before the reading in the morning and in the evening.
#[test]
fn p_18_serves_each_usual_hour() {
    check(
        "
        policy engagement.low_factor=1
        online
        open
        worker completed after 5s
        register news every 12h
        08:00 engage app navigation
        20:00 engage app navigation
        32:00 engage app navigation
        44:00 engage app navigation
        56:00 engage app navigation
        68:00 engage app navigation
        80:00 engage app navigation
        92:00 engage app navigation
        4d 12:00 show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            08:00 https://app.example: 3.00 points, 3.00 today, low
            12:00 wake 1-1 news (periodic)
            12:00:05 news: completed, free, next 1d 00:00
            12:00:05 recorded 1-1
            20:00 https://app.example: 4.31 points, 4.50 today, low
            1d 00:00 wake 1-2 news (periodic)
            1d 00:00:05 news: completed, free, next 1d 12:00
            1d 00:00:05 recorded 1-2
            1d 08:00 https://app.example: 7.04 points, 3.00 today, low
            1d 12:00 wake 1-3 news (periodic)
            1d 12:00:05 news: completed, free, next 2d 00:00
            1d 12:00:05 recorded 1-3
            1d 20:00 https://app.example: 8.10 points, 4.50 today, low
            2d 00:00 wake 1-4 news (periodic)
            2d 00:00:05 news: completed, free, next 2d 12:00
            2d 00:00:05 recorded 1-4
            2d 08:00 https://app.example: 10.60 points, 3.00 today, low
            2d 12:00 wake 1-5 news (periodic)
            2d 12:00:05 news: completed, free, next 3d 07:45
            2d 12:00:05 recorded 1-5
            2d 20:00 https://app.example: 11.43 points, 4.50 today, low
            3d 07:45 wake 1-6 news (periodic)
            3d 07:45:05 news: completed, free, next 3d 19:45
            3d 07:45:05 recorded 1-6
            3d 08:00 https://app.example: 13.72 points, 3.00 today, low
            3d 19:45 wake 1-7 news (periodic)
            3d 19:45:05 news: completed, free, next 4d 07:45
            3d 19:45:05 recorded 1-7
            3d 20:00 https://app.example: 14.36 points, 4.50 today, low
            4d 07:45 wake 1-8 news (periodic)
            4d 07:45:05 news: completed, free, next 4d 19:45
            4d 07:45:05 recorded 1-8
            4d 12:00 news: pending, next 4d 19:45, 0/3 charged, anchor 4d 07:45
                    NOT_DUE since 4d 07:45:05 until 4d 19:45
        "#]],
    );
}

/// The window is over before it: the next slot is as good.
#[test]
fn p_18_never_more_than_an_interval_late() {
    check(
        "
        policy origin app periodic.min_interval=1h
        policy engagement.low_factor=1
        online
        open
        worker completed after 5s
        register keep charging
        07:00 engage app navigation
        31:00 engage app navigation
        55:00 engage app navigation
        2d 08:00 register news every 2h
        2d 20:00 show news
        ",
        expect![[r#"
            00:00 registered keep: created as 1, next 00:00:01
            07:00 https://app.example: 3.00 points, 3.00 today, low
            1d 07:00 https://app.example: 5.81 points, 3.00 today, low
            2d 07:00 https://app.example: 8.45 points, 3.00 today, low
            2d 08:00 registered news: created as 2, next 2d 10:00
            2d 10:00 wake 1-1 news (periodic)
            2d 10:00:05 news: completed, free, next 2d 12:00
            2d 10:00:05 recorded 1-1
            2d 12:00 wake 1-2 news (periodic)
            2d 12:00:05 news: completed, free, next 2d 14:00
            2d 12:00:05 recorded 1-2
            2d 14:00 wake 1-3 news (periodic)
            2d 14:00:05 news: completed, free, next 2d 16:00
            2d 14:00:05 recorded 1-3
            2d 16:00 wake 1-4 news (periodic)
            2d 16:00:05 news: completed, free, next 2d 18:00
            2d 16:00:05 recorded 1-4
            2d 18:00 wake 1-5 news (periodic)
            2d 18:00:05 news: completed, free, next 2d 20:00
            2d 18:00:05 recorded 1-5
            2d 20:00 wake 1-6 news (periodic)
            2d 20:00 news: firing 1-6 until 2d 20:03, 0/3 charged, anchor 2d 18:00
        "#]],
    );
}

#[test]
fn p_18_two_days_make_no_habit() {
    check(
        "
        online
        open
        worker completed after 5s
        register news every 24h
        07:00 engage app navigation
        31:00 engage app navigation
        2d 12:00 show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 1d 00:00
            07:00 https://app.example: 3.00 points, 3.00 today, low
            1d 00:00 wake 1-1 news (periodic)
            1d 00:00:05 news: completed, free, next 2d 00:00
            1d 00:00:05 recorded 1-1
            1d 07:00 https://app.example: 5.81 points, 3.00 today, low
            2d 00:00 wake 1-2 news (periodic)
            2d 00:00:05 news: completed, free, next 3d 00:00
            2d 00:00:05 recorded 1-2
            2d 12:00 news: pending, next 3d 00:00, 0/3 charged, anchor 2d 00:00
                    NOT_DUE since 2d 00:00:05 until 3d 00:00
        "#]],
    );
}

/// A radio that plays to nobody shows no reader.
#[test]
fn p_18_hidden_media_teach_nothing() {
    check(
        "
        online
        open
        worker completed after 5s
        register news every 24h
        07:00 engage app hidden-media
        31:00 engage app hidden-media
        55:00 engage app hidden-media
        3d 12:00 show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 1d 00:00
            07:00 https://app.example: 1.51 points, 1.51 today, low
            1d 00:00 wake 1-1 news (periodic)
            1d 00:00:05 news: completed, free, next 2d 00:00
            1d 00:00:05 recorded 1-1
            1d 07:00 https://app.example: 2.93 points, 1.51 today, low
            2d 00:00 wake 1-2 news (periodic)
            2d 00:00:05 news: completed, free, next 3d 00:00
            2d 00:00:05 recorded 1-2
            2d 07:00 https://app.example: 4.25 points, 1.51 today, low
            3d 00:00 wake 1-3 news (periodic)
            3d 00:00:05 news: completed, free, next 4d 00:00
            3d 00:00:05 recorded 1-3
            3d 12:00 news: pending, next 4d 00:00, 0/3 charged, anchor 3d 00:00
                    NOT_DUE since 3d 00:00:05 until 4d 00:00
        "#]],
    );
}

#[test]
fn p_18_may_be_turned_off_for_a_site() {
    check(
        "
        policy origin app periodic.learned_hours=false
        online
        open
        worker completed after 5s
        register news every 24h
        07:00 engage app navigation
        31:00 engage app navigation
        55:00 engage app navigation
        3d 12:00 show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 1d 00:00
            07:00 https://app.example: 3.00 points, 3.00 today, low
            1d 00:00 wake 1-1 news (periodic)
            1d 00:00:05 news: completed, free, next 2d 00:00
            1d 00:00:05 recorded 1-1
            1d 07:00 https://app.example: 5.81 points, 3.00 today, low
            2d 00:00 wake 1-2 news (periodic)
            2d 00:00:05 news: completed, free, next 3d 00:00
            2d 00:00:05 recorded 1-2
            2d 07:00 https://app.example: 8.45 points, 3.00 today, low
            3d 00:00 wake 1-3 news (periodic)
            3d 00:00:05 news: completed, free, next 4d 00:00
            3d 00:00:05 recorded 1-3
            3d 12:00 news: pending, next 4d 00:00, 0/3 charged, anchor 3d 00:00
                    NOT_DUE since 3d 00:00:05 until 4d 00:00
        "#]],
    );
}

/// Local hours, where the user is.
#[test]
fn p_18_hours_are_local() {
    check(
        "
        utc +2h
        online
        open
        worker completed after 5s
        register news every 24h
        05:00 engage app navigation
        29:00 engage app navigation
        53:00 engage app navigation
        4d 02:00 show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 1d 00:00
            05:00 https://app.example: 3.00 points, 3.00 today, low
            1d 00:00 wake 1-1 news (periodic)
            1d 00:00:05 news: completed, free, next 2d 00:00
            1d 00:00:05 recorded 1-1
            1d 05:00 https://app.example: 5.81 points, 3.00 today, low
            2d 00:00 wake 1-2 news (periodic)
            2d 00:00:05 news: completed, free, next 3d 00:00
            2d 00:00:05 recorded 1-2
            2d 05:00 https://app.example: 8.45 points, 3.00 today, low
            3d 00:00 wake 1-3 news (periodic)
            3d 00:00:05 news: completed, free, next 4d 04:45
            3d 00:00:05 recorded 1-3
            4d 02:00 news: pending, next 4d 04:45, 0/3 charged, anchor 3d 00:00
                    LEARNED_HOUR since 4d 00:00 until 4d 04:45
        "#]],
    );
}

/// Nothing else wakes it: it would come too early for the reader.
#[test]
fn p_18_does_not_go_along_with_others() {
    check(
        "
        online
        open
        worker completed after 5s
        register news every 24h
        07:00 engage app navigation
        31:00 engage app navigation
        55:00 engage app navigation
        4d 03:00 register mail
        show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 1d 00:00
            07:00 https://app.example: 3.00 points, 3.00 today, low
            1d 00:00 wake 1-1 news (periodic)
            1d 00:00:05 news: completed, free, next 2d 00:00
            1d 00:00:05 recorded 1-1
            1d 07:00 https://app.example: 5.81 points, 3.00 today, low
            2d 00:00 wake 1-2 news (periodic)
            2d 00:00:05 news: completed, free, next 3d 00:00
            2d 00:00:05 recorded 1-2
            2d 07:00 https://app.example: 8.45 points, 3.00 today, low
            3d 00:00 wake 1-3 news (periodic)
            3d 00:00:05 news: completed, free, next 4d 06:45
            3d 00:00:05 recorded 1-3
            4d 03:00 registered mail: created as 2, next 4d 03:00
            4d 03:00 wake 1-4 mail
            4d 03:00 news: pending, next 4d 06:45, 0/3 charged, anchor 3d 00:00
                    LEARNED_HOUR since 4d 00:00 until 4d 06:45
        "#]],
    );
}

#[test]
fn p_18_hours_survive_a_restart() {
    check(
        "
        online
        open
        worker completed after 5s
        register news every 24h
        07:00 engage app navigation
        31:00 engage app navigation
        55:00 engage app navigation
        56:00 crash
        open
        4d 03:00 show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 1d 00:00
            07:00 https://app.example: 3.00 points, 3.00 today, low
            1d 00:00 wake 1-1 news (periodic)
            1d 00:00:05 news: completed, free, next 2d 00:00
            1d 00:00:05 recorded 1-1
            1d 07:00 https://app.example: 5.81 points, 3.00 today, low
            2d 00:00 wake 1-2 news (periodic)
            2d 00:00:05 news: completed, free, next 3d 00:00
            2d 00:00:05 recorded 1-2
            2d 07:00 https://app.example: 8.45 points, 3.00 today, low
            3d 00:00 wake 2-1 news (periodic)
            3d 00:00:05 news: completed, free, next 4d 06:45
            3d 00:00:05 recorded 2-1
            4d 03:00 news: pending, next 4d 06:45, 0/3 charged, anchor 3d 00:00
                    LEARNED_HOUR since 4d 00:00 until 4d 06:45
        "#]],
    );
}

/// Until midnight, local time.
#[test]
fn p_19_a_spent_budget_holds_until_midnight() {
    check(
        "
        policy budget.wakes_a_day=2
        utc +2h
        online
        open
        worker completed after 1s
        00:01 register mail
        register news
        register feed
        00:02 show feed
        21:59:59 show feed
        22:00
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered news: created as 2, next 00:01
            00:01 wake 1-2 news
            00:01 registered feed: created as 3, next 22:00
            00:01:01 mail: completed, free
            00:01:01 mail: removed, completed
            00:01:01 recorded 1-1
            00:01:01 news: completed, free
            00:01:01 news: removed, completed
            00:01:01 recorded 1-2
            00:02 feed: pending, next 22:00, 0/3 charged, expires 30d 00:01
                    BUDGET_SPENT since 00:01 until 22:00
            21:59:59 feed: pending, next 22:00, 0/3 charged, expires 30d 00:01
                    BUDGET_SPENT since 00:01 until 22:00
            22:00 wake 1-3 feed
        "#]],
    );
}

#[test]
fn p_19_a_budget_is_each_app_s_own() {
    check(
        "
        policy app mail budget.wakes_a_day=1
        online
        open
        worker completed after 1s
        00:01 register one app mail
        register two app mail
        register three app chat
        register four
        00:02 show two
        ",
        expect![[r#"
            00:01 registered one: created as 1, next 00:01
            00:01 wake 1-1 one
            00:01 registered two: created as 2, next 1d 00:00
            00:01 registered three: created as 3, next 00:01
            00:01 wake 1-2 three
            00:01 registered four: created as 4, next 00:01
            00:01 wake 1-3 four
            00:01:01 one: completed, free
            00:01:01 one: removed, completed
            00:01:01 recorded 1-1
            00:01:01 three: completed, free
            00:01:01 three: removed, completed
            00:01:01 recorded 1-2
            00:01:01 four: completed, free
            00:01:01 four: removed, completed
            00:01:01 recorded 1-3
            00:02 two: pending, next 1d 00:00, 0/3 charged, expires 30d 00:01
                    BUDGET_SPENT since 00:01 until 1d 00:00
        "#]],
    );
}

/// What runs goes on.
#[test]
fn p_19_run_time_is_a_budget_too() {
    check(
        "
        policy budget.run_time_a_day=1m
        online
        open
        00:01 register mail
        start mail
        00:02:30 register news
        start news
        finish mail completed
        register feed
        00:02:40 finish news completed
        show feed
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:02:30 registered news: created as 2, next 00:02:30
            00:02:30 wake 1-2 news
            00:02:30 mail: completed, free
            00:02:30 mail: removed, completed
            00:02:30 recorded 1-1
            00:02:30 registered feed: created as 3, next 1d 00:00
            00:02:40 news: completed, free
            00:02:40 news: removed, completed
            00:02:40 recorded 1-2
            00:02:40 feed: pending, next 1d 00:00, 0/3 charged, expires 30d 00:02:30
                    BUDGET_SPENT since 00:02:30 until 1d 00:00
        "#]],
    );
}

#[test]
fn p_19_retries_count() {
    check(
        "
        policy budget.wakes_a_day=2
        online
        open
        worker rejected after 0s
        00:01 register mail
        00:30 show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:06 wake 1-2 mail
            00:06 mail: rejected, charged, next 00:21
            00:06 recorded 1-2
            00:30 mail: pending, next 1d 00:00, 2/3 charged, expires 30d 00:01
                    BUDGET_SPENT since 00:06 until 1d 00:00
        "#]],
    );
}

#[test]
fn p_19_periodic_events_count_and_wait() {
    check(
        "
        policy budget.wakes_a_day=1
        online
        open
        worker completed after 1s
        06:00 register news every 12h
        12:00 register mail
        18:00 show news
        24:00
        ",
        expect![[r#"
            06:00 registered news: created as 1, next 18:00
            12:00 registered mail: created as 2, next 12:00
            12:00 wake 1-1 mail
            12:00:01 mail: completed, free
            12:00:01 mail: removed, completed
            12:00:01 recorded 1-1
            18:00 news: pending, next 1d 00:00, 0/3 charged, anchor 06:00
                    BUDGET_SPENT since 12:00 until 1d 00:00
            1d 00:00 wake 1-2 news (periodic)
        "#]],
    );
}

#[test]
fn p_19_what_is_spent_survives_a_restart() {
    check(
        "
        policy budget.wakes_a_day=1
        online
        open
        worker completed after 1s
        00:01 register mail
        00:02 crash
        open
        00:03 register news
        show news
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01:01 mail: completed, free
            00:01:01 mail: removed, completed
            00:01:01 recorded 1-1
            00:03 registered news: created as 2, next 1d 00:00
            00:03 news: pending, next 1d 00:00, 0/3 charged, expires 30d 00:03
                    BUDGET_SPENT since 00:01 until 1d 00:00
        "#]],
    );
}

#[test]
fn p_19_a_policy_with_more_lets_go() {
    check(
        "
        policy budget.wakes_a_day=1
        online
        open
        worker completed after 1s
        00:01 register mail
        register news
        00:02 policy budget.wakes_a_day=2
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered news: created as 2, next 1d 00:00
            00:01:01 mail: completed, free
            00:01:01 mail: removed, completed
            00:01:01 recorded 1-1
            00:02 wake 1-2 news
        "#]],
    );
}

/// The day is the user's: so is its end.
#[test]
fn p_19_a_step_of_the_clock_over_midnight_ends_the_day() {
    check(
        "
        policy budget.wakes_a_day=1
        online
        open
        worker completed after 1s
        00:01 register mail
        register news
        00:02 register feed
        00:03 wall +24h
        show news
        show feed
        24:00
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered news: created as 2, next 1d 00:00
            00:01:01 mail: completed, free
            00:01:01 mail: removed, completed
            00:01:01 recorded 1-1
            00:02 registered feed: created as 3, next 1d 00:00
            00:03 wake 1-2 news
            00:03 news: firing 1-2 until 00:06, 0/3 charged, expires 30d 00:01
            00:03 feed: pending, next 1d 00:00, 0/3 charged, expires 30d 00:02
                    BUDGET_SPENT since 00:03 until 1d 00:00
            00:03:01 news: completed, free
            00:03:01 news: removed, completed
            00:03:01 recorded 1-2
            1d 00:00 wake 1-3 feed
        "#]],
    );
}

#[test]
fn p_19_a_budget_that_begins_with_a_policy_ends_at_midnight_too() {
    check(
        "
        policy budget.wakes_a_day=5
        online
        open
        worker completed after 1s
        00:01 register mail
        00:02 policy budget.wakes_a_day=1
        00:03 register news
        show news
        00:04 wall +24h
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01:01 mail: completed, free
            00:01:01 mail: removed, completed
            00:01:01 recorded 1-1
            00:03 registered news: created as 2, next 1d 00:00
            00:03 news: pending, next 1d 00:00, 0/3 charged, expires 30d 00:03
                    BUDGET_SPENT since 00:02 until 1d 00:00
            00:04 wake 1-2 news
        "#]],
    );
}
