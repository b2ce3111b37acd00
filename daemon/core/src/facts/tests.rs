use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use super::*;
use crate::{
    place::Place,
    policy::{Patch, Value, keys},
};

const NOW: Timestamp = Timestamp::from_millis(1_000_000);
const SECOND: Duration = Duration::from_secs(1);

fn host() -> Host {
    Host::new(NOW, None)
}

/// Links that lead out, the first one preferred.
fn netlink(names: &[&str]) -> Netlink {
    let numbered = || (1_u32..).zip(names);
    let link = |(index, name): (u32, &&str)| Link {
        index,
        name: (*name).to_owned(),
        kind: LinkKind::Ordinary,
        carrier: true,
        carrier_losses: 0,
        global_v4: true,
        global_v6: false,
    };
    let route = |(link, _)| DefaultRoute {
        gateway: Some(IpAddr::from([10, 0, 0, 1])),
        family: Family::V4,
        link,
        metric: link,
        link_down: false,
        network: None,
    };
    Netlink {
        links: numbered().map(link).collect(),
        default_routes: numbered().map(route).collect(),
    }
}

fn connection(connectivity: Connectivity, metered: Metered) -> Connection {
    Connection { connectivity, metered, ..Connection::NONE }
}

fn manager(others: Others, links: &[(&str, Connection)]) -> Manager {
    let links = links.iter().map(|(name, connection)| ((*name).into(), *connection));
    Manager::Present(Managed {
        links: links.collect::<BTreeMap<_, _>>(),
        names: BTreeMap::new(),
        others,
        recheck: Recheck::Asked,
    })
}

/// The wired one costs nothing, the other one does.
fn two() -> Manager {
    manager(
        Others::Free,
        &[
            ("eth0", connection(Connectivity::Full, Metered::No)),
            ("wlan0", connection(Connectivity::Full, Metered::Yes)),
        ],
    )
}

#[test]
fn the_link_that_leads_out_counts_and_no_other() {
    let (policy, mut host) = (Policy::default(), host());
    host.take_manager(NOW, two(), &policy);
    host.take_netlink(NOW, &netlink(&["eth0", "wlan0"]), &policy);
    assert!(!host.facts().metered);
    // The manager has not noticed yet.
    host.take_netlink(NOW + SECOND, &netlink(&["wlan0"]), &policy);
    assert!(host.facts().metered);
    assert_eq!(host.facts().reach, Reach::Online);
}

#[test]
fn a_link_that_the_manager_leaves_alone_is_as_without_it() {
    let (policy, mut host) = (Policy::default(), host());
    host.take_manager(NOW, manager(Others::Free, &[]), &policy);
    host.take_netlink(NOW, &netlink(&["eth0"]), &policy);
    assert_eq!(host.facts().reach, Reach::Online);
    assert_eq!(host.connection(), None);
}

#[test]
fn a_manager_that_does_not_know_its_links_yet_holds_them() {
    let (policy, mut host) = (Policy::default(), host());
    host.take_manager(NOW, manager(Others::Held, &[]), &policy);
    host.take_netlink(NOW, &netlink(&["eth0"]), &policy);
    assert_eq!(host.facts().reach, Reach::Offline);
}

#[test]
fn a_manager_that_is_awaited_holds_until_the_start_is_over() {
    let (policy, mut host) = (Policy::default(), host());
    host.take_manager(NOW, Manager::Awaited, &policy);
    host.take_netlink(NOW, &netlink(&["eth0"]), &policy);
    assert_eq!((host.facts().reach, host.online()), (Reach::Offline, None));
    let over = NOW + policy.starting_limit;
    assert!(!host.stop_waiting(Timestamp::from_millis(over.as_millis() - 1), &policy));
    assert!(host.stop_waiting(over, &policy));
    assert_eq!((host.facts().reach, host.online()), (Reach::Online, Some(true)));
    assert_eq!(host.settled_at(), Some(over + policy.settle));
    assert_eq!(host.returned().times, 0, "the network has been there all the time");
    assert!(!host.stop_waiting(over, &policy));
}

/// It may be back soon, and know of a captive portal.
#[test]
fn a_manager_that_goes_or_lets_go_of_its_link_has_the_network_settle_for_longer() {
    for gone in [Manager::Absent, manager(Others::Free, &[])] {
        let (policy, mut host) = (Policy::default(), host());
        let portal = connection(Connectivity::Portal, Metered::No);
        host.take_netlink(NOW, &netlink(&["eth0"]), &policy);
        host.take_manager(NOW, manager(Others::Free, &[("eth0", portal)]), &policy);
        assert_eq!(host.facts().reach, Reach::CaptivePortal);
        host.take_manager(NOW + SECOND, gone, &policy);
        assert_eq!(host.facts().reach, Reach::Online);
        assert_eq!(host.settled_at(), Some(NOW + SECOND + policy.resume_settle));
        assert_eq!(host.returned().times, 0);
    }
}

