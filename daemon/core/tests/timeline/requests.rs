//! What browsers and administrators ask for.

use expect_test::expect;
use pwasync_core::policy::Policy;

use super::{check, check_under};

#[test]
fn an_uid_that_changes_its_login_name_starts_empty() {
    check(
        "
        online
        open
        open bob
        00:01 register mail
        register news every 12h
        register bob/mail
        login ana anna
        register fresh
        list
        login ana anna
        register more
        list
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered news: created as 2, next 12:01
            00:01 registered bob/mail: created as 3, next 00:01
            00:01 wake 1-2 bob/mail
            00:01 registered fresh: created as 4, next 00:01
            00:01 cancel 1-1: removed
            00:01 mail: removed, owner changed
            00:01 news: removed, owner changed
            00:01 wake 1-3 fresh
            00:01 bob/mail fresh
            00:01 registered more: created as 5, next 00:01
            00:01 wake 1-4 more
            00:01 bob/mail fresh more
        "#]],
    );
}

/// What both have stays as it is.
#[test]
fn reconcile_makes_the_lists_equal() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        register news every 12h
        register gone
        register ana.work/mail
        reconcile ana mail news=24h shop:new
        list
        show news
        finish mail completed
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered news: created as 2, next 12:01
            00:01 registered gone: created as 3, next 00:01
            00:01 wake 1-2 gone
            00:01 registered ana.work/mail: created as 4, next 00:01
            00:01 reconciled: added 5, removed 3
            00:01 cancel 1-2: removed
            00:01 gone: removed, reconciled
            00:01 wake 1-3 shop:new
            00:01 mail news ana.work/mail shop:new
            00:01 news: pending, next 1d 00:01, 0/3 charged, anchor 00:01
                    NOT_DUE since 00:01 until 1d 00:01
            00:01 mail: completed, free
            00:01 mail: removed, completed
            00:01 recorded 1-1
        "#]],
    );
}

#[test]
fn reconcile_keeps_a_back_off() {
    check(
        "
        online
        open
        00:01 register mail
        finish mail rejected
        reconcile ana mail
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:01 reconciled: added none, removed none
            00:01 mail: waiting, next 00:06, 1/3 charged, expires 30d 00:01
                    BACKOFF since 00:01 until 00:06
        "#]],
    );
}

/// What it had added until then runs.
#[test]
fn reconcile_that_breaks_a_share_removes_nothing() {
    let policy = Policy { owner_registrations: 2, ..Policy::default() };
    check_under(
        &policy,
        "
        online
        open
        00:01 register mail
        finish mail rejected
        reconcile ana one two three
        list
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 mail: rejected, charged, next 00:06
            00:01 recorded 1-1
            00:01 refused: owner `1000` has 2 registrations, as many as one owner may have
            00:01 wake 1-2 one
            00:01 mail one
        "#]],
    );
}

/// C030, C031.
#[test]
fn remove_scope_removes_both_kinds() {
    check(
        "
        online
        open
        00:01 register mail
        register news every 12h
        register shop:mail
        remove-scope app:
        remove-scope app:
        list
        finish 1-1 completed
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered news: created as 2, next 12:01
            00:01 registered shop:mail: created as 3, next 00:01
            00:01 wake 1-2 shop:mail
            00:01 removed 2 of the scope
            00:01 cancel 1-1: removed
            00:01 mail: removed, scope removed
            00:01 news: removed, scope removed
            00:01 removed 0 of the scope
            00:01 shop:mail
            00:01 recorded 1-1: does not count
        "#]],
    );
}

/// S-P-21 for both kinds.
#[test]
fn unregister_while_firing_does_not_abort() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        unregister mail
        finish 1-1 completed
        unregister mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 unregistered: removed
            00:01 mail: removed, unregistered
            00:01 recorded 1-1: does not count
            00:01 unregistered: absent
        "#]],
    );
}

/// W-08.
#[test]
fn run_now_runs_what_nothing_holds() {
    check(
        "
        online
        00:01 register mail
        run mail
        offline
        open
        run mail
        run mail as ana
        online
        +1s run mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 held by BROWSER_CLOSED NO_LAUNCHER
            00:01 held by OFFLINE
            00:01 held by OFFLINE
            00:01:01 wake 1-1 mail
            00:01:01 runs already as 1-1
        "#]],
    );
}

/// And says which.
#[test]
fn run_now_by_force_passes_over_conditions() {
    check(
        "
        offline
        open
        battery 3%
        00:01 register mail
        register news every 12h
        run mail force
        run news force
        finish mail rejected
        finish news completed
        run mail force
        run mail force
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 registered news: created as 2, next 12:01
            00:01 runs as 1-1 in spite of OFFLINE BATTERY_CRITICAL
            00:01 wake 1-1 mail
            00:01 runs as 1-2 in spite of NOT_DUE OFFLINE BATTERY_CRITICAL
            00:01 wake 1-2 news (periodic)
            00:01 mail: rejected, free, next 00:01
            00:01 recorded 1-1
            00:01 news: completed, free, next 12:15
            00:01 recorded 1-2
            00:01 runs as 1-3 in spite of OFFLINE BATTERY_CRITICAL
            00:01 wake 1-3 mail
            00:01 runs already as 1-3
        "#]],
    );
}

