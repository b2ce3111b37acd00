//! One moment at which a thousand browsers of a hundred users may all be woken.

use pwasync_e2e::{HostKind, is_root};

use crate::{
    drive::FanOut,
    figure::{Bound, Promise, median},
    figures::{Entry, Outcome},
    stage::Stage,
};

const SESSIONS: usize = 1_000;
const OWNERS: usize = 100;

const OVER_BARE: Promise = Promise {
    name: "fan_out.over_bare",
    what: "time until the last of 1,000 sessions has its wake, over that of the bare fan-out",
    unit: "×",
    bound: Some(Bound::AtMost(3.0)),
};
const ALL: Promise = Promise::beside("fan_out.all_received", "last wake received", "ms");
const HALF: Promise = Promise::beside("fan_out.half_received", "middle wake received", "ms");
const BARE: Promise =
    Promise::beside("fan_out.bare", "limit: last message of the bare fan-out received", "ms");

pub(super) const ENTRY: Entry = Entry {
    name: "fan_out",
    title: "One link comes up, and 1,000 browsers are woken",
    about: "1,000 sessions of 100 users, each on a connection of its own, have one due sync each; \
            the simulated host goes online with nothing to settle. Each attempt is on disk before \
            its wake leaves. The bare fan-out is a server that sends as many messages of the same \
            kind to as many streams and connections when it is told to.",
    promises: &[OVER_BARE, ALL, HALF, BARE],
    measure: |stage| Box::pin(measure(stage)),
};

async fn measure(stage: &Stage<'_>) -> anyhow::Result<Outcome> {
    stage.needs_a_disk()?;
    anyhow::ensure!(is_root(), "only root can connect as many users");
    let (_echo, echo_socket) = stage.start_echo().await?;
    let daemon = stage
        .start_daemon(|setup| {
            setup.host = HostKind::Simulated { start: None };
            setup.arguments = vec!["--network-settle".to_owned(), "0s".to_owned()];
        })
        .await?;
    let sessions = SESSIONS.to_string();
    let owners = OWNERS.to_string();
    let rounds = stage.pace.rounds.to_string();
    let words = ["--connections", &sessions, "--owners", &owners, "--rounds", &rounds];
    let with = |server| [&words[..], &["--server", server]].concat();
    let bare: FanOut = stage.drive("fan-out", &echo_socket, &with("echo")).await?;
    let own: FanOut = stage.drive("fan-out", &daemon.setup.socket(), &with("daemon")).await?;
    let again: FanOut = stage.drive("fan-out", &echo_socket, &with("echo")).await?;
    let bare = [bare.all_received, again.all_received].concat();
    stage.says(&format!("{:.1?} ms, bare {bare:.1?} ms", own.all_received));
    let (all, limit) = (median(&own.all_received), median(&bare));
    let figures = vec![
        OVER_BARE.is(all / limit),
        ALL.is(all),
        HALF.is(median(&own.half_received)),
        BARE.is(limit),
    ];
    Ok(Outcome { figures, notes: Vec::new() })
}
