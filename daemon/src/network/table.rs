//! The picture of links, addresses and default routes. Pure: changes in, snapshots out.

use std::collections::{BTreeMap, BTreeSet};

use pwasync_core::facts::{DefaultRoute, Family, Link, LinkKind, Netlink};

use super::{
    naming::Naming,
    parse::{Address, Change, Hardware, LinkState, Neighbour, Reach},
};

/// Gateways whose hardware is asked for; a host has one or two.
const GATEWAYS: usize = 8;

/// Whether the default routes of the picture can still be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Routes {
    Current,
    /// The kernel says nothing of IPv4 routes that go with their link or address, nor of flags
    /// that a lost carrier sets, and a replaced route is told as a new one. They are dumped anew.
    Stale,
}

/// What the kernel holds, as far as it has told.
#[derive(Debug, Default)]
pub(super) struct Table {
    links: BTreeMap<u32, LinkState>,
    addresses: BTreeMap<Address, Reach>,
    routes: Vec<DefaultRoute>,
    /// Of gateways alone, as long as their link keeps its carrier.
    hardware: BTreeMap<Neighbour, Hardware>,
}

impl Table {
    /// Takes a change that came by itself, or a part of a dump of links or addresses.
    pub(super) fn apply(&mut self, change: Change) -> Routes {
        match change {
            Change::LinkSet(link) => {
                let before = self.links.insert(link.index, link.clone());
                let kept = |before: &LinkState| {
                    (before.carrier, before.carrier_losses) == (link.carrier, link.carrier_losses)
                };
                if !before.as_ref().is_some_and(kept) {
                    self.hardware.retain(|neighbour, _| neighbour.link != link.index);
                }
                if before.is_some_and(|before| before == link) {
                    return Routes::Current;
                }
                Routes::Stale
            }
            Change::LinkGone(index) => {
                self.links.remove(&index);
                self.addresses.retain(|address, _| address.link != index);
                self.hardware.retain(|neighbour, _| neighbour.link != index);
                Routes::Stale
            }
            Change::AddressSet(address, reach) => {
                self.addresses.insert(address, reach);
                Routes::Current
            }
            Change::AddressGone(address) => {
                self.addresses.remove(&address);
                Routes::Stale
            }
            Change::DefaultRouteSet(_) | Change::DefaultRouteGone => Routes::Stale,
            Change::NeighbourSet(neighbour, hardware) => {
                if self.gateways().contains(&neighbour) {
                    self.hardware.insert(neighbour, hardware);
                }
                Routes::Current
            }
        }
    }

    /// The gateways that have a hardware address.
    pub(super) fn gateways(&self) -> BTreeSet<Neighbour> {
        let asked = |link: &LinkState| {
            link.neighbours && link.up && link.carrier && link.kind == LinkKind::Ordinary
        };
        let gateways = self.routes.iter().filter_map(|route| {
            let link = self.links.get(&route.link).filter(|link| asked(link))?;
            Some(Neighbour { link: link.index, address: route.gateway? })
        });
        gateways.take(GATEWAYS).collect()
    }

    /// Whether all of them are known.
    pub(super) fn gateways_are_known(&self) -> bool {
        self.gateways().iter().all(|gateway| self.hardware.contains_key(gateway))
    }

    /// Takes the default routes of a whole dump in place of those it had.
    pub(super) fn set_routes(&mut self, mut routes: Vec<DefaultRoute>) {
        routes.sort_by_key(|route| (route.family, route.metric, route.link, route.gateway));
        self.routes = routes;
        let gateways = self.gateways();
        self.hardware.retain(|neighbour, _| gateways.contains(neighbour));
    }

    pub(super) fn snapshot(&self, naming: &Naming) -> Netlink {
        let global: BTreeSet<(u32, Family)> = self
            .addresses
            .iter()
            .filter(|(_, reach)| **reach == Reach::Global)
            .map(|(address, _)| (address.link, address.family))
            .collect();
        let links = self.links.values().map(|link| Link {
            index: link.index,
            name: link.name.clone(),
            kind: link.kind,
            carrier: link.up && link.carrier,
            carrier_losses: link.carrier_losses,
            global_v4: global.contains(&(link.index, Family::V4)),
            global_v6: global.contains(&(link.index, Family::V6)),
        });
        let routes = self.routes.iter().map(|route| {
            let address = route.gateway;
            let gateway = address.map(|address| Neighbour { link: route.link, address });
            let hardware = gateway.and_then(|gateway| self.hardware.get(&gateway));
            let network = hardware.map(|hardware| naming.of_gateway(hardware));
            DefaultRoute { network, ..route.clone() }
        });
        Netlink { links: links.collect(), default_routes: routes.collect() }
    }
}
