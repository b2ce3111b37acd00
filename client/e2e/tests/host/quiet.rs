//! What changes all the time and holds nothing wakes nobody.

use pwasync_e2e::bed::{Bed, Place, Pretended, upower, upower_daemon};
use tokio::time::timeout;

use crate::{
    kernel::free,
    scene::{LIMIT, Scene, can_run},
};

/// A UPower that looks at its battery as often as it is told to; the real one does so once a
/// second at most.
async fn pretend_upower(bed: &Bed) -> Pretended {
    let pretended = bed.pretend("org.freedesktop.UPower").await.unwrap();
    let display = upower();
    pretended.set(&display, "IsPresent", true);
    pretended.set(&display, "Type", 2_u32);
    pretended.set(&display, "Percentage", 50.0);
    pretended.set(&display, "UpdateTime", 1_u64);
    pretended.set(&upower_daemon(), "OnBattery", true);
    pretended.appear().await.unwrap();
    pretended
}

/// UPower has looked again, so often.
async fn looks(pretended: &Pretended, often: u64) {
    for time in 0..often {
        pretended.set(&upower(), "UpdateTime", time);
        pretended.tell(&upower(), "UpdateTime").await.unwrap();
    }
    pretended.flush().await.unwrap();
}

async fn seen(scene: &Scene, percent: u32) {
    let wanted = Some(percent);
    scene.until(&format!("{percent} %"), |host| host.battery_percent == wanted).await;
}

#[tokio::test]
async fn a_upower_that_only_says_when_it_has_looked_is_not_listened_to() {
    if !can_run() {
        return;
    }
    let bed = Bed::with_bus(free()).await.unwrap();
    let pretended = pretend_upower(&bed).await;
    let mut scene = Scene::start(bed).await;
    seen(&scene, 50).await;
    let told = |scene: &Scene| scene.logged("pwasyncd::power: power power=");
    assert_eq!(told(&scene), 1);
    // A charge that falls meanwhile is heard at once.
    looks(&pretended, 5).await;
    pretended.set(&upower(), "Percentage", 49.0);
    pretended.tell(&upower(), "Percentage").await.unwrap();
    seen(&scene, 49).await;
    looks(&pretended, 10).await;
    scene.until_logged("UPower says nothing new").await;
    // The last call is over, and so is all that it had the daemon do.
    scene.until_at_rest().await;
    let before = scene.switches();
    looks(&pretended, 2_000).await;
    let switches = scene.switches().since(&before).all();
    assert!(switches <= 20, "{switches} context switches for 2,000 signals");
    assert_eq!(told(&scene), 2, "the engine was told of nothing new");
    // What its own object says is heard, and then the battery is, too.
    pretended.set(&upower_daemon(), "OnBattery", false);
    pretended.set(&upower(), "Percentage", 48.0);
    pretended.tell(&upower_daemon(), "OnBattery").await.unwrap();
    scene.until("on its charger", |host| host.on_battery == Some(false)).await;
    seen(&scene, 48).await;
    pretended.set(&upower(), "Percentage", 47.0);
    pretended.tell(&upower(), "Percentage").await.unwrap();
    seen(&scene, 47).await;
    scene.nothing_ran();
}

/// It may be set to go by the time that is left, and then it warns at any percentage.
#[tokio::test]
async fn a_charge_that_upower_calls_critical_holds() {
    if !can_run() {
        return;
    }
    let bed = Bed::with_bus(free()).await.unwrap();
    let pretended = pretend_upower(&bed).await;
    let mut scene = Scene::start(bed).await;
    seen(&scene, 50).await;
    for level in [4_u32, 5] {
        // 3: low, which is policy's to say.
        pretended.set(&upower(), "WarningLevel", 3_u32);
        pretended.tell(&upower(), "WarningLevel").await.unwrap();
        let id = scene.one_off().await;
        scene.runs(id).await;
        pretended.set(&upower(), "WarningLevel", level);
        pretended.tell(&upower(), "WarningLevel").await.unwrap();
        // What was said last is known when this is.
        pretended.set(&upower(), "Percentage", 50.0 - f64::from(level));
        pretended.tell(&upower(), "Percentage").await.unwrap();
        seen(&scene, 50 - level).await;
        let id = scene.one_off().await;
        scene.held(id, &["BATTERY_CRITICAL"]).await;
        pretended.set(&upower(), "WarningLevel", 1_u32);
        pretended.tell(&upower(), "WarningLevel").await.unwrap();
        scene.runs(id).await;
    }
}

/// The name of today; the system of the tests has a power-profiles-daemon from before.
#[tokio::test]
async fn the_power_saver_is_heard_by_its_name_of_today() {
    if !can_run() {
        return;
    }
    let bed = Bed::with_bus(free()).await.unwrap();
    let name = "org.freedesktop.UPower.PowerProfiles";
    let place = Place::new(name, "/org/freedesktop/UPower/PowerProfiles", name);
    let scene = Scene::start(bed).await;
    for _ in 0..2 {
        let pretended = scene.bed.pretend(name).await.unwrap();
        // Its name is there before what it says.
        pretended.appear().await.unwrap();
        pretended.set(&place, "ActiveProfile", "power-saver");
        scene.until("saving", |host| host.power_saver == Some(true)).await;
        pretended.set(&place, "ActiveProfile", "performance");
        pretended.tell(&place, "ActiveProfile").await.unwrap();
        scene.until("not saving", |host| host.power_saver == Some(false)).await;
        drop(pretended);
        scene.until("unknown", |host| host.power_saver.is_none()).await;
    }
}

#[tokio::test]
async fn a_logind_that_refuses_is_asked_until_it_answers() {
    if !can_run() {
        return;
    }
    let bed = Bed::with_bus(free()).await.unwrap();
    let name = "org.freedesktop.login1";
    let place = Place::new(name, "/org/freedesktop/login1", "org.freedesktop.login1.Manager");
    let scene = Scene::start(bed).await;
    for _ in 0..2 {
        let pretended = scene.bed.pretend(name).await.unwrap();
        pretended.appear().await.unwrap();
        timeout(LIMIT, pretended.refuses()).await.unwrap();
        pretended.set(&place, "PreparingForSleep", true);
        scene.until("suspending", |host| host.suspending).await;
        drop(pretended);
        scene.until("unheard", |host| host.suspending_source.source.is_none()).await;
    }
}
