//! Timelines: a script, and below it all that left the daemon. One for each rule, named after it.
//!
//! `UPDATE_EXPECT=1 cargo test -p pwasync-core` writes the expected text anew, to be read before it
//! is believed (by `cargo test`: the processes of nextest would write over one another).
//! `C024` and the like name the scenario of Chromium's own tests that a timeline shows.

mod budgets;
mod clocks;
mod conditions;
mod crowds;
mod devices;
mod engaged;
mod expiry;
mod forecasts;
mod found_holds;
mod found_launches;
mod found_records;
mod histories;
mod launches;
mod learned;
mod leases;
mod managers;
mod networks;
mod one_off;
mod outcomes;
mod overrides;
mod periodic;
mod permissions;
mod policies;
mod power_at_start;
mod requests;
mod restarts;
mod retries;
mod returns;
mod scenarios;
mod sentences;
mod sessions;
mod shares;
mod sleep;
mod spacing;
mod turns;
mod warnings;

use expect_test::Expect;
use pwasync_core::policy::Policy;

use crate::support::script;

/// Runs a script under policy's defaults and compares what left with what is expected.
fn check(script: &str, expected: Expect) {
    expected.assert_eq(&script::run(script));
}

/// The same under a policy of its own.
fn check_under(policy: &Policy, script: &str, expected: Expect) {
    expected.assert_eq(&script::run_under(policy, script));
}
