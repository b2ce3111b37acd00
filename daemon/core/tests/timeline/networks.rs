//! The rows of the table of conditions that are about the network.

use expect_test::expect;

use super::check;

/// W-23: some users only ever have metered links.
#[test]
fn metered_holds_periodic_events_until_they_are_three_intervals_stale() {
    check(
        "
        online
        open
        worker completed after 1s
        register news every 12h
        11:00 metered
        12:00 show news
        35:59:59 show news
        36:00:01 show news
        48:00 show news
        72:00
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            12:00 news: pending, next 1d 12:00, 0/3 charged, anchor 00:00
                    METERED since 11:00 until 1d 12:00
            1d 11:59:59 news: pending, next 1d 12:00, 0/3 charged, anchor 00:00
                    METERED since 11:00 until 1d 12:00
            1d 12:00 wake 1-1 news (periodic)
            1d 12:00:01 news: completed, free, next 2d 00:00
            1d 12:00:01 recorded 1-1
            1d 12:00:01 news: pending, next 3d 00:00, 0/3 charged, anchor 1d 12:00
                    NOT_DUE since 1d 12:00:01 until 2d 00:00
                    METERED since 11:00 until 3d 00:00
            2d 00:00 news: pending, next 3d 00:00, 0/3 charged, anchor 1d 12:00
                    METERED since 11:00 until 3d 00:00
            3d 00:00 wake 1-2 news (periodic)
        "#]],
    );
}

/// One-offs go.
#[test]
fn metered_does_not_hold_one_offs() {
    check(
        "
        online
        open
        00:01 metered
        register mail
        +1s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01:01
            00:01:01 wake 1-1 mail
        "#]],
    );
}

/// A guess is as good.
#[test]
fn metered_is_also_what_probably_is() {
    check(
        "
        online
        open
        worker completed after 1s
        register news every 12h
        12:00 guess-unmetered
        23:59 guess-metered
        24:00 show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            12:00 wake 1-1 news (periodic)
            12:00:01 news: completed, free, next 1d 00:00
            12:00:01 recorded 1-1
            1d 00:00 news: pending, next 2d 00:00, 0/3 charged, anchor 12:00
                    METERED since 23:59 until 2d 00:00
        "#]],
    );
}

#[test]
fn metered_may_hold_one_offs_by_policy() {
    check(
        "
        policy one_off.metered=held
        online
        open
        metered
        00:01 register mail
        show mail
        00:02 unmetered
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    METERED since 00:00
            00:02 wake 1-1 mail
        "#]],
    );
}

#[test]
fn metered_may_hold_for_good_by_policy() {
    check(
        "
        policy periodic.stale_intervals=0
        online
        open
        metered
        register news every 12h
        5d 00:00 show news
        timeout
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            5d 00:00 news: pending, next 5d 00:00, 0/3 charged, anchor 00:00
                    METERED since 00:00
            5d 00:00 nothing is due
        "#]],
    );
}

/// What registrations ask for themselves has no end.
#[test]
fn metered_holds_what_asked_for_unmetered_for_good() {
    check(
        "
        online
        open
        metered
        register news every 12h unmetered
        00:01 register mail unmetered
        show mail
        5d 00:00 show news
        unmetered
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            00:01 registered mail: created as 2, next 00:01
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    METERED since 00:00
            5d 00:00 news: pending, next 5d 00:00, 0/3 charged, anchor 00:00
                    METERED since 00:00
            5d 00:00 wake 1-1 mail
            5d 00:00 wake 1-2 news (periodic)
        "#]],
    );
}

#[test]
fn roaming_holds_periodic_events_until_they_are_stale() {
    check(
        "
        online
        open
        worker completed after 1s
        roaming
        register news every 12h
        00:01 register mail
        12:00 show news
        36:00
        36:01 show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 1d 12:00
            00:01 registered mail: created as 2, next 00:01
            00:01 wake 1-1 mail
            00:01:01 mail: completed, free
            00:01:01 mail: removed, completed
            00:01:01 recorded 1-1
            12:00 news: pending, next 1d 12:00, 0/3 charged, anchor 00:00
                    ROAMING since 00:00 until 1d 12:00
            1d 12:00 wake 1-2 news (periodic)
            1d 12:00:01 news: completed, free, next 2d 00:00
            1d 12:00:01 recorded 1-2
            1d 12:01 news: pending, next 3d 00:00, 0/3 charged, anchor 1d 12:00
                    NOT_DUE since 1d 12:00:01 until 2d 00:00
                    ROAMING since 00:00 until 3d 00:00
        "#]],
    );
}

