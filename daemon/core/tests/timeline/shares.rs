//! Shares of bytes, owners and calls (design, section 8).

use std::time::Duration;

use expect_test::expect;
use pwasync_core::{
    Scheduler, ShareSpent,
    key::{OwnerId, Scope},
    policy::{Policy, Traffic},
    saved::Saved,
    time::Timestamp,
};

use super::check_under;

/// `mail` of ana at `https://app.example/` weighs 128 and its texts.
#[test]
fn bytes_of_an_owner_are_a_limit() {
    let policy = Policy { owner_bytes: 400, ..Policy::default() };
    check_under(
        &policy,
        "
        register mail
        register feed
        register bob/mail
        unregister mail
        register news
        register news app https://app.example/an-app-whose-name-is-longer-than-what-is-left-there
        register news app https://app.example/short
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00:03
            00:00 registered feed: created as 2, next 00:00:03
            00:00 registered bob/mail: created as 3, next 00:00:03
            00:00 unregistered: removed
            00:00 mail: removed, unregistered
            00:00 registered news: created as 4, next 00:00:03
            00:00 refused: what is kept of owner `1000` may hold 400 bytes: there is no room for 71 more
            00:00 registered news: updated, next 00:00:03
        "#]],
    );
}

#[test]
fn bytes_in_all_are_a_limit() {
    let policy = Policy { bytes: 400, owner_bytes: 400, ..Policy::default() };
    check_under(
        &policy,
        "
        register mail
        register feed
        register bob/mail
        unregister mail
        register bob/mail
        ",
        expect![[r#"
            00:00 registered mail: created as 1, next 00:00:03
            00:00 registered feed: created as 2, next 00:00:03
            00:00 refused: all that is kept may hold 400 bytes: there is no room for 167 more
            00:00 unregistered: removed
            00:00 mail: removed, unregistered
            00:00 registered bob/mail: created as 3, next 00:00:03
        "#]],
    );
}

#[test]
fn owners_are_a_limit_and_who_keeps_nothing_is_none() {
    let policy = Policy { owners: 1, ..Policy::default() };
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
            00:00 refused: something is kept of 1 owners, as many as there may be
            00:00 unregistered: removed
            00:00 mail: removed, unregistered
            00:00 registered bob/mail: created as 2, next 00:00:03
        "#]],
    );
}

/// How many calls there are at once, and after what time there is another.
fn calls(core: &mut Scheduler, now: Timestamp, uid: u32, origin: &str) -> (usize, Duration) {
    let owner = OwnerId::from_uid(uid).unwrap();
    let scope = Scope::parse(origin).unwrap();
    for taken in 0.. {
        match core.take_call(now, owner, &scope) {
            Ok(()) => {}
            Err(ShareSpent::Calls { retry_after, .. }) => return (taken, retry_after),
            Err(other) => panic!("another share: {other}"),
        }
    }
    unreachable!("a share without an end")
}

#[test]
fn an_origin_calls_250_times_a_minute_and_no_other_is_slowed() {
    let mut core = Scheduler::restore(Timestamp::ZERO, Policy::default(), 1, Saved::default());
    let start = Timestamp::ZERO;
    let next = Duration::from_millis(240);
    assert_eq!(calls(&mut core, start, 1_000, "https://example.org/a"), (250, next));
    assert_eq!(calls(&mut core, start, 1_000, "https://example.org/b"), (0, next));
    assert_eq!(calls(&mut core, start, 1_000, "https://example.com/"), (250, next));
    assert_eq!(calls(&mut core, start, 1_001, "https://example.org/a"), (250, next));
    let later = start + Duration::from_secs(6);
    assert_eq!(calls(&mut core, later, 1_000, "https://example.org/a"), (25, next));
}

#[test]
fn calls_may_be_unlimited() {
    let traffic = Traffic { origin_calls: None, ..Traffic::default() };
    let policy = Policy { traffic, ..Policy::default() };
    let mut core = Scheduler::restore(Timestamp::ZERO, policy, 1, Saved::default());
    let owner = OwnerId::from_uid(1_000).unwrap();
    let scope = Scope::parse("https://example.org/").unwrap();
    for _ in 0..10_000 {
        assert_eq!(core.take_call(Timestamp::ZERO, owner, &scope), Ok(()));
    }
}
