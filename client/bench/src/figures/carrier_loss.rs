//! A cable is pulled out under NetworkManager, which takes its time to believe it.

use anyhow::Context;
use pwasync_e2e::{
    CarrierState, CarrierWatch, Moment,
    bed::{BedAsking, BedOptions, Plug},
};
use pwasync_proto::v1::{self as wire, watch_response::Change};
use tokio::time::timeout;
use tonic::Streaming;

use super::host::{Host, LIMIT};
use crate::{
    figure::{Bound, Promise},
    figures::{Entry, Outcome},
    stage::Stage,
};

const TIMES: usize = 20;

const HALF: Promise = Promise {
    name: "carrier_loss.p50",
    what: "from the kernel's message to `offline` in the daemon, as `syncctl watch` hears it, median",
    unit: "ms",
    bound: Some(Bound::AtMost(50.0)),
};
const MOST: Promise = Promise {
    name: "carrier_loss.worst",
    what: "the longest",
    unit: "ms",
    bound: Some(Bound::AtMost(50.0)),
};

pub(super) const ENTRY: Entry = Entry {
    name: "carrier_loss",
    title: "A cable is pulled out",
    about: "A real NetworkManager as Debian sets it up, which waits some 6 s for the carrier to come \
            back, and a real cable, pulled out 20 times. The time runs from the kernel's \
            message, as another socket hears it.",
    promises: &[HALF, MOST],
    measure: |stage| Box::pin(measure(stage)),
};

async fn measure(stage: &Stage<'_>) -> anyhow::Result<Outcome> {
    let asking = BedAsking::Allowed;
    let options = BedOptions { carrier_wait: None, asking, ..BedOptions::default() };
    let host = Host::start(stage, options, None).await?;
    let mut carrier = CarrierWatch::of(host.bed.network(), "eth0")?;
    let mut changes = host.watch().await?;
    host.until_online().await?;
    let mut times = Vec::new();
    for _ in 0..stage.pace.of(TIMES) {
        host.bed.cable("eth0", Plug::Out)?;
        until(&mut changes, false).await?;
        let known = Moment::now();
        times.push(known.millis_since(carrier.carrier(CarrierState::Absent, LIMIT).await?));
        host.bed.cable("eth0", Plug::In)?;
        until(&mut changes, true).await?;
    }
    times.sort_by(f64::total_cmp);
    let worst = times.last().copied().context("nothing was measured")?;
    let figures = vec![HALF.is(times[times.len() / 2]), MOST.is(worst)];
    Ok(Outcome { figures, notes: Vec::new() })
}

/// Waits for the word that the host is online, or is not.
async fn until(changes: &mut Streaming<wire::WatchResponse>, online: bool) -> anyhow::Result<()> {
    loop {
        let change = timeout(LIMIT, changes.message()).await;
        let change = change.context("nothing changed")??.context("the watch has ended")?;
        if let Some(Change::Host(host)) = change.change
            && host.online == Some(online)
        {
            return Ok(());
        }
    }
}
