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
