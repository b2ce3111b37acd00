//! Batteries and chargers, as the real UPower tells of them.

use pwasync_client::HostState;
use pwasync_e2e::{
    DaemonSetup, Supplies,
    bed::{Bed, Charge, Plug, PowerSupplies},
};

use crate::{
    kernel::free,
    scene::{OFTEN, Scene, can_run},
};

/// A network that is there all the time, and this battery, which is used.
async fn bed(percent: u64) -> Option<(Bed, PowerSupplies)> {
    if !can_run() {
        return None;
    }
    let bed = Bed::with_bus(free()).await.unwrap();
    let mut power = bed.power_supplies().await.unwrap();
    power.battery("BAT0", percent, Charge::Discharging).await.unwrap();
    power.charger(Plug::Out).await.unwrap();
    Some((bed, power))
}

/// The same with UPower and the daemon. What is named last goes first, which is the supplies:
/// a bed ends when all is gone that was started in it.
async fn scene(percent: u64, policy: &str) -> Option<(Scene, PowerSupplies)> {
    let (bed, mut power) = bed(percent).await?;
    power.start_upower(bed.bus()).await.unwrap();
    Some((Scene::with_policy(bed, policy).await, power))
}

/// UPower says so of the battery.
fn upower(host: &HostState, percent: u32, on_battery: bool) -> bool {
    host.power_source.source.as_deref() == Some("upower")
        && (host.battery_percent, host.on_battery) == (Some(percent), Some(on_battery))
}

async fn seen(scene: &Scene, percent: u32, on_battery: bool) {
    let what = format!("at {percent} %, on battery: {on_battery}");
    scene.until(&what, |host| upower(host, percent, on_battery)).await;
}

#[tokio::test]
async fn one_offs_run_until_the_battery_is_critical() {
    let Some((mut scene, mut power)) = scene(21, "").await else { return };
    for percent in [21, 20, 6] {
        power.battery("BAT0", percent.into(), Charge::Discharging).await.unwrap();
        seen(&scene, percent, true).await;
        let id = scene.one_off().await;
        scene.runs(id).await;
    }
    power.battery("BAT0", 5, Charge::Discharging).await.unwrap();
    seen(&scene, 5, true).await;
    let id = scene.one_off().await;
    for percent in [5, 3, 1] {
        power.battery("BAT0", percent.into(), Charge::Discharging).await.unwrap();
        seen(&scene, percent, true).await;
        scene.held(id, &["BATTERY_CRITICAL"]).await;
    }
    power.charger(Plug::In).await.unwrap();
    power.battery("BAT0", 1, Charge::Charging).await.unwrap();
    scene.runs(id).await;
    seen(&scene, 1, false).await;
}

#[tokio::test]
async fn periodic_ones_run_until_the_battery_is_low() {
    let Some((mut scene, mut power)) = scene(20, OFTEN).await else { return };
    seen(&scene, 20, true).await;
    let id = scene.periodic().await;
    scene.held(id, &["BATTERY_LOW"]).await;
    power.battery("BAT0", 5, Charge::Discharging).await.unwrap();
    scene.held(id, &["BATTERY_CRITICAL"]).await;
    // Nobody fills it so fast; another one was put in.
    power.battery("BAT0", 21, Charge::Discharging).await.unwrap();
    scene.runs(id).await;
    seen(&scene, 21, true).await;
}

#[tokio::test]
async fn a_charger_lifts_a_low_battery_for_periodic_ones() {
    let Some((mut scene, mut power)) = scene(12, OFTEN).await else { return };
    let id = scene.periodic().await;
    scene.held(id, &["BATTERY_LOW"]).await;
    power.charger(Plug::In).await.unwrap();
    power.battery("BAT0", 12, Charge::Charging).await.unwrap();
    scene.runs(id).await;
    scene.end_periodic().await;
    scene.until("charging", |host| host.charging == Some(true)).await;
}

/// As laptops do that are to be kept at 60 %, at whatever percentage they are told to.
#[tokio::test]
async fn a_battery_that_is_not_filled_on_its_charger_is_not_used() {
    let Some((mut scene, mut power)) = scene(4, "").await else { return };
    let id = scene.one_off().await;
    scene.held(id, &["BATTERY_CRITICAL"]).await;
    power.charger(Plug::In).await.unwrap();
    power.battery("BAT0", 4, Charge::Paused).await.unwrap();
    scene.runs(id).await;
    seen(&scene, 4, false).await;
}

