//! A real link comes up, and a browser is woken.

use std::time::Duration;

use pwasync_e2e::{Cable, CableEnd, CarrierState, Moment, is_root};
use pwasync_proto::v1::{self as wire, BlockerCode};
use tokio::time::timeout;

use crate::{
    browser::Browser,
    drive::key,
    figure::{Bound, Promise},
    figures::{Entry, Outcome},
    stage::Stage,
};

const PENDING: &str = "9999";
const TIMES: usize = 150;
/// Repetitions that are not counted.
const WARM_UP: usize = 20;
const LIMIT: Duration = Duration::from_secs(20);

const HALF: Promise = Promise {
    name: "link_up.p50",
    what: "from the kernel's message to the wake received, median",
    unit: "ms",
    bound: Some(Bound::AtMost(1.0)),
};
const LATE: Promise = Promise {
    name: "link_up.p99",
    what: "the same, 99 of 100",
    unit: "ms",
    bound: Some(Bound::AtMost(3.0)),
};
const MOST: Promise =
    Promise { name: "link_up.worst", what: "the longest", unit: "ms", bound: None };

pub(super) const ENTRY: Entry = Entry {
    name: "link_up",
    title: "A link comes up, and a browser is woken",
    about: "The daemon in a network namespace with a real cable, which is pulled out and put back \
            150 times; nothing is to settle. 10,000 syncs wait, one of them of the profile whose \
            browser is attached. The time is counted from the kernel's message, as another socket \
            hears it, to the wake as the browser reads it; the attempt is on disk before it leaves.",
    promises: &[HALF, LATE, MOST],
    measure: |stage| Box::pin(measure(stage)),
};

async fn measure(stage: &Stage<'_>) -> anyhow::Result<Outcome> {
    stage.needs_a_disk()?;
    anyhow::ensure!(is_root(), "only root can make a link");
    let cable = Cable::create()?;
    let (mut setup, _workdir) = stage.daemon()?;
    setup.settle = Some(Duration::ZERO);
    let _daemon = setup.start(Some(cable.near())).await?;
    let words = ["--count", PENDING, "--connections", "1", "--callers", "64"];
    let _: usize = stage.drive("fill", &setup.socket(), &words).await?;
    let mut browser = Browser::attach(setup.socket(), "awake", 4).await?;
    let mut carrier = cable.watch_carrier()?;
    let mut times = Vec::new();
    for round in 0..TIMES / stage.pace.scale + WARM_UP {
        cable.down(CableEnd::Far)?;
        carrier.carrier(CarrierState::Absent, LIMIT).await?;
        timeout(LIMIT, until_offline(&mut browser, round)).await??;
        cable.up(CableEnd::Far)?;
        let told = carrier.carrier(CarrierState::Present, LIMIT).await?;
        let wake = browser.wake().await?;
        let woken = Moment::now();
        if round >= WARM_UP {
            times.push(woken.millis_since(told));
        }
        browser.complete(wake.attempt_id).await?;
    }
    times.sort_by(f64::total_cmp);
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    let figures = vec![HALF.is(at(50)), LATE.is(at(99)), MOST.is(at(100))];
    Ok(Outcome { figures, notes: Vec::new() })
}

/// Asks for a sync that waits until the daemon has heard that the link is down, and registers the
/// one that is to be woken.
async fn until_offline(browser: &mut Browser, round: usize) -> anyhow::Result<()> {
    let waits = Some(key("profile-0", 0));
    loop {
        let request = wire::GetRegistrationRequest { key: waits.clone() };
        let answer = browser.client.get_registration(request).await?.into_inner();
        let is_offline = |blocker: &wire::Blocker| blocker.code() == BlockerCode::Offline;
        if answer.registration.is_some_and(|waits| waits.blockers.iter().any(is_offline)) {
            browser.register(round).await?;
            return Ok(());
        }
    }
}
