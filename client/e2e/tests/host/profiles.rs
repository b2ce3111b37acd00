//! The power saver, as the real power-profiles-daemon tells of it.

use pwasync_e2e::bed::Bed;

use crate::{
    kernel::free,
    scene::{OFTEN, Scene, can_run},
};

async fn saver(scene: &Scene, wanted: Option<bool>) {
    scene.until(&format!("saver {wanted:?}"), |host| host.power_saver == wanted).await;
    let source = scene.client.status().await.unwrap().host.power_saver_source.source;
    assert_eq!(source.as_deref(), wanted.map(|_| "power-profiles"));
}

#[tokio::test]
async fn the_power_saver_holds_periodic_ones_while_it_is_on() {
    if !can_run() {
        return;
    }
    let mut bed = Bed::with_bus(free()).await.unwrap();
    let profiles = bed.start_power_profiles().await.unwrap();
    // What is named last goes first: a bed ends when all is gone that was started in it.
    let (mut scene, _profiles) = (Scene::with_policy(bed, OFTEN).await, profiles);
    saver(&scene, Some(false)).await;
    scene.bed.choose_power_profile("power-saver").await.unwrap();
    saver(&scene, Some(true)).await;
    let periodic = scene.periodic().await;
    scene.held(periodic, &["POWER_SAVER"]).await;
    let id = scene.one_off().await;
    scene.runs(id).await;
    scene.held(periodic, &["POWER_SAVER"]).await;
    scene.bed.choose_power_profile("balanced").await.unwrap();
    scene.runs(periodic).await;
}

/// While it is away nobody saves power.
#[tokio::test]
async fn the_power_saver_may_come_late_go_and_come_back() {
    if !can_run() {
        return;
    }
    let bed = Bed::with_bus(free()).await.unwrap();
    let mut scene = Scene::with_policy(bed, OFTEN).await;
    saver(&scene, None).await;
    for _ in 0..2 {
        let profiles = scene.bed.start_power_profiles().await.unwrap();
        saver(&scene, Some(false)).await;
        scene.bed.choose_power_profile("power-saver").await.unwrap();
        saver(&scene, Some(true)).await;
        let periodic = scene.periodic().await;
        scene.held(periodic, &["POWER_SAVER"]).await;
        profiles.stop().await.unwrap();
        scene.runs(periodic).await;
        saver(&scene, None).await;
        scene.end_periodic().await;
    }
}

/// Its first word is waited for.
#[tokio::test]
async fn a_daemon_that_starts_while_power_is_saved_runs_nothing_periodic() {
    if !can_run() {
        return;
    }
    let mut bed = Bed::with_bus(free()).await.unwrap();
    let profiles = bed.start_power_profiles().await.unwrap();
    bed.choose_power_profile("power-saver").await.unwrap();
    let (mut scene, _profiles) = (Scene::with_policy(bed, OFTEN).await, profiles);
    let periodic = scene.periodic().await;
    for _ in 0..5 {
        scene.held(periodic, &["POWER_SAVER"]).await;
        scene.restart_daemon().await;
    }
    scene.bed.stop_bus().await.unwrap();
    scene.runs(periodic).await;
    saver(&scene, None).await;
}
