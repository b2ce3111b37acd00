//! What once failed: the shortest sequences that the state machine found, or that show the same.

use std::time::Duration;

use proptest::test_runner::Config;
use proptest_state_machine::StateMachineTest;
use pwasync_core::{
    Force,
    attempt::Outcome,
    constraints::Constraints,
    engagement::{EventKind, Level},
    facts::Sleep,
    key::SyncKind,
    time::WallClock,
};

use super::{
    Model, start,
    transition::{Key, Report, Request, Speech, Transition, Use, Wish},
};
use crate::support::facts::HostChange;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// The same under another policy of the model's.
fn replay_under(policy: usize, transitions: Vec<Transition>) {
    Model::test_sequential(Config::default(), start(policy, Duration::ZERO), transitions, None);
}

/// Runs a sequence in the model, whose reference says at each step what must come of it.
fn replay(settle: Duration, transitions: Vec<Transition>) {
    Model::test_sequential(Config::default(), start(0, settle), transitions, None);
}

fn key(scope: usize, kind: SyncKind, tag: usize) -> Key {
    Key { profile: 0, scope, kind, tag }
}

fn register(key: Key) -> Transition {
    Transition::Ask(Request::Register(Wish {
        key,
        app: None,
        constraints: Constraints::default(),
        expires_in: None,
        min_interval: Duration::ZERO,
    }))
}

fn attach() -> Transition {
    Transition::Say(Speech::Attach {
        profile: 0,
        capacity: 3,
        running: Vec::new(),
        finished: Vec::new(),
        launched: false,
    })
}

fn ready() -> Transition {
    Transition::Say(Speech::Ready(0))
}

fn network(number: u8) -> Transition {
    Transition::Host(HostChange::Network(Some(number)))
}

fn ends(key: Key, outcome: Outcome) -> Transition {
    Transition::Say(Speech::Finished { key, outcome, retry_after: None })
}

#[test]
fn a_resume_at_the_instant_of_the_start_is_one() {
    replay(
        SECOND,
        vec![
            attach(),
            Transition::Host(HostChange::Sleep(Sleep::Suspending)),
            Transition::Host(HostChange::Sleep(Sleep::Awake)),
            register(key(0, SyncKind::OneOff, 0)),
            ready(),
            network(1),
            Transition::Pass(SECOND),
            Transition::Pass(5 * SECOND),
        ],
    );
}

#[test]
fn p_03_what_is_brought_forward_is_free_also_where_a_row_of_free_endings_is_over() {
    let one = key(0, SyncKind::OneOff, 0);
    let mut transitions = vec![attach(), ready(), network(1), register(one)];
    for _ in 0..4 {
        transitions.extend([ends(one, Outcome::Offline), Transition::Pass(SECOND)]);
    }
    // The fourth was charged: five minutes, unless the network comes back.
    for number in [2, 1, 2, 1] {
        transitions.push(Transition::Pass(MINUTE));
        transitions.push(network(number));
        transitions.push(ends(one, Outcome::Offline));
    }
    transitions.push(Transition::Pass(HOUR));
    replay(Duration::ZERO, transitions);
}

#[test]
fn a_14_no_browser_is_started_for_what_nobody_uses() {
    let report = Report::Events(vec![Use { kind: EventKind::Navigation, ago: Duration::ZERO }]);
    let other = Transition::Ask(Request::Engage { site: (0, 1), report });
    let launcher = Transition::Say(Speech::Launcher(0, [0].into()));
    let unused = key(0, SyncKind::Periodic, 0);
    let transitions =
        vec![register(unused), other, Transition::Pass(13 * HOUR), launcher, network(1)];
    replay(Duration::ZERO, transitions);
}

#[test]
fn what_joins_a_run_that_somebody_wants_goes_at_once() {
    let (one, other) = (key(0, SyncKind::Periodic, 0), key(2, SyncKind::Periodic, 0));
    let run = Transition::Ask(Request::RunNow(one, Force::Yes));
    replay(
        Duration::ZERO,
        vec![
            Transition::Pass(5 * MINUTE),
            register(one),
            register(other),
            attach(),
            ready(),
            network(1),
            // Their interval has passed, and their slot is ten minutes away.
            Transition::Pass(12 * HOUR),
            run,
        ],
    );
}

#[test]
fn a_14_what_stays_suspended_keeps_its_anchor() {
    let engage = |site, report| Transition::Ask(Request::Engage { site, report });
    replay(
        Duration::ZERO,
        vec![
            register(key(0, SyncKind::Periodic, 0)),
            engage((0, 0), Report::Events(Vec::new())),
            attach(),
            ready(),
            network(1),
            Transition::Pass(13 * HOUR),
            // The profile reports otherwise from here on, but of this site nothing else.
            engage((0, 1), Report::Level(Level::Low)),
        ],
    );
}

#[test]
fn p_19_what_ran_out_before_a_restart_is_spent_on_the_day_that_it_is() {
    let one = key(0, SyncKind::OneOff, 0);
    let wall = WallClock { offset_millis: 360_000_000, ..WallClock::default() };
    let started = Transition::Say(Speech::Started(one));
    let mut transitions = vec![network(1), Transition::Host(HostChange::Wall(wall))];
    transitions.extend([attach(), ready(), register(one), started]);
    transitions.extend([Transition::Hold, Transition::Pass(3 * MINUTE), Transition::Crash]);
    replay_under(1, transitions.clone());
    replay_under(3, transitions);
}