#[test]
fn a_link_that_does_not_lead_out_changes_nothing() {
    let (policy, mut host) = (Policy::default(), host());
    host.take_netlink(NOW, &netlink(&["eth0"]), &policy);
    let cable = ("eth0", connection(Connectivity::Full, Metered::No));
    let container = ("veth7", connection(Connectivity::None, Metered::GuessNo));
    assert!(host.take_manager(NOW, manager(Others::Free, &[cable]), &policy));
    let (settled, before) = (host.settled_at(), host.facts());
    let more = manager(Others::Free, &[cable, container]);
    assert!(!host.take_manager(NOW + SECOND, more, &policy));
    assert_eq!((host.settled_at(), host.facts()), (settled, before));
}

/// The same links after one of them lost its carrier for a moment.
fn flapped(names: &[&str], losses: u32) -> Netlink {
    let mut facts = netlink(names);
    facts.links[0].carrier_losses = losses;
    facts
}

/// One that reaches as far as this, for a check to be asked for.
fn reaching(connectivity: Connectivity) -> Manager {
    manager(Others::Free, &[("eth0", connection(connectivity, Metered::No))])
}

#[test]
fn a_link_that_was_out_for_a_moment_is_held_until_it_is_checked() {
    let (policy, mut host) = (Policy::default(), host());
    host.take_manager(NOW, reaching(Connectivity::Full), &policy);
    host.take_netlink(NOW, &netlink(&["eth0"]), &policy);
    assert_eq!(host.take_wanted_check(), None, "it was checked when it was set up");
    assert_eq!(host.settled_at(), Some(NOW + policy.settle));

    let moved = NOW + SECOND * 60;
    host.take_netlink(moved, &flapped(&["eth0"], 1), &policy);
    assert_eq!(host.settled_at(), Some(moved + policy.check_limit));
    let check = host.take_wanted_check().unwrap();
    assert_eq!(host.take_wanted_check(), None, "once");
    assert!(!host.take_check(moved, CheckNumber::new(99), &policy), "another");
    let later = Timestamp::from_millis(moved.as_millis() + 15);
    assert!(host.take_check(later, check, &policy));
    assert_eq!(host.settled_at(), Some(moved + policy.settle));
    host.take_netlink(later + SECOND, &flapped(&["eth0"], 1), &policy);
    assert_eq!(host.take_wanted_check(), None);
}

#[test]
fn a_word_that_changes_is_of_the_network_as_it_is() {
    let (policy, mut host) = (Policy::default(), host());
    host.take_manager(NOW, reaching(Connectivity::Full), &policy);
    host.take_netlink(NOW, &netlink(&["eth0"]), &policy);
    let moved = NOW + SECOND;
    host.take_netlink(moved, &flapped(&["eth0"], 1), &policy);
    let first = host.take_wanted_check().unwrap();
    host.take_manager(moved, reaching(Connectivity::Portal), &policy);
    assert_eq!((host.facts().reach, host.settled_at()), (Reach::CaptivePortal, None));
    host.take_manager(moved, reaching(Connectivity::Full), &policy);
    assert_eq!(host.settled_at(), Some(moved + policy.settle));
    // A portal that is left is asked about too, and an answer on the network before is none.
    host.take_manager(moved, reaching(Connectivity::Portal), &policy);
    host.take_netlink(moved, &flapped(&["eth0"], 2), &policy);
    let second = host.take_wanted_check().unwrap();
    assert!(first < second);
    host.take_check(moved, first, &policy);
    host.take_manager(moved, reaching(Connectivity::Full), &policy);
    assert_eq!(host.settled_at(), Some(moved + policy.settle));
}

#[test]
fn what_is_not_checked_is_not_asked_about() {
    let policy = Policy::default();
    let never = Manager::of_link("eth0", connection(Connectivity::Full, Metered::No));
    let words = [Connectivity::Unchecked, Connectivity::None].map(reaching);
    for word in words.into_iter().chain([never, Manager::Absent]) {
        let mut host = host();
        host.take_manager(NOW, word, &policy);
        host.take_netlink(NOW, &netlink(&["eth0"]), &policy);
        host.take_netlink(NOW, &flapped(&["eth0"], 1), &policy);
        assert_eq!(host.take_wanted_check(), None);
        let settled = host.settled_at();
        assert!(settled.is_none_or(|at| at == NOW + policy.settle), "{settled:?}");
    }
}

