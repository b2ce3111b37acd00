//! What is asked of the kernel, as bytes: four dumps, and whose hardware a gateway is.

use std::net::IpAddr;

use netlink_packet_core::{NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NetlinkMessage};
use netlink_packet_route::{
    AddressFamily, RouteNetlinkMessage,
    address::AddressMessage,
    link::{LinkAttribute, LinkExtentMask, LinkMessage},
    neighbour::{NeighbourAddress, NeighbourAttribute, NeighbourMessage},
    route::{RouteHeader, RouteMessage, RouteType},
};
use pwasync_core::facts::Family;

use super::parse::Neighbour;

/// What a dump lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dump {
    Links,
    Addresses,
    Routes(Family),
    /// One alone, which the kernel may not know.
    Neighbour(Neighbour),
}

/// A request under this number.
pub(super) fn encode(dump: Dump, sequence: u32) -> Vec<u8> {
    let inner = match dump {
        Dump::Links => {
            let mut message = LinkMessage::default();
            message.attributes = vec![LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats])];
            RouteNetlinkMessage::GetLink(message)
        }
        Dump::Addresses => RouteNetlinkMessage::GetAddress(AddressMessage::default()),
        // With strict checking the kernel takes table and type as filters.
        Dump::Routes(family) => {
            let mut message = RouteMessage::default();
            message.header.address_family = match family {
                Family::V4 => AddressFamily::Inet,
                Family::V6 => AddressFamily::Inet6,
            };
            message.header.table = RouteHeader::RT_TABLE_MAIN;
            message.header.kind = RouteType::Unicast;
            RouteNetlinkMessage::GetRoute(message)
        }
        Dump::Neighbour(neighbour) => {
            let mut message = NeighbourMessage::default();
            message.header.ifindex = neighbour.link;
            let address = match neighbour.address {
                IpAddr::V4(address) => {
                    message.header.family = AddressFamily::Inet;
                    NeighbourAddress::Inet(address)
                }
                IpAddr::V6(address) => {
                    message.header.family = AddressFamily::Inet6;
                    NeighbourAddress::Inet6(address)
                }
            };
            message.attributes = vec![NeighbourAttribute::Destination(address)];
            RouteNetlinkMessage::GetNeighbour(message)
        }
    };
    let mut message = NetlinkMessage::from(inner);
    message.header.flags = match dump {
        Dump::Links | Dump::Addresses | Dump::Routes(_) => NLM_F_REQUEST | NLM_F_DUMP,
        // The acknowledgement ends the answer, as a dump's end does.
        Dump::Neighbour(_) => NLM_F_REQUEST | NLM_F_ACK,
    };
    message.header.sequence_number = sequence;
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}
