//! What a fuzz target calls: bytes as the kernel's socket might give them.

use super::{
    naming::Naming,
    parse::{Body, Change, parse},
    table::Table,
};

/// A netlink header: no message is shorter.
const HEADER_BYTES: usize = 16;

/// Reads a datagram, and takes what it says into a picture of the network.
///
/// # Panics
/// When more is made of the bytes than they can hold.
pub fn datagram(bytes: &[u8]) {
    let Ok(messages) = parse(bytes) else { return };
    assert!(messages.len() * HEADER_BYTES <= bytes.len(), "{} messages", messages.len());
    let mut table = Table::default();
    let mut said = 0;
    for message in messages {
        let Body::Change(change) = message.body else { continue };
        if let Change::DefaultRouteSet(routes) = &change {
            said += routes.len();
            table.set_routes(routes.clone());
        }
        let _ = table.apply(change);
        said += 1;
    }
    let snapshot = table.snapshot(&Naming::default());
    let held = snapshot.links.len() + snapshot.default_routes.len();
    assert!(held <= said, "{held} parts of a picture from {said}");
    assert_eq!(table.snapshot(&Naming::default()), snapshot);
}
