//! The network as the kernel tells it: raw facts from netlink, sent when they change.
//!
//! Owns the netlink socket and the picture of links, addresses and default routes. It does not
//! decide whether the host is online: that is the core's work.

#[doc(hidden)]
pub mod fuzzing;
mod monitor;
mod parse;
mod request;
mod session;
mod table;
#[cfg(test)]
mod tests;

pub use monitor::{Settings, watch};
