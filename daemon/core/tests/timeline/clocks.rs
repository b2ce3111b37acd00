//! Starts with a clock that is behind what was stored: nothing is starved by it.

use expect_test::expect;

use super::check;

#[test]
fn clock_behind_clamps_a_period() {
    check(
        "
        online
        open
        worker completed after 1s
        30:00 register news every 12h
        31:00 crash back 30h
        open
        show news
        +13h
        ",
        expect![[r#"
            1d 06:00 registered news: created as 1, next 1d 18:00
            01:00 news: pending, next 13:00, 0/3 charged, anchor 01:00
                    NOT_DUE since 01:00 until 13:00
                    SETTLING since 01:00 until 01:00:01
            13:00 wake 2-1 news (periodic)
            13:00:01 news: completed, free, next 1d 01:00
            13:00:01 recorded 2-1
        "#]],
    );
}

#[test]
fn clock_behind_clamps_a_back_off() {
    check(
        "
        online
        open
        30:00 register mail
        finish mail rejected
        crash back 30h
        open
        +1s show mail
        +5m finish mail completed
        ",
        expect![[r#"
            1d 06:00 registered mail: created as 1, next 1d 06:00
            1d 06:00 wake 1-1 mail
            1d 06:00 mail: rejected, charged, next 1d 06:05
            1d 06:00 recorded 1-1
            00:00:01 mail: waiting, next 00:05, 1/3 charged, expires 30d 00:00
                    BACKOFF since 00:00 until 00:05
            00:05 wake 2-1 mail
            00:05:01 mail: completed, free
            00:05:01 mail: removed, completed
            00:05:01 recorded 2-1
        "#]],
    );
}

#[test]
fn clock_behind_clamps_an_attempt_that_is_out() {
    check(
        "
        online
        open
        30:00 register mail
        start mail
        crash back 30h
        +1s show mail
        +4m show mail
        ",
        expect![[r#"
            1d 06:00 registered mail: created as 1, next 1d 06:00
            1d 06:00 wake 1-1 mail
            00:00:01 mail: firing 1-1 until 00:03, 0/3 charged, expires 30d 00:00
            00:03 mail: lost, free, next 00:03
            00:04:01 mail: pending, next 00:04:01, 0/3 charged, 1 in a row lost started, expires 30d 00:00
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
        "#]],
    );
}

#[test]
fn clock_behind_clamps_leases() {
    check(
        "
        online
        open
        30:00 pause owner:ana for 1h
        override owner:ana metered yes for 1h
        register mail
        crash back 30h
        open
        +1s show mail
        leases
        +1h show mail
        ",
        expect![[r#"
            1d 06:00 pause of owner ana until 1d 07:00
            1d 06:00 override Metered(true) of owner ana until 1d 07:00
            1d 06:00 registered mail: created as 1, next 1d 07:00
            00:00:01 mail: pending, next 01:00, 0/3 charged, expires 30d 00:00
                    PAUSED since 00:00 until 01:00
            00:00:01 pause of owner ana until 01:00 override Metered(true) of owner ana until 01:00
            01:00 wake 2-1 mail
            01:00:01 mail: firing 2-1 until 01:00:30, 0/3 charged, expires 30d 00:00
        "#]],
    );
}

#[test]
fn clock_behind_clamps_what_is_held_after_an_uninstallation() {
    check(
        "
        online
        installed ana mail@app
        register news every 12h app mail
        30:00 installed ana
        crash back 30h
        7d 00:00:01 list
        ",
        expect![[r#"
            00:00 apps: 1 added, 0 removed
            00:00 registered news: created as 1, next 12:00
            1d 06:00 apps: 0 added, 1 removed
            7d 00:00 news: removed, uninstalled
            7d 00:00:01 nothing
        "#]],
    );
}

#[test]
fn clock_behind_keeps_the_expiry_within_its_limit() {
    check(
        "
        online
        30:00 register mail expires 2h
        crash back 30h
        +1s show mail
        ",
        expect![[r#"
            1d 06:00 registered mail: created as 1, next 1d 06:00
            00:00:01 mail: pending, next 00:00:01, 0/3 charged, expires 02:00
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
        "#]],
    );
}

#[test]
fn clock_behind_does_not_lose_the_network_s_return() {
    check(
        "
        online
        open
        30:00 register mail
        finish mail rejected
        30:01 offline
        30:02 crash back 30h
        open
        00:02 show mail
        00:03 online
        +1s
        ",
        expect![[r#"
            1d 06:00 registered mail: created as 1, next 1d 06:00
            1d 06:00 wake 1-1 mail
            1d 06:00 mail: rejected, charged, next 1d 06:05
            1d 06:00 recorded 1-1
            00:02 mail: waiting, next 00:07, 1/3 charged, expires 30d 00:02
                    BACKOFF since 00:02 until 00:07
                    OFFLINE since 00:02
            00:03:01 wake 2-1 mail
        "#]],
    );
}

#[test]
fn clock_behind_does_not_hold_a_limited_network_for_long() {
    check(
        "
        online
        open
        limited
        30:00 register mail
        finish mail offline
        crash back 30h
        open
        01:00 show mail
        01:30 show mail
        ",
        expect![[r#"
            1d 06:00 registered mail: created as 1, next 1d 06:00
            1d 06:00 wake 1-1 mail
            1d 06:00 mail: offline, free, next 1d 06:00
            1d 06:00 recorded 1-1
            01:00 wake 2-1 mail
            01:00 mail: firing 2-1 until 01:00:30, 0/3 charged, 1 in a row offline, expires 30d 00:00
            01:00:30 cancel 2-1: time limit
            01:00:30 mail: unavailable, free, next 01:01
            01:30 mail: pending, next 02:00, 0/3 charged, 1 in a row unavailable, expires 30d 00:00
                    LIMITED since 00:00 until 02:00
        "#]],
    );
}

#[test]
fn clock_behind_keeps_suspension() {
    check(
        "
        online
        open
        30:00 register news every 12h
        engage app level none
        42:00 show news
        crash back 40h
        open
        +1s show news
        engage app level high
        show news
        ",
        expect![[r#"
            1d 06:00 registered news: created as 1, next 1d 18:00
            1d 06:00 https://app.example: 0.00 points, 0.00 today, none
            1d 18:00 news: suspended
            1d 18:00 news: suspended, next unknown, 0/3 charged, anchor 1d 06:00
                    ENGAGEMENT_NONE since 1d 18:00
            02:00:01 news: suspended, next unknown, 0/3 charged, anchor 00:00
                    ENGAGEMENT_NONE since 02:00
            02:00:01 https://app.example: 0.00 points, 0.00 today, high
            02:00:01 news: revived
            02:00:01 news: pending, next 14:00:01, 0/3 charged, anchor 02:00:01
                    NOT_DUE since 02:00:01 until 14:00:01
        "#]],
    );
}
