//! Whose turn it is: P-07, P-08.

use expect_test::expect;
use pwasync_core::policy::Policy;

use super::{check, check_under};

/// W-15: not by tag, as A-08 does.
#[test]
fn p_07_one_offs_of_a_scope_go_in_the_order_of_registration() {
    check(
        "
        open capacity 1
        register zebra
        register apple
        register mango
        online
        worker completed after 1s
        +1m
        ",
        expect![[r#"
            00:00 registered zebra: created as 1, next 00:00:03
            00:00 registered apple: created as 2, next 00:00:03
            00:00 registered mango: created as 3, next 00:00:03
            00:00:01 wake 1-1 zebra
            00:00:02 zebra: completed, free
            00:00:02 zebra: removed, completed
            00:00:02 recorded 1-1
            00:00:02 wake 1-2 apple
            00:00:03 apple: completed, free
            00:00:03 apple: removed, completed
            00:00:03 recorded 1-2
            00:00:03 wake 1-3 mango
            00:00:04 mango: completed, free
            00:00:04 mango: removed, completed
            00:00:04 recorded 1-3
        "#]],
    );
}

#[test]
fn p_07_scopes_take_turns() {
    check(
        "
        open capacity 1
        register a:one
        register a:two
        register b:one
        register b:two
        register c:one
        online
        worker completed after 1s
        +1m
        ",
        expect![[r#"
            00:00 registered a:one: created as 1, next 00:00:03
            00:00 registered a:two: created as 2, next 00:00:03
            00:00 registered b:one: created as 3, next 00:00:03
            00:00 registered b:two: created as 4, next 00:00:03
            00:00 registered c:one: created as 5, next 00:00:03
            00:00:01 wake 1-1 a:one
            00:00:02 a:one: completed, free
            00:00:02 a:one: removed, completed
            00:00:02 recorded 1-1
            00:00:02 wake 1-2 b:one
            00:00:03 b:one: completed, free
            00:00:03 b:one: removed, completed
            00:00:03 recorded 1-2
            00:00:03 wake 1-3 c:one
            00:00:04 c:one: completed, free
            00:00:04 c:one: removed, completed
            00:00:04 recorded 1-3
            00:00:04 wake 1-4 a:two
            00:00:05 a:two: completed, free
            00:00:05 a:two: removed, completed
            00:00:05 recorded 1-4
            00:00:05 wake 1-5 b:two
            00:00:06 b:two: completed, free
            00:00:06 b:two: removed, completed
            00:00:06 recorded 1-5
        "#]],
    );
}

#[test]
fn p_07_owners_take_turns() {
    let policy = Policy { slots: 1, owner_slots: 1, ..Policy::default() };
    check_under(
        &policy,
        "
        open capacity 1
        open bob capacity 1
        register one
        register two
        register three
        register bob/one
        register bob/two
        online
        worker completed after 1s
        +1m
        ",
        expect![[r#"
            00:00 registered one: created as 1, next 00:00:03
            00:00 registered two: created as 2, next 00:00:03
            00:00 registered three: created as 3, next 00:00:03
            00:00 registered bob/one: created as 4, next 00:00:03
            00:00 registered bob/two: created as 5, next 00:00:03
            00:00:01 wake 1-1 one
            00:00:02 one: completed, free
            00:00:02 one: removed, completed
            00:00:02 recorded 1-1
            00:00:02 wake 1-2 bob/one
            00:00:03 bob/one: completed, free
            00:00:03 bob/one: removed, completed
            00:00:03 recorded 1-2
            00:00:03 wake 1-3 two
            00:00:04 two: completed, free
            00:00:04 two: removed, completed
            00:00:04 recorded 1-3
            00:00:04 wake 1-4 bob/two
            00:00:05 bob/two: completed, free
            00:00:05 bob/two: removed, completed
            00:00:05 recorded 1-4
            00:00:05 wake 1-5 three
            00:00:06 three: completed, free
            00:00:06 three: removed, completed
            00:00:06 recorded 1-5
        "#]],
    );
}

#[test]
fn p_07_a_flood_of_one_offs_does_not_starve_periodic_tags() {
    let policy = Policy { slots: 1, owner_slots: 1, ..Policy::default() };
    check_under(
        &policy,
        "
        open capacity 1
        open bob capacity 1
        register bob/news every 12h
        register shop:feed every 12h
        12:00 register one
        register two
        register three
        register four
        online
        worker completed after 1s
        +1m
        ",
        expect![[r#"
            00:00 registered bob/news: created as 1, next 12:00
            00:00 registered shop:feed: created as 2, next 12:00
            12:00 registered one: created as 3, next 12:00
            12:00 registered two: created as 4, next 12:00
            12:00 registered three: created as 5, next 12:00
            12:00 registered four: created as 6, next 12:00
            12:00:01 wake 1-1 one
            12:00:02 one: completed, free
            12:00:02 one: removed, completed
            12:00:02 recorded 1-1
            12:00:02 wake 1-2 bob/news (periodic)
            12:00:03 bob/news: completed, free, next 1d 00:15
            12:00:03 recorded 1-2
            12:00:03 wake 1-3 shop:feed (periodic)
            12:00:04 shop:feed: completed, free, next 1d 00:15
            12:00:04 recorded 1-3
            12:00:04 wake 1-4 two
            12:00:05 two: completed, free
            12:00:05 two: removed, completed
            12:00:05 recorded 1-4
            12:00:05 wake 1-5 three
            12:00:06 three: completed, free
            12:00:06 three: removed, completed
            12:00:06 recorded 1-5
            12:00:06 wake 1-6 four
            12:00:07 four: completed, free
            12:00:07 four: removed, completed
            12:00:07 recorded 1-6
        "#]],
    );
}

#[test]
fn p_08_sixteen_in_all() {
    check(
        "
        online
        open capacity 64
        00:01
        register t00
        register t01
        register t02
        register t03
        register t04
        register t05
        register t06
        register t07
        register t08
        register t09
        register t10
        register t11
        register t12
        register t13
        register t14
        register t15
        register t16
        show t16
        finish t03 completed
        ",
        expect![[r#"
            00:01 registered t00: created as 1, next 00:01
            00:01 wake 1-1 t00
            00:01 registered t01: created as 2, next 00:01
            00:01 wake 1-2 t01
            00:01 registered t02: created as 3, next 00:01
            00:01 wake 1-3 t02
            00:01 registered t03: created as 4, next 00:01
            00:01 wake 1-4 t03
            00:01 registered t04: created as 5, next 00:01
            00:01 wake 1-5 t04
            00:01 registered t05: created as 6, next 00:01
            00:01 wake 1-6 t05
            00:01 registered t06: created as 7, next 00:01
            00:01 wake 1-7 t06
            00:01 registered t07: created as 8, next 00:01
            00:01 wake 1-8 t07
            00:01 registered t08: created as 9, next 00:01
            00:01 wake 1-9 t08
            00:01 registered t09: created as 10, next 00:01
            00:01 wake 1-10 t09
            00:01 registered t10: created as 11, next 00:01
            00:01 wake 1-11 t10
            00:01 registered t11: created as 12, next 00:01
            00:01 wake 1-12 t11
            00:01 registered t12: created as 13, next 00:01
            00:01 wake 1-13 t12
            00:01 registered t13: created as 14, next 00:01
            00:01 wake 1-14 t13
            00:01 registered t14: created as 15, next 00:01
            00:01 wake 1-15 t14
            00:01 registered t15: created as 16, next 00:01
            00:01 wake 1-16 t15
            00:01 registered t16: created as 17, next 00:01
            00:01 t16: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    CONCURRENCY since 00:01
            00:01 t03: completed, free
            00:01 t03: removed, completed
            00:01 recorded 1-4
            00:01 wake 1-17 t16
        "#]],
    );
}

#[test]
fn p_08_one_owner_has_half_while_another_waits() {
    let policy = Policy { slots: 4, owner_slots: 2, ..Policy::default() };
    check_under(
        &policy,
        "
        open capacity 64
        open bob capacity 64
        register a0
        register a1
        register a2
        register a3
        register bob/b0
        register bob/b1
        online
        +1s finish a0 completed
        finish bob/b0 completed
        ",
        expect![[r#"
            00:00 registered a0: created as 1, next 00:00:03
            00:00 registered a1: created as 2, next 00:00:03
            00:00 registered a2: created as 3, next 00:00:03
            00:00 registered a3: created as 4, next 00:00:03
            00:00 registered bob/b0: created as 5, next 00:00:03
            00:00 registered bob/b1: created as 6, next 00:00:03
            00:00:01 wake 1-1 a0
            00:00:01 wake 1-2 bob/b0
            00:00:01 wake 1-3 a1
            00:00:01 wake 1-4 bob/b1
            00:00:01 a0: completed, free
            00:00:01 a0: removed, completed
            00:00:01 recorded 1-1
            00:00:01 wake 1-5 a2
            00:00:01 bob/b0: completed, free
            00:00:01 bob/b0: removed, completed
            00:00:01 recorded 1-2
            00:00:01 wake 1-6 a3
        "#]],
    );
}

/// And shares as slots come free.
#[test]
fn p_08_alone_an_owner_may_have_all() {
    let policy = Policy { slots: 4, owner_slots: 2, ..Policy::default() };
    check_under(
        &policy,
        "
        open capacity 64
        open bob capacity 64
        register a0
        register a1
        register a2
        register a3
        register a4
        register a5
        online
        +1s register bob/b0
        register bob/b1
        register bob/b2
        finish a0 completed
        finish a1 completed
        finish a2 completed
        ",
        expect![[r#"
            00:00 registered a0: created as 1, next 00:00:03
            00:00 registered a1: created as 2, next 00:00:03
            00:00 registered a2: created as 3, next 00:00:03
            00:00 registered a3: created as 4, next 00:00:03
            00:00 registered a4: created as 5, next 00:00:03
            00:00 registered a5: created as 6, next 00:00:03
            00:00:01 wake 1-1 a0
            00:00:01 wake 1-2 a1
            00:00:01 wake 1-3 a2
            00:00:01 wake 1-4 a3
            00:00:01 registered bob/b0: created as 7, next 00:00:01
            00:00:01 registered bob/b1: created as 8, next 00:00:01
            00:00:01 registered bob/b2: created as 9, next 00:00:01
            00:00:01 a0: completed, free
            00:00:01 a0: removed, completed
            00:00:01 recorded 1-1
            00:00:01 wake 1-5 bob/b0
            00:00:01 a1: completed, free
            00:00:01 a1: removed, completed
            00:00:01 recorded 1-2
            00:00:01 wake 1-6 bob/b1
            00:00:01 a2: completed, free
            00:00:01 a2: removed, completed
            00:00:01 recorded 1-3
            00:00:01 wake 1-7 a4
        "#]],
    );
}

#[test]
fn p_08_a_slot_freed_by_a_time_out_goes_to_another_owner() {
    let policy = Policy { slots: 1, owner_slots: 1, ..Policy::default() };
    check_under(
        &policy,
        "
        open capacity 64
        open bob capacity 64
        open eve capacity 64
        register bob/b0
        register a0
        register a1
        register bob/b1
        worker starts
        online
        +1s
        +3m
        ",
        expect![[r#"
            00:00 registered bob/b0: created as 1, next 00:00:03
            00:00 registered a0: created as 2, next 00:00:03
            00:00 registered a1: created as 3, next 00:00:03
            00:00 registered bob/b1: created as 4, next 00:00:03
            00:00:01 wake 1-1 a0
            00:03:01 cancel 1-1: time limit
            00:03:01 a0: timed out, charged, next 00:08:01
            00:03:01 wake 1-2 bob/b0
        "#]],
    );
}

#[test]
fn p_08_also_when_the_other_has_only_periodic_tags() {
    let policy = Policy { slots: 1, owner_slots: 1, ..Policy::default() };
    check_under(
        &policy,
        "
        open capacity 64
        open bob capacity 64
        register bob/news every 12h
        12:00 register a0
        register a1
        worker starts
        online
        +1s
        +3m
        ",
        expect![[r#"
            00:00 registered bob/news: created as 1, next 12:00
            12:00 registered a0: created as 2, next 12:00
            12:00 registered a1: created as 3, next 12:00
            12:00:01 wake 1-1 a0
            12:03:01 cancel 1-1: time limit
            12:03:01 a0: timed out, charged, next 12:08:01
            12:03:01 wake 1-2 bob/news (periodic)
        "#]],
    );
}

/// Its browser may still run it.
#[test]
fn p_08_an_attempt_without_a_session_keeps_its_slot() {
    let policy = Policy { slots: 1, owner_slots: 1, ..Policy::default() };
    check_under(
        &policy,
        "
        online
        open
        open bob
        00:01 register mail
        start mail
        register bob/mail
        close
        show bob/mail
        00:04
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered bob/mail: created as 2, next 00:01
            00:01 bob/mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    CONCURRENCY since 00:01
            00:04 mail: lost, free, next 00:04
            00:04 wake 1-2 bob/mail
        "#]],
    );
}

/// Also when it is the turn of the owner whose event timed out.
#[test]
fn p_08_a_time_out_costs_the_turn() {
    let policy = Policy { slots: 2, owner_slots: 2, ..Policy::default() };
    check_under(
        &policy,
        "
        online
        open
        open bob
        worker starts
        00:01 register a0
        +1s register bob/b0
        register a1
        register bob/b1
        +3m
        ",
        expect![[r#"
            00:01 registered a0: created as 1, next 00:01
            00:01 wake 1-1 a0
            00:01:01 registered bob/b0: created as 2, next 00:01:01
            00:01:01 wake 1-2 bob/b0
            00:01:01 registered a1: created as 3, next 00:01:01
            00:01:01 registered bob/b1: created as 4, next 00:01:01
            00:04 cancel 1-1: time limit
            00:04 a0: timed out, charged, next 00:09
            00:04 wake 1-3 bob/b1
            00:04:01 cancel 1-2: time limit
            00:04:01 bob/b0: timed out, charged, next 00:09:01
            00:04:01 wake 1-4 a1
        "#]],
    );
}
