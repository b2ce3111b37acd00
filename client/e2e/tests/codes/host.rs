//! What battery, charger, saver, sleep and the store hold.

use pwasync_client::{Constraints, Power, PowerSupply, RegistrationId, StoreFailure};

use crate::bed::{Bed, HOUR, MINUTE, SECOND, one_off};

const PLUGGED_IN: Power = Power { supply: PowerSupply::Charging(50), saver: false };

/// A bed with this power and a periodic that is due.
async fn held_by(power: Power) -> (Bed, RegistrationId) {
    let mut bed = Bed::ready().await;
    bed.client.set_power(power).await.unwrap();
    let id = bed.periodic().await;
    assert!(bed.advance(13 * HOUR).await.is_empty());
    (bed, id)
}

#[tokio::test]
async fn battery_low_ends_on_the_charger() {
    let power = Power { supply: PowerSupply::OnBattery(15), saver: false };
    let (mut bed, id) = held_by(power).await;
    bed.only(id, "BATTERY_LOW").await;
    bed.client.set_power(PLUGGED_IN).await.unwrap();
    bed.runs(id).await;
}

#[tokio::test]
async fn battery_critical_holds_one_offs_too() {
    let mut bed = Bed::ready().await;
    let power = Power { supply: PowerSupply::OnBattery(4), saver: false };
    bed.client.set_power(power).await.unwrap();
    let id = bed.one_off().await;
    bed.only(id, "BATTERY_CRITICAL").await;
    bed.client.set_power(PLUGGED_IN).await.unwrap();
    bed.runs(id).await;
}

#[tokio::test]
async fn not_charging_ends_on_the_charger() {
    let mut bed = Bed::ready().await;
    let power = Power { supply: PowerSupply::OnBattery(80), saver: false };
    bed.client.set_power(power).await.unwrap();
    let mut photos = one_off("photos");
    photos.constraints = Constraints { charging: true, ..Default::default() };
    let id = bed.register(&photos).await;
    bed.only(id, "NOT_CHARGING").await;
    bed.client.set_power(PLUGGED_IN).await.unwrap();
    bed.runs(id).await;
}

#[tokio::test]
async fn power_saver_ends_when_it_is_off() {
    let power = Power { supply: PowerSupply::NoBattery, saver: true };
    let (mut bed, id) = held_by(power).await;
    bed.only(id, "POWER_SAVER").await;
    bed.client.set_power(Power { saver: false, ..power }).await.unwrap();
    bed.runs(id).await;
}

#[tokio::test]
async fn suspending_ends_with_the_sleep() {
    let mut bed = Bed::ready().await;
    bed.client.suspend().await.unwrap();
    let id = bed.one_off().await;
    bed.only(id, "SUSPENDING").await;
    bed.client.resume(HOUR).await.unwrap();
    // After a resume the network is given longer.
    let why = bed.only(id, "SETTLING").await;
    assert_eq!(why.earliest, Some(bed.now().await + 5 * SECOND));
    bed.comes_true(id, &why).await;
}

#[tokio::test]
async fn store_read_only_ends_when_the_disk_works_again() {
    let mut bed = Bed::start().await;
    bed.open(4, None).await;
    let id = bed.one_off().await;
    bed.client.fail_store(StoreFailure::ReadOnly, None).await.unwrap();
    assert!(bed.client.register(&one_off("more")).await.is_err());
    bed.why(id, "STORE_READ_ONLY").await;
    bed.client.fail_store(StoreFailure::None, None).await.unwrap();
    bed.advance(MINUTE).await;
    let codes = bed.codes(id).await;
    assert!(!codes.iter().any(|code| code == "STORE_READ_ONLY"), "{codes:?}");
}
