//! A ledger must pass what a good daemon may do, and see each kind of loss.

use std::collections::BTreeMap;

use super::*;

const A: Slot = Slot(0);
const B: Slot = Slot(1);
const PERIODIC: Slot = Slot(2);
const MAX_ATTEMPTS: u32 = 3;

fn ledger() -> Ledger {
    let mut ledger = Ledger::new(&[Kind::OneOff, Kind::OneOff, Kind::Periodic], MAX_ATTEMPTS);
    ledger.started(1);
    ledger
}

fn shown(id: u64, attempts: u32, version: u64) -> Shown {
    Shown { id, attempts, version, again: Again::No, last: None }
}

fn attempt(counter: u64) -> AttemptName {
    AttemptName { epoch: 1, counter }
}

fn call(ledger: &mut Ledger, slot: Slot, call: Call) {
    ledger.handle(Event::Called { slots: vec![slot], call });
}

fn register(ledger: &mut Ledger, slot: Slot, change: Change, shown: Shown) {
    call(ledger, slot, Call::Register { version: shown.version });
    ledger.handle(Event::Answered { slot, answer: Answer::Registered { change, shown } });
}

fn unregister(ledger: &mut Ledger, slot: Slot) {
    call(ledger, slot, Call::Unregister);
    ledger.handle(Event::Answered { slot, answer: Answer::Unregistered { removed: true } });
}

fn report(ledger: &mut Ledger, slot: Slot, id: u64, counter: u64, outcome: Outcome) {
    let attempt = attempt(counter);
    ledger.handle(Event::Woken { slot, id, attempt });
    ledger.handle(Event::Reported { slot, id, attempt, outcome });
}

fn record(ledger: &mut Ledger, counter: u64, counted: Counted) {
    ledger.handle(Event::Recorded { attempt: attempt(counter), counted });
}

/// A restart, after which this stands.
fn restart(ledger: &mut Ledger, shown: &[(Slot, Shown)]) {
    ledger.settle();
    ledger.started(ledger.epoch + 1);
    ledger.ask();
    ledger.compare(&BTreeMap::from_iter(shown.iter().copied()));
}

#[track_caller]
fn good(mut ledger: Ledger) {
    assert_eq!(ledger.take_losses(), [] as [&str; 0]);
}

#[track_caller]
fn lost(mut ledger: Ledger, part: &str) {
    let losses = ledger.take_losses();
    assert!(losses.len() == 1 && losses[0].contains(part), "{losses:?}");
    assert_eq!(ledger.counts().losses, 1);
}

#[test]
fn what_was_answered_stands() {
    let mut one = ledger();
    register(&mut one, A, Change::Created, shown(1, 0, 7));
    restart(&mut one, &[(A, shown(1, 0, 7))]);
    good(one);
}

#[test]
fn a_registration_that_is_gone_is_a_loss() {
    let mut one = ledger();
    register(&mut one, A, Change::Created, shown(1, 0, 7));
    restart(&mut one, &[]);
    lost(one, "is None");
}

#[test]
fn an_older_version_is_a_loss() {
    let mut one = ledger();
    register(&mut one, A, Change::Created, shown(1, 0, 7));
    register(&mut one, A, Change::Kept, shown(1, 0, 8));
    restart(&mut one, &[(A, shown(1, 0, 7))]);
    lost(one, "possible were");
}

#[test]
fn what_was_taken_back_and_is_there_is_a_loss() {
    let mut one = ledger();
    register(&mut one, A, Change::Created, shown(1, 0, 7));
    unregister(&mut one, A);
    restart(&mut one, &[(A, shown(1, 0, 7))]);
    lost(one, "possible were");
}

#[test]
fn what_had_no_answer_is_there_whole_or_not_at_all() {
    for there in [&[][..], &[(A, shown(1, 0, 7))]] {
        let mut one = ledger();
        call(&mut one, A, Call::Register { version: 7 });
        one.handle(Event::Doubtful { slots: vec![A] });
        restart(&mut one, there);
        restart(&mut one, there);
        good(one);
    }
    let mut one = ledger();
    call(&mut one, A, Call::Register { version: 7 });
    one.handle(Event::Doubtful { slots: vec![A] });
    restart(&mut one, &[]);
    // It must not come later.
    restart(&mut one, &[(A, shown(1, 0, 7))]);
    lost(one, "possible were");
}

