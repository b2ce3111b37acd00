//! Datagrams of rtnetlink into the few things that matter here. Pure: no socket, no state.
//!
//! Only the attributes that are wanted are decoded, by hand: an attribute of a newer kernel, or
//! one that is laid out in another way, cannot spoil a message.

mod neighbour;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netlink_packet_core::{
    NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR, NLMSG_OVERRUN, NetlinkBuffer, NlasIterator,
};
use netlink_packet_route::{
    AddressFamily,
    address::{AddressHeader, AddressHeaderFlags, AddressScope},
    link::{LinkFlags, LinkHeader, LinkLayerType},
    route::{RouteFlags, RouteHeader, RouteType},
};
use pwasync_core::facts::{DefaultRoute, Family, LinkKind};
use thiserror::Error;

pub(super) use neighbour::{Hardware, Neighbour};

const RTM_NEWLINK: u16 = 16;
const RTM_DELLINK: u16 = 17;
const RTM_NEWADDR: u16 = 20;
const RTM_DELADDR: u16 = 21;
const RTM_NEWROUTE: u16 = 24;
const RTM_DELROUTE: u16 = 25;
const RTM_NEWNEIGH: u16 = 28;

const IFLA_IFNAME: u16 = 3;
const IFLA_LINKINFO: u16 = 18;
const IFLA_CARRIER_DOWN_COUNT: u16 = 48;
const IFLA_INFO_KIND: u16 = 1;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
const RTA_PRIORITY: u16 = 6;
const RTA_MULTIPATH: u16 = 9;
const RTA_TABLE: u16 = 15;
const RTA_VIA: u16 = 18;

const LINK_HEADER: usize = 16;
const ADDRESS_HEADER: usize = 8;
const ROUTE_HEADER: usize = 12;
const NEXT_HOP_HEADER: usize = 8;

/// A link by any of these leads nowhere without another link below it.
const TUNNELS: [&[u8]; 10] =
    [b"tun", b"wireguard", b"ipip", b"ip6tnl", b"sit", b"gre", b"ip6gre", b"vti", b"vti6", b"xfrm"];

/// One message of a datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// Whose request it answers, or caused it; 0: the kernel's own doing.
    pub(super) port: u32,
    /// The number of that request.
    pub(super) sequence: u32,
    /// Part of a dump during which something changed.
    pub(super) interrupted: bool,
    pub(super) body: Body,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    Change(Change),
    /// The dump is complete.
    Done,
    /// The kernel refused, with this errno.
    Refused(i32),
    /// The kernel lost messages.
    Overrun,
    /// Of no concern here.
    Other,
    /// A kind of message that matters, but which could not be read.
    Malformed(u16),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    LinkSet(LinkState),
    LinkGone(u32),
    AddressSet(Address, Reach),
    AddressGone(Address),
    /// One for each next hop.
    DefaultRouteSet(Vec<DefaultRoute>),
    DefaultRouteGone,
    /// Whose hardware address this is.
    NeighbourSet(Neighbour, Hardware),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LinkState {
    pub(super) index: u32,
    pub(super) name: String,
    pub(super) kind: LinkKind,
    /// Switched on by the administrator.
    pub(super) up: bool,
    /// RUNNING and LOWER_UP.
    pub(super) carrier: bool,
    /// Its neighbours have hardware addresses, which are asked for.
    pub(super) neighbours: bool,
    /// How often the carrier went. Kernels before 4.16 do not say.
    pub(super) carrier_losses: u32,
}

/// What names an address in the kernel. The peer tells point-to-point addresses apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Address {
    pub(super) link: u32,
    pub(super) family: Family,
    pub(super) local: IpAddr,
    pub(super) peer: IpAddr,
    pub(super) prefix_length: u8,
}

/// How far an address reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Of global scope, and in use.
    Global,
    /// Of a smaller scope, tentative, failed or deprecated.
    Less,
}

/// A datagram that is no sequence of netlink messages.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("netlink datagram of {length} bytes is cut short at byte {at}")]
pub(super) struct Truncated {
    length: usize,
    at: usize,
}

