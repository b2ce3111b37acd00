//! The simulated host's facts, as they are set, told and obeyed.

use std::time::Duration;

use pwasync_proto::v1 as wire;
use wire::{BlockerCode, Connectivity, Metered, Transport};

use crate::{
    bed::{Client, Daemon, START, advance_by, duration, periodic, soon, wrong_field},
    session::Session,
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

impl Client {
    async fn set(&mut self, network: wire::SetNetworkRequest) -> wire::HostState {
        soon(self.simulation.set_network(network)).await.unwrap().into_inner().host.unwrap()
    }

    async fn power(&mut self, power: wire::SetPowerRequest) -> wire::HostState {
        soon(self.simulation.set_power(power)).await.unwrap().into_inner().host.unwrap()
    }

    async fn held(&mut self, id: u64) -> Vec<BlockerCode> {
        let list = self.list().await;
        let one = list.iter().find(|one| one.id == id).unwrap();
        one.blockers.iter().map(wire::Blocker::code).collect()
    }
}

fn up() -> wire::SetNetworkRequest {
    wire::SetNetworkRequest { online: true, ..Default::default() }
}

fn source(source: Option<wire::FactSource>) -> (String, Option<i64>) {
    let wire::FactSource { source, since } = source.unwrap();
    (source, since.map(|at| at.seconds - i64::try_from(START / 1_000).unwrap()))
}

#[tokio::test]
async fn each_fact_is_told_with_its_source_and_since_when() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let told = |since| ("simulation".to_owned(), Some(since));
    let plain = client.set(up()).await;
    assert_eq!((plain.online, plain.connectivity()), (Some(true), Connectivity::Full));
    assert_eq!((plain.metered(), plain.roaming), (Metered::No, Some(false)));
    assert_eq!(plain.transport(), Transport::Ethernet);
    assert_eq!(
        (plain.power_saver, plain.charging, plain.battery_percent),
        (Some(false), None, None)
    );
    assert_eq!(source(plain.charging_source), (String::new(), None));
    assert_eq!(source(plain.power_saver_source), told(0));
    assert_eq!(plain.overridden, Vec::<String>::new());

    client.advance(10 * SECOND).await;
    let abroad = wire::SetNetworkRequest {
        network: "abroad".into(),
        connectivity: Connectivity::Limited.into(),
        metered: Metered::GuessYes.into(),
        roaming: true,
        transport: Transport::Cellular.into(),
        ..up()
    };
    let host = client.set(abroad).await;
    assert_eq!((host.online, host.connectivity()), (Some(true), Connectivity::Limited));
    assert!(!host.settled);
    assert_eq!((host.metered(), host.roaming), (Metered::GuessYes, Some(true)));
    assert_eq!(host.transport(), Transport::Cellular);
    for fact in
        [host.connectivity_source, host.metered_source, host.roaming_source, host.transport_source]
    {
        assert_eq!(source(fact), told(10));
    }
    assert!(host.network.len() == 16 && host.network != plain.network);
    let home = client.set(up()).await;
    assert_eq!(home.network, plain.network, "the same each time");

    let gone = client.set(wire::SetNetworkRequest::default()).await;
    assert_eq!((gone.online, gone.connectivity()), (Some(false), Connectivity::None));
    assert_eq!((gone.transport(), gone.metered()), (Transport::Unspecified, Metered::Unspecified));
    assert_eq!((gone.roaming, gone.network.as_str()), (None, ""));
}

#[tokio::test]
async fn power_is_told_too() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    client.advance(5 * SECOND).await;
    let told = ("simulation".to_owned(), Some(5));
    let request = wire::SetPowerRequest {
        battery_percent: Some(40),
        on_battery: true,
        power_saver: true,
        charging: None,
    };
    let host = client.power(request).await;
    assert_eq!((host.battery_percent, host.on_battery), (Some(40), Some(true)));
    assert_eq!((host.charging, host.power_saver), (Some(false), Some(true)));
    assert_eq!(source(host.power_saver_source), told);
    assert_eq!(source(host.charging_source), told);
    let wrong = wire::SetPowerRequest { charging: Some(true), ..request };
    let status = soon(client.simulation.set_power(wrong)).await.unwrap_err();
    let rule = "value `true` contradicts `on_battery`";
    assert_eq!(wrong_field(&status), ("charging".into(), rule.into()));
}

