//! Links of all kinds on hosts without NetworkManager: what matters is the default route.

use pwasync_e2e::bed::{Bed, BedOptions, LinkOptions, Plug};

use crate::{
    kernel::{free, out_and_in},
    scene::{Scene, can_run},
};

/// Cables without addresses, and no bus.
async fn bare(links: &[&str]) -> Bed {
    let links = links.iter().map(|name| LinkOptions::new(name)).collect();
    Bed::bare(BedOptions { links, ..BedOptions::default() }).await.unwrap()
}

/// Lines for `ip`.
fn lay(bed: &Bed, lines: &[&str]) {
    for line in lines {
        bed.network().ip(&line.split(' ').collect::<Vec<_>>()).unwrap();
    }
}

#[tokio::test]
async fn a_bridge_that_leads_out_is_a_link_like_others() {
    if !can_run() {
        return;
    }
    let bed = bare(&["eth0"]).await;
    lay(
        &bed,
        &[
            "link add br0 type bridge",
            "link set eth0 master br0",
            "link set eth0 up",
            "link set br0 up",
            "address add 10.99.0.2/24 dev br0",
            "route add default via 10.99.0.1 dev br0",
        ],
    );
    out_and_in(&mut Scene::start(bed).await).await;
}

/// As a VLAN, it has its carrier from the link below.
#[tokio::test]
async fn a_link_that_is_made_of_another_is_a_link_like_others() {
    if !can_run() {
        return;
    }
    let bed = bare(&["eth0"]).await;
    lay(
        &bed,
        &[
            "link set eth0 up",
            "link add upper0 link eth0 type macvlan mode bridge",
            "link set upper0 up",
            "address add 10.99.0.2/24 dev upper0",
            "route add default via 10.99.0.1 dev upper0",
        ],
    );
    out_and_in(&mut Scene::start(bed).await).await;
}

#[tokio::test]
async fn an_ipv6_only_host_has_a_network() {
    if !can_run() {
        return;
    }
    let bed = bare(&["eth0"]).await;
    lay(
        &bed,
        &[
            "link set eth0 up",
            "address add 2001:db8::2/64 dev eth0 nodad",
            "-6 route add default via 2001:db8::1 dev eth0",
        ],
    );
    let mut scene = Scene::start(bed).await;
    scene.until("online", |host| host.online == Some(true)).await;
    let id = scene.one_off().await;
    scene.runs(id).await;
    // The kernel drops addresses of this family with the link.
    lay(&scene.bed, &["-6 route delete default"]);
    scene.until("offline", |host| host.online == Some(false)).await;
    let id = scene.one_off().await;
    scene.held(id, &["OFFLINE"]).await;
    lay(&scene.bed, &["-6 route add default via 2001:db8::1 dev eth0"]);
    scene.runs(id).await;
}

#[tokio::test]
async fn a_tunnel_alone_leads_nowhere() {
    if !can_run() {
        return;
    }
    let bed = Bed::bare(free()).await.unwrap();
    lay(
        &bed,
        &[
            "tuntap add mode tun name vpn0",
            "link set vpn0 up",
            "address add 10.200.0.2/24 dev vpn0",
            "route add default dev vpn0 metric 50",
        ],
    );
    let mut scene = Scene::start(bed).await;
    out_and_in(&mut scene).await;
    lay(&scene.bed, &["route delete default dev eth0"]);
    scene.until("offline", |host| host.online == Some(false)).await;
    let id = scene.one_off().await;
    scene.held(id, &["OFFLINE"]).await;
}

#[tokio::test]
async fn addresses_of_the_link_alone_lead_nowhere() {
    if !can_run() {
        return;
    }
    let bed = bare(&["eth0"]).await;
    lay(
        &bed,
        &[
            "link set eth0 up",
            "address add 169.254.3.4/16 dev eth0 scope link",
            "route add default dev eth0",
            "-6 route add default via fe80::1 dev eth0",
        ],
    );
    let mut scene = Scene::start(bed).await;
    let id = scene.one_off().await;
    scene.held(id, &["OFFLINE"]).await;
    lay(&scene.bed, &["address add 10.99.0.2/24 dev eth0"]);
    scene.runs(id).await;
}

#[tokio::test]
async fn one_of_several_default_routes_is_enough() {
    if !can_run() {
        return;
    }
    let bed = bare(&["eth0", "eth1"]).await;
    lay(
        &bed,
        &[
            "link set eth0 up",
            "link set eth1 up",
            "address add 10.99.0.2/24 dev eth0",
            "address add 10.99.1.2/24 dev eth1",
            "route add default via 10.99.0.1 dev eth0 metric 100",
            "route add default via 10.99.1.1 dev eth1 metric 200",
        ],
    );
    let mut scene = Scene::start(bed).await;
    scene.until("online", |host| host.online == Some(true)).await;
    scene.bed.cable("eth0", Plug::Out).unwrap();
    let id = scene.one_off().await;
    scene.runs(id).await;
    scene.bed.cable("eth1", Plug::Out).unwrap();
    scene.until("offline", |host| host.online == Some(false)).await;
    let id = scene.one_off().await;
    scene.held(id, &["OFFLINE"]).await;
    scene.bed.cable("eth0", Plug::In).unwrap();
    scene.runs(id).await;
}

/// As a machine has it for its containers: always up, and no way out.
#[tokio::test]
async fn a_bridge_of_containers_leads_nowhere() {
    if !can_run() {
        return;
    }
    let bed = Bed::bare(free()).await.unwrap();
    lay(
        &bed,
        &[
            "link add docker0 type bridge",
            "link add veth7 type veth peer name inside7",
            "link set veth7 master docker0",
            "link set veth7 up",
            "link set inside7 up",
            "link set docker0 up",
            "address add 172.17.0.1/16 dev docker0",
        ],
    );
    let mut scene = Scene::start(bed).await;
    out_and_in(&mut scene).await;
    scene.bed.cable("eth0", Plug::Out).unwrap();
    scene.until("offline", |host| host.online == Some(false)).await;
    // Containers that come and go change nothing.
    lay(&scene.bed, &["link delete veth7"]);
    let id = scene.one_off().await;
    scene.held(id, &["OFFLINE"]).await;
}
