//! How much a user uses a site (E-01 to E-34): points of one origin, what they mean, and what an
//! unused browser does to them (P-16).
//!
//! Everything is worked out when it is asked for: there is no timer, no clock and no list of
//! sites here. The caller keeps the scores and says what time it is.

mod level;
mod points;
mod profile;
mod score;
#[cfg(test)]
mod tests;

pub use level::Level;
pub use points::Points;
pub use profile::{Freshened, ProfileEngagement, Reports};
pub use score::{EventKind, Reported, Score};
