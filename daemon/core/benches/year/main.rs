//! A year of a phone: how long it takes to decide all of it, and what its user and its battery
//! get from the grid and the learned hours.
//!
//! `cargo bench -p pwasync-core --bench year [-- DAYS]`

#![expect(clippy::unwrap_used, reason = "a benchmark that meets what cannot be is to fail")]

#[expect(dead_code, reason = "the tests use all of it")]
mod support;

use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

use pwasync_core::policy::{LearnedHours, Policy};
use support::{figures, life};

const YEAR: u64 = 365;
/// The most that a year may take.
const LIMIT: Duration = Duration::from_secs(10);
const HOUR: Duration = Duration::from_secs(3_600);

fn main() -> io::Result<()> {
    let days = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(YEAR);
    let mut out = io::stdout().lock();
    let began = clock();
    let (lived, _) = life::live(Policy::default(), days, &mut ());
    let took = began.elapsed();
    let trace = lived.trace();
    writeln!(out, "{days} days: {} attempts in {:.2} s", lived.0.len(), took.as_secs_f64())?;
    for floor in [12 * HOUR, HOUR] {
        for learned in [LearnedHours::On, LearnedHours::Off] {
            for grid in ["on", "off"] {
                let mut policy = Policy::default();
                policy.rules.min_interval_floor = floor;
                policy.rules.learned_hours = learned;
                if grid == "off" {
                    policy.grid_short = Duration::ZERO;
                    policy.grid_middle = Duration::ZERO;
                    policy.grid_long = Duration::ZERO;
                }
                let hours = floor.as_secs() / 3_600;
                writeln!(out, "floor {hours} h, learned hours {learned:?}, grid {grid}:")?;
                let figures = figures::of(&policy, days);
                out.write_all(figures.text().as_bytes())?;
                if policy == Policy::default() && figures.trace != trace {
                    return Err(io::Error::other("another run gives another trace"));
                }
            }
        }
    }
    if took > LIMIT {
        return Err(io::Error::other(format!("a year took longer than {LIMIT:?}")));
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn clock() -> Instant {
    Instant::now()
}
