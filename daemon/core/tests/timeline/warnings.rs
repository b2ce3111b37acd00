//! A host that calls its own charge critical, whatever the percentage.

use expect_test::expect;

use super::check;

#[test]
fn a_charge_that_the_host_calls_critical_holds_all() {
    check(
        "
        online
        open
        battery 40%
        00:01 battery 39% warned
        register mail
        register news every 12h
        00:02 battery 38% warned
        show mail
        why mail
        00:03 battery 4% warned
        show mail
        13:00 battery 30% warned
        show news
        charging 30%
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 registered news: created as 2, next 12:01
            00:02 mail: pending, next 00:02, 0/3 charged, expires 30d 00:01
                    BATTERY_CRITICAL since 00:01
            00:02 the battery is nearly empty (38 %, which the host itself calls critical)
            00:03 mail: pending, next 00:03, 0/3 charged, expires 30d 00:01
                    BATTERY_CRITICAL since 00:01
            13:00 news: pending, next 13:00, 0/3 charged, anchor 00:01
                    BATTERY_CRITICAL since 00:01
            13:00 wake 1-1 mail
            13:00 wake 1-2 news (periodic)
        "#]],
    );
}

#[test]
fn an_override_of_the_charge_is_stronger() {
    check(
        "
        online
        open
        battery 39% warned
        override all battery 50 for 1h
        register mail
        +1s
        ",
        expect![[r#"
            00:00 override Battery(50) of all until 01:00
            00:00 registered mail: created as 1, next 00:00:01
            00:00:01 wake 1-1 mail
        "#]],
    );
}
