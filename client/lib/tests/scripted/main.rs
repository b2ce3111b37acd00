//! The client against a daemon that the test plays, over a real Unix socket.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod calls;
mod scripted_daemon;
mod session;
