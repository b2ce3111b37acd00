//! Learned hours: P-18.

use expect_test::expect;

use super::check;

/// The promise of 2015 that nobody kept.
#[test]
fn p_18_read_at_seven_and_synced_at_a_quarter_to() {
    check(
        "
        online
        open
        worker completed after 5s
        register news every 24h
        07:00 engage app navigation
        31:00 engage app navigation
        55:00 engage app navigation
        3d 12:00 show news
        4d 03:00 show news
        4d 12:00 show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 1d 00:00
            07:00 https://app.example: 3.00 points, 3.00 today, low
            1d 00:00 wake 1-1 news (periodic)
            1d 00:00:05 news: completed, free, next 2d 00:00
            1d 00:00:05 recorded 1-1
            1d 07:00 https://app.example: 5.81 points, 3.00 today, low
            2d 00:00 wake 1-2 news (periodic)
            2d 00:00:05 news: completed, free, next 3d 00:00
            2d 00:00:05 recorded 1-2
            2d 07:00 https://app.example: 8.45 points, 3.00 today, low
            3d 00:00 wake 1-3 news (periodic)
            3d 00:00:05 news: completed, free, next 4d 06:45
            3d 00:00:05 recorded 1-3
            3d 12:00 news: pending, next 4d 06:45, 0/3 charged, anchor 3d 00:00
                    NOT_DUE since 3d 00:00:05 until 4d 00:00
            4d 03:00 news: pending, next 4d 06:45, 0/3 charged, anchor 3d 00:00
                    LEARNED_HOUR since 4d 00:00 until 4d 06:45
            4d 06:45 wake 1-4 news (periodic)
            4d 06:45:05 news: completed, free, next 5d 06:45
            4d 06:45:05 recorded 1-4
            4d 12:00 news: pending, next 5d 06:45, 0/3 charged, anchor 4d 06:45
                    NOT_DUE since 4d 06:45:05 until 5d 06:45
        "#]],
    );
}

/// Every day from then on, at the same time: it does not creep.
#[test]
fn p_18_stays_before_the_usual_hour() {
    check(
        "
        online
        open
        worker completed after 5s
        register news every 24h
        07:00 engage app navigation
        31:00 engage app navigation
        55:00 engage app navigation
        79:00 engage app navigation
        103:00 engage app navigation
        127:00 engage app navigation
        6d 12:00 show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 1d 00:00
            07:00 https://app.example: 3.00 points, 3.00 today, low
            1d 00:00 wake 1-1 news (periodic)
            1d 00:00:05 news: completed, free, next 2d 00:00
            1d 00:00:05 recorded 1-1
            1d 07:00 https://app.example: 5.81 points, 3.00 today, low
            2d 00:00 wake 1-2 news (periodic)
            2d 00:00:05 news: completed, free, next 3d 00:00
            2d 00:00:05 recorded 1-2
            2d 07:00 https://app.example: 8.45 points, 3.00 today, low
            3d 00:00 wake 1-3 news (periodic)
            3d 00:00:05 news: completed, free, next 4d 06:45
            3d 00:00:05 recorded 1-3
            3d 07:00 https://app.example: 10.92 points, 3.00 today, low
            4d 06:45 wake 1-4 news (periodic)
            4d 06:45:05 news: completed, free, next 5d 06:45
            4d 06:45:05 recorded 1-4
            4d 07:00 https://app.example: 13.24 points, 3.00 today, low
            5d 06:45 wake 1-5 news (periodic)
            5d 06:45:05 news: completed, free, next 6d 06:45
            5d 06:45:05 recorded 1-5
            5d 07:00 https://app.example: 15.41 points, 3.00 today, medium
            6d 06:45 wake 1-6 news (periodic)
            6d 06:45:05 news: completed, free, next 7d 06:45
            6d 06:45:05 recorded 1-6
            6d 12:00 news: pending, next 7d 06:45, 0/3 charged, anchor 6d 06:45
                    NOT_DUE since 6d 06:45:05 until 7d 06:45
        "#]],
    );
}

