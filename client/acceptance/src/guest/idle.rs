//! A laptop on its battery and on Wi-Fi, where nothing happens and all services talk of it: how
//! often the daemon runs meanwhile.

use std::{
    collections::BTreeMap,
    fs,
    net::UdpSocket,
    process::Stdio,
    time::{Duration, SystemTime},
};

use anyhow::Context;
use futures_util::StreamExt as _;
use pwasync_client::{
    Constraints, Fact, Filter, HostState, Metered, NewRegistration, Registration, SyncKind,
    Transport,
};
use pwasync_e2e::Switches;
use tokio::{
    io::AsyncWriteExt as _,
    process::{Child, Command},
    time::{Interval, MissedTickBehavior, interval, timeout},
};
use zbus::{Connection, MatchRule, Message, MessageStream, OwnedVariant, message::Type};

use super::{
    desktop::{Desktop, INTERVAL, key, run, systemctl},
    port::Port,
    watch::{What, now},
};

const NETWORK_MANAGER: &str = "org.freedesktop.NetworkManager";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const DISPLAY_DEVICE: &str = "/org/freedesktop/UPower/devices/DisplayDevice";

const SNAPSHOTS: &str = "/var/lib/pwasync/snapshots";
/// A program that writes to it has the kernel say that the battery has changed.
const BATTERY: &str = "/sys/class/power_supply/BAT0/uevent";
/// Nobody listens there; the far end says so.
const FAR_END: (&str, u16) = ("10.98.0.1", 9);
/// What the access point sends with, in dBm: one after the other. NetworkManager looks each six
/// seconds, and is to find another one each time.
const POWERS: u32 = 7;

const EVERY: Duration = Duration::from_secs(1);
const MINUTE: f64 = 60.0;
/// What UPower says of all batteries together, before counting begins: twice the signals after which
/// the daemon listens to it no more.
const SETTLED: u32 = 20;
/// A change is in a snapshot after a minute at most.
const SNAPSHOTS_END: Duration = Duration::from_secs(70);
const SETTLE_LIMIT: Duration = Duration::from_secs(600);
/// Context switches in a minute.
const MOST: u64 = 5;
/// Signals of each service in a minute. Fewer would be no test.
const LEAST: u32 = 24;
/// Strengths among them. NetworkManager tells ten.
const LEAST_STRENGTHS: u32 = 6;

pub(super) async fn go(port: &mut Port, desktop: &mut Desktop) -> anyhow::Result<()> {
    port.note("an idle laptop, whose services talk")?;
    carry_off(port, desktop).await?;
    let last_look = hold(port, desktop).await?;
    let mut room = Room::enter(&desktop.bus).await?;
    let settled = timeout(SETTLE_LIMIT, room.settle(last_look)).await;
    settled.context("UPower does not talk, or the daemon goes on writing")??;
    let process = systemctl(&["show", "--value", "--property=MainPID", "pwasyncd"]).await?;
    let process = process.parse().context("the daemon does not run")?;
    look_on(port, &mut room, process).await?;
    desktop.take();
    let before = Switches::of(process)?;
    run("nmcli", &["connection", "modify", "wlan0", "connection.metered", "yes"]).await?;
    // The browser is told without asking.
    let metered =
        |what: &What| matches!(what, What::Host(host) if host.metered == Some(Metered::Yes));
    desktop.until("the word that the network is metered", metered).await?;
    let woken = Switches::of(process)?.since(&before).all();
    port.point(
        &format!("and yet it hears what counts # metered, after {woken} context switches"),
        woken > 0,
    )
}

/// The laptop has a radio besides, and its cable is taken away.
async fn carry_off(port: &mut Port, desktop: &mut Desktop) -> anyhow::Result<()> {
    systemctl(&["start", "guest-access-point.service", "upower.service"]).await?;
    run("nmcli", &["device", "disconnect", "eth0"]).await?;
    let host = desktop.until_host(is_laptop).await?;
    let source = |fact: &Fact| fact.source.clone().unwrap_or_default();
    port.point(
        &format!(
            "it is on Wi-Fi and on its battery # {}, online by {}; {} %, by {}; awake, by {}",
            host.transport.map_or("no link", Transport::as_str),
            source(&host.online_source),
            host.battery_percent.unwrap_or_default(),
            source(&host.power_source),
            source(&host.suspending_source),
        ),
        true,
    )
}

