//! The services over a real Unix socket, with the real engine, a store in memory and, where time
//! matters, the simulated host.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attach;
mod bed;
mod calls;
#[expect(dead_code, reason = "the core's tests use all of it")]
mod core_tests;
mod facts;
mod hostile;
mod launcher;
mod month;
mod outer;
mod policy;
mod raw;
mod reasons;
#[path = "../support/root.rs"]
mod root;
mod session;
mod silent;
mod simulated;
mod sites;
mod users;