#[tokio::test]
async fn a_silent_host_is_starting_for_three_seconds_at_most() {
    let daemon = Daemon::silent().await;
    let mut client = daemon.client().await;
    let mut session = Session::ready(&mut client).await;
    let id = client.one_off("mail").await;
    assert_eq!(client.held(id).await, [BlockerCode::Starting]);
    let status = soon(client.admin.get_status(wire::GetStatusRequest {})).await.unwrap();
    let host = status.into_inner().host.unwrap();
    assert_eq!((host.online, host.connectivity()), (None, Connectivity::Unspecified));
    assert_eq!(source(host.online_source), (String::new(), None));
    client.advance(3 * SECOND).await;
    assert_eq!(client.held(id).await, [BlockerCode::Offline]);
    client.set(up()).await;
    soon(client.simulation.advance(advance_by(SECOND, true))).await.unwrap();
    session.wake().await;
}

#[tokio::test]
async fn a_periodic_waits_for_better_terms() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let mut session = Session::ready(&mut client).await;
    let metered = wire::SetNetworkRequest { metered: Metered::Yes.into(), ..up() };
    client.set(metered).await;
    let request = wire::RegisterRequest {
        key: Some(periodic("news")),
        min_interval: Some(duration(12 * HOUR)),
        ..Default::default()
    };
    let registered = client.register(request).await.unwrap().registration.unwrap();
    let due = registered.due_at.unwrap().seconds - registered.registered_at.unwrap().seconds;
    assert_eq!(due, 12 * 3_600);
    assert_eq!(client.advance(13 * HOUR).await, 0);
    assert_eq!(client.held(registered.id).await, [BlockerCode::Metered]);
    // The battery and the saver change together, and so does the network.
    let low = wire::SetPowerRequest {
        battery_percent: Some(15),
        on_battery: true,
        power_saver: true,
        charging: None,
    };
    client.power(low).await;
    client.set(wire::SetNetworkRequest { roaming: true, ..up() }).await;
    client.advance(MINUTE).await;
    let held = client.held(registered.id).await;
    let wanted = [BlockerCode::Roaming, BlockerCode::BatteryLow, BlockerCode::PowerSaver];
    assert!(wanted.iter().all(|code| held.contains(code)) && held.len() == 3, "{held:?}");
    client.power(wire::SetPowerRequest { power_saver: true, ..Default::default() }).await;
    client.power(wire::SetPowerRequest { power_saver: false, ..low }).await;
    client.set(up()).await;
    client.advance(MINUTE).await;
    assert_eq!(client.held(registered.id).await, [BlockerCode::BatteryLow]);
    client.power(wire::SetPowerRequest { power_saver: true, ..Default::default() }).await;
    assert_eq!(client.held(registered.id).await, [BlockerCode::PowerSaver]);
    client.power(wire::SetPowerRequest::default()).await;
    session.wake().await;
}

#[tokio::test]
async fn local_time_is_set_without_a_step() {
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    let step = wire::StepClockRequest { by: None, utc_offset_seconds: Some(7_200) };
    let now = soon(client.simulation.step_clock(step)).await.unwrap().into_inner().now.unwrap();
    assert_eq!(now.seconds, i64::try_from(START / 1_000).unwrap());
    let step = wire::StepClockRequest { by: None, utc_offset_seconds: Some(64_801) };
    let status = soon(client.simulation.step_clock(step)).await.unwrap_err();
    assert_eq!(wrong_field(&status).0, "utc_offset_seconds");
}

#[tokio::test]
async fn an_override_for_everybody_stands_in_the_place_of_the_fact() {
    if !crate::root::have_root("only an administrator may override for everybody") {
        return;
    }
    let daemon = Daemon::simulated().await;
    let mut client = daemon.client().await;
    client.set(up()).await;
    client.advance(10 * SECOND).await;
    for (fact, value) in [("metered", "yes"), ("connectivity", "portal"), ("battery_percent", "7")]
    {
        let fact = Some(wire::FactValue { fact: fact.into(), value: value.into() });
        let subject = Some(wire::Subject { all: true, ..Default::default() });
        let request = wire::SetOverrideRequest { subject, fact, lease: None, network: None };
        soon(client.admin.set_override(request)).await.unwrap();
    }
    let status = soon(client.admin.get_status(wire::GetStatusRequest {})).await.unwrap();
    let host = status.into_inner().host.unwrap();
    let overridden = ("override".to_owned(), Some(10));
    assert_eq!(host.overridden, ["battery_percent", "connectivity", "metered"]);
    assert_eq!(
        (host.metered(), source(host.metered_source.clone())),
        (Metered::Yes, overridden.clone())
    );
    assert_eq!((host.online, host.connectivity()), (Some(true), Connectivity::Portal));
    assert!(!host.settled);
    assert_eq!(source(host.connectivity_source), overridden);
    assert_eq!((host.battery_percent, source(host.power_source)), (Some(7), overridden));
    assert_eq!(source(host.transport_source), ("simulation".to_owned(), Some(0)));
}
