//! The bed itself: what the real services say when something happens to them.

use futures_util::StreamExt as _;
use pwasync_e2e::bed::{
    Bed, BedOptions, Charge, Internet, Plug, changed, network_manager, upower, upower_daemon,
};
use tokio::time::timeout;

use crate::scene::{LIMIT, can_run};

#[tokio::test]
async fn network_manager_tells_of_a_cable_that_goes_out_and_in() {
    if !can_run() {
        return;
    }
    let bed = Bed::with_network_manager(BedOptions::default()).await.unwrap();
    let manager = network_manager();
    bed.bus().until::<u32>(&manager, "Connectivity", |full| *full == 4).await.unwrap();
    let mut states = Vec::new();
    let mut changes = bed.bus().changes(&manager).await.unwrap();
    for (plug, state) in [(Plug::Out, 20), (Plug::In, 70)] {
        bed.cable("eth0", plug).unwrap();
        let told = timeout(LIMIT, async {
            loop {
                let signal = changes.next().await.unwrap().unwrap();
                if let Some(told) = changed(&signal).unwrap().remove("State") {
                    states.push(u32::try_from(told).unwrap());
                }
                if states.last() == Some(&state) {
                    return;
                }
            }
        });
        assert!(told.await.is_ok(), "{plug:?}: only {states:?} was told");
    }
    bed.bus().until::<u32>(&manager, "Connectivity", |full| *full == 4).await.unwrap();
    bed.portal("eth0", Internet::Captive).await.unwrap();
    bed.bus().until::<u32>(&manager, "Connectivity", |portal| *portal == 2).await.unwrap();
    bed.portal("eth0", Internet::Silent).await.unwrap();
    bed.bus().until::<u32>(&manager, "Connectivity", |limited| *limited == 3).await.unwrap();
}

#[tokio::test]
async fn upower_tells_of_a_battery_that_empties_and_is_pulled() {
    if !can_run() {
        return;
    }
    let bed = Bed::with_bus(BedOptions::default()).await.unwrap();
    let mut power = bed.power_supplies().await.unwrap();
    power.battery("BAT0", 80, Charge::Charging).await.unwrap();
    power.start_upower(bed.bus()).await.unwrap();
    let percent = async |wanted: f64| {
        let near = |seen: &f64| (seen - wanted).abs() < 0.5;
        bed.bus().until::<f64>(&upower(), "Percentage", near).await.unwrap();
    };
    percent(80.0).await;
    power.charger(Plug::Out).await.unwrap();
    for left in [40_u8, 11, 4, 1] {
        power.battery("BAT0", left.into(), Charge::Discharging).await.unwrap();
        percent(left.into()).await;
    }
    bed.bus().until::<bool>(&upower_daemon(), "OnBattery", |on| *on).await.unwrap();
    // 5: it would be turned off.
    bed.bus().until::<u32>(&upower(), "WarningLevel", |level| *level == 5).await.unwrap();
    power.pull("BAT0").await.unwrap();
    bed.bus().until::<bool>(&upower(), "IsPresent", |present| !present).await.unwrap();
    percent(0.0).await;
}
