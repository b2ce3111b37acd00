//! A state machine: the scheduler in its world against a naive reference, through anything that
//! can happen, crashes with unwritten records among it.

mod reference;
mod transition;

use std::time::Duration;

use proptest::{prelude::*, test_runner::Config};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use pwasync_core::{
    Caller, RunNow, Viewer,
    attempt::{Finished, Outcome},
    blocker::BlockerCode,
    effect::{Counted, Effect},
    event::Event,
    key::{AttemptId, RegistrationKey, SessionId},
    registration::{Registration, Reregistered, Schedule, State, Wait},
    time::Timestamp,
};

use self::{
    reference::{Reference, Tell},
    transition::{Key, Transition, name, owner, real_profile},
};
use crate::support::{
    names::{self, clock, code, words},
    world::{Commits, Hello, Left, World},
};

prop_state_machine! {
    // As many cases as PROPTEST_CASES says, 256 at least.
    #![proptest_config(Config {
        cases: Config::default().cases.max(256),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    })]

    #[test]
    fn the_scheduler_does_what_the_reference_does(sequential 1..60 => Model);
}

struct Machine;

impl ReferenceStateMachine for Machine {
    type State = Reference;
    type Transition = Transition;

    fn init_state() -> BoxedStrategy<Reference> {
        let settle = prop_oneof![Just(Duration::ZERO), Just(Duration::from_secs(1))];
        settle.prop_map(Reference::new).boxed()
    }

    fn transitions(state: &Reference) -> BoxedStrategy<Transition> {
        transition::transitions(state)
    }

    fn apply(mut state: Reference, transition: &Transition) -> Reference {
        state.begin();
        match transition {
            Transition::Register(wish) => state.register(*wish),
            Transition::Unregister(key) => {
                state.identify(key.owner());
                let gone = state.remove_where(|one| one == *key, Tell::No);
                state.reply = if gone == 1 { "removed" } else { "absent" }.to_owned();
            }
            Transition::RemoveScope(key) => {
                state.identify(key.owner());
                let gone = state.remove_where(|one| one.worker() == key.worker(), Tell::Yes);
                state.reply = gone.to_string();
            }
            Transition::Reconcile(profile, list) => {
                state.reconcile(owner(*profile), *profile, list);
            }
            Transition::NewLogin(owner) => state.new_login(*owner),
            Transition::Host(change) => {
                state.facts.change(state.now, *change, &state.policy);
            }
            Transition::Attach { profile, capacity, running, finished } => {
                let capacity = usize::try_from(*capacity).unwrap();
                state.attach(*profile, capacity, running, finished);
            }
            Transition::Ready(profile) => state.ready(*profile),
            Transition::Close(profile) => {
                state.close(*profile);
            }
            Transition::Started(key) => {
                if let (Some(serial), true) = (state.heard_of(*key), state.is_attached(key.profile))
                {
                    state.started(serial);
                }
            }
            Transition::Finished { key, outcome, retry_after } => {
                if let (Some(serial), true) = (state.heard_of(*key), state.is_attached(key.profile))
                {
                    state.take_outcome(serial, *outcome, *retry_after);
                }
            }
            Transition::FinishedLate(profile) => state.finished_late(*profile),
            Transition::RunNow(key, force) => state.run_now(*key, *force),
            Transition::Remove(key) => {
                state.remove_where(|one| one == *key, Tell::Yes);
            }
            Transition::Pass(by) => state.pass(*by),
            Transition::Hold => state.hold(),
            Transition::Commit => state.commit(),
            Transition::Crash => state.crash(),
        }
        state.finish_step();
        state
    }
}

/// The scheduler in two worlds: the same script gives the same trace twice.
struct Model {
    world: World,
    twin: World,
}

impl StateMachineTest for Model {
    type SystemUnderTest = Self;
    type Reference = Machine;

    fn init_test(reference: &Reference) -> Self {
        let world = World::new(reference.policy.clone());
        Self { twin: world.clone(), world }
    }

    fn apply(mut model: Self, reference: &Reference, transition: Transition) -> Self {
        let reply = act(&mut model.world, reference, &transition);
        assert_eq!(reply, reference.reply, "another answer");
        act(&mut model.twin, reference, &transition);
        let (left, twin) = (model.world.take_left(), model.twin.take_left());
        assert_eq!(left, twin, "another trace of the same script");
        let mut expected = reference.left.clone();
        let mut left: Vec<_> = left.iter().filter_map(|(_, one)| said(&model.world, one)).collect();
        expected.sort();
        left.sort();
        assert_eq!(left, expected, "something else left");
        model
    }

    fn check_invariants(model: &Self, reference: &Reference) {
        let world = &model.world;
        assert_eq!(world.now, reference.now);
        assert_eq!(listed(world).join("\n"), reference.words().join("\n"), "another state");
        check_reload(world, reference);
    }
}

