//! The machine goes to sleep while events run (design, section 4).

use expect_test::expect;

use super::check;

/// They have a while to end by themselves.
#[test]
fn what_runs_delays_sleep_until_it_ends() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        suspend
        +3s finish mail completed
        resume
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01:03 mail: completed, free
            00:01:03 mail: removed, completed
            00:01:03 recorded 1-1
        "#]],
    );
}

/// It is not charged, and comes again in the batch of the resume.
#[test]
fn what_does_not_end_is_cut() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        suspend
        +1m
        show mail
        finish mail aborted
        01:00 resume
        +5s start mail
        finish mail completed
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01:04 cancel 1-1: suspending
            00:01:04 mail: aborted, free, next 00:01:04
            00:02 mail: pending, next 00:02, 0/3 charged, expires 30d 00:01
                    SUSPENDING since 00:01
            00:02 recorded 1-1: does not count
            01:00:05 wake 1-2 mail
            01:00:05 mail: completed, free
            01:00:05 mail: removed, completed
            01:00:05 recorded 1-2
        "#]],
    );
}

/// However often that happens.
#[test]
fn a_cut_is_never_charged() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        suspend
        +4s resume
        +5s start mail
        suspend
        +4s resume
        +5s start mail
        suspend
        +4s show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01:04 cancel 1-1: suspending
            00:01:04 mail: aborted, free, next 00:01:04
            00:01:09 wake 1-2 mail
            00:01:13 cancel 1-2: suspending
            00:01:13 mail: aborted, free, next 00:01:13
            00:01:18 wake 1-3 mail
            00:01:22 cancel 1-3: suspending
            00:01:22 mail: aborted, free, next 00:01:22
            00:01:22 mail: pending, next 00:01:22, 0/3 charged, expires 30d 00:01
                    SUSPENDING since 00:01:18
        "#]],
    );
}

/// Browser and network go to sleep too.
#[test]
fn what_fails_while_the_machine_goes_to_sleep_is_not_charged() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        suspend
        +1s finish mail rejected
        show mail
        resume
        +5s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01:01 mail: rejected, free, next 00:01:01
            00:01:01 recorded 1-1
            00:01:01 mail: pending, next 00:01:01, 0/3 charged, expires 30d 00:01
                    SUSPENDING since 00:01
            00:01:06 wake 1-2 mail
        "#]],
    );
}

/// The sleep came before the limit, with nobody to delay it: what ran into its own limit meanwhile
/// was cut all the same.
#[test]
fn what_ran_into_its_limit_while_the_machine_slept_is_not_charged() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        suspend
        late 1h
        resume
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            01:01 cancel 1-1: suspending
            01:01 mail: aborted, free, next 01:01
            01:01 mail: pending, next 01:01:05, 0/3 charged, expires 30d 00:01
                    SETTLING since 01:01 until 01:01:05
        "#]],
    );
}
