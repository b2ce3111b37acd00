//! Pauses, and what holds for each lease: whose, and how long.

use expect_test::expect;

use super::check;

#[test]
fn pause_of_all_holds_everybody() {
    check(
        "
        online
        open
        open bob
        00:01 pause all for 10m
        register mail
        register bob/mail
        show mail
        show bob/mail
        00:11
        leases
        ",
        expect![[r#"
            00:01 pause of all until 00:11
            00:01 registered mail: created as 1, next 00:11
            00:01 registered bob/mail: created as 2, next 00:11
            00:01 mail: pending, next 00:11, 0/3 charged, expires 30d 00:01
                    PAUSED since 00:01 until 00:11
            00:01 bob/mail: pending, next 00:11, 0/3 charged, expires 30d 00:01
                    PAUSED since 00:01 until 00:11
            00:11 wake 1-1 mail
            00:11 wake 1-2 bob/mail
            00:11 no leases
        "#]],
    );
}

#[test]
fn pause_is_about_its_subject_alone() {
    check(
        "
        online
        open
        open bob
        00:01 pause owner:bob for 1h
        pause origin:shop for 1h
        pause app:chat for 1h
        register mail
        register bob/mail
        register shop:mail
        register chat:one app chat
        register bob/shop:two
        list
        show shop:mail
        ",
        expect![[r#"
            00:01 pause of owner bob until 01:01
            00:01 pause of origin https://shop.example of ana until 01:01
            00:01 pause of app chat of ana until 01:01
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered bob/mail: created as 2, next 01:01
            00:01 registered shop:mail: created as 3, next 01:01
            00:01 registered chat:one: created as 4, next 01:01
            00:01 registered bob/shop:two: created as 5, next 01:01
            00:01 mail bob/mail shop:mail chat:one bob/shop:two
            00:01 shop:mail: pending, next 01:01, 0/3 charged, expires 30d 00:01
                    PAUSED since 00:01 until 01:01
        "#]],
    );
}

/// An app in each of its profiles, an origin too.
#[test]
fn pause_covers_each_profile() {
    check(
        "
        online
        open ana.work
        00:01 pause origin:shop for 1h
        pause app:chat for 1h
        register ana.work/shop:mail
        register ana.work/one app chat
        show ana.work/shop:mail
        show ana.work/one
        ",
        expect![[r#"
            00:01 pause of origin https://shop.example of ana until 01:01
            00:01 pause of app chat of ana until 01:01
            00:01 registered ana.work/shop:mail: created as 1, next 01:01
            00:01 registered ana.work/one: created as 2, next 01:01
            00:01 ana.work/shop:mail: pending, next 01:01, 0/3 charged, expires 30d 00:01
                    PAUSED since 00:01 until 01:01
            00:01 ana.work/one: pending, next 01:01, 0/3 charged, expires 30d 00:01
                    PAUSED since 00:01 until 01:01
        "#]],
    );
}

/// What runs goes on.
#[test]
fn pause_does_not_end_what_runs() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        pause owner:ana for 1h
        00:02 finish mail completed
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 pause of owner ana until 01:01
            00:02 mail: completed, free
            00:02 mail: removed, completed
            00:02 recorded 1-1
        "#]],
    );
}

#[test]
fn pause_may_be_given_back() {
    check(
        "
        online
        open
        00:01 pause owner:ana for 1h
        register mail
        00:02 unpause owner:ana
        unpause owner:ana
        ",
        expect![[r#"
            00:01 pause of owner ana until 01:01
            00:01 registered mail: created as 1, next 01:01
            00:02 gave back 1
            00:02 wake 1-1 mail
            00:02 gave back 0
        "#]],
    );
}

/// Several hold until the last has ended.
#[test]
fn pauses_add_up() {
    check(
        "
        online
        open
        00:01 pause owner:ana for 10m
        00:02 pause origin:app for 20m
        register mail
        show mail
        00:11 show mail
        00:22
        ",
        expect![[r#"
            00:01 pause of owner ana until 00:11
            00:02 pause of origin https://app.example of ana until 00:22
            00:02 registered mail: created as 1, next 00:22
            00:02 mail: pending, next 00:22, 0/3 charged, expires 30d 00:02
                    PAUSED since 00:01 until 00:22
            00:11 mail: pending, next 00:22, 0/3 charged, expires 30d 00:02
                    PAUSED since 00:02 until 00:22
            00:22 wake 1-1 mail
        "#]],
    );
}

/// The same again is longer, not twice.
#[test]
fn pause_of_the_same_subject_is_replaced() {
    check(
        "
        online
        open
        00:01 pause owner:ana for 10m
        00:05 pause owner:ana for 10m
        leases
        register mail
        00:11 show mail
        00:15
        ",
        expect![[r#"
            00:01 pause of owner ana until 00:11
            00:05 pause of owner ana until 00:15
            00:05 pause of owner ana until 00:15
            00:05 registered mail: created as 1, next 00:15
            00:11 mail: pending, next 00:15, 0/3 charged, expires 30d 00:05
                    PAUSED since 00:05 until 00:15
            00:15 wake 1-1 mail
        "#]],
    );
}

/// P-15: and the missed periods are one event.
#[test]
fn p_15_a_pause_of_days_becomes_one_event() {
    check(
        "
        online
        open
        worker completed after 1s
        00:01 register news every 12h
        11:00 pause owner:ana for 3d
        2d 00:00 show news
        3d 11:00
        3d 12:00 show news
        ",
        expect![[r#"
            00:01 registered news: created as 1, next 12:01
            11:00 pause of owner ana until 3d 11:00
            2d 00:00 news: pending, next 3d 11:00, 0/3 charged, anchor 00:01
                    PAUSED since 11:00 until 3d 11:00
            3d 11:00 wake 1-1 news (periodic)
            3d 11:00:01 news: completed, free, next 3d 23:00
            3d 11:00:01 recorded 1-1
            3d 12:00 news: pending, next 3d 23:00, 0/3 charged, anchor 3d 11:00
                    NOT_DUE since 3d 11:00:01 until 3d 23:00
        "#]],
    );
}

#[test]
fn pause_survives_a_restart() {
    check(
        "
        online
        open
        00:01 pause owner:ana for 10m
        register mail
        00:05 crash
        open
        00:06 show mail
        00:11
        ",
        expect![[r#"
            00:01 pause of owner ana until 00:11
            00:01 registered mail: created as 1, next 00:11
            00:06 mail: pending, next 00:11, 0/3 charged, expires 30d 00:01
                    PAUSED since 00:01 until 00:11
            00:11 wake 2-1 mail
        "#]],
    );
}

#[test]
fn pause_that_ended_while_the_daemon_was_down_has_ended() {
    check(
        "
        online
        open
        00:01 pause owner:ana for 10m
        register mail
        late 20m
        crash
        open
        leases
        +1s
        ",
        expect![[r#"
            00:01 pause of owner ana until 00:11
            00:01 registered mail: created as 1, next 00:11
            00:21 no leases
            00:21:01 wake 2-1 mail
        "#]],
    );
}

/// Nobody pauses others, and all only the administrator.
#[test]
fn leases_are_the_owner_s_or_the_administrator_s() {
    check(
        "
        pause owner:ana for 1h as bob
        pause all for 1h as ana
        override origin:bob/shop metered no for 1h as ana
        unpause owner:ana as bob
        clear owner:ana as bob
        pause owner:bob for 1h as bob
        pause owner:ana for 1h
        leases as ana
        leases as bob
        leases
        ",
        expect![[r#"
            00:00 refused: only an administrator may do this for the registrations of others
            00:00 refused: only an administrator may do this for the registrations of others
            00:00 refused: only an administrator may do this for the registrations of others
            00:00 refused: only an administrator may do this for the registrations of others
            00:00 refused: only an administrator may do this for the registrations of others
            00:00 pause of owner bob until 01:00
            00:00 pause of owner ana until 01:00
            00:00 pause of owner ana until 01:00
            00:00 pause of owner bob until 01:00
            00:00 pause of owner bob until 01:00 pause of owner ana until 01:00
        "#]],
    );
}

#[test]
fn leases_have_an_end() {
    check(
        "
        pause all for 31d
        pause all for 30d
        override all network online for 8d
        override all network online for 7d
        pause all for 0s
        ",
        expect![[r#"
            00:00 refused: field `lease`: value `31d` must be more than 0 and at most 30d
            00:00 pause of all until 30d 00:00
            00:00 refused: field `lease`: value `8d` must be more than 0 and at most 7d
            00:00 override Network(Online) of all until 7d 00:00
            00:00 refused: field `lease`: value `0s` must be more than 0 and at most 30d
        "#]],
    );
}

#[test]
fn leases_of_one_owner_are_limited() {
    check(
        "
        policy lease.owner_leases=2
        pause owner:ana for 1h
        pause origin:shop for 1h
        pause origin:mail for 1h
        pause origin:shop for 2h
        pause owner:bob for 1h
        ",
        expect![[r#"
            00:00 pause of owner ana until 01:00
            00:00 pause of origin https://shop.example of ana until 01:00
            00:00 refused: 2 pauses and overrides stand, as many as one owner may have
            00:00 pause of origin https://shop.example of ana until 02:00
            00:00 pause of owner bob until 01:00
        "#]],
    );
}