#[test]
fn run_now_by_force_cannot_do_without_browser_slot_or_record() {
    check(
        "
        online
        00:01 register mail
        run mail force
        open capacity 1
        register news
        run news force
        finish mail completed
        finish news rejected
        store read-only
        run news force
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 held by BROWSER_CLOSED NO_LAUNCHER
            00:01 wake 1-1 mail
            00:01 registered news: created as 2, next 00:01
            00:01 held by CONCURRENCY
            00:01 mail: completed, free
            00:01 mail: removed, completed
            00:01 recorded 1-1
            00:01 wake 1-2 news
            00:01 news: rejected, charged, next 00:06
            00:01 recorded 1-2
            00:01 held by STORE_READ_ONLY
        "#]],
    );
}

#[test]
fn what_another_owner_has_cannot_be_seen() {
    check(
        "
        online
        open
        open bob
        00:01 register mail
        register bob/mail
        register bob/news every 12h
        list as ana
        list as bob
        list as eve
        list
        run 1 force as bob
        run 99 force as bob
        remove 1 as bob
        remove 99 as bob
        remove 1 as ana
        unregister eve/mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 registered bob/mail: created as 2, next 00:01
            00:01 wake 1-2 bob/mail
            00:01 registered bob/news: created as 3, next 12:01
            00:01 mail
            00:01 bob/mail bob/news
            00:01 nothing
            00:01 mail bob/mail bob/news
            00:01 not found
            00:01 not found
            00:01 not found
            00:01 not found
            00:01 removed
            00:01 cancel 1-1: removed
            00:01 mail: removed, administrator
            00:01 unregistered: absent
        "#]],
    );
}

#[test]
fn remove_tells_the_browser() {
    check(
        "
        online
        open
        00:01 register mail
        remove mail
        finish 1-1 completed
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 removed
            00:01 cancel 1-1: removed
            00:01 mail: removed, administrator
            00:01 recorded 1-1: does not count
        "#]],
    );
}

#[test]
fn an_owner_s_share_is_a_limit() {
    let policy = Policy { owner_registrations: 2, ..Policy::default() };
    check_under(
        &policy,
        "
        register mail
        register news every 12h
        register feed
        register mail
        register bob/mail
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00:03
            00:00 registered news: created as 2, next 12:00
            00:00 refused: owner `1000` has 2 registrations, as many as one owner may have
            00:00 registered mail: unchanged, next 00:00:03
            00:00 registered bob/mail: created as 3, next 00:00:03
        "#]],
    );
}

#[test]
fn an_origin_s_share_is_a_limit() {
    let policy = Policy { origin_registrations: 1, ..Policy::default() };
    check_under(
        &policy,
        "
        register mail
        register ana.work/mail
        register shop:mail
        register bob/mail
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00:03
            00:00 refused: origin `https://app.example` has 1 registrations, as many as one origin may have
            00:00 registered shop:mail: created as 2, next 00:00:03
            00:00 registered bob/mail: created as 3, next 00:00:03
        "#]],
    );
}

#[test]
fn the_queue_has_a_limit() {
    let policy = Policy { registrations: 1, ..Policy::default() };
    check_under(
        &policy,
        "
        register mail
        register bob/mail
        unregister mail
        register bob/mail
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00:03
            00:00 refused: the queue holds 1 registrations, as many as it may hold
            00:00 unregistered: removed
            00:00 mail: removed, unregistered
            00:00 registered bob/mail: created as 2, next 00:00:03
        "#]],
    );
}

#[test]
fn c_013_what_was_never_registered_is_not_found() {
    check(
        "
        show mail
        register mail
        show news
        ",
        expect![[r#"
            00:00 mail: none
            00:00 registered mail: created as 1, next 00:00:03
            00:00 news: none
        "#]],
    );
}

/// Where the list says nothing of them.
#[test]
fn reconcile_keeps_constraints_and_app() {
    check(
        "
        online
        open
        metered
        00:01 register mail unmetered app chat
        policy app chat retry.max_attempts=5
        reconcile ana mail
        show mail
        00:02 pause app:chat for 1h
        00:03 unmetered
        show mail
        reconcile ana mail+charging
        show mail
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 reconciled: added none, removed none
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    METERED since 00:00
            00:02 pause of app chat of ana until 01:02
            00:03 mail: pending, next 01:02, 0/3 charged, expires 30d 00:01
                    PAUSED since 00:02 until 01:02
            00:03 reconciled: added none, removed none
            00:03 mail: pending, next 01:02, 0/3 charged, expires 30d 00:01
                    PAUSED since 00:02 until 01:02
                    NOT_CHARGING since 00:00
        "#]],
    );
}

/// S-P-15: another interval is one.
#[test]
fn reconcile_takes_another_interval() {
    check(
        "
        register news every 12h
        06:00 reconcile ana news=24h
        show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            06:00 reconciled: added none, removed none
            06:00 news: pending, next 1d 00:00, 0/3 charged, anchor 00:00
                    NOT_DUE since 00:00 until 1d 00:00
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
                    OFFLINE since 00:00
        "#]],
    );
}

/// What is denied meanwhile is listed, and held.
#[test]
fn reconcile_holds_what_is_denied() {
    check(
        "
        online
        open
        policy one_off.permission=denied
        00:01 reconcile ana mail
        show mail
        ",
        expect![[r#"
            00:01 reconciled: added 1, removed none
            00:01 mail: pending, next 00:01, 0/3 charged, expires 30d 00:01
                    PERMISSION_DENIED since 00:00
        "#]],
    );
}
