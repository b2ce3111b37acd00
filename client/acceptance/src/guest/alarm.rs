//! A sleep that a sync ends: policy has the machine woken for it.

use std::path::Path;

use anyhow::Context;

use super::{
    desktop::{Desktop, add_to_policy, run, systemctl},
    nap::{first, tell, wakes},
    port::Port,
    watch::{What, now, slept},
};

const EXAMPLE: &str = "/usr/share/doc/pwasync/wake-alarm.conf";
const DROP_IN: &str = "/etc/systemd/system/pwasyncd.service.d/wake-alarm.conf";
const ALWAYS: &str = "\n[suspend]\nwake = \"always\"\n";

pub(super) async fn go(port: &mut Port, desktop: &mut Desktop) -> anyhow::Result<()> {
    port.note("a sleep that a sync ends")?;
    add_to_policy(ALWAYS)?;
    systemctl(&["reload", "pwasyncd.service"]).await?;
    let status = refusal(desktop).await?;
    port.point(
        &format!("without the capability the daemon says what is missing # {status}"),
        status.contains("CAP_WAKE_ALARM"),
    )?;
    std::fs::copy(Path::new(EXAMPLE), Path::new(DROP_IN)).context("cannot add the drop-in")?;
    systemctl(&["daemon-reload"]).await?;
    desktop.take();
    systemctl(&["restart", "pwasyncd.service"]).await?;
    desktop.until("the browser to attach again", |what| matches!(what, What::Attached)).await?;
    desktop.online().await?;
    let status = run("syncctl", &["status"]).await?;
    port.point("with the drop-in nothing is missing", !status.contains("CAP_WAKE_ALARM"))?;
    for line in status.lines() {
        port.note(line)?;
    }
    desktop.take();
    let (begun, slept_before) = (now(), slept());
    port.ask("rest").await?;
    desktop.suspend().await?;
    let resumed = desktop.until("the resume", |what| matches!(what, What::Resumed)).await?.at;
    let slept = slept() - slept_before;
    let waker = port.ask("waker").await?;
    port.point(
        &format!("the machine's own clock wakes it # woken by {waker} after {slept:.1} s of sleep"),
        waker == "itself" && slept >= 1.0,
    )?;
    desktop.until("a wake", |what| matches!(what, What::Wake(_))).await?;
    let seen = desktop.take();
    tell(port, &seen, begun)?;
    let ran = first(&seen, resumed, |what| matches!(what, What::Wake(_)));
    let early = wakes(&seen).iter().filter(|(at, _)| *at < resumed).count();
    port.point(
        &format!("the event that it was woken for runs # {:.1} s after the resume", ran - resumed),
        ran.is_finite() && early == 0,
    )
}

/// What `syncctl status` says, as soon as it says that something is missing.
async fn refusal(desktop: &mut Desktop) -> anyhow::Result<String> {
    desktop.online().await?;
    let status = run("syncctl", &["status"]).await?;
    let found = status.lines().find(|line| line.contains("CAP_WAKE_ALARM"));
    Ok(found.unwrap_or("nothing is said").split_whitespace().collect::<Vec<_>>().join(" "))
}