/// A fail-over to a link that has not moved waits for nobody; one that moved meanwhile is doubted.
#[test]
fn each_link_is_known_for_itself() {
    let (policy, mut host) = (Policy::default(), host());
    host.take_manager(NOW, two(), &policy);
    host.take_netlink(NOW, &netlink(&["eth0", "wlan0"]), &policy);
    let mut other = netlink(&["eth0", "wlan0"]);
    other.default_routes.remove(0);
    host.take_netlink(NOW + SECOND, &other, &policy);
    assert_eq!(host.take_wanted_check(), None);
    assert_eq!(host.settled_at(), Some(NOW + SECOND + policy.settle));
    host.take_netlink(NOW + SECOND, &netlink(&["eth0", "wlan0"]), &policy);
    let mut moved = netlink(&["eth0", "wlan0"]);
    moved.links[1].carrier_losses = 1;
    host.take_netlink(NOW + SECOND, &moved, &policy);
    assert_eq!(host.take_wanted_check(), None, "it does not lead out");
    moved.default_routes.remove(0);
    host.take_netlink(NOW + SECOND * 2, &moved, &policy);
    assert!(host.take_wanted_check().is_some());
}

/// A policy that says something of one network.
fn saying(kind: &str, name: &str, key: &str, word: &'static str) -> Policy {
    let mut patch = Patch::default();
    patch.set_of_network(keys::find(key).unwrap(), Value::Word(word)).unwrap();
    let place = Place::parse(kind, name).unwrap().unwrap();
    let networks = BTreeMap::from([(place, patch)]);
    Policy { networks, ..Policy::default() }
}

/// A Wi-Fi with a name, on a profile with two.
fn wifi(connectivity: Connectivity) -> Manager {
    let Manager::Present(mut managed) =
        manager(Others::Free, &[("wlan0", connection(connectivity, Metered::GuessNo))])
    else {
        unreachable!()
    };
    let connection = ["Home".into(), "5b1d6ae4".into()];
    let names = LinkNames { connection, ssid: Some("Phone".into()) };
    managed.names.insert("wlan0".into(), names);
    Manager::Present(managed)
}

#[test]
fn a_network_is_named_in_four_ways() {
    for (kind, name, meant) in [
        ("interface", "wlan0", true),
        ("ssid", "Phone", true),
        ("connection", "Home", true),
        ("connection", "5b1d6ae4", true),
        ("interface", "wlan1", false),
        ("ssid", "Home", false),
        ("connection", "Phone", false),
    ] {
        let policy = saying(kind, name, "network.metered", "yes");
        let mut host = host();
        host.take_manager(NOW, wifi(Connectivity::Full), &policy);
        host.take_netlink(NOW, &netlink(&["wlan0"]), &policy);
        assert_eq!(host.facts().metered, meant, "{kind} {name}");
        host.take_netlink(NOW, &netlink(&[]), &policy);
        assert!(!host.facts().metered, "it is on no network");
    }
}

#[test]
fn policy_says_where_a_network_leads_but_makes_none() {
    let taken = saying("ssid", "Phone", "network.online", "yes");
    let refused = saying("ssid", "Phone", "network.online", "no");
    for word in [Connectivity::Portal, Connectivity::Limited, Connectivity::None] {
        let mut host = host();
        host.take_manager(NOW, wifi(word), &taken);
        host.take_netlink(NOW, &netlink(&[]), &taken);
        assert_eq!(host.facts().reach, Reach::Offline);
        host.take_netlink(NOW, &netlink(&["wlan0"]), &taken);
        assert_eq!(host.facts().reach, Reach::Online);
        assert!(host.take_policy(NOW, &refused));
        assert_eq!((host.facts().reach, host.settled_at()), (Reach::Offline, None));
        assert!(host.take_policy(NOW, &Policy::default()));
    }
}

#[test]
fn what_is_said_of_a_connection_stands_over_its_interface() {
    let mut policy = saying("interface", "wlan0", "network.metered", "yes");
    policy.networks.extend(saying("connection", "Home", "network.metered", "no").networks);
    let mut host = host();
    host.take_manager(NOW, wifi(Connectivity::Full), &policy);
    host.take_netlink(NOW, &netlink(&["wlan0"]), &policy);
    assert!(!host.facts().metered);
}
