//! What must be on disk, and what must not stay there.

use expect_test::expect;

use super::check;

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
