//! The machine goes to sleep while events run (design, section 4).

use std::time::Duration;

use expect_test::expect;
use pwasync_core::policy::{Policy, SuspendPolicy, WakeMachine};

use super::{check, check_under};
use crate::support::script;

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

/// P-15: what came due meanwhile goes at once, each once, and the regular intervals go on.
#[test]
fn p_15_what_came_due_in_a_sleep_goes_in_one_batch() {
    check(
        "
        online
        open
        worker completed after 1s
        register news every 12h
        register feed every 24h
        register mail
        00:05 suspend
        3d 07:00 resume
        show news
        +1m
        wakes
        show news
        show feed
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            00:00 registered feed: created as 2, next 1d 00:00
            00:00 registered mail: created as 3, next 00:00:01
            00:00:01 wake 1-1 mail
            00:00:02 mail: completed, free
            00:00:02 mail: removed, completed
            00:00:02 recorded 1-1
            3d 07:00 news: pending, next 3d 07:00:05, 0/3 charged, anchor 00:00
                    SETTLING since 3d 07:00 until 3d 07:00:05
            3d 07:00:05 wake 1-2 news (periodic)
            3d 07:00:05 wake 1-3 feed (periodic)
            3d 07:00:06 news: completed, free, next 3d 19:15
            3d 07:00:06 recorded 1-2
            3d 07:00:06 feed: completed, free, next 4d 07:15
            3d 07:00:06 recorded 1-3
            3d 07:01 2 wakes, 1 saved
            3d 07:01 news: pending, next 3d 19:00:05, 0/3 charged, anchor 3d 07:00:05
                    NOT_DUE since 3d 07:00:06 until 3d 19:00:05
            3d 07:01 feed: pending, next 4d 07:15, 0/3 charged, anchor 3d 07:00:05
                    NOT_DUE since 3d 07:00:06 until 4d 07:00:05
        "#]],
    );
}

/// Machines that are opened at nine o'clock do not call at once; from then on they settle as ever.
#[test]
fn machines_that_resume_at_once_are_spread() {
    let suspend = SuspendPolicy { resume_offset: Duration::from_secs(7), ..Default::default() };
    check_under(
        &Policy { suspend, ..Policy::default() },
        "
        online
        open
        worker completed after 1s
        00:05 suspend
        register mail
        01:00 resume
        show mail
        +1m offline
        register news
        +1m online
        +1s
        suspend
        register more
        +1m resume
        +1s offline
        +1m online
        show more
        +8s
        ",
        expect![[r#"
            00:05 registered mail: created as 1, next 00:05
            01:00 mail: pending, next 01:00:12, 0/3 charged, expires 30d 00:05
                    SETTLING since 01:00 until 01:00:12
            01:00:12 wake 1-1 mail
            01:00:13 mail: completed, free
            01:00:13 mail: removed, completed
            01:00:13 recorded 1-1
            01:01 registered news: created as 2, next 01:01
            01:02:01 wake 1-2 news
            01:02:01 registered more: created as 3, next 01:02:01
            01:02:02 news: completed, free
            01:02:02 news: removed, completed
            01:02:02 recorded 1-2
            01:04:02 more: pending, next 01:04:10, 0/3 charged, expires 30d 01:02:01
                    SETTLING since 01:04:02 until 01:04:10
            01:04:10 wake 1-3 more
        "#]],
    );
}

/// Its events were told nothing, and nothing ran while it slept.
#[test]
fn a_sleep_that_nobody_told_of_does_not_count_against_what_runs() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        sleep 1h
        show mail
        register news
        show news
        +1s finish mail completed
        +4s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            01:01 mail: firing 1-1 until 01:04, 0/3 charged, expires 30d 00:01
            01:01 registered news: created as 2, next 01:01:05
            01:01 news: pending, next 01:01:05, 0/3 charged, expires 30d 01:01
                    SETTLING since 01:01 until 01:01:05
            01:01:01 mail: completed, free
            01:01:01 mail: removed, completed
            01:01:01 recorded 1-1
            01:01:05 wake 1-2 news
        "#]],
    );
}

/// The network may come or not; what a person holds, and a battery that is low, stay as they are.
#[test]
fn the_machine_is_woken_where_policy_wants_it() {
    let wake = |wake| {
        let suspend = SuspendPolicy { wake, ..SuspendPolicy::default() };
        Policy { suspend, ..Policy::default() }
    };
    let script = "
        online
        open
        worker completed after 1s
        charging 60%
        register news every 12h
        register feed every 24h
        01:00 suspend
        02:00 resume
        battery 60%
        03:00 suspend
        04:00 resume
        battery 15%
        04:10 suspend
        04:20 resume
        charging 60%
        pause all for 2h
        05:00 suspend
        12:00 resume
        +1m suspend
    ";
    let charging = expect![[r#"
        00:00 registered news: created as 1, next 12:00
        00:00 registered feed: created as 2, next 1d 00:00
        01:00 wake the machine: 12:00
        02:00 wake the machine: no
        04:20 pause of all until 06:20
        06:20 wake the machine: 12:00
        12:00 wake the machine: 1d 00:00
        12:00 wake the machine: no
        12:00:05 wake 1-1 news (periodic)
        12:00:06 news: completed, free, next 1d 12:00
        12:00:06 recorded 1-1
        12:01 wake the machine: 1d 00:00
    "#]];
    charging.assert_eq(&script::run_under(&wake(WakeMachine::Charging), script));
    let always = expect![[r#"
        00:00 registered news: created as 1, next 12:00
        00:00 registered feed: created as 2, next 1d 00:00
        01:00 wake the machine: 12:00
        02:00 wake the machine: no
        03:00 wake the machine: 12:00
        04:00 wake the machine: no
        04:20 pause of all until 06:20
        06:20 wake the machine: 12:00
        12:00 wake the machine: 1d 00:00
        12:00 wake the machine: no
        12:00:05 wake 1-1 news (periodic)
        12:00:06 news: completed, free, next 1d 12:00
        12:00:06 recorded 1-1
        12:01 wake the machine: 1d 00:00
    "#]];
    always.assert_eq(&script::run_under(&wake(WakeMachine::Always), script));
    assert!(!script::run_under(&wake(WakeMachine::Never), script).contains("wake the machine"));
}
