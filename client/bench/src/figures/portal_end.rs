//! Somebody logs in at a captive portal, and a sync runs.

use std::time::Duration;

use anyhow::Context;
use pwasync_e2e::{
    Moment,
    bed::{BedOptions, Internet, changed, network_manager},
};
use pwasync_proto::v1 as wire;
use tokio::{task::JoinHandle, time::timeout};
use tokio_stream::StreamExt as _;

use super::host::{Host, LIMIT};
use crate::{
    browser::Browser,
    figure::{Bound, Promise},
    figures::{Entry, Outcome},
    stage::Stage,
};

const TIMES: usize = 20;
const SETTLE: Duration = Duration::from_secs(1);
/// `NM_CONNECTIVITY_FULL`.
const FULL: u32 = 4;

const HALF: Promise = Promise {
    name: "portal_end.p50",
    what: "from NetworkManager's word that connectivity is full to the wake received, less the \
           second that a network settles, median",
    unit: "ms",
    bound: Some(Bound::AtMost(20.0)),
};
const MOST: Promise = Promise {
    name: "portal_end.worst",
    what: "the longest",
    unit: "ms",
    bound: Some(Bound::AtMost(20.0)),
};

pub(super) const ENTRY: Entry = Entry {
    name: "portal_end",
    title: "A captive portal ends",
    about: "A real NetworkManager that finds a captive portal, in which a sync waits, and then finds \
            the internet, 20 times. NetworkManager's word is heard as the bus hands it on; the wake \
            as the browser reads it.",
    promises: &[HALF, MOST],
    measure: |stage| Box::pin(measure(stage)),
};

async fn measure(stage: &Stage<'_>) -> anyhow::Result<Outcome> {
    let host = Host::start(stage, BedOptions::default(), Some(SETTLE)).await?;
    let mut browser = Browser::attach(host.setup.socket(), "awake", 4).await?;
    let mut times = Vec::new();
    for round in 0..stage.pace.of(TIMES) {
        host.bed.portal("eth0", Internet::Captive).await?;
        host.until(|host| host.connectivity() == wire::Connectivity::Portal).await?;
        browser.register(round).await?;
        let full = until_full(&host).await?;
        host.bed.portal("eth0", Internet::Open).await?;
        let wake = browser.wake().await?;
        let woken = Moment::now();
        let full = timeout(LIMIT, full).await.context("connectivity is not full")???;
        times.push(woken.millis_since(full.after(SETTLE)));
        browser.complete(wake.attempt_id).await?;
    }
    times.sort_by(f64::total_cmp);
    let worst = times.last().copied().context("nothing was measured")?;
    let figures = vec![HALF.is(times[times.len() / 2]), MOST.is(worst)];
    Ok(Outcome { figures, notes: Vec::new() })
}

/// When NetworkManager says that connectivity is full, from now on.
async fn until_full(host: &Host) -> anyhow::Result<JoinHandle<anyhow::Result<Moment>>> {
    let mut changes = host.bed.bus().changes(&network_manager()).await?;
    Ok(tokio::spawn(async move {
        while let Some(message) = changes.next().await {
            let heard = Moment::now();
            let values = changed(&message?)?;
            let connectivity = values.get("Connectivity").map(|value| u32::try_from(value.clone()));
            if let Some(Ok(FULL)) = connectivity {
                return Ok(heard);
            }
        }
        anyhow::bail!("the bus has ended")
    }))
}
