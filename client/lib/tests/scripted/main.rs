//! The client against a daemon that the test plays, over a real Unix socket.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod calls;
mod launcher;
mod rulebook;
mod scripted_admin;
mod scripted_daemon;
mod scripted_launcher;
mod session;
