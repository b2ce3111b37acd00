//! Batteries and chargers where UPower is absent: the kernel's files, and its messages that they
//! have changed.

use std::collections::BTreeMap;

use pwasync_client::HostState;
use pwasync_e2e::{
    DaemonSetup, Supplies,
    bed::{Bed, KernelPower, Sender},
};

use crate::{
    kernel::free,
    scene::{OFTEN, Scene, can_run},
};

/// A network that is there all the time, no bus, and these supplies by the kernel's files.
async fn bed(percent: u64, status: &str, charger: &str) -> Option<(Bed, KernelPower)> {
    if !can_run() {
        return None;
    }
    let bed = Bed::bare(free()).await.unwrap();
    let kernel = bed.kernel_power().unwrap();
    kernel.charger(charger).unwrap();
    kernel.battery("BAT0", percent, status).unwrap();
    Some((bed, kernel))
}

/// In the place of the machine's own.
async fn start(bed: Bed, kernel: &KernelPower, policy: &str) -> Scene {
    let folder = kernel.folder();
    Scene::with_setup(bed, policy, |setup| setup.supplies = Supplies::Bound(folder)).await
}

fn sysfs(host: &HostState, percent: Option<u32>, on_battery: bool) -> bool {
    host.power_source.source.as_deref() == Some("sysfs")
        && (host.battery_percent, host.on_battery) == (percent, Some(on_battery))
}

async fn seen(scene: &Scene, percent: impl Into<Option<u32>>, on_battery: bool) {
    let percent = percent.into();
    let what = format!("at {percent:?} %, on battery: {on_battery}");
    scene.until(&what, |host| sysfs(host, percent, on_battery)).await;
}

fn changed(scene: &Scene, kernel: &KernelPower) {
    kernel.tell(Sender::Kernel, scene.bed.network()).unwrap();
}

#[tokio::test]
async fn a_battery_empties_and_is_charged() {
    let Some((bed, kernel)) = bed(21, "Discharging", "0").await else { return };
    let mut scene = start(bed, &kernel, OFTEN).await;
    seen(&scene, 21, true).await;
    let id = scene.periodic().await;
    scene.runs(id).await;
    kernel.battery("BAT0", 20, "Discharging").unwrap();
    changed(&scene, &kernel);
    seen(&scene, 20, true).await;
    scene.end_periodic().await;
    let periodic = scene.periodic().await;
    scene.held(periodic, &["BATTERY_LOW"]).await;
    let id = scene.one_off().await;
    scene.runs(id).await;
    kernel.battery("BAT0", 5, "Discharging").unwrap();
    changed(&scene, &kernel);
    seen(&scene, 5, true).await;
    let id = scene.one_off().await;
    scene.held(id, &["BATTERY_CRITICAL"]).await;
    scene.held(periodic, &["BATTERY_CRITICAL"]).await;
    scene.end_periodic().await;
    kernel.charger("1").unwrap();
    kernel.battery("BAT0", 1, "Charging").unwrap();
    changed(&scene, &kernel);
    scene.runs(id).await;
    seen(&scene, 1, false).await;
}

#[tokio::test]
async fn batteries_come_and_go() {
    let Some((bed, kernel)) = bed(2, "Discharging", "0").await else { return };
    let mut scene = start(bed, &kernel, "").await;
    seen(&scene, 2, true).await;
    let id = scene.one_off().await;
    scene.held(id, &["BATTERY_CRITICAL"]).await;
    kernel.battery("BAT1", 50, "Discharging").unwrap();
    // It holds thrice as much as the other, and counts so.
    let large = BTreeMap::from([("energy_now", "75000000"), ("energy_full", "150000000")]);
    kernel.set("BAT1", &large).unwrap();
    changed(&scene, &kernel);
    scene.runs(id).await;
    seen(&scene, 38, true).await;
    kernel.remove("BAT0").unwrap();
    kernel.remove("BAT1").unwrap();
    changed(&scene, &kernel);
    seen(&scene, None, false).await;
}

/// A charge threshold, a charger that is too weak, a charger that is not told of.
#[tokio::test]
async fn a_battery_on_a_charger_is_not_used() {
    let Some((bed, kernel)) = bed(4, "Discharging", "0").await else { return };
    let mut scene = start(bed, &kernel, "").await;
    seen(&scene, 4, true).await;
    for (status, charger) in [("Not charging", "1"), ("Discharging", "1"), ("Charging", "0")] {
        kernel.battery("BAT0", 4, "Discharging").unwrap();
        kernel.charger("0").unwrap();
        changed(&scene, &kernel);
        seen(&scene, 4, true).await;
        let id = scene.one_off().await;
        scene.held(id, &["BATTERY_CRITICAL"]).await;
        kernel.battery("BAT0", 4, status).unwrap();
        kernel.charger(charger).unwrap();
        changed(&scene, &kernel);
        scene.runs(id).await;
        seen(&scene, 4, false).await;
    }
}

/// What no program may say, and what the kernel says of other devices, makes nobody look.
#[tokio::test]
async fn only_the_kernel_is_heard_and_of_power_only() {
    let Some((bed, kernel)) = bed(50, "Discharging", "0").await else { return };
    let mut scene = start(bed, &kernel, "").await;
    seen(&scene, 50, true).await;
    for _ in 0..20 {
        kernel.tell(Sender::Program, scene.bed.network()).unwrap();
        kernel.tell_of_others(scene.bed.network()).unwrap();
    }
    // What it has been sent before a call it has taken before the next.
    for _ in 0..2 {
        scene.client.status().await.unwrap();
    }
    kernel.battery("BAT0", 40, "Discharging").unwrap();
    changed(&scene, &kernel);
    seen(&scene, 40, true).await;
    let id = scene.one_off().await;
    scene.runs(id).await;
    assert_eq!(scene.logged("the kernel tells of a power supply"), 1);
}

/// The first look is waited for.
#[tokio::test]
async fn a_daemon_that_starts_on_a_critical_battery_runs_nothing() {
    let Some((bed, kernel)) = bed(4, "Discharging", "0").await else { return };
    let mut scene = start(bed, &kernel, "").await;
    let id = scene.one_off().await;
    for _ in 0..5 {
        scene.restart_daemon().await;
        scene.held(id, &["BATTERY_CRITICAL"]).await;
    }
}

/// Another folder than the kernel's, by a setting: values that every driver has are enough.
#[tokio::test]
async fn the_folder_is_a_setting() {
    let Some((bed, kernel)) = bed(4, "Discharging", "0").await else { return };
    let sysfs = kernel.sysfs().to_owned();
    let set_up = |setup: &mut DaemonSetup| setup.supplies = Supplies::At(sysfs);
    let mut scene = Scene::with_setup(bed, "", set_up).await;
    seen(&scene, 4, true).await;
    let id = scene.one_off().await;
    scene.held(id, &["BATTERY_CRITICAL"]).await;
    kernel.charger("1").unwrap();
    changed(&scene, &kernel);
    scene.runs(id).await;
    seen(&scene, 4, false).await;
}
