//! Scenarios of Chromium's own tests that no rule's timeline shows.

use expect_test::expect;

use super::check;

#[test]
fn c072_one_attempt_is_all_there_may_be() {
    check(
        "
        policy retry.max_attempts=1
        online
        open
        00:01 register mail
        finish mail rejected
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail, last chance
            00:01 mail: rejected, charged
            00:01 mail: removed, gave up
            00:01 recorded 1-1
            00:01 mail: none
        "#]],
    );
}

/// Two attempts for a periodic tag, then the regular interval.
#[test]
fn c073_two_failures_wait_for_the_next_period() {
    check(
        "
        policy retry.max_attempts=2
        online
        open
        worker rejected after 0s
        register news every 12h
        12:05
        13:00 show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            12:00 wake 1-1 news (periodic)
            12:00 news: rejected, charged, next 12:05
            12:00 recorded 1-1
            12:05 wake 1-2 news (periodic)
            12:05 news: rejected, charged, next 1d 00:15
            12:05 recorded 1-2
            13:00 news: pending, next 1d 00:05, 0/2 charged, anchor 12:05
                    NOT_DUE since 12:05 until 1d 00:05
        "#]],
    );
}

/// And the same for one-offs: the second delay is longer.
#[test]
fn c093_each_delay_is_longer_than_the_last() {
    check(
        "
        policy retry.max_attempts=4
        online
        open
        worker rejected after 0s
        00:01 register mail
        02:00 show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:06 wake 1-2 mail
            00:06 mail: rejected, charged, next 00:21
            00:06 recorded 1-2
            00:21 wake 1-3 mail
            00:21 mail: rejected, charged, next 01:06
            00:21 recorded 1-3
            01:06 wake 1-4 mail, last chance
            01:06 mail: rejected, charged
            01:06 mail: removed, gave up
            01:06 recorded 1-4
            02:00 mail: none
        "#]],
    );
}

#[test]
fn c138_both_kinds_have_a_timer() {
    check(
        "
        online
        open
        register news every 12h
        register mail expires 30d
        offline
        12:00
        online
        +1s
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            00:00 registered mail: created as 2, next 00:00:01
            12:00:01 wake 1-1 mail
            12:00:01 wake 1-2 news (periodic)
        "#]],
    );
}

