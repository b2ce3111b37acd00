//! The history, what is cleared, and rest.

use expect_test::expect;

use super::check;

/// Each decision, with what was so at that moment.
#[test]
fn history_holds_each_decision_with_its_facts() {
    check(
        "
        online
        battery 80%
        full wifi network 7
        open
        00:01 register mail
        finish mail rejected
        00:02 metered
        offline
        00:06 history mail
        00:07 online
        +1s finish mail completed
        history
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:06 4 decisions
                    4: 00:06 mail held by OFFLINE (offline, metered, wifi, network 7, battery 80 %)
                    3: 00:01 mail 1-1 rejected, charged (online, wifi, network 7, battery 80 %)
                    2: 00:01 mail woken as 1-1 (online, wifi, network 7, battery 80 %)
                    1: 00:01 mail created (online, wifi, network 7, battery 80 %)
            00:07:01 wake 1-2 mail
            00:07:01 mail: completed, free
            00:07:01 mail: removed, completed
            00:07:01 recorded 1-2
            00:07:01 7 decisions
                    7: 00:07:01 mail removed, completed (online, metered, wifi, network 7, battery 80 %)
                    6: 00:07:01 mail 1-2 completed, free (online, metered, wifi, network 7, battery 80 %)
                    5: 00:07:01 mail woken as 1-2 (online, metered, wifi, network 7, battery 80 %)
                    4: 00:06 mail held by OFFLINE (offline, metered, wifi, network 7, battery 80 %)
                    3: 00:01 mail 1-1 rejected, charged (online, wifi, network 7, battery 80 %)
                    2: 00:01 mail woken as 1-1 (online, wifi, network 7, battery 80 %)
                    1: 00:01 mail created (online, wifi, network 7, battery 80 %)
        "#]],
    );
}