/// Does to the world what the transition says; its answer in the reference's words.
fn act(world: &mut World, reference: &Reference, transition: &Transition) -> String {
    match transition {
        Transition::Register(wish) => {
            let caller = caller(reference, wish.key.owner());
            let result = world.input(|core, now| core.register(now, &caller, wish.real()));
            result.map_or("refused".to_owned(), |done| words(done.change))
        }
        Transition::Unregister(key) => {
            let caller = caller(reference, key.owner());
            words(world.input(|core, now| core.unregister(now, &caller, &key.real())))
        }
        Transition::RemoveScope(key) => {
            let caller = caller(reference, key.owner());
            let worker = key.real().worker;
            world.input(|core, now| core.remove_scope(now, &caller, &worker)).to_string()
        }
        Transition::Reconcile(profile, list) => {
            let caller = caller(reference, owner(*profile));
            let list = list.iter().map(|wish| wish.real()).collect();
            let profile = real_profile(*profile);
            let result = world.input(|core, now| core.reconcile(now, &caller, &profile, list));
            result.map_or("refused".to_owned(), |done| {
                format!("added {}, removed {}", done.added.len(), done.removed.len())
            })
        }
        Transition::Attach { profile, capacity, running, finished } => {
            let stale = world.ended().next();
            let running = running.iter().filter_map(|key| heard_of(world, *key)).chain(stale);
            let said = finished
                .iter()
                .filter_map(|(key, outcome)| Some(ended(heard_of(world, *key)?, *outcome, None)));
            let hello = Hello {
                capacity: Some(*capacity),
                running: running.collect(),
                finished: said.collect(),
            };
            let opened = world.attach(&real_profile(*profile), hello, |_| None);
            format!("abandon {}", opened.abandon.len() - usize::from(stale.is_some()))
        }
        Transition::RunNow(key, force) => run_now(world, *key, *force),
        Transition::NewLogin(_)
        | Transition::Host(_)
        | Transition::Ready(_)
        | Transition::Close(_)
        | Transition::Started(_)
        | Transition::Finished { .. }
        | Transition::FinishedLate(_)
        | Transition::Remove(_)
        | Transition::Pass(_)
        | Transition::Hold
        | Transition::Commit
        | Transition::Crash => {
            happen(world, transition);
            String::new()
        }
    }
}

/// What wants no answer.
fn happen(world: &mut World, transition: &Transition) {
    match transition {
        Transition::Host(change) => world.host(*change),
        Transition::Ready(profile) => world.ready(&real_profile(*profile)),
        Transition::Close(profile) => world.close(&real_profile(*profile)),
        Transition::Started(key) => {
            if let Some((session, attempt)) = heard_here(world, *key) {
                world.event(Event::AttemptStarted { session, attempt });
            }
        }
        Transition::Finished { key, outcome, retry_after } => {
            if let Some((session, attempt)) = heard_here(world, *key) {
                let finished = ended(attempt, *outcome, *retry_after);
                world.event(Event::AttemptFinished { session, finished });
            }
        }
        Transition::FinishedLate(profile) => {
            let session = world.browsers.get(&real_profile(*profile)).map(|browser| browser.id);
            if let (Some(session), Some(attempt)) = (session, world.ended().last()) {
                let before = world.scheduler.to_saved();
                let finished = ended(attempt, Outcome::Completed, None);
                world.event(Event::AttemptFinished { session, finished });
                assert_eq!(world.scheduler.to_saved(), before, "a late outcome counted");
            }
        }
        Transition::Remove(key) => {
            if let Some(one) = find(world, *key) {
                let all = Viewer::Administrator;
                world.input(|core, now| core.remove_by_id(now, all, one.id)).unwrap();
            }
        }
        Transition::Pass(by) => world.run_until(world.now + *by),
        Transition::Hold => world.commits = Commits::Held,
        Transition::Commit => {
            world.commits = Commits::AtOnce;
            world.commit();
        }
        Transition::Crash => {
            world.commits = Commits::AtOnce;
            world.crash();
        }
        Transition::Register(_)
        | Transition::Unregister(_)
        | Transition::RemoveScope(_)
        | Transition::Reconcile(..)
        | Transition::Attach { .. }
        | Transition::RunNow(..)
        // The next request says so.
        | Transition::NewLogin(_) => {}
    }
}

fn run_now(world: &mut World, key: Key, force: pwasync_core::Force) -> String {
    let Some(one) = find(world, key) else { return String::new() };
    let mut reply = String::new();
    world.run_now(
        |core, now, force| {
            let firm = |codes: Vec<String>| format!("held by {}", codes.join(" "));
            reply = match core.run_now(now, Viewer::Administrator, one.id, force).unwrap() {
                RunNow::Woken { .. } => "runs".to_owned(),
                RunNow::AlreadyRunning(_) => "runs already".to_owned(),
                RunNow::Held(blockers) => {
                    firm(blockers.iter().map(|blocker| code(blocker.code)).collect())
                }
            };
            None
        },
        force,
    );
    reply
}

fn caller(reference: &Reference, owner: usize) -> Caller {
    let id = names::owner(["ana", "bob"][owner]);
    Caller { owner: id, name: reference.login(owner).to_string().into() }
}

