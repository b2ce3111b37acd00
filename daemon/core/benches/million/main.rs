//! A million registrations: what each takes of the memory, how long the core takes to file them
//! at a start, and what one more and one due cost then.
//!
//! `cargo bench -p pwasync-core --bench million [-- COUNT]`

#[path = "../queue/mod.rs"]
mod queue;

use std::{
    alloc::System,
    io::{self, Write},
    time::{Duration, Instant},
};

use pwasync_core::{Scheduler, time::Timestamp};
use queue::{NOW, OneOffs};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How often a call is measured.
const CALLS: u64 = 2_000;

fn main() -> io::Result<()> {
    let count = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(1_000_000);
    let mut out = io::stdout().lock();
    let (bytes, resident) = (requested(), resident()?);
    let (mut core, took) = restored(count, OneOffs::Network);
    let each = |before: u64, after: u64| after.saturating_sub(before) / count;
    writeln!(out, "restore of {count}: {took:?}")?;
    writeln!(out, "bytes requested each: {}", each(bytes, requested()))?;
    writeln!(out, "bytes resident each: {}", each(resident, self::resident()?))?;
    let mut cost = Vec::new();
    for number in 0..CALLS {
        let (caller, new) = queue::another(number);
        let began = clock();
        core.register(NOW, &caller, new).expect("the shares are lifted");
        queue::drain(&mut core);
        std::hint::black_box(core.poll_timeout());
        cost.push(began.elapsed());
    }
    writeln!(out, "one more registration: {:?}", median(cost))?;
    drop(core);
    let (mut core, _) = restored(count, OneOffs::BackOff);
    core.handle_event(NOW, queue::link(true));
    queue::open_browsers(&mut core);
    assert!(queue::drain(&mut core).is_empty(), "something is due already");
    let mut cost = Vec::new();
    for _ in 0..CALLS {
        let at = next(&core);
        let began = clock();
        core.handle_timeout(at);
        let wakes = queue::drain(&mut core);
        std::hint::black_box(core.poll_timeout());
        cost.push(began.elapsed());
        wakes.iter().for_each(|wake| queue::complete(&mut core, at, wake));
        queue::drain(&mut core);
    }
    writeln!(out, "one that is due: {:?}", median(cost))?;
    Ok(())
}

fn next(core: &Scheduler) -> Timestamp {
    core.poll_timeout().expect("something waits").0
}

fn restored(count: u64, one_offs: OneOffs) -> (Scheduler, Duration) {
    let saved = queue::saved(count, one_offs);
    let began = clock();
    let mut core = Scheduler::restore(NOW, queue::policy(), 1, saved);
    core.handle_timeout(NOW);
    let took = began.elapsed();
    queue::drain(&mut core);
    (core, took)
}

fn median(mut cost: Vec<Duration>) -> Duration {
    cost.sort();
    cost[cost.len() / 2]
}

/// What was requested of the allocator and not given back.
fn requested() -> u64 {
    let stats = ALLOCATOR.stats();
    u64::try_from(stats.bytes_allocated - stats.bytes_deallocated).unwrap_or(0)
}

/// What of this process is in memory and its own.
fn resident() -> io::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    Ok(kib.unwrap_or(0) * 1_024)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn clock() -> Instant {
    Instant::now()
}
