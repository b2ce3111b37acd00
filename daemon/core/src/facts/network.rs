//! What netlink says, and whether that means "online" (the rule without NetworkManager).

use std::{collections::BTreeMap, net::IpAddr};

use super::NetworkId;

/// A snapshot of the kernel's links and default routes, as netlink gives them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Netlink {
    /// All links, by index.
    pub links: Vec<Link>,
    /// Unicast default routes of both families, by family, metric and link.
    pub default_routes: Vec<DefaultRoute>,
}

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The kernel's index, from 1.
    pub index: u32,
    /// Such as `wlan0`.
    pub name: String,
    /// What it is.
    pub kind: LinkKind,
    /// Up, and its lower layer too: RUNNING and LOWER_UP are both set.
    pub carrier: bool,
    /// How often it has lost its carrier: tells of a loss that was over before it was seen.
    pub carrier_losses: u32,
    /// Has an IPv4 address of global scope.
    pub global_v4: bool,
    /// Has an IPv6 address of global scope that is not tentative, failed or deprecated.
    pub global_v6: bool,
}

/// The kinds that the rule tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// Ethernet, Wi-Fi, bridge, bond, VLAN, veth, ppp: what matters is the default route.
    Ordinary,
    /// `lo`.
    Loopback,
    /// `tun`, `tap` and wireguard: they need another link below them.
    Tunnel,
}

/// A default route: destination 0.0.0.0/0 or ::/0 of type unicast in the main table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefaultRoute {
    /// Tells the family; `None`: the route has no gateway (ppp), then see `family`.
    pub gateway: Option<IpAddr>,
    /// Address family of the route.
    pub family: Family,
    /// The link it leads through.
    pub link: u32,
    /// Lower is preferred.
    pub metric: u32,
    /// The kernel marked it RTNH_F_LINKDOWN or RTNH_F_DEAD.
    pub link_down: bool,
    /// Which network is behind the gateway, by its hardware address; `None`: not known, or not
    /// yet.
    pub network: Option<NetworkId>,
}

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// Which network the host is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkIdentity {
    link: u32,
    carrier_losses: u32,
    gateway_v4: Option<IpAddr>,
    gateway_v6: Option<IpAddr>,
    network_v4: Option<NetworkId>,
    network_v6: Option<NetworkId>,
}

impl NetworkIdentity {
    /// The same network: the same link, which kept its carrier, and no gateway that is known on both sides differs, so
    /// that a second family's address, or the gateway's name, coming later, changes nothing.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.link == other.link
            && self.carrier_losses == other.carrier_losses
            && agree(self.gateway_v4, other.gateway_v4)
            && agree(self.gateway_v6, other.gateway_v6)
            && agree(self.network_v4, other.network_v4)
            && agree(self.network_v6, other.network_v6)
    }

    /// By the gateway of the older family where there is one: both lead to the same network.
    pub(crate) fn network(&self) -> Option<NetworkId> {
        if self.gateway_v4.is_some() { self.network_v4 } else { self.network_v6 }
    }
}

/// What the core makes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkView {
    /// All links that could lead out.
    ways: BTreeMap<Box<str>, NetworkIdentity>,
    /// Name of the link that does.
    link: Option<Box<str>>,
}

impl NetworkView {
    /// The fallback rule: online is a unicast default route of either family through a link with
    /// carrier and a usable global address of that family; a tunnel counts only while another
    /// default route exists.
    pub(crate) fn from_netlink(facts: &Netlink) -> Self {
        let ways: Vec<(&DefaultRoute, &Link)> = facts
            .default_routes
            .iter()
            .filter_map(|route| usable(facts, route).map(|link| (route, link)))
            .filter(|(_, link)| link.kind == LinkKind::Ordinary)
            .collect();
        let primary =
            ways.iter().min_by_key(|(route, link)| (route.metric, route.family, link.index));
        let link = primary.map(|(_, link)| link.name.as_str().into());
        let route = |way: &Link, family| {
            let own = ways
                .iter()
                .filter(|(route, link)| link.index == way.index && route.family == family);
            own.min_by_key(|(route, _)| route.metric).map(|(route, _)| route)
        };
        let identity = |link: &Link| {
            let (v4, v6) = (route(link, Family::V4), route(link, Family::V6));
            NetworkIdentity {
                link: link.index,
                carrier_losses: link.carrier_losses,
                gateway_v4: v4.and_then(|route| route.gateway),
                gateway_v6: v6.and_then(|route| route.gateway),
                network_v4: v4.and_then(|route| route.network),
                network_v6: v6.and_then(|route| route.network),
            }
        };
        let ways = ways.iter().map(|(_, link)| (link.name.as_str().into(), identity(link)));
        Self { ways: ways.collect(), link }
    }

    /// The link that leads out.
    pub(crate) fn link(&self) -> Option<&str> {
        self.link.as_deref()
    }

    /// The network behind a link that could lead out.
    pub(crate) fn behind(&self, link: &str) -> Option<&NetworkIdentity> {
        self.ways.get(link)
    }

    /// The network of the link that leads out.
    fn identity(&self) -> Option<&NetworkIdentity> {
        self.behind(self.link()?)
    }

    /// Which network it is, as far as its gateway says.
    pub(crate) fn network(&self) -> Option<NetworkId> {
        self.identity()?.network()
    }

    /// A default route leads out.
    pub(crate) fn is_online(&self) -> bool {
        self.link.is_some()
    }

    /// Both are online, on the same network.
    pub(crate) fn is_same_network(&self, other: &Self) -> bool {
        match (self.identity(), other.identity()) {
            (Some(one), Some(two)) => one.is_same(two),
            (None, _) | (_, None) => false,
        }
    }
}

