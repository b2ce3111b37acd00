//! Budgets of an app and a day: P-19.

use expect_test::expect;

use super::check;

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