/// Real parts alone tell of it, and all that they can tell is known.
fn is_laptop(host: &HostState) -> bool {
    let by = |fact: &Fact, name: &str| fact.source.as_deref() == Some(name);
    host.settled
        && host.transport == Some(Transport::Wifi)
        && by(&host.online_source, "networkmanager")
        && host.on_battery == Some(true)
        && host.battery_percent.is_some()
        && by(&host.power_source, "upower")
        && by(&host.suspending_source, "logind")
}

/// How often the daemon runs in a minute, and how much there is to hear.
async fn look_on(port: &mut Port, room: &mut Room, process: u32) -> anyhow::Result<()> {
    let (begun, before) = (now(), Switches::of(process)?);
    room.told = Told::default();
    while now() - begun < MINUTE {
        room.pass().await?;
    }
    let (own, lasted) = (Switches::of(process)?.since(&before), now() - begun);
    let told = &room.told;
    port.point(
        &format!(
            "its services talk all the time # in {lasted:.1} s: {} signals of NetworkManager, {} of \
             them of the access point's strength; {} of UPower, {} of them of all batteries together",
            told.by_network, told.of_strength, told.by_power, told.of_all_batteries,
        ),
        told.by_network >= LEAST && told.of_strength >= LEAST_STRENGTHS && told.by_power >= LEAST,
    )?;
    for (what, count) in &told.interfaces {
        port.note(&format!("{count:4} {what}"))?;
    }
    port.point(
        &format!(
            "the daemon sleeps # {} context switches in {lasted:.1} s, of all its threads, {} of them \
             since others came first",
            own.all(),
            own.pushed,
        ),
        own.all() <= MOST,
    )?;
    if own.all() > MOST {
        port.journal().await?;
    }
    Ok(())
}

/// The web apps' periodic syncs are held by the battery; one-off ones that want a charger besides.
/// When the daemon looks at the last of them for the last time: one that has waited for three
/// intervals might be let through on a metered network.
async fn hold(port: &mut Port, desktop: &mut Desktop) -> anyhow::Result<SystemTime> {
    for scope in desktop.syncs.values() {
        let mut new = NewRegistration::new(key(scope, SyncKind::OneOff, "backup"));
        new.constraints = Constraints { charging: true, ..Constraints::default() };
        desktop.client.register(&new).await?;
    }
    let all = desktop.client.list_all(Filter::default()).await?;
    let mut by = BTreeMap::<String, u32>::new();
    for one in &all {
        let codes: Vec<_> = one.blockers.iter().map(|by| by.code.as_str()).collect();
        *by.entry(codes.join("+")).or_default() += 1;
    }
    let held = |one: &Registration| {
        let codes = ["BATTERY_LOW", "NOT_CHARGING"];
        one.blockers.iter().any(|by| codes.contains(&by.code.as_str()))
    };
    port.point(
        &format!("its syncs are held # {} of them: {by:?}", all.len()),
        all.len() == 2 * desktop.syncs.len() && all.iter().all(held),
    )?;
    let due = all.iter().filter_map(|one| one.due_at).max().context("no sync comes due")?;
    Ok(due + INTERVAL * 2)
}

/// When the daemon has written its last snapshot; long ago where there is none.
fn last_snapshot() -> SystemTime {
    let files = fs::read_dir(SNAPSHOTS).into_iter().flatten().flatten();
    // An older one may go meanwhile.
    let written = files.filter_map(|file| file.metadata().ok()?.modified().ok());
    written.max().unwrap_or(SystemTime::UNIX_EPOCH)
}

/// The room that the laptop stands in: what goes on there each second, and what the services say.
struct Room {
    network: MessageStream,
    power: MessageStream,
    socket: UdpSocket,
    /// A shell where the access point is. To start one each second would keep the machine busy.
    elsewhere: Child,
    clock: Interval,
    seconds: u32,
    told: Told,
}

/// Signals that something has changed.
#[derive(Default)]
struct Told {
    by_network: u32,
    of_strength: u32,
    by_power: u32,
    of_all_batteries: u32,
    /// By what it is that has changed.
    interfaces: BTreeMap<String, u32>,
}

