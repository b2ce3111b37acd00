//! Overrides: whose facts, for how long, and which of them counts.

use expect_test::expect;

use super::check;

#[test]
fn override_lets_go_what_the_network_holds() {
    check(
        "
        offline
        open
        00:01 register mail
        show mail
        00:02 override all network online for 1h
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    OFFLINE since 00:00
            00:02 override Network(Online) of all until 01:02
            00:02 wake 1-1 mail
        "#]],
    );
}

/// It ends by itself.
#[test]
fn override_ends() {
    check(
        "
        online
        open
        00:01 override owner:ana network offline for 10m
        register mail
        show mail
        00:11 leases
        ",
        expect![[r#"
            00:01 override Network(Offline) of owner ana until 00:11
            00:01 registered mail: created as 1, next 00:11
            00:01 mail: pending, next 00:11, 0/3 charged, expires 30d 00:01
                    OFFLINE since 00:01 until 00:11
            00:11 wake 1-1 mail
            00:11 no leases
        "#]],
    );
}

/// The network is there, whatever the sources say: nothing to settle.
#[test]
fn override_does_not_wait_for_facts() {
    check(
        "
        open
        override owner:ana network online for 1h
        register mail
        ",
        expect![[r#"
            00:00 override Network(Online) of owner ana until 01:00
            00:00 registered mail: created as 1, next 00:00
            00:00 wake 1-1 mail
        "#]],
    );
}

#[test]
fn override_of_each_fact_holds() {
    check(
        "
        online
        open
        worker completed after 1s
        00:01 override origin:a network portal for 1h
        override origin:b network limited for 1h
        override origin:c metered yes for 1h
        override origin:d roaming yes for 1h
        override origin:e transport cellular for 1h
        override origin:f battery 3 for 1h
        override origin:g charging no for 1h
        override origin:h saver yes for 1h
        register a:x
        register b:x
        register c:x unmetered
        register e:x wifi
        register f:x
        register g:x charging
        show a:x
        show b:x
        show c:x
        show e:x
        show f:x
        show g:x
        01:01
        ",
        expect![[r#"
            00:01 override Network(CaptivePortal) of origin https://a.example of ana until 01:01
            00:01 override Network(Limited) of origin https://b.example of ana until 01:01
            00:01 override Metered(true) of origin https://c.example of ana until 01:01
            00:01 override Roaming(true) of origin https://d.example of ana until 01:01
            00:01 override Transport(Cellular) of origin https://e.example of ana until 01:01
            00:01 override Battery(3) of origin https://f.example of ana until 01:01
            00:01 override Charging(false) of origin https://g.example of ana until 01:01
            00:01 override PowerSaver(true) of origin https://h.example of ana until 01:01
            00:01 registered a:x: created as 1, next 01:01
            00:01 registered b:x: created as 2, next 00:11
            00:01 registered c:x: created as 3, next 01:01
            00:01 registered e:x: created as 4, next 01:01
            00:01 registered f:x: created as 5, next 01:01
            00:01 registered g:x: created as 6, next 01:01
            00:01 a:x: pending, next 01:01, 0/3 charged, expires 30d 00:01
                    CAPTIVE_PORTAL since 00:01 until 01:01
            00:01 b:x: pending, next 00:11, 0/3 charged, expires 30d 00:01
                    LIMITED since 00:01 until 00:11
            00:01 c:x: pending, next 01:01, 0/3 charged, expires 30d 00:01
                    METERED since 00:01 until 01:01
            00:01 e:x: pending, next 01:01, 0/3 charged, expires 30d 00:01
                    TRANSPORT since 00:01 until 01:01
            00:01 f:x: pending, next 01:01, 0/3 charged, expires 30d 00:01
                    BATTERY_CRITICAL since 00:01 until 01:01
            00:01 g:x: pending, next 01:01, 0/3 charged, expires 30d 00:01
                    NOT_CHARGING since 00:01 until 01:01
            00:11 wake 1-1 b:x
            00:11:01 b:x: completed, free
            00:11:01 b:x: removed, completed
            00:11:01 recorded 1-1
            01:01 wake 1-2 c:x
            01:01 wake 1-3 f:x
            01:01 wake 1-4 a:x
        "#]],
    );
}

/// Three intervals, then metered and roaming have waited enough.
#[test]
fn override_holds_periodic_events_until_they_are_stale() {
    check(
        "
        policy lease.max_override=7d
        online
        open
        register d:x every 12h
        register h:x every 12h
        override origin:d roaming yes for 3d
        override origin:h saver yes for 3d
        12:00 show d:x
        show h:x
        36:00 show h:x
        ",
        expect![[r#"
            00:00 registered d:x: created as 1, next 12:00
            00:00 registered h:x: created as 2, next 12:00
            00:00 override Roaming(true) of origin https://d.example of ana until 3d 00:00
            00:00 override PowerSaver(true) of origin https://h.example of ana until 3d 00:00
            12:00 d:x: pending, next 1d 12:00, 0/3 charged, anchor 00:00
                    ROAMING since 00:00 until 1d 12:00
            12:00 h:x: pending, next 3d 00:00, 0/3 charged, anchor 00:00
                    POWER_SAVER since 00:00 until 3d 00:00
            1d 12:00 wake 1-1 d:x (periodic)
            1d 12:00 h:x: pending, next 3d 00:00, 0/3 charged, anchor 00:00
                    POWER_SAVER since 00:00 until 3d 00:00
        "#]],
    );
}

#[test]
fn override_lifts_what_is_so() {
    check(
        "
        online
        open
        metered cellular
        battery 3%
        saver on
        00:01 register mail unmetered wifi charging
        show mail
        override app:none metered no for 1h
        override origin:app metered no for 1h
        override origin:app transport wifi for 1h
        show mail
        override origin:app charging yes for 1h
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    METERED since 00:00
                    TRANSPORT since 00:00
                    BATTERY_CRITICAL since 00:00
                    NOT_CHARGING since 00:00
            00:01 override Metered(false) of app none of ana until 01:01
            00:01 override Metered(false) of origin https://app.example of ana until 01:01
            00:01 override Transport(Wifi) of origin https://app.example of ana until 01:01
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    BATTERY_CRITICAL since 00:00
                    NOT_CHARGING since 00:00
            00:01 override Charging(true) of origin https://app.example of ana until 01:01
            00:01 wake 1-1 mail
        "#]],
    );
}

/// A charge that is named is the charge of a battery in use.
#[test]
fn override_of_the_battery_means_discharging() {
    check(
        "
        online
        open
        charging 100%
        00:01 override all battery 4 for 1h
        register mail
        show mail
        00:02 override all charging yes for 1h
        ",
        expect![[r#"
            00:01 override Battery(4) of all until 01:01
            00:01 registered mail: created as 1, next 01:01
            00:01 mail: pending, next 01:01, 0/3 charged, expires 30d 00:01
                    BATTERY_CRITICAL since 00:01 until 01:01
            00:02 override Charging(true) of all until 01:02
            00:02 wake 1-1 mail
        "#]],
    );
}

/// App over origin over owner over all.
#[test]
fn override_of_the_narrower_subject_counts() {
    check(
        "
        online
        open
        00:01 override all network offline for 1h
        register mail app chat
        show mail
        override owner:ana network portal for 1h
        show mail
        override origin:app network limited for 1h
        show mail
        override app:chat network online for 1h
        ",
        expect![[r#"
            00:01 override Network(Offline) of all until 01:01
            00:01 registered mail: created as 1, next 01:01
            00:01 mail: pending, next 01:01, 0/3 charged, expires 30d 00:01
                    OFFLINE since 00:01 until 01:01
            00:01 override Network(CaptivePortal) of owner ana until 01:01
            00:01 mail: pending, next 01:01, 0/3 charged, expires 30d 00:01
                    CAPTIVE_PORTAL since 00:01 until 01:01
            00:01 override Network(Limited) of origin https://app.example of ana until 01:01
            00:01 mail: pending, next 00:11, 0/3 charged, expires 30d 00:01
                    LIMITED since 00:01 until 00:11
            00:01 override Network(Online) of app chat of ana until 01:01
            00:01 wake 1-1 mail
        "#]],
    );
}

#[test]
fn override_of_the_broader_subject_returns() {
    check(
        "
        online
        open
        00:01 override owner:ana network offline for 1h
        override origin:app network online for 10m
        register mail
        finish mail completed
        00:11 register news
        show news
        clear owner:ana network
        ",
        expect![[r#"
            00:01 override Network(Offline) of owner ana until 01:01
            00:01 override Network(Online) of origin https://app.example of ana until 00:11
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: completed, free
            00:01 mail: removed, completed
            00:01 recorded 1-1
            00:11 registered news: created as 2, next 01:01
            00:11 news: pending, next 01:01, 0/3 charged, expires 30d 00:11
                    OFFLINE since 00:01 until 01:01
            00:11 gave back 1
            00:11 wake 1-2 news
        "#]],
    );
}

/// Only of the facts that are named.
#[test]
fn override_is_cleared_by_fact() {
    check(
        "
        online
        open
        00:01 override owner:ana network offline for 1h
        override owner:ana metered yes for 1h
        clear owner:ana metered
        leases
        clear owner:ana
        leases
        ",
        expect![[r#"
            00:01 override Network(Offline) of owner ana until 01:01
            00:01 override Metered(true) of owner ana until 01:01
            00:01 gave back 1
            00:01 override Network(Offline) of owner ana until 01:01
            00:01 gave back 1
            00:01 no leases
        "#]],
    );
}

#[test]
fn override_survives_a_restart() {
    check(
        "
        online
        open
        00:01 override owner:ana network offline for 1h
        register mail
        00:02 crash
        open
        00:03 show mail
        01:01
        ",
        expect![[r#"
            00:01 override Network(Offline) of owner ana until 01:01
            00:01 registered mail: created as 1, next 01:01
            00:03 mail: pending, next 01:01, 0/3 charged, expires 30d 00:01
                    OFFLINE since 00:01 until 01:01
            01:01 wake 2-1 mail
        "#]],
    );
}

/// The machine sleeps all the same, and a denial stands.
#[test]
fn override_does_not_reach_what_is_no_fact() {
    check(
        "
        online
        open
        00:01 pause origin:app for 1h
        override origin:app network online for 1h
        register mail
        show mail
        ",
        expect![[r#"
            00:01 pause of origin https://app.example of ana until 01:01
            00:01 override Network(Online) of origin https://app.example of ana until 01:01
            00:01 registered mail: created as 1, next 01:01
            00:01 mail: pending, next 01:01, 0/3 charged, expires 30d 00:01
                    PAUSED since 00:01 until 01:01
        "#]],
    );
}

/// A firewalled office, pretended: as in a real one.
#[test]
fn override_of_a_limited_network_lets_one_offs_go_after_ten_minutes() {
    check(
        "
        online
        open
        open bob
        00:01 override all network limited for 1h
        override owner:bob network limited for 1h
        register mail
        register bob/mail
        show mail
        show bob/mail
        register bob/news every 12h
        worker completed after 1s
        00:11:01 show bob/mail
        show bob/news
        ",
        expect![[r#"
            00:01 override Network(Limited) of all until 01:01
            00:01 override Network(Limited) of owner bob until 01:01
            00:01 registered mail: created as 1, next 00:11
            00:01 registered bob/mail: created as 2, next 00:11
            00:01 mail: pending, next 00:11, 0/3 charged, expires 30d 00:01
                    LIMITED since 00:01 until 00:11
            00:01 bob/mail: pending, next 00:11, 0/3 charged, expires 30d 00:01
                    LIMITED since 00:01 until 00:11
            00:01 registered bob/news: created as 3, next 12:01
            00:11 wake 1-1 mail
            00:11 wake 1-2 bob/mail
            00:11:01 mail: completed, free
            00:11:01 mail: removed, completed
            00:11:01 recorded 1-1
            00:11:01 bob/mail: completed, free
            00:11:01 bob/mail: removed, completed
            00:11:01 recorded 1-2
            00:11:01 bob/mail: none
            00:11:01 bob/news: pending, next 12:01, 0/3 charged, anchor 00:01
                    NOT_DUE since 00:01 until 12:01
                    LIMITED since 00:01 until 01:01
        "#]],
    );
}