#[test]
fn roaming_and_metered_are_said_both() {
    check(
        "
        online
        open
        roaming metered
        register news every 12h
        12:00 show news
        13:00 home
        show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 1d 12:00
            12:00 news: pending, next 1d 12:00, 0/3 charged, anchor 00:00
                    METERED since 00:00 until 1d 12:00
                    ROAMING since 00:00 until 1d 12:00
            13:00 news: pending, next 1d 12:00, 0/3 charged, anchor 00:00
                    METERED since 00:00 until 1d 12:00
        "#]],
    );
}

/// A firewalled office.
#[test]
fn limited_lets_one_offs_go_after_ten_minutes() {
    check(
        "
        online
        open
        00:01 limited
        register mail
        register news every 12h
        show mail
        00:10:59 show mail
        00:11 finish mail offline
        show mail
        00:30 show mail
        01:11 finish mail completed
        12:00 show news
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:11
            00:01 registered news: created as 2, next 12:01
            00:01 mail: pending, next 00:11, 0/3 charged, expires 30d 00:01
                    LIMITED since 00:01 until 00:11
            00:10:59 mail: pending, next 00:11, 0/3 charged, expires 30d 00:01
                    LIMITED since 00:01 until 00:11
            00:11 wake 1-1 mail
            00:11 mail: offline, free, next 00:11
            00:11 recorded 1-1
            00:11 mail: pending, next 01:11, 0/3 charged, 1 in a row offline, expires 30d 00:01
                    LIMITED since 00:01 until 01:11
            00:30 mail: pending, next 01:11, 0/3 charged, 1 in a row offline, expires 30d 00:01
                    LIMITED since 00:01 until 01:11
            01:11 wake 1-2 mail
            01:11 mail: completed, free
            01:11 mail: removed, completed
            01:11 recorded 1-2
            12:00 news: pending, next 12:01, 0/3 charged, anchor 00:01
                    NOT_DUE since 00:01 until 12:01
                    LIMITED since 00:01
        "#]],
    );
}

