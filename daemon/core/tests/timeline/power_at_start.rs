//! Battery, charger and power saver that have not been told of yet: what needs to know waits.

use expect_test::expect;

use super::check;

#[test]
fn starting_holds_until_the_battery_is_known() {
    check(
        "
        power awaited
        open
        online
        register mail
        +2s show mail
        battery 4%
        show mail
        battery 6%
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00:03
            00:00:02 mail: pending, next 00:00:03, 0/3 charged, expires 30d 00:00
                    STARTING since 00:00 until 00:00:03
            00:00:02 mail: pending, next 00:00:02, 0/3 charged, expires 30d 00:00
                    BATTERY_CRITICAL since 00:00:02
            00:00:02 wake 1-1 mail
        "#]],
    );
}

/// Then a host of whose battery nobody tells is as one without.
#[test]
fn starting_for_the_battery_lasts_three_seconds_at_most() {
    check(
        "
        power awaited
        open
        online
        register mail
        +2s show mail
        +1s show mail
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00:03
            00:00:02 mail: pending, next 00:00:03, 0/3 charged, expires 30d 00:00
                    STARTING since 00:00 until 00:00:03
            00:00:03 wake 1-1 mail
            00:00:03 mail: firing 1-1 until 00:00:33, 0/3 charged, expires 30d 00:00
        "#]],
    );
}

#[test]
fn the_power_saver_is_waited_for_by_what_it_holds() {
    check(
        "
        open
        online
        register news every 12h
        close
        13:00 crash
        saver awaited
        open
        register mail
        +2s show news
        saver on
        show news
        saver off
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            13:00 registered mail: created as 2, next 13:00:01
            13:00:01 wake 2-1 mail
            13:00:02 news: pending, next 13:00:03, 0/3 charged, anchor 00:00
                    STARTING since 13:00 until 13:00:03
            13:00:02 news: pending, next 13:00:02, 0/3 charged, anchor 00:00
                    POWER_SAVER since 13:00:02
            13:00:02 wake 2-2 news (periodic)
        "#]],
    );
}

/// The network's own wait is told once.
#[test]
fn starting_is_said_once_for_all_sources() {
    check(
        "
        power awaited
        open
        register mail
        show mail
        offline
        show mail
        +1s battery 50%
        show mail
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00:03
            00:00 mail: pending, next 00:00:03, 0/3 charged, expires 30d 00:00
                    STARTING since 00:00 until 00:00:03
            00:00 mail: pending, next 00:00:03, 0/3 charged, expires 30d 00:00
                    OFFLINE since 00:00
                    STARTING since 00:00 until 00:00:03
            00:00:01 mail: pending, next 00:00:01, 0/3 charged, expires 30d 00:00
                    OFFLINE since 00:00
        "#]],
    );
}
