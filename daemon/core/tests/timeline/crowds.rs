//! Hundreds that may run at once: the first leave while the last are worked out.

use pwasync_core::{
    NewRegistration, NewSchedule, NewSession, Scheduler,
    constraints::Constraints,
    effect::{Effect, Record, Wake},
    event::Event,
    facts::Source,
    key::SyncKind,
    policy::Policy,
    saved::Saved,
    time::Timestamp,
};

use crate::support::{
    facts::{Facts, HostChange},
    names,
};

const CROWD: u32 = 200;
const START: Timestamp = Timestamp::from_millis(1_000_000);

fn policy() -> Policy {
    let all = usize::try_from(CROWD).unwrap();
    let (owner_registrations, origin_registrations) = (2 * all, 2 * all);
    let (slots, owner_slots) = (CROWD + 1, CROWD + 1);
    Policy { slots, owner_slots, owner_registrations, origin_registrations, ..Policy::default() }
}

/// A browser with many syncs, which all may run at the instant that is given beside.
fn held() -> (Scheduler, Timestamp) {
    let mut facts = Facts::new();
    let mut network = |network| facts.change(START, HostChange::Network(network), &policy());
    let mut core = Scheduler::restore(START, policy(), 1, Saved::default());
    core.handle_event(START, Event::PowerChanged(Source::Absent));
    core.handle_event(START, network(None));
    let profile = names::profile("ana");
    for number in 0..CROWD {
        register(&mut core, START, &format!("tag{number:03}"));
    }
    let (running, finished) = (Vec::new(), Vec::new());
    let session =
        NewSession { profile, capacity: Some(CROWD + 1), running, finished, launch: None };
    let opened = core.open_session(START, session);
    core.handle_event(START, Event::SessionReady(opened.id));
    core.handle_event(START, network(Some(1)));
    assert!(wakes(&mut core).is_empty(), "nothing settles");
    let (settled, _) = core.poll_timeout().unwrap();
    (core, settled)
}

fn register(core: &mut Scheduler, now: Timestamp, tag: &str) {
    let key = names::key(tag, SyncKind::OneOff);
    let schedule = NewSchedule::OneOff { expires_in: None };
    let constraints = Constraints::default();
    let new = NewRegistration { key, app: None, schedule, constraints };
    core.register(now, &names::caller(names::owner("ana")), new).unwrap();
}

/// What is left to be done, as far as it wakes.
fn wakes(core: &mut Scheduler) -> Vec<Wake> {
    let effects = std::iter::from_fn(|| core.poll_effect());
    effects.filter_map(|one| if let Effect::Wake(wake) = one { Some(wake) } else { None }).collect()
}

fn out(core: &Scheduler) -> usize {
    core.attempts_with_session()
}

#[test]
fn the_first_can_leave_before_the_last_are_worked_out() {
    let (mut core, settled) = held();
    core.handle_timeout(settled);
    let all = usize::try_from(CROWD).unwrap();
    assert!((1..all).contains(&out(&core)), "{} at once", out(&core));
    let tags = |wakes: Vec<Wake>| -> Vec<_> {
        wakes.into_iter().map(|wake| wake.key.tag.as_str().to_owned()).collect()
    };
    let expected: Vec<_> = (0..CROWD).map(|number| format!("tag{number:03}")).collect();
    assert_eq!(tags(wakes(&mut core)), expected, "all, each once, in order");
    assert_eq!(out(&core), all);
}

/// Who does not drain has them all the same, and by what was so when they came due.
#[test]
fn another_input_comes_after_all_of_them() {
    let (mut core, settled) = held();
    core.handle_timeout(settled);
    let gone = Facts::new().change(settled, HostChange::Network(None), &policy());
    core.handle_event(settled, gone);
    assert_eq!(wakes(&mut core).len(), usize::try_from(CROWD).unwrap());
}

/// By which who answers the call gates the answer on the record, and not on a part before it.
#[test]
fn what_is_registered_is_written_before_any_wake_once_the_overdue_is_done() {
    let (mut core, settled) = held();
    core.handle_timeout(settled);
    wakes(&mut core);
    register(&mut core, settled, "one more");
    let effects: Vec<_> = std::iter::from_fn(|| core.poll_effect()).collect();
    let saved = effects.iter().position(|one| matches!(one, Effect::Record(Record::Save(_))));
    let woken = effects.iter().position(|one| matches!(one, Effect::Wake(_)));
    assert!(saved.is_some() && saved < woken, "{effects:?}");
}
