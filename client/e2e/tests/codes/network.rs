//! What the network holds.

use pwasync_client::{
    Connectivity, Constraints, Metered, NetworkState, SimulatedNetwork, Transport,
};

use crate::bed::{Bed, HOUR, MINUTE, one_off};

/// An online bed with a periodic that is due, and held by this network.
async fn held_on(network: SimulatedNetwork) -> (Bed, pwasync_client::RegistrationId) {
    let mut bed = Bed::start().await;
    bed.settle(network).await;
    bed.open(4, None).await;
    let id = bed.periodic().await;
    assert!(bed.advance(13 * HOUR).await.is_empty());
    (bed, id)
}

#[tokio::test]
async fn starting_ends_after_three_seconds() {
    let mut bed = Bed::with("", &["--simulate-silent"]).await;
    bed.open(4, None).await;
    let id = bed.one_off().await;
    let why = bed.only(id, "STARTING").await;
    bed.ends(id, "STARTING", &why).await;
    bed.only(id, "OFFLINE").await;
}

#[tokio::test]
async fn offline_ends_with_a_network() {
    let mut bed = Bed::start().await;
    bed.open(4, None).await;
    let id = bed.one_off().await;
    bed.only(id, "OFFLINE").await;
    assert_eq!(bed.settle(SimulatedNetwork::default()).await, [id]);
}

#[tokio::test]
async fn settling_ends_when_it_says() {
    let mut bed = Bed::start().await;
    bed.open(4, None).await;
    let id = bed.one_off().await;
    bed.network(SimulatedNetwork::default()).await;
    let why = bed.only(id, "SETTLING").await;
    bed.comes_true(id, &why).await;
}

#[tokio::test]
async fn limited_is_tried_after_ten_minutes() {
    let mut bed = Bed::start().await;
    bed.open(4, None).await;
    let connectivity = Some(Connectivity::Limited);
    bed.settle(SimulatedNetwork { connectivity, ..Default::default() }).await;
    let id = bed.one_off().await;
    let why = bed.only(id, "LIMITED").await;
    bed.comes_true(id, &why).await;
}

#[tokio::test]
async fn captive_portal_ends_when_it_is_passed() {
    let mut bed = Bed::start().await;
    bed.open(4, None).await;
    let connectivity = Some(Connectivity::Portal);
    bed.settle(SimulatedNetwork { connectivity, ..Default::default() }).await;
    let id = bed.one_off().await;
    bed.only(id, "CAPTIVE_PORTAL").await;
    assert_eq!(bed.settle(SimulatedNetwork::default()).await, [id]);
}

#[tokio::test]
async fn metered_is_allowed_once_when_it_is_stale() {
    let metered = SimulatedNetwork { metered: Some(Metered::GuessYes), ..Default::default() };
    let (mut bed, id) = held_on(metered).await;
    let why = bed.only(id, "METERED").await;
    bed.comes_true(id, &why).await;
}

#[tokio::test]
async fn roaming_is_allowed_once_when_it_is_stale() {
    let (mut bed, id) = held_on(SimulatedNetwork { roaming: true, ..Default::default() }).await;
    let why = bed.only(id, "ROAMING").await;
    bed.comes_true(id, &why).await;
}

#[tokio::test]
async fn transport_ends_on_another_network() {
    let mut bed = Bed::ready().await;
    let mut photos = one_off("photos");
    photos.constraints = Constraints { transports: vec![Transport::Wifi], ..Default::default() };
    let id = bed.register(&photos).await;
    bed.only(id, "TRANSPORT").await;
    let wifi = SimulatedNetwork { transport: Some(Transport::Wifi), ..Default::default() };
    bed.network(wifi).await;
    bed.advance(MINUTE).await;
    assert!(bed.client.explain(id, 1).await.is_err(), "it is done");
}

#[tokio::test]
async fn unknown_network_ends_at_home() {
    let mut bed = Bed::start().await;
    bed.settle(SimulatedNetwork::default()).await;
    let mut backup = one_off("backup");
    backup.constraints = Constraints { known_network: true, ..Default::default() };
    let id = bed.register(&backup).await;
    bed.settle(SimulatedNetwork { name: Some("cafe".into()), ..Default::default() }).await;
    bed.open(4, None).await;
    bed.only(id, "UNKNOWN_NETWORK").await;
    bed.client.set_network(NetworkState::Down).await.unwrap();
    assert_eq!(bed.settle(SimulatedNetwork::default()).await, [id]);
}
