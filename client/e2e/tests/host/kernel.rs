//! Hosts without NetworkManager, or whose links it leaves alone: the kernel's word alone.

use pwasync_e2e::bed::{Bed, BedManaged, BedOptions, Internet, LinkOptions, Plug};

use crate::scene::{Scene, can_run};

/// One cable that has its address from the start.
pub(crate) fn free() -> BedOptions {
    let mut link = LinkOptions::new("eth0");
    link.managed = BedManaged::ByNobody;
    BedOptions { links: vec![link], ..BedOptions::default() }
}

/// What runs and what is held follows the cable.
pub(crate) async fn out_and_in(scene: &mut Scene) {
    scene.until("online", |host| host.online == Some(true)).await;
    let id = scene.one_off().await;
    scene.runs(id).await;
    scene.bed.cable("eth0", Plug::Out).unwrap();
    scene.until("offline", |host| host.online == Some(false)).await;
    let id = scene.one_off().await;
    scene.held(id, &["OFFLINE"]).await;
    scene.bed.cable("eth0", Plug::In).unwrap();
    scene.runs(id).await;
}

#[tokio::test]
async fn a_host_without_a_bus_has_a_network() {
    if !can_run() {
        return;
    }
    let mut scene = Scene::start(Bed::bare(free()).await.unwrap()).await;
    out_and_in(&mut scene).await;
}

#[tokio::test]
async fn a_host_without_network_manager_has_a_network() {
    if !can_run() {
        return;
    }
    let mut scene = Scene::start(Bed::with_bus(free()).await.unwrap()).await;
    out_and_in(&mut scene).await;
}

/// A network is known by its router, without NetworkManager. Another one may have the same address.
#[tokio::test]
async fn a_network_is_known_again_by_its_router() {
    if !can_run() {
        return;
    }
    let policy = "[one_off]\nnetworks = \"registered\"\n";
    let mut scene = Scene::with_policy(Bed::bare(free()).await.unwrap(), policy).await;
    let (home, cafe) = ("02:00:00:00:00:0a", "02:00:00:00:00:0b");
    let at = async |scene: &Scene, router: &str| {
        scene.bed.cable("eth0", Plug::Out).unwrap();
        scene.until("offline", |host| host.online == Some(false)).await;
        scene.bed.router("eth0", router).unwrap();
        scene.bed.cable("eth0", Plug::In).unwrap();
        scene.until("online", |host| host.online == Some(true)).await;
        scene.bed.talk().unwrap();
        scene.until("known", |host| host.network.is_some()).await;
        let host = scene.client.status().await.unwrap().host;
        for source in [&host.online_source, &host.network_source] {
            assert_eq!(source.source.as_deref(), Some("netlink"));
            assert!(source.since.is_some());
        }
        host.network
    };
    let first = at(&scene, home).await;
    scene.syncctl(&["pause"]).await;
    let id = scene.one_off().await;
    let other = at(&scene, cafe).await;
    assert_ne!(first, other);
    scene.syncctl(&["resume"]).await;
    scene.held(id, &["UNKNOWN_NETWORK"]).await;
    assert_eq!(at(&scene, home).await, first);
    scene.runs(id).await;
}

/// As on a server where the system's own scripts look after the link: NetworkManager says that
/// there is no connection at all.
#[tokio::test]
async fn a_link_that_network_manager_leaves_alone_counts() {
    if !can_run() {
        return;
    }
    let bed = Bed::with_network_manager(free()).await.unwrap();
    bed.portal("eth0", Internet::Captive).await.unwrap();
    let mut scene = Scene::start(bed).await;
    out_and_in(&mut scene).await;
}