/// The messages of a datagram.
///
/// # Errors
///
/// The datagram does not consist of whole messages.
pub(super) fn parse(datagram: &[u8]) -> Result<Vec<Message>, Truncated> {
    let mut messages = Vec::new();
    let mut at = 0;
    while at < datagram.len() {
        let truncated = |_| Truncated { length: datagram.len(), at };
        let buffer = NetlinkBuffer::new_checked(&datagram[at..]).map_err(truncated)?;
        messages.push(Message {
            port: buffer.port_number(),
            sequence: buffer.sequence_number(),
            interrupted: buffer.flags() & NLM_F_DUMP_INTR != 0,
            body: body(buffer.message_type(), buffer.payload()),
        });
        at += (buffer.length() as usize).next_multiple_of(4);
    }
    Ok(messages)
}

fn body(kind: u16, payload: &[u8]) -> Body {
    let change = match kind {
        // A dump can end in an error, too: both begin with a negative errno, or 0.
        NLMSG_DONE | NLMSG_ERROR => {
            return match payload.first_chunk().map_or(0, |bytes| i32::from_ne_bytes(*bytes)) {
                0 => Body::Done,
                errno => Body::Refused(errno.saturating_neg()),
            };
        }
        NLMSG_OVERRUN => return Body::Overrun,
        RTM_NEWLINK | RTM_DELLINK => link(kind, payload),
        RTM_NEWADDR | RTM_DELADDR => address(kind, payload),
        RTM_NEWROUTE | RTM_DELROUTE => route(kind, payload),
        RTM_NEWNEIGH => neighbour::parse(payload),
        _ => Some(None),
    };
    match change {
        Some(Some(change)) => Body::Change(change),
        Some(None) => Body::Other,
        None => Body::Malformed(kind),
    }
}

/// `None`: malformed. `Some(None)`: of no concern. The same holds below.
fn link(kind: u16, payload: &[u8]) -> Option<Option<Change>> {
    let header = LinkHeader::parse(payload).ok()?;
    // A bridge tells of its ports by link messages of its own family. The link stays when its
    // port goes.
    if header.interface_family != AddressFamily::Unspec {
        return Some(None);
    }
    if kind == RTM_DELLINK {
        return Some(Some(Change::LinkGone(header.index)));
    }
    let mut name = None;
    let mut tunnel = false;
    let mut carrier_losses = 0;
    for (kind, value) in attributes(&payload[LINK_HEADER..]) {
        match kind {
            IFLA_IFNAME => name = Some(String::from_utf8_lossy(text(value)).into_owned()),
            IFLA_CARRIER_DOWN_COUNT => carrier_losses = number(value)?,
            IFLA_LINKINFO => {
                tunnel = attributes(value)
                    .any(|(kind, value)| kind == IFLA_INFO_KIND && TUNNELS.contains(&text(value)));
            }
            _ => {}
        }
    }
    let kind = if header.link_layer_type == LinkLayerType::Loopback {
        LinkKind::Loopback
    } else if tunnel {
        LinkKind::Tunnel
    } else {
        LinkKind::Ordinary
    };
    Some(Some(Change::LinkSet(LinkState {
        index: header.index,
        name: name?,
        kind,
        up: header.flags.contains(LinkFlags::Up),
        carrier: header.flags.contains(LinkFlags::Running | LinkFlags::LowerUp),
        neighbours: !header.flags.contains(LinkFlags::Noarp),
        carrier_losses,
    })))
}

fn address(kind: u16, payload: &[u8]) -> Option<Option<Change>> {
    let header = AddressHeader::parse(payload).ok()?;
    let Some(family) = family(header.family) else { return Some(None) };
    let mut local = None;
    let mut peer = None;
    for (kind, value) in attributes(&payload[ADDRESS_HEADER..]) {
        match kind {
            IFA_LOCAL => local = Some(ip(family, value)?),
            IFA_ADDRESS => peer = Some(ip(family, value)?),
            _ => {}
        }
    }
    // IPv6 gives the address alone, IPv4 both.
    let local = local.or(peer)?;
    let address = Address {
        link: header.index,
        family,
        local,
        peer: peer.unwrap_or(local),
        prefix_length: header.prefix_len,
    };
    if kind == RTM_DELADDR {
        return Some(Some(Change::AddressGone(address)));
    }
    let unusable = AddressHeaderFlags::Tentative
        | AddressHeaderFlags::Dadfailed
        | AddressHeaderFlags::Deprecated;
    let global = header.scope == AddressScope::Universe && !header.flags.intersects(unusable);
    let reach = if global { Reach::Global } else { Reach::Less };
    Some(Some(Change::AddressSet(address, reach)))
}

