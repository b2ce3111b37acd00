//! How long one durable registration takes a lone caller, beside what it cannot do without: one
//! message there and back, and one sync of the disk.

use crate::{
    figure::{Bound, Promise, median},
    figures::{Entry, Outcome},
    stage::Stage,
};

const OVER_LIMIT: Promise = Promise {
    name: "register.alone_over_limit",
    what: "median time of a durable Register over that of the echo and of fdatasync together",
    unit: "×",
    bound: Some(Bound::AtMost(2.0)),
};
const P50: Promise = Promise::beside("register.alone_p50", "durable Register, median", "µs");
const P99: Promise =
    Promise::beside("register.alone_p99", "durable Register, 99th percentile", "µs");
const ECHO: Promise = Promise::beside("register.alone_echo_p50", "limit: bare echo, median", "µs");
const SYNC: Promise = Promise::beside(
    "register.alone_fdatasync_p50",
    "limit: append of 200 bytes and fdatasync, median",
    "µs",
);

pub(super) const ENTRY: Entry = Entry {
    name: "register_latency",
    title: "One caller: the time of a durable registration",
    about: "One caller on one connection registers syncs one after the other, as a browser does. \
            Echo, disk and daemon are measured in turn in every round.",
    promises: &[OVER_LIMIT, P50, P99, ECHO, SYNC],
    measure: |stage| Box::pin(measure(stage)),
};

async fn measure(stage: &Stage<'_>) -> anyhow::Result<Outcome> {
    stage.needs_a_disk()?;
    let (_echo, echo_socket) = stage.start_echo().await?;
    let file = stage.workdir.path().join("fdatasync");
    let (mut ratios, mut p50s, mut p99s) = (Vec::new(), Vec::new(), Vec::new());
    let (mut echoes, mut syncs) = (Vec::new(), Vec::new());
    for round in 1..=stage.pace.rounds {
        let echo = stage.load("register", &echo_socket, 1, 1).await?;
        let sync = stage.load("fdatasync", &file, 1, 1).await?;
        let daemon = stage.start_daemon(|_| ()).await?;
        let own = stage.load("register", &daemon.setup.socket(), 1, 1).await?;
        let ratio = own.p50 / (echo.p50 + sync.p50);
        stage.says(&format!(
            "round {round} of {}: {:.0} µs, {ratio:.2} of {:.0} + {:.0} µs",
            stage.pace.rounds, own.p50, echo.p50, sync.p50
        ));
        ratios.push(ratio);
        p50s.push(own.p50);
        p99s.push(own.p99);
        echoes.push(echo.p50);
        syncs.push(sync.p50);
    }
    let figures = vec![
        OVER_LIMIT.is(median(&ratios)),
        P50.is(median(&p50s)),
        P99.is(median(&p99s)),
        ECHO.is(median(&echoes)),
        SYNC.is(median(&syncs)),
    ];
    Ok(Outcome { figures, notes: Vec::new() })
}
