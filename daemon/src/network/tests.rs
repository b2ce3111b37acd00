//! What recorded bytes of a real kernel (6.18, a veth in a namespace) are read as.
//!
//! A line of `recorded/*.hex` is a datagram; comments say which commands it follows.

use std::fmt::Write;

use expect_test::{Expect, expect};
use netlink_packet_core::{Emitable, NetlinkMessage};
use netlink_packet_route::{
    RouteNetlinkMessage,
    link::{InfoKind, LinkAttribute, LinkInfo, LinkMessage},
};
use proptest::prelude::*;
use pwasync_core::facts::{DefaultRoute, Family, LinkKind, Netlink};

use super::{
    naming::Naming,
    parse::{Body, Change, Message, Neighbour, Reach, parse},
    table::{Routes, Table},
};

const EMPTY: &str = include_str!("recorded/empty.hex");
const UP: &str = include_str!("recorded/up.hex");
const UP6: &str = include_str!("recorded/up6.hex");
const DUMP: &str = include_str!("recorded/dump.hex");
const CARRIER_LOST: &str = include_str!("recorded/carrier-lost.hex");
const DUMP_CARRIER_LOST: &str = include_str!("recorded/dump-carrier-lost.hex");
const REPLACED: &str = include_str!("recorded/replaced.hex");
const DUMP_MULTIPATH: &str = include_str!("recorded/dump-multipath.hex");
const GONE: &str = include_str!("recorded/gone.hex");
const NEIGHBOURS: &str = include_str!("recorded/neighbours.hex");

const ALL: [&str; 10] = [
    EMPTY,
    UP,
    UP6,
    DUMP,
    CARRIER_LOST,
    DUMP_CARRIER_LOST,
    REPLACED,
    DUMP_MULTIPATH,
    GONE,
    NEIGHBOURS,
];