/// What is not known on both sides does not differ.
fn agree<T: PartialEq>(one: Option<T>, two: Option<T>) -> bool {
    one.is_none() || two.is_none() || one == two
}

/// The link of a route that can carry traffic.
fn usable<'a>(facts: &'a Netlink, route: &DefaultRoute) -> Option<&'a Link> {
    let link = facts.links.iter().find(|link| link.index == route.link)?;
    let addressed = match route.family {
        Family::V4 => link.global_v4,
        Family::V6 => link.global_v6,
    };
    (link.carrier && addressed && !route.link_down).then_some(link)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(index: u32, kind: LinkKind) -> Link {
        let name = format!("link{index}");
        Link {
            index,
            name,
            kind,
            carrier: true,
            carrier_losses: 0,
            global_v4: true,
            global_v6: false,
        }
    }

    fn route(link: u32) -> DefaultRoute {
        let gateway = Some(IpAddr::from([10, 0, 0, 1]));
        DefaultRoute {
            gateway,
            family: Family::V4,
            link,
            metric: 100,
            link_down: false,
            network: None,
        }
    }

    fn online(links: Vec<Link>, default_routes: Vec<DefaultRoute>) -> bool {
        NetworkView::from_netlink(&Netlink { links, default_routes }).is_online()
    }

    #[test]
    fn a_default_route_with_carrier_and_address_is_online() {
        assert!(online(vec![link(2, LinkKind::Ordinary)], vec![route(2)]));
        assert!(!online(vec![link(2, LinkKind::Ordinary)], vec![]));
        assert!(!online(vec![], vec![route(2)]));
    }

    #[test]
    fn carrier_address_and_linkdown_each_decide() {
        let ordinary = || link(2, LinkKind::Ordinary);
        assert!(!online(vec![Link { carrier: false, ..ordinary() }], vec![route(2)]));
        assert!(!online(vec![Link { global_v4: false, ..ordinary() }], vec![route(2)]));
        let down = DefaultRoute { link_down: true, ..route(2) };
        assert!(!online(vec![ordinary()], vec![down]));
    }

    #[test]
    fn an_ipv6_only_host_is_online() {
        let six = Link { global_v4: false, global_v6: true, ..link(2, LinkKind::Ordinary) };
        let route = DefaultRoute { family: Family::V6, gateway: None, ..route(2) };
        assert!(online(vec![six], vec![route]));
    }

    #[test]
    fn a_tunnel_alone_is_not_online() {
        let tunnel = link(3, LinkKind::Tunnel);
        assert!(!online(vec![tunnel.clone()], vec![route(3)]));
        let both = vec![link(2, LinkKind::Ordinary), tunnel];
        assert!(online(both, vec![route(2), route(3)]));
    }

    #[test]
    fn a_second_family_is_the_same_network() {
        let four = Netlink {
            links: vec![Link { global_v6: true, ..link(2, LinkKind::Ordinary) }],
            default_routes: vec![route(2)],
        };
        let six = DefaultRoute {
            family: Family::V6,
            gateway: Some(IpAddr::from([0xfe80, 0, 0, 0, 0, 0, 0, 1])),
            metric: 1,
            ..route(2)
        };
        let both = Netlink { default_routes: vec![route(2), six.clone()], ..four.clone() };
        let only_six = Netlink { default_routes: vec![six], ..four.clone() };
        let view = NetworkView::from_netlink;
        assert!(view(&four).is_same_network(&view(&both)));
        assert!(view(&only_six).is_same_network(&view(&both)));
    }

    #[test]
    fn another_gateway_is_another_network() {
        let at = |last| Netlink {
            links: vec![link(2, LinkKind::Ordinary)],
            default_routes: vec![DefaultRoute {
                gateway: Some(IpAddr::from([10, 0, 0, last])),
                ..route(2)
            }],
        };
        let view = NetworkView::from_netlink;
        assert!(!view(&at(1)).is_same_network(&view(&at(2))));
    }

    /// A router may have the address of another elsewhere; the kernel finds out whose hardware it
    /// is some time after the route is there.
    #[test]
    fn another_router_is_another_network_and_a_name_that_comes_late_is_not() {
        let named = |network: Option<u64>| Netlink {
            links: vec![link(2, LinkKind::Ordinary)],
            default_routes: vec![DefaultRoute { network: network.map(NetworkId::new), ..route(2) }],
        };
        let view = |network| NetworkView::from_netlink(&named(network));
        assert!(view(None).is_same_network(&view(Some(1))));
        assert!(!view(Some(1)).is_same_network(&view(Some(2))));
        assert_eq!(view(Some(1)).network(), Some(NetworkId::new(1)));
    }

    #[test]
    fn the_older_family_names_the_network_of_both() {
        let four = DefaultRoute { network: Some(NetworkId::new(4)), ..route(2) };
        let six = DefaultRoute {
            family: Family::V6,
            gateway: Some(IpAddr::from([0xfe80, 0, 0, 0, 0, 0, 0, 1])),
            network: Some(NetworkId::new(6)),
            ..route(2)
        };
        let named = |default_routes| {
            let links = vec![Link { global_v6: true, ..link(2, LinkKind::Ordinary) }];
            NetworkView::from_netlink(&Netlink { links, default_routes }).network()
        };
        assert_eq!(named(vec![six.clone()]), Some(NetworkId::new(6)));
        assert_eq!(named(vec![four, six.clone()]), Some(NetworkId::new(4)));
        assert_eq!(named(vec![route(2), six]), None, "not yet");
    }
}
