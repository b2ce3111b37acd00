//! A minute on a host whose services talk all the time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use anyhow::Context;
use pwasync_e2e::{
    Switches,
    bed::{BedOptions, Place, upower, upower_daemon},
};
use pwasync_proto::v1 as wire;
use tokio::{task::JoinHandle, time::interval};
use tokio_stream::StreamExt as _;

use super::host::Host;
use crate::{
    browser::Browser,
    figure::{Bound, Promise},
    figures::{Entry, Outcome},
    stage::Stage,
};

/// How often the services are to say something.
const EVERY: Duration = Duration::from_secs(1);
/// What follows a start has ended by then.
const SETTLE: u32 = 20;
const SECONDS: u32 = 60;
/// `UP_DEVICE_KIND_BATTERY`.
const BATTERY_TYPE: u32 = 2;

const OWN: Promise = Promise {
    name: "idle_host.switches",
    what: "context switches a minute, all threads",
    unit: "/min",
    bound: Some(Bound::AtMost(5.0)),
};
const TRAFFIC: Promise =
    Promise::beside("idle_host.traffic", "signals of NetworkManager in that minute", "/min");
const BATTERY: Promise =
    Promise::beside("idle_host.battery", "signals of UPower in that minute", "/min");

pub(super) const ENTRY: Entry = Entry {
    name: "idle_host",
    title: "A minute on a host whose services talk",
    about: "The real NetworkManager, and stand-ins of UPower and logind, which do what is wanted when \
            it is wanted; a browser is attached, too. Each second UPower says that it has looked, \
            and NetworkManager what was sent over the link, which stands here for the strength of a \
            radio signal: this host has no radio.",
    promises: &[OWN, TRAFFIC, BATTERY],
    measure: |stage| Box::pin(measure(stage)),
};

async fn measure(stage: &Stage<'_>) -> anyhow::Result<Outcome> {
    let host = Host::start(stage, BedOptions::default(), None).await?;
    let battery = host.bed.pretend("org.freedesktop.UPower").await?;
    battery.set(&upower(), "IsPresent", true);
    battery.set(&upower(), "Type", BATTERY_TYPE);
    battery.set(&upower(), "Percentage", 80.0);
    battery.set(&upower_daemon(), "OnBattery", true);
    battery.appear().await?;
    let logind = host.bed.pretend("org.freedesktop.login1").await?;
    logind.set(&logind_manager(), "PreparingForSleep", false);
    logind.appear().await?;
    host.until(|host| host.battery_percent.is_some() && host.settled).await?;
    let named = |source: &Option<wire::FactSource>, name: &str| {
        source.as_ref().is_some_and(|source| source.source == name)
    };
    host.until(|host| named(&host.suspending_source, "logind")).await?;
    let _browser = Browser::attach(host.setup.socket(), "awake", 4).await?;
    let statistics = host.bed.tell_of_traffic("eth0", EVERY).await?;
    let told = [count(&host, &statistics).await?, count(&host, &upower()).await?];
    let mut seconds = interval(EVERY);
    let mut before = None;
    for second in 0..SETTLE + SECONDS {
        seconds.tick().await;
        if second == SETTLE {
            let heard = told.each_ref().map(|(told, _)| told.load(Relaxed));
            before = Some((Switches::of(host.daemon.process.id())?, heard));
        }
        host.bed.talk()?;
        battery.set(&upower(), "UpdateTime", u64::from(second));
        battery.tell(&upower(), "UpdateTime").await?;
    }
    seconds.tick().await;
    let (before, heard) = before.context("nothing was measured")?;
    let own = Switches::of(host.daemon.process.id())?.since(&before).all();
    let mut figures = vec![OWN.is(own as f64)];
    for ((promise, (told, counting)), heard) in [TRAFFIC, BATTERY].iter().zip(&told).zip(heard) {
        counting.abort();
        figures.push(promise.is(f64::from(told.load(Relaxed) - heard)));
    }
    Ok(Outcome { figures, notes: Vec::new() })
}

fn logind_manager() -> Place {
    let (name, path) = ("org.freedesktop.login1", "/org/freedesktop/login1");
    Place::new(name, path, "org.freedesktop.login1.Manager")
}

/// Counts what is told of a place from now on.
async fn count(host: &Host, place: &Place) -> anyhow::Result<(Arc<AtomicU32>, JoinHandle<()>)> {
    let mut changes = host.bed.bus().changes(place).await?;
    let count = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&count);
    let counting = tokio::spawn(async move {
        while let Some(Ok(_)) = changes.next().await {
            counted.fetch_add(1, Relaxed);
        }
    });
    Ok((count, counting))
}
