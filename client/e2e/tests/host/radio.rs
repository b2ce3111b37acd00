//! Radios, of which a bed has none: NetworkManager and ModemManager are pretended here, over a real
//! link and a real bus.

use pwasync_client::{Metered, Transport};
use pwasync_e2e::bed::{Bed, Place, Pretended, network_manager};
use zbus::ObjectPath;

use crate::{
    kernel::free,
    scene::{Scene, can_run},
};

const NETWORK_MANAGER: &str = "org.freedesktop.NetworkManager";
const MODEM_MANAGER: &str = "org.freedesktop.ModemManager1";
const DEVICE: &str = "/org/freedesktop/NetworkManager/Devices/1";
const ACTIVE: &str = "/org/freedesktop/NetworkManager/ActiveConnection/1";
const MODEM: &str = "/org/freedesktop/ModemManager1/Modem/0";
/// `MMModem3gppRegistrationState`.
const HOME: u32 = 1;
const SEARCHING: u32 = 2;
const ROAMING: u32 = 5;

/// As often as it may be, and never in spite of what it costs.
const PATIENT: &str =
    "[periodic]\nmin_interval = \"1s\"\nstale_intervals = 0\n[grid]\nshort = \"0s\"\n";

fn object(path: &'static str) -> ObjectPath<'static> {
    ObjectPath::try_from(path).unwrap()
}

fn device() -> Place {
    Place::new(NETWORK_MANAGER, DEVICE, "org.freedesktop.NetworkManager.Device")
}

fn active() -> Place {
    let interface = "org.freedesktop.NetworkManager.Connection.Active";
    Place::new(NETWORK_MANAGER, ACTIVE, interface)
}

/// A NetworkManager whose only device carries the packets of `eth0`.
async fn pretend_network_manager(bed: &Bed, device_type: u32) -> Pretended {
    let pretended = bed.pretend(NETWORK_MANAGER).await.unwrap();
    let manager = network_manager();
    pretended.set(&manager, "State", 70_u32);
    pretended.set(&manager, "Startup", false);
    pretended.set(&manager, "ConnectivityCheckEnabled", false);
    pretended.set(&manager, "Devices", vec![object(DEVICE)]);
    pretended.set(&device(), "State", 100_u32);
    pretended.set(&device(), "DeviceType", device_type);
    pretended.set(&device(), "Interface", "radio0");
    pretended.set(&device(), "IpInterface", "eth0");
    pretended.set(&device(), "Metered", 4_u32);
    pretended.set(&device(), "Udi", MODEM);
    pretended.set(&device(), "ActiveConnection", object(ACTIVE));
    let active =
        Place::new(NETWORK_MANAGER, ACTIVE, "org.freedesktop.NetworkManager.Connection.Active");
    pretended.set(&active, "Uuid", "5b1d6ae4-0000-0000-0000-000000000001");
    pretended.set(&active, "Id", "Abroad");
    pretended
}

#[tokio::test]
async fn a_pretended_modem_in_a_foreign_network_holds_periodic_syncs() {
    if !can_run() {
        return;
    }
    let bed = Bed::with_bus(free()).await.unwrap();
    let network = pretend_network_manager(&bed, 8).await;
    network.appear().await.unwrap();
    let mut scene = Scene::with_policy(bed, PATIENT).await;
    let cellular = Some(Transport::Cellular);
    scene.until("a modem", |host| host.transport == cellular && host.roaming.is_none()).await;
    // ModemManager comes late, and goes.
    let modems = scene.bed.pretend(MODEM_MANAGER).await.unwrap();
    let modem = Place::new(MODEM_MANAGER, MODEM, "org.freedesktop.ModemManager1.Modem.Modem3gpp");
    modems.set(&modem, "RegistrationState", ROAMING);
    modems.appear().await.unwrap();
    scene.until("roaming", |host| host.roaming == Some(true)).await;
    let source = scene.client.status().await.unwrap().host.roaming_source;
    assert_eq!(source.source.as_deref(), Some("modemmanager"));
    let periodic = scene.periodic().await;
    scene.held(periodic, &["ROAMING"]).await;
    modems.set(&modem, "RegistrationState", SEARCHING);
    modems.tell(&modem, "RegistrationState").await.unwrap();
    scene.until("unknown", |host| host.roaming.is_none()).await;
    modems.set(&modem, "RegistrationState", HOME);
    modems.tell(&modem, "RegistrationState").await.unwrap();
    scene.until("at home", |host| host.roaming == Some(false)).await;
    scene.runs(periodic).await;
    scene.end_periodic().await;
    drop(modems);
    scene.until("unknown", |host| host.roaming.is_none()).await;
}

/// What an owner knows better than his phone does.
#[tokio::test]
async fn a_pretended_wifi_is_what_policy_says_by_its_name() {
    if !can_run() {
        return;
    }
    let bed = Bed::with_bus(free()).await.unwrap();
    let network = pretend_network_manager(&bed, 2).await;
    let active = active();
    let point = "/org/freedesktop/NetworkManager/AccessPoint/7";
    network.set(&active, "SpecificObject", object(point));
    let place = Place::new(NETWORK_MANAGER, point, "org.freedesktop.NetworkManager.AccessPoint");
    network.set(&place, "Ssid", b"Phone".to_vec());
    network.appear().await.unwrap();
    let policy = "[ssid.\"Phone\"]\nnetwork.metered = \"yes\"\n";
    let mut scene = Scene::with_policy(bed, policy).await;
    scene.until("metered", |host| host.metered == Some(Metered::Yes)).await;
    let host = scene.client.status().await.unwrap().host;
    assert_eq!(host.metered_source.source.as_deref(), Some("policy"));
    assert_eq!(host.network_source.source.as_deref(), Some("networkmanager"));
    let id = scene.unmetered().await;
    scene.held(id, &["METERED"]).await;
    let said = scene.syncctl(&["why", &id.to_string()]).await;
    let sentence = said["sentences"][0].as_str().unwrap();
    assert!(sentence.ends_with("(set by policy for this network)"), "{sentence}");
    // Another Wi-Fi, by a connection of its own.
    let other = "/org/freedesktop/NetworkManager/ActiveConnection/2";
    let second = Place::new(NETWORK_MANAGER, other, &active.interface);
    network.set(&second, "Uuid", "5b1d6ae4-0000-0000-0000-000000000002");
    network.set(&second, "Id", "Home");
    network.set(&device(), "ActiveConnection", object(other));
    network.tell(&device(), "ActiveConnection").await.unwrap();
    scene.runs(id).await;
}

/// A firewall may swallow what NetworkManager asks, and the rest of the internet be there.
#[tokio::test]
async fn a_pretended_network_without_an_answer_is_the_internet_where_policy_says_so() {
    if !can_run() {
        return;
    }
    let bed = Bed::with_bus(free()).await.unwrap();
    let network = pretend_network_manager(&bed, 1).await;
    network.set(&network_manager(), "ConnectivityCheckEnabled", true);
    network.set(&network_manager(), "ConnectivityCheckAvailable", true);
    // Limited, and none.
    network.set(&device(), "Ip4Connectivity", 3_u32);
    network.set(&device(), "Ip6Connectivity", 1_u32);
    network.appear().await.unwrap();
    let mut scene = Scene::start(bed).await;
    let id = scene.one_off().await;
    scene.held(id, &["LIMITED"]).await;
    scene.set_policy("[connection.\"Abroad\"]\nnetwork.online = \"yes\"\n").await;
    scene.runs(id).await;
    let host = scene.client.status().await.unwrap().host;
    assert_eq!(host.online_source.source.as_deref(), Some("policy"));
    scene.set_policy("[interface.\"eth0\"]\nnetwork.online = \"no\"\n").await;
    let id = scene.one_off().await;
    scene.held(id, &["OFFLINE"]).await;
}

/// What `syncctl override` says of one network holds there and nowhere else, for one user as for all.
#[tokio::test]
async fn an_override_of_a_pretended_wifi_holds_there_alone() {
    if !can_run() {
        return;
    }
    for whose in [&["--all"][..], &[]] {
        let bed = Bed::with_bus(free()).await.unwrap();
        let network = pretend_network_manager(&bed, 2).await;
        network.appear().await.unwrap();
        let mut scene = Scene::start(bed).await;
        scene.until("unmetered", |host| host.metered == Some(Metered::GuessNo)).await;
        let away = [&["override", "metered=yes", "--connection", "Elsewhere"], whose].concat();
        scene.syncctl(&away).await;
        let id = scene.unmetered().await;
        scene.runs(id).await;
        let here =
            [&["override", "metered=yes", "--connection", "Abroad", "--for", "2h"], whose].concat();
        scene.syncctl(&here).await;
        let id = scene.unmetered().await;
        scene.held(id, &["METERED"]).await;
        let said = scene.syncctl(&["why", &id.to_string()]).await;
        let sentence = said["sentences"][0].as_str().unwrap();
        assert!(sentence.ends_with("(set by an override)"), "{sentence}");
        let host = scene.client.status().await.unwrap().host;
        let shown = if whose.is_empty() { "networkmanager" } else { "override" };
        assert_eq!(host.metered_source.source.as_deref(), Some(shown));
        let leases = scene.syncctl(&["override"]).await;
        let names = leases["leases"].as_array().unwrap().iter();
        let names: Vec<_> = names.map(|one| one["network"]["connection"].as_str()).collect();
        assert_eq!(names.len(), 2, "{leases}");
        assert!(names.contains(&Some("Abroad")), "{leases}");
        // It is kept over a restart.
        scene.restart_daemon().await;
        scene.held(id, &["METERED"]).await;
        network.set(&device(), "ActiveConnection", object("/"));
        network.tell(&device(), "ActiveConnection").await.unwrap();
        scene.runs(id).await;
    }
}
