//! Expiry and the last chance: P-12, P-13.

use expect_test::expect;

use super::check;

/// Thirty days, unless the registration says otherwise.
#[test]
fn p_12_what_expires_is_removed_with_its_reason() {
    check(
        "
        register mail
        register news expires 1h
        01:00 list
        29d 23:59:59 list
        30d 00:00 list
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00:03
            00:00 registered news: created as 2, next 00:00:03
            01:00 news: removed, expired
            01:00 mail
            29d 23:59:59 mail
            30d 00:00 mail: removed, expired
            30d 00:00 nothing
        "#]],
    );
}

#[test]
fn p_12_an_expiry_out_of_range_is_refused() {
    check(
        "
        register mail expires 367d
        register mail expires 0s
        register mail expires 366d
        ",
        expect![[r#"
            00:00 refused: field `expires_in`: value `31708800s` must be more than 0 and at most 366 days
            00:00 refused: field `expires_in`: value `0ns` must be more than 0 and at most 366 days
            00:00 registered mail: created as 1, next 00:00:03
        "#]],
    );
}

#[test]
fn p_12_back_off_ends_at_the_expiry() {
    check(
        "
        online
        open
        00:01 register mail expires 6m
        start mail
        +2m finish mail rejected
        show mail
        +10m show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:03 mail: rejected, charged, next 00:08
            00:03 recorded 1-1
            00:03 mail: waiting, next 00:08, 1/3 charged, expires 00:07
                    BACKOFF since 00:03 until 00:08
            00:07 mail: removed, expired
            00:13 mail: none
        "#]],
    );
}

#[test]
fn p_12_what_expired_while_it_ran_does_not_run_again() {
    check(
        "
        online
        open
        00:01 register mail expires 1m
        start mail
        +2m finish mail offline
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail, last chance
            00:03 mail: offline, free
            00:03 mail: removed, expired
            00:03 recorded 1-1
            00:03 mail: none
        "#]],
    );
}

#[test]
fn p_12_registering_again_gives_a_new_life() {
    check(
        "
        online
        open
        00:01 register mail expires 10m
        register mail
        show mail
        finish mail rejected
        finish mail rejected
        show mail
        register mail expires 20m
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered mail: rearmed, next unknown
            00:01 mail: reregistered while firing 1-1 until 00:01:30, 0/3 charged, expires 30d 00:01
            00:01 mail: rejected, free, next 00:01
            00:01 recorded 1-1
            00:01 wake 1-2 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-2
            00:01 mail: waiting, next 00:06, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:01 until 00:06
            00:01 registered mail: rearmed, next 00:01
            00:01 wake 1-3 mail
            00:01 mail: firing 1-3 until 00:01:30, 0/3 charged, expires 00:21
        "#]],
    );
}

#[test]
fn p_12_what_waits_lives_longer_for_being_registered_again() {
    check(
        "
        offline
        register mail
        12:00 register mail
        show mail
        1d 00:00 register mail
        show mail
        29d 00:00 register mail
        58d 00:00 show mail
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00
            12:00 registered mail: unchanged, next 12:00
            12:00 mail: pending, next 12:00, 0/3 charged, expires 30d 00:00
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
                    OFFLINE since 00:00
            1d 00:00 registered mail: unchanged, next 1d 00:00
            1d 00:00 mail: pending, next 1d 00:00, 0/3 charged, expires 31d 00:00
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
                    OFFLINE since 00:00
            29d 00:00 registered mail: unchanged, next 29d 00:00
            58d 00:00 mail: pending, next 58d 00:00, 0/3 charged, expires 59d 00:00
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
                    OFFLINE since 00:00
        "#]],
    );
}

#[test]
fn p_13_the_last_chance_is_also_the_last_before_the_expiry() {
    check(
        "
        online
        open
        worker rejected after 0s
        00:01 register mail expires 5m
        register news expires 301s
        +1h
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail, last chance
            00:01 registered news: created as 2, next 00:01
            00:01 wake 1-2 news
            00:01 mail: rejected, charged
            00:01 mail: removed, gave up
            00:01 recorded 1-1
            00:01 news: rejected, charged, next 00:06
            00:01 recorded 1-2
            00:06 wake 1-3 news, last chance
            00:06 news: rejected, charged
            00:06 news: removed, gave up
            00:06 recorded 1-3
        "#]],
    );
}

/// An input that comes later than a deadline finds it passed.
#[test]
fn p_12_what_has_expired_is_gone_when_the_next_input_comes() {
    check(
        "
        offline
        open
        register mail expires 1m
        register news expires 1m
        late 2m
        register mail
        online
        +1s
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00
            00:00 registered news: created as 2, next 00:00
            00:02 registered mail: created as 3, next 00:02
            00:02 mail: removed, expired
            00:02 news: removed, expired
            00:02:01 wake 1-1 mail
        "#]],
    );
}
