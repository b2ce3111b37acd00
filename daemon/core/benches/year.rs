//! A year of a phone: two hundred registrations of forty origins in three browsers, days without
//! a network, metered and low-battery stretches, a suspend each night, a user who reads at 07:00
//! and at 21:00.
//! A wake is an instant at which an event goes while none runs.
//!
//! `cargo bench -p pwasync-core --bench year [-- DAYS]` lives it with the defaults, once more to
//! see the same trace, without the grid, and without learned hours.

#![expect(clippy::unwrap_used, reason = "a bench that meets what cannot be is to fail")]

#[path = "../tests/year/life.rs"]
mod life;
#[path = "../tests/year/phone.rs"]
mod phone;
#[path = "../tests/support/mod.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod support;

use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

use pwasync_core::policy::{LearnedHours, Patch, Policy, Value, keys};

use self::phone::{Diary, Phone};

const LIMIT: Duration = Duration::from_secs(10);

fn main() -> io::Result<()> {
    let days = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(365);
    let mut out = io::stdout().lock();
    let mut without_hours = Policy::default();
    without_hours.rules.learned_hours = LearnedHours::Off;
    let none = Duration::ZERO;
    let without_grid =
        Policy { grid_short: none, grid_middle: none, grid_long: none, ..Policy::default() };
    let neither = Policy { rules: without_hours.rules, ..without_grid.clone() };
    let (first, took) = live(Policy::default(), days);
    tell(&mut out, "defaults", &first, took)?;
    let (again, took) = live(Policy::default(), days);
    let same = if again == first { "the same trace" } else { "ANOTHER TRACE" };
    writeln!(out, "once more: {same}, in {took:?}")?;
    for (name, policy) in [
        ("without learned hours", without_hours.clone()),
        ("without the grid", without_grid),
        ("with neither", neither),
        ("with 6 h for the news", with_six_hours(&Policy::default())),
        ("with 6 h for the news, without learned hours", with_six_hours(&without_hours)),
    ] {
        let (diary, took) = live(policy, days);
        tell(&mut out, name, &diary, took)?;
    }
    if again != first || took > LIMIT {
        return Err(io::Error::other(format!("another trace, or longer than {LIMIT:?}")));
    }
    Ok(())
}

/// An administrator lets the sites that are read most sync more often than each 12 h.
fn with_six_hours(policy: &Policy) -> Policy {
    let mut policy = policy.clone();
    let mut patch = Patch::default();
    let six_hours = Value::Duration(Duration::from_secs(6 * 3_600));
    patch.set(keys::find("periodic.min_interval").unwrap(), six_hours).unwrap();
    for place in 0..life::NEWS {
        policy.origins.insert(phone::origin(place).into(), patch.clone());
    }
    policy
}

fn live(policy: Policy, days: u64) -> (Diary, Duration) {
    let began = clock();
    let diary = Phone::live(policy, days);
    (diary, began.elapsed())
}

fn tell(out: &mut impl Write, name: &str, diary: &Diary, took: Duration) -> io::Result<()> {
    let Diary { days, events, wakes, saved, launches, .. } = diary;
    let a_day = |count: u64| count as f64 / *days as f64;
    writeln!(out, "{name}: {days} days in {took:?}, trace {:016x}", diary.hash)?;
    writeln!(out, "  {events} events, {:.1} a day", a_day(*events))?;
    writeln!(out, "  {wakes} wakes, {:.1} a day; {saved} events needed none", a_day(*wakes))?;
    writeln!(out, "  {:.1} of the wakes a day while nobody uses it", a_day(diary.unused_wakes))?;
    writeln!(out, "  {launches} starts of browsers, {:.1} a day", a_day(*launches))?;
    writeln!(out, "  latest of what nothing held: {:?} after its slot", diary.late_at_most)?;
    if let Some((late, at)) = diary.held_at_most {
        let (hours, day) = (late.as_secs() / 3_600, at.as_millis() / 86_400_000);
        writeln!(out, "  latest of all: {hours} h after its slot, on day {day}")?;
    }
    for (hour, minutes) in &diary.news {
        let mut minutes = minutes.clone();
        minutes.sort_unstable();
        let part = |percent: usize| minutes[(minutes.len() - 1) * percent / 100];
        writeln!(
            out,
            "  news at {hour:02}:00 is {} min old (median; a tenth under {}, a tenth over {})",
            part(50),
            part(10),
            part(90)
        )?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn clock() -> Instant {
    Instant::now()
}