#[test]
fn a_fresh_namespace_has_only_lo_and_no_table_of_ipv4_routes() {
    check(
        EMPTY,
        expect![[r#"
        link 1 lo Loopback up carrier
        Done
        address 127.0.0.1/8 less
        address ::1/128 less
        Done
    "#]],
    );
}

#[test]
fn a_link_that_comes_up_is_told_step_by_step() {
    check(
        UP,
        expect![[r#"
            link 2 isp0 Ordinary losses 1
            link 3 wan0 Ordinary losses 1
            link 2 isp0 Ordinary up losses 1
            link 3 wan0 Ordinary up losses 1
            Other
            link 3 wan0 Ordinary up carrier losses 1
            Other
            link 2 isp0 Ordinary up carrier losses 1
            address 192.0.2.10/24 global
            Other
            default [v4 via 192.0.2.1 link 3 metric 100]
        "#]],
    );
}

#[test]
fn ipv6_addresses_and_routes_are_told_too() {
    check(
        UP6,
        expect![[r#"
        Other
        address 2001:db8::10/64 global
        Other
        default [v6 via 2001:db8::1 link 3 metric 1024]
    "#]],
    );
}

#[test]
fn a_dump_tells_all_at_once() {
    check(
        DUMP,
        expect![[r#"
            link 1 lo Loopback up carrier
            link 2 isp0 Ordinary up carrier losses 1
            link 3 wan0 Ordinary up carrier losses 1
            Done
            address 127.0.0.1/8 less
            address 192.0.2.10/24 global
            address ::1/128 less
            address fe80::c442:d5ff:fed0:47fd/64 less
            address 2001:db8::10/64 global
            address fe80::bca4:4bff:feda:fb6/64 less
            Done
            default [v4 via 192.0.2.1 link 3 metric 100]
            Other
            Done
            Other
            default [v6 via 2001:db8::1 link 3 metric 1024]
            Done
        "#]],
    );
}

#[test]
fn a_lost_carrier_is_told_of_the_link_alone() {
    check(
        CARRIER_LOST,
        expect![[r#"
            link 2 isp0 Ordinary losses 2
            Other
            address fe80::c442:d5ff:fed0:47fd gone
            link 3 wan0 Ordinary up losses 2
            address fe80::bca4:4bff:feda:fb6/64 less
            Other
        "#]],
    );
}

#[test]
fn the_flags_of_routes_without_carrier_stand_in_the_dump_only() {
    check(
        DUMP_CARRIER_LOST,
        expect![[r#"
            link 1 lo Loopback up carrier
            link 2 isp0 Ordinary losses 2
            link 3 wan0 Ordinary up losses 2
            Done
            address 127.0.0.1/8 less
            address 192.0.2.10/24 global
            address ::1/128 less
            address 2001:db8::10/64 global
            address fe80::bca4:4bff:feda:fb6/64 less
            Done
            default [v4 via 192.0.2.1 link 3 metric 100 down]
            Other
            Done
            Other
            default [v6 via 2001:db8::1 link 3 metric 1024 down]
            Done
        "#]],
    );
}

#[test]
fn replaced_routes_multipath_and_foreign_gateways_are_read() {
    check(
        REPLACED,
        expect![[r#"
            link 2 isp0 Ordinary up losses 2
            Other
            link 2 isp0 Ordinary up carrier losses 2
            link 3 wan0 Ordinary up carrier losses 2
            default [v4 via 192.0.2.2 link 3 metric 100]
            default [v4 via 192.0.2.1 link 3 metric 100] [v4 via 192.0.2.2 link 3 metric 100]
            Other
            default [v4 via fe80::1 link 3 metric 300]
        "#]],
    );
    check(
        DUMP_MULTIPATH,
        expect![[r#"
            link 1 lo Loopback up carrier
            link 2 isp0 Ordinary up carrier losses 2
            link 3 wan0 Ordinary up carrier losses 2
            Done
            address 127.0.0.1/8 less
            address 192.0.2.10/24 global
            address ::1/128 less
            address fe80::c442:d5ff:fed0:47fd/64 less
            address 2001:db8::10/64 global
            address fe80::bca4:4bff:feda:fb6/64 less
            Done
            default [v4 via 192.0.2.1 link 3 metric 100] [v4 via 192.0.2.2 link 3 metric 100]
            default [v4 via fe80::1 link 3 metric 300]
            Other
            Done
            Other
            default [v6 via 2001:db8::1 link 3 metric 1024]
            Done
        "#]],
    );
}

#[test]
fn a_port_of_a_bridge_that_goes_takes_no_link_along() {
    check(
        GONE,
        expect![[r#"
            link 4 tun0 Tunnel
            link 5 br0 Ordinary
            link 3 wan0 Ordinary up carrier losses 2
            link 5 br0 Ordinary
            Other
            link 5 br0 Ordinary losses 1
            link 3 wan0 Ordinary up carrier losses 2
            Other
            link 3 wan0 Ordinary up carrier losses 2
            link 5 br0 Ordinary losses 1
            link 3 wan0 Ordinary losses 3
            Other
            default gone
            Other
            address 2001:db8::10 gone
            address fe80::bca4:4bff:feda:fb6 gone
            link 2 isp0 Ordinary up losses 3
            link 2 isp0 Ordinary losses 3
            Other
            address fe80::c442:d5ff:fed0:47fd gone
            address 192.0.2.10 gone
            Other
            link 3 gone
            link 2 gone
        "#]],
    );
}

#[test]
fn a_neighbour_is_told_when_its_hardware_is_known() {
    check(
        NEIGHBOURS,
        expect![[r#"
            neighbour 192.0.2.1 link 3 at [02, 00, 00, 00, 00, 01]
            neighbour fe80::1 link 3 at [02, 00, 00, 00, 00, 01]
            Other
        "#]],
    );
}

/// Of all neighbours only gateways count, and those as long as the link keeps its carrier.
#[test]
fn a_network_is_named_by_its_gateway() {
    let naming = Naming::default();
    let mut table = Table::default();
    for recorded in [EMPTY, UP, UP6] {
        assert_eq!(feed(&mut table, recorded), Routes::Stale);
    }
    table.set_routes(dumped_routes(DUMP));
    assert!(!table.gateways_are_known());
    let networks = |table: &Table| {
        let routes = table.snapshot(&naming).default_routes;
        routes.iter().map(|route| route.network).collect::<Vec<_>>()
    };
    assert_eq!(networks(&table), [None, None]);
    assert_eq!(feed(&mut table, NEIGHBOURS), Routes::Current);
    let name = naming.of_gateway(&[2, 0, 0, 0, 0, 1]);
    // The other gateway is 2001:db8::1, which nobody told of.
    assert_eq!(networks(&table), [Some(name), None]);
    table.set_routes(dumped_routes(DUMP));
    assert_eq!(networks(&table), [Some(name), None]);
    assert_eq!(feed(&mut table, CARRIER_LOST), Routes::Stale);
    table.set_routes(dumped_routes(DUMP_CARRIER_LOST));
    assert_eq!(networks(&table), [None, None]);
    assert!(table.gateways_are_known(), "there is nobody to wait for");
}

#[test]
fn wireguard_is_a_tunnel() {
    let mut link = LinkMessage::default();
    link.header.index = 9;
    link.attributes = vec![
        LinkAttribute::IfName("wg0".to_owned()),
        LinkAttribute::LinkInfo(vec![LinkInfo::Kind(InfoKind::Wireguard)]),
    ];
    let mut message = NetlinkMessage::from(RouteNetlinkMessage::NewLink(link));
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.emit(&mut bytes);
    let Body::Change(Change::LinkSet(link)) = &parse(&bytes).unwrap()[0].body else { panic!() };
    assert_eq!((link.name.as_str(), link.kind), ("wg0", LinkKind::Tunnel));
}

#[test]
fn the_table_shows_what_was_told_and_asks_for_routes_again() {
    let mut table = Table::default();
    assert_eq!(feed(&mut table, EMPTY), Routes::Stale);
    assert_eq!(feed(&mut table, UP), Routes::Stale);
    assert_eq!(feed(&mut table, UP6), Routes::Stale);
    table.set_routes(dumped_routes(DUMP));
    let wan0 = |table: &Table| {
        let Netlink { links, default_routes } = table.snapshot(&Naming::default());
        let link = links.into_iter().find(|link| link.name == "wan0");
        let link = link.map(|link| (link.carrier, link.global_v4, link.global_v6));
        (link, default_routes.len())
    };
    assert_eq!(wan0(&table), (Some((true, true, true)), 2));

    assert_eq!(feed(&mut table, CARRIER_LOST), Routes::Stale);
    table.set_routes(dumped_routes(DUMP_CARRIER_LOST));
    assert_eq!(wan0(&table), (Some((false, true, true)), 2));
    assert!(table.snapshot(&Naming::default()).default_routes.iter().all(|route| route.link_down));

    // The same facts told again are no change.
    let before = table.snapshot(&Naming::default());
    assert_eq!(feed(&mut table, DUMP_CARRIER_LOST), Routes::Stale);
    assert_eq!(before, table.snapshot(&Naming::default()));

    assert_eq!(feed(&mut table, GONE), Routes::Stale);
    table.set_routes(Vec::new());
    assert_eq!(wan0(&table), (None, 0));
}

#[test]
fn whatever_can_take_a_route_along_asks_for_routes_again() {
    let mut table = Table::default();
    for message in messages(DUMP).into_iter().chain(messages(GONE)) {
        let Body::Change(change) = message.body else { continue };
        let again = change.clone();
        let wanted = match change {
            Change::AddressSet(..) | Change::NeighbourSet(..) => Routes::Current,
            Change::LinkSet(_)
            | Change::LinkGone(_)
            | Change::AddressGone(_)
            | Change::DefaultRouteSet(_)
            | Change::DefaultRouteGone => Routes::Stale,
        };
        let before = table.snapshot(&Naming::default());
        let told = table.apply(change);
        if matches!(again, Change::LinkSet(_)) && before == table.snapshot(&Naming::default()) {
            continue;
        }
        assert_eq!(told, wanted, "{again:?}");
    }
}

#[test]
fn a_dump_gives_the_same_as_the_changes_before_it() {
    let mut followed = Table::default();
    for recorded in [EMPTY, UP, UP6] {
        assert_eq!(feed(&mut followed, recorded), Routes::Stale);
    }
    followed.set_routes(dumped_routes(DUMP));
    let mut dumped = Table::default();
    assert_eq!(feed(&mut dumped, DUMP), Routes::Stale);
    dumped.set_routes(dumped_routes(DUMP));
    assert_eq!(followed.snapshot(&Naming::default()), dumped.snapshot(&Naming::default()));
}

#[test]
fn no_cut_of_a_recorded_datagram_panics() {
    for datagram in ALL.into_iter().flat_map(datagrams) {
        for length in 0..datagram.len() {
            let _ = parse(&datagram[..length]);
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&bytes);
    }

    /// Whole headers of all kinds, with any bytes behind them.
    #[test]
    fn no_message_panics(
        kind in 16_u16..30,
        payload in proptest::collection::vec(prop_oneof![0_u8..32, any::<u8>()], 0..200),
    ) {
        let length = u32::try_from(16 + payload.len()).unwrap();
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0; 10]);
        bytes.extend(payload);
        let mut table = Table::default();
        for message in parse(&bytes).unwrap() {
            if let Body::Change(change) = message.body {
                let _: Routes = table.apply(change);
            }
        }
        table.snapshot(&Naming::default());
    }

    #[test]
    fn no_changed_byte_panics(which in 0_usize..1000, at in 0_usize..4000, value: u8) {
        let all: Vec<Vec<u8>> = ALL.into_iter().flat_map(datagrams).collect();
        let mut datagram = all[which % all.len()].clone();
        let at = at % datagram.len();
        datagram[at] = value;
        let _ = parse(&datagram);
    }
}

fn datagrams(recorded: &str) -> Vec<Vec<u8>> {
    let bytes = |line: &str| {
        let pairs = (0..line.len()).step_by(2);
        pairs.map(|at| u8::from_str_radix(&line[at..at + 2], 16).unwrap()).collect()
    };
    recorded.lines().filter(|line| !line.starts_with('#')).map(bytes).collect()
}

fn messages(recorded: &str) -> Vec<Message> {
    datagrams(recorded).iter().flat_map(|datagram| parse(datagram).unwrap()).collect()
}

/// Stale as soon as one message says so.
fn feed(table: &mut Table, recorded: &str) -> Routes {
    let mut routes = Routes::Current;
    for message in messages(recorded) {
        if let Body::Change(change) = message.body
            && table.apply(change) == Routes::Stale
        {
            routes = Routes::Stale;
        }
    }
    routes
}

fn dumped_routes(recorded: &str) -> Vec<DefaultRoute> {
    let mut routes = Vec::new();
    for message in messages(recorded) {
        if let Body::Change(Change::DefaultRouteSet(hops)) = message.body {
            routes.extend(hops);
        }
    }
    routes
}

/// A line for each message, equal neighbours once.
fn check(recorded: &str, expected: Expect) {
    let mut lines: Vec<String> = messages(recorded).iter().map(|one| line(&one.body)).collect();
    lines.dedup();
    let mut text = lines.join("\n");
    text.push('\n');
    expected.assert_eq(&text);
}

fn line(body: &Body) -> String {
    match body {
        Body::Change(Change::LinkSet(link)) => format!(
            "link {} {} {:?}{}{}{}",
            link.index,
            link.name,
            link.kind,
            if link.up { " up" } else { "" },
            if link.carrier { " carrier" } else { "" },
            match link.carrier_losses {
                0 => String::new(),
                losses => format!(" losses {losses}"),
            },
        ),
        Body::Change(Change::LinkGone(index)) => format!("link {index} gone"),
        Body::Change(Change::AddressSet(address, reach)) => {
            let reach = match reach {
                Reach::Global => "global",
                Reach::Less => "less",
            };
            format!("address {}/{} {reach}", address.local, address.prefix_length)
        }
        Body::Change(Change::AddressGone(address)) => format!("address {} gone", address.local),
        Body::Change(Change::DefaultRouteSet(hops)) => {
            let mut text = "default".to_owned();
            for hop in hops {
                let family = match hop.family {
                    Family::V4 => 4,
                    Family::V6 => 6,
                };
                let gateway = hop.gateway.map_or("-".to_owned(), |gateway| gateway.to_string());
                let down = if hop.link_down { " down" } else { "" };
                let (link, metric) = (hop.link, hop.metric);
                write!(text, " [v{family} via {gateway} link {link} metric {metric}{down}]")
                    .unwrap();
            }
            text
        }
        Body::Change(Change::DefaultRouteGone) => "default gone".to_owned(),
        Body::Change(Change::NeighbourSet(neighbour, hardware)) => {
            let Neighbour { link, address } = neighbour;
            format!("neighbour {address} link {link} at {hardware:02x?}")
        }
        other @ (Body::Done
        | Body::Refused(_)
        | Body::Overrun
        | Body::Other
        | Body::Malformed(_)) => format!("{other:?}"),
    }
}
