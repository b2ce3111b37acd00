//! What holds a registration, in sentences with the values of the moment.

use expect_test::expect;

use super::check;

#[test]
fn a_sentence_names_charge_and_limit() {
    check(
        "
        online
        open
        register news every 12h
        battery 15%
        13:00 why news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            13:00 the battery is low (15 %; 20 % or less holds it unless it is charged)
        "#]],
    );
}

#[test]
fn a_sentence_names_the_wanted_network_and_the_one_that_is() {
    check(
        "
        online
        ethernet
        open
        register mail wifi
        why mail
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00:01
            00:00 the network has come up only now
                        it asked for another kind of network than this (it asked for wifi, this is ethernet)
        "#]],
    );
}

#[test]
fn a_sentence_goes_by_what_is_so_for_its_sync() {
    check(
        "
        online
        ethernet
        open
        override origin:app transport cellular for 1h
        00:01 register mail wifi
        why mail
        ",
        expect![[r#"
            00:00 override Transport(Cellular) of origin https://app.example of ana until 01:00
            00:01 registered mail: created as 1, next 01:00
            00:01 it asked for another kind of network than this (it asked for wifi, this is cellular; set by an override)
        "#]],
    );
}

#[test]
fn a_sentence_names_whose_pause_it_is() {
    check(
        "
        online
        open
        pause origin:app for 1h
        00:01 register mail
        why mail
        ",
        expect![[r#"
            00:00 pause of origin https://app.example of ana until 01:00
            00:01 registered mail: created as 1, next 01:00
            00:01 syncs are paused (those of https://app.example: a test)
        "#]],
    );
}

#[test]
fn a_sentence_says_when_a_person_says_so() {
    check(
        "
        online
        open
        override origin:app network offline for 1h
        00:01 register mail
        why mail
        ",
        expect![[r#"
            00:00 override Network(Offline) of origin https://app.example of ana until 01:00
            00:01 registered mail: created as 1, next 01:00
            00:01 there is no network (set by an override)
        "#]],
    );
}

#[test]
fn a_sentence_names_the_interval() {
    check(
        "
        online
        open
        register news every 13h
        why news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 1d 00:00
            00:00 its interval has not passed (of 1d)
                        the network has come up only now
        "#]],
    );
}

#[test]
fn a_sentence_names_who_denied() {
    check(
        "
        online
        open
        register news every 12h
        permission app periodic prompt
        why news
        ",
        expect![[r#"
            00:00 registered news: created as 1, next 12:00
            00:00 permission noted, 0 removed
            00:00 its interval has not passed (of 12h)
                        it has no permission (no app of it is installed, and it was not granted)
                        the network has come up only now
        "#]],
    );
}
