//! Permission and installation: P-10, S-O-11, S-P-12, S-P-50, S-P-51.

use expect_test::expect;

use super::check;

/// C042, C211; not A-13: at once, and only this kind.
#[test]
fn p_10_s_p_50_a_denial_in_the_browser_removes_the_kind() {
    check(
        "
        online
        register mail
        register news every 12h
        register feed every 24h
        register shop:news every 12h
        permission app periodic denied
        list
        crash
        list
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00:01
            00:00 registered news: created as 2, next 12:00
            00:00 registered feed: created as 3, next 1d 00:00
            00:00 registered shop:news: created as 4, next 12:00
            00:00 permission noted, 2 removed
            00:00 news: removed, revoked
            00:00 feed: removed, revoked
            00:00 mail shop:news
            00:00 mail shop:news
        "#]],
    );
}

#[test]
fn p_10_a_denial_ends_what_runs() {
    check(
        "
        online
        open
        00:01 register mail
        start mail
        permission app one-off denied
        finish 1-1 completed
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
            00:01 permission noted, 1 removed
            00:01 cancel 1-1: revoked
            00:01 mail: removed, revoked
            00:01 recorded 1-1: does not count
        "#]],
    );
}

/// C010, C210, C236.
#[test]
fn s_o_11_s_p_12_what_is_denied_is_not_registered() {
    check(
        "
        permission app one-off denied
        permission app periodic denied
        register mail
        register news every 12h
        register shop:mail
        permission app one-off granted
        register mail
        ",
        expect![[r#"
            00:00 permission noted, 0 removed
            00:00 permission noted, 0 removed
            00:00 refused: origin `https://app.example` has no permission for one-off syncs: the user denied it in the browser
            00:00 refused: origin `https://app.example` has no permission for periodic syncs: the user denied it in the browser
            00:00 registered shop:mail: created as 1, next 00:00:03
            00:00 permission noted, 0 removed
            00:00 registered mail: created as 2, next 00:00:03
        "#]],
    );
}

#[test]
fn s_p_12_a_browser_that_names_its_apps_needs_one_or_a_grant() {
    check(
        "
        installed ana mail@app
        register news every 12h
        register shop:news every 12h
        register shop:mail
        permission shop periodic granted
        register shop:news every 12h
        permission shop periodic prompt
        show shop:news
        ",
        expect![[r#"
            00:00 apps: 1 added, 0 removed
            00:00 registered news: created as 1, next 12:00
            00:00 refused: origin `https://shop.example` has no permission for periodic syncs: no app of it is installed, and it was not granted
            00:00 registered shop:mail: created as 2, next 00:00:03
            00:00 permission noted, 0 removed
            00:00 registered shop:news: created as 3, next 12:00
            00:00 permission noted, 0 removed
            00:00 shop:news: pending, next 12:00, 0/3 charged, anchor 00:00
                    NOT_DUE since 00:00 until 12:00
                    PERMISSION_DENIED since 00:00
                    NOT_INSTALLED since 00:00
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
                    STARTING since 00:00 until 00:00:03
        "#]],
    );
}

/// A browser that says nothing is taken at its word: it asked before it registered.
#[test]
fn s_p_12_without_a_word_on_apps_nothing_is_asked() {
    check(
        "
        register news every 12h
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
        "#]],
    );
}

/// C200, C204.
#[test]
fn p_10_without_a_grant_periodic_tags_wait_for_an_app() {
    check(
        "
        online
        open
        register news every 12h
        permission app periodic prompt
        01:00 show news
        12:00 installed ana mail@app
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            00:00 permission noted, 0 removed
            01:00 news: pending, next 12:00, 0/3 charged, anchor 00:00
                    NOT_DUE since 00:00 until 12:00
                    PERMISSION_DENIED since 00:00
            12:00 apps: 1 added, 0 removed
            12:00 wake 1-1 news (periodic)
        "#]],
    );
}

#[test]
fn p_10_an_administrator_s_denial_holds() {
    check(
        "
        online
        open
        register news every 12h
        01:00 policy periodic.permission=denied
        show news
        12:00 show news
        register feed every 12h
        13:00 policy periodic.permission=allowed
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            01:00 news: pending, next 12:00, 0/3 charged, anchor 00:00
                    NOT_DUE since 00:00 until 12:00
                    PERMISSION_DENIED since 01:00
            12:00 news: pending, next 12:00, 0/3 charged, anchor 00:00
                    PERMISSION_DENIED since 01:00
            12:00 refused: origin `https://app.example` has no permission for periodic syncs: the administrator's policy denies it
            13:00 wake 1-1 news (periodic)
        "#]],
    );
}

#[test]
fn p_10_an_administrator_s_denial_of_an_origin_is_its_own() {
    check(
        "
        online
        open
        policy origin shop one_off.permission=denied
        00:01 register shop:mail
        register mail
        ",
        expect![[r#"
            00:01 refused: origin `https://shop.example` has no permission for one-off syncs: the administrator's policy denies it
            00:01 registered mail: created as 1, next 00:01
            00:01 wake 1-1 mail
        "#]],
    );
}

/// An app that is being re-installed keeps its syncs.
#[test]
fn p_10_an_uninstalled_app_holds_for_seven_days() {
    check(
        "
        online
        installed ana mail@app
        permission app periodic granted
        register news every 12h app mail
        register mail app mail
        01:00 installed ana
        show news
        show mail
        7d 00:59:59 list
        7d 01:00 list
        ",
        expect![[r#"
            00:00 apps: 1 added, 0 removed
            00:00 permission noted, 0 removed
            00:00 registered news: created as 1, next 12:00
            00:00 registered mail: created as 2, next 00:00:01
            01:00 apps: 0 added, 1 removed
            01:00 news: pending, next 12:00, 0/3 charged, anchor 00:00
                    NOT_DUE since 00:00 until 12:00
                    NOT_INSTALLED since 01:00
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
            01:00 mail: pending, next 01:00, 0/3 charged, expires 30d 00:00
                    NOT_INSTALLED since 01:00
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
            7d 00:59:59 news mail
            7d 01:00 news: removed, uninstalled
            7d 01:00 mail: removed, uninstalled
            7d 01:00 nothing
        "#]],
    );
}

#[test]
fn p_10_a_reinstalled_app_keeps_its_syncs() {
    check(
        "
        online
        open
        installed ana mail@app
        register news every 12h app mail
        01:00 installed ana
        12:00 show news
        3d 00:00 installed ana mail@app
        show news
        ",
        expect![[r#"
            00:00 apps: 1 added, 0 removed
            00:00 registered news: created as 1, next 12:00
            01:00 apps: 0 added, 1 removed
            12:00 news: pending, next 12:00, 0/3 charged, anchor 00:00
                    NOT_INSTALLED since 01:00
            3d 00:00 apps: 1 added, 0 removed
            3d 00:00 wake 1-1 news (periodic)
            3d 00:00 news: firing 1-1 until 3d 00:00:30, 0/3 charged, anchor 00:00
        "#]],
    );
}

/// What is registered after that is a page's in a tab.
#[test]
fn p_10_a_page_without_its_app_may_register_a_one_off() {
    check(
        "
        online
        open
        installed ana mail@app
        00:01 installed ana
        00:02 register mail app mail
        register news every 12h app mail
        ",
        expect![[r#"
            00:00 apps: 1 added, 0 removed
            00:01 apps: 0 added, 1 removed
            00:02 registered mail: created as 1, next 00:02
            00:02 wake 1-1 mail
            00:02 refused: origin `https://app.example` has no permission for periodic syncs: no app of it is installed, and it was not granted
        "#]],
    );
}

/// S-P-51: checked again when it fires, whatever was so when it was registered.
#[test]
fn p_10_s_p_51_installation_is_checked_at_firing() {
    check(
        "
        online
        installed ana mail@app
        register news every 12h app mail
        11:00 installed ana
        12:00 open
        show news
        13:00 installed ana mail@app
        ",
        expect![[r#"
            00:00 apps: 1 added, 0 removed
            00:00 registered news: created as 1, next 12:00
            11:00 apps: 0 added, 1 removed
            12:00 news: pending, next 12:00, 0/3 charged, anchor 00:00
                    NOT_INSTALLED since 11:00
            13:00 apps: 1 added, 0 removed
            13:00 wake 1-1 news (periodic)
        "#]],
    );
}

#[test]
fn p_10_the_seven_days_go_on_over_a_restart() {
    check(
        "
        online
        installed ana mail@app
        register news every 12h app mail
        01:00 installed ana
        6d 00:00 crash
        7d 01:00 list
        ",
        expect![[r#"
            00:00 apps: 1 added, 0 removed
            00:00 registered news: created as 1, next 12:00
            01:00 apps: 0 added, 1 removed
            7d 01:00 news: removed, uninstalled
            7d 01:00 nothing
        "#]],
    );
}

#[test]
fn p_10_the_seven_days_may_end_while_the_daemon_is_down() {
    check(
        "
        online
        installed ana mail@app
        register news every 12h app mail
        01:00 installed ana
        6d 00:00 late 3d
        crash
        +1s list
        ",
        expect![[r#"
            00:00 apps: 1 added, 0 removed
            00:00 registered news: created as 1, next 12:00
            01:00 apps: 0 added, 1 removed
            9d 00:00 news: removed, uninstalled
            9d 00:00:01 nothing
        "#]],
    );
}

#[test]
fn p_10_what_ran_when_the_seven_days_ended_is_removed_after() {
    check(
        "
        policy shares.uninstalled_hold=1m
        online
        open
        installed ana mail@app
        worker starts
        register news every 12h app mail
        12:00 installed ana
        12:01 show news
        12:02 finish news completed
        12:03 list
        ",
        expect![[r#"
            00:00 apps: 1 added, 0 removed
            00:00 registered news: created as 1, next 12:00
            12:00 wake 1-1 news (periodic)
            12:00 apps: 0 added, 1 removed
            12:01 news: firing 1-1 until 12:03, 0/3 charged, anchor 00:00
            12:02 news: completed, free, next 1d 00:00
            12:02 recorded 1-1
            12:02 news: removed, uninstalled
            12:03 nothing
        "#]],
    );
}

/// A page that is gone cannot say so.
#[test]
fn p_10_denial_is_each_profile_s_own() {
    check(
        "
        permission ana.work/ one-off denied
        register mail
        register ana.work/mail
        ",
        expect![[r#"
            00:00 permission noted, 0 removed
            00:00 registered mail: created as 1, next 00:00:03
            00:00 refused: origin `https://app.example` has no permission for one-off syncs: the user denied it in the browser
        "#]],
    );
}

/// The list of apps is older than that.
#[test]
fn p_10_a_grant_that_is_taken_back_holds_for_seven_days_from_then() {
    check(
        "
        online
        installed ana mail@app
        permission shop periodic granted
        register shop:news every 12h
        9d 00:00 permission shop periodic prompt
        show shop:news
        15d 23:59:59 list
        16d 00:00 list
        ",
        expect![[r#"
            00:00 apps: 1 added, 0 removed
            00:00 permission noted, 0 removed
            00:00 registered shop:news: created as 1, next 12:00
            9d 00:00 permission noted, 0 removed
            9d 00:00 shop:news: pending, next 9d 00:00, 0/3 charged, anchor 00:00
                    PERMISSION_DENIED since 9d 00:00
                    NOT_INSTALLED since 9d 00:00
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
            15d 23:59:59 shop:news
            16d 00:00 shop:news: removed, uninstalled
            16d 00:00 nothing
        "#]],
    );
}
