//! `syncctl doctor` on hosts that have all parts, some, or none.

use pwasync_client::Connectivity;
use pwasync_e2e::bed::{Bed, BedOptions, CheckOptions, Internet};

use crate::scene::{Scene, can_run};

/// The verdict of the one check of a part, and what its sentence has in it.
async fn says(scene: &Scene, part: &str, verdict: &str, words: &str) {
    let found = scene.doctor(part).await;
    let [(found_verdict, sentence)] = found.as_slice() else { panic!("{part}: {found:?}") };
    assert_eq!(found_verdict, verdict, "{part}: {sentence}");
    assert!(sentence.contains(words), "{part}: {sentence}");
}

#[tokio::test]
async fn a_host_without_a_bus_can_do_without() {
    if !can_run() {
        return;
    }
    let scene = Scene::start(Bed::bare(BedOptions::default()).await.unwrap()).await;
    scene.until("known", |host| host.online.is_some()).await;
    says(&scene, "bus", "ok", "no system bus").await;
    says(&scene, "network", "ok", "offline (netlink, since ").await;
    says(&scene, "connectivity", "ok", "no connection manager").await;
    says(&scene, "sleep", "ok", "logind is not there").await;
    says(&scene, "clock", "warn", "not known to be right").await;
    says(&scene, "browsers", "ok", "1 browser attached").await;
}

#[tokio::test]
async fn a_check_that_is_off_is_told_with_its_mend() {
    if !can_run() {
        return;
    }
    let options = BedOptions { check: CheckOptions::Off, ..BedOptions::default() };
    let scene = Scene::start(Bed::with_network_manager(options).await.unwrap()).await;
    scene.until("managed", |host| host.metered_source.source.is_some()).await;
    says(&scene, "bus", "ok", "system bus at ").await;
    says(&scene, "connectivity", "warn", "NetworkManager does not check it").await;
}

#[tokio::test]
async fn a_portal_is_told() {
    if !can_run() {
        return;
    }
    let bed = Bed::with_network_manager(BedOptions::default()).await.unwrap();
    bed.portal("eth0", Internet::Captive).await.unwrap();
    let scene = Scene::start(bed).await;
    scene.until("captive", |host| host.connectivity == Some(Connectivity::Portal)).await;
    says(&scene, "connectivity", "ok", "portal (networkmanager, since ").await;
    says(&scene, "portal", "warn", "wants a login").await;
}
