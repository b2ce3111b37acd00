//! Each of the 29 codes, made to happen on the simulated host: what the built `syncctl why` says
//! of it, and that a time which it names comes true.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bed;
mod browser;
mod host;
mod network;
mod site;
mod time;
