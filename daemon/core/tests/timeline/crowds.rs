//! Hundreds that may run at once: the first leave while the last are worked out.

use pwasync_core::{
    NewRegistration, NewSchedule, NewSession, Scheduler,
    constraints::Constraints,
    effect::{Effect, Wake},
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
    let (owner_registrations, origin_registrations) = (all, all);
    let (slots, owner_slots) = (CROWD, CROWD);
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
        let key = names::key(&format!("tag{number:03}"), SyncKind::OneOff);
        let schedule = NewSchedule::OneOff { expires_in: None };
        let constraints = Constraints::default();
        let new = NewRegistration { key, app: None, schedule, constraints };
        core.register(START, &names::caller(profile.owner), new).unwrap();
    }
    let (running, finished) = (Vec::new(), Vec::new());
    let session = NewSession { profile, capacity: Some(CROWD), running, finished, launch: None };
    let opened = core.open_session(START, session);
    core.handle_event(START, Event::SessionReady(opened.id));
    core.handle_event(START, network(Some(1)));
    assert!(wakes(&mut core).is_empty(), "nothing settles");
    let (settled, _) = core.poll_timeout().unwrap();
    (core, settled)
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
