//! Restarts and crashes: what the disk brings back.

use expect_test::expect;

use super::check;

/// C051: and fires when the network comes.
#[test]
fn c_024_a_registration_survives_a_restart() {
    check(
        "
        offline
        open
        00:01 register mail
        crash
        open
        show mail
        online
        +1s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    OFFLINE since 00:01
            00:01:01 wake 2-1 mail
        "#]],
    );
}

#[test]
fn c_025_a_periodic_tag_survives_a_restart() {
    check(
        "
        online
        register news every 12h
        06:00 crash
        show news
        11:00 open
        12:00
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            06:00 news: pending, next 12:00, 0/3 charged, anchor 00:00
                    NOT_DUE since 00:00 until 12:00
                    BROWSER_CLOSED since 06:00
                    NO_LAUNCHER since 06:00
                    SETTLING since 06:00 until 06:00:01
            12:00 wake 2-1 news (periodic)
        "#]],
    );
}

#[test]
fn c_078_a_back_off_survives_a_restart() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail rejected
        00:05:59 crash
        open
        00:06
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:06 wake 2-1 mail
        "#]],
    );
}

/// Unlike A-17: under its own id, to its recorded deadline.
#[test]
fn c_057_what_ran_goes_on_when_the_browser_names_it() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        00:02 crash
        open running 1-1
        show mail
        finish mail completed
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:02 mail: firing 1-1 until 00:04, 0/3 charged, expires 30d 00:01
            00:02 mail: completed, free
            00:02 mail: removed, completed
            00:02 recorded 1-1
        "#]],
    );
}

/// Free the first time; a browser that dies with each event does not loop (A-17).
#[test]
fn c_079_what_ran_is_run_again_when_nobody_names_it() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        crash
        open
        +1s start mail
        crash
        open
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: lost, free, next 00:01
            00:01:01 wake 2-1 mail
            00:01:01 mail: lost, charged, next 00:06:01
            00:01:01 mail: waiting, next 00:06:01, 1/3 charged, 2 in a row lost started, expires 30d 00:01
                    BACKOFF since 00:01:01 until 00:06:01
                    SETTLING since 00:01:01 until 00:01:02
        "#]],
    );
}

#[test]
fn an_attempt_whose_browser_stays_away_is_lost_at_its_deadline() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        crash
        00:04 show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:04 mail: lost, free, next 00:04
            00:04 mail: pending, next 00:04, 0/3 charged, 1 in a row lost started, expires 30d 00:01
                    BROWSER_CLOSED since 00:01
                    NO_LAUNCHER since 00:01
        "#]],
    );
}

#[test]
fn starting_holds_after_each_restart() {
    check(
        "
        register mail
        00:01 crash
        open
        show mail
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00:03
            00:01 mail: pending, next 00:01:03, 0/3 charged, expires 30d 00:00
                    STARTING since 00:01 until 00:01:03
        "#]],
    );
}

#[test]
fn nothing_leaves_before_it_is_on_disk() {
    check(
        "
        online
        open
        hold
        00:01 register mail
        +1m
        commit
        ",
        expect![[r#"
            00:02 registered mail: created as 1, next 00:01
            00:02 wake 1-1 mail
            00:02 cancel 1-1: time limit
            00:02 mail: unavailable, free, next 00:02
            00:02 wake 1-2 mail
        "#]],
    );
}

/// The caller got no answer; the ids were never seen.
#[test]
fn what_was_not_on_disk_never_was() {
    check(
        "
        online
        open
        hold
        00:01 register mail
        crash
        list
        open
        register news
        +1s
        ",
        expect![[r#"
            00:01 nothing
            00:01 registered news: created as 1, next 00:01:01
            00:01:01 wake 2-1 news
        "#]],
    );
}

#[test]
fn s_o_39_an_outcome_is_recorded_whole_or_not_at_all() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        hold
        finish mail rejected
        crash
        open finished 1-1 rejected
        show mail
        crash
        open finished 1-1 rejected
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:01 mail: waiting, next 00:06, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:01 until 00:06
                    SETTLING since 00:01 until 00:01:01
            00:01 recorded 1-1: does not count
            00:01 mail: waiting, next 00:06, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:01 until 00:06
                    SETTLING since 00:01 until 00:01:01
        "#]],
    );
}

/// The next start has ids of its own.
#[test]
fn an_attempt_that_was_not_on_disk_was_never_sent() {
    check(
        "
        online
        open
        offline
        00:01 register mail
        hold
        online
        +1s
        crash
        open
        +1s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01:02 wake 2-1 mail
        "#]],
    );
}

/// Also when what had it is gone.
#[test]
fn a_number_is_not_given_twice() {
    check(
        "
        register mail
        unregister mail
        crash
        register news
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00:03
            00:00 unregistered: removed
            00:00 mail: removed, unregistered
            00:00 registered news: created as 2, next 00:00:03
        "#]],
    );
}

#[test]
fn an_uid_that_changed_its_name_meanwhile_starts_empty() {
    check(
        "
        register mail
        crash
        login ana anna
        register news
        list
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00:03
            00:00 registered news: created as 2, next 00:00:03
            00:00 mail: removed, owner changed
            00:00 news
        "#]],
    );
}

#[test]
fn what_was_due_while_the_daemon_was_down_is_due() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail rejected
        register news every 12h
        crash
        20:00 online
        open
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:01 registered news: created as 2, next 12:01
            20:00 wake 2-1 mail
            20:00 wake 2-2 news (periodic)
        "#]],
    );
}

/// P-12.
#[test]
fn p_12_what_expired_while_the_daemon_was_down_is_removed() {
    check(
        "
        online
        register mail expires 1h
        register news expires 3h
        late 2h
        crash
        open
        +1s list
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00:01
            00:00 registered news: created as 2, next 00:00:01
            02:00 mail: removed, expired
            02:00:01 wake 2-1 news
            02:00:01 news
        "#]],
    );
}

#[test]
fn what_came_due_while_the_daemon_was_down_is_due() {
    check(
        "
        online
        open
        register news every 12h
        00:01 register mail
        finish mail rejected
        late 20h
        crash
        open
        +1s
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            00:01 registered mail: created as 2, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            20:01:01 wake 2-1 mail
            20:01:01 wake 2-2 news (periodic)
        "#]],
    );
}
