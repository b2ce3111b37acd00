//! The network, as the real NetworkManager and the kernel tell it.

use std::time::Duration;

use pwasync_client::{Connectivity, Metered};
use pwasync_e2e::{
    Signal,
    bed::{
        Bed, BedAddressing, BedAsking, BedOptions, CheckOptions, Internet, LinkOptions, Plug,
        network_manager,
    },
};

use crate::scene::{OFTEN, Scene, can_run};

/// Two cables; the second one costs.
async fn two() -> Bed {
    let links = vec![LinkOptions::new("eth0"), LinkOptions::new("eth1")];
    // The cable that is plugged in again is checked at once.
    let asking = BedAsking::Allowed;
    let options = BedOptions { links, asking, carrier_wait: None, ..BedOptions::default() };
    let bed = Bed::with_network_manager(options).await.unwrap();
    bed.metered("eth1", "yes").await.unwrap();
    bed
}

/// One cable that NetworkManager looks after, and how far it reaches; `None`: it cannot be had here.
async fn reaching(internet: Internet) -> Option<Bed> {
    if !can_run() {
        return None;
    }
    let bed = Bed::with_network_manager(BedOptions::default()).await.unwrap();
    match internet {
        Internet::Open => {}
        Internet::Captive | Internet::Silent => bed.portal("eth0", internet).await.unwrap(),
    }
    Some(bed)
}

async fn online(scene: &Scene) {
    let full = Some(Connectivity::Full);
    scene.until("online", |host| host.online == Some(true) && host.connectivity == full).await;
    let told = scene.client.status().await.unwrap().host.online_source;
    assert_eq!(told.source.as_deref(), Some("networkmanager"));
}

/// NetworkManager waits for a carrier for 6 s, and until then all is well by its word.
#[tokio::test]
async fn a_cable_that_is_out_holds_before_network_manager_knows() {
    if !can_run() {
        return;
    }
    let options = BedOptions { carrier_wait: None, ..BedOptions::default() };
    let mut scene = Scene::start(Bed::with_network_manager(options).await.unwrap()).await;
    online(&scene).await;
    scene.bed.cable("eth0", Plug::Out).unwrap();
    scene.until("offline", |host| host.online == Some(false)).await;
    let state = scene.bed.bus().property::<u32>(&network_manager(), "State").await.unwrap();
    assert_eq!(state, 70, "NetworkManager knows");
    let id = scene.one_off().await;
    scene.held(id, &["OFFLINE"]).await;
    scene.bed.bus().until::<u32>(&network_manager(), "State", |state| *state == 20).await.unwrap();
    scene.held(id, &["OFFLINE"]).await;
    scene.bed.cable("eth0", Plug::In).unwrap();
    scene.runs(id).await;
}

#[tokio::test]
async fn nothing_runs_in_a_captive_portal_until_somebody_has_logged_in() {
    let Some(bed) = reaching(Internet::Captive).await else { return };
    let mut scene = Scene::start(bed).await;
    scene.until("captive", |host| host.connectivity == Some(Connectivity::Portal)).await;
    let id = scene.one_off().await;
    scene.held(id, &["CAPTIVE_PORTAL"]).await;
    scene.bed.portal("eth0", Internet::Open).await.unwrap();
    scene.runs(id).await;
}

/// The first word of NetworkManager is waited for.
#[tokio::test]
async fn a_daemon_that_starts_in_a_captive_portal_runs_nothing() {
    let Some(bed) = reaching(Internet::Captive).await else { return };
    let mut scene = Scene::start(bed).await;
    let id = scene.one_off().await;
    for _ in 0..5 {
        scene.restart_daemon().await;
        scene.held(id, &["CAPTIVE_PORTAL"]).await;
    }
}

/// A cable that NetworkManager has found out to lead to the internet, and will not look at again by
/// itself for a while.
async fn believed(asking: BedAsking, policy: &str) -> Scene {
    let check_every = Duration::from_secs(300);
    let options = BedOptions { check_every, asking, carrier_wait: None, ..BedOptions::default() };
    let scene = Scene::with_policy(Bed::with_network_manager(options).await.unwrap(), policy).await;
    online(&scene).await;
    scene
}

/// NetworkManager takes no notice of a cable that is out for less than 6 s.
async fn move_cable(scene: &Scene, to: Internet) {
    scene.bed.cable("eth0", Plug::Out).unwrap();
    scene.until("offline", |host| host.online == Some(false)).await;
    scene.bed.internet("eth0", to);
    scene.bed.cable("eth0", Plug::In).unwrap();
}

