//! A connection manager that goes and comes back.

use expect_test::expect;

use super::check;

/// A manager that goes leaves netlink's word; but it may be back soon.
#[test]
fn online_is_netlink_s_word_without_a_manager() {
    check(
        "
        online
        open
        portal
        00:01 register mail
        00:02 manager gone
        show mail
        +5s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:02 mail: pending, next 00:02:05, 0/3 charged, expires 30d 00:01
                    SETTLING since 00:02 until 00:02:05
            00:02:05 wake 1-1 mail
        "#]],
    );
}

/// A manager that is restarted in a captive portal lets nothing through.
#[test]
fn captive_portal_holds_over_a_restart_of_the_manager() {
    check(
        "
        online
        open
        portal
        00:01 register mail
        00:02 manager gone
        +4s portal
        00:03 show mail
        full
        +1s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:03 mail: pending, next 00:03, 0/3 charged, expires 30d 00:01
                    CAPTIVE_PORTAL since 00:02:04
            00:03:01 wake 1-1 mail
        "#]],
    );
}
