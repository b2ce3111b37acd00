//! What a registration may ask of the host.

use crate::Transport;

/// What a registration asks of the host beyond policy. It can only ask for more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Constraints {
    /// No network that costs by volume, guessed ones included.
    pub unmetered: bool,
    /// One of these; empty: any.
    pub transports: Vec<Transport>,
    /// The battery is being charged, or there is none.
    pub charging: bool,
    /// Above policy's limit for periodic syncs, or being charged.
    pub battery_not_low: bool,
    /// The network that it was registered on, or one where the app was used.
    pub known_network: bool,
}