#[tokio::test]
async fn a_cable_that_is_moved_leads_where_it_leads() {
    if !can_run() {
        return;
    }
    let mut scene = believed(BedAsking::Allowed, "check_limit = \"1h\"\n").await;
    move_cable(&scene, Internet::Captive).await;
    let id = scene.one_off().await;
    scene.held(id, &["CAPTIVE_PORTAL"]).await;
    move_cable(&scene, Internet::Open).await;
    scene.runs(id).await;
    move_cable(&scene, Internet::Open).await;
    let id = scene.one_off().await;
    scene.runs(id).await;
}

/// As on a Debian system where nobody says otherwise.
#[tokio::test]
async fn a_cable_that_is_moved_is_held_for_a_while_where_nobody_may_ask() {
    if !can_run() {
        return;
    }
    let mut scene = believed(BedAsking::Refused, "check_limit = \"3s\"\n").await;
    move_cable(&scene, Internet::Captive).await;
    let id = scene.one_off().await;
    scene.held(id, &["SETTLING"]).await;
    // What it found out by itself meanwhile counts.
    scene.bed.portal("eth0", Internet::Captive).await.unwrap();
    scene.held(id, &["CAPTIVE_PORTAL"]).await;
    scene.bed.portal("eth0", Internet::Open).await.unwrap();
    scene.runs(id).await;
    move_cable(&scene, Internet::Open).await;
    let id = scene.one_off().await;
    scene.held(id, &["SETTLING"]).await;
    scene.runs(id).await;
}

#[tokio::test]
async fn a_network_that_does_not_answer_holds_and_is_tried_when_it_has_lasted() {
    let Some(bed) = reaching(Internet::Silent).await else { return };
    let mut scene = Scene::with_policy(bed, "limited_grace = \"3s\"\n").await;
    scene.until("limited", |host| host.connectivity == Some(Connectivity::Limited)).await;
    let id = scene.one_off().await;
    scene.held(id, &["LIMITED"]).await;
    scene.runs(id).await;
}

#[tokio::test]
async fn a_network_that_answers_again_ends_limited() {
    let Some(bed) = reaching(Internet::Silent).await else { return };
    let mut scene = Scene::start(bed).await;
    let id = scene.one_off().await;
    scene.held(id, &["LIMITED"]).await;
    scene.bed.portal("eth0", Internet::Open).await.unwrap();
    scene.runs(id).await;
}

#[tokio::test]
async fn a_live_connection_that_is_set_to_metered_holds_at_once() {
    let Some(bed) = reaching(Internet::Open).await else { return };
    let mut scene = Scene::start(bed).await;
    scene.until("a guess", |host| host.metered == Some(Metered::GuessNo)).await;
    scene.bed.metered("eth0", "yes").await.unwrap();
    scene.until("metered", |host| host.metered == Some(Metered::Yes)).await;
    let id = scene.unmetered().await;
    scene.held(id, &["METERED"]).await;
    scene.bed.metered("eth0", "no").await.unwrap();
    scene.runs(id).await;
}

#[tokio::test]
async fn a_phone_that_says_so_over_dhcp_is_guessed_to_be_metered() {
    if !can_run() {
        return;
    }
    let mut link = LinkOptions::new("eth0");
    let options = vec!["--dhcp-option-force=43,ANDROID_METERED".to_owned()];
    link.addressing = BedAddressing::Dhcp { options };
    let options = BedOptions { links: vec![link], ..BedOptions::default() };
    let mut scene = Scene::start(Bed::with_network_manager(options).await.unwrap()).await;
    scene.until("a guess", |host| host.metered == Some(Metered::GuessYes)).await;
    let id = scene.unmetered().await;
    scene.held(id, &["METERED"]).await;
    scene.bed.metered("eth0", "no").await.unwrap();
    scene.runs(id).await;
}

/// By NetworkManager's word the unmetered one would go on for seconds, and its own state would
/// stay that of the lost one.
#[tokio::test]
async fn a_fail_over_to_a_metered_link_holds_at_once() {
    if !can_run() {
        return;
    }
    let mut scene = Scene::start(two().await).await;
    online(&scene).await;
    scene.until("unmetered", |host| host.metered == Some(Metered::GuessNo)).await;
    scene.bed.cable("eth0", Plug::Out).unwrap();
    scene.until("metered", |host| host.metered == Some(Metered::Yes)).await;
    let id = scene.unmetered().await;
    scene.held(id, &["METERED"]).await;
    let other = scene.bed.bus().property::<u32>(&network_manager(), "Metered").await.unwrap();
    assert_eq!(other, 4, "NetworkManager has failed over already");
    online(&scene).await;
    scene.bed.cable("eth0", Plug::In).unwrap();
    scene.runs(id).await;
}

