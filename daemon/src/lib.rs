//! The daemon: shells around the scheduler of `pwasync-core`.
//!
//! `engine` owns the scheduler and is the only one to call it; the other modules translate
//! between it and the world. `app` alone builds them.

pub mod app;
pub mod bus;
pub mod channel;
pub mod cli;
pub mod clock;
pub mod config;
pub mod engine;
pub mod grpc;
pub mod host;
pub mod network;
mod pause;
pub mod policy;
pub mod power;
pub mod recording;
pub mod socket;
pub mod store;
pub mod systemd;
