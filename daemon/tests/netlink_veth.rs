//! The network monitor on a real veth pair, in a network namespace of each test's own.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/root.rs"]
mod root;

use std::{process::Command, thread, time::Duration};

use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};
use nix::{
    errno::Errno,
    sched::{CloneFlags, unshare},
};
use pwasync_core::facts::{Family, Link, LinkKind, Netlink, NetworkId};
use pwasyncd::{
    channel::{self, Input},
    network::{self, Settings},
};
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

/// A machine under load is slow; a monitor that is wrong never gets there.
const LIMIT: Duration = Duration::from_secs(20);

const UP: [&str; 4] = [
    "link set isp0 up",
    "link set wan0 up",
    "address add 192.0.2.10/24 dev wan0",
    "route add default via 192.0.2.1 dev wan0 metric 100",
];

#[test]
fn a_host_without_links_is_told_at_once() {
    in_namespace(async |host| {
        let facts = host.monitor(Settings::default()).await;
        assert_eq!(facts.links.len(), 2 + 1, "lo and the pair: {facts:?}");
        assert!(facts.default_routes.is_empty());
        assert_eq!(link(facts, "lo").unwrap().kind, LinkKind::Loopback);
        assert!(!link(facts, "wan0").unwrap().carrier);
    });
}

#[test]
fn what_is_there_before_the_monitor_is_in_the_first_snapshot() {
    in_namespace(async |host| {
        ip_all(&UP);
        // The carrier follows the link's being switched on; the monitor may be quicker.
        host.monitor(Settings::default()).await;
        host.until("online", |facts| leads_out(facts, Family::V4)).await;
    });
}

#[test]
fn a_link_that_comes_up_goes_down_and_comes_back_is_followed() {
    in_namespace(async |host| {
        let facts = host.monitor(Settings::default()).await;
        assert!(!leads_out(facts, Family::V4));
        ip_all(&UP);
        host.until("online", |facts| leads_out(facts, Family::V4)).await;

        // The cable out: the route stays, marked, and the kernel tells only of the link.
        ip("link set isp0 down");
        host.until("without carrier", |facts| {
            let marked = facts.default_routes.iter().all(|route| route.link_down);
            !link(facts, "wan0").unwrap().carrier && facts.default_routes.len() == 1 && marked
        })
        .await;

        ip("link set isp0 up");
        host.until("online again", |facts| leads_out(facts, Family::V4)).await;
    });
}

#[test]
fn routes_that_the_kernel_drops_in_silence_are_missed() {
    in_namespace(async |host| {
        host.monitor(Settings::default()).await;
        ip_all(&UP);
        ip("address add 192.0.2.11/24 dev wan0");
        ip("route replace default via 192.0.2.1 dev wan0 metric 100 src 192.0.2.11");
        host.until("online", |facts| leads_out(facts, Family::V4)).await;
        ip("address delete 192.0.2.11/24 dev wan0");
        host.until("without route", |facts| facts.default_routes.is_empty()).await;

        ip("route add default via 192.0.2.1 dev wan0");
        host.until("online", |facts| leads_out(facts, Family::V4)).await;
        ip("link set wan0 down");
        host.until("without route", |facts| facts.default_routes.is_empty()).await;
    });
}

#[test]
fn a_replaced_route_takes_the_place_of_the_old_one() {
    in_namespace(async |host| {
        host.monitor(Settings::default()).await;
        ip_all(&UP);
        host.until("online", |facts| leads_out(facts, Family::V4)).await;
        ip("route replace default via 192.0.2.2 dev wan0 metric 100");
        let other = "192.0.2.2".parse().unwrap();
        host.until("another gateway", |facts| {
            facts.default_routes.len() == 1 && facts.default_routes[0].gateway == Some(other)
        })
        .await;
    });
}

const KNOWN: &str = "neighbour replace 192.0.2.1 lladdr 02:00:00:00:00:01 nud reachable dev wan0";

/// The kernel finds out whose hardware the gateway is when somebody talks to it.
#[test]
fn a_network_is_told_by_its_gateways_hardware() {
    in_namespace(async |host| {
        host.monitor(Settings::default()).await;
        ip_all(&UP);
        host.until("online", |facts| leads_out(facts, Family::V4)).await;
        assert_eq!(network(&host.last), None);
        ip(KNOWN);
        host.until("known", |facts| network(facts).is_some()).await;
        let first = network(&host.last);
        // Another router, of the same address.
        ip("link set isp0 down");
        host.until("offline", |facts| !leads_out(facts, Family::V4)).await;
        ip("link set isp0 up");
        host.until("unknown", |facts| leads_out(facts, Family::V4)).await;
        assert_eq!(network(&host.last), None);
        ip("neighbour replace 192.0.2.1 lladdr 02:00:00:00:00:02 nud reachable dev wan0");
        host.until("known", |facts| network(facts).is_some()).await;
        assert_ne!(network(&host.last), first);
    });
}

#[test]
fn a_gateway_that_is_known_before_the_monitor_is_asked_for() {
    in_namespace(async |host| {
        ip_all(&UP);
        ip(KNOWN);
        host.monitor(Settings::default()).await;
        host.until("known", |facts| network(facts).is_some()).await;
        // It is kept when the kernel forgets it.
        ip("neighbour delete 192.0.2.1 dev wan0");
        ip("address add 192.0.2.12/32 dev lo");
        host.until("another address", |facts| link(facts, "lo").unwrap().global_v4).await;
        assert!(network(&host.last).is_some());
    });
}

fn network(facts: &Netlink) -> Option<NetworkId> {
    facts.default_routes.first()?.network
}

