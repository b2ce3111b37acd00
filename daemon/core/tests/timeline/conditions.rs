//! Conditions: what holds a registration, and what lets it go.

use expect_test::expect;

use super::check;

#[test]
fn starting_holds_until_the_network_is_known() {
    check(
        "
        open
        register mail
        show mail
        +2s online
        show mail
        +1s
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00:03
            00:00 mail: pending, next 00:00:03, 0/3 charged, expires 30d 00:00
                    STARTING since 00:00 until 00:00:03
            00:00:02 mail: pending, next 00:00:03, 0/3 charged, expires 30d 00:00
                    SETTLING since 00:00:02 until 00:00:03
            00:00:03 wake 1-1 mail
        "#]],
    );
}

/// Then a host of which nothing is known is offline.
#[test]
fn starting_lasts_three_seconds_at_most() {
    check(
        "
        open
        register mail
        +3s show mail
        +1m online
        +1s
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00:03
            00:00:03 mail: pending, next 00:00:03, 0/3 charged, expires 30d 00:00
                    OFFLINE since 00:00
            00:01:04 wake 1-1 mail
        "#]],
    );
}

#[test]
fn offline_holds() {
    check(
        "
        open
        00:01 offline
        00:02 register mail
        register news every 12h
        show mail
        14:00 show news
        ",
        expect![[r#"
            00:02 registered mail: created as 1, next 00:02
            00:02 registered news: created as 2, next 12:02
            00:02 mail: pending, next 00:02, 0/3 charged, expires 30d 00:02
                    OFFLINE since 00:01
            14:00 news: pending, next 14:00, 0/3 charged, anchor 00:02
                    OFFLINE since 00:01
        "#]],
    );
}

/// W-04.
#[test]
fn settling_holds_for_a_second() {
    check(
        "
        open
        00:01 online
        register mail
        show mail
        +1s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01:01
            00:01 mail: pending, next 00:01:01, 0/3 charged, expires 30d 00:01
                    SETTLING since 00:01 until 00:01:01
            00:01:01 wake 1-1 mail
        "#]],
    );
}

/// But not when the same network says more.
#[test]
fn settling_starts_anew_on_another_network() {
    check(
        "
        open
        00:01 online 1
        register mail
        +500ms online 1
        +400ms online 2
        show mail
        +1s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01:01
            00:01:00.900 mail: pending, next 00:01:01.900, 0/3 charged, expires 30d 00:01
                    SETTLING since 00:01:00.900 until 00:01:01.900
            00:01:01.900 wake 1-1 mail
        "#]],
    );
}

#[test]
fn settling_starts_anew_when_the_network_flaps() {
    check(
        "
        open
        register mail
        00:01 online
        +900ms offline
        +50ms online
        +900ms offline
        +50ms online
        +999ms show mail
        +1ms
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00:03
            00:01:02.899 mail: pending, next 00:01:02.900, 0/3 charged, expires 30d 00:00
                    SETTLING since 00:01:01.900 until 00:01:02.900
            00:01:02.900 wake 1-1 mail
        "#]],
    );
}

#[test]
fn settling_takes_five_seconds_after_a_resume() {
    check(
        "
        online
        open
        00:01 suspend
        register mail
        00:02 resume
        show mail
        00:03 suspend
        register news
        offline
        00:04 resume
        +1s online
        show news
        +5s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:02 mail: pending, next 00:02:05, 0/3 charged, expires 30d 00:01
                    SETTLING since 00:02 until 00:02:05
            00:02:05 wake 1-1 mail
            00:02:35 cancel 1-1: time limit
            00:02:35 mail: unavailable, free, next 00:03:05
            00:03 registered news: created as 2, next 00:03
            00:04:01 news: pending, next 00:04:06, 0/3 charged, expires 30d 00:03
                    SETTLING since 00:04:01 until 00:04:06
            00:04:06 wake 1-2 mail
            00:04:06 wake 1-3 news
        "#]],
    );
}

/// At 20 % or less, discharging.
#[test]
fn battery_low_holds_periodic_events_only() {
    check(
        "
        online
        open
        battery 20%
        register news every 12h
        12:00 register mail
        show news
        battery 21%
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            12:00 registered mail: created as 2, next 12:00
            12:00 wake 1-1 mail
            12:00 news: pending, next 12:00, 0/3 charged, anchor 00:00
                    BATTERY_LOW since 00:00
            12:00 wake 1-2 news (periodic)
        "#]],
    );
}

/// At 5 % or less; charging lifts it.
#[test]
fn battery_critical_holds_all() {
    check(
        "
        online
        open
        battery 5%
        register news every 12h
        12:00 register mail
        show mail
        show news
        battery 6%
        charging 6%
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            12:00 registered mail: created as 2, next 12:00
            12:00 mail: pending, next 12:00, 0/3 charged, expires 30d 12:00
                    BATTERY_CRITICAL since 00:00
            12:00 news: pending, next 12:00, 0/3 charged, anchor 00:00
                    BATTERY_CRITICAL since 00:00
            12:00 wake 1-1 mail
            12:00 wake 1-2 news (periodic)
        "#]],
    );
}

/// What runs goes on.
#[test]
fn suspending_holds_what_is_new() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        suspend
        register news
        show news
        finish mail completed
        resume
        +5s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered news: created as 2, next 00:01
            00:01 news: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    SUSPENDING since 00:01
            00:01 mail: completed, free
            00:01 mail: removed, completed
            00:01 recorded 1-1
            00:01:05 wake 1-2 news
        "#]],
    );
}

