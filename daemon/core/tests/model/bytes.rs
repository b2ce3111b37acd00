//! The model with bytes in place of a random source: what a fuzz target runs.

use std::fmt::Debug;

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use super::{Machine, Model};

/// Longer sequences find little that shorter ones do not, and take their time.
const STEPS: usize = 60;
/// Bytes that a step is drawn from: the seed of its own random source, so that what is changed,
/// cut out or put in for one step leaves the others what they are.
const SEED_BYTES: usize = 16;

/// Does what the bytes say to the scheduler and to the reference, and compares them at each step.
/// How many steps that were.
pub(crate) fn run(bytes: &[u8]) -> usize {
    let mut seeds = bytes.chunks_exact(SEED_BYTES);
    let Some(first) = seeds.next() else { return 0 };
    let mut state = draw(&Machine::init_state(), first);
    let mut model = Model::init_test(&state);
    let mut steps = 0;
    for seed in seeds.take(STEPS) {
        let transition = draw(&Machine::transitions(&state), seed);
        if !Machine::preconditions(&state, &transition) {
            continue;
        }
        state = Machine::apply(state, &transition);
        model = Model::apply(model, &state, transition);
        Model::check_invariants(&model, &state);
        steps += 1;
    }
    steps
}

fn draw<T: Debug>(strategy: &BoxedStrategy<T>, seed: &[u8]) -> T {
    let config = Config { failure_persistence: None, ..Config::default() };
    let random = TestRng::from_seed(RngAlgorithm::XorShift, seed);
    strategy.new_tree(&mut TestRunner::new_with_rng(config, random)).unwrap().current()
}

#[test]
fn bytes_in_place_of_a_random_source_make_a_sequence() {
    for multiplier in [1, 7, 101, 251_u32] {
        let noise =
            |at: u32| at.wrapping_mul(multiplier).wrapping_mul(2_654_435_761).to_be_bytes()[0];
        let bytes: Vec<u8> = (0..640).map(noise).collect();
        assert!(run(&bytes) > 10, "{multiplier}");
    }
    assert_eq!(run(&[0; 160]), 9);
    assert_eq!(run(&[]), 0);
}
