//! How many connections the descriptors of the process allow.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that are not for connections: the store, netlink, timers, and what a look-up of a
/// user opens.
const OTHERS: u64 = 128;
/// More are not asked for.
const ENOUGH: u64 = 16_384;

/// Asks for as many descriptors as the process may have, within reason; how many connections they
/// allow.
pub(super) fn connections() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(ENOUGH, |maximum| maximum.min(ENOUGH));
    let mut current = limit.current.unwrap_or(ENOUGH);
    if current < wanted {
        let raised = Rlimit { current: Some(wanted), maximum: limit.maximum };
        match setrlimit(Resource::Nofile, raised) {
            Ok(()) => current = wanted,
            Err(error) => tracing::debug!(%error, "cannot raise the limit of descriptors"),
        }
    }
    let connections = current.saturating_sub(OTHERS).max(current / 2);
    usize::try_from(connections).unwrap_or(usize::MAX)
}