#[tokio::test]
async fn the_link_that_counts_is_asked_and_no_other() {
    if !can_run() {
        return;
    }
    let mut scene = Scene::start(two().await).await;
    online(&scene).await;
    scene.bed.portal("eth1", Internet::Captive).await.unwrap();
    let id = scene.one_off().await;
    scene.runs(id).await;
}

#[tokio::test]
async fn network_manager_restarted_in_a_captive_portal_lets_nothing_through() {
    let Some(bed) = reaching(Internet::Captive).await else { return };
    let mut scene = Scene::start(bed).await;
    let id = scene.one_off().await;
    scene.held(id, &["CAPTIVE_PORTAL"]).await;
    scene.bed.restart_network_manager().await.unwrap();
    scene.held(id, &["CAPTIVE_PORTAL"]).await;
    scene.bed.kill_network_manager().await.unwrap();
    scene.bed.start_network_manager().await.unwrap();
    scene.held(id, &["CAPTIVE_PORTAL"]).await;
    scene.bed.portal("eth0", Internet::Open).await.unwrap();
    scene.runs(id).await;
}

/// The kernel's word counts at once, and what NetworkManager said last is not waited for to be
/// checked for ever.
#[tokio::test]
async fn a_network_manager_that_hangs_holds_nothing_up() {
    if !can_run() {
        return;
    }
    let mut scene = believed(BedAsking::Allowed, "check_limit = \"2s\"\n").await;
    scene.bed.signal_network_manager(Signal::Freeze).unwrap();
    scene.bed.cable("eth0", Plug::Out).unwrap();
    scene.until("offline", |host| host.online == Some(false)).await;
    let id = scene.one_off().await;
    scene.held(id, &["OFFLINE"]).await;
    scene.bed.cable("eth0", Plug::In).unwrap();
    scene.held(id, &["SETTLING"]).await;
    scene.runs(id).await;
    scene.bed.signal_network_manager(Signal::Thaw).unwrap();
    scene.bed.metered("eth0", "yes").await.unwrap();
    scene.until("metered", |host| host.metered == Some(Metered::Yes)).await;
    // It is heard as before.
    move_cable(&scene, Internet::Captive).await;
    let id = scene.one_off().await;
    scene.held(id, &["CAPTIVE_PORTAL"]).await;
}

#[tokio::test]
async fn a_network_manager_that_hangs_at_the_start_is_as_none_until_it_goes_on() {
    let Some(bed) = reaching(Internet::Open).await else { return };
    let mut scene = Scene::start(bed).await;
    scene.bed.signal_network_manager(Signal::Freeze).unwrap();
    scene.restart_daemon().await;
    let id = scene.one_off().await;
    scene.held(id, &["STARTING"]).await;
    scene.runs(id).await;
    scene.bed.signal_network_manager(Signal::Thaw).unwrap();
    scene.bed.portal("eth0", Internet::Captive).await.unwrap();
    scene.until("captive", |host| host.connectivity == Some(Connectivity::Portal)).await;
    let id = scene.one_off().await;
    scene.held(id, &["CAPTIVE_PORTAL"]).await;
}

/// What it set up stays, so the kernel's word is as good; but it may come back soon.
#[tokio::test]
async fn without_network_manager_the_kernel_decides_after_a_while() {
    let Some(bed) = reaching(Internet::Captive).await else { return };
    let mut scene = Scene::start(bed).await;
    let id = scene.one_off().await;
    scene.held(id, &["CAPTIVE_PORTAL"]).await;
    scene.bed.stop_network_manager().await.unwrap();
    scene.held(id, &["SETTLING"]).await;
    scene.runs(id).await;
    scene.until("unchecked", |host| host.connectivity.is_none()).await;
}

#[tokio::test]
async fn without_a_check_the_kernel_decides() {
    for check in [CheckOptions::Off, CheckOptions::Nowhere] {
        if !can_run() {
            return;
        }
        let options = BedOptions { check, carrier_wait: None, ..BedOptions::default() };
        let bed = Bed::with_network_manager(options).await.unwrap();
        bed.internet("eth0", Internet::Captive);
        let mut scene = Scene::start(bed).await;
        scene.until("a guess", |host| host.metered == Some(Metered::GuessNo)).await;
        let id = scene.one_off().await;
        scene.runs(id).await;
        scene.bed.cable("eth0", Plug::Out).unwrap();
        scene.until("offline", |host| host.online == Some(false)).await;
        let id = scene.one_off().await;
        scene.held(id, &["OFFLINE"]).await;
        scene.bed.cable("eth0", Plug::In).unwrap();
        scene.runs(id).await;
    }
}