#[test]
fn an_ipv6_default_route_with_a_global_address_is_told() {
    in_namespace(async |host| {
        host.monitor(Settings::default()).await;
        ip_all(&[
            "link set isp0 up",
            "link set wan0 up",
            "address add 2001:db8::10/64 dev wan0 nodad",
            "-6 route add default via 2001:db8::1 dev wan0",
        ]);
        host.until("online", |facts| leads_out(facts, Family::V6)).await;
        ip("address change 2001:db8::10/64 dev wan0 preferred_lft 0 valid_lft forever");
        host.until("deprecated", |facts| !link(facts, "wan0").unwrap().global_v6).await;
    });
}

#[test]
fn a_tunnel_is_told_as_one() {
    in_namespace(async |host| {
        host.monitor(Settings::default()).await;
        ip("tuntap add mode tun name vpn0");
        host.until("a tunnel", |facts| {
            link(facts, "vpn0").is_some_and(|link| link.kind == LinkKind::Tunnel)
        })
        .await;
        ip("link delete vpn0");
        host.until("no tunnel", |facts| link(facts, "vpn0").is_none()).await;
    });
}

#[test]
fn after_an_overflow_everything_is_read_anew() {
    in_namespace(async |host| {
        let small = Settings { receive_buffer: 4096, ..Settings::default() };
        host.monitor(small).await;
        ip_all(&UP);
        host.until("online", |facts| leads_out(facts, Family::V4)).await;

        // A socket like the monitor's, which nobody reads either, shows that messages are lost:
        // the monitor shares this thread and does not run before the next `await`.
        let mut unread = Socket::new(NETLINK_ROUTE).unwrap();
        unread.set_rx_buf_sz(small.receive_buffer).unwrap();
        unread.bind(&SocketAddr::new(0, 0x551)).unwrap();
        for _ in 0..20 {
            ip_all(&["link set isp0 down", "link set isp0 up"]);
        }
        ip("link set wan0 name lan0");
        ip("route replace default via 192.0.2.7 dev lan0 metric 100");
        let lost = loop {
            if let Err(error) = unread.recv(&mut Vec::with_capacity(65536), 0) {
                break error;
            }
        };
        assert_eq!(lost.raw_os_error(), Some(Errno::ENOBUFS as i32));

        let gateway = Some("192.0.2.7".parse().unwrap());
        host.until("as it is after the storm", |facts| {
            link(facts, "wan0").is_none()
                && link(facts, "lan0").is_some_and(|link| link.carrier && link.global_v4)
                && facts.default_routes.len() == 1
                && facts.default_routes[0].gateway == gateway
                && !facts.default_routes[0].link_down
        })
        .await;
    });
}

/// A namespace with `lo` and the pair `wan0`, `isp0`, both down.
struct Host {
    engine: channel::EngineSender,
    inputs: mpsc::Receiver<Input>,
    monitor: Option<JoinHandle<()>>,
    last: Netlink,
}

impl Host {
    /// Starts the monitor; its first snapshot.
    async fn monitor(&mut self, settings: Settings) -> &Netlink {
        self.monitor = Some(tokio::spawn(network::watch(settings, self.engine.network())));
        self.last = self.next("the first snapshot").await;
        &self.last
    }

    /// Takes snapshots until it holds, the last one included.
    async fn until(&mut self, what: &str, holds: impl Fn(&Netlink) -> bool) {
        while !holds(&self.last) {
            let next = self.next(what).await;
            assert!(next != self.last, "sent twice: {next:#?}");
            self.last = next;
        }
    }

    async fn next(&mut self, what: &str) -> Netlink {
        match timeout(LIMIT, self.inputs.recv()).await {
            Ok(Some(Input::Network(facts))) => facts,
            other => panic!("waited for `{what}` after {:#?}, got {other:?}", self.last),
        }
    }

    /// The monitor ends when the engine has, at the next thing that it would tell.
    async fn stop(self) {
        drop(self.inputs);
        ip("link set lo up");
        timeout(LIMIT, self.monitor.unwrap()).await.unwrap().unwrap();
    }
}

/// Runs a test on a thread that has a network namespace of its own; `ip` inherits it.
fn in_namespace(test: impl AsyncFnOnce(&mut Host) + Send + 'static) {
    if !root::have_root("only root may make a network namespace") {
        return;
    }
    let namespace = thread::spawn(|| {
        unshare(CloneFlags::CLONE_NEWNET).unwrap();
        ip("link add wan0 type veth peer name isp0");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (engine, inputs) = channel::channel();
        let mut host = Host { engine, inputs, monitor: None, last: Netlink::default() };
        runtime.block_on(async {
            test(&mut host).await;
            host.stop().await;
        });
    });
    namespace.join().unwrap();
}

fn ip_all(commands: &[&str]) {
    for command in commands {
        ip(command);
    }
}

fn ip(command: &str) {
    let output = Command::new("ip").args(command.split(' ')).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ip {command}: {said}");
}

fn link<'a>(facts: &'a Netlink, name: &str) -> Option<&'a Link> {
    facts.links.iter().find(|link| link.name == name)
}

/// A default route of the family through `wan0`, which has carrier and address.
fn leads_out(facts: &Netlink, family: Family) -> bool {
    link(facts, "wan0").is_some_and(|link| {
        let addressed = match family {
            Family::V4 => link.global_v4,
            Family::V6 => link.global_v6,
        };
        let mut routes = facts.default_routes.iter();
        let routed = routes
            .any(|route| route.family == family && route.link == link.index && !route.link_down);
        link.carrier && addressed && routed
    })
}
