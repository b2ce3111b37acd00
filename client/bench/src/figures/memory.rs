//! Memory in a real life: the syncs of one user, or of a few.

use pwasync_e2e::{Namespace, is_root};

use crate::{
    figure::{Bound, Promise},
    figures::{Entry, Outcome},
    process::{Memory, memory},
    stage::Stage,
};

const THOUSAND: Promise = Promise {
    name: "memory.thousand",
    what: "resident, 1,000 registrations",
    unit: "MiB",
    bound: Some(Bound::AtMost(10.0)),
};
const THOUSAND_OWN: Promise =
    Promise::beside("memory.thousand_anonymous", "of it anonymous", "MiB");
const FIFTY: Promise = Promise::beside("memory.fifty", "resident, 50 registrations", "MiB");
const FIFTY_OWN: Promise = Promise::beside("memory.fifty_anonymous", "of it anonymous", "MiB");
const EMPTY: Promise = Promise::beside("memory.empty", "resident, none", "MiB");

pub(super) const ENTRY: Entry = Entry {
    name: "memory",
    title: "Memory with 50 and with 1,000 registrations",
    about: "The daemon started on a store with so many registrations, as after a boot, on a host \
            without a link; nothing is attached. The part that is not anonymous is the program \
            and the C library, which the kernel may drop and shares.",
    promises: &[THOUSAND, THOUSAND_OWN, FIFTY, FIFTY_OWN, EMPTY],
    measure: |stage| Box::pin(measure(stage)),
};

async fn measure(stage: &Stage<'_>) -> anyhow::Result<Outcome> {
    anyhow::ensure!(is_root(), "only root can make a host without a link");
    let thousand = with(stage, "1000").await?;
    let fifty = with(stage, "50").await?;
    let empty = with(stage, "0").await?;
    let figures = vec![
        THOUSAND.is(thousand.resident / 1_024.0),
        THOUSAND_OWN.is(thousand.anonymous / 1_024.0),
        FIFTY.is(fifty.resident / 1_024.0),
        FIFTY_OWN.is(fifty.anonymous / 1_024.0),
        EMPTY.is(empty.resident / 1_024.0),
    ];
    Ok(Outcome { figures, notes: Vec::new() })
}

async fn with(stage: &Stage<'_>, registrations: &str) -> anyhow::Result<Memory> {
    let host = Namespace::create()?;
    let (setup, _workdir) = stage.daemon()?;
    let mut daemon = setup.start(Some(&host)).await?;
    let words = ["--count", registrations, "--connections", "1", "--callers", "8"];
    let _: usize = stage.drive("fill", &setup.socket(), &words).await?;
    daemon.process.stop(super::STOP_LIMIT).await?;
    let daemon = setup.start(Some(&host)).await?;
    // It has answered once: what that needs is in memory.
    let socket = setup.socket().display().to_string();
    let status = pwasync_e2e::Command::new(stage.binaries.program("syncctl")?)
        .arguments(["--socket", &socket, "status"]);
    status.run(None, super::STOP_LIMIT).await?;
    memory(daemon.process.id())
}