#[tokio::test]
async fn network_manager_is_heard_when_it_comes_late() {
    if !can_run() {
        return;
    }
    let bed = Bed::with_bus(BedOptions::default()).await.unwrap();
    let mut scene = Scene::start(bed).await;
    let id = scene.one_off().await;
    scene.held(id, &["OFFLINE"]).await;
    scene.bed.start_network_manager().await.unwrap();
    scene.runs(id).await;
    scene.bed.metered("eth0", "yes").await.unwrap();
    scene.until("metered", |host| host.metered == Some(Metered::Yes)).await;
}

#[tokio::test]
async fn networking_turned_off_is_offline() {
    let Some(bed) = reaching(Internet::Open).await else { return };
    let mut scene = Scene::start(bed).await;
    online(&scene).await;
    scene.bed.tell_network_manager(&["networking", "off"]).await.unwrap();
    scene.until("offline", |host| host.online == Some(false)).await;
    let id = scene.one_off().await;
    scene.held(id, &["OFFLINE"]).await;
    scene.bed.tell_network_manager(&["networking", "on"]).await.unwrap();
    scene.runs(id).await;
}

/// A bus that is restarted takes its services with it.
#[tokio::test]
async fn a_bus_that_comes_late_or_again_is_found() {
    if !can_run() {
        return;
    }
    let bed = Bed::bare(BedOptions::default()).await.unwrap();
    let mut scene = Scene::start(bed).await;
    let id = scene.one_off().await;
    scene.held(id, &["OFFLINE"]).await;
    for round in 1..=2 {
        scene.bed.start_bus().await.unwrap();
        scene.bed.start_network_manager().await.unwrap();
        online(&scene).await;
        scene.bed.metered("eth0", "yes").await.unwrap();
        let what = format!("metered, the {round}. time");
        scene.until(&what, |host| host.metered == Some(Metered::Yes)).await;
        scene.bed.stop_network_manager().await.unwrap();
        scene.bed.stop_bus().await.unwrap();
        scene.until("unknown", |host| host.metered.is_none()).await;
    }
}

/// All that may happen to a host while nothing leads to the internet, one after the other, with
/// syncs of both kinds waiting. Counted: not one wake leaves.
#[tokio::test]
async fn not_one_wake_leaves_in_a_portal_or_without_an_answer() {
    if !can_run() {
        return;
    }
    let policy = format!("check_limit = \"1h\"\n{OFTEN}");
    let mut scene = believed(BedAsking::Allowed, &policy).await;
    scene.bed.cable("eth0", Plug::Out).unwrap();
    scene.until("offline", |host| host.online == Some(false)).await;
    let (one_off, periodic) = (scene.one_off().await, scene.periodic().await);
    scene.bed.internet("eth0", Internet::Captive);
    scene.bed.cable("eth0", Plug::In).unwrap();
    let mut wakes = 0;
    for internet in [Internet::Captive, Internet::Silent, Internet::Captive] {
        let code = if internet == Internet::Silent { "LIMITED" } else { "CAPTIVE_PORTAL" };
        scene.bed.portal("eth0", internet).await.unwrap();
        scene.until_held(one_off, &[code]).await;
        move_cable(&scene, internet).await;
        scene.until_held(one_off, &[code]).await;
        scene.restart_daemon().await;
        scene.until_held(one_off, &[code]).await;
        scene.bed.restart_network_manager().await.unwrap();
        scene.until_held(one_off, &[code]).await;
        scene.bed.kill_network_manager().await.unwrap();
        scene.bed.start_network_manager().await.unwrap();
        scene.until_held(one_off, &[code]).await;
        scene.bed.metered("eth0", "yes").await.unwrap();
        scene.bed.metered("eth0", "no").await.unwrap();
        scene.bed.tell_network_manager(&["networking", "off"]).await.unwrap();
        scene.until_held(one_off, &["OFFLINE"]).await;
        scene.bed.tell_network_manager(&["networking", "on"]).await.unwrap();
        scene.until_held(one_off, &[code]).await;
        scene.until_held(periodic, &[code]).await;
        wakes += scene.wakes();
    }
    assert_eq!(wakes, 0);
    scene.bed.portal("eth0", Internet::Open).await.unwrap();
    scene.runs(one_off).await;
}