/// What comes twice a day comes before the reading in the morning and in the evening.
#[test]
fn p_18_serves_each_usual_hour() {
    check(
        "
        policy engagement.low_factor=1
        online
        open
        worker completed after 5s
        register news every 12h
        08:00 engage app navigation
        20:00 engage app navigation
        32:00 engage app navigation
        44:00 engage app navigation
        56:00 engage app navigation
        68:00 engage app navigation
        80:00 engage app navigation
        92:00 engage app navigation
        4d 12:00 show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            08:00 https://app.example: 3.00 points, 3.00 today, low
            12:00 wake 1-1 news (periodic)
            12:00:05 news: completed, free, next 1d 00:00
            12:00:05 recorded 1-1
            20:00 https://app.example: 4.31 points, 4.50 today, low
            1d 00:00 wake 1-2 news (periodic)
            1d 00:00:05 news: completed, free, next 1d 12:00
            1d 00:00:05 recorded 1-2
            1d 08:00 https://app.example: 7.04 points, 3.00 today, low
            1d 12:00 wake 1-3 news (periodic)
            1d 12:00:05 news: completed, free, next 2d 00:00
            1d 12:00:05 recorded 1-3
            1d 20:00 https://app.example: 8.10 points, 4.50 today, low
            2d 00:00 wake 1-4 news (periodic)
            2d 00:00:05 news: completed, free, next 2d 12:00
            2d 00:00:05 recorded 1-4
            2d 08:00 https://app.example: 10.60 points, 3.00 today, low
            2d 12:00 wake 1-5 news (periodic)
            2d 12:00:05 news: completed, free, next 3d 07:45
            2d 12:00:05 recorded 1-5
            2d 20:00 https://app.example: 11.43 points, 4.50 today, low
            3d 07:45 wake 1-6 news (periodic)
            3d 07:45:05 news: completed, free, next 3d 19:45
            3d 07:45:05 recorded 1-6
            3d 08:00 https://app.example: 13.72 points, 3.00 today, low
            3d 19:45 wake 1-7 news (periodic)
            3d 19:45:05 news: completed, free, next 4d 07:45
            3d 19:45:05 recorded 1-7
            3d 20:00 https://app.example: 14.36 points, 4.50 today, low
            4d 07:45 wake 1-8 news (periodic)
            4d 07:45:05 news: completed, free, next 4d 19:45
            4d 07:45:05 recorded 1-8
            4d 12:00 news: pending, next 4d 19:45, 0/3 charged, anchor 4d 07:45
                    NOT_DUE since 4d 07:45:05 until 4d 19:45
        "#]],
    );
}