/// It reconciles before it takes wakes.
#[test]
fn browser_closed_holds_until_it_is_ready() {
    check(
        "
        online
        00:01 register mail
        show mail
        attach
        show mail
        ready
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
            00:01 wake 1-1 mail
        "#]],
    );
}

/// Since it went, however long the registration has waited.
#[test]
fn browser_closed_is_dated_from_the_loss_of_the_session() {
    check(
        "
        online
        open
        00:01 register news every 12h
        02:00 close
        03:00 show news
        attach
        04:00 show news
        ready
        show news
        ",
        expect![[r#"
            00:01 registered news: created as 1, next 12:01
            03:00 news: pending, next 12:01, 0/3 charged, anchor 00:01
                    NOT_DUE since 00:01 until 12:01
                    BROWSER_CLOSED since 02:00
                    NO_LAUNCHER since 00:00
            04:00 news: pending, next 12:01, 0/3 charged, anchor 00:01
                    NOT_DUE since 00:01 until 12:01
                    BROWSER_CLOSED since 02:00
                    NO_LAUNCHER since 00:00
            04:00 news: pending, next 12:01, 0/3 charged, anchor 00:01
                    NOT_DUE since 00:01 until 12:01
        "#]],
    );
}

#[test]
fn browser_closed_is_each_profile_s_own() {
    check(
        "
        online
        open ana.work
        00:01 register mail
        register ana.work/mail
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 registered ana.work/mail: created as 2, next 00:01
            00:01 wake 1-1 ana.work/mail
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
        "#]],
    );
}

#[test]
fn concurrency_holds_when_the_browser_is_full() {
    check(
        "
        online
        open capacity 1
        00:01 register mail
        register news
        show news
        finish mail completed
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered news: created as 2, next 00:01
            00:01 news: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    CONCURRENCY since 00:01
            00:01 mail: completed, free
            00:01 mail: removed, completed
            00:01 recorded 1-1
            00:01 wake 1-2 news
        "#]],
    );
}

/// No wake leaves that is not recorded.
#[test]
fn store_read_only_holds_all() {
    check(
        "
        online
        open
        store read-only
        00:01 register mail
        show mail
        store writable
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    STORE_READ_ONLY since 00:00
            00:01 wake 1-1 mail
        "#]],
    );
}

#[test]
fn all_reasons_are_said_at_once() {
    check(
        "
        open
        00:01 register mail
        online
        +1s finish mail rejected
        close
        offline
        battery 3%
        suspend
        store read-only
        00:02 show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01:01 wake 1-1 mail
            00:01:01 mail: rejected, charged, next 00:06:01
            00:01:01 recorded 1-1
            00:02 mail: waiting, next 00:06:01, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:01:01 until 00:06:01
                    BROWSER_CLOSED since 00:01:01
                    NO_LAUNCHER since 00:00
                    OFFLINE since 00:01:01
                    BATTERY_CRITICAL since 00:01:01
                    SUSPENDING since 00:01:01
                    STORE_READ_ONLY since 00:01:01
        "#]],
    );
}

#[test]
fn only_what_holds_a_kind_is_said_of_it() {
    check(
        "
        online
        open capacity 1
        battery 10%
        register news every 12h
        12:00 register mail
        show news
        finish mail completed
        charging 10%
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            12:00 registered mail: created as 2, next 12:00
            12:00 wake 1-1 mail
            12:00 news: pending, next 12:00, 0/3 charged, anchor 00:00
                    CONCURRENCY since 12:00
                    BATTERY_LOW since 00:00
            12:00 mail: completed, free
            12:00 mail: removed, completed
            12:00 recorded 1-1
            12:00 wake 1-2 news (periodic)
        "#]],
    );
}
