//! The picture of links, addresses and default routes. Pure: changes in, snapshots out.

use std::collections::{BTreeMap, BTreeSet};

use pwasync_core::facts::{DefaultRoute, Family, Link, Netlink};

use super::parse::{Address, Change, LinkState, Reach};

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
}

impl Table {
    /// Takes a change that came by itself, or a part of a dump of links or addresses.
    pub(super) fn apply(&mut self, change: Change) -> Routes {
        match change {
            Change::LinkSet(link) => {
                let before = self.links.insert(link.index, link.clone());
                if before.is_some_and(|before| before == link) {
                    return Routes::Current;
                }
                Routes::Stale
            }
            Change::LinkGone(index) => {
                self.links.remove(&index);
                self.addresses.retain(|address, _| address.link != index);
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
        }
    }

    /// Takes the default routes of a whole dump in place of those it had.
    pub(super) fn set_routes(&mut self, mut routes: Vec<DefaultRoute>) {
        routes.sort_by_key(|route| (route.family, route.metric, route.link, route.gateway));
        self.routes = routes;
    }

    pub(super) fn snapshot(&self) -> Netlink {
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
        Netlink { links: links.collect(), default_routes: self.routes.clone() }
    }
}
