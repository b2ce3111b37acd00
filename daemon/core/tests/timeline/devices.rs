//! The rows of the table of conditions that are about power.

use expect_test::expect;

use super::check;

#[test]
fn power_saver_holds_periodic_events() {
    check(
        "
        online
        open
        worker completed after 1s
        saver on
        register news every 12h
        00:01 register mail
        12:00 show news
        12:01 saver off
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            00:01 registered mail: created as 2, next 00:01
            00:01 wake 1-1 mail
            00:01:01 mail: completed, free
            00:01:01 mail: removed, completed
            00:01:01 recorded 1-1
            12:00 news: pending, next 12:00, 0/3 charged, anchor 00:00
                    POWER_SAVER since 00:00
            12:01 wake 1-2 news (periodic)
        "#]],
    );
}

/// S-P-53: however stale it is.
#[test]
fn power_saver_holds_for_good() {
    check(
        "
        online
        open
        saver on
        register news every 12h
        10d 00:00 show news
        saver gone
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            10d 00:00 news: pending, next 10d 00:00, 0/3 charged, anchor 00:00
                    POWER_SAVER since 00:00
            10d 00:00 wake 1-1 news (periodic)
        "#]],
    );
}

#[test]
fn battery_low_holds_what_asked_for_more() {
    check(
        "
        online
        open
        worker completed after 1s
        00:01 battery 20%
        register mail battery-not-low
        register news
        show mail
        00:02 battery 21%
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 registered news: created as 2, next 00:01
            00:01 wake 1-1 news
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    BATTERY_LOW since 00:01
            00:01:01 news: completed, free
            00:01:01 news: removed, completed
            00:01:01 recorded 1-1
            00:02 wake 1-2 mail
        "#]],
    );
}

#[test]
fn battery_low_does_not_hold_while_charging() {
    check(
        "
        online
        open
        00:01 charging 3%
        register mail battery-not-low
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
        "#]],
    );
}

#[test]
fn not_charging_holds_what_asked_for_the_charger() {
    check(
        "
        online
        open
        00:01 battery 90%
        register mail charging
        show mail
        00:02 charging 90%
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    NOT_CHARGING since 00:01
            00:02 wake 1-1 mail
        "#]],
    );
}

/// Without a battery there is nothing to charge.
#[test]
fn not_charging_also_where_nobody_knows() {
    check(
        "
        online
        open
        00:01 register mail charging
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    NOT_CHARGING since 00:00
        "#]],
    );
}

#[test]
fn battery_s_limits_are_policy() {
    check(
        "
        policy one_off.battery=50 periodic.battery=60
        online
        open
        00:01 battery 50%
        register mail
        show mail
        00:02 battery 51%
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    BATTERY_CRITICAL since 00:01
            00:02 wake 1-1 mail
        "#]],
    );
}

#[test]
fn constraints_may_be_changed_by_registering_again() {
    check(
        "
        online
        open
        metered
        00:01 register mail unmetered
        show mail
        00:02 register mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    METERED since 00:00
            00:02 registered mail: updated, next 00:02
            00:02 wake 1-1 mail
        "#]],
    );
}
