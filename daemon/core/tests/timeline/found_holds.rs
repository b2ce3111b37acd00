//! Holds that must end when they say so, and speak the truth until then.

use std::time::Duration;

use expect_test::expect;
use pwasync_core::{
    LeaseError, NewLease, Viewer,
    lease::{Leased, Subject},
    policy::Policy,
};

use super::{check, check_under};
use crate::support::world::World;

/// What the grid alone holds goes with an event that somebody asked for, at once.
#[test]
fn grid_holds_nothing_back_when_a_browser_is_woken_by_request() {
    check(
        "
        online
        battery 50%
        open
        00:01 register news every 12h
        12:02 register mail charging
        run mail force
        show news
        ",
        expect![[r#"
            00:01 registered news: created as 1, next 12:01
            12:02 registered mail: created as 2, next 12:02
            12:02 runs as 1-1 in spite of NOT_CHARGING
            12:02 wake 1-1 mail
            12:02 wake 1-2 news (periodic)
            12:02 news: firing 1-2 until 12:02:30, 0/3 charged, anchor 00:01
        "#]],
    );
}

/// The network has returned, and the day's budget is all that holds the next attempt.
#[test]
fn p_03_p_19_a_back_off_that_the_network_ended_goes_on_at_midnight() {
    check(
        "
        policy budget.wakes_a_day=1
        policy retry.initial_delay=2h
        online
        open
        worker starts
        23:30 register mail
        finish mail rejected
        23:40 offline
        23:41 online
        23:50 show mail
        1d 00:00:10 show mail
        ",
        expect![[r#"
            23:30 registered mail: created as 1, next 23:30
            23:30 wake 1-1 mail
            23:30 mail: rejected, charged, next 1d 01:30
            23:30 recorded 1-1
            23:50 mail: waiting, next 1d 00:00, 1/3 charged, expires 30d 23:30
                    BUDGET_SPENT since 23:30 until 1d 00:00
            1d 00:00 wake 1-2 mail
            1d 00:00:10 mail: firing 1-2 until 1d 00:03, 1/3 charged, expires 30d 23:30
        "#]],
    );
}

/// Its browser told each use, and tells levels from now on.
#[test]
fn p_16_what_is_unknown_again_is_not_suspended() {
    check(
        "
        online
        open
        00:01 engage app: navigation
        register app:news every 12h
        register shop:feed every 12h
        00:02 engage app: level high
        show shop:feed
        00:03 engage app: navigation
        show shop:feed
        ",
        expect![[r#"
            00:01 https://app.example: 3.00 points, 3.00 today, low
            00:01 registered news: created as 1, next unknown
            00:01 news: suspended
            00:01 registered shop:feed: created as 2, next unknown
            00:01 shop:feed: suspended
            00:02 https://app.example: 0.00 points, 0.00 today, high
            00:02 news: revived
            00:02 shop:feed: revived
            00:02 shop:feed: pending, next 12:02, 0/3 charged, anchor 00:02
                    NOT_DUE since 00:02 until 12:02
            00:03 https://app.example: 3.00 points, 3.00 today, low
            00:03 shop:feed: pending, next 12:02, 0/3 charged, anchor 00:02
                    NOT_DUE since 00:02 until 12:02
        "#]],
    );
}

/// The owner's share of sites is spent.
#[test]
fn p_10_a_revocation_is_never_refused() {
    let policy = Policy { owner_sites: 1, ..Policy::default() };
    check_under(
        &policy,
        "
        permission shop: one-off granted
        00:01 register mail
        permission app: periodic granted
        permission app: one-off denied
        register mail
        permission news: one-off denied
        ",
        expect![[r#"
            00:00 permission noted, 0 removed
            00:01 registered mail: created as 1, next 00:01
            00:01 refused: something is kept of 1 origins, as many as one owner may have
            00:01 permission noted, 1 removed
            00:01 mail: removed, revoked
            00:01 refused: origin `https://app.example` has no permission for one-off syncs: the user denied it in the browser
            00:01 refused: something is kept of 1 origins, as many as one owner may have
        "#]],
    );
}

/// What is read is what the next decision goes by: a pause costs four periods, however long.
#[test]
fn e_25_a_stale_score_is_read_as_it_will_count() {
    check(
        "
        offline
        00:01 register news every 12h
        engage app: navigation times 20
        7d 00:00 engagement
        engage shop: navigation
        engagement
        ",
        expect![[r#"
            00:01 registered news: created as 1, next 12:01
            00:01 https://app.example: 15.00 points, 15.00 today, medium
            7d 00:00 https://app.example: 14.06 points, 0.00 today, low
            7d 00:00 https://shop.example: 3.00 points, 3.00 today, low
            7d 00:00 https://app.example: 14.06 points, 0.00 today, low
        "#]],
    );
}

/// Each percent less does not make it begin anew.
#[test]
fn battery_holds_since_it_fell_so_low() {
    check(
        "
        online
        charging 21%
        00:01 register feed every 12h
        register mail
        00:10 battery 21%
        00:20 battery 20%
        00:30 battery 19%
        00:40 battery 5%
        00:50 battery 4%
        show mail
        12:02 show feed
        12:03 charging 6%
        12:04 battery 6%
        show mail
        show feed
        override all charging yes for 1h
        show feed
        clear all
        charging 30%
        override all charging no for 1h
        12:05 charging 10%
        show feed
        ",
        expect![[r#"
            00:01 registered feed: created as 1, next 12:01
            00:01 registered mail: created as 2, next 00:01
            00:50 mail: pending, next 00:50, 0/3 charged, expires 30d 00:01
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
                    BATTERY_CRITICAL since 00:40
            12:02 feed: pending, next 12:15, 0/3 charged, anchor 00:01
                    GRID since 12:01 until 12:15
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
                    BATTERY_CRITICAL since 00:40
            12:04 mail: pending, next 12:04, 0/3 charged, expires 30d 00:01
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
            12:04 feed: pending, next 12:15, 0/3 charged, anchor 00:01
                    GRID since 12:01 until 12:15
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
                    BATTERY_LOW since 12:04
            12:04 override Charging(true) of all until 13:04
            12:04 feed: pending, next 12:15, 0/3 charged, anchor 00:01
                    GRID since 12:01 until 12:15
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
            12:04 gave back 1
            12:04 override Charging(false) of all until 13:04
            12:05 feed: pending, next 13:04, 0/3 charged, anchor 00:01
                    GRID since 12:01 until 12:15
                    BROWSER_CLOSED since 00:00
                    NO_LAUNCHER since 00:00
                    BATTERY_LOW since 12:05 until 13:04
        "#]],
    );
}

/// It would end at the instant at which it began, and be waited for.
#[test]
fn leases_last_at_least_what_the_core_can_count() {
    let lasts = Duration::from_nanos(999_999);
    let (subject, what, reason) = (Subject::All, Leased::Pause, "a test".into());
    let new = NewLease { subject, what, place: None, lasts, reason };
    let mut world = World::new(Policy::default());
    let lease = world.input(|core, now| core.lease(now, Viewer::Administrator, new));
    assert!(matches!(lease, Err(LeaseError::Field(_))), "{lease:?}");
}

/// Nothing new starts, and a wake would run into its limit while the machine sleeps.
#[test]
fn run_now_by_force_does_not_pass_over_a_suspend() {
    check(
        "
        online
        open
        00:01 suspend
        register mail
        run mail force
        00:02 resume
        +5s
        ",
        expect![[r#"
            00:01 registered mail: created as 1, next 00:01
            00:01 held by SUSPENDING
            00:02:05 wake 1-1 mail
        "#]],
    );
}

/// P-10: an administrator's pause holds what users ask for.
#[test]
fn run_now_by_force_of_a_user_does_not_pass_over_a_pause_of_everybody() {
    check(
        "
        online
        open
        00:01 pause all for 1h
        register mail
        run mail force as ana
        run mail force
        finish mail completed
        00:02 unpause all
        pause owner:ana for 1h as ana
        register mail
        run mail force as ana
        ",
        expect![[r#"
            00:01 pause of all until 01:01
            00:01 registered mail: created as 1, next 01:01
            00:01 held by PAUSED
            00:01 runs as 1-1 in spite of PAUSED
            00:01 wake 1-1 mail
            00:01 mail: completed, free
            00:01 mail: removed, completed
            00:01 recorded 1-1
            00:02 gave back 1
            00:02 pause of owner ana until 01:02
            00:02 registered mail: created as 2, next 01:02
            00:02 runs as 1-2 in spite of PAUSED
            00:02 wake 1-2 mail
        "#]],
    );
}
