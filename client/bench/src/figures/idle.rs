//! A minute in which nothing happens.

use std::time::Duration;

use pwasync_e2e::{Namespace, Switches, is_root};

use super::status::Bus;
use crate::{
    browser::Browser,
    figure::{Bound, Figure, Promise},
    figures::{Entry, Outcome},
    peers::redis,
    stage::Stage,
};

const PENDING: &str = "10000";
const MINUTE: Duration = Duration::from_secs(60);
/// Lines of the history follow the last registration by a minute at most, a snapshot follows them
/// by another, and ten seconds later its thread ends.
const SETTLE: Duration = Duration::from_secs(150);

const OWN: Promise = Promise {
    name: "idle.switches",
    what: "context switches a minute, all threads",
    unit: "/min",
    bound: Some(Bound::AtMost(5.0)),
};
const DBUS: Promise = Promise::beside("idle.dbus_daemon", "peer: dbus-daemon", "/min");
const REDIS: Promise = Promise::beside("idle.redis", "peer: Redis", "/min");

pub(super) const ENTRY: Entry = Entry {
    name: "idle",
    title: "A minute in which nothing happens",
    about: "The daemon on a host without a link, its store open after 10,000 registrations, which \
            all wait for a network; one browser is attached. The minute begins when the lines \
            of the history and the snapshot that follow the last registration are over. All \
            switches of all threads are counted, those of the peers at the same time.",
    promises: &[OWN, DBUS, REDIS],
    measure: |stage| Box::pin(measure(stage)),
};

async fn measure(stage: &Stage<'_>) -> anyhow::Result<Outcome> {
    anyhow::ensure!(is_root(), "only root can make a host without a link");
    let host = Namespace::create()?;
    let (setup, _workdir) = stage.daemon()?;
    let daemon = setup.start(Some(&host)).await?;
    let words = ["--count", PENDING, "--connections", "1", "--callers", "64"];
    let filled: usize = stage.drive("fill", &setup.socket(), &words).await?;
    anyhow::ensure!(filled.to_string() == PENDING, "{filled} were registered");
    let _browser = Browser::attach(setup.socket(), "profile-0", 4).await?;
    let bus = Bus::start().await;
    let redis = redis::start(stage, "redis").await;
    let watched = [
        (OWN, Ok(daemon.process.id())),
        (DBUS, bus.as_ref().map(|bus| bus.process.id()).map_err(|why| format!("{why:#}"))),
        (REDIS, redis.as_ref().map(|(it, _)| it.id()).map_err(|why| format!("{why:#}"))),
    ];
    // Nothing can be waited for: the time itself is what is measured.
    tokio::time::sleep(SETTLE).await;
    let count = |process: &Result<u32, String>| {
        let process = process.as_ref().map_err(Clone::clone)?;
        Switches::of(*process).map_err(|error| error.to_string())
    };
    let before = watched.clone().map(|(_, process)| count(&process));
    tokio::time::sleep(MINUTE).await;
    let figures = watched.iter().zip(before).map(|((promise, process), before)| {
        match (before, count(process)) {
            (Ok(before), Ok(after)) => promise.is(after.since(&before).all() as f64),
            (Err(why), _) | (_, Err(why)) => promise.missing(why),
        }
    });
    let figures: Vec<Figure> = figures.collect();
    Ok(Outcome { figures, notes: Vec::new() })
}