#[test]
fn a_question_binds_as_an_answer_does() {
    let mut one = ledger();
    call(&mut one, A, Call::Register { version: 7 });
    one.handle(Event::Doubtful { slots: vec![A] });
    call(&mut one, A, Call::Look);
    let answer = Answer::Looked(Some(shown(1, 0, 7)));
    one.handle(Event::Answered { slot: A, answer });
    restart(&mut one, &[]);
    lost(one, "is None");
}

#[test]
fn an_outcome_counts_once() {
    let mut one = ledger();
    register(&mut one, A, Change::Created, shown(1, 0, 7));
    report(&mut one, A, 1, 1, Outcome::Rejected);
    record(&mut one, 1, Counted::Yes);
    let last = Some((attempt(1), Some(Outcome::Rejected)));
    restart(&mut one, &[(A, Shown { last, ..shown(1, 1, 7) })]);
    restart(&mut one, &[(A, Shown { last, ..shown(1, 2, 7) })]);
    lost(one, "possible were");
}

#[test]
fn an_outcome_that_was_recorded_and_is_forgotten_is_a_loss() {
    let mut one = ledger();
    register(&mut one, PERIODIC, Change::Created, shown(1, 0, 7));
    report(&mut one, PERIODIC, 1, 1, Outcome::Completed);
    record(&mut one, 1, Counted::Yes);
    restart(&mut one, &[(PERIODIC, Shown { last: Some((attempt(1), None)), ..shown(1, 0, 7) })]);
    lost(one, "was recorded");
}

#[test]
fn an_outcome_without_an_answer_counts_once_or_not_yet() {
    let last = Some((attempt(1), Some(Outcome::Rejected)));
    // Counted before the crash, and so not again.
    let mut one = ledger();
    register(&mut one, A, Change::Created, shown(1, 0, 7));
    report(&mut one, A, 1, 1, Outcome::Rejected);
    restart(&mut one, &[(A, Shown { last, ..shown(1, 1, 7) })]);
    record(&mut one, 1, Counted::No);
    restart(&mut one, &[(A, Shown { last, ..shown(1, 1, 7) })]);
    good(one);
    // Counted when it was told again.
    let mut one = ledger();
    register(&mut one, A, Change::Created, shown(1, 0, 7));
    report(&mut one, A, 1, 1, Outcome::Rejected);
    restart(&mut one, &[(A, shown(1, 0, 7))]);
    record(&mut one, 1, Counted::Yes);
    restart(&mut one, &[(A, Shown { last, ..shown(1, 1, 7) })]);
    assert_eq!(one.counts().told_again, 1);
    good(one);
    // Counted before and again.
    let mut one = ledger();
    register(&mut one, A, Change::Created, shown(1, 0, 7));
    report(&mut one, A, 1, 1, Outcome::Rejected);
    restart(&mut one, &[(A, Shown { last, ..shown(1, 1, 7) })]);
    record(&mut one, 1, Counted::No);
    restart(&mut one, &[(A, Shown { last, ..shown(1, 2, 7) })]);
    lost(one, "possible were");
}

#[test]
fn the_last_failure_removes_and_a_success_does() {
    let mut one = ledger();
    register(&mut one, A, Change::Created, shown(1, 0, 7));
    for counter in 1..=3 {
        report(&mut one, A, 1, counter, Outcome::Rejected);
        record(&mut one, counter, Counted::Yes);
    }
    register(&mut one, B, Change::Created, shown(2, 0, 7));
    report(&mut one, B, 2, 4, Outcome::Completed);
    record(&mut one, 4, Counted::Yes);
    restart(&mut one, &[]);
    good(one);
}

#[test]
fn what_was_registered_again_while_it_ran_stays() {
    let mut one = ledger();
    register(&mut one, A, Change::Created, shown(1, 0, 7));
    one.handle(Event::Woken { slot: A, id: 1, attempt: attempt(1) });
    let last = Some((attempt(1), None));
    register(&mut one, A, Change::Kept, Shown { again: Again::Yes, last, ..shown(1, 0, 8) });
    let outcome = Outcome::Completed;
    one.handle(Event::Reported { slot: A, id: 1, attempt: attempt(1), outcome });
    record(&mut one, 1, Counted::Yes);
    restart(&mut one, &[]);
    lost(one, "is None");
}

