//! How much the socket carries.

/// What one user may ask of the daemon's time, so that it is there for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// Calls of one origin of one owner a minute; `None`: any number.
    pub origin_calls: Option<u32>,
    /// Of them at once.
    pub origin_burst: u32,
    /// Calls of one owner a minute: more wait; `None`: any number.
    pub owner_calls: Option<u32>,
    /// Of them at once.
    pub owner_burst: u32,
    /// Calls of one owner that are worked on at once: more wait.
    pub calls_at_once: u32,
    /// Calls of one owner that are there at once, those that wait included: more are refused.
    pub waiting_calls: u32,
    /// Connections in all.
    pub connections: u32,
    /// Connections of one owner.
    pub owner_connections: u32,
    /// Owners without a login name that are connected at once.
    pub unnamed_owners: u32,
    /// New connections of one owner a minute: more wait; `None`: any number.
    pub owner_connects: Option<u32>,
    /// Sessions of one owner's browsers.
    pub owner_sessions: u32,
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            origin_calls: Some(250),
            origin_burst: 250,
            owner_calls: Some(6_000),
            owner_burst: 1_500,
            calls_at_once: 64,
            waiting_calls: 1_024,
            connections: 4_096,
            owner_connections: 128,
            unnamed_owners: 16,
            owner_connects: Some(3_000),
            owner_sessions: 64,
        }
    }
}