fn ended(attempt: AttemptId, outcome: Outcome, retry_after: Option<Duration>) -> Finished {
    Finished { attempt, outcome, detail: "".into(), retry_after }
}

fn find(world: &World, key: Key) -> Option<Registration> {
    Some(world.scheduler.registration(world.now, &key.real())?.registration)
}

/// The attempt of a key, if its wake reached a browser.
fn heard_of(world: &World, key: Key) -> Option<AttemptId> {
    let attempt = find(world, key)?.running()?.id;
    world.was_delivered(attempt).then_some(attempt)
}

/// The same, with the session that can speak of it.
fn heard_here(world: &World, key: Key) -> Option<(SessionId, AttemptId)> {
    let attempt = heard_of(world, key)?;
    Some((world.browsers.get(&real_profile(key.profile))?.id, attempt))
}

/// What left, in the reference's words.
fn said(world: &World, left: &Left) -> Option<String> {
    let Left::Effect(effect) = left else { return None };
    match effect {
        Effect::Wake(wake) => {
            let chance = if wake.last_chance { " last chance" } else { "" };
            Some(format!("wake {}{chance}", name(&wake.key)))
        }
        Effect::Cancel { attempt, reason, .. } => {
            Some(format!("cancel {} {}", name(world.key_of(*attempt)), words(reason)))
        }
        Effect::Recorded { counted, .. } => Some(format!("recorded {}", *counted == Counted::Yes)),
        Effect::CloseSession { .. } => Some("superseded".to_owned()),
        Effect::Save(_)
        | Effect::Delete(_)
        | Effect::SaveCounters(_)
        | Effect::SaveOwner { .. }
        | Effect::Notify(_)
        | Effect::HostChanged => None,
    }
}

/// The whole list in the reference's words.
fn listed(world: &World) -> Vec<String> {
    let list = world.scheduler.to_saved().registrations;
    list.iter().map(|one| describe(world, one)).collect()
}

fn describe(world: &World, one: &Registration) -> String {
    let state = match &one.state {
        State::Pending => "due".to_owned(),
        State::Waiting { until, wait: Wait::Period } => format!("period until {}", clock(*until)),
        State::Waiting { until, wait: Wait::BackOff } => {
            format!("back-off until {}", clock(*until))
        }
        State::Firing { attempt, reregistered } => {
            let (sent, until) = (clock(attempt.sent_at), clock(attempt.deadline()));
            let started = attempt.started_at().map_or("not".to_owned(), clock);
            let again = *reregistered == Reregistered::WhileFiring;
            format!(
                "firing {} sent {sent} started {started} until {until} last {} again {again}",
                attempt.number, attempt.last_chance
            )
        }
    };
    let row =
        one.streak.map_or("none".to_owned(), |row| format!("{} {}", row.length, words(row.of)));
    let life = match one.schedule {
        Schedule::OneOff { expires_at } => format!("expires {}", clock(expires_at)),
        Schedule::Periodic { min_interval, anchor } => {
            format!("every {min_interval:?} from {}", clock(anchor))
        }
    };
    format!(
        "{} {}: {state}; {} charged; row {row}; {life}; {}",
        one.id,
        name(&one.key),
        one.attempts,
        codes(world, &one.key).join(" ")
    )
}

fn codes(world: &World, key: &RegistrationKey) -> Vec<String> {
    let view = world.scheduler.registration(world.now, key).unwrap();
    view.blockers.iter().map(|blocker| code(blocker.code)).collect()
}

/// A reload from disk changes no later decision, as far as no turn is to be taken: whose turn it
/// is does not survive.
fn check_reload(world: &World, reference: &Reference) {
    let (mut stayed, mut fresh) = world.reloaded();
    let settled = reference.policy.settle.is_zero() && reference.facts.network.is_some();
    let plain = |world: &World| {
        let all = listed(world).join("\n");
        if settled { all } else { without_codes(&all) }
    };
    assert_eq!(plain(&fresh), plain(&stayed), "a reload changed what is");
    let next = |world: &World| world.scheduler.poll_timeout().map(|(at, _)| at);
    let end = Timestamp::from_millis(u64::MAX);
    for _ in 0..4 {
        if !settled || is_contended(&stayed) {
            return;
        }
        assert_eq!(next(&fresh), next(&stayed), "a reload changed what comes");
        if stayed.step(end).is_none() {
            return;
        }
        fresh.step(end);
        if !is_contended(&stayed) {
            assert_eq!(plain(&fresh), plain(&stayed), "a reload changed what came");
        }
    }
}

/// Something waits for a slot.
fn is_contended(world: &World) -> bool {
    let concurrency = code(BlockerCode::Concurrency);
    let list = world.scheduler.to_saved().registrations;
    list.iter().any(|one| codes(world, &one.key).contains(&concurrency))
}

fn without_codes(list: &str) -> String {
    let lines = list.lines().map(|line| line.rsplit_once(';').map_or(line, |(line, _)| line));
    lines.collect::<Vec<_>>().join("\n")
}
