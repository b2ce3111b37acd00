//! What must be on disk, and what must not stay there.

use expect_test::expect;
use pwasync_core::policy::Policy;

use super::{check, check_under};

/// The world compares disk and memory: the order in which networks are forgotten is kept too.
#[test]
fn records_keep_the_order_of_known_networks() {
    check(
        "
        online
        full network 1
        00:01 register mail
        full network 2
        register mail
        full network 1
        register mail
        crash
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 registered mail: unchanged, next 00:01:01
            00:01 registered mail: unchanged, next 00:01:01
        "#]],
    );
}

/// Also of an owner who never registered anything.
#[test]
fn records_of_a_uid_with_another_login_name_go() {
    check(
        "
        online
        permission shop: periodic granted
        installed ana mail@shop
        engage shop: navigation
        00:02 login ana anna
        unregister mail
        kept shop
        ",
        expect![[r#"
            00:00 permission noted, 0 removed
            00:00 apps: 1 added, 0 removed
            00:00 https://shop.example: 3.00 points, 3.00 today, low
            00:02 unregistered: absent
            00:02 nothing is kept
        "#]],
    );
}

/// Not longer than they can count, and not without end.
#[test]
fn p_19_budgets_of_sites_without_registrations_are_forgotten() {
    let policy = Policy { owner_sites: 2, ..Policy::default() };
    check_under(
        &policy,
        "
        policy budget.wakes_a_day=1
        online
        open
        worker completed after 1s
        00:01 register shop:mail
        00:02 register news:mail
        00:03 kept shop
        00:03 register shop:mail
        00:04 unregister shop:mail
        00:05 register feed:mail
        00:06 kept shop
        kept feed
        1d 00:05 register app:mail
        +5s kept feed
        kept app
        ",
        expect![[r#"
            00:01 registered shop:mail: created as 1, next 00:01
            00:01 wake 1-1 shop:mail
            00:01:01 shop:mail: completed, free
            00:01:01 shop:mail: removed, completed
            00:01:01 recorded 1-1
            00:02 registered news:mail: created as 2, next 00:02
            00:02 wake 1-2 news:mail
            00:02:01 news:mail: completed, free
            00:02:01 news:mail: removed, completed
            00:02:01 recorded 1-2
            00:03 kept in sites history
            00:03 registered shop:mail: created as 3, next 1d 00:00
            00:04 unregistered: removed
            00:04 shop:mail: removed, unregistered
            00:05 registered feed:mail: created as 4, next 00:05
            00:05 wake 1-3 feed:mail
            00:05:01 feed:mail: completed, free
            00:05:01 feed:mail: removed, completed
            00:05:01 recorded 1-3
            00:06 kept in history
            00:06 kept in sites history
            1d 00:05 registered mail: created as 5, next 1d 00:05
            1d 00:05 wake 1-4 mail
            1d 00:05:01 mail: completed, free
            1d 00:05:01 mail: removed, completed
            1d 00:05:01 recorded 1-4
            1d 00:05:05 kept in history
            1d 00:05:05 kept in sites history
        "#]],
    );
}

/// A lowered limit holds from the next decision on.
#[test]
fn history_shrinks_to_a_lowered_limit() {
    check(
        "
        storm 100
        decisions
        policy shares.owner_history=100
        register mail
        decisions
        policy shares.history=101
        register bob/mail
        decisions
        ",
        expect![[r#"
            00:00 300 decisions, from 1 to 300
            00:00 registered mail: created as 101, next 00:00:03
            00:00 100 decisions, from 203 to 302
            00:00 registered bob/mail: created as 102, next 00:00:03
            00:00 101 decisions, from 204 to 304
        "#]],
    );
}

/// Neither in memory nor on disk.
#[test]
fn history_of_no_entries_keeps_none() {
    check(
        "
        policy shares.history=0
        00:01 register mail
        unregister mail
        decisions
        kept app
        crash
        decisions
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 unregistered: removed
            00:01 mail: removed, unregistered
            00:01 0 decisions, from none to none
            00:01 nothing is kept
            00:01 0 decisions, from none to none
        "#]],
    );
}