fn route(kind: u16, payload: &[u8]) -> Option<Option<Change>> {
    let header = RouteHeader::parse(payload).ok()?;
    let Some(family) = family(header.address_family) else { return Some(None) };
    if header.destination_prefix_length != 0
        || header.kind != RouteType::Unicast
        || header.flags.contains(RouteFlags::Cloned)
    {
        return Some(None);
    }
    let mut table = u32::from(header.table);
    let mut metric = 0;
    let mut hops: Vec<DefaultRoute> = Vec::new();
    let mut single = Hop { flags: header.flags.bits(), ..Hop::default() };
    for (kind, value) in attributes(&payload[ROUTE_HEADER..]) {
        match kind {
            RTA_TABLE => table = number(value)?,
            RTA_PRIORITY => metric = number(value)?,
            RTA_OIF => single.link = Some(number(value)?),
            RTA_GATEWAY | RTA_VIA => single.gateway = Some(gateway(family, kind, value)?),
            RTA_MULTIPATH => {
                for hop in next_hops(family, value)? {
                    hops.extend(hop.route(family));
                }
            }
            _ => {}
        }
    }
    if table != u32::from(RouteHeader::RT_TABLE_MAIN) {
        return Some(None);
    }
    if kind == RTM_DELROUTE {
        return Some(Some(Change::DefaultRouteGone));
    }
    hops.extend(single.route(family));
    for hop in &mut hops {
        hop.metric = metric;
    }
    Some(Some(Change::DefaultRouteSet(hops)))
}

#[derive(Default)]
struct Hop {
    flags: u32,
    link: Option<u32>,
    gateway: Option<IpAddr>,
}

impl Hop {
    fn route(self, family: Family) -> Option<DefaultRoute> {
        let down = RouteFlags::Dead | RouteFlags::Linkdown;
        Some(DefaultRoute {
            gateway: self.gateway,
            family,
            link: self.link?,
            metric: 0,
            link_down: RouteFlags::from_bits_retain(self.flags).intersects(down),
            network: None,
        })
    }
}

/// The entries of RTA_MULTIPATH: length, flags, weight, link, attributes.
fn next_hops(family: Family, mut rest: &[u8]) -> Option<Vec<Hop>> {
    let mut hops = Vec::new();
    while !rest.is_empty() {
        let header: &[u8; NEXT_HOP_HEADER] = rest.first_chunk()?;
        let length = usize::from(u16::from_ne_bytes([header[0], header[1]]));
        let link = u32::from_ne_bytes([header[4], header[5], header[6], header[7]]);
        let own = rest.get(NEXT_HOP_HEADER..length)?;
        let mut hop = Hop { flags: u32::from(header[2]), link: Some(link), gateway: None };
        for (kind, value) in attributes(own) {
            if kind == RTA_GATEWAY || kind == RTA_VIA {
                hop.gateway = Some(gateway(family, kind, value)?);
            }
        }
        hops.push(hop);
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Some(hops)
}

/// RTA_VIA names a gateway of the other family: its family comes first.
fn gateway(route: Family, kind: u16, value: &[u8]) -> Option<IpAddr> {
    if kind == RTA_GATEWAY {
        return ip(route, value);
    }
    let (number, bytes) = value.split_first_chunk()?;
    let number = u8::try_from(u16::from_ne_bytes(*number)).ok()?;
    ip(family(AddressFamily::from(number))?, bytes)
}

/// Attributes up to the first that is cut short.
fn attributes(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    NlasIterator::new(bytes).map_while(Result::ok).map(|attribute| {
        let value: &[u8] = attribute.into_inner();
        // The buffer of an attribute reaches to the end of the message.
        let length = usize::from(u16::from_ne_bytes([value[0], value[1]]));
        let kind = u16::from_ne_bytes([value[2], value[3]]);
        (kind & netlink_packet_core::NLA_TYPE_MASK, &value[4..length])
    })
}

fn family(family: AddressFamily) -> Option<Family> {
    if family == AddressFamily::Inet {
        Some(Family::V4)
    } else if family == AddressFamily::Inet6 {
        Some(Family::V6)
    } else {
        None
    }
}

fn ip(family: Family, value: &[u8]) -> Option<IpAddr> {
    match family {
        Family::V4 => Some(Ipv4Addr::from(*value.first_chunk::<4>()?).into()),
        Family::V6 => Some(Ipv6Addr::from(*value.first_chunk::<16>()?).into()),
    }
}

fn number(value: &[u8]) -> Option<u32> {
    value.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes))
}

/// A string without its closing NUL.
fn text(value: &[u8]) -> &[u8] {
    value.split(|byte| *byte == 0).next().unwrap_or_default()
}