#[test]
fn a_wake_that_got_lost_on_its_way_begins_anew() {
    let mut one = ledger();
    register(&mut one, A, Change::Created, shown(1, 0, 7));
    register(&mut one, A, Change::Kept, Shown { again: Again::Yes, ..shown(1, 0, 8) });
    restart(&mut one, &[(A, Shown { again: Again::Yes, ..shown(1, 0, 8) })]);
    // A browser without memory has attached.
    restart(&mut one, &[(A, shown(1, 0, 8))]);
    good(one);
}

#[test]
fn what_may_be_suspended_may_forget_its_failures() {
    for (kind, good_one) in [(Kind::Suspendable, true), (Kind::Periodic, false)] {
        let mut one = Ledger::new(&[kind], MAX_ATTEMPTS);
        register(&mut one, A, Change::Created, shown(1, 0, 7));
        one.started(1);
        report(&mut one, A, 1, 1, Outcome::Rejected);
        record(&mut one, 1, Counted::Yes);
        let last = Some((attempt(1), Some(Outcome::Rejected)));
        restart(&mut one, &[(A, Shown { last, ..shown(1, 0, 7) })]);
        if good_one {
            good(one);
        } else {
            lost(one, "possible were");
        }
    }
}

#[test]
fn ids_and_attempts_are_never_given_again() {
    let mut one = ledger();
    register(&mut one, A, Change::Created, shown(1, 0, 7));
    unregister(&mut one, A);
    register(&mut one, A, Change::Created, shown(1, 0, 8));
    lost(one, "given again");

    let mut one = ledger();
    register(&mut one, A, Change::Created, shown(1, 0, 7));
    register(&mut one, B, Change::Created, shown(1, 0, 7));
    assert_eq!(one.take_losses().len(), 2);

    let mut one = ledger();
    register(&mut one, A, Change::Created, shown(1, 0, 7));
    one.handle(Event::Woken { slot: A, id: 1, attempt: attempt(1) });
    one.handle(Event::Woken { slot: A, id: 1, attempt: attempt(1) });
    lost(one, "came twice");

    let mut one = ledger();
    one.started(1);
    lost(one, "epoch 1 after epoch 1");
}

#[test]
fn what_is_gone_wakes_nobody() {
    let mut one = ledger();
    register(&mut one, A, Change::Created, shown(1, 0, 7));
    register(&mut one, B, Change::Created, shown(2, 0, 7));
    unregister(&mut one, A);
    restart(&mut one, &[(B, shown(2, 0, 7))]);
    let attempt = AttemptName { epoch: 2, counter: 1 };
    one.handle(Event::Woken { slot: A, id: 1, attempt });
    lost(one, "was gone");
}

#[test]
fn a_lost_clearing_is_whole_or_absent() {
    for (there, good_one) in [(0, true), (1, false), (2, true)] {
        let mut one = ledger();
        let both = [(A, shown(1, 0, 7)), (B, shown(2, 0, 7))];
        for (slot, shown) in both {
            register(&mut one, slot, Change::Created, shown);
        }
        one.handle(Event::Called { slots: vec![A, B], call: Call::Clear });
        one.handle(Event::Doubtful { slots: vec![A, B] });
        restart(&mut one, &both[..there]);
        if good_one {
            good(one);
        } else {
            lost(one, "cleared 1 of 2");
        }
    }
}

#[test]
fn a_refused_call_did_nothing() {
    let mut one = ledger();
    call(&mut one, A, Call::Register { version: 7 });
    one.handle(Event::Refused { slots: vec![A] });
    restart(&mut one, &[(A, shown(1, 0, 7))]);
    lost(one, "possible were");
}

#[test]
fn a_browser_without_memory_leaves_an_outcome_that_counts_or_not() {
    for attempts in [0, 1] {
        let mut one = ledger();
        register(&mut one, A, Change::Created, shown(1, 0, 7));
        report(&mut one, A, 1, 1, Outcome::Rejected);
        one.handle(Event::Forgotten { slots: vec![A], attempts: vec![attempt(1)] });
        restart(&mut one, &[(A, shown(1, attempts, 7))]);
        restart(&mut one, &[(A, shown(1, attempts, 7))]);
        good(one);
    }
}

#[test]
fn attempt_ids_are_two_numbers() {
    assert_eq!("12-3".parse(), Ok(AttemptName { epoch: 12, counter: 3 }));
    for bad in ["", "12", "12-", "x-3", "1-2-3"] {
        assert!(bad.parse::<AttemptName>().is_err(), "{bad}");
    }
}
