//! The network as the kernel and a connection manager tell it: raw facts, sent when they change.
//!
//! Owns the netlink socket and the picture of links, addresses and default routes, and what
//! NetworkManager says of its devices. It does not decide whether the host is online: that is the
//! core's work.

#[doc(hidden)]
pub mod fuzzing;
mod manager;
mod monitor;
mod naming;
mod parse;
mod request;
mod session;
mod table;
#[cfg(test)]
mod tests;

pub use manager::watch_manager;
pub use monitor::{Settings, watch};
pub use naming::Naming;
