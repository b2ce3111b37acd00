//! What is counted: the paths through the core that are walked most.

use std::{hint::black_box, time::Duration};

use pwasync_core::{Scheduler, time::Timestamp};

use crate::queue::{self, NOW, OneOffs};

const SECOND: Duration = Duration::from_secs(1);

/// A path through the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Walk {
    /// One more registration, which the network holds.
    Register,
    /// One of the queue is due: its wake, and what the browser says of it.
    Due,
    /// The network goes, a sync is registered, the network returns and settles; the wake, and
    /// what the browser says of it.
    Return,
}

impl Walk {
    pub(crate) const ALL: [Self; 3] = [Self::Register, Self::Due, Self::Return];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Due => "due",
            Self::Return => "return",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|walk| walk.name() == name)
    }

    /// Walks it so often, with a queue of so many.
    pub(crate) fn run(self, count: u64, calls: u64) {
        let one_offs = match self {
            Self::Register => OneOffs::Network,
            Self::Due | Self::Return => OneOffs::BackOff,
        };
        let saved = queue::saved(count, one_offs);
        let mut core = Scheduler::restore(NOW, queue::policy(), 1, saved);
        core.handle_timeout(NOW);
        match self {
            Self::Register => {}
            Self::Due | Self::Return => {
                core.handle_event(NOW, queue::link(true));
                queue::open_browsers(&mut core);
            }
        }
        assert!(queue::drain(&mut core).is_empty(), "something is due already");
        for call in 0..calls {
            self.step(&mut core, call);
            black_box(core.poll_timeout());
        }
    }

    fn step(self, core: &mut Scheduler, call: u64) {
        match self {
            Self::Register => {
                register(core, NOW, call);
                assert!(queue::drain(core).is_empty(), "the network does not hold it");
            }
            Self::Due => {
                let at = next(core);
                core.handle_timeout(at);
                finish(core, at);
            }
            Self::Return => {
                let at = NOW + SECOND * 2 * u32::try_from(call + 1).expect("calls are few");
                core.handle_event(at, queue::link(false));
                register(core, at, call);
                core.handle_event(at, queue::link(true));
                assert!(queue::drain(core).is_empty(), "nothing settles");
                let at = next(core);
                core.handle_timeout(at);
                finish(core, at);
            }
        }
    }
}

fn next(core: &Scheduler) -> Timestamp {
    core.poll_timeout().expect("something waits").0
}

fn register(core: &mut Scheduler, now: Timestamp, number: u64) {
    let (caller, new) = queue::another(number);
    core.register(now, &caller, new).expect("the shares are lifted");
}

/// The browser completes the one event that is out.
fn finish(core: &mut Scheduler, now: Timestamp) {
    let wakes = queue::drain(core);
    assert_eq!(wakes.len(), 1, "not one is due");
    wakes.iter().for_each(|wake| queue::complete(core, now, wake));
    assert!(queue::drain(core).is_empty(), "another one is due");
}