/// The check has an answer again.
#[test]
fn limited_ends_with_an_answer() {
    check(
        "
        online
        open
        limited
        00:05 register mail
        00:06 full
        show mail
        +1s
        ",
        expect![[r#"
            00:05 registered mail: created as 1, next 00:10
            00:06 mail: pending, next 00:06:01, 0/3 charged, expires 30d 00:05
                    SETTLING since 00:06 until 00:06:01
            00:06:01 wake 1-1 mail
        "#]],
    );
}

#[test]
fn limited_counts_from_when_it_began() {
    check(
        "
        online
        open
        full
        00:20 limited
        00:25 register mail
        00:26 limited metered
        00:30
        ",
        expect![[r#"
            00:25 registered mail: created as 1, next 00:30
            00:30 wake 1-1 mail
        "#]],
    );
}

#[test]
fn limited_without_a_default_route_is_offline() {
    check(
        "
        limited
        open
        offline
        01:00 register mail
        show mail
        ",
        expect![[r#"
            01:00 registered mail: created as 1, next 01:00
            01:00 mail: pending, next 01:00, 0/3 charged, expires 30d 01:00
                    OFFLINE since 00:00
        "#]],
    );
}

#[test]
fn captive_portal_holds_all() {
    check(
        "
        online
        open
        00:01 portal
        register mail
        register news every 12h
        show mail
        12:15 show news
        12:16 full
        show mail
        +1s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 registered news: created as 2, next 12:01
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    CAPTIVE_PORTAL since 00:01
            12:15 news: pending, next 12:15, 0/3 charged, anchor 00:01
                    CAPTIVE_PORTAL since 00:01
            12:16 mail: pending, next 12:16:01, 0/3 charged, expires 30d 00:01
                    SETTLING since 12:16 until 12:16:01
            12:16:01 wake 1-1 mail
            12:16:01 wake 1-2 news (periodic)
        "#]],
    );
}

/// The manager's word counts where its check is on.
#[test]
fn online_is_what_the_manager_says() {
    check(
        "
        online
        open
        00:01 no-network
        register mail
        show mail
        00:02 unchecked
        +1s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    OFFLINE since 00:01
            00:02:01 wake 1-1 mail
        "#]],
    );
}

#[test]
fn online_needs_a_default_route_whatever_the_manager_says() {
    check(
        "
        offline
        open
        full
        00:01 register mail
        show mail
        00:02 online
        +1s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    OFFLINE since 00:00
            00:02:01 wake 1-1 mail
        "#]],
    );
}

#[test]
fn transport_holds_what_asked_for_another() {
    check(
        "
        online
        open
        worker completed after 1s
        00:01 cellular
        register mail wifi ethernet
        register news cellular
        show mail
        00:02 wifi
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01:01
            00:01 registered news: created as 2, next 00:01:01
            00:01 mail: pending, next 00:01:01, 0/3 charged, expires 30d 00:01
                    SETTLING since 00:01 until 00:01:01
                    TRANSPORT since 00:01
            00:01:01 wake 1-1 news
            00:01:02 news: completed, free
            00:01:02 news: removed, completed
            00:01:02 recorded 1-1
            00:02 wake 1-2 mail
        "#]],
    );
}

/// What is not known is not the wanted one.
#[test]
fn transport_that_nobody_knows_holds() {
    check(
        "
        online
        open
        00:01 register mail wifi
        show mail
        00:02 unchecked wifi
        +1s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    TRANSPORT since 00:00
            00:02:01 wake 1-1 mail
        "#]],
    );
}

#[test]
fn unknown_network_holds_what_asked_for_a_known_one() {
    check(
        "
        online
        full network 7
        open
        00:01 register mail known-network
        offline
        register news known-network
        finish mail completed
        00:02 network 8
        online
        +1s show news
        00:03 network 7
        +1s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered news: created as 2, next 00:01
            00:01 mail: completed, free
            00:01 mail: removed, completed
            00:01 recorded 1-1
            00:02:01 news: pending, next 00:02:01, 0/3 charged, expires 30d 00:01
                    UNKNOWN_NETWORK since 00:02
            00:03:01 wake 1-2 news
        "#]],
    );
}

/// Used there: known from then on.
#[test]
fn unknown_network_becomes_known_by_use() {
    check(
        "
        online
        full network 7
        open
        00:01 offline
        register mail known-network
        00:02 network 8
        online
        +1s show mail
        00:03 engage app navigation
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:02:01 mail: pending, next 00:02:01, 0/3 charged, expires 30d 00:01
                    UNKNOWN_NETWORK since 00:02
            00:03 https://app.example: 3.00 points, 3.00 today, low
            00:03 wake 1-1 mail
        "#]],
    );
}

#[test]
fn networks_known_is_a_policy_for_periodic_events() {
    check(
        "
        policy periodic.networks=known
        online
        full network 7
        open
        worker completed after 1s
        register news every 12h
        01:00 network 8
        12:00 show news
        13:00 network 7
        +1s
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            12:00 news: pending, next 12:00, 0/3 charged, anchor 00:00
                    UNKNOWN_NETWORK since 01:00
            13:00:01 wake 1-1 news (periodic)
        "#]],
    );
}

/// S-P-52: the one on which it was registered, whatever others are known.
#[test]
fn networks_registered_is_a_policy_for_periodic_events() {
    check(
        "
        policy periodic.networks=registered
        online
        full network 7
        open
        worker completed after 1s
        register news every 12h
        01:00 network 8
        register mail
        12:00 show news
        13:00 network 7
        +1s
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            01:00 registered mail: created as 2, next 01:00:01
            01:00:01 wake 1-1 mail
            01:00:02 mail: completed, free
            01:00:02 mail: removed, completed
            01:00:02 recorded 1-1
            12:00 news: pending, next 12:00, 0/3 charged, anchor 00:00
                    UNKNOWN_NETWORK since 01:00
            13:00:01 wake 1-2 news (periodic)
        "#]],
    );
}

/// Nobody tells networks apart: none can be refused.
#[test]
fn networks_registered_needs_names_of_networks() {
    check(
        "
        policy periodic.networks=registered
        online
        open
        register news every 12h
        12:00
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            12:00 wake 1-1 news (periodic)
        "#]],
    );
}
