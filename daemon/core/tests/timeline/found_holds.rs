//! Holds that must end when they say so, and speak the truth until then.

use expect_test::expect;

use super::check;

/// What the grid alone holds goes with an event that somebody asked for, at once.
#[test]
fn grid_holds_nothing_back_when_a_browser_is_woken_by_request() {
    check(
        "
        online
        battery 50%
        open
        00:01 register news every 12h
        12:02 register mail charging
        run mail force
        show news
        ",
        expect![[r#"
            00:01 registered news: created as 1, next 12:01
            12:02 registered mail: created as 2, next 12:02
            12:02 runs as 1-1 in spite of NOT_CHARGING
            12:02 wake 1-1 mail
            12:02 wake 1-2 news (periodic)
            12:02 news: firing 1-2 until 12:02:30, 0/3 charged, anchor 00:01
        "#]],
    );
}

/// The network has returned, and the day's budget is all that holds the next attempt.
#[test]
fn p_03_p_19_a_back_off_that_the_network_ended_goes_on_at_midnight() {
    check(
        "
        policy budget.wakes_a_day=1
        policy retry.initial_delay=2h
        online
        open
        worker starts
        23:30 register mail
        finish mail rejected
        23:40 offline
        23:41 online
        23:50 show mail
        1d 00:00:10 show mail
        ",
        expect![[r#"
            23:30 registered mail: created as 1, next 23:30
            23:30 wake 1-1 mail
            23:30 mail: rejected, charged, next 1d 01:30
            23:30 recorded 1-1
            23:50 mail: waiting, next 1d 00:00, 1/3 charged, expires 30d 23:30
                    BUDGET_SPENT since 23:30 until 1d 00:00
            1d 00:00 wake 1-2 mail
            1d 00:00:10 mail: firing 1-2 until 1d 00:03, 1/3 charged, expires 30d 23:30
        "#]],
    );
}