/// The window is over before it: the next slot is as good.
#[test]
fn p_18_never_more_than_an_interval_late() {
    check(
        "
        policy origin app periodic.min_interval=1h
        policy engagement.low_factor=1
        online
        open
        worker completed after 5s
        register keep charging
        07:00 engage app navigation
        31:00 engage app navigation
        55:00 engage app navigation
        2d 08:00 register news every 2h
        2d 20:00 show news
        ",
        expect![[r#"
            00:00 registered keep: created as 1, next 00:00:01
            07:00 https://app.example: 3.00 points, 3.00 today, low
            1d 07:00 https://app.example: 5.81 points, 3.00 today, low
            2d 07:00 https://app.example: 8.45 points, 3.00 today, low
            2d 08:00 registered news: created as 2, next 2d 10:00
            2d 10:00 wake 1-1 news (periodic)
            2d 10:00:05 news: completed, free, next 2d 12:00
            2d 10:00:05 recorded 1-1
            2d 12:00 wake 1-2 news (periodic)
            2d 12:00:05 news: completed, free, next 2d 14:00
            2d 12:00:05 recorded 1-2
            2d 14:00 wake 1-3 news (periodic)
            2d 14:00:05 news: completed, free, next 2d 16:00
            2d 14:00:05 recorded 1-3
            2d 16:00 wake 1-4 news (periodic)
            2d 16:00:05 news: completed, free, next 2d 18:00
            2d 16:00:05 recorded 1-4
            2d 18:00 wake 1-5 news (periodic)
            2d 18:00:05 news: completed, free, next 2d 20:00
            2d 18:00:05 recorded 1-5
            2d 20:00 wake 1-6 news (periodic)
            2d 20:00 news: firing 1-6 until 2d 20:03, 0/3 charged, anchor 2d 18:00
        "#]],
    );
}

#[test]
fn p_18_two_days_make_no_habit() {
    check(
        "
        online
        open
        worker completed after 5s
        register news every 24h
        07:00 engage app navigation
        31:00 engage app navigation
        2d 12:00 show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 1d 00:00
            07:00 https://app.example: 3.00 points, 3.00 today, low
            1d 00:00 wake 1-1 news (periodic)
            1d 00:00:05 news: completed, free, next 2d 00:00
            1d 00:00:05 recorded 1-1
            1d 07:00 https://app.example: 5.81 points, 3.00 today, low
            2d 00:00 wake 1-2 news (periodic)
            2d 00:00:05 news: completed, free, next 3d 00:00
            2d 00:00:05 recorded 1-2
            2d 12:00 news: pending, next 3d 00:00, 0/3 charged, anchor 2d 00:00
                    NOT_DUE since 2d 00:00:05 until 3d 00:00
        "#]],
    );
}

/// A radio that plays to nobody shows no reader.
#[test]
fn p_18_hidden_media_teach_nothing() {
    check(
        "
        online
        open
        worker completed after 5s
        register news every 24h
        07:00 engage app hidden-media
        31:00 engage app hidden-media
        55:00 engage app hidden-media
        3d 12:00 show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 1d 00:00
            07:00 https://app.example: 1.51 points, 1.51 today, low
            1d 00:00 wake 1-1 news (periodic)
            1d 00:00:05 news: completed, free, next 2d 00:00
            1d 00:00:05 recorded 1-1
            1d 07:00 https://app.example: 2.93 points, 1.51 today, low
            2d 00:00 wake 1-2 news (periodic)
            2d 00:00:05 news: completed, free, next 3d 00:00
            2d 00:00:05 recorded 1-2
            2d 07:00 https://app.example: 4.25 points, 1.51 today, low
            3d 00:00 wake 1-3 news (periodic)
            3d 00:00:05 news: completed, free, next 4d 00:00
            3d 00:00:05 recorded 1-3
            3d 12:00 news: pending, next 4d 00:00, 0/3 charged, anchor 3d 00:00
                    NOT_DUE since 3d 00:00:05 until 4d 00:00
        "#]],
    );
}

#[test]
fn p_18_may_be_turned_off_for_a_site() {
    check(
        "
        policy origin app periodic.learned_hours=false
        online
        open
        worker completed after 5s
        register news every 24h
        07:00 engage app navigation
        31:00 engage app navigation
        55:00 engage app navigation
        3d 12:00 show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 1d 00:00
            07:00 https://app.example: 3.00 points, 3.00 today, low
            1d 00:00 wake 1-1 news (periodic)
            1d 00:00:05 news: completed, free, next 2d 00:00
            1d 00:00:05 recorded 1-1
            1d 07:00 https://app.example: 5.81 points, 3.00 today, low
            2d 00:00 wake 1-2 news (periodic)
            2d 00:00:05 news: completed, free, next 3d 00:00
            2d 00:00:05 recorded 1-2
            2d 07:00 https://app.example: 8.45 points, 3.00 today, low
            3d 00:00 wake 1-3 news (periodic)
            3d 00:00:05 news: completed, free, next 4d 00:00
            3d 00:00:05 recorded 1-3
            3d 12:00 news: pending, next 4d 00:00, 0/3 charged, anchor 3d 00:00
                    NOT_DUE since 3d 00:00:05 until 4d 00:00
        "#]],
    );
}

/// Local hours, where the user is.
#[test]
fn p_18_hours_are_local() {
    check(
        "
        utc +2h
        online
        open
        worker completed after 5s
        register news every 24h
        05:00 engage app navigation
        29:00 engage app navigation
        53:00 engage app navigation
        4d 02:00 show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 1d 00:00
            05:00 https://app.example: 3.00 points, 3.00 today, low
            1d 00:00 wake 1-1 news (periodic)
            1d 00:00:05 news: completed, free, next 2d 00:00
            1d 00:00:05 recorded 1-1
            1d 05:00 https://app.example: 5.81 points, 3.00 today, low
            2d 00:00 wake 1-2 news (periodic)
            2d 00:00:05 news: completed, free, next 3d 00:00
            2d 00:00:05 recorded 1-2
            2d 05:00 https://app.example: 8.45 points, 3.00 today, low
            3d 00:00 wake 1-3 news (periodic)
            3d 00:00:05 news: completed, free, next 4d 04:45
            3d 00:00:05 recorded 1-3
            4d 02:00 news: pending, next 4d 04:45, 0/3 charged, anchor 3d 00:00
                    LEARNED_HOUR since 4d 00:00 until 4d 04:45
        "#]],
    );
}

/// Nothing else wakes it: it would come too early for the reader.
#[test]
fn p_18_does_not_go_along_with_others() {
    check(
        "
        online
        open
        worker completed after 5s
        register news every 24h
        07:00 engage app navigation
        31:00 engage app navigation
        55:00 engage app navigation
        4d 03:00 register mail
        show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 1d 00:00
            07:00 https://app.example: 3.00 points, 3.00 today, low
            1d 00:00 wake 1-1 news (periodic)
            1d 00:00:05 news: completed, free, next 2d 00:00
            1d 00:00:05 recorded 1-1
            1d 07:00 https://app.example: 5.81 points, 3.00 today, low
            2d 00:00 wake 1-2 news (periodic)
            2d 00:00:05 news: completed, free, next 3d 00:00
            2d 00:00:05 recorded 1-2
            2d 07:00 https://app.example: 8.45 points, 3.00 today, low
            3d 00:00 wake 1-3 news (periodic)
            3d 00:00:05 news: completed, free, next 4d 06:45
            3d 00:00:05 recorded 1-3
            4d 03:00 registered mail: created as 2, next 4d 03:00
            4d 03:00 wake 1-4 mail
            4d 03:00 news: pending, next 4d 06:45, 0/3 charged, anchor 3d 00:00
                    LEARNED_HOUR since 4d 00:00 until 4d 06:45
        "#]],
    );
}

#[test]
fn p_18_hours_survive_a_restart() {
    check(
        "
        online
        open
        worker completed after 5s
        register news every 24h
        07:00 engage app navigation
        31:00 engage app navigation
        55:00 engage app navigation
        56:00 crash
        open
        4d 03:00 show news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 1d 00:00
            07:00 https://app.example: 3.00 points, 3.00 today, low
            1d 00:00 wake 1-1 news (periodic)
            1d 00:00:05 news: completed, free, next 2d 00:00
            1d 00:00:05 recorded 1-1
            1d 07:00 https://app.example: 5.81 points, 3.00 today, low
            2d 00:00 wake 1-2 news (periodic)
            2d 00:00:05 news: completed, free, next 3d 00:00
            2d 00:00:05 recorded 1-2
            2d 07:00 https://app.example: 8.45 points, 3.00 today, low
            3d 00:00 wake 2-1 news (periodic)
            3d 00:00:05 news: completed, free, next 4d 06:45
            3d 00:00:05 recorded 2-1
            4d 03:00 news: pending, next 4d 06:45, 0/3 charged, anchor 3d 00:00
                    LEARNED_HOUR since 4d 00:00 until 4d 06:45
        "#]],
    );
}
