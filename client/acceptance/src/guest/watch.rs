//! What can be seen to happen on the machine, each with its instant: what the daemon tells its
//! browser, what logind tells of sleep, what NetworkManager says of the network.

use std::collections::BTreeMap;

use anyhow::Context;
use futures_util::StreamExt as _;
use pwasync_client::{
    HostState, Outcome, RegistrationId, SessionEvent, SessionEvents, SessionHandle,
};
use rustix::time::{ClockId, clock_gettime};
use tokio::sync::mpsc;
use zbus::{Connection, MatchRule, MessageStream, ObjectPath, OwnedVariant, message::Type};

const NETWORK_MANAGER: &str = "org.freedesktop.NetworkManager";
const NETWORK_MANAGER_PATH: &str = "/org/freedesktop/NetworkManager";
const LOGIN_MANAGER: &str = "org.freedesktop.login1.Manager";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
/// Of NetworkManager's, those that the daemon builds on.
const TOLD: [&str; 4] = ["State", "Connectivity", "PrimaryConnection", "Metered"];

/// Seconds since the boot. Sleep counts.
pub(super) fn now() -> f64 {
    seconds(ClockId::Boottime)
}

/// How long the machine has slept since its boot, in seconds.
pub(super) fn slept() -> f64 {
    seconds(ClockId::Boottime) - seconds(ClockId::Monotonic)
}

fn seconds(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    #[expect(clippy::cast_precision_loss, reason = "seconds since the boot, and less than one")]
    let seconds = time.tv_sec as f64 + time.tv_nsec as f64 / 1e9;
    seconds
}

/// Something that happened.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) at: f64,
    pub(super) what: What,
}

/// See [`Seen`].
#[derive(Clone, Debug)]
pub(super) enum What {
    /// The browser is attached.
    Attached,
    /// The daemon wakes a worker. Its event completes at once.
    Wake(RegistrationId),
    /// The daemon tells its browser of the host.
    Host(Box<HostState>),
    /// logind: the machine goes to sleep.
    Sleeps,
    /// logind: it is back.
    Resumed,
    /// NetworkManager has changed; how it is after that.
    Network(Network),
}

/// What NetworkManager says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Network {
    /// All of it.
    pub(super) text: String,
    /// The internet can be reached.
    pub(super) full: bool,
}

/// Tells what the daemon tells a browser, and does what a browser does.
pub(super) async fn browse(
    browser: SessionHandle,
    mut events: SessionEvents,
    seen: mpsc::Sender<Seen>,
) -> anyhow::Result<()> {
    while let Some(event) = events.next().await {
        let at = now();
        let what = match event {
            SessionEvent::Attached { host, .. } => {
                browser.ready().await;
                seen.send(Seen { at, what: What::Attached }).await?;
                What::Host(Box::new(host))
            }
            SessionEvent::Wake(wake) => {
                browser.started(&wake.attempt).await;
                browser.finished(&wake.attempt, Outcome::Completed, "", None).await;
                What::Wake(wake.registration_id)
            }
            SessionEvent::HostChanged(host) => What::Host(Box::new(host)),
            SessionEvent::Abandon { .. }
            | SessionEvent::Cancel { .. }
            | SessionEvent::Recorded { .. }
            | SessionEvent::Detached { .. }
            | SessionEvent::Closed { .. } => continue,
        };
        seen.send(Seen { at, what }).await?;
    }
    Ok(())
}

/// Tells what logind tells.
pub(super) async fn hear_logind(bus: Connection, seen: mpsc::Sender<Seen>) -> anyhow::Result<()> {
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .interface(LOGIN_MANAGER)
        .member("PrepareForSleep")
        .build()?;
    let mut signals = MessageStream::for_match_rule(rule, &bus, None).await?;
    while let Some(signal) = signals.next().await {
        let at = now();
        let going: bool = signal?.body().deserialize()?;
        let what = if going { What::Sleeps } else { What::Resumed };
        seen.send(Seen { at, what }).await?;
    }
    Ok(())
}

/// Tells how NetworkManager is whenever it says that it has changed.
pub(super) async fn hear_network(bus: Connection, seen: mpsc::Sender<Seen>) -> anyhow::Result<()> {
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .path(NETWORK_MANAGER_PATH)
        .interface(PROPERTIES)
        .member("PropertiesChanged")
        .build()?;
    let mut signals = MessageStream::for_match_rule(rule, &bus, None).await?;
    let mut last = Network::default();
    while let Some(signal) = signals.next().await {
        signal?;
        let at = now();
        let told = network(&bus).await?;
        if told != last {
            last.clone_from(&told);
            seen.send(Seen { at, what: What::Network(told) }).await?;
        }
    }
    Ok(())
}

/// How NetworkManager is.
pub(super) async fn network(bus: &Connection) -> anyhow::Result<Network> {
    let arguments = (NETWORK_MANAGER,);
    let answer = bus
        .call_method(
            Some(NETWORK_MANAGER),
            NETWORK_MANAGER_PATH,
            Some(PROPERTIES),
            "GetAll",
            &arguments,
        )
        .await
        .context("NetworkManager does not answer")?;
    let body = answer.body();
    let mut all: BTreeMap<String, OwnedVariant> = body.deserialize()?;
    let mut told = Vec::new();
    for name in TOLD {
        let Some(value) = all.remove(name) else { continue };
        let value = match (u32::try_from(value.clone()), ObjectPath::try_from(value)) {
            (Ok(number), _) => number.to_string(),
            (Err(_), Ok(path)) => path.to_string(),
            (Err(error), Err(_)) => error.to_string(),
        };
        told.push(format!("{name} {value}"));
    }
    let text = told.join(", ");
    let full = text.contains("State 70") && text.contains("Connectivity 4");
    Ok(Network { text, full })
}