/// UPower says 0 % then.
#[tokio::test]
async fn a_battery_that_is_pulled_holds_nothing() {
    let Some((mut scene, mut power)) = scene(4, "").await else { return };
    let id = scene.one_off().await;
    scene.held(id, &["BATTERY_CRITICAL"]).await;
    power.charger(Plug::In).await.unwrap();
    power.pull("BAT0").await.unwrap();
    scene.runs(id).await;
    scene.until("no battery", |host| host.battery_percent.is_none()).await;
    scene.until("on mains", |host| host.on_battery == Some(false)).await;
    assert_eq!(scene.client.status().await.unwrap().host.charging, None);
}

#[tokio::test]
async fn two_batteries_count_together() {
    let Some((mut scene, mut power)) = scene(2, "").await else { return };
    seen(&scene, 2, true).await;
    power.battery("BAT1", 50, Charge::Discharging).await.unwrap();
    seen(&scene, 26, true).await;
    let id = scene.one_off().await;
    scene.runs(id).await;
    power.battery("BAT1", 6, Charge::Discharging).await.unwrap();
    seen(&scene, 4, true).await;
    let id = scene.one_off().await;
    scene.held(id, &["BATTERY_CRITICAL"]).await;
    power.pull("BAT0").await.unwrap();
    seen(&scene, 6, true).await;
    scene.runs(id).await;
}

/// The first word of UPower is waited for.
#[tokio::test]
async fn a_daemon_that_starts_on_a_critical_battery_runs_nothing() {
    let Some((mut scene, _power)) = scene(4, "").await else { return };
    let id = scene.one_off().await;
    for _ in 0..5 {
        scene.restart_daemon().await;
        scene.held(id, &["BATTERY_CRITICAL"]).await;
    }
}

/// The kernel's own files say the same, though not of the same battery here.
#[tokio::test]
async fn the_kernel_tells_while_upower_is_away() {
    let Some((bed, power)) = bed(4).await else { return };
    let kernel = bed.kernel_power().unwrap();
    kernel.charger("0").unwrap();
    kernel.battery("BAT0", 3, "Discharging").unwrap();
    let folder = kernel.folder();
    let set_up = |setup: &mut DaemonSetup| setup.supplies = Supplies::Bound(folder);
    let (mut scene, mut power) = (Scene::with_setup(bed, "", set_up).await, power);
    power.start_upower(scene.bed.bus()).await.unwrap();
    let id = scene.one_off().await;
    for _ in 0..2 {
        seen(&scene, 4, true).await;
        scene.held(id, &["BATTERY_CRITICAL"]).await;
        power.stop_upower().await.unwrap();
        scene
            .until("told by the kernel", |host| {
                host.power_source.source.as_deref() == Some("sysfs")
                    && host.battery_percent == Some(3)
            })
            .await;
        scene.held(id, &["BATTERY_CRITICAL"]).await;
        power.start_upower(scene.bed.bus()).await.unwrap();
    }
    seen(&scene, 4, true).await;
    power.charger(Plug::In).await.unwrap();
    power.battery("BAT0", 4, Charge::Charging).await.unwrap();
    scene.runs(id).await;
}

#[tokio::test]
async fn upower_is_heard_when_it_comes_late() {
    let Some((bed, power)) = bed(4).await else { return };
    let (mut scene, mut power) = (Scene::start(bed).await, power);
    scene.until("no battery", |host| host.power_source.source.as_deref() == Some("sysfs")).await;
    let id = scene.one_off().await;
    scene.runs(id).await;
    power.start_upower(scene.bed.bus()).await.unwrap();
    seen(&scene, 4, true).await;
    let id = scene.one_off().await;
    scene.held(id, &["BATTERY_CRITICAL"]).await;
}

/// A bus that is restarted takes its services with it.
#[tokio::test]
async fn upower_is_found_on_a_bus_that_comes_late_or_again() {
    let Some((mut bed, power)) = bed(4).await else { return };
    bed.stop_bus().await.unwrap();
    let (mut scene, mut power) = (Scene::start(bed).await, power);
    let id = scene.one_off().await;
    scene.runs(id).await;
    for _ in 0..2 {
        scene.bed.start_bus().await.unwrap();
        power.start_upower(scene.bed.bus()).await.unwrap();
        seen(&scene, 4, true).await;
        let id = scene.one_off().await;
        scene.held(id, &["BATTERY_CRITICAL"]).await;
        power.stop_upower().await.unwrap();
        scene.bed.stop_bus().await.unwrap();
        scene.runs(id).await;
    }
}
