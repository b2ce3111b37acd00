//! A state machine: the scheduler in its world against a naive reference, through anything that
//! can happen, crashes with unwritten records among it.

pub(crate) mod bytes;
mod cases;
mod reference;
mod scheduler;
mod transition;

use std::time::Duration;

use proptest::{prelude::*, test_runner::Config};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use pwasync_core::{blocker::BlockerCode, facts::Reach, time::Timestamp};

use self::{
    reference::{POLICIES, Reference},
    scheduler::{act, codes, listed, said},
    transition::Transition,
};
use crate::support::{names::code, world::World};

prop_state_machine! {
    // As many cases as PROPTEST_CASES says, 256 at least.
    #![proptest_config(Config {
        cases: Config::default().cases.max(256),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    })]

    #[test]
    fn the_scheduler_does_what_the_reference_does(sequential 1..100 => Model);
}

struct Machine;

impl ReferenceStateMachine for Machine {
    type State = Reference;
    type Transition = Transition;

    fn init_state() -> BoxedStrategy<Reference> {
        let settle = prop_oneof![Just(Duration::ZERO), Just(Duration::from_secs(1))];
        let policy = prop_oneof![Just(0), 0..POLICIES];
        let state = (policy, settle);
        state.prop_map(|(policy, settle)| start(policy, settle)).boxed()
    }

    fn transitions(state: &Reference) -> BoxedStrategy<Transition> {
        transition::transitions(state)
    }

    fn apply(mut state: Reference, transition: &Transition) -> Reference {
        state.begin();
        match transition {
            Transition::Sleep(by) => state.sleep(*by),
            Transition::Jump(by) => {
                state.jump(*by);
                return state;
            }
            // These are no inputs of the core.
            Transition::NewLogin(owner) => state.new_login(*owner),
            Transition::Hold => state.hold(),
            Transition::Commit => state.commit(),
            Transition::Crash | Transition::FailCommit => state.crash(),
            Transition::Policy(number) => {
                let policy = Reference::policy(*number, state.policy.settle);
                state.set_policy(&policy);
            }
            Transition::Pass(by) => state.pass(*by),
            Transition::Host(change) => state.host(*change),
            Transition::Ask(request) => state.ask(request),
            Transition::Say(speech) => state.say(speech),
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
        let saved = world.scheduler.to_saved();
        assert_eq!(saved.sites, reference.book.sites, "other sites");
        assert_eq!(saved.profiles, reference.book.profiles, "other profiles");
        assert_eq!(saved.leases, reference.book.leases, "other leases");
        check_reload(world, reference);
    }
}

/// A reload from disk changes no later decision, as far as no turn is to be taken: whose turn it
/// is does not survive, nor does which browsers are being started.
fn check_reload(world: &World, reference: &Reference) {
    let (mut stayed, mut fresh) = world.reloaded();
    if !stayed.launches.is_empty() {
        return;
    }
    // Nor does how long a network has settled or been limited.
    let facts = &world.facts;
    let settled = reference.policy.settle.is_zero()
        && facts.network.is_some()
        && facts.reach() != Reach::Limited;
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

/// Something waits for a slot, or for a day with a budget: whose turn it is then decides.
fn is_contended(world: &World) -> bool {
    let shared = [BlockerCode::Concurrency, BlockerCode::BudgetSpent].map(code);
    let list = world.scheduler.to_saved().registrations;
    list.iter().any(|one| codes(world, &one.key).iter().any(|one| shared.contains(one)))
}

fn without_codes(list: &str) -> String {
    let lines = list.lines().map(|line| line.rsplit_once(';').map_or(line, |(line, _)| line));
    lines.collect::<Vec<_>>().join("\n")
}

fn start(policy: usize, settle: Duration) -> Reference {
    Reference::new(Reference::policy(policy, settle))
}