impl Room {
    async fn enter(bus: &Connection) -> anyhow::Result<Self> {
        let network = hear(bus, "/org/freedesktop/NetworkManager").await?;
        let power = hear(bus, "/org/freedesktop/UPower").await?;
        let device = run("nmcli", &["-g", "GENERAL.DBUS-PATH", "device", "show", "wlan0"]).await?;
        let statistics = format!("{NETWORK_MANAGER}.Device.Statistics");
        let every = EVERY.as_millis().to_string();
        let refresh =
            ["set-property", NETWORK_MANAGER, &device, &statistics, "RefreshRateMs", "u", &every];
        run("busctl", &refresh).await?;
        let socket = UdpSocket::bind(("0.0.0.0", 0)).context("cannot talk")?;
        let mut elsewhere = Command::new("ip");
        elsewhere.args(["netns", "exec", "internet", "sh"]).stdin(Stdio::piped());
        let elsewhere = elsewhere.kill_on_drop(true).spawn().context("cannot start a shell")?;
        let mut clock = interval(EVERY);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (seconds, told) = (0, Told::default());
        Ok(Self { network, power, socket, elsewhere, clock, seconds, told })
    }

    /// Waits until the daemon has nothing left to do: it has stopped listening to UPower's chatter, has
    /// looked at each held sync for the last time, and has written the last snapshot.
    async fn settle(&mut self, last_look: SystemTime) -> anyhow::Result<()> {
        loop {
            let last = last_look.max(last_snapshot());
            let over = last.elapsed().is_ok_and(|ago| ago >= SNAPSHOTS_END);
            if self.told.of_all_batteries >= SETTLED && over {
                return Ok(());
            }
            self.pass().await?;
        }
    }

    /// Waits for the next thing that happens: a second has passed, or a service says something.
    async fn pass(&mut self) -> anyhow::Result<()> {
        tokio::select! {
            _ = self.clock.tick() => {
                self.seconds += 1;
                self.stir().await?;
            }
            signal = self.network.next() => {
                self.told.take_network(&signal.context("the bus is gone")??)?;
            }
            signal = self.power.next() => {
                self.told.take_power(&signal.context("the bus is gone")??)?;
            }
        }
        Ok(())
    }

    /// What goes on in a second: somebody carries the laptop about, something is sent, and firmware
    /// tells of the battery.
    async fn stir(&mut self) -> anyhow::Result<()> {
        let power = self.seconds % POWERS + 1;
        let line = format!("iw dev wlan1 set txpower fixed {power}00\n");
        let shell = self.elsewhere.stdin.as_mut().context("the shell hears nothing")?;
        shell.write_all(line.as_bytes()).await.context("the shell has ended")?;
        // The answer to the one before is an error.
        let _ = self.socket.send_to(b"?", FAR_END);
        fs::write(BATTERY, "change").context("there is no battery")
    }
}

impl Told {
    fn take_network(&mut self, signal: &Message) -> anyhow::Result<()> {
        self.by_network += 1;
        if self.take(signal)?.contains_key("Strength") {
            self.of_strength += 1;
        }
        Ok(())
    }

    fn take_power(&mut self, signal: &Message) -> anyhow::Result<()> {
        self.by_power += 1;
        self.take(signal)?;
        let header = signal.header();
        if header.path().is_some_and(|path| path.as_str() == DISPLAY_DEVICE) {
            self.of_all_batteries += 1;
        }
        Ok(())
    }

    /// What has changed.
    fn take(&mut self, signal: &Message) -> anyhow::Result<BTreeMap<String, OwnedVariant>> {
        type Body = (String, BTreeMap<String, OwnedVariant>, Vec<String>);
        let body = signal.body();
        let (interface, changed, _) = body.deserialize::<Body>().context("not such a signal")?;
        let names: Vec<_> = changed.keys().map(String::as_str).collect();
        let what = format!("{interface}: {}", names.join(", "));
        *self.interfaces.entry(what).or_default() += 1;
        Ok(changed)
    }
}

/// All that is told of what has changed in an object and in those below it.
async fn hear(bus: &Connection, path: &str) -> anyhow::Result<MessageStream> {
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .path_namespace(path)
        .interface(PROPERTIES)
        .member("PropertiesChanged")
        .build()?;
    Ok(MessageStream::for_match_rule(rule, bus, None).await?)
}
