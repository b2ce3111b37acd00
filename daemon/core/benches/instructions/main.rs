//! Instructions of the core's hot paths, counted by valgrind: a count does not depend on what
//! else the machine does. One that grew by more than a tenth fails, and so does one that grows
//! too much with the queue.
//!
//! `cargo bench -p pwasync-core --bench instructions [-- --write]`: with `--write` the counts
//! become those that later runs are compared with.

mod baseline;
#[path = "../queue/mod.rs"]
mod queue;
mod walk;

use std::{
    io::{self, Write},
    process::Command,
};

use baseline::Baseline;
use walk::Walk;

/// Lengths of the queue.
const SHORT: u64 = 1_000;
const LONG: u64 = 1_000_000;
/// A path on the long queue may take so many times the instructions of the short one.
const GROWTH: f64 = 3.0;
/// Calls before those that are counted, and those.
const WARM_UP: u64 = 50;
const CALLS: u64 = 200;

fn main() -> io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [walk, count, calls] = words.as_slice()
        && let (Some(walk), Ok(count), Ok(calls)) =
            (Walk::named(walk), count.parse(), calls.parse())
    {
        walk.run(count, calls);
        return Ok(());
    }
    let mut counts = Vec::new();
    for walk in Walk::ALL {
        for count in [SHORT, LONG] {
            let before = instructions(walk, count, WARM_UP)?;
            let after = instructions(walk, count, WARM_UP + CALLS)?;
            counts.push((walk, count, after.saturating_sub(before) / CALLS));
        }
    }
    let found = Baseline::new(&counts)?;
    let mut out = io::stdout().lock();
    out.write_all(found.to_text().as_bytes())?;
    if words.iter().any(|word| word == "--write") {
        found.write()?;
        return writeln!(out, "These are what later runs are compared with.");
    }
    let mut faults = growth(&counts);
    faults.extend(found.grown_since(&Baseline::read()?, &mut out)?);
    match faults.is_empty() {
        true => Ok(()),
        false => Err(io::Error::other(faults.join("; "))),
    }
}

fn growth(counts: &[(Walk, u64, u64)]) -> Vec<String> {
    let of = |walk, length| {
        let found = counts.iter().find(|(one, count, _)| (*one, *count) == (walk, length));
        found.map_or(0, |(_, _, instructions)| *instructions)
    };
    let grows = |walk: &Walk| {
        let (short, long) = (of(*walk, SHORT), of(*walk, LONG));
        let times = long as f64 / short.max(1) as f64;
        let fault = || format!("`{}` grows {times:.1} times with the queue", walk.name());
        (times > GROWTH).then(fault)
    };
    Walk::ALL.iter().filter_map(grows).collect()
}

/// How many instructions this program takes for a walk.
fn instructions(walk: Walk, count: u64, calls: u64) -> io::Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args([walk.name(), &count.to_string(), &calls.to_string()])
        .output()
        .map_err(|error| io::Error::new(error.kind(), format!("cannot run valgrind: {error}")))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let refs = said.lines().find_map(|line| line.split_once("refs:"));
    let digits = refs.map(|(_, refs)| refs.chars().filter(char::is_ascii_digit));
    let refs = digits.and_then(|digits| digits.collect::<String>().parse().ok());
    refs.filter(|_| output.status.success())
        .ok_or_else(|| io::Error::other(format!("valgrind counted nothing:\n{said}")))
}
