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
