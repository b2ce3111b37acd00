//! Whose hardware address is whose.

use std::net::IpAddr;

use netlink_packet_route::neighbour::{NeighbourHeader, NeighbourState};

use super::{Change, attributes, family, ip};

const NDA_DST: u16 = 1;
const NDA_LLADDR: u16 = 2;

const HEADER: usize = 12;
/// The kernel has no longer hardware addresses (MAX_ADDR_LEN).
const HARDWARE_BYTES: usize = 32;

/// A host on the same link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Neighbour {
    pub(in super::super) link: u32,
    pub(in super::super) address: IpAddr,
}

/// A hardware address.
pub(in super::super) type Hardware = Box<[u8]>;

/// `None`: malformed. `Some(None)`: of no concern, such as one that is not known yet.
pub(super) fn parse(payload: &[u8]) -> Option<Option<Change>> {
    let header = NeighbourHeader::parse(payload).ok()?;
    // A bridge tells of what is behind its ports, by messages of its own family.
    let Some(family) = family(header.family) else { return Some(None) };
    let mut address = None;
    let mut hardware = None;
    for (kind, value) in attributes(&payload[HEADER..]) {
        match kind {
            NDA_DST => address = Some(ip(family, value)?),
            NDA_LLADDR => hardware = Some(value),
            _ => {}
        }
    }
    let neighbour = Neighbour { link: header.ifindex, address: address? };
    let known = matches!(
        header.state,
        NeighbourState::Reachable
            | NeighbourState::Stale
            | NeighbourState::Delay
            | NeighbourState::Probe
            | NeighbourState::Permanent
    );
    let hardware = hardware.filter(|bytes| {
        known && bytes.len() <= HARDWARE_BYTES && bytes.iter().any(|byte| *byte != 0)
    });
    Some(hardware.map(|hardware| Change::NeighbourSet(neighbour, hardware.into())))
}
