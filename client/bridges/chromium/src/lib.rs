//! The bridge between Chromium and pwasyncd.
//!
//! Chromium is started with its debugging pipe ([`browser`], [`cdp`]). Documents and service workers
//! get `registration.sync` and `registration.periodicSync` that answer from the daemon ([`shim`],
//! [`call`]); what the daemon wakes is started, dispatched and reported on. The bridge keeps no
//! registration of its own: the daemon has them all.

mod answer;
pub mod app;
pub mod browser;
pub mod call;
pub mod cdp;
pub mod cli;
mod daemon;
mod drain;
pub mod environment;
mod page_task;
pub mod pages;
pub mod registry;
mod shared;
pub mod shim;
mod wake;
mod worker;

pub use shared::Tuning;
