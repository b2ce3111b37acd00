//! Power and sleep as the services of the host tell them: raw facts, sent when they change.
//!
//! What they mean for a sync is the core's to decide.

mod logind;

pub use logind::watch_logind;