/// Several profiles: the soonest of all, whatever order they came in.
#[test]
fn c145_the_next_instant_is_the_soonest() {
    check(
        "
        timeout
        online
        register news every 24h
        register ana.work/news every 12h
        register bob/news every 36h
        timeout
        unregister ana.work/news
        timeout
        ",
        expect![[r#"
            00:00 nothing is due
            00:00 registered news: created as 1, next 1d 00:00
            00:00 registered ana.work/news: created as 2, next 12:00
            00:00 registered bob/news: created as 3, next 1d 12:00
            00:00 next at 12:00: RegistrationDue(RegistrationId(2))
            00:00 unregistered: removed
            00:00 ana.work/news: removed, unregistered
            00:00 next at 1d 00:00: RegistrationDue(RegistrationId(1))
        "#]],
    );
}

/// One pass for one return of the network, however often it is told.
#[test]
fn c148_an_unchanged_network_is_no_news() {
    check(
        "
        open
        offline
        register mail
        offline
        00:01 online
        online
        +1s finish mail completed
        online
        show mail
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00
            00:01:01 wake 1-1 mail
            00:01:01 mail: completed, free
            00:01:01 mail: removed, completed
            00:01:01 recorded 1-1
            00:01:01 mail: none
        "#]],
    );
}

#[test]
fn c150_without_a_network_at_the_start_nothing_runs() {
    check(
        "
        offline
        open
        register mail
        00:01 show mail
        timeout
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:00
                    OFFLINE since 00:00
            00:01 next at 30d 00:00: RegistrationDue(RegistrationId(1))
        "#]],
    );
}

/// In the order of registration, and only those that are left.
#[test]
fn c198_tags_with_intervals_of_their_own() {
    check(
        "
        policy periodic.min_interval=1s grid.short=0s
        online
        open
        worker completed after 100ms
        +2s register foo every 10s
        register foo every 20s
        register bar every 5s
        +22s unregister foo periodic
        +9s show bar
        tags app periodic
        ",
        expect![[r#"
            00:00:02 registered foo: created as 1, next 00:00:12
            00:00:02 registered foo: updated, next 00:00:22
            00:00:02 registered bar: created as 2, next 00:00:07
            00:00:07 wake 1-1 bar (periodic)
            00:00:07.100 bar: completed, free, next 00:00:12
            00:00:07.100 recorded 1-1
            00:00:12 wake 1-2 bar (periodic)
            00:00:12.100 bar: completed, free, next 00:00:17
            00:00:12.100 recorded 1-2
            00:00:17 wake 1-3 bar (periodic)
            00:00:17.100 bar: completed, free, next 00:00:22
            00:00:17.100 recorded 1-3
            00:00:22 wake 1-4 foo (periodic)
            00:00:22 wake 1-5 bar (periodic)
            00:00:22.100 foo: completed, free, next 00:00:42
            00:00:22.100 recorded 1-4
            00:00:22.100 bar: completed, free, next 00:00:27
            00:00:22.100 recorded 1-5
            00:00:24 unregistered: removed
            00:00:24 foo: removed, unregistered
            00:00:27 wake 1-6 bar (periodic)
            00:00:27.100 bar: completed, free, next 00:00:32
            00:00:27.100 recorded 1-6
            00:00:32 wake 1-7 bar (periodic)
            00:00:32.100 bar: completed, free, next 00:00:37
            00:00:32.100 recorded 1-7
            00:00:33 bar: pending, next 00:00:37, 0/3 charged, anchor 00:00:32
                    NOT_DUE since 00:00:32.100 until 00:00:37
            00:00:33 tags `bar`
        "#]],
    );
}

#[test]
fn c087_registering_failing_and_unregistering_is_logged() {
    check(
        "
        policy retry.max_attempts=3
        online
        open
        worker rejected after 0s
        register news every 12h
        12:00
        12:04 unregister news
        history
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            12:00 wake 1-1 news (periodic)
            12:00 news: rejected, charged, next 12:05
            12:00 recorded 1-1
            12:04 unregistered: removed
            12:04 news: removed, unregistered
            12:04 4 decisions
                    4: 12:04 news removed, unregistered (online)
                    3: 12:00 news 1-1 rejected, charged (online)
                    2: 12:00 news woken as 1-1 (online)
                    1: 00:00 news created (online)
        "#]],
    );
}

/// S-O-16: as many tags as the share allows, the empty one among them.
#[test]
fn c036_s_o_16_tags_are_not_limited_but_by_shares() {
    check(
        "
        policy shares.origin_registrations=3
        register one
        register two
        register shop:
        register three
        register four
        tags app
        ",
        expect![[r#"
            00:00 registered one: created as 1, next 00:00:03
            00:00 registered two: created as 2, next 00:00:03
            00:00 registered shop:: created as 3, next 00:00:03
            00:00 registered three: created as 4, next 00:00:03
            00:00 refused: origin `https://app.example` has 3 registrations, as many as one origin may have
            00:00 tags `one` `two` `three`
        "#]],
    );
}

/// P-09, A-15: also what was registered meanwhile, in both kinds.
#[test]
fn c030_a_15_a_scope_that_goes_mid_event_leaves_nothing() {
    check(
        "
        online
        open
        00:01 register mail
        register news every 12h
        start mail
        remove-scope app
        register feed
        finish 1-1 completed
        list
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered news: created as 2, next 12:01
            00:01 removed 2 of the scope
            00:01 cancel 1-1: removed
            00:01 mail: removed, scope removed
            00:01 news: removed, scope removed
            00:01 registered feed: created as 3, next 00:01
            00:01 wake 1-2 feed
            00:01 recorded 1-1: does not count
            00:01 feed
        "#]],
    );
}

/// A-07: each of them lets what waits go.
#[test]
fn a_07_what_starts_a_pass() {
    check(
        "
        open
        register mail
        show mail
        00:01 online
        +1s finish mail completed
        offline
        register news
        suspend
        online
        00:02 resume
        +5s finish news completed
        store read-only
        register feed
        00:03 store writable
        finish feed completed
        close
        register last
        00:04 open
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00:03
            00:00 mail: pending, next 00:00:03, 0/3 charged, expires 30d 00:00
                    STARTING since 00:00 until 00:00:03
            00:01:01 wake 1-1 mail
            00:01:01 mail: completed, free
            00:01:01 mail: removed, completed
            00:01:01 recorded 1-1
            00:01:01 registered news: created as 2, next 00:01:01
            00:02:05 wake 1-2 news
            00:02:05 news: completed, free
            00:02:05 news: removed, completed
            00:02:05 recorded 1-2
            00:02:05 registered feed: created as 3, next 00:02:05
            00:03 wake 1-3 feed
            00:03 feed: completed, free
            00:03 feed: removed, completed
            00:03 recorded 1-3
            00:03 registered last: created as 4, next 00:03
            00:04 wake 1-4 last
        "#]],
    );
}

/// A-17, Q-1: a browser that dies in each run is not tried for ever.
#[test]
fn a_17_crash_loops_are_counted() {
    check(
        "
        online
        worker starts
        open
        00:01 register mail
        close
        open
        close
        open
        00:07 close
        open
        show mail
        00:23 close
        open
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: lost, free, next 00:01
            00:01 wake 1-2 mail
            00:01 mail: lost, charged, next 00:06
            00:06 wake 1-3 mail
            00:07 mail: lost, charged, next 00:22
            00:07 mail: waiting, next 00:22, 2/3 charged, 3 in a row lost started, expires 30d 00:01
                    BACKOFF since 00:07 until 00:22
            00:22 wake 1-4 mail, last chance
            00:23 mail: lost, charged
            00:23 mail: removed, gave up
            00:23 mail: none
        "#]],
    );
}

/// Q-3: a worker that cannot be found is not tried for ever.
#[test]
fn q_3_a_worker_that_never_starts_is_given_up() {
    check(
        "
        online
        open
        worker unavailable after 1s
        00:01 register mail
        12:00 show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01:01 mail: unavailable, free, next 00:01:31
            00:01:01 recorded 1-1
            00:01:31 wake 1-2 mail
            00:01:32 mail: unavailable, free, next 00:02:32
            00:01:32 recorded 1-2
            00:02:32 wake 1-3 mail
            00:02:33 mail: unavailable, free, next 00:04:33
            00:02:33 recorded 1-3
            00:04:33 wake 1-4 mail
            00:04:34 mail: unavailable, free, next 00:08:34
            00:04:34 recorded 1-4
            00:08:34 wake 1-5 mail
            00:08:35 mail: unavailable, free, next 00:16:35
            00:08:35 recorded 1-5
            00:16:35 wake 1-6 mail
            00:16:36 mail: unavailable, free, next 00:32:36
            00:16:36 recorded 1-6
            00:32:36 wake 1-7 mail
            00:32:37 mail: unavailable, free, next 01:04:37
            00:32:37 recorded 1-7
            01:04:37 wake 1-8 mail
            01:04:38 mail: unavailable, free, next 02:04:38
            01:04:38 recorded 1-8
            02:04:38 wake 1-9 mail
            02:04:39 mail: unavailable, free, next 03:04:39
            02:04:39 recorded 1-9
            03:04:39 wake 1-10 mail
            03:04:40 mail: unavailable, free, next 04:04:40
            03:04:40 recorded 1-10
            04:04:40 wake 1-11 mail
            04:04:41 mail: unavailable, charged, next 05:04:41
            04:04:41 recorded 1-11
            05:04:41 wake 1-12 mail
            05:04:42 mail: unavailable, charged, next 06:04:42
            05:04:42 recorded 1-12
            06:04:42 wake 1-13 mail, last chance
            06:04:43 mail: unavailable, charged
            06:04:43 mail: removed, gave up
            06:04:43 recorded 1-13
            12:00 mail: none
        "#]],
    );
}

/// Q-2: what was replaced while it fired is not charged for the old run's end.
#[test]
fn q_2_the_end_of_an_old_run_does_not_touch_a_new_registration() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        unregister mail
        register mail
        finish 1-1 rejected
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 unregistered: removed
            00:01 mail: removed, unregistered
            00:01 registered mail: created as 2, next 00:01
            00:01 wake 1-2 mail
            00:01 recorded 1-1: does not count
            00:01 mail: firing 1-2 until 00:01:30, 0/3 charged, expires 30d 00:01
        "#]],
    );
}

/// A-21: a timer that comes late finds all that was due.
#[test]
fn a_21_a_late_timer_finds_everything_due() {
    check(
        "
        online
        open
        worker completed after 1s
        register news every 12h
        register feed every 24h
        late 40h
        +1s show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            00:00 registered feed: created as 2, next 1d 00:00
            1d 16:00 wake 1-1 news (periodic)
            1d 16:00 wake 1-2 feed (periodic)
            1d 16:00:01 news: completed, free, next 2d 04:00
            1d 16:00:01 recorded 1-1
            1d 16:00:01 feed: completed, free, next 2d 16:00
            1d 16:00:01 recorded 1-2
            1d 16:00:01 news: pending, next 2d 04:00, 0/3 charged, anchor 1d 16:00
                    NOT_DUE since 1d 16:00:01 until 2d 04:00
        "#]],
    );
}
