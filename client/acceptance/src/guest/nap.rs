//! A sleep of three minutes, over which all periodic syncs come due; the cable is out when the
//! machine wakes, and plugged in again five seconds later.

use std::{collections::BTreeSet, time::Duration};

use anyhow::Context;
use pwasync_client::Status;

use super::{
    desktop::Desktop,
    port::Port,
    watch::{Seen, What, network, now, slept},
};

const NAP: &str = "180";
/// Less than that would be another sleep: the clock that it is measured by has seconds.
const SLEPT_AT_LEAST: f64 = 178.0;
const CABLE_OUT: Duration = Duration::from_secs(5);
/// Policy's `network.settle`; what the machine's own part of `suspend.resume_jitter` is comes on top.
const SETTLE: f64 = 1.0;
/// Shorter than the syncs' interval, so that nothing is due in it.
const AFTERWARDS: Duration = Duration::from_secs(30);

pub(super) async fn go(port: &mut Port, desktop: &mut Desktop) -> anyhow::Result<()> {
    port.note("three minutes of sleep, with the cable out at the resume")?;
    let before = desktop.status().await?;
    let slept_before = slept();
    for one in desktop.registrations().await? {
        let due = one.due_at.zip(before.now);
        let due = due.and_then(|(due, now)| due.duration_since(now).ok()).unwrap_or_default();
        port.note(&format!("{} is due in {:.0} s", one.key.scope, due.as_secs_f64()))?;
    }
    desktop.take();
    let begun = now();
    port.ask(&format!("nap {NAP}")).await?;
    desktop.suspend().await?;
    let sleeps = desktop.until("the sleep", |what| matches!(what, What::Sleeps)).await?.at;
    port.note(&format!(
        "as it goes to sleep, NetworkManager: {}",
        network(&desktop.bus).await?.text
    ))?;
    let resumed = desktop.until("the resume", |what| matches!(what, What::Resumed)).await?.at;
    let slept = slept() - slept_before;
    port.note(&format!("at the resume, NetworkManager: {}", network(&desktop.bus).await?.text))?;
    port.point(
        &format!(
            "the kernel sleeps # CLOCK_BOOTTIME went on by {slept:.1} s without CLOCK_MONOTONIC"
        ),
        slept >= SLEPT_AT_LEAST,
    )?;
    desktop.look_on(CABLE_OUT).await;
    let status = desktop.status().await?;
    let blockers: BTreeSet<String> = desktop
        .registrations()
        .await?
        .iter()
        .map(|one| one.blockers.iter().map(|by| by.code.as_str()).collect::<Vec<_>>().join("+"))
        .collect();
    port.point(
        &format!("with the cable out the daemon is offline # held by {blockers:?}"),
        status.host.online == Some(false),
    )?;
    let plugged = now();
    port.ask("cable in").await?;
    for _ in &desktop.syncs.clone() {
        desktop.until("a wake", |what| matches!(what, What::Wake(_))).await?;
    }
    desktop.look_on(AFTERWARDS).await;
    let after = desktop.status().await?;
    let seen = desktop.take();
    tell(port, &seen, begun)?;
    let wakes = wakes(&seen);
    let early: Vec<f64> = wakes.iter().map(|(at, _)| *at).filter(|at| *at < plugged).collect();
    let spans = format!(
        "{:.1} s going to sleep and asleep, {:.1} s awake",
        resumed - sleeps,
        plugged - resumed
    );
    port.point(
        &format!("no event while the machine sleeps or is offline # {} in {spans}", early.len()),
        early.is_empty(),
    )?;
    let full = first(&seen, plugged, |what| matches!(what, What::Network(told) if told.full));
    let (first_wake, last_wake) =
        (wakes.first().map_or(0.0, |one| one.0), wakes.last().map_or(0.0, |one| one.0));
    let settled = settled_for(desktop, &after).await?;
    port.point(
        &format!(
            "events run after settle # NetworkManager: full {:.2} s after the cable, first wake \
             {:.2} s later; by the daemon's clock {settled:.2} s after online",
            full - plugged,
            first_wake - full,
        ),
        full.is_finite() && settled >= SETTLE,
    )?;
    let ids: BTreeSet<_> = wakes.iter().map(|(_, id)| *id).collect();
    port.point(
        &format!(
            "each missed sync runs once # {} wakes of {} syncs, and none in the {} s after",
            wakes.len(),
            ids.len(),
            AFTERWARDS.as_secs(),
        ),
        wakes.len() == desktop.syncs.len() && ids.len() == wakes.len(),
    )?;
    let (woken, saved) = (after.wakes - before.wakes, after.wakes_saved - before.wakes_saved);
    port.point(
        &format!(
            "they are one batch # {woken} wake and {saved} saved by the daemon's count, within {:.0} ms",
            (last_wake - first_wake) * 1_000.0,
        ),
        woken == 1 && saved + 1 == wakes.len() as u64,
    )
}

/// How long the daemon was online, by its own clock, when the first of the wakes left. What others
/// hear of it reaches them late on a machine that is slow.
async fn settled_for(desktop: &Desktop, status: &Status) -> anyhow::Result<f64> {
    let online = status.host.online_source.since.context("online since when?")?;
    let registrations = desktop.registrations().await?;
    let attempts = registrations.iter().filter_map(|one| one.last_attempt.as_ref());
    let first = attempts.filter_map(|attempt| attempt.sent_at).min().context("no attempt")?;
    Ok(first.duration_since(online).map_or(-1.0, |settled| settled.as_secs_f64()))
}

/// Says what happened, with seconds since the beginning.
pub(super) fn tell(port: &mut Port, seen: &[Seen], begun: f64) -> anyhow::Result<()> {
    for Seen { at, what } in seen {
        let text = match what {
            What::Attached => "browser attached".to_owned(),
            What::Wake(id) => format!("wake of sync {id}"),
            What::Host(host) => format!(
                "daemon: suspending {}, online {:?}, settled {}, connectivity {:?}",
                host.suspending, host.online, host.settled, host.connectivity,
            ),
            What::Sleeps => "logind: about to sleep".to_owned(),
            What::Resumed => "logind: resumed".to_owned(),
            What::Network(told) => format!("NetworkManager: {}", told.text),
        };
        port.note(&format!("{:8.2} s  {text}", at - begun))?;
    }
    Ok(())
}

/// The wakes among it.
pub(super) fn wakes(seen: &[Seen]) -> Vec<(f64, pwasync_client::RegistrationId)> {
    let wake = |seen: &Seen| match seen.what {
        What::Wake(id) => Some((seen.at, id)),
        What::Attached | What::Host(_) | What::Sleeps | What::Resumed | What::Network(_) => None,
    };
    seen.iter().filter_map(wake).collect()
}

/// When something happened first, from an instant on.
pub(super) fn first(seen: &[Seen], from: f64, wanted: impl Fn(&What) -> bool) -> f64 {
    let mut later = seen.iter().filter(|one| one.at >= from && wanted(&one.what));
    later.next().map_or(f64::INFINITY, |one| one.at)
}
