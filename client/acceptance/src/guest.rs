//! Inside: the points that are to hold, gone through with a browser that runs no worker.

mod alarm;
mod clocks;
mod desktop;
mod idle;
mod links;
mod nap;
mod port;
mod watch;

use std::path::Path;

use anyhow::bail;
use desktop::Desktop;
use port::Port;

/// Goes through the points of the scene that is asked for, and says that it has.
pub(crate) async fn go(port: &Path) -> anyhow::Result<()> {
    let mut port = Port::open(port)?;
    let gone = go_through(&mut port).await;
    if let Err(error) = &gone {
        port.point(&format!("the run goes through # {error:#}"), port::Holds::No)?;
        port.journal().await?;
    }
    port.say("end")?;
    gone
}

async fn go_through(port: &mut Port) -> anyhow::Result<()> {
    let scene = port.ask("scene").await?;
    let mut desktop = Desktop::begin(port).await?;
    match scene.as_str() {
        "nap" => {
            nap::go(port, &mut desktop).await?;
            clocks::go(port, &mut desktop).await
        }
        "idle" => idle::go(port, &mut desktop).await,
        "links" => links::go(port, &mut desktop).await,
        "alarm" => alarm::go(port, &mut desktop).await,
        other => bail!("there is no scene `{other}`"),
    }
}
