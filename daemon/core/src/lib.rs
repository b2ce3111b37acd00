//! What pwasync decides, and nothing else: which sync may run when, what its outcome means, and
//! what must be on disk before what leaves.
//!
//! This crate does no I/O, reads no clock, no environment and no random source, and knows neither
//! a runtime nor a wire format: the same inputs give the same decisions.

pub mod attempt;
pub mod blocker;
pub mod change;
pub mod effect;
pub mod event;
pub mod facts;
mod field;
pub mod key;
pub mod policy;
pub mod registration;
pub mod saved;
pub mod time;

pub use field::FieldError;