/// P-12: nothing vanishes silently.
#[test]
fn history_holds_what_is_gone() {
    check(
        "
        online
        open
        register feed expires 1m
        00:01 register mail
        register news every 12h
        unregister news
        permission app one-off denied
        00:02 history
        ",
        expect![[r#"
            00:00 registered feed: created as 1, next 00:00:01
            00:00:01 wake 1-1 feed, last chance
            00:00:31 cancel 1-1: time limit
            00:00:31 feed: unavailable, free, next 00:01:01
            00:01 feed: removed, expired
            00:01 registered mail: created as 2, next 00:01
            00:01 wake 1-2 mail
            00:01 registered news: created as 3, next 12:01
            00:01 unregistered: removed
            00:01 news: removed, unregistered
            00:01 permission noted, 1 removed
            00:01 cancel 1-2: revoked
            00:01 mail: removed, revoked
            00:02 10 decisions
                    10: 00:01 mail removed, revoked (online)
                    9: 00:01 news removed, unregistered (online)
                    8: 00:01 news created (online)
                    7: 00:01 mail woken as 1-2 (online)
                    6: 00:01 mail created (online)
                    5: 00:01 feed removed, expired (online)
                    4: 00:00:31 feed 1-1 unavailable, free (online)
                    3: 00:00:01 feed woken as 1-1 (online)
                    2: 00:00 feed held by SETTLING (online)
                    1: 00:00 feed created (online)
        "#]],
    );
}

/// Bounded for each owner and in all; the oldest go first.
#[test]
fn history_is_bounded() {
    check(
        "
        policy shares.owner_history=100 shares.history=150
        register bob/mail
        register eve/mail
        register news every 12h expires 1h
        late 1m
        decisions as ana
        decisions
        storm 200
        decisions as ana
        decisions as bob
        decisions
        storm 200 bob/
        decisions as bob
        decisions as ana
        decisions as eve
        decisions
        ",
        expect![[r#"
            00:00 registered bob/mail: created as 1, next 00:00:03
            00:00 registered eve/mail: created as 2, next 00:00:03
            00:00 registered news: created as 3, next 12:00
            00:01 1 decisions, from 5 to 5
            00:01 5 decisions, from 1 to 5
            00:01 100 decisions, from 506 to 605
            00:01 2 decisions, from 1 to 2
            00:01 104 decisions, from 1 to 605
            00:01 100 decisions, from 1106 to 1205
            00:01 50 decisions, from 556 to 605
            00:01 0 decisions, from none to none
            00:01 150 decisions, from 556 to 1205
        "#]],
    );
}

#[test]
fn history_survives_a_crash() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail rejected
        crash
        open
        history mail
        00:06:01 history mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:01 3 decisions
                    3: 00:01 mail 1-1 rejected, charged (online)
                    2: 00:01 mail woken as 1-1 (online)
                    1: 00:01 mail created (online)
            00:06 wake 2-1 mail
            00:06:01 4 decisions
                    4: 00:06 mail woken as 2-1 (online)
                    3: 00:01 mail 1-1 rejected, charged (online)
                    2: 00:01 mail woken as 1-1 (online)
                    1: 00:01 mail created (online)
        "#]],
    );
}

/// What was not on disk was not decided.
#[test]
fn history_of_what_was_not_on_disk_is_none() {
    check(
        "
        online
        open
        00:01 register mail
        hold
        finish mail rejected
        crash
        00:02 history mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01:30 mail: lost, free, next 00:01:30
            00:02 3 decisions
                    3: 00:01:30 mail 1-1 lost, free (online)
                    2: 00:01 mail woken as 1-1 (online)
                    1: 00:01 mail created (online)
        "#]],
    );
}

#[test]
fn history_is_the_owner_s() {
    check(
        "
        register mail
        register bob/mail
        history as ana
        history as bob
        history as eve
        history
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00:03
            00:00 registered bob/mail: created as 2, next 00:00:03
            00:00 2 decisions
                    2: 00:00 mail held by BROWSER_CLOSED NO_LAUNCHER STARTING (offline)
                    1: 00:00 mail created (offline)
            00:00 2 decisions
                    4: 00:00 mail held by BROWSER_CLOSED NO_LAUNCHER STARTING (offline)
                    3: 00:00 mail created (offline)
            00:00 0 decisions
            00:00 4 decisions
                    4: 00:00 mail held by BROWSER_CLOSED NO_LAUNCHER STARTING (offline)
                    3: 00:00 mail created (offline)
                    2: 00:00 mail held by BROWSER_CLOSED NO_LAUNCHER STARTING (offline)
                    1: 00:00 mail created (offline)
        "#]],
    );
}

/// What a user clears is gone.
#[test]
fn clear_origin_leaves_nothing() {
    check(
        "
        online
        full network 7
        installed ana shop@shop
        permission shop periodic granted
        permission app periodic granted
        open
        00:01 register shop:mail app shop
        register shop:news every 12h app shop
        register mail
        engage shop navigation
        start shop:mail
        kept shop
        installed ana
        kept shop
        clear-origin shop
        finish 1-1 completed
        kept shop
        list
        history
        engagement
        ",
        expect![[r#"
            00:00 apps: 1 added, 0 removed
            00:00 permission noted, 0 removed
            00:00 permission noted, 0 removed
            00:01 registered shop:mail: created as 1, next 00:01
            00:01 wake 1-1 shop:mail
            00:01 registered shop:news: created as 2, next 12:01
            00:01 registered mail: created as 3, next 00:01
            00:01 wake 1-2 mail
            00:01 https://shop.example: 3.00 points, 3.00 today, low
            00:01 kept in registrations sites profiles history
            00:01 apps: 0 added, 1 removed
            00:01 kept in registrations sites profiles history
            00:01 cleared, 2 removed
            00:01 cancel 1-1: removed
            00:01 shop:mail: removed, origin cleared
            00:01 shop:news: removed, origin cleared
            00:01 recorded 1-1: does not count
            00:01 nothing is kept
            00:01 mail
            00:01 2 decisions
                    5: 00:01 mail woken as 1-2 (online, network 7)
                    4: 00:01 mail created (online, network 7)
            00:01 https://app.example: 0.00 points, 0.00 today, none
        "#]],
    );
}

/// C180, C183: in one profile alone.
#[test]
fn clear_origin_is_of_one_profile() {
    check(
        "
        online
        register shop:mail
        register ana.work/shop:mail
        clear-origin shop
        list
        history
        ",
        expect![[r#"
            00:00 registered shop:mail: created as 1, next 00:00:01
            00:00 registered ana.work/shop:mail: created as 2, next 00:00:01
            00:00 cleared, 1 removed
            00:00 shop:mail: removed, origin cleared
            00:00 ana.work/shop:mail
            00:00 2 decisions
                    4: 00:00 mail held by BROWSER_CLOSED NO_LAUNCHER SETTLING (online)
                    3: 00:00 mail created (online)
        "#]],
    );
}

#[test]
fn clear_origin_survives_a_crash() {
    check(
        "
        register shop:mail
        engage shop navigation
        clear-origin shop
        crash
        kept shop
        ",
        expect![[r#"
            00:00 registered shop:mail: created as 1, next 00:00:03
            00:00 https://shop.example: 3.00 points, 3.00 today, low
            00:00 cleared, 1 removed
            00:00 shop:mail: removed, origin cleared
            00:00 nothing is kept
        "#]],
    );
}

/// Another login name of the uid: nothing of the former is left.
#[test]
fn an_owner_who_is_another_finds_nothing() {
    check(
        "
        online
        full network 7
        open
        installed ana shop@shop
        permission shop periodic granted
        register shop:news every 12h app shop
        engage shop navigation
        pause owner:ana for 1h
        pause origin:shop for 1h
        register bob/mail
        kept shop
        login ana anna
        register one
        list
        leases
        engagement
        history
        kept shop
        ",
        expect![[r#"
            00:00 apps: 1 added, 0 removed
            00:00 permission noted, 0 removed
            00:00 registered shop:news: created as 1, next 12:00
            00:00 https://shop.example: 3.00 points, 3.00 today, low
            00:00 pause of owner ana until 01:00
            00:00 pause of origin https://shop.example of ana until 01:00
            00:00 registered bob/mail: created as 2, next 00:00:01
            00:00 kept in registrations sites profiles leases history
            00:00 registered one: created as 3, next 00:00:01
            00:00 shop:news: removed, owner changed
            00:00 bob/mail one
            00:00 no leases
            00:00 https://app.example: 0.00 points, 0.00 today, unknown https://app.example: 0.00 points, 0.00 today, unknown
            00:00 4 decisions
                    6: 00:00 one held by SETTLING (online, network 7)
                    5: 00:00 one created (online, network 7)
                    3: 00:00 mail held by BROWSER_CLOSED NO_LAUNCHER SETTLING (online, network 7)
                    2: 00:00 mail created (online, network 7)
            00:00 nothing is kept
        "#]],
    );
}

/// A host with nothing due sleeps: no timer, no poll.
#[test]
fn rest_when_nothing_is_registered() {
    check(
        "
        timeout
        online
        open
        timeout
        worker completed after 1s
        00:01 register mail
        00:02 timeout
        ",
        expect![[r#"
            00:00 nothing is due
            00:00 nothing is due
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01:01 mail: completed, free
            00:01:01 mail: removed, completed
            00:01:01 recorded 1-1
            00:02 nothing is due
        "#]],
    );
}

#[test]
fn rest_when_a_periodic_waits_for_its_network() {
    check(
        "
        policy periodic.stale_intervals=0
        online
        open
        register news every 12h
        11:00 offline
        timeout
        12:00 timeout
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            11:00 next at 12:00: RegistrationDue(RegistrationId(1))
            12:00 nothing is due
        "#]],
    );
}

#[test]
fn rest_when_all_are_suspended() {
    check(
        "
        online
        open
        register news every 12h
        engage app level none
        12:00 timeout
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            00:00 https://app.example: 0.00 points, 0.00 today, none
            12:00 news: suspended
            12:00 nothing is due
        "#]],
    );
}

/// Not for the network that nobody waits for.
#[test]
fn rest_while_the_network_settles_for_nobody() {
    check(
        "
        open
        timeout
        online
        timeout
        00:01 offline
        online
        timeout
        ",
        expect![[r#"
            00:00 nothing is due
            00:00 nothing is due
            00:01 nothing is due
        "#]],
    );
}

#[test]
fn rest_with_a_timer_for_the_next_end_alone() {
    check(
        "
        online
        register mail expires 5h
        register news every 12h
        timeout
        pause owner:ana for 1h
        timeout
        01:00 timeout
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00:01
            00:00 registered news: created as 2, next 12:00
            00:00 next at 00:00:01: NetworkSettles
            00:00 pause of owner ana until 01:00
            00:00 next at 01:00: RegistrationDue(RegistrationId(1))
            01:00 next at 05:00: RegistrationDue(RegistrationId(1))
        "#]],
    );
}
